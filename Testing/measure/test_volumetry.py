import dataclasses
import json

import numpy as np
import pytest
import SimpleITK as sitk

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure import BodySize, MinimumRule, volumetry
from measure.shapes import (
    CT_SPACING_MM,
    Segment,
    ball,
    blobs,
    box,
    grid_of,
    hepatic,
    liver,
    remnant,
    rotation,
    sprinkle,
    tumor,
)

VOXEL_ML = 0.8 * 0.8 * 5 / 1000


@pytest.fixture
def grid():
    return grid_of((20, 50, 50), CT_SPACING_MM)


@pytest.fixture
def whole(grid):
    """A liver of 10 x 40 x 40 = 16000 voxels."""
    return liver(box(grid, (5, 5, 5), (10, 40, 40)))


@pytest.fixture
def part(grid):
    """A remnant of 10 x 40 x 10 = 4000 voxels."""
    return remnant(box(grid, (5, 5, 5), (10, 40, 10)))


def test_liver_remnant_and_two_tumours(grid, whole, part):
    tumors = (
        tumor(1, box(grid, (6, 10, 20), (2, 10, 10))),
        tumor(2, box(grid, (9, 10, 32), (4, 5, 10))),
    )
    measured = volumetry([whole, part, *tumors], grid, MinimumRule.chosen(30))
    assert measured.liver_ml == 16000 * grid.voxel_ml == pytest.approx(16000 * VOXEL_ML)
    assert measured.tumor_count == 2
    assert measured.tumor_total_ml == 400 * grid.voxel_ml
    assert measured.tumor_in_liver_ml == 400 * grid.voxel_ml
    assert measured.functional_liver_ml == 15600 * grid.voxel_ml
    assert measured.flr_ml == 4000 * grid.voxel_ml
    assert measured.flr_percent_total == 25.0
    assert measured.flr_percent_functional == pytest.approx(100 * 4000 / 15600)
    assert measured.resected_ml == 12000 * grid.voxel_ml
    assert measured.tumor_burden_percent == 2.5
    assert measured.minimum_flr_percent == 30
    assert measured.minimum_rule == "30 %, chosen by the reader."
    assert measured.adequate is False


def test_each_tumour_is_measured(grid, whole):
    one = tumor(1, box(grid, (6, 10, 20), (2, 10, 1)))
    measured = volumetry([whole, one], grid, None).tumors[0]
    assert (measured.number, measured.label) == (5, "Tumor_1")
    assert measured.volume_ml == 20 * grid.voxel_ml
    assert measured.longest_axial_mm == pytest.approx(8.0)
    assert measured.longest_3d_mm == pytest.approx(np.hypot(10.0, 9 * 0.8))
    assert grid.kji_of(measured.center_ras_mm)[2] == pytest.approx(20)


def test_overlapping_tumours_count_once(grid, whole):
    one, two = box(grid, (6, 10, 10), (2, 10, 10)), box(grid, (7, 15, 10), (2, 10, 10))
    measured = volumetry([whole, tumor(1, one), tumor(2, two)], grid, None)
    assert measured.tumor_count == 2
    assert measured.tumor_total_ml == (200 + 200 - 50) * grid.voxel_ml
    assert measured.functional_liver_ml == (16000 - 350) * grid.voxel_ml
    assert sum(t.volume_ml for t in measured.tumors) == pytest.approx(400 * grid.voxel_ml)


def test_what_a_tumour_has_outside_the_liver_is_not_taken_off_the_liver(grid, whole, part):
    protruding = tumor(1, box(grid, (6, 10, 40), (2, 10, 10)))
    measured = volumetry([whole, part, protruding], grid, None)
    assert measured.tumor_total_ml == 200 * grid.voxel_ml
    assert measured.tumor_in_liver_ml == 100 * grid.voxel_ml
    assert measured.functional_liver_ml == 15900 * grid.voxel_ml
    assert measured.tumor_burden_percent == pytest.approx(100 * 100 / 16000)
    assert measured.flr_percent_functional == pytest.approx(100 * 4000 / 15900)


def test_only_liver_counts_as_resected_where_the_remnant_reaches_outside(grid, whole):
    reaching_out = remnant(box(grid, (5, 5, 0), (10, 40, 15)))
    measured = volumetry([whole, reaching_out], grid, None)
    assert measured.flr_ml == 6000 * grid.voxel_ml
    assert measured.resected_ml == 12000 * grid.voxel_ml


def test_35_tumours(grid, whole):
    corners = [
        (5 + 2 * a, 6 + 7 * b, 6 + 7 * c) for a in range(5) for b in range(3) for c in range(3)
    ]
    tumors = [tumor(n + 1, box(grid, at, (1, 3, 4))) for n, at in enumerate(corners[:35])]
    measured = volumetry([whole, *tumors], grid, None)
    assert measured.tumor_count == len(measured.tumors) == 35
    assert measured.tumor_total_ml == 35 * 12 * grid.voxel_ml
    assert [t.label for t in measured.tumors] == [f"Tumor_{n}" for n in range(1, 36)]
    for size in measured.tumors:
        assert size.longest_axial_mm == pytest.approx(np.hypot(4 * 0.8, 2 * 0.8))


def test_no_segments_at_all(grid):
    measured = volumetry([], grid, MinimumRule.chosen(20), BodySize(170, 70))
    assert measured.tumor_count == 0
    assert measured.tumor_total_ml == 0.0
    assert measured.tumors == measured.standardized_flr == ()
    for value in (
        measured.liver_ml,
        measured.tumor_in_liver_ml,
        measured.functional_liver_ml,
        measured.flr_ml,
        measured.flr_percent_functional,
        measured.flr_percent_total,
        measured.resected_ml,
        measured.tumor_burden_percent,
        measured.flr_to_body_weight_percent,
        measured.adequate,
    ):
        assert value is None
    assert measured.minimum_flr_percent == 20


