"""Every cut, voxel by voxel, against its definition written out for each voxel's position."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.path import Path as Outline
from scipy.ndimage import distance_transform_edt

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.resection import (
    WHOLE_LIVER,
    Construction,
    CurveCut,
    PlaneCut,
    PlanError,
    ScissorsCut,
    SphereCut,
    Stroke,
    WedgeCut,
    curve_surface,
)
from measure.shapes import ball, box, grid_of, rotation
from resection.livers import GRIDS, block, liver_in, middle, point, positions, resection_of, tilted

ALL_GRIDS = {**GRIDS, "tilted": tilted()}
SQUARE = [(20, 0, 0), (0, 20, 0), (-20, 0, 0), (0, -20, 0)]
DIRECTIONS = [(1, 0, 0), (0, -1, 0), (0, 0, 2), (0.3, -0.8, 0.5), (1e-7, 1, 0), (-1, -1, 1)]


@pytest.fixture(params=ALL_GRIDS.values(), ids=ALL_GRIDS)
def grid(request) -> Grid:
    return request.param


def cut(liver: Mask, *steps, tumors=None) -> np.ndarray:
    """What the steps leave of a whole liver, on the whole grid."""
    resection = resection_of(liver, tumors)
    plan = resection.new_plan(WHOLE_LIVER)
    for step in steps:
        plan = plan.then(step)
    return resection.flr(plan).to_array()


@pytest.mark.parametrize("normal", DIRECTIONS)
def test_a_plane_removes_the_side_its_normal_points_to(grid, normal):
    liver, at = liver_in(grid), middle(grid)
    beyond = (positions(grid) - at) @ np.array(normal, dtype=float) > 0
    left = cut(liver, PlaneCut(point(at), point(normal)))
    assert (left == liver.to_array() & ~beyond).all()
    assert 0 < left.sum() < liver.count


def test_voxels_on_the_plane_stay_whatever_the_order_of_axes():
    for direction in (np.eye(3), -np.eye(3), np.eye(3)[[1, 2, 0]]):
        grid = grid_of((9, 9, 9), (0.7, 0.7, 0.7), direction)
        on_plane = grid.ras_of((4, 4, 4))
        for axis in np.eye(3):
            left = cut(block(grid), PlaneCut(point(on_plane), point(axis)))
            assert left.sum() == 4 * 7 * 7


def test_two_planes_commute(grid):
    at = middle(grid)
    one, other = (PlaneCut(point(at), n) for n in ((1.0, 0.4, 0.0), (0.0, -1.0, 0.7)))
    assert (cut(liver_in(grid), one, other) == cut(liver_in(grid), other, one)).all()


def test_a_sphere_removes_what_is_in_its_radius(grid):
    liver, at = liver_in(grid), middle(grid)
    left = cut(liver, SphereCut(point(at), 7.3))
    inside = np.linalg.norm(positions(grid) - at, axis=-1) <= 7.3
    assert (left == liver.to_array() & ~inside).all()
    assert inside[liver.to_array()].any()


@pytest.mark.parametrize("margin_mm", [0.0, 3.0, 4.5, 1000.0])
def test_a_wedge_is_the_distance_from_the_tumours_voxels(grid, margin_mm):
    liver = liver_in(grid)
    tumor = ball(grid, np.array(grid.shape_kji) * (0.5, 0.5, 0.65), 3.5)
    where = positions(grid)
    away = np.min(np.linalg.norm(where[:, :, :, None] - where[tumor.to_array()], axis=-1), axis=-1)
    left = cut(liver, WedgeCut("T", margin_mm), tumors={"T": tumor})
    assert (left == liver.to_array() & (away > margin_mm + 1e-9)).all()


@pytest.mark.parametrize("name", GRIDS)
def test_a_wedge_equals_the_distance_transform_of_the_whole_ct(name):
    grid = GRIDS[name]
    liver = liver_in(grid)
    tumor = ball(grid, np.array(grid.shape_kji) * (0.5, 0.3, 0.4), 4.0)
    distance = distance_transform_edt(~tumor.to_array(), sampling=grid.spacing_kji_mm)
    left = cut(liver, WedgeCut("T", 5.0), tumors={"T": tumor})
    assert (left == liver.to_array() & (distance > 5.0)).all()


def test_a_tumour_beyond_the_liver_is_cut_around_too():
    grid = grid_of((12, 20, 20))
    liver, tumor = box(grid, (2, 2, 2), (8, 8, 8)), box(grid, (5, 5, 12), (2, 2, 6))
    left = cut(liver, WedgeCut("T", 3.0), tumors={"T": tumor})
    distance = distance_transform_edt(~tumor.to_array())
    assert (left == liver.to_array() & (distance > 3.0)).all()
    assert left.sum() < liver.count


def test_a_wedge_out_of_reach_removes_nothing():
    grid = grid_of((12, 20, 40))
    liver, tumor = box(grid, (2, 2, 2), (8, 8, 8)), box(grid, (5, 5, 30), (2, 2, 2))
    assert cut(liver, WedgeCut("T", 3.0), tumors={"T": tumor}).sum() == liver.count


def test_a_wedge_around_every_tumour_is_one_around_each():
    grid = GRIDS["anisotropic"]
    tumors = {f"T{n}": ball(grid, (7, 12 + 8 * n, 15), 2.5) for n in range(3)}
    each = cut(liver_in(grid), *(WedgeCut(t, 4.0) for t in tumors), tumors=tumors)
    assert (cut(liver_in(grid), WedgeCut("*", 4.0), tumors=tumors) == each).all()


def test_an_unknown_tumour_is_named_with_those_there_are():
    grid = GRIDS["isotropic"]
    with pytest.raises(PlanError, match=r"step 1 .*no tumour segment 'T9'.*expected one of T1"):
        cut(liver_in(grid), WedgeCut("T9"), tumors={"T1": ball(grid, (15, 15, 15), 3.0)})


def distance_to_way(where: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Least distance to a line of corners, by many points on it."""
    shares = np.linspace(0, 1, 400)[:, None]
    ways = [a + shares * (b - a) for a, b in pairwise(corners)]
    along = np.concatenate([corners[:1], *ways])
    return np.min([np.linalg.norm(where - p, axis=-1) for p in along], axis=0)


