"""Planes to start the common hepatectomies from, estimated from the vessels and the liver's axes.

They are approximate, each says so and by what it was placed, and a reader has to adjust them: no
plane follows a portal territory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure import MeasuredSegment
from CRLMExplorerLib.measure.segment import mask_of
from CRLMExplorerLib.resection.errors import ResectionError
from CRLMExplorerLib.resection.halves import unit
from CRLMExplorerLib.resection.liver_box import FloatArray
from CRLMExplorerLib.resection.steps import PlaneCut

_THICK = 0.6
"""A trunk is where a vessel is at least this thick, of its thickest place."""

_MOST_DISTANT = 0.05
_IN_REACH_MM = 15.0


class Hepatectomy(str, Enum):
    """Common resections (Brisbane 2000 terms)."""

    RIGHT = "right hepatectomy"
    LEFT = "left hepatectomy"
    EXTENDED_RIGHT = "extended right hepatectomy"
    EXTENDED_LEFT = "extended left hepatectomy"
    LEFT_LATERAL = "left lateral sectionectomy"


@dataclass(frozen=True)
class StartingCut:
    """A plane to start from.

    Attributes
    ----------
    hepatectomy
        What it begins.
    cut
        The plane, its normal towards the removed side.
    note
        For the reader: that it is approximate, and by what it was placed.
    """

    hepatectomy: Hepatectomy
    cut: PlaneCut
    note: str


@dataclass(frozen=True)
class _Fissure:
    """A border between parts of the liver.

    Attributes
    ----------
    name
        For the note.
    normal_ras
        Its usual direction, towards the patient's left.
    left_share
        The usual share of the liver to its left (Abdalla 2004, Surgery 135:404; Mise 2014,
        Ann Surg 260:307).
    plausible
        Least and greatest share that a plane placed by vessels may have there.
    """

    name: str
    normal_ras: tuple[float, float, float]
    left_share: float
    plausible: tuple[float, float]


_MAIN = _Fissure("the main fissure (Cantlie's line)", (-0.94, 0.33, 0.08), 0.35, (0.18, 0.55))
_UMBILICAL = _Fissure("the umbilical fissure", (-1.0, 0.0, 0.0), 0.17, (0.08, 0.35))
_RIGHT = _Fissure("the right fissure", (-0.6, 0.8, 0.0), 0.68, (0.5, 0.8))

_CUTS: dict[Hepatectomy, tuple[_Fissure, bool]] = {
    Hepatectomy.RIGHT: (_MAIN, False),
    Hepatectomy.LEFT: (_MAIN, True),
    Hepatectomy.EXTENDED_RIGHT: (_UMBILICAL, False),
    Hepatectomy.EXTENDED_LEFT: (_RIGHT, True),
    Hepatectomy.LEFT_LATERAL: (_UMBILICAL, True),
}
"""Along which fissure each cuts, and whether it removes what lies to its left."""


def starting_cut(hepatectomy: Hepatectomy, segments: Sequence[MeasuredSegment]) -> StartingCut:
    """Estimate where a hepatectomy would cut.

    The main fissure goes through the confluence of the hepatic veins and the portal bifurcation,
    the umbilical one through the left end of the portal trunks, the right one along the right
    hepatic vein. Where vessels are missing, or put it where no such fissure is, the plane has the
    usual direction and leaves the usual share of the liver on either side.

    Parameters
    ----------
    segments
        The patient's segments; only the liver is needed.

    Raises
    ------
    ResectionError
        If there is no liver segment with voxels.
    """
    liver = mask_of(segments, Role.LIVER)
    if liver is None:
        raise ResectionError("there is no liver segment with voxels to place a plane in")
    fissure, removes_left = _CUTS[hepatectomy]
    inside = _positions(liver)
    trunks = _Trunks.of(liver, segments)
    placed = trunks.plane_of(fissure) if trunks else None
    how = "placed by the vessels"
    if placed is None or not _is_plausible(inside, fissure, *placed):
        placed = _by_share(inside, fissure)
        how = (
            f"placed where {100 * fissure.left_share:.0f} % of the liver usually lie to its left, "
            "because the vessels do not tell"
        )
    point, normal = placed
    r, a, s = (normal if removes_left else -normal).tolist()
    x, y, z = point.tolist()
    note = f"Approximate: a plane along {fissure.name}, {how}. Adjust it before use."
    return StartingCut(hepatectomy, PlaneCut((x, y, z), (r, a, s)), note)


@dataclass(frozen=True, eq=False)
class _Trunks:
    """Positions (n, 3) of the thick parts of the veins, and landmarks, RAS in mm.

    Attributes
    ----------
    confluence
        Where the hepatic veins leave the liver.
    bifurcation
        Where the portal vein divides.
    """

    hepatic: FloatArray
    portal: FloatArray
    confluence: FloatArray
    bifurcation: FloatArray

    @classmethod
    def of(cls, liver: Mask, segments: Sequence[MeasuredSegment]) -> _Trunks | None:
        """Find them; None where a vein is missing or lies outside the liver."""
        veins = [mask_of(segments, role) for role in (Role.HEPATIC_VEIN, Role.PORTAL_VEIN)]
        within = [vein & liver for vein in veins if vein]
        if len(within) < 2 or any(vein.is_empty for vein in within):
            return None
        hepatic, portal = (_thick(vein) for vein in within)
        # The hepatic veins run together above, behind and towards the middle; the portal vein
        # divides in the midst of its trunks.
        confluence = _outermost(hepatic, np.array([-0.7, -0.7, 1.0]))
        return cls(hepatic, portal, confluence, np.median(portal, axis=0))

    def plane_of(self, fissure: _Fissure) -> tuple[FloatArray, FloatArray] | None:
        """Point and normal, towards the left; None where a landmark is missing."""
        usual = unit(fissure.normal_ras)
        if fissure is _MAIN:
            return self.confluence, _containing(usual, self.bifurcation - self.confluence)
        if fissure is _UMBILICAL:
            return _outermost(self.portal, usual), usual
        right = _outermost(self.hepatic, np.array([1.0, 0.0, 0.0]))
        if np.linalg.norm(right - self.confluence) < _IN_REACH_MM:
            return None
        return self.confluence, _containing(usual, right - self.confluence)


def _containing(normal: FloatArray, direction: FloatArray) -> FloatArray:
    """The normal nearest to the usual one of a plane that contains a direction."""
    along = unit(direction) if direction.any() else direction
    return unit(normal - (normal @ along) * along)


def _outermost(points: FloatArray, direction: FloatArray) -> FloatArray:
    """Centre of the few points that lie farthest in a direction."""
    count = max(int(_MOST_DISTANT * len(points)), 1)
    return points[np.argsort(points @ direction)[-count:]].mean(axis=0)


def _thick(vein: Mask) -> FloatArray:
    """Positions of the voxels that lie deep inside a vein."""
    # Within slices: they may be so thick that a vein is no more than one of them high.
    inner = binary_erosion(vein.voxels, np.ones((1, 3, 3), dtype=bool))
    rim = Mask.from_array(vein.grid, vein.voxels & ~inner, vein.start_kji)
    points = _positions(vein)
    depth = cKDTree(_positions(rim)).query(points)[0]
    return points[depth >= _THICK * depth.max()]


def _is_plausible(
    inside: FloatArray, fissure: _Fissure, point: FloatArray, normal: FloatArray
) -> bool:
    least, greatest = fissure.plausible
    return bool(least <= np.mean(inside @ normal > point @ normal) <= greatest)


def _by_share(inside: FloatArray, fissure: _Fissure) -> tuple[FloatArray, FloatArray]:
    """The plane of usual direction that leaves the usual share to its left."""
    normal = unit(fissure.normal_ras)
    offset = np.quantile(inside @ normal, 1.0 - fissure.left_share)
    center = inside.mean(axis=0)
    return center + (offset - center @ normal) * normal, normal


def _positions(mask: Mask) -> FloatArray:
    return np.asarray(mask.grid.ras_of(np.argwhere(mask.voxels) + mask.start_kji), dtype=np.float64)
