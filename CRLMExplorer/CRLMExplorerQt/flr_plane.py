"""The plane: where a new one goes, and the numbers of the one that can be dragged."""

from __future__ import annotations

from CRLMExplorerLib.resection import PlaneCut
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.flr_part import FlrPart
from CRLMExplorerQt.flr_start import HEPATECTOMIES, FlrStart
from CRLMExplorerQt.tables import silent

_CROSSHAIR, _MIDDLE = "crosshair", "middle"
_TO_THE_RIGHT = (1.0, 0.0, 0.0)


class FlrPlane(FlrPart):
    """Planes by choice and by number; they are dragged in the views."""

    def __init__(self, panel, start: FlrStart) -> None:
        super().__init__(panel)
        ui = self.ui
        self._start = start
        self._point = (ui.flrPointRSpinBox, ui.flrPointASpinBox, ui.flrPointSSpinBox)
        self._normal = (ui.flrNormalRSpinBox, ui.flrNormalASpinBox, ui.flrNormalSSpinBox)
        places = [(_CROSSHAIR, "At the crosshair"), (_MIDDLE, "Through the liver's middle")]
        offer(ui.flrPlaneComboBox, places + HEPATECTOMIES, _CROSSHAIR)
        ui.flrAddPlaneButton.connect("clicked()", lambda: self.attempt(self._add))
        ui.flrSetPlaneButton.connect("clicked()", lambda: self.attempt(self._set))
        ui.flrFlipPlaneButton.connect("clicked()", self._flip)

    def show(self, edit: FlrEdit) -> None:
        """Show where the plane is that the plan ends with."""
        last = edit.plan.steps[-1] if edit.plan.steps else None
        self.ui.flrFlipPlaneButton.enabled = isinstance(last, PlaneCut)
        if isinstance(last, PlaneCut):
            boxes, values = self._point + self._normal, last.point_ras_mm + last.normal_ras
            for box, value in zip(boxes, values, strict=True):
                with silent(box):
                    box.value = value

    def _add(self) -> None:
        edit, place = self.edit, chosen(self.ui.flrPlaneComboBox)
        if edit is None:
            return
        if place == _CROSSHAIR:
            edit.add(PlaneCut(self.panel.session.crosshair_ras_mm, _TO_THE_RIGHT))
        elif place == _MIDDLE:
            edit.add(PlaneCut(edit.resection.liver.center_ras_mm(), _TO_THE_RIGHT))
        else:
            self._start.add_hepatectomy(place)

    def _set(self) -> None:
        if self.edit:
            point, normal = (tuple(b.value for b in boxes) for boxes in (self._point, self._normal))
            self.edit.put(PlaneCut(point, normal))

    def _flip(self) -> None:
        if self.edit:
            self.edit.flip_plane()
