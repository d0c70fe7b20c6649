"""One patient opened for review: images, segments, record and what follows from them.

It joins what the rooms below read and measure; it does not show anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.record import PatientRecord
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.choice import SeriesChoice, choose_series
from CRLMExplorerLib.dicom.segmentation import Dso, DsoError, Segment, read_dso
from CRLMExplorerLib.dicom.volume import CtError, CtVolume, read_ct
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure import (
    BodySize,
    MinimumRule,
    Volumetry,
    by_severity,
    minimum_flr,
    patient_not_in_spreadsheet,
    record_findings,
    segment_findings,
    volumetry,
)
from CRLMExplorerLib.progress import Progress, part, silent

_CT_READ, _DSO_READ = 0.7, 0.95


@dataclass(frozen=True, eq=False)
class Case:
    """A patient as opened.

    Attributes
    ----------
    patient_id, name
        PatientID and PatientName.
    choice
        Which CT and DSO were taken, and which others there are.
    ct, dso
        The images; None where there is none or it cannot be read, which a finding says.
    record
        The clinical record; None without a spreadsheet or a row in it.
    rule
        The minimal FLR that applies and why.
    body
        Height and weight where the reader gave them.
    volumetry
        What the segments measure; None without CT or DSO.
    findings
        All findings, worst first.
    """

    patient_id: str
    name: str
    choice: SeriesChoice
    ct: CtVolume | None
    dso: Dso | None
    record: PatientRecord | None
    rule: MinimumRule
    body: BodySize | None
    volumetry: Volumetry | None
    findings: tuple[Finding, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in the order of SegmentNumber."""
        return self.dso.segments if self.dso else ()

    def measured_with(self, rule: MinimumRule, body: BodySize | None) -> Case:
        """The same case held against another minimum or body size."""
        measured = (
            volumetry(self.segments, self.ct.grid, rule, body) if self.ct and self.dso else None
        )
        return replace(self, rule=rule, body=body, volumetry=measured)


def open_case(
    database: DicomDatabase,
    patient_id: str,
    table: ClinicalTable | None = None,
    dso_series_uid: str | None = None,
    progress: Progress = silent,
) -> Case:
    """Open a patient: choose the series, read them, measure and check.

    Parameters
    ----------
    database
        Where the patient's series are.
    table
        The cohort's clinical table, if there is one.
    dso_series_uid
        The DSO to take instead of the one that fits best.

    Raises
    ------
    CRLMExplorerError
        If the database has no such patient or the patient no such DSO.
    """
    choice = choose_series(database, patient_id, dso_series_uid)
    record = table.record(patient_id) if table else None
    findings = list(choice.findings)
    ct = dso = measured = None
    rule = rule_of(record)
    if choice.ct:
        try:
            files = database.files_of(choice.ct.series_uid)
            ct = read_ct(files, part(progress, 0.0, _CT_READ))
            findings += ct.findings
        except CtError as error:
            findings.append(Finding(Severity.ALARM, "ct-unreadable", str(error)))
    if ct and choice.dso:
        try:
            dso = read_dso(choice.dso.file, ct, part(progress, _CT_READ, _DSO_READ))
            findings += dso.findings
        except DsoError as error:
            findings.append(Finding(Severity.ALARM, "dso-unreadable", str(error)))
    if ct and dso:
        progress(_DSO_READ, "Measuring")
        measured = volumetry(dso.segments, ct.grid, rule)
        findings += segment_findings(dso.segments)
    if table and record is None:
        findings.append(patient_not_in_spreadsheet(patient_id))
    elif record and measured:
        findings += record_findings(measured, record.values, patient_id)
    names = {entry.patient_id: entry.name for entry in database.patients()}
    progress(1.0, "Opened")
    return Case(
        patient_id=patient_id,
        name=names.get(patient_id, ""),
        choice=choice,
        ct=ct,
        dso=dso,
        record=record,
        rule=rule,
        body=None,
        volumetry=measured,
        findings=by_severity(findings),
    )


def rule_of(record: PatientRecord | None) -> MinimumRule:
    """The minimal FLR that a patient's record calls for."""
    return minimum_flr(record.values if record else None)
