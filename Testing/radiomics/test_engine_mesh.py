"""Counting cubes and looking at hulls gives what pyradiomics finds by going through the mesh."""

import numpy as np
import pytest

from CRLMExplorerLib.radiomics.engine.mesh import mesh_size
from measure.shapes import ball, blobs, box, grid_of, sprinkle
from radiomics import cShape


def assert_as_pyradiomics(voxels, spacing_kji_mm):
    padded = np.pad(voxels, 1)
    area, volume, diameters = cShape.calculate_coefficients(padded, np.array(spacing_kji_mm))
    size = mesh_size(voxels, spacing_kji_mm)
    assert size.area_mm2 == pytest.approx(area, rel=1e-12)
    assert size.volume_mm3 == pytest.approx(volume, rel=1e-11)
    assert size.diameters_mm == pytest.approx(diameters, rel=1e-12)


def random_spacing(seed):
    return tuple(np.random.default_rng(seed).uniform(0.5, 5, 3).tolist())


@pytest.mark.parametrize("seed", range(20))
def test_any_voxels(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 9, 3)
    voxels = rng.random(shape) < rng.uniform(0.05, 0.95)
    voxels[tuple(n // 2 for n in shape)] = True
    assert_as_pyradiomics(voxels, random_spacing(seed))


@pytest.mark.parametrize("seed", range(6))
def test_solid_shapes(seed):
    assert_as_pyradiomics(blobs(grid_of((9, 16, 18)), seed).voxels, random_spacing(seed))


@pytest.mark.parametrize("seed", range(4))
def test_scattered_voxels(seed):
    scattered = sprinkle(grid_of((7, 20, 22)), seed, density=0.1).voxels
    assert_as_pyradiomics(scattered, random_spacing(seed))


@pytest.mark.parametrize(
    "size",
    [(1, 1, 1), (1, 1, 6), (1, 7, 1), (5, 1, 1), (1, 4, 6), (5, 1, 4), (3, 4, 1), (2, 3, 4)],
    ids=str,
)
def test_lines_and_plates(size):
    assert_as_pyradiomics(np.ones(size, dtype=bool), (5.0, 0.7, 0.8))


def test_a_slanted_line_of_voxels():
    assert_as_pyradiomics(np.eye(6, dtype=bool)[None], (5.0, 0.7, 0.8))
    assert_as_pyradiomics(np.eye(6, dtype=bool)[:, None], (5.0, 0.7, 0.8))


def test_a_cuboid_of_known_measure():
    # The mesh runs half a voxel outside the voxel centres and cuts the edges off.
    size = mesh_size(box(grid_of((9, 9, 9)), (1, 1, 1), (5, 6, 7)).voxels, (1.0, 1.0, 1.0))
    edges = 4 * (4 + 5 + 6)
    faces = 2 * (4 * 5 + 4 * 6 + 5 * 6)
    corners = 8 * np.sqrt(3) / 8
    assert size.area_mm2 == pytest.approx(faces + edges * np.sqrt(0.5) + corners)
    assert size.volume_mm3 == pytest.approx(4 * 5 * 6 + faces / 2 + edges / 8 + 8 / 48)
    assert size.diameters_mm[0] == pytest.approx(np.hypot(5, 7))


def test_a_large_ball_has_the_measures_of_a_ball():
    voxels = ball(grid_of((45, 45, 45)), (22.3, 22.1, 22.4), 20.0).voxels
    size = mesh_size(voxels, (1.0, 1.0, 1.0))
    assert size.volume_mm3 == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.01)
    assert size.diameters_mm == pytest.approx([40] * 4, abs=1)


def test_where_the_voxels_lie_in_the_array_does_not_matter():
    voxels = blobs(grid_of((9, 16, 18)), 3).voxels
    moved = np.pad(voxels, ((30, 2), (0, 40), (17, 0)))
    here, there = (mesh_size(v, (5.0, 0.7, 0.8)) for v in (voxels, moved))
    assert there.volume_mm3 == pytest.approx(here.volume_mm3, rel=1e-11)
    assert there.area_mm2 == here.area_mm2
    assert there.diameters_mm == pytest.approx(here.diameters_mm)
