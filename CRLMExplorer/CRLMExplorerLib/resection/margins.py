"""Where each tumour lies to the transection surface, and how far from it.

A margin runs from the tumour's surface, midway between its outermost voxels and their neighbours,
to where the cut goes through (`transection`). The tumour's true edge lies up to a voxel outside the
outermost centres: midway is off by half a voxel at most, and the cut adds no error of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import BoolArray, Box, values_at
from CRLMExplorerLib.resection.liver_box import TOLERANCE_MM, FloatArray, LiverBox
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
        The least distance from the tumour's surface to the transection surface. Where a part of the
        tumour's surface lies beyond it, on the side of the remnant, minus the greatest distance
        that this part has from it; so half a voxel at most for a tumour in the specimen, whose
        outermost centres are taken out. None where there is no transection surface.
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
        inner, outer = mask.free_faces()
        first = [s.start for s in box.box]
        self._inner, self._outer = inner - first, outer - first
        self._is_in_liver = values_at(box.liver, self._inner, False)
        self._is_in_liver &= values_at(box.liver, self._outer, False)
        self._window = _shared(mask.box, box.box)
        self._voxels = mask.within(_placed(self._window, box.box))
        self._in_liver = self._voxels & box.liver[self._window]

    @cached_property
    def _points(self) -> FloatArray:
        """Points of its surface, in the order of its free faces, RAS in mm."""
        return self._box.ras_of((self._inner + self._outer) / 2)

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
        beyond = self._points[self._is_beyond(remnant, transection)]
        if status is TumorStatus.SPECIMEN and not len(beyond):
            return TumorMargin(self.label, status, self._distance_to(transection))
        if not len(beyond):
            beyond = self._positions_of(stays) if stays.any() else self._points
        return TumorMargin(self.label, status, -transection.farthest_mm(beyond))

    def _is_beyond(self, remnant: BoolArray, transection: Transection) -> BoolArray:
        """Which points of its surface lie on the remnant's side of the transection."""
        inner, outer = self._inner, self._outer
        beyond = values_at(remnant, inner, False)
        # Where tumour and transection go through between the same two voxels.
        both = beyond != values_at(remnant, outer, False)
        both &= self._is_in_liver
        if both.any():
            is_kept = beyond[both, None]
            removed = np.where(is_kept, outer[both], inner[both])
            kept = np.where(is_kept, inner[both], outer[both])
            beyond[both] = transection.leaves_midway(removed, kept)
        return beyond

    def _positions_of(self, part: BoolArray) -> FloatArray:
        start = [s.start for s in self._window]
        return self._box.ras_of(np.argwhere(part) + start)

    def _distance_to(self, transection: Transection) -> float:
        """Least distance from the tumour to any point of the transection."""
        points = transection.points_ras_mm
        apart = transection.distances_mm(self._center)
        least = float(self._tree.query(points[np.argmin(apart)])[0])
        # A point farther than this from the tumour's centre cannot be nearer to the tumour; a few
        # of the others tell how far the rest still need to be looked at.
        for stride in (_STRIDE, 1):
            near = apart < least + self._radius_mm + TOLERANCE_MM
            points, apart = points[near], apart[near]
            found = self._tree.query(points[::stride], distance_upper_bound=least)[0]
            least = min(least, float(found.min(initial=np.inf)))
        return least


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
