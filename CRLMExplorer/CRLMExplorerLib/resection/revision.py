"""A revision of a patient's future liver remnant (FLR): saved as a DSO of its own, read back.

It knows what a revision says of itself and where that stands in the file; the plan it came from
is text here, and nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import PrivateBlock
from pydicom.filereader import read_partial
from pydicom.valuerep import format_number_as_ds

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.database import DatabaseError
from CRLMExplorerLib.dicom.dso_files import (
    index_files,
    saving_alone,
    study_folder,
    write_dso_file,
)
from CRLMExplorerLib.dicom.dso_header import DsoUnreadable
from CRLMExplorerLib.dicom.dso_writer import PROGRAM, AlgorithmType, with_new_remnant
from CRLMExplorerLib.dicom.segmentation import Dso
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask

FILE_PATTERN = "flr-revision-*.dcm"
"""What the files are called that are saved here."""

_DESCRIPTION = re.compile(r"FLR revision (\d+)")
_FRAMES = 0x52009229
_LINE_LENGTH = 64

_GROUP = 0x0063
_CREATOR = "CRLM EXPLORER"
_PLAN, _NOTE, _FLR_ML, _RELEASED_SERIES, _RELEASED_INSTANCE = 0x01, 0x02, 0x03, 0x04, 0x05
_ELEMENTS = {
    _PLAN: ("UT", "Resection Plan", "ResectionPlan", "The plan as JSON"),
    _NOTE: ("UT", "Reader Note", "ReaderNote", "What the reader said of it"),
    _FLR_ML: ("DS", "FLR Volume", "FLRVolume", "Volume of the future liver remnant in mL"),
    _RELEASED_SERIES: (
        "UI",
        "Released Series Instance UID",
        "ReleasedSeriesInstanceUID",
        "Series of the DSO that the first revision was made of",
    ),
    _RELEASED_INSTANCE: (
        "UI",
        "Released SOP Instance UID",
        "ReleasedSOPInstanceUID",
        "The DSO that the first revision was made of",
    ),
}


class RevisionError(CRLMExplorerError):
    """A revision cannot be made of what was given; nothing was written."""


@dataclass(frozen=True)
class DsoReference:
    """A DSO by its SeriesInstanceUID and SOPInstanceUID; the first is empty where unknown."""

    series_uid: str
    sop_instance_uid: str


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


@dataclass(frozen=True)
class Revision:
    """A DSO that CRLM Explorer made of another one, without its voxels.

    Attributes
    ----------
    file
        Where it lies.
    number
        Counted from 1 for each CT.
    patient_id, ct_series_uid
        Whose it is, and the CT it was drawn on.
    series_uid, sop_instance_uid
        The DSO itself.
    date_time
        When it was saved, by the clock of where it was saved.
    reader
        Who drew it; empty where nobody said.
    note
        What the reader said of it; only its beginning where private elements were taken away.
    plan_json
        The plan it follows from; None where it has none, or private elements were taken away.
    flr_ml
        Volume of the remnant in mL; None where private elements were taken away.
    predecessor
        The DSO it was made of.
    released
        The first one of that line, which is no revision.
    software_version
        Version of the CRLM Explorer that made it.
    """

    file: Path
    number: int
    patient_id: str
    ct_series_uid: str
    series_uid: str
    sop_instance_uid: str
    date_time: datetime
    reader: str
    note: str
    plan_json: str | None
    flr_ml: float | None
    predecessor: DsoReference
    released: DsoReference
    software_version: str


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
) -> SavedRevision:
    """Save a redrawn remnant as a new DSO in the database's folder, and index it.

    All other segments go over as they are (see `with_new_remnant`); the DSO it is made of is not
    touched. The file is whole and on disk before the database is told of it, so that a database
    that is locked costs nothing but the entry there.

    Parameters
    ----------
    database
        Where the patient is; only read from. The new entry is written by a connection of its own.
    dso_file, dso
        The DSO that the reader started from, and what was read from it onto the CT.
    remnant
        The remnant on the CT's grid.
    reader_name
        Becomes ContentCreatorName; up to 64 characters.
    note
        Kept in full in a private element; its beginning is the ContentDescription.
    plan_json
        The plan, if there is one.

    Raises
    ------
    RevisionError
        If the CT is another patient's.
    DsoNotWritten
        If the file is not the DSO that was read, or the mask is not on the CT's grid.
    DsoNotSaved
        If it cannot be written, e.g. for want of space or permission.
    """
    made = with_new_remnant(dso_file, dso, ct, remnant, algorithm_type, datetime.now().astimezone())
    dataset = made.dataset
    patient_id = str(dataset.get("PatientID") or dataset.StudyInstanceUID)
    owner = database.patient_with_series(ct.series_uid)
    if owner not in (None, patient_id):
        raise RevisionError(
            f"{dso_file} is {patient_id}'s, but the CT is {owner}'s: no revision is made of it."
        )
    before = read_revision(dso_file)
    released = before.released if before else DsoReference(dso.series_uid, dso.sop_instance_uid)
    dataset.ContentLabel = "FLR_REVISION"
    dataset.ContentCreatorName = _line(reader_name.replace("=", " "))
    _set_private(dataset, plan_json, note.strip(), remnant.volume_ml, released)
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


def read_revision(file: Path) -> Revision | None:
    """Read what a revision says of itself, without its voxels; None for another program's DSO.

    A revision is known by its ManufacturerModelName and SeriesDescription, so that one whose
    private elements were taken away is still one, without its plan.

    Raises
    ------
    DsoUnreadable
        If the file is missing or damaged.
    """
    try:
        with file.open("rb") as opened:
            header = read_partial(opened, stop_when=lambda tag, vr, length: tag >= _FRAMES)
        if "SOPInstanceUID" not in header:
            raise DsoUnreadable(f"{file} has a damaged header: no SOPInstanceUID.")
        named = _DESCRIPTION.fullmatch(str(header.get("SeriesDescription") or ""))
        if header.get("ManufacturerModelName") != PROGRAM or named is None:
            return None
        return _read(file, header, int(named[1]))
    except DsoUnreadable:
        raise
    except OSError as error:
        raise DsoUnreadable(f"{file} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a parser meets a damaged file: whatever it says, the file is bad
        raise DsoUnreadable(f"{file} has a damaged header: {error}.") from error


def revision_files(database: DicomDatabase, patient_id: str) -> Iterator[Path]:
    """The files that may be a patient's revisions: their DSOs, and such as wait to be indexed."""
    files: set[Path] = set()
    for entry in database.series_of(patient_id):
        files.update(study_folder(database.directory, entry.study_uid).glob(f"*/{FILE_PATTERN}"))
        if entry.modality == "SEG":
            files.update(database.files_of(entry.series_uid))
    yield from sorted(files)


