"""How far two remnants of one patient differ: volume, overlap and distances of their surfaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry import Mask


@dataclass(frozen=True)
class Comparison:
    """Two masks of one grid; the surface of a mask are its voxels with a free face.

    Definitions are MONAI's (`compute_hausdorff_distance` with ``percentile=95``,
    `compute_average_surface_distance` with ``symmetric=True``), with the voxel spacing.

    Attributes
    ----------
    volume_change_ml
        Volume of the first less that of the second.
    dice
        Twice the shared voxels by the voxels of both; None where both are empty.
    hd95_mm
        95 % Hausdorff distance: the larger of the two 95th percentiles (linear between ranks) of
        the distances from each surface voxel of the one to the nearest of the other. None where
        either is empty.
    hausdorff_mm
        The largest of all those distances.
    mean_surface_distance_mm
        The mean of all those distances, both directions in one.
    """

    volume_change_ml: float
    dice: float | None
    hd95_mm: float | None
    hausdorff_mm: float | None
    mean_surface_distance_mm: float | None


def dice(one: Mask, other: Mask) -> float | None:
    """Dice similarity; None where both masks are empty."""
    both = one.count + other.count
    return 2 * one.overlap(other) / both if both else None


def compare(one: Mask, other: Mask) -> Comparison:
    """Compare a mask with another of the same grid, such as a revision with the released remnant.

    Raises
    ------
    ValueError
        If the masks are on different grids.
    """
    if not one.grid.same_as(other.grid):
        raise ValueError("the masks are on different grids")
    change = one.volume_ml - other.volume_ml
    if one.is_empty or other.is_empty:
        return Comparison(change, dice(one, other), None, None, None)
    there, back = _surface_distances_mm(one, other)
    return Comparison(
        volume_change_ml=change,
        dice=dice(one, other),
        hd95_mm=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        hausdorff_mm=float(max(there.max(), back.max())),
        mean_surface_distance_mm=float(np.concatenate([there, back]).mean()),
    )


def _surface_distances_mm(one: Mask, other: Mask) -> tuple[NDArray, NDArray]:
    """Distances from each surface voxel of the one mask to the other's surface, and back."""
    surfaces = [one.rim(), other.rim()]
    points = [_positions(surface) for surface in surfaces]
    distances = []
    for near, far in ((0, 1), (1, 0)):
        # Most of a remnant's surface is the liver's, which both share: no need to look there.
        own = surfaces[near] - surfaces[far]
        found = np.zeros(len(points[near]))
        if not own.is_empty:
            found[: own.count] = cKDTree(points[far]).query(_positions(own), workers=-1)[0]
        distances.append(found)
    return distances[0], distances[1]


def _positions(mask: Mask) -> NDArray[np.floating]:
    return mask.grid.ras_of(np.argwhere(mask.voxels) + mask.start_kji)
