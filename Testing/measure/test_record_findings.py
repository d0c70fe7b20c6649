import numpy as np
import pytest

from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.measure import record_findings, volumetry
from measure.shapes import box, grid_of, liver, tumor


@pytest.fixture
def grid():
    return grid_of((60, 100, 100))


def measured(grid, *extents_mm):
    """Volumetry of rod-shaped tumours of these lengths along the rows."""
    rods = [
        tumor(n, box(grid, (10 * n, 10, 5), (1, 1, length)))
        for n, length in enumerate(extents_mm, start=1)
    ]
    return volumetry([liver(box(grid, (0, 0, 0), grid.shape_kji)), *rods], grid, None)


def codes(volumes, record):
    return [f.code for f in record_findings(volumes, record, "CRLM-CT-1004")]


def test_a_patient_without_a_row(grid):
    (finding,) = record_findings(measured(grid, 30), None, "CRLM-CT-1004")
    assert finding.code == "patient-not-in-spreadsheet"
    assert finding.severity is Severity.WARNING
    assert finding.message == "The spreadsheet has no row with Patient-ID CRLM-CT-1004."


@pytest.mark.parametrize(
    ("multiple", "rods", "disagrees"),
    [
        (1, [30], True),
        (1, [30, 20], False),
        (0, [30], False),
        (0, [30, 20], True),
        (0.0, [30, 20, 10], True),
        (1, [], False),
        (0, [], False),
        (None, [30, 20], False),
        (-999, [30, 20], False),
    ],
)
def test_tumour_count_against_multiple_metastases(grid, multiple, rods, disagrees):
    found = codes(measured(grid, *rods), {"multiple_metastases": multiple})
    assert found == (["tumor-count-disagrees"] if disagrees else [])


def test_tumour_count_says_both_sides(grid):
    (one,) = record_findings(measured(grid, 30), {"multiple_metastases": 1}, "x")
    assert one.message == (
        "The spreadsheet records several metastases (multiple_metastases = 1), "
        "but 1 tumour segment has voxels."
    )
    (three,) = record_findings(measured(grid, 30, 20, 10), {"multiple_metastases": 0}, "x")
    assert three.message == (
        "The spreadsheet records a single metastasis (multiple_metastases = 0), "
        "but 3 tumour segments have voxels."
    )


@pytest.mark.parametrize(
    ("recorded_cm", "disagrees"),
    [
        (3.0, False),
        (2.0, False),  # 10 mm off: not more than 1 cm
        (1.9, True),
        (4.0, False),
        (4.1, True),
        (np.float64(4.1), True),
        (np.int64(6), True),
        (None, False),
        (-999.0, False),
        (0.0, False),
        (float("nan"), False),
        ("3 to 4", False),
    ],
)
def test_a_small_tumour_may_be_off_by_a_centimetre(grid, recorded_cm, disagrees):
    found = codes(measured(grid, 20, 30), {"max_tumor_size": recorded_cm})
    assert found == (["tumor-size-disagrees"] if disagrees else [])


@pytest.mark.parametrize(
    ("recorded_cm", "disagrees"),
    [(8.0, False), (10.6, False), (10.8, True), (6.4, False), (6.3, True)],
)
def test_a_large_tumour_may_be_off_by_a_quarter_of_the_recorded_size(grid, recorded_cm, disagrees):
    found = codes(measured(grid, 80), {"max_tumor_size": recorded_cm})
    assert found == (["tumor-size-disagrees"] if disagrees else [])


def test_any_direction_agrees_with_the_recorded_size(grid):
    upright = tumor(1, box(grid, (5, 20, 20), (50, 5, 10)))
    volumes = volumetry([upright], grid, None)
    assert volumes.tumors[0].longest_axial_mm == pytest.approx(np.hypot(10, 4))
    for recorded_cm in (1.1, 3.0, 5.0):
        assert codes(volumes, {"max_tumor_size": recorded_cm}) == []


def test_tumour_size_says_both_sides_and_leads_to_the_tumour(grid):
    (finding,) = record_findings(measured(grid, 20, 31), {"max_tumor_size": 8}, "x")
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "The spreadsheet's largest tumour measures 8.0 cm (max_tumor_size), the largest segmented "
        "one, Tumor_2, 3.1 cm in a slice (longest 3D diameter of any: 3.1 cm): off by more than "
        "1 cm and 25 %."
    )
    assert grid.kji_of(finding.position_ras_mm) == pytest.approx((20, 10, 20))


def test_a_record_without_these_columns_has_nothing_to_disagree(grid):
    assert codes(measured(grid, 30), {}) == []
