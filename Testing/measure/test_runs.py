import numpy as np
import pytest
import SimpleITK as sitk

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure.runs import Runs
from measure.shapes import ball, blobs, box, grid_of, rotation, sprinkle, voxels


def drawn(runs: Runs) -> np.ndarray:
    array = np.zeros(runs.grid.shape_kji, dtype=bool)
    for k, j, first, last in zip(runs.k, runs.j, runs.first, runs.last, strict=True):
        assert not array[k, j, first : last + 1].any()
        array[k, j, first : last + 1] = True
    return array


def part_sizes(mask: Mask) -> list[int]:
    return Runs.of(mask).parts()[1].tolist()


@pytest.mark.parametrize("density", [0.02, 0.3, 0.7, 1.0])
def test_runs_cover_the_mask_once(density):
    mask = sprinkle(grid_of((6, 9, 11)), seed=1, density=density)
    runs = Runs.of(mask)
    assert np.array_equal(drawn(runs), mask.to_array())
    assert runs.lengths.sum() == mask.count


def test_a_row_is_one_run_and_a_gap_makes_two():
    grid = grid_of((3, 4, 9))
    assert len(Runs.of(box(grid, (1, 2, 3), (1, 1, 6))).k) == 1
    assert len(Runs.of(voxels(grid, (1, 2, 3), (1, 2, 5))).k) == 2


def test_neighbouring_rows_that_fill_the_box_are_separate_runs():
    runs = Runs.of(box(grid_of((2, 3, 4)), (0, 0, 0), (2, 3, 4)))
    assert runs.k.tolist() == [0, 0, 0, 1, 1, 1]
    assert runs.j.tolist() == [0, 1, 2, 0, 1, 2]
    assert set(runs.first) == {0}
    assert set(runs.last) == {3}


def test_an_empty_mask_has_no_runs_and_no_parts():
    runs = Runs.of(Mask.empty(grid_of((3, 3, 3))))
    assert len(runs.k) == 0
    assert part_sizes(Mask.empty(runs.grid)) == []
    with pytest.raises(ValueError, match="empty mask"):
        runs.central_voxel_ras_mm()


@pytest.mark.parametrize(
    "step", [s for s in np.ndindex(3, 3, 3) if s != (1, 1, 1)], ids=lambda s: str(s)
)
def test_each_of_the_26_neighbours_is_connected(step):
    grid = grid_of((5, 5, 5))
    assert part_sizes(voxels(grid, (2, 2, 2), np.add(step, 1))) == [2]


@pytest.mark.parametrize("gap", [(2, 0, 0), (0, 2, 0), (0, 0, 2), (2, 1, 1), (1, 2, 0), (1, 1, 2)])
def test_two_voxels_apart_is_not_connected(gap):
    grid = grid_of((5, 5, 5))
    assert part_sizes(voxels(grid, (1, 1, 1), np.add((1, 1, 1), gap))) == [1, 1]


def test_the_end_of_a_row_does_not_touch_the_start_of_the_next():
    grid = grid_of((3, 3, 4))
    assert part_sizes(voxels(grid, (0, 0, 3), (0, 1, 0), (0, 2, 3), (1, 0, 0))) == [2, 1, 1]
    assert part_sizes(voxels(grid, (0, 2, 1), (1, 0, 1))) == [1, 1]


@pytest.mark.parametrize("density", [0.01, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_parts_are_those_of_itk(seed, density):
    mask = sprinkle(grid_of((12, 23, 31)), seed, density)
    labels = sitk.ConnectedComponent(sitk.GetImageFromArray(mask.to_array().astype("u1")), True)
    expected = np.bincount(sitk.GetArrayFromImage(labels).ravel())[1:]
    runs = Runs.of(mask)
    part, sizes = runs.parts()
    assert sizes.tolist() == sorted(expected.tolist(), reverse=True)
    itk = sitk.GetArrayFromImage(labels)
    pairs = set(zip(part.tolist(), itk[runs.k, runs.j, runs.first].tolist(), strict=True))
    assert len(pairs) == len(sizes)


def test_parts_are_numbered_from_the_largest():
    grid = grid_of((6, 20, 20))
    small, large = box(grid, (0, 0, 0), (1, 2, 2)), box(grid, (3, 8, 8), (3, 5, 5))
    runs = Runs.of(small | large)
    part, sizes = runs.parts()
    assert sizes.tolist() == [75, 4]
    assert np.array_equal(drawn(runs.only(part == 0)), large.to_array())


def test_the_central_voxel_of_a_ball_is_its_centre():
    grid = grid_of((21, 21, 21), (0.8, 0.8, 2.0), rotation(3), (5.0, -7.0, 11.0))
    position = Runs.of(ball(grid, (10, 9, 11), 8.0)).central_voxel_ras_mm()
    assert position == pytest.approx(grid.ras_of((10, 9, 11)))


def test_the_central_voxel_of_a_ring_is_in_the_ring():
    grid = grid_of((3, 31, 31))
    ring = ball(grid, (1, 15, 15), 14) - ball(grid, (1, 15, 15), 10)
    k, j, i = np.rint(grid.kji_of(Runs.of(ring).central_voxel_ras_mm())).astype(int)
    assert ring.to_array()[k, j, i]


@pytest.mark.parametrize("seed", range(6))
def test_the_central_voxel_is_the_nearest_to_the_centroid(seed):
    grid = grid_of((9, 14, 16), (0.7, 0.9, 3.0), rotation(seed))
    mask = blobs(grid, seed)
    positions = grid.ras_of(np.argwhere(mask.to_array()))
    centroid = positions.mean(axis=0)
    found = Runs.of(mask).central_voxel_ras_mm()
    nearest = np.linalg.norm(positions - centroid, axis=1).min()
    assert np.linalg.norm(np.subtract(found, centroid)) == pytest.approx(nearest)
    assert np.linalg.norm(positions - found, axis=1).min() == pytest.approx(0, abs=1e-9)
