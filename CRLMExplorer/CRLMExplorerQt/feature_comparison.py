"""Two engines' features side by side, in a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
import slicer

from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerLib.review.side_by_side import SideBySide
from CRLMExplorerQt.feature_table import ROWS_SHOWN
from CRLMExplorerQt.keeping import put_into_scene
from CRLMExplorerQt.tables import Cell, fill, stretch

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel

_FEATURE = 3
_SIZE_PX = (820, 480)


class FeatureComparison:
    """A dialog that shows the session's comparison as long as there is one.

    Parameters
    ----------
    panel
        The panel it belongs to.

    Attributes
    ----------
    dialog
        The QDialog, or None.
    """

    def __init__(self, panel: Panel) -> None:
        self.dialog = None
        self._panel = panel
        self._session: ReviewSession | None = None

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session's comparison from now on."""
        self._session = session
        if session:
            session.radiomics.comparison_changed.connect(self._show)
            session.radiomics.extraction_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        comparison = self._session.radiomics.comparison if self._session else None
        if self.dialog:
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None
        if comparison:
            self.dialog = self._made(comparison)
            self.dialog.show()

    def _made(self, comparison: SideBySide):
        dialog = qt.QDialog(slicer.util.mainWindow())
        dialog.windowTitle = f"Radiomics of {comparison.a.origin.patient_id}, compared"
        sentence = qt.QLabel(wording.comparison_sentence(comparison))
        sentence.objectName = "comparisonLabel"
        sentence.wordWrap = True
        table = _table(comparison)
        count = len(comparison.table)
        note = qt.QLabel(
            f"The first {ROWS_SHOWN} of {count}; the table node has all."
            if count > ROWS_SHOWN
            else ""
        )
        keep = qt.QPushButton("Table node")
        keep.objectName = "comparisonTableNodeButton"
        keep.toolTip = "Put all rows into the scene as a table"
        keep.connect("clicked()", lambda: self._make_table_node(comparison))
        close = qt.QPushButton("Close")
        close.connect("clicked()", dialog.hide)
        buttons = qt.QHBoxLayout()
        buttons.addWidget(note, 1)
        buttons.addWidget(keep)
        buttons.addWidget(close)
        layout = qt.QVBoxLayout(dialog)
        layout.addWidget(sentence)
        layout.addWidget(table)
        layout.addLayout(buttons)
        dialog.resize(*_SIZE_PX)
        return dialog

    def _make_table_node(self, comparison: SideBySide) -> None:
        name = f"Comparison {comparison.a.origin.patient_id}"
        put_into_scene(self._panel, comparison.table, name)


def _table(comparison: SideBySide):
    names = [one.run.engine for one in (comparison.a, comparison.b)]
    titles = ["Region", "Filter", "Class", "Feature", *names, "Difference", "Relative"]
    table = qt.QTableWidget()
    table.objectName = "comparisonTable"
    table.columnCount = len(titles)
    table.setHorizontalHeaderLabels(titles)
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    table.alternatingRowColors = True
    table.showGrid = False
    stretch(table, _FEATURE)
    fill(table, [_cells(row) for row in comparison.table.head(ROWS_SHOWN).itertuples()])
    return table


def _cells(row: Any) -> list[Cell]:
    numbers = [
        Cell(wording.value_text(row.value_a), repr(row.value_a), is_number=True),
        Cell(wording.value_text(row.value_b), repr(row.value_b), is_number=True),
        Cell(f"{row.difference:.3g}", repr(row.difference), is_number=True),
        Cell(f"{row.relative:.3g}", repr(row.relative), is_number=True),
    ]
    is_here = (row.side != "b", row.side != "a", row.side == "both", row.side == "both")
    return [
        *(Cell(text) for text in (row.region, row.filter, row.feature_class, row.feature)),
        *(
            cell if here else Cell("–", is_number=True)
            for cell, here in zip(numbers, is_here, strict=True)
        ),
    ]
