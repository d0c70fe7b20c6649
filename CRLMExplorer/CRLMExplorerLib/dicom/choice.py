"""Which CT and which DSO to open for a patient, and why.

This file reads the headers of a patient's DSOs; it loads no pixels and shows nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.catalog import DicomDatabase, SeriesEntry
from CRLMExplorerLib.dicom.dso_header import DsoHeader, DsoUnreadable, read_dso_header
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, Severity


class PatientNotFound(CRLMExplorerError):
    """The database has no such patient; the message lists PatientIDs that look like it."""


class DsoNotFound(CRLMExplorerError):
    """The patient has no such DSO; the message lists those there are."""


@dataclass(frozen=True)
class DsoCandidate:
    """A DSO that a patient can be opened with.

    Attributes
    ----------
    series_uid
        Its SeriesInstanceUID.
    file
        The one file it is.
    description
        SeriesDescription, else ContentDescription, else ContentLabel.
    date, time
        When its content was made, ``YYYY-MM-DD`` and ``HH:MM:SS``, or empty.
    segment_labels, roles
        SegmentLabel and role of each segment, by SegmentNumber.
    frame_of_reference_uid
        FrameOfReferenceUID, or empty.
    ct_series_uid
        The series it was drawn on by its own account, whether or not the database has it; None if
        it names none that can be told.
    of_another_patient
        It says, or the series it was drawn on says, that it is another patient's. Never chosen
        unless asked for by name.
    """

    series_uid: str
    file: Path
    description: str
    date: str
    time: str
    segment_labels: tuple[str, ...]
    roles: tuple[Role, ...]
    frame_of_reference_uid: str
    ct_series_uid: str | None
    of_another_patient: bool

    @property
    def distinct_roles(self) -> frozenset[Role]:
        """Its roles of the collection; all tumours are one."""
        return frozenset(self.roles) - {Role.OTHER}


@dataclass(frozen=True)
class SeriesChoice:
    """What to open for a patient.

    Attributes
    ----------
    patient_id
        The patient's PatientID.
    ct, dso
        The CT series and the DSO to open; None where there is none to open.
    alternatives
        The patient's other DSOs, the next best first.
    findings
        What a reader must know of the choice.
    """

    patient_id: str
    ct: SeriesEntry | None
    dso: DsoCandidate | None
    alternatives: tuple[DsoCandidate, ...]
    findings: tuple[Finding, ...]


def choose_series(
    database: DicomDatabase, patient_id: str, dso_series_uid: str | None = None
) -> SeriesChoice:
    """Choose a patient's DSO and the CT it was drawn on.

    Among the patient's DSOs one whose CT is here goes first, then the one with the most of the
    collection's roles, then the newest. Every file of a SEG series is a DSO of its own.

    Parameters
    ----------
    database
        Where the patient is.
    patient_id
        DICOM PatientID.
    dso_series_uid
        SeriesInstanceUID of the DSO to take whatever its rank.

    Raises
    ------
    PatientNotFound
        The database does not have this PatientID.
    DsoNotFound
        The patient has no readable DSO with this SeriesInstanceUID.
    """
    series = database.series_of(patient_id)
    if not series:
        raise PatientNotFound(_unknown_patient(database, patient_id))
    cts = [entry for entry in series if entry.modality == "CT" and entry.file_count]
    findings: list[Finding] = []
    candidates: list[DsoCandidate] = []
    for entry in series:
        if entry.modality == "SEG":
            for file in database.files_of(entry.series_uid):
                try:
                    header = read_dso_header(file)
                except DsoUnreadable as error:
                    findings.append(_unreadable(entry, error))
                    continue
                candidate, finding = _judged(database, patient_id, cts, entry, header)
                candidates.append(candidate)
                findings.extend(finding)
    candidates.sort(key=lambda candidate: _rank(candidate, cts), reverse=True)

    dso = _chosen(candidates, dso_series_uid, patient_id)
    ct = _largest(cts) if dso is None else _ct_of(dso, cts)
    findings.extend(_findings_on(patient_id, cts, ct, dso))
    return SeriesChoice(
        patient_id=patient_id,
        ct=ct,
        dso=dso,
        alternatives=tuple(candidate for candidate in candidates if candidate is not dso),
        findings=tuple(findings),
    )


def _judged(
    database: DicomDatabase,
    patient_id: str,
    cts: Sequence[SeriesEntry],
    entry: SeriesEntry,
    header: DsoHeader,
) -> tuple[DsoCandidate, list[Finding]]:
    ct_series_uid = _referenced_ct(database, cts, header)
    ct_patient_id = database.patient_with_series(ct_series_uid) if ct_series_uid else None
    others = []
    if header.patient_id not in ("", patient_id):
        others.append(f"its PatientID is {header.patient_id}")
    if ct_patient_id not in (None, patient_id):
        others.append(f"the CT it was drawn on is {ct_patient_id}'s")
    candidate = DsoCandidate(
        series_uid=entry.series_uid,
        file=header.file,
        description=header.description,
        date=header.date,
        time=header.time,
        segment_labels=header.segment_labels,
        roles=header.roles,
        frame_of_reference_uid=header.frame_of_reference_uid,
        ct_series_uid=ct_series_uid,
        of_another_patient=bool(others),
    )
    if not others:
        return candidate, []
    message = (
        f"The DSO {_named(candidate)} lies among {patient_id}'s series, but "
        f"{' and '.join(others)}: it is not chosen unless asked for."
    )
    return candidate, [Finding(Severity.ALARM, "dso-of-another-patient", message)]


def _referenced_ct(
    database: DicomDatabase, cts: Sequence[SeriesEntry], header: DsoHeader
) -> str | None:
    """The series it was drawn on: of several one that is the patient's CT, or one that is here."""
    referenced = header.referenced_series_uids
    if not referenced and header.referenced_instance_uid:
        return database.series_with_instance(header.referenced_instance_uid)
    own = {entry.series_uid for entry in cts}
    for uid in referenced:
        if uid in own:
            return uid
    for uid in referenced:
        if database.patient_with_series(uid) is not None:
            return uid
    return referenced[0] if referenced else None


