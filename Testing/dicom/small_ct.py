"""Small CT series of any geometry, written as DICOM, and ways to damage them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.phantom import write_ct

SHARED = Path(__file__).parents[3] / "shared" / "data"
SHAPE = (6, 11, 13)
SPACING_MM = (0.8, 0.7, 5.0)


def rotation(axis: int, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    matrix[np.ix_([a, b], [a, b])] = [[c, -s], [s, c]]
    return matrix


DIRECTIONS_LPS = {
    "supine": np.eye(3),
    "prone": np.diag([-1.0, -1.0, 1.0]),
    "oblique": rotation(0, 17.0) @ rotation(2, 8.0),
    "sagittal": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]),
}


def grid_of(
    directions_lps: np.ndarray = DIRECTIONS_LPS["supine"],
    shape: tuple[int, int, int] = SHAPE,
    spacing_mm: tuple[float, float, float] = SPACING_MM,
    origin_lps: tuple[float, float, float] = (-12.5, 33.25, -101.0),
) -> Grid:
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3] = directions_lps @ np.diag(spacing_mm)
    ijk_to_lps[:3, 3] = origin_lps
    return Grid(shape, lps_to_ras(ijk_to_lps))


def noise_hu(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(1).integers(-1024, 2000, shape).astype(np.int16)


def ct_files(folder: Path, grid: Grid | None = None, **tags: str) -> list[Path]:
    """The files of a CT of noise, in the order of its slices."""
    grid = grid or grid_of()
    return write_ct(folder, noise_hu(grid.shape_kji), grid, "P1", **tags)


def edit(file: Path, change: Callable[[Dataset], object]) -> Path:
    image = dcmread(file)
    change(image)
    image.save_as(file)
    return file


def moved(file: Path, position_lps: tuple[float, float, float]) -> Path:
    return edit(file, lambda image: setattr(image, "ImagePositionPatient", list(position_lps)))
