"""Margins against shapes whose margin is known, and against scipy's distance transform."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, distance_transform_edt
from scipy.spatial.distance import cdist

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.resection import PlaneCut, SphereCut, TumorStatus, WedgeCut
from measure.shapes import ball, box, grid_of, rotation, sprinkle, voxels
from resection.livers import (
    GRIDS,
    PRONE,
    SAGITTAL,
    block,
    point,
    positions,
    resection_of,
    tilted,
)

CT_SPACING_MM = (0.8, 0.8, 5.0)
CT_SHAPE = (16, 90, 90)

CTS = {
    "isotropic": grid_of((60, 60, 60)),
    "finer": grid_of((26, 90, 90), (0.7, 0.7, 2.5)),
    "anisotropic": grid_of(CT_SHAPE, CT_SPACING_MM),
    "prone": grid_of(CT_SHAPE, CT_SPACING_MM, PRONE),
    "sagittal": grid_of(CT_SHAPE, CT_SPACING_MM, SAGITTAL),
    "oblique": grid_of(CT_SHAPE, CT_SPACING_MM, rotation(5)),
    "tilted": tilted(),
}


def half_diagonal(grid: Grid) -> float:
    return float(np.linalg.norm(grid.spacing_mm)) / 2


def margin_of(liver: Mask, tumor: Mask, *steps, released: Mask | None = None):
    resection = resection_of(liver, {"T": tumor}, released)
    plan = resection.new_plan("liver" if released is None else "released")
    for step in steps:
        plan = plan.then(step)
    (margin,) = resection.figures(plan).margins
    return margin


def sphere_and_plane(grid: Grid, rng: np.random.Generator, normal):
    """A random tumour, a plane to cut along, and the margin between sphere and plane."""
    radius, margin = rng.uniform(3.0, 7.0), rng.uniform(-12.0, 9.0)
    center = np.array(grid.shape_kji) / 2 + rng.uniform(-0.5, 0.5, 3)
    unit = np.array(normal) / np.linalg.norm(normal)
    at = grid.ras_of(center) - (radius + margin) * unit
    return ball(grid, center, radius), PlaneCut(point(at), point(unit)), margin


@pytest.mark.parametrize("is_parallel", [True, False], ids=["parallel", "tilted"])
@pytest.mark.parametrize("name", CTS)
def test_every_sphere_is_within_half_a_voxel_diagonal_of_its_margin(name, is_parallel):
    grid = CTS[name]
    rng = np.random.default_rng(17)
    across = np.linalg.inv(grid.ijk_to_ras[:3, :3])
    seen = set()
    for _ in range(30):
        along = across[rng.integers(3)] * rng.choice([-1, 1])
        normal = along if is_parallel else rng.normal(size=3)
        tumor, plane, margin = sphere_and_plane(grid, rng, normal)
        found = margin_of(block(grid), tumor, plane)
        assert found.margin_mm == pytest.approx(margin, abs=half_diagonal(grid))
        seen.add(found.status)
    assert seen == set(TumorStatus)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.99])
def test_a_slab_beside_a_plane_reads_the_very_distance(axis, share):
    grid = CTS["anisotropic"]
    spacing = grid.spacing_kji_mm[axis]
    size = np.array([14, 88, 88])
    size[axis] = 3
    start = np.array([1, 1, 1])
    start[axis] = 8
    at = np.array([8.0, 45.0, 45.0])
    at[axis] = 5 + share
    normal = -grid.ijk_to_ras[:3, 2 - axis]
    cut = PlaneCut(point(grid.ras_of(at)), point(-normal))
    found = margin_of(block(grid), box(grid, start, size), cut)
    assert found.margin_mm == pytest.approx((7.5 - at[axis]) * spacing, abs=1e-5)


@pytest.mark.parametrize("name", CTS)
def test_a_cylinder_beside_planes(name):
    grid = CTS[name]
    axis, aside, _ = rotation(8).T
    center = np.array(grid.shape_kji) / 2
    offset = positions(grid) - grid.ras_of(center)
    away = np.linalg.norm(offset - (offset @ axis)[..., None] * axis, axis=-1)
    tumor = Mask.from_array(grid, (away <= 4.6) & (np.abs(offset @ axis) < 9.0))
    for normal, reach in ((axis, 9.0), (aside, 4.6)):
        at = grid.ras_of(center) - (reach + 5.0) * normal
        found = margin_of(block(grid), tumor, PlaneCut(point(at), point(normal)))
        assert found.margin_mm == pytest.approx(5.0, abs=half_diagonal(grid))


@pytest.mark.parametrize("name", CTS)
def test_what_is_known_by_voxels_alone_is_within_a_whole_diagonal(name):
    # A released remnant has no plan: its surface, too, is known within half a voxel only.
    grid = CTS[name]
    axis = rotation(8)[:, 0]
    center = np.array(grid.shape_kji) / 2
    offset = positions(grid) - grid.ras_of(center)
    away = np.linalg.norm(offset - (offset @ axis)[..., None] * axis, axis=-1)
    tumor = Mask.from_array(grid, (away <= 2.6) & (np.abs(offset @ axis) < 5.0))
    released = Mask.from_array(grid, block(grid).to_array() & (away > 7.1))
    found = margin_of(block(grid), tumor, released=released)
    assert found.margin_mm == pytest.approx(4.5, abs=2 * half_diagonal(grid))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("gap", [0, 1, 4])
def test_a_slab_between_tumour_and_remnant(axis, gap):
    grid = grid_of((20, 20, 20), CT_SPACING_MM)
    size, start = np.array([18, 18, 18]), np.array([1, 1, 1])
    tumor_start, remnant_start = np.array([8, 8, 8]), start.copy()
    remnant_start[axis] = 10 + gap
    size[axis] = 19 - remnant_start[axis]
    tumor, released = box(grid, tumor_start, (2, 2, 2)), box(grid, remnant_start, size)
    found = margin_of(block(grid), tumor, released=released)
    assert found.margin_mm == pytest.approx(gap * grid.spacing_kji_mm[axis])


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("flipped", [(), (0,), (1, 2)])
def test_the_order_and_direction_of_the_axes_do_not_matter(order, flipped):
    grid = grid_of((16, 40, 44), (0.9, 1.1, 3.0), rotation(6))
    rng = np.random.default_rng(4)
    for _ in range(6):
        tumor, plane, _ = sphere_and_plane(grid, rng, rng.normal(size=3))
        expected = margin_of(block(grid), tumor, plane, WedgeCut("T", 2.0))
        turned = turn(tumor, order, flipped)
        found = margin_of(block(turned.grid), turned, plane, WedgeCut("T", 2.0))
        assert found.status is expected.status
        assert found.margin_mm == pytest.approx(expected.margin_mm, abs=1e-6)


def turn(mask: Mask, order: tuple[int, int, int], flipped: tuple[int, ...]) -> Mask:
    """The same voxels in space, stored along other axes."""
    array = np.flip(mask.to_array().transpose(order), flipped)
    matrix = mask.grid.ijk_to_ras.copy()
    steps = matrix[:3, 2::-1].T[list(order)]
    for axis in flipped:
        matrix[:3, 3] += (array.shape[axis] - 1) * steps[axis]
        steps[axis] *= -1
    matrix[:3, 2::-1] = steps.T
    return Mask.from_array(Grid(array.shape, matrix), array)


@pytest.mark.parametrize("name", CTS)
def test_a_patient_who_lies_elsewhere_has_the_same_margins(name):
    grid = CTS[name]
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = rotation(12), (310.0, -80.0, 1200.0)
    elsewhere = Grid(grid.shape_kji, move @ grid.ijk_to_ras)
    rng = np.random.default_rng(3)
    for _ in range(4):
        tumor, plane, _ = sphere_and_plane(grid, rng, rng.normal(size=3))
        moved = PlaneCut(
            point((move @ [*plane.point_ras_mm, 1.0])[:3]), point(move[:3, :3] @ plane.normal_ras)
        )
        found = margin_of(block(elsewhere), Mask.from_array(elsewhere, tumor.to_array()), moved)
        expected = margin_of(block(grid), tumor, plane)
        assert found.status is expected.status
        assert found.margin_mm == pytest.approx(expected.margin_mm, abs=1e-6)


def test_a_tumour_whose_edge_reaches_over_the_cut_is_negative_within_the_specimen():
    grid = CTS["anisotropic"]
    tumor = box(grid, (6, 40, 40), (3, 8, 8))
    at = grid.ras_of((5.8, 44, 44))
    found = margin_of(block(grid), tumor, PlaneCut(point(at), (0.0, 0.0, 1.0)))
    assert found.status is TumorStatus.SPECIMEN
    assert found.margin_mm == pytest.approx(-(0.5 - 0.2) * 5.0, abs=1e-5)


@pytest.mark.parametrize("name", CTS)
def test_a_wedge_gives_its_margin(name):
    grid = CTS[name]
    rng = np.random.default_rng(2)
    for margin in (*rng.uniform(0.0, 10.0, 8), 10.0):
        tumor = ball(grid, np.array(grid.shape_kji) / 2 + rng.uniform(-0.5, 0.5, 3), 4.0)
        found = margin_of(block(grid), tumor, WedgeCut("T", margin))
        assert found.status is TumorStatus.SPECIMEN
        assert margin - half_diagonal(grid) <= found.margin_mm <= margin + 1e-5


@pytest.mark.parametrize("name", CTS)
def test_a_wedge_without_a_margin_reads_none(name):
    grid = CTS[name]
    tumor = ball(grid, np.array(grid.shape_kji) / 2, 7.0)
    found = margin_of(block(grid), tumor, WedgeCut("T", 0.0))
    assert found.status is TumorStatus.SPECIMEN
    assert found.margin_mm == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", CTS)
def test_a_sphere_around_a_tumour_leaves_what_it_is_wider(name):
    grid = CTS[name]
    center = np.array(grid.shape_kji) / 2 + 0.2
    at = point(grid.ras_of(center))
    found = margin_of(block(grid), ball(grid, center, 5.0), SphereCut(at, 11.0))
    assert found.margin_mm == pytest.approx(6.0, abs=half_diagonal(grid))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["isotropic", "anisotropic", "oblique", "tilted"])
def test_margins_equal_every_distance_written_out(name, seed):
    grid = {**GRIDS, "tilted": tilted()}[name]
    rng = np.random.default_rng(seed)
    tumor = ball(grid, rng.uniform(0.3, 0.7, 3) * grid.shape_kji, rng.uniform(2.0, 6.0))
    if seed % 3 == 0:
        tumor = tumor & sprinkle(grid, seed, 0.5)
    at, normal = grid.ras_of(rng.uniform(0.25, 0.75, 3) * grid.shape_kji), rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    found = margin_of(block(grid), tumor, PlaneCut(point(at), point(normal)))
    inside = tumor.to_array()
    surface = np.concatenate([(a + b) / 2 for a, b in neighbors(grid, inside, ~inside)])
    liver = block(grid).to_array()
    goes = liver & ((positions(grid) - at) @ normal > 0)
    crossings = []
    for a, b in neighbors(grid, goes, liver & ~goes):
        depth, kept = (a - at) @ normal, (b - at) @ normal
        crossings.append(a + (depth / (depth - kept))[:, None] * (b - a))
    distances = cdist(surface, np.concatenate(crossings)).min(axis=1)
    beyond = (surface - at) @ normal < 0
    expected = -distances[beyond].max() if beyond.any() else distances.min()
    assert found.margin_mm == pytest.approx(expected, abs=1e-5)


def neighbors(grid: Grid, one: np.ndarray, other: np.ndarray):
    """Centres of the voxels of the one set, and those of their neighbours in the other."""
    where = positions(grid)
    for axis in range(3):
        ahead, behind = (
            tuple(s if a == axis else slice(None) for a in range(3))
            for s in (slice(1, None), slice(None, -1))
        )
        for here, there in ((ahead, behind), (behind, ahead)):
            both = one[here] & other[there]
            yield where[here][both], where[there][both]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", GRIDS)
def test_margins_lie_between_scipys_distances_on_both_sides_of_the_cut(name, seed):
    grid = GRIDS[name]
    rng = np.random.default_rng(seed)
    tumor = ball(grid, rng.uniform(0.35, 0.65, 3) * grid.shape_kji, 2.5)
    resection = resection_of(block(grid), {"T": tumor})
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    at = grid.ras_of(np.array(grid.shape_kji) / 2) - 9 * normal
    plan = resection.new_plan("liver").then(PlaneCut(point(at), point(normal)))
    (found,) = resection.figures(plan).margins
    flr = resection.flr(plan).to_array()
    distance = distance_transform_edt(~tumor.to_array(), sampling=grid.spacing_kji_mm)
    taken = binary_dilation(flr) & block(grid).to_array() & ~flr
    assert distance[taken].min() - half_diagonal(grid) <= found.margin_mm <= distance[flr].min()


def test_the_livers_own_surface_is_no_transection():
    grid = GRIDS["isotropic"]
    tumor = box(grid, (1, 10, 10), (2, 2, 2))
    found = margin_of(block(grid), tumor, PlaneCut((0.0, 25.0, 0.0), (0.0, -1.0, 0.0)))
    assert found.margin_mm == pytest.approx(25.0 - 11.5, abs=1e-5)


def test_without_a_transection_there_is_no_margin():
    grid = GRIDS["isotropic"]
    tumor = ball(grid, (15, 15, 15), 3.0)
    kept = margin_of(block(grid), tumor)
    gone = margin_of(block(grid), tumor, PlaneCut((-99.0, 0.0, 0.0), (1.0, 0.0, 0.0)))
    assert (kept.status, kept.margin_mm) == (TumorStatus.REMNANT, None)
    assert (gone.status, gone.margin_mm) == (TumorStatus.SPECIMEN, None)


def test_a_tumour_outside_the_liver_is_not_taken_out():
    grid = grid_of((10, 10, 30))
    liver, tumor = box(grid, (1, 1, 1), (8, 8, 10)), box(grid, (4, 4, 20), (2, 2, 2))
    found = margin_of(liver, tumor, PlaneCut((5.2, 0.0, 0.0), (1.0, 0.0, 0.0)))
    assert found.status is TumorStatus.REMNANT
    assert found.margin_mm < 0


def test_a_tumour_partly_outside_the_liver_counts_by_what_is_inside():
    grid = grid_of((10, 10, 30))
    liver, tumor = box(grid, (1, 1, 1), (8, 8, 10)), box(grid, (4, 4, 9), (2, 2, 6))
    found = margin_of(liver, tumor, PlaneCut((5.5, 0.0, 0.0), (1.0, 0.0, 0.0)))
    assert found.status is TumorStatus.SPECIMEN
    assert found.margin_mm == pytest.approx(8.5 - 5.5, abs=1e-5)


def test_one_voxel_of_a_tumour_in_the_remnant_is_a_cut_tumour():
    grid = GRIDS["isotropic"]
    tumor = box(grid, (10, 10, 10), (3, 3, 3))
    released = box(grid, (1, 1, 1), (28, 30, 9)) | voxels(grid, (10, 10, 10))
    found = margin_of(block(grid), tumor, released=released)
    assert found.status is TumorStatus.CUT
    assert found.margin_mm == pytest.approx(-np.sqrt(0.5))
