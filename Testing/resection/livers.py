"""Livers of known shape on every kind of grid, for the tests of cuts, margins and figures."""

from __future__ import annotations

import numpy as np

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.resection import RELEASED, Resection
from measure.shapes import ball, box, grid_of, rotation

SHAPE = (14, 40, 36)
SPACING_MM = (1.1, 0.9, 3.0)
PRONE = np.diag([1.0, -1.0, 1.0])
SAGITTAL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])

GRIDS = {
    "isotropic": grid_of((30, 32, 34)),
    "anisotropic": grid_of(SHAPE, SPACING_MM, origin=(-20.0, 7.0, -300.0)),
    "prone": grid_of(SHAPE, SPACING_MM, PRONE, (18.0, -9.5, 40.0)),
    "sagittal": grid_of(SHAPE, SPACING_MM, SAGITTAL),
    "oblique": grid_of(SHAPE, SPACING_MM, rotation(3), (5.0, 6.0, 7.0)),
}


def tilted() -> Grid:
    """A grid whose slices are stacked askew, as with a tilted gantry."""
    shear = np.eye(3)
    shear[1, 2] = 0.3
    return grid_of(SHAPE, SPACING_MM, shear)


def positions(grid: Grid) -> np.ndarray:
    """RAS positions of all voxel centres, shape (slices, rows, columns, 3)."""
    return grid.ras_of(np.moveaxis(np.indices(grid.shape_kji), 0, -1))


def middle(grid: Grid) -> np.ndarray:
    """A position amid the grid that is no voxel's centre."""
    return grid.ras_of(np.array(grid.shape_kji) / 2 - (0.37, 0.41, 0.29))


def point(position) -> tuple[float, float, float]:
    """A position as steps take it."""
    x, y, z = np.asarray(position, dtype=float).tolist()
    return x, y, z


def liver_in(grid: Grid) -> Mask:
    """A ball that reaches to two voxels from the grid's edge."""
    extent = (np.array(grid.shape_kji) - 5) * grid.spacing_kji_mm
    return ball(grid, np.array(grid.shape_kji) / 2, extent.min() / 2)


def block(grid: Grid) -> Mask:
    """All but the outermost voxels."""
    return box(grid, (1, 1, 1), np.subtract(grid.shape_kji, 2))


def resection_of(liver: Mask, tumors=None, released: Mask | None = None, **starts: Mask):
    """A patient of this liver."""
    if released is not None:
        starts = {RELEASED: released, **starts}
    return Resection("P1", "1.2.3", liver, tumors or {}, starts)
