"""The surface along which the specimen parts from the remnant, inside the liver.

It runs between the voxels of the one and of the other, where the cuts say so (`crossings`); the
liver's own surface is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry.mask import BoolArray, IndexArray
from CRLMExplorerLib.resection.crossings import MIDWAY, Crossings
from CRLMExplorerLib.resection.liver_box import FloatArray, LiverBox

_SPECIMEN, _REMNANT = 1, 2
_STRIDE = 16


@dataclass(frozen=True, eq=False)
class Transection:
    """The surface, as points on it.

    Attributes
    ----------
    points_ras_mm
        Where it goes through between the centre of a voxel of the specimen and that of a neighbour
        in the remnant: positions of shape (pairs, 3), RAS in mm.
    crossings
        What tells so.
    """

    points_ras_mm: FloatArray
    crossings: Crossings

    @property
    def is_empty(self) -> bool:
        """Whether specimen and remnant touch nowhere."""
        return not len(self.points_ras_mm)

    def leaves_midway(self, removed: IndexArray, kept: IndexArray) -> BoolArray:
        """Whether what lies midway from voxels of the specimen to neighbours is in the remnant.

        Parameters
        ----------
        removed, kept
            Indices (n, 3) into the liver's box.
        """
        return self.crossings.shares(removed, kept) < MIDWAY

    def farthest_mm(self, points_ras_mm: FloatArray) -> float:
        """Distance of that of the points (n, 3) that lies farthest from the surface."""
        some = points_ras_mm[::_STRIDE]
        depth = self._tree.query(some)[0]
        # No point is deeper than its neighbour among them by more than it is away from it.
        away, neighbor = cKDTree(some).query(points_ras_mm)
        rest = points_ras_mm[depth[neighbor] + away > depth.max()]
        return float(max(depth.max(), self._tree.query(rest)[0].max(initial=0.0)))

    def distances_mm(self, ras_mm: FloatArray) -> FloatArray:
        """Distances of its points to a position, in mm."""
        squared = self._squared - 2 * self.points_ras_mm @ ras_mm + ras_mm @ ras_mm
        return np.sqrt(squared.clip(0.0))

    @cached_property
    def _squared(self) -> FloatArray:
        """Squared distances of its points to the origin."""
        return np.einsum("pa,pa->p", self.points_ras_mm, self.points_ras_mm)

    @cached_property
    def _tree(self) -> cKDTree:
        # Quick to build, because it is asked once before the surface moves on.
        return cKDTree(self.points_ras_mm, balanced_tree=False, compact_nodes=False)


def transection_of(box: LiverBox, remnant: BoolArray, crossings: Crossings) -> Transection:
    """The transection surface of a remnant.

    Parameters
    ----------
    remnant
        Boolean array of the liver's box.
    crossings
        The cuts that left this remnant.
    """
    _, rows, columns = box.shape_kji
    side = box.liver.astype(np.uint8)
    side <<= (box.liver & remnant).view(np.uint8)
    flat = side.ravel()
    removed, kept = [], []
    for axis, stride in enumerate((rows * columns, columns, 1)):
        differ = (flat[stride:] ^ flat[:-stride]) == (_SPECIMEN | _REMNANT)
        index = np.flatnonzero(differ)
        kji = np.stack(np.unravel_index(index, box.shape_kji), axis=1)
        # The last voxel along an axis is followed in memory by one that is no neighbour.
        has_next = kji[:, axis] + 1 < box.shape_kji[axis]
        here, there = kji[has_next], kji[has_next] + (np.arange(3) == axis)
        goes = flat[index[has_next], None] == _SPECIMEN
        removed.append(np.where(goes, here, there))
        kept.append(np.where(goes, there, here))
    from_kji, to_kji = np.concatenate(removed), np.concatenate(kept)
    share = crossings.shares(from_kji, to_kji)
    return Transection(box.ras_of(from_kji + share[:, None] * (to_kji - from_kji)), crossings)
