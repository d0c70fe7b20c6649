"""A revision of a patient's future liver remnant (FLR): a DSO of its own, and what it says.

It knows where that stands in the file; the plan it came from is text here, and nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset
from pydicom.filereader import read_partial

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.dso_files import study_folder
from CRLMExplorerLib.dicom.dso_header import DsoUnreadable
from CRLMExplorerLib.dicom.dso_provenance import PROGRAM
from CRLMExplorerLib.resection.dso_reference import DsoReference
from CRLMExplorerLib.resection.revision_elements import (
    FLR_ML,
    NOTE,
    PLAN,
    RELEASED_INSTANCE,
    RELEASED_SERIES,
    private_values,
)

FILE_PATTERN = "flr-revision-*.dcm"
"""What the files are called that are saved here."""

_DESCRIPTION = re.compile(r"FLR revision (\d+)")
_FRAMES = 0x52009229


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
        The DSO that the remnant was drawn from.
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


def _read(file: Path, header: Dataset, number: int) -> Revision:
    sources = [str(item.ReferencedSOPInstanceUID) for item in header.SourceImageSequence]
    series_of: dict[str, str] = {}
    ct_series_uid = ""
    for item in header.ReferencedSeriesSequence:
        uids = [one.ReferencedSOPInstanceUID for one in item.get("ReferencedInstanceSequence", [])]
        if not set(uids).isdisjoint(sources):
            series_of |= dict.fromkeys(uids, str(item.SeriesInstanceUID))
        else:
            ct_series_uid = str(item.SeriesInstanceUID)
    predecessor = DsoReference(series_of.get(sources[0], ""), sources[0])
    private = private_values(header)
    released = predecessor
    if RELEASED_INSTANCE in private:
        released = DsoReference(
            str(private.get(RELEASED_SERIES) or ""), str(private[RELEASED_INSTANCE])
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
        note=str(private.get(NOTE, _note_in_public(header))),
        plan_json=str(private[PLAN]) if private.get(PLAN) else None,
        flr_ml=float(str(private[FLR_ML])) if FLR_ML in private else None,
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
