"""The smooth surface through a reader's points that cuts the liver.

Points that are nearly in one plane are cut by their best-fit plane: picking on a screen is no more
exact than that, and a plane runs on unbent where there are no points. Others are cut by a
thin-plate spline, the least bent height over that plane through all of them; it needs no grid of
control points, as a Bézier patch would.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import map_coordinates

from CRLMExplorerLib.geometry.mask import BoolArray, IndexArray
from CRLMExplorerLib.resection.errors import PlanError
from CRLMExplorerLib.resection.halves import depth_beyond_plane, kept_by_plane
from CRLMExplorerLib.resection.liver_box import TOLERANCE_MM, FloatArray, LiverBox
from CRLMExplorerLib.resection.steps import CurveCut

NEARLY_PLANAR_MM = 2.0
"""Points no farther than this from their best-fit plane are cut by it."""

_COLLINEAR = 1e-3
_STEEPEST = 10.0
_TABLE_STEP_MM = 1.0


class Construction(str, Enum):
    """How the surface was made."""

    PLANE = "best-fit plane"
    SPLINE = "thin-plate spline"


@dataclass(frozen=True, eq=False)
class CurveSurface:
    """A height over a plane.

    Attributes
    ----------
    construction
        Which kind it is.
    center_ras_mm
        Centre of the points.
    axes_ras
        Array of shape (3, 3): two directions in the best-fit plane and its normal, which points to
        the removed side of the plane.
    removes_above
        Whether the part above the surface is removed or the one below, along the normal.
    spline
        The height in mm over positions in the plane; None for the plane itself.
    """

    construction: Construction
    center_ras_mm: FloatArray
    axes_ras: FloatArray
    removes_above: bool
    spline: RBFInterpolator | None

    def height_mm(self, in_plane_mm: FloatArray) -> FloatArray:
        """Height of the surface above positions (n, 2) in the plane."""
        if self.spline is None:
            return np.zeros(len(in_plane_mm))
        return self.spline(in_plane_mm)

    def points_ras_mm(self, in_plane_mm: FloatArray) -> FloatArray:
        """Points (n, 3) of the surface over positions (n, 2) in the plane, to draw it."""
        heights = self.height_mm(in_plane_mm)
        return self.center_ras_mm + np.column_stack([in_plane_mm, heights]) @ self.axes_ras

    def kept(self, box: LiverBox, remnant: BoolArray) -> BoolArray:
        """Voxels of a remnant in the box whose centres are not on the removed side."""
        if self.spline is None:
            return remnant & kept_by_plane(box, self.center_ras_mm, self._to_removed)
        kept = np.zeros(box.shape_kji, dtype=bool)
        for k, voxels in enumerate(remnant):
            ji = np.argwhere(voxels)
            kji = np.insert(ji, 0, k, axis=1)
            kept[k, ji[:, 0], ji[:, 1]] = self.depth_mm(box, kji) <= 0
        return kept

    def depth_mm(self, box: LiverBox, kji: IndexArray) -> FloatArray:
        """How deep voxels (n, 3) of the box lie on the removed side; negative where they are kept.

        Counted along the normal of the plane under the surface.
        """
        if self.spline is None:
            return depth_beyond_plane(box, kji, self.center_ras_mm, self._to_removed)
        first, counts = self._extent(box)
        local = (box.ras_of(kji) - self.center_ras_mm) @ self.axes_ras.T
        at = local[:, :2] / _TABLE_STEP_MM - first
        above = local[:, 2] - map_coordinates(_table(self, first, counts), at.T, order=1)
        return (above if self.removes_above else -above) - TOLERANCE_MM

    @property
    def _to_removed(self) -> FloatArray:
        return self.axes_ras[2] if self.removes_above else -self.axes_ras[2]

    def _extent(self, box: LiverBox) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where a table of heights over the whole box starts, and how many it has."""
        corners = box.ras_of(np.array(list(np.ndindex(2, 2, 2))) * np.subtract(box.shape_kji, 1))
        in_plane = ((corners - self.center_ras_mm) @ self.axes_ras.T)[:, :2] / _TABLE_STEP_MM
        x, y = np.floor(in_plane.min(axis=0)).astype(int).tolist()
        to_x, to_y = np.floor(in_plane.max(axis=0)).astype(int).tolist()
        return (x, y), (to_x - x + 2, to_y - y + 2)


