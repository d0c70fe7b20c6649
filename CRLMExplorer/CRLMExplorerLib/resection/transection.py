"""The surface along which the specimen parts from the remnant, inside the liver.

It lies midway between voxels of the one and of the other; the liver's own surface is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry.mask import BoolArray
from CRLMExplorerLib.resection.liver_box import FloatArray, LiverBox

_SPECIMEN, _REMNANT = 1, 2
_STRIDE = 16


@dataclass(frozen=True, eq=False)
class Transection:
    """The surface, as points on it.

    Attributes
    ----------
    faces_ras_mm
        Centres of the faces that a voxel of the specimen shares with one of the remnant: positions
        of shape (faces, 3), RAS in mm.
    """

    faces_ras_mm: FloatArray

    @property
    def is_empty(self) -> bool:
        """Whether specimen and remnant touch nowhere."""
        return not len(self.faces_ras_mm)

    def farthest_mm(self, points_ras_mm: FloatArray) -> float:
        """Distance of that of the points (n, 3) that lies farthest from the surface."""
        some = points_ras_mm[::_STRIDE]
        depth = self._tree.query(some)[0]
        # No point is deeper than its neighbour among them by more than it is away from it.
        away, neighbor = cKDTree(some).query(points_ras_mm)
        rest = points_ras_mm[depth[neighbor] + away > depth.max()]
        return float(max(depth.max(), self._tree.query(rest)[0].max(initial=0.0)))

    @cached_property
    def _tree(self) -> cKDTree:
        # Quick to build, because it is asked once before the surface moves on.
        return cKDTree(self.faces_ras_mm, balanced_tree=False, compact_nodes=False)


def transection_of(box: LiverBox, remnant: BoolArray) -> Transection:
    """The transection surface of a remnant, a boolean array of the liver's box."""
    _, rows, columns = box.shape_kji
    side = box.liver.astype(np.uint8)
    side <<= (box.liver & remnant).view(np.uint8)
    flat = side.ravel()
    faces = []
    for axis, stride in enumerate((rows * columns, columns, 1)):
        differ = (flat[stride:] ^ flat[:-stride]) == (_SPECIMEN | _REMNANT)
        kji = np.stack(np.unravel_index(np.flatnonzero(differ), box.shape_kji), axis=1)
        # The last voxel along an axis is followed in memory by one that is no neighbour.
        face = kji[kji[:, axis] + 1 < box.shape_kji[axis]].astype(np.float64)
        face[:, axis] += 0.5
        faces.append(face)
    return Transection(box.ras_of(np.concatenate(faces)))
