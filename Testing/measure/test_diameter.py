import math

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.distance import pdist
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkMarchingCubes

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.measure.diameter import (
    longest_3d_mm,
    longest_axial_mm,
    longest_distance,
)
from CRLMExplorerLib.measure.runs import Runs
from measure.shapes import CT_SPACING_MM, ball, blobs, box, grid_of, rotation, sprinkle, voxels


def axial(mask: Mask) -> float:
    return longest_axial_mm(Runs.of(mask))


def in_3d(mask: Mask) -> float:
    return longest_3d_mm(Runs.of(mask))


def mesh_vertices_kji(mask: Mask) -> np.ndarray:
    """Vertices of the mesh halfway between inside and outside, from VTK's marching cubes."""
    padded = np.pad(mask.voxels, 1).astype(np.uint8)
    image = vtkImageData()
    image.SetDimensions(padded.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(), deep=True))
    cubes = vtkMarchingCubes()
    cubes.SetInputData(image)
    cubes.SetValue(0, 0.5)
    cubes.Update()
    ijk = vtk_to_numpy(cubes.GetOutput().GetPoints().GetData()).astype(float)
    return np.unique(ijk[:, ::-1], axis=0) + mask.start_kji - 1


@pytest.mark.parametrize("length", [1, 2, 7])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_row_of_voxels_is_as_long_as_its_spacings(axis, length):
    grid = grid_of((9, 9, 9), (0.7, 0.9, 0.8))
    size = [1, 1, 1]
    size[axis] = length
    extents = np.multiply(size, grid.spacing_kji_mm)
    mask = box(grid, (1, 1, 1), size)
    assert in_3d(mask) == pytest.approx(extents.max())
    assert axial(mask) == pytest.approx(extents[1:].max())


def test_a_slab_reaches_from_face_to_face():
    # From the left face of one corner voxel to the right face of the opposite one.
    mask = box(grid_of((5, 60, 60)), (2, 3, 4), (1, 30, 40))
    assert axial(mask) == pytest.approx(math.hypot(40, 29))
    assert in_3d(mask) == pytest.approx(math.hypot(40, 29))


def test_a_cuboid_with_thick_slices():
    mask = box(grid_of((12, 40, 40), CT_SPACING_MM), (1, 1, 1), (8, 20, 10))
    assert axial(mask) == pytest.approx(math.hypot(20 * 0.8, 9 * 0.8))
    assert in_3d(mask) == pytest.approx(math.hypot(8 * 5.0, 19 * 0.8, 9 * 0.8))


@pytest.mark.parametrize("diameter_mm", [10.0, 20.0, 50.0])
@pytest.mark.parametrize("spacing_mm", [(0.8, 0.8, 0.8), (0.7, 0.7, 1.0)])
def test_a_sphere_is_measured_to_a_voxel(diameter_mm, spacing_mm):
    size = int(diameter_mm / min(spacing_mm)) + 7
    grid = grid_of((size, size, size), spacing_mm)
    mask = ball(grid, np.full(3, size / 2) + 0.2, diameter_mm / 2)
    assert in_3d(mask) == pytest.approx(diameter_mm, abs=max(spacing_mm))
    assert axial(mask) == pytest.approx(diameter_mm, abs=spacing_mm[0])


def test_the_axial_diameter_stays_within_a_slice():
    grid = grid_of((5, 30, 30))
    stairs = box(grid, (0, 0, 0), (1, 1, 6)) | box(grid, (3, 20, 10), (1, 1, 9))
    assert axial(stairs) == pytest.approx(9.0)
    assert in_3d(stairs) > 20


def test_the_longest_slice_counts_though_another_has_the_larger_box():
    grid = grid_of((3, 60, 60))
    cross = box(grid, (0, 25, 0), (1, 1, 50)) | box(grid, (0, 0, 25), (1, 50, 1))
    slanted = voxels(grid, *[(2, n, n) for n in range(40)])
    assert axial(cross | slanted) == pytest.approx(math.hypot(40, 39))


@pytest.mark.parametrize("seed", range(8))
def test_diameters_are_those_of_the_mesh_vertices(seed):
    grid = grid_of((9, 16, 18), np.random.default_rng(seed).uniform(0.6, 5, 3), rotation(seed))
    mask = blobs(grid, seed)
    vertices = mesh_vertices_kji(mask)
    assert in_3d(mask) == pytest.approx(pdist(grid.ras_of(vertices)).max())
    slices = [vertices[vertices[:, 0] == k] for k in range(9)]
    expected = max(pdist(grid.ras_of(s)).max() for s in slices if len(s))
    assert axial(mask) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_a_sheared_grid_is_measured_in_millimetres(seed):
    # Gantry tilt: slices shift along the rows.
    matrix = np.array([[0.8, 0, 0, 3], [0, 0.8, 1.7, -9], [0, 0, 4.7, 20], [0, 0, 0, 1.0]])
    mask = blobs(Grid((9, 16, 18), matrix), seed)
    assert in_3d(mask) == pytest.approx(pdist(mask.grid.ras_of(mesh_vertices_kji(mask))).max())


@pytest.mark.parametrize("seed", range(6))
def test_the_3d_diameter_lies_within_a_voxel_above_itk_feret_diameter(seed):
    # ITK measures from centre to centre.
    grid = grid_of((9, 16, 18), (0.8, 0.9, 2.5))
    mask = blobs(grid, seed)
    image = sitk.GetImageFromArray(mask.to_array().astype("u1"))
    image.SetSpacing(grid.spacing_mm)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputeFeretDiameterOn()
    shapes.Execute(image)
    feret = shapes.GetFeretDiameter(1)
    assert feret < in_3d(mask) <= feret + max(grid.spacing_mm)


def test_direction_and_place_of_the_grid_do_not_matter():
    straight = grid_of((9, 16, 18), (0.8, 0.8, 5.0))
    turned = grid_of((9, 16, 18), (0.8, 0.8, 5.0), rotation(7), (100.0, -50.0, 900.0))
    one = blobs(straight, 5)
    other = Mask(turned, one.start_kji, one.voxels)
    assert axial(other) == pytest.approx(axial(one))
    assert in_3d(other) == pytest.approx(in_3d(one))


def test_a_hull_of_thousands_of_corners_is_searched_to_the_last():
    # Only the two tips, first and last of the points, are so far apart.
    points = np.random.default_rng(0).normal(size=(3000, 3))
    sphere = 10 * points / np.linalg.norm(points, axis=1, keepdims=True)
    tips = np.array([[0, 0, 12.0], [0, 0, -12.0]])
    assert longest_distance(np.vstack([tips[:1], sphere, tips[1:]])) == pytest.approx(24)


def test_scattered_voxels_reach_across_the_gaps():
    mask = sprinkle(grid_of((6, 20, 20)), seed=2, density=0.05)
    assert in_3d(mask) == pytest.approx(pdist(mesh_vertices_kji(mask)).max())
