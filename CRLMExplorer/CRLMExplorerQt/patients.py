"""The worklist: filter, order, figures and review state of all patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS, column_named
from CRLMExplorerLib.review import ReviewState, wording
from CRLMExplorerLib.review.worklist import WorklistRow, WorklistView
from CRLMExplorerQt.choices import choose, chosen, offer
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import Cell, fill, silent, stretch

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel

_ORDER_OF_COLUMN = (
    "patient_id",
    "flr_percent_functional",
    "tumor_count",
    "alarms",
    "review_state",
)
_LAST = len(_ORDER_OF_COLUMN)
"""The column that shows what the patients are ordered by, if no other does."""


class PatientsSection(Section):
    """The section “Patients”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        stretch(ui.worklistTable)
        states = [("", "Every state")]
        states += [(state.value, state.value.capitalize()) for state in ReviewState]
        offer(ui.stateFilterComboBox, states, "")
        ui.filterSearchBox.connect("textChanged(QString)", self._look)
        ui.stateFilterComboBox.connect("currentIndexChanged(int)", self._look)
        ui.orderComboBox.connect("currentIndexChanged(int)", self._look)
        ui.descendingCheckBox.connect("toggled(bool)", self._look)
        ui.worklistTable.horizontalHeader().connect("sectionClicked(int)", self._order_by_column)
        ui.worklistTable.connect("itemSelectionChanged()", self._enable)
        ui.worklistTable.connect("cellDoubleClicked(int,int)", self._open)
        ui.openButton.connect("clicked()", self._open)
        ui.previousButton.connect("clicked()", panel.open_previous)
        ui.nextButton.connect("clicked()", panel.open_next)
        ui.measureAllButton.connect("clicked()", self._measure_all)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        orders = list(wording.WORKLIST_ORDERS.items())
        if session and session.table:
            orders += [(column.name, column.label) for column in VALUE_COLUMNS]
        offer(self.ui.orderComboBox, orders, chosen(self.ui.orderComboBox))
        if session:
            session.worklist_changed.connect(self._show)
            session.case_changed.connect(self._show)
            self._look()
        else:
            self._show()

    def select(self, patient_id: str) -> None:
        """Select a patient without opening them."""
        for row, patient in enumerate(self._rows()):
            if patient.patient_id == patient_id:
                self.ui.worklistTable.selectRow(row)

    def _rows(self) -> list[WorklistRow]:
        return self.session.worklist if self.session else []

    def _show(self) -> None:
        selected = self._selected()
        key = chosen(self.ui.orderComboBox)
        is_shown_apart = key not in wording.WORKLIST_ORDERS and self.session is not None
        table = self.ui.worklistTable
        table.setColumnHidden(_LAST, not is_shown_apart)
        if is_shown_apart:
            table.horizontalHeaderItem(_LAST).setText(column_named(key).label)
        fill(table, [self._cells(row, key) for row in self._rows()])
        if selected:
            with silent(table):
                table.clearSelection()
                self.select(selected)
        self._enable()

    def _cells(self, row: WorklistRow, key: str) -> list[Cell]:
        case = self.session.case
        tip = "\n".join(text for text in (row.name, row.review.note) if text)
        figures = row.figures
        flr = wording.number(figures.get("flr_percent_functional"), "%", 0)
        is_low = figures.get("adequate") is False
        alarms = figures.get("alarms") or 0
        return [
            Cell(row.patient_id, tip, is_loud=bool(case and case.patient_id == row.patient_id)),
            Cell(f"{flr} ⚠" if is_low else flr, "Below the minimum" if is_low else tip, True),
            Cell(wording.number(figures.get("tumor_count"), "", 0), tip, is_number=True),
            Cell(str(alarms or ""), tip, is_number=True, is_loud=True),
            Cell(row.review.state.value, tip),
            Cell(wording.order_text(row.value(key)), tip, is_number=True),
        ]

    def _selected(self) -> str:
        table = self.ui.worklistTable
        row = table.currentRow()
        item = table.item(row, 0) if row >= 0 else None
        return item.text() if item else ""

    def _enable(self) -> None:
        any_patient = bool(self._rows())
        self.ui.openButton.enabled = bool(self._selected())
        for button in (self.ui.previousButton, self.ui.nextButton, self.ui.measureAllButton):
            button.enabled = any_patient

    def _look(self) -> None:
        if self.session:
            state = chosen(self.ui.stateFilterComboBox)
            self.session.look_at(
                WorklistView(
                    self.ui.filterSearchBox.text,
                    ReviewState(state) if state else None,
                    chosen(self.ui.orderComboBox) or "patient_id",
                    self.ui.descendingCheckBox.checked,
                )
            )

    def _order_by_column(self, column: int) -> None:
        if column >= _LAST:
            return
        is_again = chosen(self.ui.orderComboBox) == _ORDER_OF_COLUMN[column]
        descending = is_again and not self.ui.descendingCheckBox.checked
        choose(self.ui.orderComboBox, _ORDER_OF_COLUMN[column])
        with silent(self.ui.descendingCheckBox):
            self.ui.descendingCheckBox.checked = descending
        self._look()

    def _open(self) -> None:
        if patient_id := self._selected():
            self.panel.open(patient_id)

    def _measure_all(self) -> None:
        if self.session:
            self.session.measure_all()