def test_empty_segments_measure_as_missing_ones(grid):
    nothing = Mask.empty(grid)
    empty = volumetry([liver(nothing), remnant(nothing), tumor(1, nothing)], grid, None)
    assert empty == volumetry([], grid, None)


def test_a_liver_without_remnant_or_tumour(grid, whole):
    measured = volumetry([whole], grid, MinimumRule.chosen(20))
    assert measured.functional_liver_ml == measured.liver_ml
    assert measured.tumor_burden_percent == 0.0
    assert measured.flr_ml is measured.resected_ml is measured.adequate is None


def test_a_remnant_without_liver_has_a_volume_and_no_share(grid, part):
    measured = volumetry([part], grid, MinimumRule.chosen(20))
    assert measured.flr_ml == 4000 * grid.voxel_ml
    assert measured.flr_percent_total is measured.flr_percent_functional is None
    assert measured.resected_ml is measured.adequate is None


def test_a_liver_that_is_all_tumour_has_no_functional_share(grid, whole, part):
    measured = volumetry([whole, part, tumor(1, whole.mask)], grid, MinimumRule.chosen(20))
    assert measured.functional_liver_ml == 0.0
    assert measured.flr_percent_functional is measured.adequate is None
    assert measured.flr_percent_total == 25.0
    assert measured.tumor_burden_percent == 100.0


@pytest.mark.parametrize(("percent", "adequate"), [(24.9, True), (25, True), (25.1, False)])
def test_a_remnant_that_just_reaches_the_minimum_is_adequate(grid, whole, part, percent, adequate):
    assert volumetry([whole, part], grid, MinimumRule.chosen(percent)).adequate is adequate


def test_without_a_rule_there_is_no_verdict(grid, whole, part):
    measured = volumetry([whole, part], grid, None)
    assert measured.minimum_flr_percent is measured.minimum_rule is measured.adequate is None


def test_the_remnant_in_per_cent_of_standard_livers_and_body_weight(grid, whole, part):
    measured = volumetry([whole, part], grid, None, BodySize(175, 80))
    by_formula = {
        (s.liver.formula, s.liver.surface_formula): s.percent for s in measured.standardized_flr
    }
    flr_ml = 4000 * VOXEL_ML
    surface_m2 = (175 * 80 / 3600) ** 0.5
    assert by_formula["Vauthey 2002", "Mosteller 1987"] == pytest.approx(
        100 * flr_ml / (-794.41 + 1267.28 * surface_m2)
    )
    assert len(by_formula) == 4
    assert measured.flr_to_body_weight_percent == pytest.approx(100 * flr_ml / 80000)


def test_segments_of_one_role_count_as_their_union(grid, whole):
    left, right = box(grid, (5, 5, 5), (10, 40, 25)), box(grid, (5, 5, 20), (10, 40, 25))
    assert volumetry([liver(left), liver(right)], grid, None).liver_ml == whole.mask.volume_ml


def test_vessels_and_unknown_segments_change_nothing(grid, whole, part):
    other = Segment(9, "Spleen", Role.OTHER, box(grid, (0, 0, 0), (9, 9, 9)))
    vein = hepatic(box(grid, (6, 6, 6), (2, 2, 2)))
    assert volumetry([whole, part, vein, other], grid, None) == volumetry([whole, part], grid, None)


@pytest.mark.parametrize("seed", range(3))
def test_volumes_are_those_of_itk_on_an_oblique_grid(seed):
    grid = grid_of((9, 16, 18), (0.7, 0.9, 2.5), rotation(seed))
    mask = blobs(grid, seed)
    image = sitk.GetImageFromArray(mask.to_array().astype("u1"))
    image.SetSpacing(grid.spacing_mm)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(image)
    expected_ml = shapes.GetPhysicalSize(1) / 1000
    assert volumetry([liver(mask)], grid, None).liver_ml == pytest.approx(expected_ml)


@pytest.mark.parametrize("seed", range(5))
def test_volumes_are_those_of_plain_arrays(seed):
    grid = grid_of((7, 11, 13), CT_SPACING_MM)
    a, b, c, d = (sprinkle(grid, 10 * seed + n, 0.4) for n in range(4))
    segments = [liver(a), remnant(b), tumor(1, c), tumor(2, d)]
    measured = volumetry(segments, grid, None)
    whole, rest, one, two = (m.to_array() for m in (a, b, c, d))
    sick = one | two
    assert measured.tumor_total_ml == sick.sum() * grid.voxel_ml
    assert measured.functional_liver_ml == (whole & ~sick).sum() * grid.voxel_ml
    assert measured.resected_ml == (whole & ~rest).sum() * grid.voxel_ml
    assert measured.flr_percent_functional == pytest.approx(
        100 * rest.sum() / (whole & ~sick).sum()
    )


def test_a_sphere_has_the_volume_of_a_sphere():
    grid = grid_of((50, 50, 50))
    measured = volumetry([tumor(1, ball(grid, (25, 25, 25), 20))], grid, None)
    assert measured.tumor_total_ml == pytest.approx(4 / 3 * np.pi * 2**3, rel=0.005)


def test_every_value_can_be_written_as_json(grid, whole, part):
    measured = volumetry(
        [whole, part, tumor(1, box(grid, (6, 10, 20), (2, 3, 3)))],
        grid,
        MinimumRule.chosen(30),
        BodySize(175, 80),
    )
    again = json.loads(json.dumps(dataclasses.asdict(measured)))
    assert again["adequate"] is False
    assert again["tumors"][0]["label"] == "Tumor_1"
