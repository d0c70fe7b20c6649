"""The cuts and edits that a resection plan is made of, each a value that checks itself.

They say what is meant in RAS millimetres and know no voxels, all but a `Drawing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.errors import PlanError

VectorRAS = tuple[float, float, float]

EVERY_TUMOR = "*"
"""In a wedge: all tumours of the patient, whatever their labels."""

_LEAST_LENGTH = 1e-100
"""Squares of what is shorter, or longer than its inverse, are no numbers any more."""


@dataclass(frozen=True)
class PlaneCut:
    """Remove what lies on the side of a plane that its normal points to.

    Attributes
    ----------
    point_ras_mm
        Any point on the plane.
    normal_ras
        Direction towards the removed side; its length does not matter.
    """

    point_ras_mm: PointRAS
    normal_ras: VectorRAS

    def __post_init__(self) -> None:
        _require_finite("a plane's point", self.point_ras_mm)
        _require_direction("a plane's normal", self.normal_ras)


@dataclass(frozen=True)
class CurveCut:
    """Remove what lies on one side of a smooth surface through points.

    Which surface that is, `curve_surface` says.

    Attributes
    ----------
    points_ras_mm
        Three or more points in the order in which the reader placed them.
    removed_ras_mm
        A point on the side to remove.
    """

    points_ras_mm: tuple[PointRAS, ...]
    removed_ras_mm: PointRAS

    def __post_init__(self) -> None:
        _require_points("a curve", self.points_ras_mm, at_least=3)
        _require_finite("the point on a curve's removed side", self.removed_ras_mm)


@dataclass(frozen=True)
class WedgeCut:
    """Remove a tumour and what lies within a margin of its voxels.

    Attributes
    ----------
    tumor
        Label of the tumour's segment, or `EVERY_TUMOR`.
    margin_mm
        Greatest distance between the centres of a removed voxel and of a voxel of the tumour.
    """

    tumor: str
    margin_mm: float = 10.0

    def __post_init__(self) -> None:
        if not self.tumor:
            raise PlanError("a wedge names no tumour")
        _require_length("a wedge's margin", self.margin_mm, above_zero=False)


@dataclass(frozen=True)
class SphereCut:
    """Remove a sphere."""

    center_ras_mm: PointRAS
    radius_mm: float

    def __post_init__(self) -> None:
        _require_finite("a sphere's centre", self.center_ras_mm)
        _require_length("a sphere's radius", self.radius_mm)


@dataclass(frozen=True)
class Stroke:
    """Paint or erase along a stroke of a round brush.

    Attributes
    ----------
    points_ras_mm
        The way of the brush's centre; one point is a dab.
    radius_mm
        Of the brush.
    adds
        Whether it paints remnant or erases it.
    slice_normal_ras
        Normal of the slice that a flat brush works in, so that it changes voxels of that slice
        alone; None for a brush that is a ball.
    """

    points_ras_mm: tuple[PointRAS, ...]
    radius_mm: float
    adds: bool
    slice_normal_ras: VectorRAS | None = None

    def __post_init__(self) -> None:
        _require_points("a stroke", self.points_ras_mm, at_least=1)
        _require_length("a brush's radius", self.radius_mm)
        if self.slice_normal_ras is not None:
            _require_direction("a flat brush's normal", self.slice_normal_ras)


@dataclass(frozen=True)
class ScissorsCut:
    """Cut out the inside of an outline, through the whole liver along a view.

    Attributes
    ----------
    points_ras_mm
        Corners of the outline, which closes itself; where it crosses itself, every second crossing
        leads out again.
    normal_ras
        Direction of the view.
    adds
        Whether the inside is made remnant or taken from it.
    """

    points_ras_mm: tuple[PointRAS, ...]
    normal_ras: VectorRAS
    adds: bool = False

    def __post_init__(self) -> None:
        _require_points("an outline", self.points_ras_mm, at_least=3)
        _require_direction("the view's direction", self.normal_ras)


@dataclass(frozen=True)
class KeepLargestIsland:
    """Remove all of the remnant that does not hang together with its largest part."""


@dataclass(frozen=True)
class RemoveSmallIslands:
    """Remove parts of the remnant smaller than a volume in mL."""

    below_ml: float

    def __post_init__(self) -> None:
        _require_length("the volume of small islands", self.below_ml, unit="mL")


class Smoothing(str, Enum):
    """How the transection surface is smoothed; the liver's own surface is not."""

    MEDIAN = "median"
    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True)
class Smooth:
    """Smooth the transection surface.

    Attributes
    ----------
    kernel_mm
        What is smaller goes: width of the median's box, diameter of the opening's or closing's
        ball.
    method
        Median: each voxel follows the majority around it. Opening: spurs of remnant go. Closing:
        crevices in it are filled.
    """

    kernel_mm: float
    method: Smoothing = Smoothing.MEDIAN

    def __post_init__(self) -> None:
        _require_length("a smoothing kernel", self.kernel_mm)
        if not isinstance(self.method, Smoothing):
            raise PlanError(f"smoothing is median, opening or closing, not {self.method!r}")


Step = (
    PlaneCut
    | CurveCut
    | WedgeCut
    | SphereCut
    | Stroke
    | ScissorsCut
    | Drawing
    | KeepLargestIsland
    | RemoveSmallIslands
    | Smooth
)


def describe(step: Step) -> str:
    """A step in a few words, for a list of steps and for messages."""
    match step:
        case PlaneCut():
            return "Plane"
        case CurveCut():
            return f"Curve through {len(step.points_ras_mm)} points"
        case WedgeCut():
            name = "every tumour" if step.tumor == EVERY_TUMOR else step.tumor
            return f"Wedge of {step.margin_mm:g} mm around {name}"
        case SphereCut():
            return f"Sphere of radius {step.radius_mm:g} mm"
        case Stroke():
            return f"{'Paint' if step.adds else 'Erase'}, brush of {step.radius_mm:g} mm"
        case ScissorsCut():
            return "Scissors, fill" if step.adds else "Scissors, cut"
        case Drawing():
            return f"{step.tool}, in the segment editor"
        case KeepLargestIsland():
            return "Keep the largest island"
        case RemoveSmallIslands():
            return f"Remove islands below {step.below_ml:g} mL"
        case Smooth():
            return f"Smooth ({step.method.value}, {step.kernel_mm:g} mm)"


def _require_finite(what: str, values: Iterable[float]) -> None:
    if not all(math.isfinite(value) for value in values):
        raise PlanError(f"{what} is not finite: {_shown(values)}")


def _require_direction(what: str, vector: VectorRAS) -> None:
    _require_finite(what, vector)
    length = math.hypot(*vector)
    if length == 0:
        raise PlanError(f"{what} has length 0: it must point somewhere")
    if not _LEAST_LENGTH < length < 1 / _LEAST_LENGTH:
        raise PlanError(f"{what} cannot be scaled to length 1: {_shown(vector)}")


def _require_points(what: str, points: tuple[PointRAS, ...], at_least: int) -> None:
    if len(points) < at_least:
        raise PlanError(f"{what} has {len(points)} points, but needs at least {at_least}")
    for number, point in enumerate(points, start=1):
        _require_finite(f"point {number} of {what}", point)


def _require_length(what: str, value: float, above_zero: bool = True, unit: str = "mm") -> None:
    allowed = value > 0 if above_zero else value >= 0
    if not (math.isfinite(value) and allowed):
        expected = "above 0" if above_zero else "0 or more"
        raise PlanError(f"{what} is {value:g} {unit}: expected {expected}")


def _shown(values: Iterable[float]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"
