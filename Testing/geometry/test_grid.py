import numpy as np
import pytest

from CRLMExplorerLib.geometry import Grid, lps_to_ras


def oblique(seed: int = 1) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    matrix = np.eye(4)
    matrix[:3, :3] = q * (0.8, 0.9, 5.0)
    matrix[:3, 3] = (12.0, -70.0, 333.0)
    return matrix


def test_lps_and_ras_differ_in_the_first_two_axes():
    matrix = oblique()
    ras = lps_to_ras(matrix)
    assert np.array_equal(ras[:2], -matrix[:2])
    assert np.array_equal(ras[2:], matrix[2:])
    assert np.array_equal(lps_to_ras(ras), matrix)


def test_spacing_and_voxel_volume_of_an_oblique_grid():
    grid = Grid((3, 4, 5), oblique())
    assert grid.spacing_mm == pytest.approx((0.8, 0.9, 5.0))
    assert grid.spacing_kji_mm == pytest.approx((5.0, 0.9, 0.8))
    assert grid.voxel_ml == pytest.approx(0.8 * 0.9 * 5.0 / 1000)


def test_a_sheared_voxel_has_the_volume_of_its_parallelepiped():
    sheared = np.array([[0.8, 0, 0, 0], [0, 0.8, 1.7, 0], [0, 0, 4.7, 0], [0, 0, 0, 1.0]])
    assert Grid((2, 2, 2), sheared).voxel_ml == pytest.approx(0.8 * 0.8 * 4.7 / 1000)


def test_a_left_handed_grid_has_a_positive_voxel_volume():
    assert Grid((2, 2, 2), np.diag([1.0, 1.0, -2.0, 1.0])).voxel_ml == pytest.approx(0.002)


def test_array_order_is_slice_row_column():
    grid = Grid((10, 20, 30), np.diag([1.0, 10.0, 100.0, 1.0]))
    assert grid.ras_of((1, 2, 3)).tolist() == [3.0, 20.0, 100.0]


def test_the_first_voxel_lies_at_the_origin():
    grid = Grid((3, 4, 5), oblique())
    assert grid.ras_of((0, 0, 0)) == pytest.approx((12.0, -70.0, 333.0))


@pytest.mark.parametrize("seed", range(3))
def test_index_and_position_are_each_others_inverse(seed):
    grid = Grid((30, 40, 50), oblique(seed))
    for kji in np.random.default_rng(seed).uniform(-5, 60, (5, 3)):
        assert grid.kji_of(grid.ras_of(kji)) == pytest.approx(kji)


def test_positions_of_many_indices_at_once():
    grid = Grid((3, 4, 5), oblique())
    indices = np.array(list(np.ndindex(3, 4, 5))).reshape(3, 4, 5, 3)
    positions = grid.ras_of(indices)
    assert positions.shape == (3, 4, 5, 3)
    assert positions[2, 1, 3] == pytest.approx(grid.ras_of((2, 1, 3)))


@pytest.mark.parametrize(("shift_mm", "same"), [(0.0, True), (0.009, True), (0.02, False)])
def test_grids_are_the_same_within_a_hundredth_of_a_millimetre(shift_mm, same):
    moved = oblique()
    moved[0, 3] += shift_mm
    assert Grid((3, 4, 5), oblique()).same_as(Grid((3, 4, 5), moved)) is same


def test_a_spacing_that_drifts_apart_over_many_slices_is_not_the_same():
    drifting = oblique()
    drifting[:3, 2] *= 1.0001
    assert Grid((10, 4, 5), oblique()).same_as(Grid((10, 4, 5), drifting))
    assert not Grid((200, 4, 5), oblique()).same_as(Grid((200, 4, 5), drifting))


def test_another_shape_or_flipped_slices_are_not_the_same():
    grid = Grid((3, 4, 5), oblique())
    flipped = oblique()
    flipped[:3, 3] = grid.ras_of((2, 0, 0))
    flipped[:3, 2] *= -1
    assert not grid.same_as(Grid((4, 4, 5), oblique()))
    assert not grid.same_as(Grid((3, 4, 5), flipped))


def test_single_slices_of_different_thickness_are_not_the_same():
    thicker = oblique()
    thicker[:3, 2] *= 2
    assert not Grid((1, 4, 5), oblique()).same_as(Grid((1, 4, 5), thicker))
