"""Margins against shapes whose margin is known, and against scipy's distance transform."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.spatial.distance import cdist

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.resection import PlaneCut, TumorStatus, WedgeCut
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
    "anisotropic": grid_of(CT_SHAPE, CT_SPACING_MM),
    "prone": grid_of(CT_SHAPE, CT_SPACING_MM, PRONE),
    "sagittal": grid_of(CT_SHAPE, CT_SPACING_MM, SAGITTAL),
    "oblique": grid_of(CT_SHAPE, CT_SPACING_MM, rotation(5)),
    "tilted": tilted(),
}
TILTS = [(1.0, 0.6, 0.3), (0.4, -0.5, 1.0), (-0.7, 0.7, 0.2)]


def half_diagonal(grid: Grid) -> float:
    return float(np.linalg.norm(grid.spacing_mm)) / 2


def margin_of(liver: Mask, tumor: Mask, *steps, released: Mask | None = None):
    resection = resection_of(liver, {"T": tumor}, released)
    plan = resection.new_plan("liver" if released is None else "released")
    for step in steps:
        plan = plan.then(step)
    (margin,) = resection.figures(plan).margins
    return margin


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("name", CTS)
def test_a_sphere_beside_a_plane(name, tilt):
    grid = CTS[name]
    normal = np.array(tilt) / np.linalg.norm(tilt)
    center = np.array(grid.shape_kji) / 2
    radius, margin = 4.2, 5.3
    at = grid.ras_of(center) - (radius + margin) * normal
    found = margin_of(block(grid), ball(grid, center, radius), PlaneCut(point(at), point(normal)))
    assert found.status is TumorStatus.SPECIMEN
    assert found.margin_mm == pytest.approx(margin, abs=half_diagonal(grid))


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("name", CTS)
def test_a_sphere_cut_by_a_plane_is_negative_by_its_depth(name, tilt):
    grid = CTS[name]
    normal = np.array(tilt) / np.linalg.norm(tilt)
    center = np.array(grid.shape_kji) / 2
    at = grid.ras_of(center) - 1.4 * normal
    found = margin_of(block(grid), ball(grid, center, 5.5), PlaneCut(point(at), point(normal)))
    assert found.status is TumorStatus.CUT
    assert found.margin_mm == pytest.approx(1.4 - 5.5, abs=half_diagonal(grid))


@pytest.mark.parametrize("name", CTS)
def test_a_sphere_in_the_remnant_is_negative_by_its_farthest_point(name):
    grid = CTS[name]
    normal = np.array(TILTS[0]) / np.linalg.norm(TILTS[0])
    center = np.array(grid.shape_kji) / 2
    at = grid.ras_of(center) + 6.0 * normal
    found = margin_of(block(grid), ball(grid, center, 4.0), PlaneCut(point(at), point(normal)))
    assert found.status is TumorStatus.REMNANT
    assert found.margin_mm == pytest.approx(-10.0, abs=half_diagonal(grid))


@pytest.mark.parametrize("name", CTS)
def test_a_cylinder_around_a_tumour(name):
    grid = CTS[name]
    axis = rotation(8)[:, 0]
    center = np.array(grid.shape_kji) / 2
    offset = positions(grid) - grid.ras_of(center)
    across = offset - (offset @ axis)[..., None] * axis
    away = np.linalg.norm(across, axis=-1)
    tumor = Mask.from_array(grid, (away <= 2.6) & (np.abs(offset @ axis) < 5.0))
    released = Mask.from_array(grid, block(grid).to_array() & (away > 7.1))
    found = margin_of(block(grid), tumor, released=released)
    assert found.margin_mm == pytest.approx(4.5, abs=half_diagonal(grid))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("gap", [0, 1, 4])
def test_a_slab_between_tumour_and_remnant(axis, gap):
    # Surfaces at voxels' edges: what is known is the gap of whole voxels.
    grid = grid_of((20, 20, 20), CT_SPACING_MM)
    size, start = np.array([18, 18, 18]), np.array([1, 1, 1])
    tumor_start, remnant_start = np.array([8, 8, 8]), start.copy()
    remnant_start[axis] = 10 + gap
    size[axis] = 19 - remnant_start[axis]
    tumor, released = box(grid, tumor_start, (2, 2, 2)), box(grid, remnant_start, size)
    found = margin_of(block(grid), tumor, released=released)
    known = gap * grid.spacing_kji_mm[axis]
    assert found.margin_mm == pytest.approx(known + grid.spacing_kji_mm[axis] / 2)
    assert abs(found.margin_mm - known) <= half_diagonal(grid)


@pytest.mark.parametrize("name", GRIDS)
def test_a_wedge_gives_its_margin(name):
    grid = GRIDS[name]
    tumor = ball(grid, np.array(grid.shape_kji) / 2, 3.0)
    found = margin_of(block(grid), tumor, WedgeCut("T", 6.0))
    assert found.status is TumorStatus.SPECIMEN
    assert found.margin_mm == pytest.approx(6.0, abs=half_diagonal(grid))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["isotropic", "anisotropic", "oblique", "tilted"])
def test_margins_equal_every_distance_written_out(name, seed):
    grid = {**GRIDS, "tilted": tilted()}[name]
    rng = np.random.default_rng(seed)
    liver = block(grid)
    tumor = ball(grid, rng.uniform(0.3, 0.7, 3) * grid.shape_kji, rng.uniform(2.0, 6.0))
    if seed % 3 == 0:
        tumor = tumor & sprinkle(grid, seed, 0.5)
    at = grid.ras_of(rng.uniform(0.25, 0.75, 3) * grid.shape_kji)
    resection = resection_of(liver, {"T": tumor})
    plan = resection.new_plan("liver").then(PlaneCut(point(at), point(rng.normal(size=3))))
    (found,) = resection.figures(plan).margins
    flr = resection.flr(plan).to_array()
    faces = all_faces(grid, liver.to_array(), flr)
    inside = tumor.to_array() & flr
    if inside.any():
        expected = -cdist(positions(grid)[inside], faces).min(axis=1).max()
    else:
        expected = cdist(positions(grid)[tumor.to_array()], faces).min()
    assert found.margin_mm == pytest.approx(expected, abs=1e-9)


def all_faces(grid: Grid, liver: np.ndarray, flr: np.ndarray) -> np.ndarray:
    """Midpoints between neighbours of which one is specimen and one is remnant."""
    where, faces = positions(grid), []
    for axis in range(3):
        ahead, behind = (
            tuple(s if a == axis else slice(None) for a in range(3))
            for s in (slice(1, None), slice(None, -1))
        )
        border = liver[ahead] & liver[behind] & (flr[ahead] != flr[behind])
        faces.append(((where[ahead] + where[behind]) / 2)[border])
    return np.concatenate(faces)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", GRIDS)
def test_margins_are_scipys_distance_within_half_a_voxel(name, seed):
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
    least = distance[flr].min()
    assert least - half_diagonal(grid) <= found.margin_mm <= least


def test_the_livers_own_surface_is_no_transection():
    grid = GRIDS["isotropic"]
    tumor = box(grid, (1, 10, 10), (2, 2, 2))
    found = margin_of(block(grid), tumor, PlaneCut((0.0, 25.0, 0.0), (0.0, -1.0, 0.0)))
    assert found.margin_mm == pytest.approx(24.5 - 11 + 0.0, abs=1.0)


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
    assert found.margin_mm == pytest.approx(3.5)


def test_one_voxel_of_a_tumour_in_the_remnant_is_a_cut_tumour():
    grid = GRIDS["isotropic"]
    tumor = box(grid, (10, 10, 10), (3, 3, 3))
    released = box(grid, (1, 1, 1), (28, 30, 9)) | voxels(grid, (10, 10, 10))
    found = margin_of(block(grid), tumor, released=released)
    assert found.status is TumorStatus.CUT
    assert found.margin_mm == pytest.approx(-0.5)
