"""Islands and smoothing change what they should, and nothing at the liver's own surface."""

from __future__ import annotations

import numpy as np
import pytest

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.resection import (
    KeepLargestIsland,
    PlaneCut,
    RemoveSmallIslands,
    Smooth,
    Smoothing,
)
from measure.shapes import box, grid_of, voxels
from resection.livers import GRIDS, block, liver_in, middle, point, resection_of

CUBES = grid_of((24, 24, 24))


def after(step, liver: Mask, released: Mask) -> Mask:
    resection = resection_of(liver, released=released)
    return resection.flr(resection.new_plan().then(step))


@pytest.fixture
def half() -> Mask:
    """Half of a block of liver, up to row 11."""
    return box(CUBES, (1, 1, 1), (22, 11, 22))


def same(one: Mask, other: Mask) -> bool:
    return bool((one.to_array() == other.to_array()).all())


def test_only_the_largest_island_stays(half):
    islands = box(CUBES, (3, 15, 3), (2, 2, 2)) | box(CUBES, (10, 15, 10), (4, 4, 4))
    assert same(after(KeepLargestIsland(), block(CUBES), half | islands), half)


def test_voxels_that_share_a_corner_are_one_island(half):
    corner = voxels(CUBES, (5, 12, 5), (6, 13, 6))
    assert same(after(KeepLargestIsland(), block(CUBES), half | corner), half | corner)


def test_islands_below_a_volume_go(half):
    small, large = box(CUBES, (3, 15, 3), (2, 2, 2)), box(CUBES, (10, 15, 10), (4, 4, 4))
    left = after(RemoveSmallIslands(0.064), block(CUBES), half | small | large)
    assert same(left, half | large)


def test_all_islands_can_be_too_small(half):
    assert after(RemoveSmallIslands(1e3), block(CUBES), half).is_empty


@pytest.mark.parametrize("method", Smoothing)
def test_a_flat_transection_stays_flat(half, method):
    assert same(after(Smooth(5.0, method), block(CUBES), half), half)


@pytest.mark.parametrize("method", Smoothing)
@pytest.mark.parametrize("name", GRIDS)
def test_smoothing_never_leaves_the_liver(name, method):
    grid = GRIDS[name]
    liver = liver_in(grid)
    resection = resection_of(liver)
    cut = resection.new_plan("liver").then(PlaneCut(point(middle(grid)), (0.3, 1.0, 0.2)))
    left = resection.flr(cut.then(Smooth(6.0, method)))
    assert left.overlap(liver) == left.count
    assert abs(left.count - resection.flr(cut).count) < 0.1 * liver.count


@pytest.mark.parametrize("method", Smoothing)
def test_smoothing_leaves_a_whole_liver_as_it_is(method):
    liver = liver_in(GRIDS["anisotropic"])
    assert same(after(Smooth(6.0, method), liver, liver), liver)


def test_an_opening_takes_a_spur(half):
    spur = box(CUBES, (10, 12, 10), (1, 6, 1))
    assert same(after(Smooth(5.0, Smoothing.OPENING), block(CUBES), half | spur), half)


def test_a_closing_fills_a_crevice(half):
    crevice = box(CUBES, (10, 7, 10), (1, 5, 1))
    assert same(after(Smooth(5.0, Smoothing.CLOSING), block(CUBES), half - crevice), half)


def test_a_median_takes_spurs_and_fills_crevices(half):
    spur, crevice = box(CUBES, (5, 12, 5), (1, 6, 1)), box(CUBES, (15, 7, 15), (1, 5, 1))
    assert same(after(Smooth(3.0), block(CUBES), (half | spur) - crevice), half)


def test_the_majority_is_counted_in_the_liver_alone():
    # A remnant of one row at the liver's edge: outside counts for neither side.
    liver = box(CUBES, (1, 1, 1), (22, 2, 22))
    released = box(CUBES, (1, 1, 1), (22, 1, 22))
    assert same(after(Smooth(3.0), liver, released), released)


def test_what_a_released_remnant_has_outside_the_liver_is_left_to_it(half):
    outside = voxels(CUBES, (0, 5, 5))
    spur = box(CUBES, (10, 12, 10), (1, 6, 1))
    left = after(Smooth(5.0, Smoothing.OPENING), block(CUBES), half | spur | outside)
    assert same(left, half | outside)


def test_islands_count_outside_the_liver_as_well(half):
    outside = voxels(CUBES, (0, 5, 5), (23, 23, 23))
    left = after(KeepLargestIsland(), block(CUBES), half | outside)
    assert np.array_equal(np.argwhere(left.to_array())[0], (0, 5, 5))
    assert left.count == half.count + 1
