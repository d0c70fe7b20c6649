"""Save a redrawn remnant as a revision: a DSO of its own, whole and on disk before it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.database import DatabaseError
from CRLMExplorerLib.dicom.dso_files import saving_alone, write_dso_file
from CRLMExplorerLib.dicom.dso_writer import AlgorithmType, with_new_remnant
from CRLMExplorerLib.dicom.segmentation import Dso
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.resection.dso_reference import reference_to
from CRLMExplorerLib.resection.revision import (
    FILE_PATTERN,
    read_revision,
    revision_files,
    revisions_among,
)
from CRLMExplorerLib.resection.revision_elements import RevisionError, set_private

_LINE_LENGTH = 64


@dataclass(frozen=True)
class SavedRevision:
    """What came of saving.

    Attributes
    ----------
    series_uid, sop_instance_uid
        The new DSO.
    path
        Its file: whole and on disk.
    number
        The n of ``FLR revision n``.
    is_indexed
        Whether the database has it; if not, a finding says why, and
        `history.index_waiting` takes it in later.
    findings
        What could not be carried over as it was.
    """

    series_uid: str
    sop_instance_uid: str
    path: Path
    number: int
    is_indexed: bool
    findings: tuple[Finding, ...]


def save_revision(
    database: DicomDatabase,
    dso_file: Path,
    dso: Dso,
    ct: CtVolume,
    remnant: Mask,
    *,
    reader_name: str,
    note: str,
    plan_json: str | None,
    algorithm_type: AlgorithmType,
    start_file: Path | None = None,
) -> SavedRevision:
    """Save a redrawn remnant as a new DSO in the database's folder, and index it.

    All other segments go over as they are (see `with_new_remnant`); the DSO it is made of is not
    touched. The file is whole and on disk before the database is told of it, so that a database
    that is locked costs nothing but the entry there.

    Parameters
    ----------
    database
        Where the patient is; it takes the file in when that is whole.
    dso_file, dso
        The DSO that was open, whose other segments go over, and what was read from it onto the CT.
    remnant
        The remnant on the CT's grid.
    reader_name
        Becomes ContentCreatorName; up to 64 characters.
    note
        Kept in full in a private element; its beginning is the ContentDescription.
    plan_json
        The plan, if there is one.
    start_file
        The DSO that the remnant was drawn from, if it is another than the one that was open; the
        revision is of its line.

    Raises
    ------
    RevisionError
        If the CT is another patient's.
    DsoNotWritten
        If the file is not the DSO that was read, or the mask is not on the CT's grid.
    DsoNotSaved
        If it cannot be written, e.g. for want of space or permission.
    """
    start_file = start_file or dso_file
    made = with_new_remnant(
        dso_file, dso, ct, remnant, algorithm_type, datetime.now().astimezone(), start_file
    )
    dataset = made.dataset
    patient_id = str(dataset.get("PatientID") or dataset.StudyInstanceUID)
    owner = database.patient_with_series(ct.series_uid)
    if owner not in (None, patient_id):
        raise RevisionError(
            f"{dso_file} is {patient_id}'s, but the CT is {owner}'s: no revision is made of it."
        )
    before = read_revision(start_file)
    released = before.released if before else reference_to(start_file)
    dataset.ContentLabel = "FLR_REVISION"
    dataset.ContentCreatorName = _line(reader_name.replace("=", " "))
    set_private(dataset, plan_json, note.strip(), remnant.volume_ml, released)
    with saving_alone(database.directory):
        number = _next_number(database, patient_id, ct.series_uid)
        dataset.SeriesDescription = f"FLR revision {number}"
        dataset.ContentDescription = _line(note) or dataset.SeriesDescription
        dataset.SeriesNumber = _next_series_number(database, patient_id, dataset)
        path = write_dso_file(database.directory, dataset, FILE_PATTERN.replace("*", str(number)))
    not_indexed = _index(database, path)
    return SavedRevision(
        series_uid=str(dataset.SeriesInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        path=path,
        number=number,
        is_indexed=not not_indexed,
        findings=(*made.findings, *not_indexed),
    )


def _index(database: DicomDatabase, path: Path) -> tuple[Finding, ...]:
    """Tell the database of a file; a finding where it cannot be told."""
    try:
        database.add_files([path])
    except DatabaseError as error:
        return (
            Finding(
                Severity.WARNING,
                "revision-not-indexed",
                f"The revision is saved whole in {path}, but the database does not show it yet: "
                f"{error} It can be taken in later.",
            ),
        )
    return ()


def _next_number(database: DicomDatabase, patient_id: str, ct_series_uid: str) -> int:
    numbers = [
        revision.number
        for revision in revisions_among(revision_files(database, patient_id))
        if revision.ct_series_uid == ct_series_uid
    ]
    return 1 + max(numbers, default=0)


def _next_series_number(database: DicomDatabase, patient_id: str, dataset: Dataset) -> int:
    numbers = [entry.number or 0 for entry in database.series_of(patient_id)]
    return 1 + max([*numbers, int(dataset.get("SeriesNumber") or 0)])


def _line(text: str) -> str:
    """Text as one line of up to 64 characters without a backslash, as DICOM's LO and PN are."""
    return " ".join(text.replace("\\", "/").split())[:_LINE_LENGTH].strip()
