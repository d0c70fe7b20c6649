"""Regions of interest of one patient: expressions turned into masks of the CT's voxels."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.geometry.dilation import dilated, eroded
from CRLMExplorerLib.radiomics.errors import RegionError
from CRLMExplorerLib.radiomics.expression import (
    Combined,
    EachTumor,
    Expression,
    Labelled,
    LargestTumor,
    Moved,
    Segments,
    is_for_each_tumor,
    parse_expression,
)
from CRLMExplorerLib.radiomics.extraction import Omission
from CRLMExplorerLib.radiomics.region import Region

if TYPE_CHECKING:
    from CRLMExplorerLib.dicom.segmentation import Segment

TUMOR = "{tumor}"
"""Stands for the tumour's label in the name of a region that is made for each tumour."""

DEFAULT_REGIONS = (
    Region(TUMOR, "each tumor"),
    Region("Tumors", "tumors"),
    Region("Liver parenchyma", "liver - tumors - vessels"),
    Region("FLR parenchyma", "remnant - tumors - vessels"),
)
"""What is measured where a parameter file names no regions."""


class RegionMasks(NamedTuple):
    """The regions of one patient.

    Attributes
    ----------
    masks
        By name, in the order of the regions, each tumour in its place.
    omissions
        Regions that this patient does not have.
    """

    masks: dict[str, Mask]
    omissions: tuple[Omission, ...]


def checked_region(name: str, expression: str) -> Region:
    """A region whose expression can be read and whose name fits it.

    Parameters
    ----------
    name
        Empty for a region that is called like its expression.

    Raises
    ------
    RegionError
        If not.
    """
    each = is_for_each_tumor(parse_expression(expression))
    name = name.strip() or re.sub("each +tumou?r", TUMOR, expression.strip(), flags=re.IGNORECASE)
    if not name.isprintable():
        raise RegionError(f"The region's name {name!r} has characters that cannot be printed.")
    if each and TUMOR not in name:
        raise RegionError(
            f"“{name}” is made for each tumor, so its name must contain {TUMOR}, which stands for "
            "the tumor's label."
        )
    if TUMOR in name and not each:
        raise RegionError(f"“{name}” contains {TUMOR}, but is not made of “each tumor”.")
    return Region(name, expression.strip())


def regions_of(regions: Sequence[Region], segments: Sequence[Segment], grid: Grid) -> RegionMasks:
    """Make the regions of one patient.

    Segments may overlap; all of one role together are that role. What a patient does not have can
    be no part of a region, and taking it away changes nothing; a region for which nothing is left
    to start from is an omission, and so is one without a voxel.

    Raises
    ------
    RegionError
        If an expression cannot be read.
    """
    patient = _Patient(segments, grid)
    masks: dict[str, Mask] = {}
    omissions: list[Omission] = []
    taken: set[str] = set()
    for region in regions:
        for wanted, made in patient.make(region):
            name = _unique(wanted, taken)
            taken.add(name)
            if isinstance(made, Mask):
                masks[name] = made
            else:
                omissions.append(Omission(name, "", made.code, made.reason))
    return RegionMasks(masks, tuple(omissions))


@dataclass(frozen=True)
class _Nothing:
    """Why there is no mask."""

    code: str
    reason: str


class _Patient:
    """Segments that expressions are looked up in."""

    def __init__(self, segments: Sequence[Segment], grid: Grid) -> None:
        self._segments = segments
        self._grid = grid
        self._tumors = [one for one in segments if one.role is Role.TUMOR]

    def make(self, region: Region) -> Iterator[tuple[str, Mask | _Nothing]]:
        """Names and masks of a region: one, or one for each tumour."""
        expression = parse_expression(region.expression)
        if not is_for_each_tumor(expression):
            yield region.name, self._made(expression, region.expression, None)
        elif self._tumors:
            for tumor in self._tumors:
                made = self._made(expression, region.expression, tumor)
                yield region.name.replace(TUMOR, tumor.label), made
        else:
            name = region.name.replace(TUMOR, "each tumor")
            yield name, _Nothing("no-such-segment", "There is no segment for tumors.")

    def _made(self, expression: Expression, text: str, tumor: Segment | None) -> Mask | _Nothing:
        mask = self._mask(expression, tumor)
        if mask is None:
            lacking = " and ".join(dict.fromkeys(self._lacking(expression)))
            return _Nothing("no-such-segment", f"There is no segment for {lacking}.")
        if mask.is_empty:
            of = f" for {tumor.label}" if tumor else ""
            return _Nothing("empty", f"“{text}” has no voxels{of}.")
        return mask

    def _mask(self, expression: Expression, tumor: Segment | None) -> Mask | None:
        """The voxels that are meant; None where the patient has no such segment."""
        if isinstance(expression, Combined):
            return self._combined(expression, tumor)
        if isinstance(expression, Moved):
            inner = self._mask(expression.inner, tumor)
            return None if inner is None else _moved(expression, inner)
        segments = [tumor] if tumor and expression == EachTumor() else self._meant(expression)
        return Mask.union(self._grid, [one.mask for one in segments]) if segments else None

    def _combined(self, expression: Combined, tumor: Segment | None) -> Mask | None:
        left = self._mask(expression.left, tumor)
        right = self._mask(expression.right, tumor)
        if left is None or right is None:
            if expression.operator == "&":
                return None
            return left if left is not None or expression.operator == "-" else right
        if expression.operator == "&":
            return left & right
        return left - right if expression.operator == "-" else left | right

    def _meant(self, expression: Expression) -> Sequence[Segment]:
        """Segments that a name stands for."""
        if isinstance(expression, Segments):
            return [one for one in self._segments if one.role in expression.roles]
        if isinstance(expression, Labelled):
            return [one for one in self._segments if one.label.strip() == expression.label.strip()]
        return [max(self._tumors, key=lambda one: one.mask.count)] if self._tumors else []

    def _lacking(self, expression: Expression) -> Iterator[str]:
        """What a region would start from, if the patient had it."""
        if isinstance(expression, Combined):
            yield from self._lacking(expression.left)
            if expression.operator != "-":
                yield from self._lacking(expression.right)
        elif isinstance(expression, Moved):
            yield from self._lacking(expression.inner)
        elif isinstance(expression, Labelled) and not self._meant(expression):
            labels = ", ".join(f"“{one.label}”" for one in self._segments) or "none"
            yield f"“{expression.label}” (labels: {labels})"
        elif isinstance(expression, Segments) and not self._meant(expression):
            yield expression.name
        elif isinstance(expression, LargestTumor) and not self._tumors:
            yield "largest tumor"


def _moved(expression: Moved, mask: Mask) -> Mask:
    if expression.function == "erode":
        return eroded(mask, expression.distance_mm)
    wide = dilated(mask, expression.distance_mm)
    return wide - mask if expression.function == "ring" else wide


def _unique(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken: two tumours may have one label."""
    names = chain([name], (f"{name} ({n})" for n in count(2)))
    return next(one for one in names if one not in taken)
