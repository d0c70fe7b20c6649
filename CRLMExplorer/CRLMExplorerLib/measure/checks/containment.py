"""What lies where it should not: tumours in the remnant, segments outside the liver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure.checks.wording import ml, percent, voxels
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.measure.segment import MeasuredSegment, filled, mask_of

NOTABLE_OUTSIDE_PERCENT = 1.0
"""From this share outside the liver on, a tumour or remnant is a warning, below it a note."""

_OUTSIDE_CODES = {
    Role.TUMOR: "tumor-outside-liver",
    Role.REMNANT: "remnant-outside-liver",
    Role.HEPATIC_VEIN: "vessel-outside-liver",
    Role.PORTAL_VEIN: "vessel-outside-liver",
}


def tumors_in_remnant(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Tumours of which any voxel would stay in the patient: always an alarm."""
    remnant = mask_of(segments, Role.REMNANT)
    if remnant is None:
        return
    for tumor in filled(segments, Role.TUMOR):
        inside = tumor.mask & remnant
        if not inside.is_empty:
            yield tumor_left_behind(tumor.label, tumor.mask, inside)


def tumor_left_behind(label: str, tumor: Mask, inside: Mask) -> Finding:
    """The alarm that a tumour would stay in the patient.

    Parameters
    ----------
    inside
        The tumour's voxels in the remnant; empty for a tumour that lies beside liver and remnant.
    """
    if inside.is_empty:
        message = f"{label} ({ml(tumor.volume_ml)}) lies outside the liver and is not taken out."
        return _at(tumor, Severity.ALARM, "tumor-in-remnant", message)
    if inside.count == tumor.count:
        message = f"{label} ({ml(inside.volume_ml)}) lies wholly in the liver remnant."
    else:
        message = f"{label} lies partly in the liver remnant: {_part(inside, tumor)}."
    return _at(inside, Severity.ALARM, "tumor-in-remnant", message)


def outside_liver(segments: Sequence[MeasuredSegment]) -> Iterator[Finding]:
    """Tumours, remnant and vessels of which any voxel is not in the liver segment."""
    liver = mask_of(segments, Role.LIVER)
    if liver is None:
        return
    for role, code in _OUTSIDE_CODES.items():
        for segment in filled(segments, role):
            if segment.mask.overlap(liver) == segment.mask.count:
                continue
            outside = segment.mask - liver
            severity = _severity_outside(role, 100 * outside.count / segment.mask.count)
            if outside.count == segment.mask.count:
                message = (
                    f"{segment.label} ({ml(outside.volume_ml)}) lies wholly outside the liver."
                )
            else:
                message = (
                    f"{segment.label} lies partly outside the liver: "
                    f"{_part(outside, segment.mask)}."
                )
            yield _at(outside, severity, code, message)


def _severity_outside(role: Role, outside_percent: float) -> Severity:
    if role in (Role.HEPATIC_VEIN, Role.PORTAL_VEIN):
        return Severity.NOTE
    return Severity.WARNING if outside_percent >= NOTABLE_OUTSIDE_PERCENT else Severity.NOTE


def _part(part: Mask, whole: Mask) -> str:
    return (
        f"{ml(part.volume_ml)} of {ml(whole.volume_ml)} "
        f"({percent(part.count, whole.count)}, {voxels(part.count)})"
    )


def _at(where: Mask, severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity, code, message, Runs.of(where).central_voxel_ras_mm())
