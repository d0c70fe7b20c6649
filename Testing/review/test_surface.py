"""Coarse surfaces of bodies whose size and place are known."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.vtkFiltersCore import vtkMassProperties

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.review.surface import bulk_surface

pytestmark = pytest.mark.usefixtures("host")

OBLIQUE = np.array(
    [
        [0.0, -0.8, 0.0, 30.0],
        [-0.48, 0.0, 3.0, -20.0],
        [-0.64, 0.0, -4.0, 10.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
"""Columns and rows of 0.8 mm, slices of 5 mm, tilted, and patient positions mixed."""


@pytest.fixture
def grid() -> Grid:
    return Grid((30, 150, 160), OBLIQUE)


@pytest.fixture
def ball(grid: Grid) -> Mask:
    """Of 40 mm radius."""
    kji = np.moveaxis(np.indices(grid.shape_kji), 0, -1)
    distance_mm = np.linalg.norm(grid.ras_of(kji) - grid.ras_of((14, 75, 83)), axis=-1)
    return Mask.from_array(grid, distance_mm < 40)


def test_a_ball_keeps_its_size_and_place(ball: Mask) -> None:
    surface = bulk_surface(ball)
    measured = vtkMassProperties()
    measured.SetInputData(surface)
    assert measured.GetVolume() / 1000 == pytest.approx(ball.volume_ml, rel=0.02)
    assert surface.GetCenter() == pytest.approx(ball.center_ras_mm(), abs=0.5)
    low, high = np.array(surface.GetBounds()).reshape(3, 2).T
    assert high - low == pytest.approx([80, 80, 80], abs=4)


def test_every_start_of_the_box_gives_the_same_place(grid: Grid) -> None:
    for start in range(6):
        voxels = np.ones((10, 80, 80), dtype=bool)
        box = Mask(grid, (start, 20 + start, 40 + start), voxels)
        assert bulk_surface(box).GetCenter() == pytest.approx(box.center_ras_mm(), abs=1.2)


def test_a_small_body_keeps_its_detail(grid: Grid) -> None:
    box = Mask(grid, (2, 20, 40), np.ones((6, 31, 31), dtype=bool))
    low, high = np.array(bulk_surface(box).GetBounds()).reshape(3, 2).T
    assert (high - low)[0] == pytest.approx(31 * 0.8, abs=0.9)


def test_an_empty_mask_has_none(grid: Grid) -> None:
    assert bulk_surface(Mask.empty(grid)) is None
