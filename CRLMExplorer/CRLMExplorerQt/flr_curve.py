"""The curve: points placed with Slicer's own placement, or by number."""

from __future__ import annotations

from typing import Any

import qt
import slicer

from CRLMExplorerLib.resection import CurveCut
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerQt.flr_part import FlrPart
from CRLMExplorerQt.tables import Cell, fill, fit, stretch

_POINTS = 5
"""Rows of the table before it scrolls."""


class FlrCurve(FlrPart):
    """The points of a transection curve."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        stretch(ui.flrCurveTable)
        ui.flrCurveTable.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
        place = ui.flrCurvePlaceWidget
        place.placeMultipleMarkups = slicer.qSlicerMarkupsPlaceWidget.ForcePlaceMultipleMarkups
        place.deleteButton().hide()
        ui.flrToolTabs.connect("currentChanged(int)", self.show)
        ui.flrCurvePointButton.connect("clicked()", self._add_at_crosshair)
        ui.flrDropPointButton.connect("clicked()", self._drop)
        ui.flrFlipCurveButton.connect("clicked()", self._flip)
        ui.flrCurveTable.connect("itemChanged(QTableWidgetItem*)", self._typed)

    def show(self) -> None:
        """Show the points, and let more be placed while the reader is at it."""
        ui, edit = self.ui, self.edit
        self._let_place(edit)
        points = edit.curve_points_ras_mm if edit else ()
        rows = [[Cell(f"{mm:.1f}", is_number=True, is_editable=True) for mm in p] for p in points]
        fill(ui.flrCurveTable, rows)
        fit(ui.flrCurveTable, _POINTS)
        ui.flrDropPointButton.enabled = bool(points)
        last = edit.plan.steps[-1] if edit and edit.plan.steps else None
        ui.flrFlipCurveButton.enabled = isinstance(last, CurveCut)

    def _let_place(self, edit: FlrEdit | None) -> None:
        """Give Slicer's placement the curve's node, or take it back."""
        ui = self.ui
        place = ui.flrCurvePlaceWidget
        is_at_it = ui.flrToolTabs.currentWidget() == ui.flrCurveTab and self.panel.is_entered
        node = edit.curve_to_place() if edit and is_at_it else None
        if node is None:
            place.setPlaceModeEnabled(False)
        if place.currentNode() is not node:
            place.setMRMLScene(slicer.mrmlScene)
            place.setCurrentNode(node)

    def _add_at_crosshair(self) -> None:
        if self.edit:
            self.edit.place_curve_point(self.panel.session.crosshair_ras_mm)

    def _drop(self) -> None:
        if self.edit and (count := len(self.edit.curve_points_ras_mm)):
            row = self.ui.flrCurveTable.currentRow()
            self.edit.drop_curve_point(row if 0 <= row < count else count - 1)

    def _flip(self) -> None:
        if self.edit:
            self.edit.flip_curve()

    def _typed(self, item: Any) -> None:
        table, row = self.ui.flrCurveTable, item.row()
        texts = [table.item(row, column).text() for column in range(3)]
        try:
            r, a, s = (float(text.replace(",", ".")) for text in texts)
        except ValueError:
            self.tell(f"“{item.text()}” is not a number.")
            self.show()
            return
        if self.edit:
            self.attempt(lambda: self.edit.move_curve_point(row, (r, a, s)))
            self.show()
