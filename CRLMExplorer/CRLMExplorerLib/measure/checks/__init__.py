"""What a reader must know about a patient's segments, and where they contradict the record.

Each file is one check. They know masks, roles and the record's columns; how a CT or DSO was read
is reported where it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure.checks.containment import outside_liver, tumors_in_remnant
from CRLMExplorerLib.measure.checks.overlap import overlapping_tumors
from CRLMExplorerLib.measure.checks.presence import empty_segments, missing_segments
from CRLMExplorerLib.measure.checks.spreadsheet import (
    patient_not_in_spreadsheet,
    tumor_count,
    tumor_size,
)
from CRLMExplorerLib.measure.checks.strays import stray_components
from CRLMExplorerLib.measure.segment import MeasuredSegment
from CRLMExplorerLib.measure.volumetry import Volumetry

__all__ = ["by_severity", "patient_not_in_spreadsheet", "record_findings", "segment_findings"]

_SEGMENT_CHECKS = (
    tumors_in_remnant,
    outside_liver,
    overlapping_tumors,
    missing_segments,
    empty_segments,
    stray_components,
)
_ORDER = tuple(Severity)


def segment_findings(segments: Sequence[MeasuredSegment]) -> tuple[Finding, ...]:
    """Check the segments against one another, worst finding first."""
    return by_severity(finding for check in _SEGMENT_CHECKS for finding in check(segments))


def record_findings(
    measured: Volumetry, record: Mapping[str, object] | None, patient_id: str
) -> tuple[Finding, ...]:
    """Check what was measured against the spreadsheet.

    Parameters
    ----------
    measured
        Volumetry of the patient's segments.
    record
        The patient's row, column to value, None where missing; None if the spreadsheet has no such
        row. Where there is no spreadsheet at all there is nothing to ask here.
    patient_id
        PatientID in DICOM.
    """
    if record is None:
        return (patient_not_in_spreadsheet(patient_id),)
    return (*tumor_count(measured, record), *tumor_size(measured, record))


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort, worst first; equals keep their order."""
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))
