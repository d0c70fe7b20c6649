"""Where the transection goes through between voxels: on the cut, or midway where none is known."""

from __future__ import annotations

import numpy as np
import pytest

from CRLMExplorerLib.resection import (
    CurveCut,
    PlaneCut,
    Resection,
    ScissorsCut,
    Smooth,
    SphereCut,
    Stroke,
    WedgeCut,
    curve_surface,
)
from CRLMExplorerLib.resection.curve import Construction
from measure.shapes import ball, box, grid_of
from resection.livers import GRIDS, block, middle, point, positions, resection_of, tilted

ALL_GRIDS = {**GRIDS, "tilted": tilted()}
ACROSS_X = PlaneCut((10.2, 0.0, 0.0), (1.0, 0.0, 0.0))


def points_of(resection: Resection, *steps, start: str = "liver") -> np.ndarray:
    plan = resection.new_plan(start)
    for step in steps:
        plan = plan.then(step)
    return resection.transection(plan).points_ras_mm


@pytest.fixture
def cube():
    """A liver of 18 mm a side on voxels of 1 mm whose indices are their RAS position."""
    return resection_of(block(grid_of((20, 20, 20))))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ALL_GRIDS)
def test_a_planes_transection_lies_on_the_plane(name, seed):
    grid = ALL_GRIDS[name]
    normal = np.random.default_rng(seed).normal(size=3)
    found = points_of(resection_of(block(grid)), PlaneCut(point(middle(grid)), point(normal)))
    assert len(found) > 300
    assert np.abs((found - middle(grid)) @ normal).max() < 1e-5


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_a_spheres_transection_lies_on_the_sphere(name):
    grid = ALL_GRIDS[name]
    found = points_of(resection_of(block(grid)), SphereCut(point(middle(grid)), 9.0))
    # Between two voxels the distance is taken as straight.
    assert np.linalg.norm(found - middle(grid), axis=1) == pytest.approx(9.0, abs=0.3)
    assert np.linalg.norm(found - middle(grid), axis=1).mean() == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize("bend", [0.0, 3.0])
@pytest.mark.parametrize("name", ALL_GRIDS)
def test_a_curves_transection_lies_on_its_surface(name, bend):
    grid = ALL_GRIDS[name]
    across = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    local = [(-10, -10, bend), (10, -10, -bend), (10, 10, bend), (-10, 10, -bend)]
    cut = CurveCut(
        tuple(point(middle(grid) + np.array(at) @ across) for at in local),
        point(middle(grid) + 40 * across[2]),
    )
    surface = curve_surface(cut)
    assert surface.construction is (Construction.SPLINE if bend else Construction.PLANE)
    found = points_of(resection_of(block(grid)), cut)
    at = (found - surface.center_ras_mm) @ surface.axes_ras.T
    assert at[:, 2] == pytest.approx(surface.height_mm(at[:, :2]), abs=0.2)


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_a_wedges_transection_lies_half_a_voxel_beyond_its_margin(name):
    grid = ALL_GRIDS[name]
    tumor = ball(grid, np.array(grid.shape_kji) / 2, 3.0)
    found = points_of(resection_of(block(grid), {"T": tumor}), WedgeCut("T", 5.0))
    centers = positions(grid)[tumor.to_array()]
    least = np.linalg.norm(found[:, None] - centers, axis=-1).min(axis=1)
    assert least.min() > 5.0 - 0.2
    assert least.max() < 5.0 + max(grid.spacing_mm) / 2 + 0.2


def test_of_two_cuts_the_one_that_takes_more_leaves_the_surface(cube):
    wider = PlaneCut((9.6, 0.0, 0.0), (1.0, 0.0, 0.0))
    within_the_same_voxels = PlaneCut((10.7, 0.0, 0.0), (1.0, 0.0, 0.0))
    for other, x in ((wider, 9.6), (within_the_same_voxels, 10.2)):
        for order in ((ACROSS_X, other), (other, ACROSS_X)):
            assert points_of(cube, *order)[:, 0] == pytest.approx(x, abs=1e-5)