def revisions_among(files: Iterable[Path]) -> Iterator[Revision]:
    """Those of the files that are revisions; what cannot be read is none."""
    for file in files:
        try:
            revision = read_revision(file)
        except DsoUnreadable:
            continue
        if revision:
            yield revision


def _index(database: DicomDatabase, path: Path) -> tuple[Finding, ...]:
    """Tell the database of a file; a finding where it cannot be told."""
    try:
        index_files(database.directory, [path])
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


def _read(file: Path, header: Dataset, number: int) -> Revision:
    uid_before = str(header.SourceImageSequence[0].ReferencedSOPInstanceUID)
    series_before = ct_series_uid = ""
    for item in header.ReferencedSeriesSequence:
        uids = [one.ReferencedSOPInstanceUID for one in item.get("ReferencedInstanceSequence", [])]
        if uid_before in uids:
            series_before = str(item.SeriesInstanceUID)
        else:
            ct_series_uid = str(item.SeriesInstanceUID)
    predecessor = DsoReference(series_before, uid_before)
    private = _private_values(header)
    released = predecessor
    if _RELEASED_INSTANCE in private:
        released = DsoReference(
            str(private.get(_RELEASED_SERIES) or ""), str(private[_RELEASED_INSTANCE])
        )
    return Revision(
        file=file,
        number=number,
        patient_id=str(header.get("PatientID") or header.StudyInstanceUID),
        ct_series_uid=ct_series_uid,
        series_uid=str(header.SeriesInstanceUID),
        sop_instance_uid=str(header.SOPInstanceUID),
        date_time=_date_time(header),
        reader=str(header.get("ContentCreatorName") or ""),
        note=str(private.get(_NOTE, _note_in_public(header))),
        plan_json=str(private[_PLAN]) if private.get(_PLAN) else None,
        flr_ml=float(str(private[_FLR_ML])) if _FLR_ML in private else None,
        predecessor=predecessor,
        released=released,
        software_version=str(header.get("SoftwareVersions") or ""),
    )


def _date_time(header: Dataset) -> datetime:
    time = str(header.get("ContentTime") or "000000")
    pattern = "%Y%m%d%H%M%S.%f" if "." in time else "%Y%m%d%H%M%S"
    return datetime.strptime(f"{header.ContentDate}{time}", pattern)


def _note_in_public(header: Dataset) -> str:
    description = str(header.get("ContentDescription") or "")
    return "" if description == header.SeriesDescription else description


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


def _set_private(
    dataset: Dataset, plan_json: str | None, note: str, flr_ml: float, released: DsoReference
) -> None:
    """Put into private elements what DICOM has no place for, and declare them."""
    values = {
        _PLAN: plan_json,
        _NOTE: note,
        _FLR_ML: format_number_as_ds(flr_ml),
        _RELEASED_SERIES: released.series_uid,
        _RELEASED_INSTANCE: released.sop_instance_uid,
    }
    block = _private_block(dataset, create=True)
    if block is None:
        raise RevisionError(f"The DSO has no room for private elements in group {_GROUP:04X}.")
    for element, (vr, *_) in _ELEMENTS.items():
        if element in block:
            del block[element]
        if values[element] is not None:
            block.add_new(element, vr, values[element])
    declared = [
        item
        for item in dataset.get("PrivateDataElementCharacteristicsSequence") or []
        if item.get("PrivateCreatorReference") != _CREATOR
    ]
    dataset.PrivateDataElementCharacteristicsSequence = [*declared, _declaration()]


def _declaration() -> Dataset:
    declaration = Dataset()
    declaration.PrivateGroupReference = _GROUP
    declaration.PrivateCreatorReference = _CREATOR
    declaration.BlockIdentifyingInformationStatus = "UNSAFE"
    definitions = []
    for element, (vr, name, keyword, description) in _ELEMENTS.items():
        definition = Dataset()
        definition.PrivateDataElement = element
        definition.PrivateDataElementValueMultiplicity = 1
        definition.PrivateDataElementValueRepresentation = vr
        definition.PrivateDataElementName = name
        definition.PrivateDataElementKeyword = keyword
        definition.PrivateDataElementDescription = description
        definitions.append(definition)
    declaration.PrivateDataElementDefinitionSequence = definitions
    return declaration


def _private_values(header: Dataset) -> dict[int, object]:
    block = _private_block(header, create=False)
    if block is None:
        return {}
    return {element: block[element].value for element in _ELEMENTS if element in block}


def _private_block(dataset: Dataset, create: bool) -> PrivateBlock | None:
    try:
        return dataset.private_block(_GROUP, _CREATOR, create=create)
    except KeyError:
        return None
