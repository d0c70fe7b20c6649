"""CRLM-CT-1004: its working masks, read by SimpleITK alone."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CRLMExplorerLib.anatomy import role_of
from CRLMExplorerLib.geometry import Grid, Mask, lps_to_ras
from CRLMExplorerLib.measure import MinimumRule, record_findings, segment_findings, volumetry
from measure.shapes import Segment

pytestmark = pytest.mark.shared

MASKS = Path(__file__).parents[3] / "shared" / "data" / "CRLM-CT-1004" / "masks"
LABELS = ("Liver", "Liver_Remnant", "Hepatic", "Portal", "Tumor_1", "Tumor_2")
COUNTS = dict(zip(LABELS, (402012, 393508, 5299, 4223, 203, 165), strict=True))
VOXEL_ML = 0.796875 * 0.796875 * 5 / 1000


@pytest.fixture(scope="module")
def images():
    return {
        label: sitk.ReadImage(str(MASKS / f"CRLM-CT-1004_{label}.mha")) > -1000 for label in LABELS
    }


@pytest.fixture(scope="module")
def segments(images):
    matrix = np.eye(4)
    image = images["Liver"]
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    grid = Grid(image.GetSize()[::-1], lps_to_ras(matrix))
    return [
        Segment(n, label, role_of(label), Mask.from_array(grid, sitk.GetArrayViewFromImage(image)))
        for n, (label, image) in enumerate(images.items(), start=1)
    ]


@pytest.fixture(scope="module")
def measured(segments):
    return volumetry(segments, segments[0].mask.grid, MinimumRule.chosen(30))


def test_voxel_counts(segments):
    assert {s.label: s.mask.count for s in segments} == COUNTS


def test_volumes_are_exactly_counts_times_voxel_volume(measured):
    assert measured.liver_ml == pytest.approx(402012 * VOXEL_ML, rel=1e-12)
    assert round(measured.liver_ml, 2) == 1276.41
    assert round(measured.flr_ml, 2) == 1249.41
    assert [round(t.volume_ml, 2) for t in measured.tumors] == [0.64, 0.52]
    assert measured.tumor_total_ml == pytest.approx((203 + 165) * VOXEL_ML, rel=1e-12)
    assert measured.functional_liver_ml == pytest.approx((402012 - 368) * VOXEL_ML, rel=1e-12)
    assert measured.flr_percent_functional == pytest.approx(100 * 393508 / (402012 - 368))
    assert measured.flr_percent_total == pytest.approx(100 * 393508 / 402012)
    assert measured.adequate is True


def test_diameters_lie_within_a_voxel_above_itk_feret_diameters(measured, images):
    for tumor in measured.tumors:
        shapes = sitk.LabelShapeStatisticsImageFilter()
        shapes.ComputeFeretDiameterOn()
        shapes.Execute(images[tumor.label])
        assert 0 < tumor.longest_3d_mm - shapes.GetFeretDiameter(1) <= 5.0
        assert 0 < tumor.longest_axial_mm <= tumor.longest_3d_mm


def test_the_only_findings_are_veins_in_two_parts(segments):
    found = [
        (f.severity.value, f.code, f.message.split(";")[0]) for f in segment_findings(segments)
    ]
    assert found == [
        ("note", "stray-components", "Hepatic falls into 2 parts"),
        ("note", "stray-components", "Portal falls into 2 parts"),
    ]


def test_the_record_agrees(measured):
    record = {"multiple_metastases": 1, "max_tumor_size": 1.4}
    assert record_findings(measured, record, "CRLM-CT-1004") == ()
