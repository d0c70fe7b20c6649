"""The remnants a patient has: the released one and the revisions, as masks on one CT.

It reads them from the database and saves new ones there; what is done with them is for `FlrEdit`
and the comparison.
"""

from __future__ import annotations

from pathlib import Path

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.dso_writer import AlgorithmType
from CRLMExplorerLib.dicom.segmentation import Dso, read_dso
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure.segment import mask_of
from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.dso_reference import reference_to
from CRLMExplorerLib.resection.history import released_of, revisions_of
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER, ResectionPlan
from CRLMExplorerLib.resection.plan_json import plan_to_json
from CRLMExplorerLib.resection.resection import Resection
from CRLMExplorerLib.resection.revision import Revision, read_revision
from CRLMExplorerLib.resection.saving import SavedRevision, save_revision
from CRLMExplorerLib.resection.steps import ScissorsCut, Stroke
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
        If the patient has no such revision, or no CT.
    ResectionError
        If there is no liver to cut.
    """
    starts: dict[str, Mask] = {}
    released = released_remnant(case)
    if released is not None:
        starts[RELEASED] = released
    if start not in (RELEASED, WHOLE_LIVER):
        revision = revision_named(database, case, start)
        starts[revision.series_uid] = _remnant(_dso_of(case, revision.series_uid, revision.file))
    # The opened DSO may be a revision: its remnant is not the released one.
    others = [segment for segment in case.segments if segment.role is not Role.REMNANT]
    return Resection.of_segments(case.patient_id, _ct(case).series_uid, others, starts)


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
    DsoError
        If its file cannot be read.
    """
    if name == RELEASED:
        released = released_remnant(case)
        if released is None:
            raise RemnantNotFound(f"Patient {case.patient_id} has no released remnant.")
        return released
    revision = revision_named(database, case, name)
    return _remnant(_dso_of(case, revision.series_uid, revision.file))


def released_remnant(case: Case) -> Mask | None:
    """The remnant of the DSO that the case's goes back to; None where it has none."""
    released = released_dso(case)
    return mask_of(released.segments, Role.REMNANT) if released else None


def released_dso(case: Case) -> Dso | None:
    """The DSO that the case's goes back to: itself, unless it is a revision."""
    released = released_of(case.choice)
    if released is None or case.dso is None:
        return None
    return _dso_of(case, released.series_uid, released.file)


def revision_named(database: DicomDatabase, case: Case, name: str) -> Revision:
    """A revision of a patient by its number on the case's CT, or by its SeriesInstanceUID.

    Raises
    ------
    RemnantNotFound
        If the patient has no such revision, or several of this number, as after those of another
        reader's database were taken in.
    """
    revisions = revisions_of(database, case.patient_id)
    ct_uid = case.ct.series_uid if case.ct else None
    numbered = [one for one in revisions if one.ct_series_uid == ct_uid]
    found = [one for one in revisions if one.series_uid == name]
    found = found or [one for one in numbered if str(one.number) == name]
    if len(found) == 1:
        return found[0]
    if found:
        uids = ", ".join(one.series_uid for one in found)
        raise RemnantNotFound(
            f"Patient {case.patient_id} has {len(found)} revisions {name}; name one by its "
            f"SeriesInstanceUID: {uids}."
        )
    known = ", ".join(str(one.number) for one in numbered)
    raise RemnantNotFound(
        f"Patient {case.patient_id} has no revision {name}; there are: {known or 'none'}."
    )


def with_start_dso(database: DicomDatabase, case: Case, plan: ResectionPlan) -> ResectionPlan:
    """A plan with the DSO named that its start is taken from where this case is open.

    Raises
    ------
    RemnantNotFound
        If the patient has no such revision.
    PlanError
        If the plan was made from another DSO.
    """
    file = _start_file(database, case, plan.start)
    return plan.started_from(reference_to(file)) if file else plan


def _start_file(database: DicomDatabase, case: Case, start: str) -> Path | None:
    """The DSO that a start is taken from; None where there is none.

    A revision has its liver from the released DSO, so that a plan from the whole liver is the same
    whichever of the two is open.
    """
    if start not in (RELEASED, WHOLE_LIVER):
        return revision_named(database, case, start).file
    opened, released = case.choice.dso, released_of(case.choice)
    if start == WHOLE_LIVER and opened is not None:
        revision = read_revision(opened.file)
        if revision and not (released and released.series_uid == revision.released.series_uid):
            return opened.file
    return released.file if released else None


def save_remnant(
    database: DicomDatabase,
    case: Case,
    plan: ResectionPlan,
    remnant: Mask,
    *,
    reader_name: str,
    note: str,
) -> SavedRevision:
    """Save what a plan leaves of a case's liver as a new revision of the DSO that it starts from.

    The segments beside the remnant are those of the case's DSO.

    Raises
    ------
    RemnantNotFound
        If the case has no DSO or the plan's start is gone.
    PlanError
        If the plan was made from another DSO.
    CRLMExplorerError
        As `save_revision` does.
    """
    if case.dso is None or case.choice.dso is None:
        raise RemnantNotFound(f"Patient {case.patient_id} has no DSO to make a revision of.")
    plan = with_start_dso(database, case, plan)
    return save_revision(
        database,
        case.choice.dso.file,
        case.dso,
        _ct(case),
        remnant,
        reader_name=reader_name,
        note=note,
        plan_json=plan_to_json(plan),
        algorithm_type=_algorithm(database, case, plan),
        start_file=_start_file(database, case, plan.start),
    )


def _algorithm(database: DicomDatabase, case: Case, plan: ResectionPlan) -> AlgorithmType:
    """MANUAL only where every voxel was decided by hand; a plane or a margin is computed."""
    role, dso = Role.REMNANT, case.dso
    if plan.start == WHOLE_LIVER:
        role = Role.LIVER
    elif plan.start == RELEASED:
        dso = released_dso(case)
    else:
        revision = revision_named(database, case, plan.start)
        dso = _dso_of(case, revision.series_uid, revision.file)
    sources = [s for s in dso.segments if s.role is role] if dso else []
    by_hand = all(
        step.is_by_hand if isinstance(step, Drawing) else isinstance(step, Stroke | ScissorsCut)
        for step in plan.steps
    )
    if by_hand and sources and all(s.algorithm_type == "MANUAL" for s in sources):
        return "MANUAL"
    return "SEMIAUTOMATIC"


def _dso_of(case: Case, series_uid: str, file: Path) -> Dso:
    """The case's own DSO, or another one read onto its CT."""
    if case.dso and case.dso.series_uid == series_uid:
        return case.dso
    return read_dso(file, _ct(case))


def _remnant(dso: Dso) -> Mask:
    remnant = mask_of(dso.segments, Role.REMNANT)
    return remnant if remnant is not None else Mask.empty(dso.segments[0].mask.grid)


def _ct(case: Case) -> CtVolume:
    if case.ct is None:
        raise RemnantNotFound(
            f"Patient {case.patient_id} has no CT that can be read: there is no liver to cut."
        )
    return case.ct
