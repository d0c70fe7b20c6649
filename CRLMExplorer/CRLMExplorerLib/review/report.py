"""A case as plain facts: what the command line prints as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.survival import patient_position, survival
from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.review.case import Case

Facts = dict[str, Any]


def case_facts(case: Case, table: ClinicalTable | None) -> Facts:
    """Everything the panel shows of a patient, as JSON-able values; missing is None.

    Parameters
    ----------
    case
        The opened patient.
    table
        The clinical table it was opened with, for the cohort's survival.
    """
    return {
        "patient_id": case.patient_id,
        "name": case.name,
        "ct": _ct(case),
        "dso": _dso(case),
        "segments": [_segment(segment) for segment in case.segments],
        "volumetry": asdict(case.volumetry) if case.volumetry else None,
        "clinical": dict(case.record.values) if case.record else None,
        "survival": _survival(case, table) if table else None,
        "findings": [_finding(finding) for finding in case.findings],
    }


def _ct(case: Case) -> Facts | None:
    if case.ct is None:
        return None
    grid = case.ct.grid
    return {
        "series_uid": case.ct.series_uid,
        "description": case.ct.description,
        "patient_position": case.ct.patient_position,
        "dimensions": list(grid.shape_kji[::-1]),
        "spacing_mm": list(grid.spacing_mm),
    }


def _dso(case: Case) -> Facts | None:
    chosen = case.choice.dso
    if chosen is None:
        return None
    return {
        "series_uid": chosen.series_uid,
        "description": chosen.description,
        "alternatives": [
            {"series_uid": other.series_uid, "description": other.description}
            for other in case.choice.alternatives
        ],
    }


def _segment(segment: Segment) -> Facts:
    return {
        "number": segment.number,
        "name": segment.label,
        "role": segment.role.value,
        "voxels": segment.mask.count,
        "volume_ml": segment.mask.volume_ml,
        "empty": segment.mask.is_empty,
    }


def _survival(case: Case, table: ClinicalTable) -> Facts:
    return {endpoint.value: _standing(case, table, endpoint) for endpoint in Endpoint}


def _standing(case: Case, table: ClinicalTable, endpoint: Endpoint) -> Facts:
    try:
        analysis = survival(table, endpoint)
    except SurvivalError:  # a spreadsheet without this endpoint is no reason not to show the rest
        return {"months": None, "event": None, "cohort_median_months": None}
    position = patient_position(analysis, case.record) if case.record else None
    return {
        "months": position.months if position else None,
        "event": position.event if position else None,
        "cohort_median_months": analysis.curves[0].median_months,
    }


def _finding(finding: Finding) -> Facts:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "position_ras_mm": finding.position_ras_mm,
    }
