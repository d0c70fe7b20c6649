"""What this room asks of a segment, and the voxels that segments of one role make up together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.geometry import Mask


class MeasuredSegment(Protocol):
    """A numbered, labelled part of the patient with its voxels."""

    @property
    def number(self) -> int:
        """SegmentNumber in the DSO."""

    @property
    def label(self) -> str:
        """SegmentLabel, e.g. ``Tumor_1``."""

    @property
    def role(self) -> Role:
        """What the segment is to the reader."""

    @property
    def mask(self) -> Mask:
        """Its voxels on the CT's grid."""


def filled(segments: Sequence[MeasuredSegment], role: Role) -> list[MeasuredSegment]:
    """Segments of a role that have voxels."""
    return [s for s in segments if s.role is role and not s.mask.is_empty]


def mask_of(segments: Sequence[MeasuredSegment], role: Role) -> Mask | None:
    """Voxels of all segments of a role, or None where nothing was segmented."""
    masks = [s.mask for s in filled(segments, role)]
    if len(masks) > 1:
        return Mask.union(masks[0].grid, masks)
    return masks[0] if masks else None
