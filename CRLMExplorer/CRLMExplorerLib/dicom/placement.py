"""Where the frames of a DSO lie on the grid of its CT.

It knows grids and pixels; it knows no files, codes or roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.dicom.ct_slices import OFF_SLICE_TOLERANCE_MM
from CRLMExplorerLib.dicom.frames import Patch
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.geometry import Grid, Mask

_TOLERANCE = 0.05
_NUDGE = 1e-4
"""In voxels; one midway between two pixels must not fall into both or neither by rounding."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A segment on the CT's grid.

    Attributes
    ----------
    mask
        Its voxels.
    outside
        Number of its stored voxels that lie outside the CT.
    resampled
        Whether the stored voxels are not those of the CT.
    """

    mask: Mask
    outside: int
    resampled: bool


def place(patches: Sequence[Patch], ct: CtVolume) -> Placed:
    """Put what the frames show onto the CT's grid.

    Frames whose pixels are the CT's go to the slice that truly lies where they lie; others are
    resampled, nearest neighbour.
    """
    target = _Target.of(ct)
    parts: list[Mask] = []
    outside = 0
    resampled = False
    for patch in patches:
        to_ct = target.ras_to_ijk @ patch.ijk_to_ras
        lost = _count_outside(patch, to_ct, ct.grid)
        outside += lost
        part = _on_slice(patch, to_ct, target)
        if part is None:
            part = _resampled(patch, to_ct, ct.grid)
            lies_in_ct = lost < np.count_nonzero(patch.inside)
            resampled |= bool(lies_in_ct and not _same_voxels(patch, to_ct))
        parts.append(part)
    return Placed(Mask.union(ct.grid, parts), outside, resampled)


@dataclass(frozen=True, eq=False)
class _Target:
    """The CT's slices: their normal in RAS, and where each lies along it (a missing one where the
    grid has it)."""

    grid: Grid
    ras_to_ijk: NDArray
    normal: NDArray
    offsets_mm: NDArray[np.float64]

    @classmethod
    def of(cls, ct: CtVolume) -> _Target:
        to_ras = ct.grid.ijk_to_ras
        normal = np.cross(to_ras[:3, 0], to_ras[:3, 1])
        normal /= np.linalg.norm(normal)
        evenly = np.arange(ct.grid.shape_kji[0]) * (to_ras[:3, 2] @ normal)
        offsets_mm = np.where(np.isnan(ct.slice_offsets_mm), evenly, ct.slice_offsets_mm)
        return cls(ct.grid, np.linalg.inv(to_ras), normal, offsets_mm)


def _drift(patch: Patch, to_ct: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """How far, in voxels of the CT, the patch's pixels lie from where they are expected."""
    rows, columns = patch.inside.shape
    return float((np.abs(to_ct - expected)[:3] * [columns, rows, 1, 1]).max())


def _same_voxels(patch: Patch, to_ct: NDArray[np.float64]) -> bool:
    """Whether the patch's pixels are voxels of the CT, be it flipped or turned."""
    scaled = np.abs(to_ct[:3, :3]).max() > 1.5
    return not scaled and _drift(patch, to_ct, np.rint(to_ct)) <= _TOLERANCE


def _on_slice(patch: Patch, to_ct: NDArray[np.float64], target: _Target) -> Mask | None:
    """The patch as voxels of one slice; None if its pixels are not the CT's."""
    grid = target.grid
    in_plane = np.eye(4)
    in_plane[:2, 3] = np.rint(to_ct[:2, 3])
    in_plane[:3, 2] = to_ct[:3, 2]
    in_plane[2, 3] = to_ct[2, 3]
    thicker = patch.step_is_stated and abs(to_ct[2, 2]) > 1.5
    if thicker or _drift(patch, to_ct, in_plane) > _TOLERANCE:
        return None
    offset_mm = float((patch.ijk_to_ras[:3, 3] - grid.ijk_to_ras[:3, 3]) @ target.normal)
    k = int(np.argmin(np.abs(target.offsets_mm - offset_mm)))
    tolerance_mm = max(OFF_SLICE_TOLERANCE_MM, _TOLERANCE * grid.spacing_mm[2])
    if abs(target.offsets_mm[k] - offset_mm) > tolerance_mm:
        beyond = not -0.5 <= to_ct[2, 3] < grid.shape_kji[0] - 0.5
        return Mask.empty(grid) if beyond else None
    i, j = np.rint(to_ct[:2, 3]).astype(int).tolist()
    _, rows, columns = grid.shape_kji
    shown = patch.inside[max(0, -j) : max(0, rows - j), max(0, -i) : max(0, columns - i)]
    if not shown.any():
        return Mask.empty(grid)
    return Mask.from_array(grid, shown[np.newaxis], (k, max(0, j), max(0, i)))


def _resampled(patch: Patch, to_ct: NDArray[np.float64], grid: Grid) -> Mask:
    """The CT's voxels whose nearest pixel is one of the patch; a frame is as thick as its step."""
    rows, columns = patch.inside.shape
    corners = np.array(list(np.ndindex(2, 2, 2))) * [columns, rows, 1] - 0.5
    corners_ijk = corners @ to_ct[:3, :3].T + to_ct[:3, 3]
    last_ijk = np.array(grid.shape_kji[::-1]) - 1
    start = np.clip(np.floor(corners_ijk.min(axis=0)), 0, last_ijk + 1).astype(int)
    stop = np.clip(np.ceil(corners_ijk.max(axis=0)), -1, last_ijk).astype(int) + 1
    if (stop <= start).any():
        return Mask.empty(grid)
    i, j, k = (
        np.arange(a, b).reshape(shape)
        for a, b, shape in zip(start, stop, ((1, 1, -1), (1, -1, 1), (-1, 1, 1)), strict=True)
    )
    column, row, frame = (
        np.floor(x * i + y * j + z * k + shift + 0.5 + _NUDGE).astype(int)
        for x, y, z, shift in np.linalg.inv(to_ct)[:3].tolist()
    )
    hit = (frame == 0) & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    voxels = np.zeros(hit.shape, dtype=bool)
    voxels[hit] = patch.inside[row[hit], column[hit]]
    return Mask.from_array(grid, voxels, (int(start[2]), int(start[1]), int(start[0])))


def _count_outside(patch: Patch, to_ct: NDArray[np.float64], grid: Grid) -> int:
    """How many of the patch's pixels have their centre outside the CT's voxels."""

    def is_outside(row_column: NDArray[np.int64]) -> NDArray[np.bool_]:
        ijk = row_column[:, ::-1] @ to_ct[:3, :2].T + to_ct[:3, 3]
        return ((ijk < -0.5 - _NUDGE) | (ijk > np.array(grid.shape_kji[::-1]) - 0.5)).any(axis=1)

    corners = np.array(list(np.ndindex(2, 2))) * (np.array(patch.inside.shape) - 1)
    if not is_outside(corners).any():
        return 0
    return int(np.count_nonzero(is_outside(np.argwhere(patch.inside))))
