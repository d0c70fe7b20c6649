"""A voxel grid in patient space, and the one conversion between LPS and RAS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

ShapeKJI = tuple[int, int, int]
IndexKJI = tuple[int, int, int]

_LPS_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def lps_to_ras(matrix: ArrayLike) -> NDArray[np.float64]:
    """Turn an affine that ends in LPS into one that ends in RAS, or the reverse.

    Parameters
    ----------
    matrix
        Array of shape (4, 4) whose output is LPS (DICOM) or RAS (Slicer), in mm.
    """
    return _LPS_RAS @ np.asarray(matrix, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Grid:
    """The voxels of a volume and where they lie.

    Attributes
    ----------
    shape_kji
        Number of slices, rows and columns: the shape of the volume's numpy array.
    ijk_to_ras
        Array of shape (4, 4): column, row, slice index of a voxel's centre to RAS in mm.
    """

    shape_kji: ShapeKJI
    ijk_to_ras: NDArray[np.float64]

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along columns, rows, slices (i, j, k) in mm."""
        i, j, k = np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0).tolist()
        return i, j, k

    @cached_property
    def spacing_kji_mm(self) -> tuple[float, float, float]:
        """The spacing in the order of the array's axes, in mm."""
        i, j, k = self.spacing_mm
        return k, j, i

    @cached_property
    def voxel_ml(self) -> float:
        """Volume of one voxel in mL."""
        return abs(float(np.linalg.det(self.ijk_to_ras[:3, :3]))) / 1000.0

    def ras_of(self, kji: ArrayLike) -> NDArray[np.floating]:
        """RAS positions in mm of array indices.

        Parameters
        ----------
        kji
            Array of shape (..., 3): slice, row, column; fractions allowed.
        """
        ijk = np.asarray(kji, dtype=np.float64)[..., ::-1]
        return ijk @ self.ijk_to_ras[:3, :3].T + self.ijk_to_ras[:3, 3]

    def kji_of(self, ras_mm: Sequence[float]) -> NDArray[np.floating]:
        """Array index (slice, row, column; fractional) of a RAS position in mm."""
        ijk = np.linalg.solve(self.ijk_to_ras, [*ras_mm, 1.0])
        return ijk[2::-1]

    def same_as(self, other: Grid, tolerance_mm: float = 1e-2) -> bool:
        """Whether both grids have the same voxels, within a tolerance in mm.

        The outer edges count too, so that grids of a single slice differ where its thickness does.
        """
        if self.shape_kji != other.shape_kji:
            return False
        corners = np.array(list(np.ndindex(2, 2, 2))) * self.shape_kji - 0.5
        return bool(np.abs(self.ras_of(corners) - other.ras_of(corners)).max() <= tolerance_mm)
