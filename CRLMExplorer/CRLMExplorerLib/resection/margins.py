"""Where each tumour lies to the transection surface, and how far from it.

A tumour's voxels stand for their centres, as in a wedge; the transection surface lies midway
between voxels of specimen and remnant (`transection`). So a wedge of 10 mm gives a margin of 10 mm
within half a voxel's diagonal, and a margin is less than `scipy.ndimage.distance_transform_edt`'s
distance from tumour to remnant by at most that: half a voxel's diagonal is what voxels can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import BoolArray, Box
from CRLMExplorerLib.resection.liver_box import FloatArray, LiverBox
from CRLMExplorerLib.resection.transection import Transection

_STRIDE = 16


class TumorStatus(str, Enum):
    """What the resection does with a tumour."""

    SPECIMEN = "specimen"
    REMNANT = "remnant"
    CUT = "cut"


@dataclass(frozen=True)
class TumorMargin:
    """One tumour and the transection.

    Attributes
    ----------
    tumor
        Label of its segment.
    status
        Specimen: no voxel of it stays. Cut: a part of it is taken out, a part stays. Remnant: none
        of it is taken out.
    margin_mm
        In the specimen, the least distance from the tumour to the transection surface. Otherwise
        minus the greatest distance from it that a voxel of the tumour's part in the remnant has.
        None where there is no transection surface.
    """

    tumor: str
    status: TumorStatus
    margin_mm: float | None


class TumorSurface:
    """A tumour, ready to be measured against one transection after another.

    Parameters
    ----------
    label
        Of its segment.
    mask
        Its voxels; not empty.
    box
        The liver's box; a tumour may reach out of it.
    """

    def __init__(self, label: str, mask: Mask, box: LiverBox) -> None:
        self.label = label
        self.mask = mask
        self._box = box
        self._center = np.array(mask.center_ras_mm())
        self._window = _shared(mask.box, box.box)
        self._voxels = mask.within(_placed(self._window, box.box))
        self._in_liver = self._voxels & box.liver[self._window]

    @cached_property
    def _points(self) -> FloatArray:
        """Centres of the voxels at its surface, RAS in mm."""
        kji = np.argwhere(_rim(self.mask.voxels)) + self.mask.start_kji
        return self._box.ras_of(kji - [s.start for s in self._box.box])

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._points)

    @cached_property
    def _radius_mm(self) -> float:
        return float(np.linalg.norm(self._points - self._center, axis=1).max())

    def margin(self, remnant: BoolArray, transection: Transection) -> TumorMargin:
        """Status and margin.

        Parameters
        ----------
        remnant
            Boolean array of the liver's box.
        transection
            The surface of this remnant.
        """
        stays = self._voxels & remnant[self._window]
        goes = self._in_liver & ~remnant[self._window]
        if stays.any():
            status = TumorStatus.CUT if goes.any() else TumorStatus.REMNANT
        else:
            # A tumour that lies wholly outside the liver is not taken out either.
            status = TumorStatus.SPECIMEN if goes.any() else TumorStatus.REMNANT
        if transection.is_empty:
            return TumorMargin(self.label, status, None)
        if status is TumorStatus.SPECIMEN:
            return TumorMargin(self.label, status, self._distance_to(transection.faces_ras_mm))
        deep = self._positions_of(stays) if stays.any() else self._points
        return TumorMargin(self.label, status, -transection.farthest_mm(deep))

    def _positions_of(self, part: BoolArray) -> FloatArray:
        start = [s.start for s in self._window]
        return self._box.ras_of(np.argwhere(_rim(part)) + start)

    def _distance_to(self, points: FloatArray) -> float:
        """Least distance from the tumour to any of the points (n, 3)."""
        offset = points - self._center
        apart = np.sqrt(np.einsum("pa,pa->p", offset, offset))
        least = float(self._tree.query(points[np.argmin(apart)])[0])
        # A point farther than this from the tumour's centre cannot be nearer to the tumour; a few
        # of the others tell how far the rest still need to be looked at.
        for stride in (_STRIDE, 1):
            near = apart < least + self._radius_mm
            points, apart = points[near], apart[near]
            found = self._tree.query(points[::stride], distance_upper_bound=least)[0]
            least = min(least, float(found.min(initial=np.inf)))
        return least


def _rim(voxels: BoolArray) -> BoolArray:
    """Voxels with a face that no other voxel shares."""
    return voxels & ~binary_erosion(voxels)


def _shared(one: Box, other: Box) -> Box:
    """What two boxes share, as seen from the other."""
    k, j, i = (
        slice(
            max(a.start - b.start, 0), max(min(a.stop, b.stop) - b.start, max(a.start - b.start, 0))
        )
        for a, b in zip(one, other, strict=True)
    )
    return k, j, i


def _placed(window: Box, box: Box) -> Box:
    """A window of a box as slices into an array of the grid."""
    k, j, i = (slice(w.start + b.start, w.stop + b.start) for w, b in zip(window, box, strict=True))
    return k, j, i
