"""Survival as Slicer's plot views show it: a chart node with its series and their tables.

It draws a `SurvivalAnalysis` and estimates nothing. Slicer's plots have neither steps nor filled
bands: a step is two points at one month, and a band is its outline.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk

from CRLMExplorerLib.cohort.palette import OKABE_ITO
from CRLMExplorerLib.cohort.survival import PatientPosition, SurvivalAnalysis, SurvivalCurve
from CRLMExplorerLib.host.host import Node

MONTHS, PERCENT = "months", "per cent without event"
_PATIENT_COLOR = "#E5484D"
_CENSOR_COLOR = "#7b8794"

FloatArray = NDArray[np.float64]


class SurvivalChart:
    """The survival chart of a scene, or none.

    Its nodes are not saved with the scene: they can be drawn again.

    Parameters
    ----------
    scene
        The vtkMRMLScene.

    Attributes
    ----------
    node
        The vtkMRMLPlotChartNode; None while there is none.
    """

    def __init__(self, scene: Node) -> None:
        self._scene = scene
        self.node: Node | None = None
        self._nodes: list[Node] = []

    def show(self, analysis: SurvivalAnalysis, position: PatientPosition | None) -> None:
        """Draw the curves with their 95 % bands, who was censored, and the open patient."""
        if self.node is None:
            self.node = self._added(slicer.vtkMRMLPlotChartNode(), "Survival")
        was_modifying = self.node.StartModify()
        self._remove_series()
        for place, curve in enumerate(analysis.curves):
            self._draw_curve(curve, OKABE_ITO[place % len(OKABE_ITO)])
        self._draw_censored(analysis.curves)
        if position:
            self._draw_patient(position)
        grouped = f" by {analysis.grouping.title}" if analysis.grouping else ""
        self.node.SetTitle(analysis.endpoint.label + grouped)
        self.node.SetXAxisTitle("Months after resection")
        self.node.SetYAxisTitle("Patients without event (%)")
        self.node.SetYAxisRangeAuto(False)
        self.node.SetYAxisRange(0, 103)
        self.node.SetLegendVisibility(True)
        self.node.EndModify(was_modifying)

    def remove(self) -> None:
        """Take the chart out of the scene."""
        if self.node is not None:
            self._remove_series()
            self._scene.RemoveNode(self.node)
            self.node = None

    def _draw_curve(self, curve: SurvivalCurve, color: str) -> None:
        line = self._series(curve.label, _steps(curve.timeline_months, curve.survival), color)
        line.SetLineWidth(2)
        months, lower = _steps(curve.timeline_months, curve.lower)
        _, upper = _steps(curve.timeline_months, curve.upper)
        outline = np.append(months, months[::-1]), np.append(upper, lower[::-1])
        band = self._series(f"{curve.label}, 95 %", outline, color)
        band.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleDot)
        band.SetLineWidth(1)

    def _draw_censored(self, curves: Sequence[SurvivalCurve]) -> None:
        points = [
            (month, 100 * curve.survival_at(month))
            for curve in curves
            for month in curve.censored_months
        ]
        if points:
            months, percents = np.array(points).T
            marks = self._series("censored", (months, percents), _CENSOR_COLOR)
            _mark(marks, slicer.vtkMRMLPlotSeriesNode.MarkerStylePlus, 5)

    def _draw_patient(self, position: PatientPosition) -> None:
        end = "event" if position.event else "follow-up ended"
        name = f"{position.patient_id}, {end} at {position.months:g} months"
        point = np.array([position.months]), np.array([100 * position.survival])
        patient = self._series(name, point, _PATIENT_COLOR)
        style = "MarkerStyleCircle" if position.event else "MarkerStyleDiamond"
        _mark(patient, getattr(slicer.vtkMRMLPlotSeriesNode, style), 14)

    def _series(self, name: str, points: tuple[FloatArray, FloatArray], color: str) -> Node:
        assert self.node is not None
        table = slicer.vtkMRMLTableNode()
        for title, values in zip((MONTHS, PERCENT), points, strict=True):
            column = numpy_to_vtk(values, deep=True)
            column.SetName(title)
            table.AddColumn(column)
        table = self._added(table, f"Survival, {name}")
        node = self._added(slicer.vtkMRMLPlotSeriesNode(), name)
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetXColumnName(MONTHS)
        node.SetYColumnName(PERCENT)
        node.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
        node.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
        node.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleSolid)
        node.SetColor(*(int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)))
        self._nodes += [node, table]
        self.node.AddAndObservePlotSeriesNodeID(node.GetID())
        return node

    def _added(self, node: Node, name: str) -> Node:
        node.SetName(name)
        node.SetSaveWithScene(False)
        return self._scene.AddNode(node)

    def _remove_series(self) -> None:
        assert self.node is not None
        self.node.RemoveAllPlotSeriesNodeIDs()
        for node in self._nodes:
            self._scene.RemoveNode(node)
        self._nodes = []


def _steps(months: Sequence[float], values: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """A step curve as a line through its corners, from month 0 and 100 per cent on."""
    times = np.concatenate([[0.0], months])
    percents = 100 * np.concatenate([[1.0], values])
    return np.repeat(times, 2)[1:], np.repeat(percents, 2)[:-1]


def _mark(series: Node, style: int, size: int) -> None:
    series.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleNone)
    series.SetMarkerStyle(style)
    series.SetMarkerSize(size)
