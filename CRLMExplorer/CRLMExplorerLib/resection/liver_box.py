"""The part of the CT that a resection happens in: the box around the liver and the remnant.

It knows where voxels of that box lie; it knows no cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.geometry.mask import BoolArray, Box

FloatArray = NDArray[np.float64]

TOLERANCE_MM = 1e-6
"""Positions this close count as equal, so that rounding never decides about a voxel."""

_ORTHOGONAL = 1e-6


@dataclass(frozen=True, eq=False)
class LiverBox:
    """A box of the grid, and the liver in it.

    Attributes
    ----------
    grid
        The CT's grid.
    box
        The box as slices into an array of the grid.
    liver
        Boolean array of the box.
    """

    grid: Grid
    box: Box
    liver: BoolArray

    @classmethod
    def around(cls, liver: Mask, others: Sequence[Mask]) -> LiverBox:
        """The smallest box that holds the liver and all of the other masks."""
        box = Mask.union(liver.grid, [liver, *others]).box
        return cls(liver.grid, box, liver.within(box))

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Slices, rows and columns of the box."""
        k, j, i = self.liver.shape
        return k, j, i

    @cached_property
    def origin_ras_mm(self) -> FloatArray:
        """Centre of the box's first voxel."""
        return np.asarray(self.grid.ras_of([s.start for s in self.box]), dtype=np.float64)

    @cached_property
    def axes_ras_mm(self) -> FloatArray:
        """Steps from voxel to voxel along slices, rows, columns, as rows of an array (3, 3)."""
        return self.grid.ijk_to_ras[:3, 2::-1].T

    @cached_property
    def spacing_kji_mm(self) -> tuple[float, float, float]:
        """Distances between voxel centres along the box's axes."""
        return self.grid.spacing_kji_mm

    @cached_property
    def voxel_diagonal_mm(self) -> float:
        """The longest diagonal of a voxel."""
        signs = np.array([(1, b, c) for b in (-1, 1) for c in (-1, 1)])
        return float(np.linalg.norm(signs @ self.axes_ras_mm, axis=1).max())

    @cached_property
    def is_orthogonal(self) -> bool:
        """Whether the axes are at right angles, which a tilted gantry's are not."""
        unit = self.axes_ras_mm / np.linalg.norm(self.axes_ras_mm, axis=1, keepdims=True)
        return bool(np.abs(unit @ unit.T - np.eye(3)).max() < _ORTHOGONAL)

    def ras_of(self, kji: NDArray) -> FloatArray:
        """RAS positions in mm of indices (..., 3) into the box's arrays; fractions allowed."""
        return np.asarray(kji, dtype=np.float64) @ self.axes_ras_mm + self.origin_ras_mm

    def kji_of(self, ras_mm: NDArray) -> FloatArray:
        """Indices (..., 3) into the box's arrays, fractional, of RAS positions in mm."""
        return (np.asarray(ras_mm, dtype=np.float64) - self.origin_ras_mm) @ np.linalg.inv(
            self.axes_ras_mm
        )

    def window(self, points_ras_mm: NDArray, around_mm: float) -> Box:
        """The part of the box whose voxel centres may lie within a distance of points (n, 3)."""
        kji = self.kji_of(np.reshape(points_ras_mm, (-1, 3)))
        # Rows of the inverse turn a displacement in mm into one in voxels.
        reach = around_mm * np.linalg.norm(np.linalg.inv(self.axes_ras_mm), axis=0) + 1e-6
        first = np.ceil(kji.min(axis=0) - reach).clip(0, self.shape_kji).astype(int)
        stop = (np.floor(kji.max(axis=0) + reach) + 1).clip(first, self.shape_kji).astype(int)
        k, j, i = (slice(int(a), int(b)) for a, b in zip(first, stop, strict=True))
        return k, j, i

    def positions(self, window: Box) -> FloatArray:
        """RAS positions in mm of a window's voxel centres: (slices, rows, columns, 3)."""
        k, j, i = (
            np.arange(s.start, s.stop)[:, None] * axis
            for s, axis in zip(window, self.axes_ras_mm, strict=True)
        )
        return self.origin_ras_mm + (k[:, None, None] + j[:, None]) + i

    def mask_of(self, voxels: BoolArray) -> Mask:
        """A boolean array of the box as a mask of the grid."""
        k, j, i = (s.start for s in self.box)
        return Mask.from_array(self.grid, voxels, (k, j, i))

    def whole(self) -> Box:
        """The window of the whole box."""
        k, j, i = (slice(0, n) for n in self.shape_kji)
        return k, j, i
