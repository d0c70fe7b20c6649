"""The cuts: wedge and tidying up. Plane and curve have files of their own."""

from __future__ import annotations

from CRLMExplorerLib.resection import (
    KeepLargestIsland,
    RemoveSmallIslands,
    Smooth,
    SphereCut,
    Step,
    WedgeCut,
)
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.flr_edit import SMOOTHING_MM
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.flr_part import FlrPart


class FlrTools(FlrPart):
    """What is done to the remnant with a click."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        ui.flrWedgeButton.connect("clicked()", self._add_wedge)
        ui.flrLargestButton.connect("clicked()", lambda: self._add(KeepLargestIsland()))
        ui.flrSmoothButton.connect("clicked()", lambda: self._add(Smooth(SMOOTHING_MM)))
        ui.flrIslandsButton.connect("clicked()", self._remove_islands)

    def begin(self) -> None:
        """Another edit is shown from now on."""
        if self.edit:
            box = self.ui.flrWedgeComboBox
            offer(box, wording.tumor_choices(self.edit), chosen(box))

    def _add(self, step: Step) -> None:
        if self.edit:
            self.tell("")
            self.edit.add(step)

    def _add_wedge(self) -> None:
        tumor, mm = chosen(self.ui.flrWedgeComboBox), self.ui.flrMarginSpinBox.value
        if tumor == wording.SPHERE:
            self.attempt(lambda: self._add(SphereCut(self.panel.session.crosshair_ras_mm, mm)))
        else:
            self._add(WedgeCut(tumor, mm))

    def _remove_islands(self) -> None:
        self._add(RemoveSmallIslands(self.ui.flrIslandsSpinBox.value))
