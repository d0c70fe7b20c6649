"""Slicer's views as the panel uses them: what they show, and how they are arranged."""

from __future__ import annotations

from typing import Any

import slicer

LAYOUTS = {
    "Four-up": slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView,
    "Conventional": slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView,
    "Conventional with plot": slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView,
    "Four-up with plot": slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView,
    "One slice": slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView,
}
"""The arrangements a reader of a liver needs, by their names in Slicer's menu."""

WITH_PLOT = "Conventional with plot"


def show_volume(node: Any) -> None:
    """Show a CT in all slice views, as large as they are."""
    slicer.util.setSliceViewerLayers(background=node, foreground=None, label=None, fit=True)


def center_3d() -> None:
    """Look at all of what is in the 3D view."""
    slicer.util.resetThreeDViews()


def layout() -> int:
    """The arrangement as it is."""
    return slicer.app.layoutManager().layout


def set_layout(value: int) -> None:
    """Arrange the views."""
    slicer.app.layoutManager().setLayout(value)


def show_chart(node: Any) -> None:
    """Show a chart in the plot views that the arrangement has, or change to one that has."""
    if layout() not in (LAYOUTS[WITH_PLOT], LAYOUTS["Four-up with plot"]):
        set_layout(LAYOUTS[WITH_PLOT])
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetActivePlotChartID(node.GetID())
    logic.PropagatePlotChartSelection()