@lru_cache(maxsize=8)
def _table(surface: CurveSurface, first: tuple[int, int], counts: tuple[int, int]) -> FloatArray:
    """Heights on a regular table over the plane.

    The spline itself takes too long for every voxel; between points 1 mm apart it is straight.
    """
    at = (np.indices(counts).reshape(2, -1).T + first) * _TABLE_STEP_MM
    return surface.height_mm(at).reshape(counts)


@lru_cache(maxsize=32)
def curve_surface(cut: CurveCut) -> CurveSurface:
    """The surface through a curve's points.

    Raises
    ------
    PlanError
        If the points lie on a line or on one another, the curve crosses itself, it folds over so
        that no height over a plane follows it, or the removed side is not told.
    """
    points = np.array(list(dict.fromkeys(cut.points_ras_mm)), dtype=np.float64)
    center = points.mean(axis=0)
    extent, axes = np.linalg.svd(points - center)[1:]
    if len(points) < 3 or extent[1] <= max(_COLLINEAR * extent[0], TOLERANCE_MM):
        raise PlanError(
            f"the curve's {len(cut.points_ras_mm)} points lie on a line: at least three "
            "must not, or no surface through them is determined"
        )
    # The sign that the decomposition gives is arbitrary.
    axes[2] = np.cross(axes[0], axes[1])
    local = (points - center) @ axes.T
    _require_simple(local[:, :2])
    spline = None
    if np.abs(local[:, 2]).max() > NEARLY_PLANAR_MM:
        spline = _spline(local)
    removed = (np.array(cut.removed_ras_mm) - center) @ axes.T
    surface = CurveSurface(
        Construction.SPLINE if spline else Construction.PLANE, center, axes, True, spline
    )
    above = float(removed[2] - surface.height_mm(removed[None, :2])[0])
    if abs(above) <= TOLERANCE_MM:
        raise PlanError("the point on the curve's removed side lies on the curve's surface")
    return CurveSurface(surface.construction, center, axes, above > 0, spline)


def _spline(local: FloatArray) -> RBFInterpolator:
    in_plane, heights = local[:, :2], local[:, 2]
    apart = np.linalg.norm(in_plane[:, None] - in_plane, axis=-1)
    np.fill_diagonal(apart, np.inf)
    steep = np.abs(heights[:, None] - heights) > _STEEPEST * apart
    if steep.any() or apart.min() <= TOLERANCE_MM:
        raise PlanError(
            "the curve folds over: two of its points lie above one another, seen from its "
            "best-fit plane"
        )
    try:
        return RBFInterpolator(in_plane, heights, kernel="thin_plate_spline")
    except np.linalg.LinAlgError as error:
        raise PlanError("no smooth surface goes through the curve's points") from error


def _require_simple(corners: FloatArray) -> None:
    """Make sure that an open line of corners (n, 2) does not cross itself."""
    starts, ends = corners[:-1], corners[1:]
    for first in range(len(starts)):
        for second in range(first + 2, len(starts)):
            if _cross(starts[first], ends[first], starts[second], ends[second]):
                raise PlanError(
                    f"the curve crosses itself: the way from point {first + 1} to {first + 2} and "
                    f"the one from point {second + 1} to {second + 2}"
                )


def _cross(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> bool:
    """Whether two segments in the plane have a point inside both of them in common."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: ArrayLike, b: ArrayLike, point: ArrayLike) -> float:
    along, to = np.subtract(b, a), np.subtract(point, a)
    return float(along[0] * to[1] - along[1] * to[0])
