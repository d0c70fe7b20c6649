"""Grids, shapes and segments of known measure for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.geometry import Grid, Mask

CT_SPACING_MM = (0.8, 0.8, 5.0)


@dataclass(frozen=True)
class Segment:
    """The least that the room asks of a segment."""

    number: int
    label: str
    role: Role
    mask: Mask


def grid_of(shape_kji, spacing_mm=(1.0, 1.0, 1.0), direction=None, origin=(0.0, 0.0, 0.0)) -> Grid:
    """A grid; the columns of the direction are those of i, j and k."""
    matrix = np.eye(4)
    matrix[:3, :3] = (np.eye(3) if direction is None else direction) * np.array(spacing_mm)
    matrix[:3, 3] = origin
    return Grid(tuple(shape_kji), matrix)


def rotation(seed: int) -> np.ndarray:
    """A direction matrix that is oblique to every axis, right-handed."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def box(grid: Grid, start, size) -> Mask:
    """A cuboid of voxels."""
    return Mask.from_array(grid, np.ones(size, dtype=bool), tuple(start))


def voxels(grid: Grid, *indices) -> Mask:
    """Single voxels, by slice, row and column."""
    array = np.zeros(grid.shape_kji, dtype=bool)
    array[tuple(np.transpose(indices))] = True
    return Mask.from_array(grid, array)


def ball(grid: Grid, center_kji, radius_mm: float) -> Mask:
    """Voxels whose centres lie in a sphere."""
    offset = grid.ras_of(np.moveaxis(np.indices(grid.shape_kji), 0, -1)) - grid.ras_of(center_kji)
    return Mask.from_array(grid, np.linalg.norm(offset, axis=-1) <= radius_mm)


def blobs(grid: Grid, seed: int) -> Mask:
    """A few random ellipsoids that may touch or not."""
    rng = np.random.default_rng(seed)
    index = np.indices(grid.shape_kji)
    shape = np.array(grid.shape_kji)
    array = np.zeros(grid.shape_kji, dtype=bool)
    for _ in range(3):
        center = rng.uniform(0.3, 0.7, 3) * shape
        radius = rng.uniform(0.05, 0.3, 3) * shape
        scaled = (index - center[:, None, None, None]) / radius[:, None, None, None]
        array |= (scaled**2).sum(axis=0) <= 1
    return Mask.from_array(grid, array)


def sprinkle(grid: Grid, seed: int, density: float) -> Mask:
    """Voxels chosen at random."""
    return Mask.from_array(grid, np.random.default_rng(seed).random(grid.shape_kji) < density)


def liver(mask: Mask) -> Segment:
    return Segment(1, "Liver", Role.LIVER, mask)


def remnant(mask: Mask) -> Segment:
    return Segment(2, "Liver Remnant", Role.REMNANT, mask)


def hepatic(mask: Mask) -> Segment:
    return Segment(3, "Hepatic", Role.HEPATIC_VEIN, mask)


def portal(mask: Mask) -> Segment:
    return Segment(4, "Portal", Role.PORTAL_VEIN, mask)


def tumor(n: int, mask: Mask) -> Segment:
    return Segment(4 + n, f"Tumor_{n}", Role.TUMOR, mask)
