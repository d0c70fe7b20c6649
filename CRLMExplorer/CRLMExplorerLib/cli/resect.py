"""The command that carries out a resection plan: on one patient, or on all for a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from CRLMExplorerLib.cli.growing_csv import GrowingCsv, NotResumable
from CRLMExplorerLib.cli.options import (
    Clinical,
    Database,
    Json,
    clinical_table,
    plane_cut,
    wedge_cut,
)
from CRLMExplorerLib.cli.output import (
    console,
    errors,
    print_findings,
    print_json,
    print_table,
    progress_bar,
)
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.progress import Cancelled, Progress, part

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable
    from CRLMExplorerLib.dicom.catalog import DicomDatabase
    from CRLMExplorerLib.geometry import Mask
    from CRLMExplorerLib.resection import Comparison, ResectionFigures, ResectionPlan
    from CRLMExplorerLib.review.case import Case

Facts = dict[str, Any]

_FIGURES = (
    "flr_ml",
    "flr_percent_functional",
    "flr_percent_total",
    "resected_ml",
    "minimum_flr_percent",
    "minimum_rule",
    "adequate",
)
_RELEASED = ("dice", "hd95_mm", "mean_surface_distance_mm", "volume_change_ml")
_SAVED = ("series_uid", "path", "revision")
_STATUSES = ("specimen", "remnant", "cut")
_COLUMNS = (
    "patient_id",
    "plan_sha256",
    "start",
    *_FIGURES,
    *(f"tumors_{status}" for status in _STATUSES),
    "least_margin_mm",
    *(f"released_{name}" for name in _RELEASED),
    "alarms",
    *_SAVED,
    "error",
)
_SHOWN = {
    "Patient": "patient_id",
    "FLR mL": "flr_ml",
    "FLR %": "flr_percent_functional",
    "Minimum %": "minimum_flr_percent",
    "Adequate": "adequate",
    "In specimen": "tumors_specimen",
    "In remnant": "tumors_remnant",
    "Cut": "tumors_cut",
    "Margin mm": "least_margin_mm",
    "Dice": "released_dice",
    "Alarms": "alarms",
    "Revision": "revision",
}


@dataclass(frozen=True)
class Order:
    """What is asked for of each patient."""

    plan: ResectionPlan
    save: bool
    reader: str
    note: str
    resume: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a plan."""

    case: Case
    plan: ResectionPlan
    figures: ResectionFigures
    released: Comparison | None
    findings: tuple[Finding, ...]
    saved: Facts