def _ct_of(dso: DsoCandidate, cts: Sequence[SeriesEntry]) -> SeriesEntry | None:
    """The CT a DSO was drawn on, else the largest in the same frame of reference."""
    for entry in cts:
        if entry.series_uid == dso.ct_series_uid:
            return entry
    frame = dso.frame_of_reference_uid
    return _largest([ct for ct in cts if frame and ct.frame_of_reference_uid == frame])


def _largest(cts: Sequence[SeriesEntry]) -> SeriesEntry | None:
    return max(cts, key=lambda ct: (ct.file_count, ct.date, ct.time, ct.series_uid), default=None)


def _rank(dso: DsoCandidate, cts: Sequence[SeriesEntry]) -> tuple[object, ...]:
    ct = _ct_of(dso, cts)
    nearness = 0 if ct is None else 2 if ct.series_uid == dso.ct_series_uid else 1
    return (
        not dso.of_another_patient,
        nearness,
        len(dso.distinct_roles),
        dso.date,
        dso.time,
        dso.series_uid,
        str(dso.file),
    )


def _chosen(
    ranked: Sequence[DsoCandidate], dso_series_uid: str | None, patient_id: str
) -> DsoCandidate | None:
    if dso_series_uid is None:
        return next((dso for dso in ranked if not dso.of_another_patient), None)
    for dso in ranked:
        if dso.series_uid == dso_series_uid:
            return dso
    there_are = "; ".join(_named(dso) for dso in ranked) or "none"
    raise DsoNotFound(
        f"Patient {patient_id} has no readable DSO with SeriesInstanceUID {dso_series_uid}. "
        f"There are: {there_are}."
    )


def _findings_on(
    patient_id: str,
    cts: Sequence[SeriesEntry],
    ct: SeriesEntry | None,
    dso: DsoCandidate | None,
) -> list[Finding]:
    findings = []
    if ct is None and dso is None:
        findings.append(
            Finding(
                Severity.ALARM,
                "no-ct",
                f"Patient {patient_id} has neither a CT series with files nor a DSO of their own.",
            )
        )
    elif dso is None:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-without-dso",
                f"Patient {patient_id} has a CT but no DSO that can be opened with it.",
            )
        )
    elif ct is None:
        refers = dso.ct_series_uid or "no series that it names"
        findings.append(
            Finding(
                Severity.ALARM,
                "dso-without-ct",
                f"The DSO {_named(dso)} was drawn on {refers}, which is not among the patient's CT "
                "series, and no other CT shares its frame of reference: import that CT.",
            )
        )
    elif ct.series_uid != dso.ct_series_uid:
        refers = dso.ct_series_uid or "no series that it names"
        findings.append(
            Finding(
                Severity.WARNING,
                "dso-of-another-ct",
                f"The DSO {_named(dso)} was drawn on {refers}, which is not among the patient's CT "
                f"series; it is shown on {_named_ct(ct)}, which shares its frame of reference.",
            )
        )
    if len(cts) > 1 and ct is not None:
        why = (
            "it has the most files"
            if dso is None
            else "the DSO was drawn on it"
            if ct.series_uid == dso.ct_series_uid
            else "it shares the DSO's frame of reference"
        )
        findings.append(
            Finding(
                Severity.NOTE,
                "several-cts",
                f"Patient {patient_id} has {len(cts)} CT series; {_named_ct(ct)} was taken: {why}.",
            )
        )
    return findings


def _unreadable(entry: SeriesEntry, error: DsoUnreadable) -> Finding:
    return Finding(
        Severity.WARNING,
        "dso-unreadable",
        f"The DSO series {entry.series_uid} ({entry.description or 'no description'}) is left out: "
        f"{error}",
    )


def _unknown_patient(database: DicomDatabase, patient_id: str) -> str:
    known = [entry.patient_id for entry in database.patients()]
    by_lower_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(patient_id.lower(), by_lower_case, n=3)
    if near:
        return (
            f"No patient {patient_id} in {database.directory}. "
            f"Did you mean {', '.join(by_lower_case[name] for name in near)}?"
        )
    return (
        f"No patient {patient_id} in {database.directory}, nor one spelt like it among its "
        f"{len(known)} patients."
    )


def _named(dso: DsoCandidate) -> str:
    return f"'{dso.description or 'without description'}' ({dso.series_uid})"


def _named_ct(ct: SeriesEntry) -> str:
    return f"'{ct.description or 'without description'}' ({ct.series_uid}, {ct.file_count} files)"
