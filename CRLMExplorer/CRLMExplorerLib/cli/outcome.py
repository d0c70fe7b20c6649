"""What comes of a resection plan on one patient, whichever command asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.progress import Progress, part

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable
    from CRLMExplorerLib.dicom.catalog import DicomDatabase
    from CRLMExplorerLib.geometry import Mask
    from CRLMExplorerLib.resection import Comparison, ResectionFigures, ResectionPlan
    from CRLMExplorerLib.review.case import Case

Facts = dict[str, Any]

FIGURES = (
    "flr_ml",
    "flr_percent_functional",
    "flr_percent_total",
    "resected_ml",
    "minimum_flr_percent",
    "minimum_rule",
    "adequate",
)
AGAINST_RELEASED = ("dice", "hd95_mm", "mean_surface_distance_mm", "volume_change_ml")
SAVED = ("series_uid", "path", "revision")


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes
    ----------
    plan
        For any patient, or for one.
    save
        Whether a revision is to be saved, of this reader and with this note.
    resume
        Whether a revision that a run before has saved is taken for the one asked for.
    """

    plan: ResectionPlan
    save: bool
    reader: str
    note: str
    resume: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a plan.

    Attributes
    ----------
    plan
        As it was carried out on this patient.
    released
        Distances to the released remnant; None where there is none.
    findings
        On the plan and the images, worst first.
    saved
        The new revision by the names in `SAVED`; empty if none was asked for.
    """

    case: Case
    plan: ResectionPlan
    figures: ResectionFigures
    released: Comparison | None
    findings: tuple[Finding, ...]
    saved: Facts


def outcome_of(
    database: DicomDatabase,
    patient_id: str,
    table: ClinicalTable | None,
    order: Order,
    progress: Progress,
) -> Outcome:
    """Carry out a plan on a patient.

    Raises
    ------
    CRLMExplorerError
        If there is no such patient, the plan does not fit, or the revision cannot be saved.
    """
    from CRLMExplorerLib.measure import by_severity
    from CRLMExplorerLib.resection import RELEASED, WHOLE_LIVER
    from CRLMExplorerLib.review.case import open_case
    from CRLMExplorerLib.review.remnants import resection_of, revision_named, with_start_dso

    case = open_case(database, patient_id, table, progress=part(progress, 0.0, 0.8))
    progress(0.8, "Cutting")
    start = order.plan.start
    resection = resection_of(database, case, start)
    if start not in (RELEASED, WHOLE_LIVER):
        start = revision_named(database, case, start).series_uid
    order.plan.require_patient(resection.patient_id, resection.ct_series_uid)
    plan = replace(
        resection.new_plan(start), steps=order.plan.steps, start_dso=order.plan.start_dso
    )
    plan = with_start_dso(database, case, plan)
    figures = resection.figures(plan, case.rule)
    released = resection.compare_with_released(plan)
    progress(0.9, "Cut")
    saved: Facts = {}
    findings = [*figures.findings, *case.choice.findings]
    findings += [finding for images in (case.ct, case.dso) if images for finding in images.findings]
    if order.save:
        saved, of_saving = _saved(database, case, plan, resection.flr(plan), order)
        findings += of_saving
    return Outcome(case, plan, figures, released, by_severity(findings), saved)


def _saved(
    database: DicomDatabase, case: Case, plan: ResectionPlan, remnant: Mask, order: Order
) -> tuple[Facts, tuple[Finding, ...]]:
    from CRLMExplorerLib.resection.history import revisions_of
    from CRLMExplorerLib.resection.plan_json import plan_to_json
    from CRLMExplorerLib.review.remnants import save_remnant

    if order.resume:
        # The run before may have been killed after it saved and before it wrote the row.
        wanted = (plan_to_json(plan), order.reader.strip(), order.note.strip())
        for one in revisions_of(database, case.patient_id):
            if (one.plan_json, one.reader, one.note) == wanted:
                values = (one.series_uid, str(one.file), one.number)
                return dict(zip(SAVED, values, strict=True)), ()
    saved = save_remnant(database, case, plan, remnant, reader_name=order.reader, note=order.note)
    values = (saved.series_uid, str(saved.path), saved.number)
    return dict(zip(SAVED, values, strict=True)), saved.findings
