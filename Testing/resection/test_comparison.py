"""Overlap and surface distances against SimpleITK, and against MONAI's definitions written out."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.resection import compare
from measure.shapes import ball, blobs, box, grid_of, voxels
from resection.livers import GRIDS, positions, tilted

ALL_GRIDS = {**GRIDS, "tilted": tilted()}


def itk_image(mask: Mask) -> sitk.Image:
    """The mask in voxels of its spacing; where it lies does not matter to distances."""
    image = sitk.GetImageFromArray(mask.to_array().astype(np.uint8))
    image.SetSpacing(mask.grid.spacing_mm)
    return image


def pair(grid: Grid, seed: int) -> tuple[Mask, Mask]:
    """Two overlapping shapes, two voxels off the grid's edge as SimpleITK's contours ask."""
    inner = box(grid, (2, 2, 2), np.subtract(grid.shape_kji, 4))
    return blobs(grid, seed) & inner, blobs(grid, seed + 100) & inner


def itk_surface_distances(one: Mask, other: Mask) -> np.ndarray:
    """Distances from the one's contour voxels to the other's."""
    contour = sitk.LabelContour(itk_image(one), fullyConnected=False)
    far = sitk.LabelContour(itk_image(other), fullyConnected=False)
    distance = sitk.SignedMaurerDistanceMap(far, squaredDistance=False, useImageSpacing=True)
    away = np.abs(sitk.GetArrayFromImage(distance))
    return away[sitk.GetArrayFromImage(contour) > 0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", GRIDS)
def test_dice_and_distances_equal_simpleitks(name, seed):
    one, other = pair(GRIDS[name], seed)
    found = compare(one, other)
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(itk_image(one), itk_image(other))
    assert found.dice == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-12)
    there, back = itk_surface_distances(one, other), itk_surface_distances(other, one)
    assert found.hausdorff_mm == pytest.approx(max(there.max(), back.max()), abs=1e-4)
    expected = max(np.percentile(there, 95), np.percentile(back, 95))
    assert found.hd95_mm == pytest.approx(expected, abs=1e-4)
    mean = np.concatenate([there, back]).mean()
    assert found.mean_surface_distance_mm == pytest.approx(mean, abs=1e-4)
    assert found.volume_change_ml == pytest.approx(one.volume_ml - other.volume_ml)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ALL_GRIDS)
def test_distances_equal_those_written_out(name, seed):
    grid = ALL_GRIDS[name]
    one, other = blobs(grid, seed), blobs(grid, seed + 100)
    surfaces = [positions(grid)[m.to_array() & ~binary_erosion(m.to_array())] for m in (one, other)]
    away = cdist(*surfaces)
    there, back = away.min(axis=1), away.min(axis=0)
    found = compare(one, other)
    assert found.hausdorff_mm == pytest.approx(max(there.max(), back.max()))
    assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert found.mean_surface_distance_mm == pytest.approx(np.concatenate([there, back]).mean())


def test_simpleitks_own_hausdorff_distance_is_the_same_for_separate_shapes():
    grid = GRIDS["anisotropic"]
    one, other = ball(grid, (6, 12, 12), 6.0), ball(grid, (7, 28, 24), 5.0)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(itk_image(one), itk_image(other))
    assert compare(one, other).hausdorff_mm == pytest.approx(hausdorff.GetHausdorffDistance())


def test_slabs_differ_by_what_was_moved():
    grid = grid_of((20, 20, 20), (0.8, 0.8, 5.0))
    thick, thin = box(grid, (2, 2, 2), (10, 16, 16)), box(grid, (2, 2, 2), (9, 16, 16))
    found = compare(thick, thin)
    assert found.hausdorff_mm == pytest.approx(5.0)
    assert found.dice == pytest.approx(2 * 9 / 19)
    assert found.volume_change_ml == pytest.approx(256 * 0.8 * 0.8 * 5.0 / 1000)


def test_a_mask_is_no_different_from_itself():
    mask = blobs(GRIDS["oblique"], 1)
    found = compare(mask, mask)
    assert (found.dice, found.hd95_mm, found.hausdorff_mm) == (1.0, 0.0, 0.0)
    assert (found.mean_surface_distance_mm, found.volume_change_ml) == (0.0, 0.0)


def test_there_and_back_is_the_same():
    one, other = pair(GRIDS["anisotropic"], 2)
    there, back = compare(one, other), compare(other, one)
    assert there.volume_change_ml == -back.volume_change_ml
    assert (there.dice, there.hd95_mm) == (back.dice, back.hd95_mm)
    assert there.mean_surface_distance_mm == pytest.approx(back.mean_surface_distance_mm)


def test_an_empty_mask_has_no_distance():
    grid = GRIDS["isotropic"]
    mask, empty = voxels(grid, (3, 3, 3)), Mask.empty(grid)
    assert (compare(mask, empty).dice, compare(mask, empty).hd95_mm) == (0.0, None)
    assert (compare(empty, empty).dice, compare(empty, empty).mean_surface_distance_mm) == (
        None,
        None,
    )


def test_masks_of_other_grids_are_not_compared():
    with pytest.raises(ValueError, match="different grids"):
        compare(blobs(GRIDS["isotropic"], 1), blobs(GRIDS["oblique"], 1))
