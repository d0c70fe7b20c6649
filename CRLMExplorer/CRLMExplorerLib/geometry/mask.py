"""A segment's voxels, kept only where they are: the bounding box and its place on the grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from CRLMExplorerLib.geometry.grid import Grid, IndexKJI

BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Mask:
    """A set of voxels of a grid.

    Attributes
    ----------
    grid
        The grid whose voxels are meant.
    start_kji
        Index of the box's first voxel: slice, row, column.
    voxels
        Boolean array (slices, rows, columns) of the bounding box; of shape (0, 0, 0) when empty.
    """

    grid: Grid
    start_kji: IndexKJI
    voxels: BoolArray

    @classmethod
    def empty(cls, grid: Grid) -> Mask:
        """The mask without a voxel."""
        return cls(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=bool))

    @classmethod
    def from_array(cls, grid: Grid, array: NDArray, start_kji: IndexKJI = (0, 0, 0)) -> Mask:
        """Crop an array of the grid, or of a box of it, to the voxels that are not zero.

        Parameters
        ----------
        array
            Array (slices, rows, columns) of any type.
        start_kji
            Where the array's first voxel lies on the grid.

        Raises
        ------
        ValueError
            If the array reaches outside the grid.
        """
        stop = np.add(start_kji, array.shape)
        if min(start_kji) < 0 or (stop > grid.shape_kji).any():
            raise ValueError(
                f"array of shape {array.shape} at {start_kji} does not fit a grid of shape "
                f"{grid.shape_kji}"
            )
        box = bounding_box(array)
        if box is None:
            return cls.empty(grid)
        k, j, i = (int(first) + s.start for first, s in zip(start_kji, box, strict=True))
        return cls(grid, (k, j, i), array[box].astype(bool))

    @cached_property
    def count(self) -> int:
        """Number of voxels."""
        return int(np.count_nonzero(self.voxels))

    @property
    def is_empty(self) -> bool:
        """Whether no voxel belongs to it."""
        return self.voxels.size == 0

    @property
    def volume_ml(self) -> float:
        """Voxel count times voxel volume, in mL."""
        return self.count * self.grid.voxel_ml

    @property
    def box(self) -> Box:
        """The bounding box as slices into an array of the grid."""
        k, j, i = (slice(a, a + n) for a, n in zip(self.start_kji, self.voxels.shape, strict=True))
        return k, j, i

    def holds(self, kji: IndexArray) -> BoolArray:
        """Whether voxels belong to it, by their indices (n, 3); such off the grid do not."""
        return values_at(self.voxels, kji, False, self.start_kji)

    def rim(self) -> Mask:
        """Its voxels with a free face: one that no other voxel of it shares."""
        rim = self.voxels & ~binary_erosion(self.voxels)
        return Mask(self.grid, self.start_kji, rim)

    def free_faces(self) -> tuple[IndexArray, IndexArray]:
        """The voxel on the inside of each free face, and its neighbour on the outside.

        Returns
        -------
        tuple of ndarray
            Two arrays (faces, 3) of indices; a neighbour may lie off the grid.
        """
        padded = np.pad(self.voxels, 1)
        inner, outer = [], []
        for axis in range(3):
            for step in (-1, 1):
                inside = np.argwhere(padded & ~np.roll(padded, -step, axis))
                inner.append(inside)
                outer.append(inside + step * (np.arange(3) == axis))
        first = np.array(self.start_kji) - 1
        return np.concatenate(inner) + first, np.concatenate(outer) + first

    def surface_ras_mm(self) -> NDArray[np.floating]:
        """Points of its surface: midway between the voxels on either side of each free face.

        Returns
        -------
        ndarray
            Array of shape (faces, 3), RAS in mm.
        """
        inner, outer = self.free_faces()
        return self.grid.ras_of((inner + outer) / 2)

    def within(self, box: Box) -> BoolArray:
        """The mask as an array of a box of the grid; what lies outside the box is left out."""
        out = np.zeros([s.stop - s.start for s in box], dtype=bool)
        shared = _shared_box(self.box, box)
        out[_seen_from(box, shared)] = self.voxels[_seen_from(self.box, shared)]
        return out

    def to_array(self) -> BoolArray:
        """The mask as an array of the whole grid."""
        return self.within(tuple(slice(0, n) for n in self.grid.shape_kji))  # type: ignore[arg-type]

    def overlap(self, other: Mask) -> int:
        """Number of voxels of both."""
        return int(np.count_nonzero(self._shared_voxels(other)[1]))

    def __and__(self, other: Mask) -> Mask:
        """Voxels of both."""
        start, voxels = self._shared_voxels(other)
        return Mask.from_array(self.grid, voxels, start)

    def __sub__(self, other: Mask) -> Mask:
        """Voxels of this mask that are not in the other."""
        shared = _shared_box(self.box, other.box)
        out = self.voxels.copy()
        out[_seen_from(self.box, shared)] &= ~other.voxels[_seen_from(other.box, shared)]
        return Mask.from_array(self.grid, out, self.start_kji)

    def _shared_voxels(self, other: Mask) -> tuple[IndexKJI, BoolArray]:
        """Voxels of both in the box that both have, and where that box starts."""
        shared = _shared_box(self.box, other.box)
        k, j, i = shared
        mine = self.voxels[_seen_from(self.box, shared)]
        return (k.start, j.start, i.start), mine & other.voxels[_seen_from(other.box, shared)]

    def __or__(self, other: Mask) -> Mask:
        """Voxels of either."""
        return Mask.union(self.grid, (self, other))

    @classmethod
    def union(cls, grid: Grid, masks: Iterable[Mask]) -> Mask:
        """Voxels of any of the masks."""
        filled = [m for m in masks if not m.is_empty]
        if not filled:
            return cls.empty(grid)
        start = np.min([m.start_kji for m in filled], axis=0)
        stop = np.max([np.add(m.start_kji, m.voxels.shape) for m in filled], axis=0)
        out = np.zeros(stop - start, dtype=bool)
        for m in filled:
            place = tuple(
                slice(s.start - a, s.stop - a) for s, a in zip(m.box, start.tolist(), strict=True)
            )
            out[place] |= m.voxels
        k, j, i = start.tolist()
        return cls(grid, (k, j, i), out)

    def center_ras_mm(self) -> tuple[float, float, float]:
        """Centre of mass in RAS mm.

        Raises
        ------
        ValueError
            If the mask is empty.
        """
        if self.is_empty:
            raise ValueError("an empty mask has no centre")
        kji = [
            np.average(np.arange(n), weights=self.voxels.sum(axis=tuple({0, 1, 2} - {axis})))
            for axis, n in enumerate(self.voxels.shape)
        ]
        r, a, s = self.grid.ras_of(np.add(kji, self.start_kji)).tolist()
        return r, a, s


def values_at(
    array: NDArray, kji: IndexArray, outside: float, start_kji: IndexKJI = (0, 0, 0)
) -> NDArray:
    """Values of a box of voxels.

    Parameters
    ----------
    array
        Array (slices, rows, columns) of the box.
    kji
        Array of shape (n, 3): indices of voxels, counted as the box's start is.
    outside
        The value where the box has no such voxel.
    start_kji
        Index of the box's first voxel.
    """
    inside = _in_range(kji[:, 0], start_kji[0], array.shape[0])
    for axis in (1, 2):
        inside = inside[_in_range(kji[inside, axis], start_kji[axis], array.shape[axis])]
    out = np.full(len(kji), outside, dtype=array.dtype)
    out[inside] = array[tuple((kji[inside] - np.array(start_kji)).T)]
    return out


def _in_range(index: IndexArray, first: int, count: int) -> IndexArray:
    """Where indices are among so many from a first one on."""
    return np.flatnonzero((index >= first) & (index < first + count))


def _shared_box(one: Box, other: Box) -> Box:
    """The box that lies in both; without voxels where they do not meet."""
    shared = []
    for a, b in zip(one, other, strict=True):
        start = max(a.start, b.start)
        shared.append(slice(start, max(start, min(a.stop, b.stop))))
    k, j, i = shared
    return k, j, i


def _seen_from(outer: Box, inner: Box) -> Box:
    """The inner box as slices into the array of the outer one."""
    k, j, i = (
        slice(b.start - a.start, b.stop - a.start) for a, b in zip(outer, inner, strict=True)
    )
    return k, j, i


def bounding_box(array: NDArray) -> Box | None:
    """The smallest box of an array that holds all that is not zero; None if all is."""
    box: list[slice] = []
    for axis in range(3):
        view = array[tuple(box)]
        hits = np.flatnonzero(view.any(axis=tuple({0, 1, 2} - {axis})))
        if hits.size == 0:
            return None
        box.append(slice(int(hits[0]), int(hits[-1]) + 1))
    k, j, i = box
    return k, j, i
