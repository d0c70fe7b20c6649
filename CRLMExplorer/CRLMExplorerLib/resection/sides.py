"""The two sides of a curve's surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from CRLMExplorerLib.resection.curve import curve_surface
from CRLMExplorerLib.resection.steps import CurveCut

_FROM_SURFACE_MM = 100.0


def other_side(cut: CurveCut) -> CurveCut:
    """The cut along the same surface that removes what this one keeps.

    Raises
    ------
    PlanError
        If no surface goes through the points.
    """
    surface = curve_surface(cut)
    height = float(surface.height_mm(np.zeros((1, 2)))[0])
    away = -_FROM_SURFACE_MM if surface.removes_above else _FROM_SURFACE_MM
    r, a, s = (surface.center_ras_mm + (height + away) * surface.axes_ras[2]).tolist()
    return replace(cut, removed_ras_mm=(r, a, s))
