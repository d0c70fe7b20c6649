"""The colours of the remnant's surface against the margins that are told in numbers."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkPolyData

from CRLMExplorerLib.resection import WHOLE_LIVER, Resection, TumorStatus
from CRLMExplorerLib.review.edit_display import EditDisplay
from CRLMExplorerLib.review.margin_surface import FARTHEST_MM, MarginSurface
from CRLMExplorerLib.review.plane_preview import Surfaces
from review.redrawing import plane


@pytest.fixture
def opened(session):
    session.open("CRLM-CT-1001")
    return session


@pytest.fixture
def resection(opened) -> Resection:
    return Resection.of_segments("CRLM-CT-1001", None, opened.case.segments)


@pytest.fixture
def plan(opened, resection):
    """All tumours in the specimen, the widest 2.6 mm from the cut."""
    return resection.new_plan(WHOLE_LIVER).then(plane(opened, 14.75))


def colored(host) -> tuple[np.ndarray, np.ndarray]:
    """Points of the coloured surface, and the distances that colour them."""
    node = slicer.vtkMRMLModelNode.SafeDownCast(
        host.scene.GetFirstNodeByName("Distance to tumours")
    )
    surface = node.GetPolyData()
    return (
        vtk_to_numpy(surface.GetPoints().GetData()),
        vtk_to_numpy(surface.GetPointData().GetScalars()),
    )


def points(positions: np.ndarray) -> vtkPolyData:
    held = vtkPoints()
    held.SetData(numpy_to_vtk(positions, deep=1))
    surface = vtkPolyData()
    surface.SetPoints(held)
    return surface


def test_the_least_colour_of_the_transection_is_the_least_margin(host, resection, plan):
    figures = resection.figures(plan)
    assert {margin.status for margin in figures.margins} == {TumorStatus.SPECIMEN}
    assert figures.least_margin_mm == pytest.approx(2.6, abs=1e-4)
    display = MarginSurface(host.scene, tuple(resection.tumors.values()))
    display.show(points(resection.transection(plan).points_ras_mm))
    distances = colored(host)[1]
    assert distances.min() == pytest.approx(figures.least_margin_mm, abs=1e-5)
    assert distances.max() <= FARTHEST_MM
    display.remove()


def test_the_drawn_surface_is_coloured_by_the_margin_within_a_voxel(host, opened, resection, plan):
    display = EditDisplay(host.scene, opened.display.ct_node)
    remnant = resection.flr(plan)
    display.show(remnant, resection.liver - remnant)
    display.show_surfaces(Surfaces.of(remnant, resection.liver - remnant))
    display.color_by_distance(tuple(resection.tumors.values()))
    least = colored(host)[1].min()
    diagonal = np.linalg.norm(resection.liver.grid.spacing_mm)
    assert least == pytest.approx(resection.figures(plan).least_margin_mm, abs=diagonal)
    display.remove()
