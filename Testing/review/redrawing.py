"""What the tests of editing share: places and cuts on a small patient, and what they leave."""

from __future__ import annotations

import numpy as np

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.resection import PlaneCut, Stroke
from CRLMExplorerLib.review import ReviewSession

LIVER = np.s_[2:10, 4:44, 4:44]
RIGHT = (1.0, 0.0, 0.0)


def at(session: ReviewSession, k: int, j: int, i: float) -> PointRAS:
    """RAS in mm of a voxel's centre."""
    x, y, z = (float(value) for value in session.case.ct.grid.ras_of((k, j, i)))
    return x, y, z


def plane(session: ReviewSession, column: float) -> PlaneCut:
    """Remove what lies right of a column."""
    return PlaneCut(at(session, 5, 20, column), RIGHT)


def voxels(*columns: int) -> np.ndarray:
    """The liver from one column to another."""
    mask = np.zeros((12, 48, 48), dtype=bool)
    mask[2:10, 4:44, slice(*columns)] = True
    return mask


def eraser(session: ReviewSession, i: float = 36) -> tuple[PointRAS, Stroke]:
    """Where to erase, and with what: 2 mm around."""
    point = at(session, 5, 20, i)
    return point, Stroke((point,), 2.0, adds=False)


def remnant(session: ReviewSession) -> np.ndarray:
    """The remnant under the hand, as an array of the CT's grid."""
    edit = session.editing.edit
    return edit.resection.flr(edit.plan).to_array()
