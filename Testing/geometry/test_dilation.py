import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.geometry.dilation import dilated, eroded
from measure.shapes import rotation

SHAPE = (14, 30, 26)
SPACING_KJI_MM = (3.0, 0.9, 1.1)


def grid_along(axes: np.ndarray) -> Grid:
    """A grid whose columns, rows and slices lie along the columns of a matrix."""
    affine = np.eye(4)
    affine[:3, :3] = axes @ np.diag(SPACING_KJI_MM[::-1])
    affine[:3, 3] = (5.0, -6.0, 700.0)
    return Grid(SHAPE, affine)


def askew() -> np.ndarray:
    """Slices stacked askew both ways, as with a tilted gantry."""
    axes = np.eye(3)
    axes[1, 2], axes[0, 2] = 0.4, -0.2
    return axes


GRIDS = {
    "straight": grid_along(np.eye(3)),
    "prone": grid_along(np.diag([-1.0, -1.0, 1.0])),
    "oblique": grid_along(rotation(3)),
    "askew": grid_along(askew()),
}


@pytest.fixture(params=GRIDS)
def grid(request):
    return GRIDS[request.param]


def speckled(grid: Grid, seed: int, density: float) -> Mask:
    return Mask.from_array(grid, np.random.default_rng(seed).random(SHAPE) < density)


def lump(grid: Grid) -> Mask:
    """A solid shape that touches the grid's edge, with a hole and a notch."""
    array = np.zeros(SHAPE, dtype=bool)
    array[0:9, 5:24, 4:20] = True
    array[4, 12, 10] = False
    array[2:7, 14:24, 11:13] = False
    return Mask.from_array(grid, array)


def distance_mm(grid: Grid, inside: np.ndarray) -> np.ndarray:
    """Distance of every voxel's centre from the nearest centre inside, by brute force."""
    points = grid.ras_of(np.argwhere(inside))
    everywhere = grid.ras_of(np.moveaxis(np.indices(SHAPE), 0, -1))
    return cKDTree(points).query(everywhere)[0]


@pytest.mark.parametrize("radius_mm", [0.5, 0.9, 3.0, 4.4, 11.0])
@pytest.mark.parametrize("shape", [lump, lambda grid: speckled(grid, 1, 0.01)])
def test_every_voxel_within_the_distance_is_reached_and_no_other(grid, shape, radius_mm):
    mask = shape(grid)
    expected = distance_mm(grid, mask.to_array()) <= radius_mm + 1e-6
    assert np.array_equal(dilated(mask, radius_mm).to_array(), expected)


@pytest.mark.parametrize("radius_mm", [0.5, 0.9, 3.0, 4.4])
@pytest.mark.parametrize("shape", [lump, lambda grid: speckled(grid, 2, 0.97)])
def test_every_voxel_further_inside_than_the_distance_is_left(grid, shape, radius_mm):
    mask = shape(grid)
    inside = mask.to_array()
    expected = inside & (distance_mm(grid, ~inside) > radius_mm + 1e-6)
    assert np.array_equal(eroded(mask, radius_mm).to_array(), expected)


@pytest.mark.parametrize("radius_mm", [0.9, 4.5, 9.0])
def test_on_a_straight_grid_it_is_the_euclidean_distance_transform(radius_mm):
    mask = lump(GRIDS["straight"])
    inside = mask.to_array()
    outside_mm = distance_transform_edt(~inside, sampling=SPACING_KJI_MM)
    inside_mm = distance_transform_edt(inside, sampling=SPACING_KJI_MM)
    assert np.array_equal(dilated(mask, radius_mm).to_array(), outside_mm <= radius_mm + 1e-6)
    assert np.array_equal(eroded(mask, radius_mm).to_array(), inside_mm > radius_mm + 1e-6)


def test_one_voxel_becomes_the_ball():
    grid = Grid((41, 41, 41), np.diag([1.0, 1.0, 1.0, 1.0]))
    array = np.zeros(grid.shape_kji, dtype=bool)
    array[20, 20, 20] = True
    ball = dilated(Mask.from_array(grid, array), 5.0)
    assert ball.count == 515  # lattice points within 5 of the origin
    assert ball.start_kji == (15, 15, 15)
    assert eroded(ball, 5.0).count == 1


def test_a_distance_that_is_a_whole_number_of_voxels_includes_the_last_one():
    grid = Grid((3, 3, 60), np.diag([0.7, 0.7, 5.0, 1.0]))
    array = np.zeros(grid.shape_kji, dtype=bool)
    array[1, 1, 30] = True
    assert dilated(Mask.from_array(grid, array), 2.1).voxels.shape[2] == 7


def test_nothing_stays_nothing(grid):
    assert dilated(Mask.empty(grid), 5.0).is_empty
    assert eroded(Mask.empty(grid), 5.0).is_empty
    assert eroded(speckled(grid, 1, 0.05), 5.0).is_empty


def test_the_whole_grid_cannot_be_eroded_from_beyond_its_edge(grid):
    whole = Mask.from_array(grid, np.ones(SHAPE))
    assert eroded(whole, 4.0).count == whole.count
