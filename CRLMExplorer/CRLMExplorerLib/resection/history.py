"""The revisions of a patient's remnant over time, and the released DSO they all go back to.

It knows the database and what revisions say of themselves; it reads no voxels.
"""

from __future__ import annotations

from pathlib import Path

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.choice import DsoCandidate, SeriesChoice
from CRLMExplorerLib.resection.revision import (
    FILE_PATTERN,
    Revision,
    revision_files,
    revisions_among,
)


def revisions_of(database: DicomDatabase, patient_id: str) -> tuple[Revision, ...]:
    """A patient's revisions, oldest first, also such that wait to be indexed.

    Those whose file is gone or damaged are left out; another program's DSO is no revision.
    """
    found = {
        revision.sop_instance_uid: revision
        for revision in revisions_among(revision_files(database, patient_id))
    }
    return tuple(
        sorted(found.values(), key=lambda one: (one.date_time, one.number, one.sop_instance_uid))
    )


def released_of(choice: SeriesChoice) -> DsoCandidate | None:
    """The DSO that a patient's chosen one goes back to: itself, if it is no revision.

    `choose_series` takes the newest of equals, so that a reader meets the last revision at the
    next opening; what it is to be compared with is this. Where the released DSO is not among the
    patient's any more, it is the best of those on the same CT that are no revision.
    """
    if choice.dso is None:
        return None
    candidates = (choice.dso, *choice.alternatives)
    revisions = {one.file: one for one in revisions_among(c.file for c in candidates)}
    chosen = revisions.get(choice.dso.file)
    if chosen is None:
        return choice.dso
    others = [one for one in candidates if one.file not in revisions]
    others.sort(key=lambda one: one.series_uid != chosen.released.series_uid)
    return next(
        (
            one
            for one in others
            if one.series_uid == chosen.released.series_uid
            or (one.ct_series_uid == chosen.ct_series_uid and not one.of_another_patient)
        ),
        None,
    )


def index_waiting(database: DicomDatabase) -> tuple[Path, ...]:
    """Index the revisions that were saved while the database was locked; return their files.

    Raises
    ------
    DatabaseError
        If another program is still writing to it, or it cannot be written to.
    """
    files = sorted((database.directory / "dicom").glob(f"*/*/{FILE_PATTERN}"))
    waiting = tuple(
        revision.file
        for revision in revisions_among(files)
        if database.series_with_instance(revision.sop_instance_uid) is None
    )
    if waiting:
        database.add_files(waiting)
    return waiting
