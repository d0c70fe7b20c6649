"""The volumetry: the verdict on the FLR, sizes, what the reader adds, and ways to take it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt

from CRLMExplorerLib.measure import Volumetry
from CRLMExplorerLib.review import wording
from CRLMExplorerLib.review.volumetry_table import volumetry_table
from CRLMExplorerQt.keeping import put_into_scene, save_csv
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import Cell, fill, stretch
from CRLMExplorerQt.verdict import verdict_html

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


class VolumetrySection(Section):
    """The section “Volumetry”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self._patient_id = ""
        stretch(ui.sizesTable)
        ui.minimumSpinBox.connect("valueChanged(double)", self._set_minimum)
        ui.heightSpinBox.connect("valueChanged(double)", self._set_body)
        ui.weightSpinBox.connect("valueChanged(double)", self._set_body)
        ui.copyButton.connect("clicked()", self._copy)
        ui.csvButton.connect("clicked()", self._save_csv)
        ui.tableNodeButton.connect("clicked()", self._make_table_node)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._case_changed)
            session.measures_changed.connect(self._show)
        self._case_changed()

    def restore(self, parameters: Any) -> None:
        # The figures bound to the spin boxes are those of this patient.
        self._patient_id = parameters.patientId

    def _case_changed(self) -> None:
        case = self.session.case if self.session else None
        boxes = (self.ui.minimumSpinBox, self.ui.heightSpinBox, self.ui.weightSpinBox)
        if case and case.patient_id != self._patient_id:
            self._patient_id = case.patient_id
            for box in boxes:
                box.value = 0.0
        for box in boxes:
            box.enabled = case is not None
        if case:
            self._set_minimum()
            self._set_body()
        self._show()

    def _measured(self) -> Volumetry | None:
        return self.session.case.volumetry if self.session and self.session.case else None

    def _show(self) -> None:
        measured = self._measured()
        said = wording.verdict(measured)
        self.ui.verdictLabel.text = verdict_html(said)
        self.ui.ruleLabel.text = said.rule
        lines = wording.size_lines(measured)
        rows = [[Cell(x.name, x.tip), Cell(x.value, x.tip, is_number=True)] for x in lines]
        fill(self.ui.sizesTable, rows)
        for button in (self.ui.copyButton, self.ui.csvButton, self.ui.tableNodeButton):
            button.enabled = measured is not None

    def _set_minimum(self) -> None:
        if self.session:
            self.session.set_minimum(self.ui.minimumSpinBox.value or None)

    def _set_body(self) -> None:
        if self.session:
            height, weight = self.ui.heightSpinBox.value, self.ui.weightSpinBox.value
            self.session.set_body(height or None, weight or None)

    def _copy(self) -> None:
        table = volumetry_table(self._measured())
        qt.QApplication.clipboard().setText(table.to_csv(sep="\t", index=False))

    def _save_csv(self) -> None:
        save_csv(
            self.panel,
            volumetry_table(self._measured()),
            f"{self.session.case.patient_id}-volumetry.csv",
            "Save the volumetry",
            "The volumetry is saved",
        )

    def _make_table_node(self) -> None:
        name = f"Volumetry {self.session.case.patient_id}"
        put_into_scene(self.panel, volumetry_table(self._measured()), name)
