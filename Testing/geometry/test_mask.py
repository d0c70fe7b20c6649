import numpy as np
import pytest

from CRLMExplorerLib.geometry import Grid, Mask

SHAPE = (6, 9, 11)


@pytest.fixture
def grid():
    return Grid(SHAPE, np.diag([0.8, 0.8, 5.0, 1.0]))


def scattered(grid, seed, low=(0, 0, 0), high=SHAPE, density=0.3) -> Mask:
    """Random voxels of a box of the grid."""
    array = np.zeros(SHAPE, dtype=bool)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    array[box] = np.random.default_rng(seed).random(array[box].shape) < density
    return Mask.from_array(grid, array)


@pytest.fixture(
    params=[
        ((0, 0, 0), SHAPE, (0, 0, 0), SHAPE),
        ((0, 0, 0), SHAPE, (2, 3, 4), (4, 6, 8)),
        ((1, 1, 1), (4, 6, 7), (2, 4, 5), (6, 9, 11)),
        ((0, 0, 0), (2, 9, 11), (3, 0, 0), (6, 9, 11)),
        ((3, 5, 6), (6, 9, 11), (0, 0, 0), (3, 5, 6)),
        ((0, 6, 0), (6, 9, 11), (0, 0, 0), (6, 3, 11)),
    ],
    ids=["same", "inner", "crossing", "above", "diagonal", "beside"],
)
def pair(grid, request):
    """Two masks, by how their boxes lie to one another."""
    low, high, other_low, other_high = request.param
    return scattered(grid, 1, low, high), scattered(grid, 2, other_low, other_high)


def test_an_array_is_cropped_to_its_voxels(grid):
    array = np.zeros(SHAPE, dtype=np.int16)
    array[2, 3:5, 4] = -7
    array[4, 8, 10] = 1
    mask = Mask.from_array(grid, array)
    assert mask.start_kji == (2, 3, 4)
    assert mask.voxels.shape == (3, 6, 7)
    assert mask.voxels.dtype == bool
    assert mask.box == (slice(2, 5), slice(3, 9), slice(4, 11))
    assert mask.count == 3
    assert np.array_equal(mask.to_array(), array != 0)


def test_a_box_of_the_grid_keeps_its_place(grid):
    part = np.zeros((2, 3, 4), dtype=np.uint8)
    part[1, 2, 3] = 1
    mask = Mask.from_array(grid, part, (4, 6, 7))
    assert mask.start_kji == (5, 8, 10)
    assert mask.count == 1


def test_a_mask_does_not_follow_the_array_it_came_from(grid):
    array = np.ones(SHAPE, dtype=bool)
    mask = Mask.from_array(grid, array)
    array[:] = False
    assert mask.voxels.all()


@pytest.mark.parametrize("start", [(5, 0, 0), (0, 7, 0), (0, 0, 8), (-1, 0, 0)])
def test_an_array_that_reaches_outside_the_grid_is_refused(grid, start):
    with pytest.raises(ValueError, match="does not fit a grid of shape"):
        Mask.from_array(grid, np.ones((2, 3, 4)), start)


def test_volume_is_count_times_voxel_volume(grid):
    mask = scattered(grid, 1)
    assert mask.volume_ml == mask.count * grid.voxel_ml


def test_no_voxel_at_all(grid):
    for mask in (Mask.empty(grid), Mask.from_array(grid, np.zeros(SHAPE))):
        assert mask.is_empty
        assert mask.count == 0
        assert mask.volume_ml == 0.0
        assert mask.to_array().shape == SHAPE
        assert not mask.to_array().any()
        with pytest.raises(ValueError, match="no centre"):
            mask.center_ras_mm()


@pytest.mark.parametrize(
    "box",
    [
        (slice(0, 6), slice(0, 9), slice(0, 11)),
        (slice(1, 3), slice(2, 8), slice(5, 6)),
        (slice(0, 2), slice(0, 9), slice(0, 11)),
        (slice(5, 6), slice(8, 9), slice(0, 1)),
        (slice(3, 3), slice(0, 9), slice(0, 11)),
    ],
)
def test_a_box_of_a_mask(grid, box):
    mask = scattered(grid, 3, (1, 2, 3), (5, 7, 9))
    assert np.array_equal(mask.within(box), mask.to_array()[box])


