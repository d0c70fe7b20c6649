"""CRLM-CT-1004: a wedge and margins against scipy's distance transform on the whole CT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from CRLMExplorerLib.dicom.segmentation import read_dso
from CRLMExplorerLib.dicom.volume import read_ct
from CRLMExplorerLib.resection import RELEASED, WHOLE_LIVER, Resection, TumorStatus, WedgeCut

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def resection(shared_data: Path) -> Resection:
    patient = shared_data / "CRLM-CT-1004"
    ct = read_ct(sorted((patient / "ct").iterdir()))
    dso = read_dso(patient / "seg.dcm", ct)
    return Resection.of_segments("CRLM-CT-1004", None, dso.segments)


def test_the_released_remnant_has_its_published_voxels(resection):
    found = resection.figures(resection.new_plan(RELEASED))
    assert resection.flr(resection.new_plan()).count == 393508
    assert found.flr_ml == pytest.approx(1249.41, abs=0.01)
    assert (found.dice, found.volume_change_ml) == (1.0, 0.0)


def test_wedges_of_10_mm_are_scipys_distance_on_the_whole_ct(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(WedgeCut("Tumor_1")).then(WedgeCut("Tumor_2"))
    flr = resection.flr(plan).to_array()
    expected = resection.liver.to_array()
    distances = {}
    for label, tumor in resection.tumors.items():
        spacing = tumor.grid.spacing_kji_mm
        distances[label] = distance_transform_edt(~tumor.to_array(), sampling=spacing)
        expected &= distances[label] > 10.0
    assert np.array_equal(flr, expected)
    assert 0 < flr.sum() < resection.liver.count
    half_voxel = np.linalg.norm(resection.liver.grid.spacing_mm) / 2
    for margin in resection.figures(plan).margins:
        least = distances[margin.tumor][flr].min()
        assert margin.status is TumorStatus.SPECIMEN
        assert least - half_voxel <= margin.margin_mm <= least
        assert margin.margin_mm == pytest.approx(10.0, abs=half_voxel)
