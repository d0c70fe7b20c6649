"""Commands on the revisions of a patient's FLR: list them, compare two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from CRLMExplorerLib.cli.options import Database, Json, Patient
from CRLMExplorerLib.cli.output import print_json, print_table, progress_bar, write_csv

if TYPE_CHECKING:
    from CRLMExplorerLib.resection.plan import ResectionPlan
    from CRLMExplorerLib.resection.revision import Revision
    from CRLMExplorerLib.review.case import Case

Remnant = Annotated[
    str, typer.Argument(help="released, or a revision by number or SeriesInstanceUID.")
]

_COLUMNS = (
    "number",
    "date_time",
    "reader",
    "flr_ml",
    "flr_percent_functional",
    "note",
    "start",
    "steps",
    "series_uid",
)


def revisions(
    patient: Patient,
    database: Database,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write a CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """List the revisions of a patient's FLR, oldest first."""
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.resection.history import revisions_of
    from CRLMExplorerLib.review.case import open_case

    with CtkDatabase.open(database) as opened, progress_bar("Opening") as progress:
        case = open_case(opened, patient, progress=progress)
        found = revisions_of(opened, patient)
    numbers = {revision.series_uid: revision.number for revision in found}
    facts = [_facts(revision, case, numbers) for revision in found]
    if csv_file:
        rows = [{**fact, "steps": "; ".join(fact["steps"])} for fact in facts]
        write_csv(csv_file, _COLUMNS, rows)
    if as_json:
        print_json(facts)
    if as_json or csv_file:
        return
    print_table(
        f"{len(facts)} revisions of {patient}",
        ("No.", "Date", "Reader", "FLR mL", "FLR %", "Note", "Start", "Steps"),
        [
            (
                fact["number"],
                fact["date_time"].replace("T", " ")[:16],
                fact["reader"],
                fact["flr_ml"],
                fact["flr_percent_functional"],
                " ".join(fact["note"].split()),
                fact["start"],
                "; ".join(fact["steps"]),
            )
            for fact in facts
        ],
    )


def compare(
    patient: Patient, one: Remnant, other: Remnant, database: Database, as_json: Json = False
) -> None:
    """Compare two remnants of a patient; the volume change is the first's less the other's."""
    from dataclasses import asdict

    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.resection.comparison import compare as compared
    from CRLMExplorerLib.review.case import open_case
    from CRLMExplorerLib.review.remnants import remnant_named

    with CtkDatabase.open(database) as opened, progress_bar("Comparing") as progress:
        case = open_case(opened, patient, progress=progress)
        masks = [remnant_named(opened, case, name) for name in (one, other)]
    facts = {
        "patient_id": patient,
        "a": one,
        "b": other,
        "a_ml": masks[0].volume_ml,
        "b_ml": masks[1].volume_ml,
        **asdict(compared(masks[0], masks[1])),
    }
    if as_json:
        print_json(facts)
    else:
        figures = [(name.replace("_", " "), value) for name, value in facts.items()]
        print_table(f"{one} against {other}", ("figure", "value"), figures)


def _facts(revision: Revision, case: Case, numbers: dict[str, int]) -> dict[str, Any]:
    from CRLMExplorerLib.resection.steps import describe

    plan = _plan(revision)
    return {
        "number": revision.number,
        "date_time": revision.date_time.isoformat(),
        "reader": revision.reader,
        "note": revision.note,
        "flr_ml": revision.flr_ml,
        "flr_percent_functional": _percent(revision, case),
        "start": _start(plan, numbers) if plan else None,
        "steps": [describe(step) for step in plan.steps] if plan else [],
        "series_uid": revision.series_uid,
        "path": str(revision.file),
    }


def _plan(revision: Revision) -> ResectionPlan | None:
    from CRLMExplorerLib.resection import PlanError, plan_from_json

    try:
        return plan_from_json(revision.plan_json) if revision.plan_json else None
    except PlanError:  # a newer version's plan is no reason not to list the revision
        return None


def _start(plan: ResectionPlan, numbers: dict[str, int]) -> str:
    from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER

    words = {RELEASED: "released FLR", WHOLE_LIVER: "whole liver"}
    words |= {series_uid: f"revision {number}" for series_uid, number in numbers.items()}
    return words.get(plan.start, plan.start)


def _percent(revision: Revision, case: Case) -> float | None:
    """FLR in per cent of the functional liver; None for a revision on another CT."""
    from CRLMExplorerLib.measure.remnant import percent

    on_this_ct = case.ct is not None and case.ct.series_uid == revision.ct_series_uid
    functional_ml = case.volumetry.functional_liver_ml if case.volumetry else None
    return percent(revision.flr_ml, functional_ml) if on_this_ct else None
