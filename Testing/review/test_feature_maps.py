"""Feature maps in a session: made by a child process, shown over the CT, hidden, taken away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from CRLMExplorerLib.radiomics.feature_map import FeatureMap, MapRequest, feature_map
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review.feature_map_display import FeatureMapDisplay
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from dicom.small_ct import grid_of
from review.runners import HeldRunner, ThreadRunner
from review.test_radiomics import SMALL

MEAN = ("original", "firstorder", "Mean")


@pytest.fixture
def composite(host) -> Iterator[object]:
    """What a slice view puts over one another."""
    yield host.scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")


@pytest.fixture
def radiomics(session) -> RadiomicsSession:
    session.radiomics.load("small", SMALL)
    session.open("CRLM-CT-1001")
    session.radiomics.watch(True)
    return session.radiomics


def made_here(session: ReviewSession, region: str) -> FeatureMap:
    radiomics = session.radiomics
    mask = radiomics.outlook.masks[region]
    return feature_map(session.case.ct.hu, mask, radiomics.parameters, MapRequest(*MEAN))


def test_a_map_lies_over_the_ct_where_its_region_is(session, host, radiomics, composite):
    radiomics.map("Tumor_4", MEAN, 1, True)
    shown = radiomics.maps.shown
    expected = made_here(session, "Tumor_4")
    assert (shown.region, shown.request) == ("Tumor_4", MapRequest(*MEAN))
    assert (shown.low, shown.high) == expected.extremes
    node = host.scene.GetNodeByID(composite.GetForegroundVolumeID())
    image = node.GetImageData()
    array = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
    inside = np.isfinite(expected.values)
    assert np.array_equal(array[inside], expected.values[inside])
    assert (array[~inside] < shown.low).all()
    assert np.allclose(node.GetOrigin(), expected.grid.ijk_to_ras[:3, 3])
    assert np.allclose(node.GetSpacing(), expected.grid.spacing_mm)


def test_only_the_region_is_coloured(session, host, radiomics, composite):
    radiomics.map("Tumor_4", MEAN, 1, True)
    display = host.scene.GetNodeByID(composite.GetForegroundVolumeID()).GetDisplayNode()
    shown = radiomics.maps.shown
    assert display.GetApplyThreshold()
    assert (display.GetLowerThreshold(), display.GetUpperThreshold()) == (shown.low, shown.high)
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == pytest.approx(
        (shown.low, shown.high)
    )


def test_a_map_is_hidden_shown_and_taken_away(session, host, radiomics, composite):
    segments = session.display.dso_node.GetDisplayNode()
    radiomics.map("Tumor_4", MEAN, 1, True)
    volume = composite.GetForegroundVolumeID()
    assert not segments.GetVisibility2DFill()
    radiomics.maps.set_visible(False)
    assert composite.GetForegroundVolumeID() is None
    assert segments.GetVisibility2DFill()
    assert not radiomics.maps.is_visible
    radiomics.maps.set_visible(True)
    assert composite.GetForegroundVolumeID() == volume
    radiomics.maps.remove()
    assert radiomics.maps.shown is None
    assert composite.GetForegroundVolumeID() is None
    assert host.scene.GetNodeByID(volume) is None


def test_nothing_is_left_when_another_patient_is_opened(session, host, radiomics, composite):
    session.open("CRLM-CT-1001")
    nodes = host.scene.GetNumberOfNodes()
    radiomics.map("Tumor_4", MEAN, 1, True)
    assert host.scene.GetNumberOfNodes() > nodes
    session.open("CRLM-CT-1001")
    assert radiomics.maps.shown is None
    assert host.scene.GetNumberOfNodes() == nodes


def test_a_map_that_cannot_be_made_is_a_sentence(radiomics, complaints):
    radiomics.map("Tumor_4", ("wavelet-LLH", "firstorder", "Mean"), 1, True)
    assert radiomics.maps.shown is None
    assert "no filter wavelet-LLH" in complaints[0]
    radiomics.map("Tumor_9", MEAN, 1, True)
    assert complaints[1] == "Tumor_9 is no region of the open patient."


def test_a_cancelled_map_is_not_shown(host, database, table):
    runner = HeldRunner()
    session = ReviewSession(host, database, table, runner)
    session.radiomics.load("small", SMALL)
    session.open("CRLM-CT-1001")
    session.radiomics.watch(True)
    while runner.held:
        runner.run()
    session.radiomics.map("Tumor_4", MEAN, 1, True)
    session.radiomics.maps.cancel()
    runner.run()
    assert session.radiomics.maps.job is None
    assert session.radiomics.maps.shown is None


def test_a_map_of_who_was_open_before_is_not_shown(host, database, table):
    runner = ThreadRunner()
    session = ReviewSession(host, database, table, runner)
    session.radiomics.load("small", SMALL)
    session.open("CRLM-CT-1001")
    session.radiomics.watch(True)
    runner.run_until_idle()
    session.radiomics.map("Parenchyma", MEAN, 3, False)
    session.close()
    runner.run_until_idle()
    assert session.radiomics.maps.shown is None


def test_a_constant_map_is_shown(host, composite):
    grid = grid_of(shape=(2, 3, 4))
    values = np.full(grid.shape_kji, np.nan)
    values[0, 1, 1:3] = 7.0
    display = FeatureMapDisplay(host.scene, FeatureMap(grid, values), "constant")
    assert display.node.GetDisplayNode().GetLowerThreshold() == 7.0
    display.remove()
