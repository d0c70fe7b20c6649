"""Volumes, diameters and contradictions of a patient's segments.

This room measures masks and reads the clinical record's columns; it knows no files, scene or face.
"""

from CRLMExplorerLib.measure.body import BodySize, ImplausibleBodySize, StandardLiver
from CRLMExplorerLib.measure.checks import (
    by_severity,
    patient_not_in_spreadsheet,
    record_findings,
    segment_findings,
)
from CRLMExplorerLib.measure.minimum import Basis, ImpossibleMinimum, MinimumRule, minimum_flr
from CRLMExplorerLib.measure.remnant import LiverCounts, RemnantVolumes, remnant_volumes
from CRLMExplorerLib.measure.segment import MeasuredSegment
from CRLMExplorerLib.measure.volumetry import StandardizedFLR, TumorSize, Volumetry, volumetry

__all__ = [
    "Basis",
    "BodySize",
    "ImplausibleBodySize",
    "ImpossibleMinimum",
    "LiverCounts",
    "MeasuredSegment",
    "MinimumRule",
    "RemnantVolumes",
    "StandardLiver",
    "StandardizedFLR",
    "TumorSize",
    "Volumetry",
    "by_severity",
    "minimum_flr",
    "patient_not_in_spreadsheet",
    "record_findings",
    "remnant_volumes",
    "segment_findings",
    "volumetry",
]
