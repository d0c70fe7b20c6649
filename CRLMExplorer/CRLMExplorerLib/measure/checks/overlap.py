"""Tumours that share voxels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure.checks.wording import ml, percent, voxels
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.measure.segment import MeasuredSegment, filled

SAME_LESION_PERCENT = 50.0
"""From this share of the smaller tumour on, a pair may be one lesion: a warning, else a note."""


def overlapping_tumors(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Each pair of tumours with voxels in common."""
    for one, other in combinations(filled(segments, Role.TUMOR), 2):
        shared = one.mask & other.mask
        if shared.is_empty:
            continue
        smaller = min(one, other, key=lambda segment: segment.mask.count)
        share = 100 * shared.count / smaller.mask.count
        yield Finding(
            Severity.WARNING if share >= SAME_LESION_PERCENT else Severity.NOTE,
            "tumors-overlap",
            f"{one.label} and {other.label} overlap in {voxels(shared.count)} "
            f"({ml(shared.volume_ml)}, {percent(shared.count, smaller.mask.count)} of "
            f"{smaller.label}); the total tumour volume counts them once.",
            Runs.of(shared).central_voxel_ras_mm(),
        )