def resect(
    database: Database,
    patient: Annotated[str | None, typer.Argument(help="PatientID.")] = None,
    all_patients: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="A resection plan (JSON).")
    ] = None,
    planes: Annotated[
        list[str] | None,
        typer.Option(
            "--plane",
            metavar="X,Y,Z:NX,NY,NZ",
            help="Cut along a plane, RAS in mm; the normal points to what is removed. "
            "May be repeated; follows the plan.",
        ),
    ] = None,
    wedges: Annotated[
        list[str] | None,
        typer.Option(
            "--wedge",
            metavar="tumor=LABEL,margin=MM",
            help="Take out a tumour (* for all) with a margin, 10 mm unless told. "
            "May be repeated; follows the planes.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            help="released, liver, or a revision by number or SeriesInstanceUID; "
            "instead of the plan's.",
        ),
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Save the FLR as a new revision.")] = False,
    reader: Annotated[str, typer.Option("--reader", help="Who made the revision.")] = "",
    note: Annotated[str, typer.Option("--note", help="What to say of the revision.")] = "",
    clinical: Clinical = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="With --all: write a CSV file, row by row.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the CSV file of a run that was stopped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cut a patient's liver by a plan: FLR, margins, and the change against the released FLR."""
    from CRLMExplorerLib.dicom.database import CtkDatabase

    if (patient is None) != all_patients:
        raise typer.BadParameter("Name a patient, or say --all.")
    if csv_file and not all_patients:
        raise typer.BadParameter("--csv goes with --all.")
    if resume and not csv_file:
        raise typer.BadParameter("--resume needs the --csv to go on with.")
    plan = _plan(plan_file, start, planes or (), wedges or ())
    order = Order(plan, save, reader, note, resume)
    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened:
        if patient is None:
            _resect_all(opened, table, order, csv_file, as_json)
            return
        with progress_bar("Resecting") as progress:
            outcome = _resected(opened, patient, table, order, progress)
    if as_json:
        print_json(_facts(outcome))
    else:
        _print_outcome(outcome)


def _plan(
    file: Path | None, start: str | None, planes: Sequence[str], wedges: Sequence[str]
) -> ResectionPlan:
    from CRLMExplorerLib.resection import PlanError, ResectionPlan, plan_from_json

    plan = ResectionPlan()
    if file:
        try:
            plan = plan_from_json(file.read_text(encoding="utf-8-sig"))
        except PlanError as error:
            raise PlanError(f"{file}: {error}") from error
        except UnicodeDecodeError as error:
            raise PlanError(f"{file} is no text in UTF-8: expected a resection plan") from error
    steps = (*plan.steps, *map(plane_cut, planes), *map(wedge_cut, wedges))
    return replace(plan, start=plan.start if start is None else start, steps=steps)


def _resected(
    database: DicomDatabase,
    patient_id: str,
    table: ClinicalTable | None,
    order: Order,
    progress: Progress,
) -> Outcome:
    from CRLMExplorerLib.measure import by_severity
    from CRLMExplorerLib.resection import RELEASED, WHOLE_LIVER
    from CRLMExplorerLib.review.case import open_case
    from CRLMExplorerLib.review.remnants import resection_of, revision_named

    case = open_case(database, patient_id, table, progress=part(progress, 0.0, 0.8))
    progress(0.8, "Cutting")
    start = order.plan.start
    resection = resection_of(database, case, start)
    if start not in (RELEASED, WHOLE_LIVER):
        start = revision_named(database, case, start).series_uid
    order.plan.require_patient(resection.patient_id, resection.ct_series_uid)
    plan = replace(resection.new_plan(start), steps=order.plan.steps)
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
                return dict(zip(_SAVED, values, strict=True)), ()
    saved = save_remnant(database, case, plan, remnant, reader_name=order.reader, note=order.note)
    values = (saved.series_uid, str(saved.path), saved.number)
    return dict(zip(_SAVED, values, strict=True)), saved.findings


def _facts(outcome: Outcome) -> Facts:
    """Everything of one patient, as JSON has it."""
    from CRLMExplorerLib.resection import describe

    return {
        "patient_id": outcome.case.patient_id,
        "start": outcome.plan.start,
        "steps": [describe(step) for step in outcome.plan.steps],
        **{name: getattr(outcome.figures, name) for name in _FIGURES},
        "margins": [asdict(margin) for margin in outcome.figures.margins],
        "released": asdict(outcome.released) if outcome.released else None,
        "findings": [asdict(finding) for finding in outcome.findings],
        **outcome.saved,
    }


def _row(outcome: Outcome) -> Facts:
    """The figures of one patient, as a table has them."""
    figures, released = outcome.figures, outcome.released
    statuses = [margin.status.value for margin in figures.margins]
    return {
        "start": outcome.plan.start,
        **{name: getattr(figures, name) for name in _FIGURES},
        **{f"tumors_{status}": statuses.count(status) for status in _STATUSES},
        "least_margin_mm": figures.least_margin_mm,
        **{f"released_{name}": getattr(released, name, None) for name in _RELEASED},
        "alarms": sum(finding.severity.value == "alarm" for finding in outcome.findings),
        **outcome.saved,
    }


def _resect_all(
    database: DicomDatabase,
    table: ClinicalTable | None,
    order: Order,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    from CRLMExplorerLib.resection.plan_json import plan_to_json

    plan_sha256 = sha256(plan_to_json(order.plan).encode()).hexdigest()
    written = GrowingCsv(csv_file, _COLUMNS, order.resume) if csv_file else None
    known = {row["patient_id"]: row for row in written.rows} if written else {}
    if other := [row for row in known.values() if row["plan_sha256"] != plan_sha256]:
        raise NotResumable(
            f"{csv_file} has rows of another plan, such as that of patient "
            f"{other[0]['patient_id']}: name another file for this one."
        )
    failed = any(row["error"] for row in known.values())
    rows: list[Facts] = []
    with progress_bar("Resecting") as progress:
        patient_ids = [entry.patient_id for entry in database.patients()]
        for count, patient_id in enumerate(patient_ids):
            if patient_id in known:
                continue
            share = part(progress, count / len(patient_ids), (count + 1) / len(patient_ids))
            row: Facts = dict.fromkeys(_COLUMNS)
            row |= {"patient_id": patient_id, "plan_sha256": plan_sha256}
            try:
                row |= _row(_resected(database, patient_id, table, order, share))
            except Cancelled:
                raise
            except Exception as error:  # one patient must not end the night's run
                ours = isinstance(error, CRLMExplorerError | OSError)
                row["error"] = str(error) if ours else f"{type(error).__name__}: {error}"
                errors.print(f"crlm-explorer: {patient_id}: {row['error']}", style="bold red")
            rows.append(row)
            if written:
                written.add(row)
    if as_json:
        print_json(rows)
    elif not csv_file:
        cells = [[row[name] for name in _SHOWN.values()] for row in rows]
        print_table("Resection", tuple(_SHOWN), cells)
    if failed or any(row["error"] for row in rows):
        raise typer.Exit(1)


def _print_outcome(outcome: Outcome) -> None:
    figures = [(name.replace("_", " "), getattr(outcome.figures, name)) for name in _FIGURES]
    print_table(f"Resection of {outcome.case.patient_id}", ("figure", "value"), figures)
    if margins := outcome.figures.margins:
        print_table(
            "Tumours",
            ("tumour", "status", "margin mm"),
            [(margin.tumor, margin.status.value, margin.margin_mm) for margin in margins],
        )
    if released := outcome.released:
        print_table(
            "Against the released FLR",
            ("figure", "value"),
            [(name.replace("_", " "), getattr(released, name)) for name in _RELEASED],
        )
    print_findings(outcome.findings)
    if saved := outcome.saved:
        console.print(f"Saved as FLR revision {saved['revision']}: {saved['path']}")