def test_both_either_and_without(pair):
    one, other = pair
    a, b = one.to_array(), other.to_array()
    assert np.array_equal((one & other).to_array(), a & b)
    assert np.array_equal((one | other).to_array(), a | b)
    assert np.array_equal((one - other).to_array(), a & ~b)
    assert np.array_equal((other - one).to_array(), b & ~a)
    assert one.overlap(other) == other.overlap(one) == (a & b).sum()


def test_results_are_cropped_to_their_voxels(pair):
    one, other = pair
    for result in (one & other, one | other, one - other):
        if not result.is_empty:
            again = Mask.from_array(result.grid, result.to_array())
            assert (again.start_kji, again.voxels.shape) == (result.start_kji, result.voxels.shape)


def test_the_masks_themselves_stay_as_they_were(pair):
    one, other = pair
    a, b = one.to_array(), other.to_array()
    one - other, one & other, one | other
    assert np.array_equal(one.to_array(), a)
    assert np.array_equal(other.to_array(), b)


def test_an_empty_mask_among_others(grid):
    one, nothing = scattered(grid, 1, (2, 2, 2)), Mask.empty(grid)
    assert (one & nothing).is_empty
    assert (nothing & one).is_empty
    assert (nothing - one).is_empty
    assert np.array_equal((one - nothing).to_array(), one.to_array())
    assert np.array_equal((one | nothing).to_array(), one.to_array())
    assert one.overlap(nothing) == nothing.overlap(one) == 0
    assert (one - one).is_empty


def test_the_union_of_many(grid):
    masks = [scattered(grid, n, density=0.05) for n in range(5)]
    expected = np.any([m.to_array() for m in masks], axis=0)
    assert np.array_equal(Mask.union(grid, masks).to_array(), expected)
    assert Mask.union(grid, []).is_empty


def test_the_centre_is_the_mean_position_of_the_voxels():
    matrix = np.array([[0, 0, 5.0, 1], [0.8, 0, 0, 2], [0, 0.8, 0, 3], [0, 0, 0, 1]])
    mask = scattered(Grid(SHAPE, matrix), 4, (1, 2, 3))
    expected = mask.grid.ras_of(np.argwhere(mask.to_array())).mean(axis=0)
    assert mask.center_ras_mm() == pytest.approx(expected)


def test_the_rim_has_a_free_face(grid):
    mask = Mask.from_array(grid, np.ones((4, 5, 6), dtype=bool), (1, 2, 3))
    rim = mask.rim()
    assert rim.start_kji == mask.start_kji
    assert rim.count == 4 * 5 * 6 - 2 * 3 * 4
    assert (mask - rim).box == (slice(2, 4), slice(3, 6), slice(4, 8))
    assert Mask.empty(grid).rim().is_empty


@pytest.mark.parametrize("seed", range(4))
def test_free_faces_are_those_that_no_two_voxels_share(grid, seed):
    mask = scattered(grid, seed, density=0.6)
    inner, outer = mask.free_faces()
    array = np.pad(mask.to_array(), 1)
    expected = {
        (tuple(here), tuple(there))
        for here in np.argwhere(array)
        for there in here + np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
        if not array[tuple(there)]
    }
    found = [(tuple(a + 1), tuple(b + 1)) for a, b in zip(inner, outer, strict=True)]
    assert len(found) == len(expected)
    assert set(found) == expected
    assert np.array_equal(np.unique(inner, axis=0), np.argwhere(mask.rim().to_array()))


def test_the_surface_of_a_voxel_goes_through_its_faces(grid):
    mask = Mask.from_array(grid, np.ones((1, 1, 1), dtype=bool), (2, 3, 4))
    center = np.array([4 * 0.8, 3 * 0.8, 2 * 5.0])
    reach = np.diag([0.4, 0.4, 2.5])
    expected = np.concatenate([center + reach, center - reach])
    found = mask.surface_ras_mm()
    assert sorted(map(tuple, np.round(found, 9))) == sorted(map(tuple, np.round(expected, 9)))
    assert Mask.empty(grid).surface_ras_mm().shape == (0, 3)


def test_a_mask_tells_which_voxels_it_holds(grid):
    mask = scattered(grid, 3, (1, 2, 3), (5, 8, 9))
    kji = np.argwhere(np.ones(np.add(SHAPE, 4))) - 2
    assert np.array_equal(mask.holds(kji), np.pad(mask.to_array(), 2).ravel())
    assert not Mask.empty(grid).holds(kji).any()
