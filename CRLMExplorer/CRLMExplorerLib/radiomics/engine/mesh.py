"""Surface area, volume and diameters of pyradiomics' mesh, by counting cubes instead of vertices.

The mesh is made cube by cube from eight neighbouring voxels, so a cube's share of area and volume
depends on which of the eight are inside and, for the volume, linearly on the cube's place. What
each of the 256 kinds of cube adds is asked of pyradiomics itself; the rest is counting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from CRLMExplorerLib.measure.diameter import longest_distance
from radiomics import cShape

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
Spacing = tuple[float, float, float]

_KINDS = 256
_EMPTY, _FULL = 0, _KINDS - 1
_BITS = 1 << np.arange(8).reshape(2, 2, 2)
_CUBES = (np.arange(_KINDS)[:, None, None, None] & _BITS) != 0


@dataclass(frozen=True)
class MeshSize:
    """What pyradiomics' `calculate_coefficients` returns.

    Attributes
    ----------
    area_mm2, volume_mm3
        Of the mesh.
    diameters_mm
        Longest distance between vertices of equal slice, row or column index, and between any two.
    """

    area_mm2: float
    volume_mm3: float
    diameters_mm: tuple[float, float, float, float]


def mesh_size(mask: BoolArray, spacing_kji_mm: Spacing) -> MeshSize:
    """Measure the mesh around the voxels of a mask, which may touch the array's edges.

    Parameters
    ----------
    mask
        Array (slices, rows, columns).
    spacing_kji_mm
        Distance between slices, rows and columns.
    """
    padded = np.pad(mask, 1)
    area, volume = _area_and_volume(padded, spacing_kji_mm)
    vertices = _outer_vertices(padded)
    longest = longest_distance(vertices * (np.array(spacing_kji_mm) / 2))
    k, j, i = (_longest_within_planes(padded, axis, spacing_kji_mm) for axis in range(3))
    return MeshSize(area, volume, (k, j, i, longest))


def _area_and_volume(padded: BoolArray, spacing: Spacing) -> tuple[float, float]:
    kinds = np.zeros(np.subtract(padded.shape, 1), dtype=np.uint8)
    for corner in np.ndindex(2, 2, 2):
        seen = tuple(slice(c, c + n) for c, n in zip(corner, kinds.shape, strict=True))
        kinds |= padded[seen].view(np.uint8) << np.uint8(np.log2(_BITS[corner]))
    places = np.nonzero((kinds != _EMPTY) & (kinds != _FULL))
    kind = kinds[places]
    share = _shares(spacing)
    counts = np.bincount(kind, minlength=_KINDS)
    volume = counts @ share.volume_mm3
    for axis, place in enumerate(places):
        volume += np.bincount(kind, place, _KINDS) @ share.volume_step_mm3[axis]
    return float(counts @ share.area_mm2), float(volume)


@dataclass(frozen=True)
class _Shares:
    """What each kind of cube adds: at the origin, and more for every step along an axis."""

    area_mm2: FloatArray
    volume_mm3: FloatArray
    volume_step_mm3: FloatArray


@lru_cache(maxsize=8)
def _shares(spacing: Spacing) -> _Shares:
    spacing_mm = np.array(spacing, dtype=np.float64)

    def measured(voxels: BoolArray) -> tuple[float, float]:
        area, volume, _ = cShape.calculate_coefficients(np.ascontiguousarray(voxels), spacing_mm)
        return area, volume

    def one_step_on(axis: int, cube: BoolArray) -> float:
        before = np.zeros_like(cube)
        near, far = [slice(None)] * 3, [slice(None)] * 3
        near[axis], far[axis] = slice(0, 1), slice(1, 2)
        before[tuple(far)] = cube[tuple(near)]
        both = np.concatenate([before[tuple(near)], cube], axis)
        return measured(both)[1] - measured(before)[1]

    area, volume = np.array([measured(cube) for cube in _CUBES]).T
    steps = [[one_step_on(axis, cube) for cube in _CUBES] for axis in range(3)]
    return _Shares(area, volume, np.array(steps) - volume)


def _vertices(padded: BoolArray) -> Iterator[NDArray[np.intp]]:
    """Vertices between voxels that differ, in half voxels: one array (vertices, 3) an axis."""
    for axis in range(3):
        places = np.argwhere(np.diff(padded, axis=axis)) * 2
        places[:, axis] += 1
        yield places


def _ends_of_lines(points: NDArray[np.intp], along: int) -> NDArray[np.intp]:
    """The first and the last point of every line along an axis; no other is a farthest one."""
    others = [axis for axis in range(3) if axis != along]
    line = points[:, others[0]] * (points[:, others[1]].max(initial=0) + 1) + points[:, others[1]]
    order = np.lexsort((points[:, along], line))
    starts = np.flatnonzero(np.diff(line[order], prepend=-1))
    ends = np.append(starts[1:], len(order)) - 1
    return points[order[np.union1d(starts, ends)]]


def _outer_vertices(padded: BoolArray) -> NDArray[np.intp]:
    return np.concatenate([_ends_of_lines(points, 2) for points in _vertices(padded)])


def _longest_within_planes(padded: BoolArray, axis: int, spacing: Spacing) -> float:
    """Longest distance between two vertices of a plane, over all planes across an axis."""
    along = 2 if axis != 2 else 1
    points = np.concatenate([_ends_of_lines(points, along) for points in _vertices(padded)])
    points = points[np.argsort(points[:, axis], kind="stable")]
    starts = np.flatnonzero(np.diff(points[:, axis], prepend=-1))
    in_mm = np.delete(points, axis, axis=1) * np.delete(np.divide(spacing, 2), axis)
    extents = np.maximum.reduceat(in_mm, starts) - np.minimum.reduceat(in_mm, starts)
    at_most = np.hypot(*extents.T)
    planes = np.split(in_mm, starts[1:])
    longest = 0.0
    for index in np.argsort(-at_most):
        if at_most[index] <= longest:
            break
        longest = max(longest, float(cdist(planes[index], planes[index]).max()))
    return longest
