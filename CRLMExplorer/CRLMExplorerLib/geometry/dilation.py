"""What lies within a distance of a mask, exactly, on voxels of any shape.

Euclidean distance in millimetres from voxel centre to voxel centre, also where the slices lie
oblique or a tilted gantry shears the grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.geometry.grid import Grid
from CRLMExplorerLib.geometry.mask import BoolArray, Box, Mask

TOLERANCE_MM = 1e-6
"""Distances this close count as equal, so that rounding never decides about a voxel."""

IntArray = NDArray[np.intp]


def dilated(mask: Mask, radius_mm: float) -> Mask:
    """Voxels of the grid whose centres lie within a distance of a voxel of the mask."""
    ball = _ball(mask.grid, radius_mm)
    box = _grown(mask.box, ball, mask.grid)
    if mask.is_empty:
        return mask
    start = tuple(s.start for s in box)
    return Mask.from_array(mask.grid, _reached(mask.within(box), ball), start)


def eroded(mask: Mask, radius_mm: float) -> Mask:
    """Voxels of the mask whose centres lie further than a distance from any voxel outside it.

    What is beyond the grid is unknown and erodes nothing.
    """
    if mask.is_empty:
        return mask
    ball = _ball(mask.grid, radius_mm)
    box = _grown(mask.box, ball, mask.grid)
    inside = mask.within(box)
    start = tuple(s.start for s in box)
    return Mask.from_array(mask.grid, inside & ~_reached(~inside, ball), start)


def _ball(grid: Grid, radius_mm: float) -> IntArray:
    """Offsets within a radius, a row of voxels each: (rows, 4) of dk, dj and first and last di."""
    axes = grid.ijk_to_ras[:3, 2::-1]
    # Rows of the inverse turn a displacement in mm into one in voxels.
    reach = (radius_mm + TOLERANCE_MM) * np.linalg.norm(np.linalg.inv(axes), axis=1)
    k, j, i = np.ogrid[tuple(slice(-n, n + 1) for n in np.floor(reach).astype(int))]
    gram = axes.T @ axes
    squared = gram[0, 0] * k * k + gram[1, 1] * j * j + 2 * gram[0, 1] * k * j
    squared = squared + gram[2, 2] * i * i + 2 * (gram[0, 2] * k + gram[1, 2] * j) * i
    inside = squared <= (radius_mm + TOLERANCE_MM) ** 2
    dk, dj = np.nonzero(inside.any(axis=2))
    along_i = inside[dk, dj]
    first = along_i.argmax(axis=1)
    last = along_i.shape[1] - 1 - along_i[:, ::-1].argmax(axis=1)
    middle = i.size // 2
    return np.stack([k.ravel()[dk], j.ravel()[dj], first - middle, last - middle], axis=1)


def _grown(box: Box, ball: IntArray, grid: Grid) -> Box:
    """A box with all that the ball reaches from it, as far as the grid goes."""
    reach = (ball[:, 0].max(), ball[:, 1].max(), ball[:, 3].max())
    k, j, i = (
        slice(max(s.start - int(n), 0), min(s.stop + int(n), size))
        for s, n, size in zip(box, reach, grid.shape_kji, strict=True)
    )
    return k, j, i


def _reached(source: BoolArray, ball: IntArray) -> BoolArray:
    """Voxels of an array that the ball reaches from the source's voxels.

    The ball is moved along runs of voxels and not along voxels: where it starts and stops to reach
    a row is counted, so the work goes with the source's surface.
    """
    slices, rows, columns = source.shape
    width = columns + 1
    runs = [_runs(plane) for plane in source]
    out = np.empty(source.shape, dtype=bool)
    for k in range(slices):
        starts, stops = [], []
        for dk in range(ball[0, 0], ball[-1, 0] + 1):
            if not 0 <= k - dk < slices:
                continue
            j, first, stop = runs[k - dk]
            _, dj, before, after = ball[ball[:, 0] == dk].T
            row = j[:, None] + dj
            seen = (row >= 0) & (row < rows)
            start = (first[:, None] + before).clip(0, columns)
            end = (stop[:, None] + after).clip(0, columns)
            starts.append((row * width + start)[seen])
            stops.append((row * width + end)[seen])
        size = rows * width
        change = np.bincount(np.concatenate(starts), minlength=size)
        change -= np.bincount(np.concatenate(stops), minlength=size)
        out[k] = change.cumsum().reshape(rows, width)[:, :columns] > 0
    return out


def _runs(plane: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Runs of voxels along the rows of a slice: row, first column, column after the last."""
    edges = np.diff(np.pad(plane, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edges == 1)
    return row, first, np.nonzero(edges == -1)[1]
