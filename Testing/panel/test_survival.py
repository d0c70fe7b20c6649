"""Survival is shown in a table and as a chart of Slicer's, with the library's values."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

from CRLMExplorerLib.cohort.survival import Endpoint, patient_position, survival
from CRLMExplorerLib.review.survival_chart import MONTHS, PERCENT
from panel.conftest import column


@pytest.fixture(autouse=True)
def unfolded(reader):
    reader.ui.survivalSection.collapsed = False
    yield
    reader.ui.endpointComboBox.setCurrentIndex(0)
    reader.ui.groupComboBox.setCurrentIndex(0)


def series(chart) -> dict:
    nodes = [chart.GetNthPlotSeriesNode(i) for i in range(chart.GetNumberOfPlotSeriesNodes())]
    return {node.GetName(): node for node in nodes}


def points(node) -> tuple[np.ndarray, np.ndarray]:
    table = node.GetTableNode().GetTable()
    x, y = (vtk_to_numpy(table.GetColumnByName(name)) for name in (MONTHS, PERCENT))
    return x, y


def test_groups_events_and_medians_are_the_librarys(reader):
    reader.choose(reader.ui.endpointComboBox, "Disease-free survival")
    reader.choose(reader.ui.groupComboBox, "Node-positive primary")
    by = reader.ui.groupComboBox.itemData(reader.ui.groupComboBox.currentIndex)
    analysis = survival(reader.session.table, Endpoint.DISEASE_FREE, by)
    table = reader.ui.survivalTable
    assert column(table, 0) == [curve.label for curve in analysis.curves]
    assert column(table, 1) == [str(curve.patients) for curve in analysis.curves]
    assert column(table, 2) == [str(curve.events) for curve in analysis.curves]
    assert column(table, 3) == [f"{curve.median_months:.0f}" for curve in analysis.curves]
    assert "log-rank p" in reader.ui.survivalNoteLabel.text


def test_the_chart_steps_as_the_estimate_does(reader):
    reader.ui.plotButton.click()
    chart = reader.panel.survival.chart.node
    (curve,) = survival(reader.session.table, Endpoint.OVERALL).curves
    line = series(chart)["All patients"]
    assert line.GetPlotType() == slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter
    assert line.GetMarkerStyle() == slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone
    assert line.GetLineStyle() == slicer.vtkMRMLPlotSeriesNode.LineStyleSolid
    x, y = points(line)
    assert ((np.diff(x) == 0) | (np.diff(y) == 0)).all()
    between = (np.unique(x)[1:] + np.unique(x)[:-1]) / 2
    drawn = [y[np.flatnonzero(x <= month)[-1]] for month in between]
    assert drawn == pytest.approx([100 * curve.survival_at(month) for month in between])
    band_x, band_y = points(series(chart)["All patients, 95 %"])
    half = len(band_x) // 2
    assert (band_y[:half] >= band_y[half:][::-1]).all()
    assert set(np.round(band_y, 9)) <= set(
        np.round(100 * np.array([1.0, *curve.lower, *curve.upper]), 9)
    )


def test_the_open_patient_and_the_censored_are_marked(reader, case):
    reader.ui.plotButton.click()
    chart = reader.panel.survival.chart.node
    analysis = survival(reader.session.table, Endpoint.OVERALL)
    position = patient_position(analysis, case.record)
    (name,) = [name for name in series(chart) if name.startswith("CRLM-CT-1001")]
    x, y = points(series(chart)[name])
    assert (x.tolist(), y.tolist()) == ([position.months], [100 * position.survival])
    censored, _ = points(series(chart)["censored"])
    assert sorted(censored) == sorted(analysis.curves[0].censored_months)


def test_the_chart_is_in_the_plot_view_and_follows_the_choice(reader):
    view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotViewNode")
    reader.ui.plotButton.click()
    chart = reader.panel.survival.chart.node
    assert view.GetPlotChartNodeID() == chart.GetID()
    layout = slicer.app.layoutManager().layout
    assert layout == slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView
    reader.choose(reader.ui.groupComboBox, "Sex")
    assert chart.GetTitle() == "Overall survival by Sex"
    assert {"male", "female"} <= set(series(chart))
    tables = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode")
    assert tables == chart.GetNumberOfPlotSeriesNodes()
    slicer.mrmlScene.RemoveNode(view)
