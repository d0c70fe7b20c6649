"""The remnants a patient has: the released one and the revisions, as masks on one CT.

It reads them from the database; what is done with them is for `FlrEdit` and the comparison.
"""

from __future__ import annotations

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.segmentation import Dso, read_dso
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure.segment import mask_of
from CRLMExplorerLib.resection.history import released_of, revisions_of
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER
from CRLMExplorerLib.resection.resection import Resection
from CRLMExplorerLib.review.case import Case


class RemnantNotFound(CRLMExplorerError):
    """The patient has no such remnant; the message lists those there are."""


def resection_of(database: DicomDatabase, case: Case, start: str = RELEASED) -> Resection:
    """A case's liver, ready to be cut, with the released remnant and the one named to start from.

    Parameters
    ----------
    start
        ``released``, ``liver``, or a revision by its number or SeriesInstanceUID.

    Raises
    ------
    RemnantNotFound
        If the patient has no such revision.
    ResectionError
        If there is no liver to cut.
    """
    starts: dict[str, Mask] = {}
    if start not in (RELEASED, WHOLE_LIVER):
        series_uid = revision_uid(database, case.patient_id, start)
        starts[series_uid] = remnant_named(database, case, series_uid)
    released = released_remnant(case)
    if released is not None:
        starts[RELEASED] = released
    return Resection.of_segments(case.patient_id, _ct_uid(case), case.segments, starts)


def remnant_named(database: DicomDatabase, case: Case, name: str) -> Mask:
    """A remnant of a patient on the case's CT.

    Parameters
    ----------
    name
        ``released``, or a revision by its number or SeriesInstanceUID.

    Raises
    ------
    RemnantNotFound
        If the patient has no such remnant.
    """
    if name == RELEASED:
        released = released_remnant(case)
        if released is None:
            raise RemnantNotFound(f"Patient {case.patient_id} has no released remnant.")
        return released
    series_uid = revision_uid(database, case.patient_id, name)
    if case.dso and case.dso.series_uid == series_uid:
        return _remnant(case.dso)
    (file, *_) = database.files_of(series_uid) or _files_of_revision(database, case, series_uid)
    assert case.ct is not None
    return _remnant(read_dso(file, case.ct))


def released_remnant(case: Case) -> Mask | None:
    """The remnant of the DSO that the case's goes back to; None where it has none."""
    released = released_of(case.choice)
    if released is None or case.ct is None or case.dso is None:
        return None
    dso = case.dso if released is case.choice.dso else read_dso(released.file, case.ct)
    return mask_of(dso.segments, Role.REMNANT)


def revision_uid(database: DicomDatabase, patient_id: str, name: str) -> str:
    """The SeriesInstanceUID of a revision that is named by it or by its number.

    Raises
    ------
    RemnantNotFound
        If the patient has no such revision.
    """
    revisions = revisions_of(database, patient_id)
    for revision in revisions:
        if name in (revision.series_uid, str(revision.number)):
            return revision.series_uid
    known = ", ".join(str(revision.number) for revision in revisions)
    raise RemnantNotFound(
        f"Patient {patient_id} has no revision {name}; there are: {known or 'none'}."
    )


def _files_of_revision(database: DicomDatabase, case: Case, series_uid: str) -> list:
    revisions = revisions_of(database, case.patient_id)
    return [revision.file for revision in revisions if revision.series_uid == series_uid]


def _remnant(dso: Dso) -> Mask:
    remnant = mask_of(dso.segments, Role.REMNANT)
    return remnant if remnant is not None else Mask.empty(dso.segments[0].mask.grid)


def _ct_uid(case: Case) -> str | None:
    return case.ct.series_uid if case.ct else None
