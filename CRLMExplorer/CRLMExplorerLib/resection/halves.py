"""Which voxels lie beyond a plane, and which inside an outline that is seen along a view.

Both go through the box row by row: along a row of voxels a plane is crossed once and an outline
from corner to corner, so that no voxel's position is ever written out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from CRLMExplorerLib.geometry.mask import BoolArray, IndexArray
from CRLMExplorerLib.resection.liver_box import TOLERANCE_MM, FloatArray, LiverBox

_LEAST_STEP_MM = 1e-12


def kept_by_plane(box: LiverBox, point_ras_mm: ArrayLike, normal_ras: ArrayLike) -> BoolArray:
    """Voxels whose centres do not lie on the side that the normal points to.

    Centres on the plane, within `TOLERANCE_MM`, are kept.

    Returns
    -------
    ndarray
        Boolean array of the box.
    """
    normal = unit(normal_ras)
    steps = box.axes_ras_mm @ normal
    slices, rows, columns = box.shape_kji
    start = (box.origin_ras_mm - np.asarray(point_ras_mm)) @ normal - TOLERANCE_MM
    first = start + np.arange(slices)[:, None] * steps[0] + np.arange(rows) * steps[1]
    # A row along the plane lies on one side as a whole; a tiny slope says so without dividing by 0.
    slope = steps[2] if abs(steps[2]) > _LEAST_STEP_MM else _LEAST_STEP_MM
    crossing = (-first / slope).clip(-1.0, columns + 1.0)
    index = np.arange(columns, dtype=np.int16)
    if slope > 0:
        return index <= np.floor(crossing).astype(np.int16)[..., None]
    return index >= np.ceil(crossing).astype(np.int16)[..., None]


def depth_beyond_plane(
    box: LiverBox, kji: IndexArray, point_ras_mm: ArrayLike, normal_ras: ArrayLike
) -> FloatArray:
    """How far beyond a plane voxels (n, 3) of the box lie, in mm; negative where they are kept."""
    normal = unit(normal_ras)
    start = (box.origin_ras_mm - np.asarray(point_ras_mm)) @ normal - TOLERANCE_MM
    return start + kji @ (box.axes_ras_mm @ normal)


def inside_outline(box: LiverBox, corners_ras_mm: ArrayLike, normal_ras: ArrayLike) -> BoolArray:
    """Voxels whose centres a closed outline encloses when it is seen along a direction.

    Parameters
    ----------
    corners_ras_mm
        Array of shape (corners, 3). What is enclosed twice is outside again (even-odd rule).

    Returns
    -------
    ndarray
        Boolean array of the box.
    """
    across = plane_axes(normal_ras)
    steps = box.axes_ras_mm @ across.T
    corners = (np.asarray(corners_ras_mm, dtype=np.float64) - box.origin_ras_mm) @ across.T
    row_axis = int(np.argmax(np.linalg.norm(steps, axis=1)))
    slices, rows, columns = (*(a for a in range(3) if a != row_axis), row_axis)
    shape = tuple(box.shape_kji[a] for a in (slices, rows, columns))
    firsts = (
        np.arange(shape[0])[:, None, None] * steps[slices]
        + np.arange(shape[1])[:, None] * steps[rows]
    )
    along = steps[columns] / (steps[columns] @ steps[columns])
    aside = np.array([-along[1], along[0]])
    crossings = np.zeros((*shape[:2], shape[2] + 1), dtype=np.uint8)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        # Height of both corners above each row; the row is crossed where the signs differ.
        high, low = (start - firsts) @ aside, (end - firsts) @ aside
        crossed = np.nonzero((high > 0) != (low > 0))
        share = high[crossed] / (high[crossed] - low[crossed])
        at = (start + share[:, None] * (end - start) - firsts[crossed]) @ along
        column = np.ceil(at).clip(0, shape[2]).astype(np.intp)
        np.bitwise_xor.at(crossings, (*crossed, column), 1)
    inside = np.bitwise_xor.accumulate(crossings[..., :-1], axis=-1).astype(bool)
    return np.moveaxis(inside, -1, row_axis)


def unit(vector: ArrayLike) -> FloatArray:
    """The vector with length 1."""
    array = np.asarray(vector, dtype=np.float64)
    return array / np.linalg.norm(array)


def plane_axes(normal_ras: ArrayLike) -> FloatArray:
    """Two directions at right angles to a normal and to each other, as rows of an array (2, 3)."""
    normal = unit(normal_ras)
    first = unit(np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))]))
    return np.stack([first, np.cross(normal, first)])