def test_a_round_brush_sweeps_along_its_stroke(grid):
    liver, at = liver_in(grid), middle(grid)
    way = np.array([at - (6, 2, 1), at, at + np.array([1, 7, 3])])
    left = cut(liver, Stroke(tuple(map(point, way)), 4.0, adds=False))
    away = distance_to_way(positions(grid), way)
    inside = liver.to_array()
    # The written-out line has gaps: voxels within them may go either way.
    assert not left[inside & (away < 4.0)].any()
    assert left[inside & (away > 4.001)].all()


@pytest.mark.parametrize("name", GRIDS)
def test_a_flat_brush_changes_the_voxels_of_one_slice(name):
    grid = GRIDS[name]
    normal = grid.ijk_to_ras[:3, 2]
    at = grid.ras_of(np.array(grid.shape_kji) // 2)
    left = cut(block(grid), Stroke((point(at),), 5.0, False, point(normal)))
    gone = block(grid).to_array() & ~left
    assert np.flatnonzero(gone.any(axis=(1, 2))).tolist() == [grid.shape_kji[0] // 2]
    assert (gone == (np.linalg.norm(positions(grid) - at, axis=-1) <= 5.0) & gone).all()
    assert gone.any()


def test_a_flat_brush_between_two_slices_takes_one_of_them():
    grid = GRIDS["anisotropic"]
    at = grid.ras_of((6.5, 20, 18))
    left = cut(block(grid), Stroke((point(at),), 5.0, False, (0.0, 0.0, 1.0)))
    assert (block(grid).to_array() & ~left).any(axis=(1, 2)).sum() == 1


def test_paint_stays_in_the_liver(grid):
    liver, at = liver_in(grid), middle(grid)
    everything = SphereCut(point(at), 1e4)
    dab = Stroke((point(at),), 1e3, adds=True)
    assert (cut(liver, everything, dab) == liver.to_array()).all()


@pytest.mark.parametrize("normal", DIRECTIONS)
def test_scissors_cut_what_the_outline_encloses_in_the_view(grid, normal):
    liver, at = liver_in(grid), middle(grid)
    normal = np.array(normal, dtype=float) / np.linalg.norm(normal)
    right = np.cross(normal, (0.2, 0.5, 0.9))
    right /= np.linalg.norm(right)
    up = np.cross(normal, right)
    corners = np.array([(-9.1, -5.3), (6.2, -8.4), (1.3, -1.7), (8.8, 7.9), (-4.6, 6.1)])
    depths = np.array([0.0, 13.0, -7.0, 2.0, 5.0])
    outline = at + corners @ np.stack([right, up]) + depths[:, None] * normal
    seen = (positions(grid) - at) @ np.stack([right, up], axis=1)
    inside = Outline(corners).contains_points(seen.reshape(-1, 2)).reshape(grid.shape_kji)
    corners_ras = tuple(map(point, outline))
    left = cut(liver, ScissorsCut(corners_ras, point(normal)))
    assert (left == liver.to_array() & ~inside).all()
    filled = cut(
        liver, SphereCut(point(at), 1e4), ScissorsCut(corners_ras, point(normal), adds=True)
    )
    assert (filled == liver.to_array() & inside).all()
    assert filled.any()


def ring(at, heights) -> tuple:
    """Points around a centre, at heights over the axial plane."""
    angles = np.arange(len(heights)) * 2 * np.pi / len(heights)
    ways = np.stack([14 * np.cos(angles), 14 * np.sin(angles), np.array(heights)], axis=1)
    return tuple(point(at + way) for way in ways)


def test_a_nearly_planar_curve_cuts_along_its_best_fit_plane(grid):
    at = middle(grid)
    turn = rotation(11)
    points = tuple(point(at + turn @ (np.array(p) - at)) for p in ring(at, [1, -1, 1, -1, 1, -1]))
    normal = turn @ np.array([0.0, 0.0, 1.0])
    for side in (1, -1):
        curve = CurveCut(points, point(at + side * 30 * normal))
        assert curve_surface(curve).construction is Construction.PLANE
        plane = PlaneCut(point(np.mean(points, axis=0)), point(side * normal))
        different = cut(liver_in(grid), curve) != cut(liver_in(grid), plane)
        assert different.sum() <= 1


def test_a_curved_surface_goes_through_its_points():
    at = np.array([10.0, -20.0, 30.0])
    curve = CurveCut((*ring(at, [8, -8] * 4), point(at)), point(at + np.array([0, 0, 90])))
    surface = curve_surface(curve)
    assert surface.construction is Construction.SPLINE
    local = (np.array(curve.points_ras_mm) - surface.center_ras_mm) @ surface.axes_ras.T
    assert np.allclose(surface.points_ras_mm(local[:, :2]), curve.points_ras_mm, atol=1e-6)


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_a_curve_removes_the_side_that_was_pointed_at(name):
    grid = ALL_GRIDS[name]
    liver, at = liver_in(grid), middle(grid)
    points = ring(at, [5, -5, 5, -5, 5, -5])
    above = CurveCut(points, point(at + np.array([0, 0, 50])))
    below = CurveCut(points, point(at - (0, 0, 50)))
    surface = curve_surface(above)
    local = (positions(grid) - surface.center_ras_mm) @ surface.axes_ras.T
    over = local[..., 2].ravel() - surface.height_mm(local[..., :2].reshape(-1, 2))
    over = (over if surface.removes_above else -over).reshape(grid.shape_kji)
    left = cut(liver, above)
    # Heights are looked up in a table: voxels nearer to the surface than its error are left out.
    clear = liver.to_array() & (np.abs(over) > 0.15)
    assert (left[clear] == (over < 0)[clear]).all()
    assert clear.sum() > 0.9 * liver.count
    assert (left ^ cut(liver, below) == liver.to_array()).all()


def test_a_point_placed_twice_counts_once():
    liver, at = liver_in(GRIDS["isotropic"]), middle(GRIDS["isotropic"])
    points, removed = ring(at, [5, -5, 5, -5, 5, -5]), point(at + np.array([0, 0, 50]))
    twice = (points[0], *points)
    assert (cut(liver, CurveCut(twice, removed)) == cut(liver, CurveCut(points, removed))).all()


@pytest.mark.parametrize(
    ("points", "removed", "said"),
    [
        ([(0, 0, 0), (1, 1, 1), (5, 5, 5)], (0, 0, 9), "lie on a line"),
        ([(0, 0, 0)] * 4, (0, 0, 9), "lie on a line"),
        ([(0, 0, 0), (9, 9, 0), (9, 0, 0), (0, 9, 0)], (0, 0, 9), "crosses itself.*1 to 2.*3 to 4"),
        ([*SQUARE, (0, 0, 5), (0, 0, -5)], (0, 0, 99), "folds over"),
        ([(0, 0, 0), (9, 0, 0), (0, 9, 0)], (4, 4, 0), "lies on the curve's surface"),
    ],
)
def test_a_curve_that_determines_no_surface_says_why(points, removed, said):
    curve = CurveCut(tuple(map(point, points)), point(removed))
    with pytest.raises(PlanError, match=said):
        cut(liver_in(GRIDS["isotropic"]), curve)


def turned(grid: Grid, mask: Mask, axes, flips) -> Mask:
    """The same voxels in space, in an array with other axes."""
    array = mask.to_array()
    index_of_new = np.zeros((4, 4))
    index_of_new[3, 3] = 1
    for new, old in enumerate(axes):
        sign = -1 if flips[new] else 1
        index_of_new[2 - old, 2 - new] = sign
        index_of_new[2 - old, 3] = grid.shape_kji[old] - 1 if flips[new] else 0
    shape = tuple(grid.shape_kji[a] for a in axes)
    other = Grid(shape, grid.ijk_to_ras @ index_of_new)
    return Mask.from_array(other, np.flip(array.transpose(axes), np.flatnonzero(flips)))


@pytest.mark.parametrize("name", ["anisotropic", "oblique"])
@pytest.mark.parametrize(
    ("axes", "flips"), [((1, 2, 0), (0, 1, 0)), ((2, 1, 0), (1, 1, 1)), ((0, 1, 2), (0, 1, 1))]
)
def test_the_order_of_axes_makes_no_difference(name, axes, flips):
    grid = GRIDS[name]
    liver, at = liver_in(grid), grid.ras_of((7, 20, 18))
    tumor = ball(grid, (7, 14, 15), 3.0)
    # Through voxel centres and along axes, where rounding could decide.
    steps = (
        PlaneCut(point(at), point(grid.ijk_to_ras[:3, 0])),
        WedgeCut("T", 2 * grid.spacing_mm[1]),
        SphereCut(point(at), 3 * grid.spacing_mm[0]),
        Stroke((point(at), point(at - 9 * grid.ijk_to_ras[:3, 1])), 2.2, adds=True),
    )
    here = cut(liver, *steps, tumors={"T": tumor})
    there = cut(
        turned(grid, liver, axes, flips), *steps, tumors={"T": turned(grid, tumor, axes, flips)}
    )
    assert (there == np.flip(here.transpose(axes), np.flatnonzero(flips))).all()
    assert 0 < here.sum() < liver.count