def test_a_cut_beside_another_keeps_its_place(cube):
    found = points_of(cube, ACROSS_X, PlaneCut((0.0, 7.3, 0.0), (0.0, -1.0, 0.0)))
    on_first = np.isclose(found[:, 0], 10.2, atol=1e-5)
    assert np.isclose(found[~on_first, 1], 7.3, atol=1e-5).all()
    assert 0 < on_first.sum() < len(found)


@pytest.mark.parametrize(
    "edit",
    [
        Stroke(((10.0, 10.0, 10.0),), 3.2, adds=True),
        Stroke(((9.0, 10.0, 10.0),), 4.2, adds=False),
        ScissorsCut(((7.4, 7.4, 0), (14.4, 7.4, 0), (14.4, 12.4, 0), (7.4, 12.4, 0)), (0, 0, 1)),
        Smooth(7.0),
    ],
    ids=["paint", "erase", "scissors", "smooth"],
)
def test_what_is_edited_goes_midway_and_the_rest_stays_on_the_cut(cube, edit):
    cuts = ACROSS_X, PlaneCut((0.0, 7.3, 0.0), (0.0, -1.0, 0.0))
    before = cube.new_plan("liver").then(cuts[0]).then(cuts[1])
    edited = np.argwhere(cube.remnant(before) != cube.remnant(before.then(edit)))[:, ::-1] + 1
    assert len(edited)
    found = points_of(cube, *cuts, edit)
    from_edited = np.abs(found[:, None] - edited).sum(axis=-1).min(axis=1)
    # A point of a pair of voxels is less than a voxel away from either.
    midway = np.isclose(np.abs(found - np.round(found)).max(axis=1), 0.5)
    on_cut = np.isclose(found[:, 0], 10.2, atol=1e-5) | np.isclose(found[:, 1], 7.3, atol=1e-5)
    assert (midway ^ on_cut).all()
    assert from_edited[midway] == pytest.approx(0.5)
    assert midway.any()
    assert on_cut.sum() > 100


def test_what_was_painted_before_the_cut_goes_midway(cube):
    released = box(cube.box.grid, (1, 1, 1), (18, 18, 7))
    resection = resection_of(cube.liver, released=released)
    painted = Stroke(((7.0, 10.0, 10.0),), 6.0, adds=True)
    found = points_of(resection, painted, ACROSS_X, start="released")
    assert np.isclose(found[:, 0], 10.5).sum() > 50
    assert not np.isclose(found[:, 0], 10.2).any()


def test_a_released_remnants_surface_goes_midway(cube):
    released = box(cube.box.grid, (1, 1, 1), (18, 18, 7))
    resection = resection_of(cube.liver, released=released)
    assert points_of(resection, start="released")[:, 0] == pytest.approx(7.5)
    cut = PlaneCut((0.0, 5.2, 0.0), (0.0, 1.0, 0.0))
    found = points_of(resection, cut, start="released")
    assert found[found[:, 1] < 5.1, 0] == pytest.approx(7.5)
    assert np.isclose(found[:, 1], 5.2, atol=1e-5).sum() == 18 * 7
    # This plane runs within the same voxels as the released surface, which is nowhere told finer.
    beside = PlaneCut((7.2, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert points_of(resection, beside, start="released")[:, 0] == pytest.approx(7.5)


def test_a_voxel_erased_from_the_layer_that_a_plane_lies_on_goes_midway(cube):
    plane = PlaneCut((10.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert points_of(cube, plane)[:, 0] == pytest.approx(10.0, abs=1e-5)
    found = points_of(cube, plane, Stroke(((10.0, 10.0, 10.0),), 0.6, adds=False))
    assert found[found[:, 0] < 9.9] == pytest.approx(np.array([[9.5, 10.0, 10.0]]))
