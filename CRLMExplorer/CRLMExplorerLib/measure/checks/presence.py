"""Segments that a review needs and that are not there, or have no voxel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure.segment import MeasuredSegment

_CONSEQUENCES = {
    Role.LIVER: "no share of the liver can be computed",
    Role.REMNANT: "no remnant volume can be computed",
    Role.HEPATIC_VEIN: "hepatic veins cannot be shown",
    Role.PORTAL_VEIN: "portal veins cannot be shown",
    Role.TUMOR: "the functional liver is taken as the whole liver",
}
_NEEDED = (Role.LIVER, Role.REMNANT, Role.TUMOR)


def empty_segments(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Segments without a voxel."""
    for segment in segments:
        if segment.mask.is_empty:
            yield Finding(
                Severity.WARNING if segment.role in _NEEDED else Severity.NOTE,
                "segment-empty",
                f"Segment {segment.number}, {segment.label}, has no voxel.",
            )


def missing_segments(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Roles that no segment has, empty or not."""
    present = {segment.role for segment in segments}
    for role, consequence in _CONSEQUENCES.items():
        if role not in present:
            yield Finding(
                Severity.WARNING if role in _NEEDED else Severity.NOTE,
                "segment-missing",
                f"No segment has the role {role.value}: {consequence}.",
            )
