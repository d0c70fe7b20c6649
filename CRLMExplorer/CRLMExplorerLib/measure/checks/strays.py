"""Segments that fall into several parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure.checks.wording import ml, percent, voxels
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.measure.segment import MeasuredSegment

NOTABLE_STRAY_PERCENT = 1.0
"""From this share of a segment's voxels on, parts beside the largest are a warning."""

_WHOLE = (Role.LIVER, Role.REMNANT, Role.TUMOR)
_BRANCHING = (Role.HEPATIC_VEIN, Role.PORTAL_VEIN)


def stray_components(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Parts of a segment that hang together with its largest part by no voxel.

    Voxels that share a face, an edge or a corner hang together. Vessels leave the slices and
    come back, so theirs are only ever a note.
    """
    for segment in segments:
        if segment.mask.is_empty or segment.role not in (*_WHOLE, *_BRANCHING):
            continue
        runs = Runs.of(segment.mask)
        part, sizes = runs.parts()
        strays = len(sizes) - 1
        if strays == 0:
            continue
        count = int(sizes[1:].sum())
        notable = 100 * count / segment.mask.count >= NOTABLE_STRAY_PERCENT
        volume_ml = count * segment.mask.grid.voxel_ml
        yield Finding(
            Severity.WARNING if notable and segment.role in _WHOLE else Severity.NOTE,
            "stray-components",
            f"{segment.label} falls into {strays + 1} parts; beside the largest "
            f"{'lies 1 part' if strays == 1 else f'lie {strays} parts'} of {voxels(count)} "
            f"({ml(volume_ml)}, {percent(count, segment.mask.count)}).",
            runs.only(part == 1).central_voxel_ras_mm(),
        )
