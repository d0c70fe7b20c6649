"""The command that carries out a resection plan: on one patient, or on all for a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from CRLMExplorerLib.cli.options import (
    Clinical,
    Database,
    Json,
    clinical_table,
    plane_cut,
    wedge_cut,
)
from CRLMExplorerLib.cli.outcome import (
    AGAINST_RELEASED,
    FIGURES,
    Facts,
    Order,
    Outcome,
    outcome_of,
)
from CRLMExplorerLib.cli.output import (
    console,
    print_findings,
    print_json,
    print_table,
    progress_bar,
)
from CRLMExplorerLib.cli.study import resect_all

if TYPE_CHECKING:
    from CRLMExplorerLib.resection import ResectionPlan


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
            resect_all(opened, table, order, csv_file, as_json)
            return
        with progress_bar("Resecting") as progress:
            outcome = outcome_of(opened, patient, table, order, progress)
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
    if start is not None:
        plan = replace(plan, start=start, start_dso=None)
    steps = (*plan.steps, *map(plane_cut, planes), *map(wedge_cut, wedges))
    return replace(plan, steps=steps)


def _facts(outcome: Outcome) -> Facts:
    """Everything of one patient, as JSON has it."""
    from CRLMExplorerLib.resection import describe

    return {
        "patient_id": outcome.case.patient_id,
        "start": outcome.plan.start,
        "steps": [describe(step) for step in outcome.plan.steps],
        **{name: getattr(outcome.figures, name) for name in FIGURES},
        "margins": [asdict(margin) for margin in outcome.figures.margins],
        "released": asdict(outcome.released) if outcome.released else None,
        "findings": [asdict(finding) for finding in outcome.findings],
        **outcome.saved,
    }


def _print_outcome(outcome: Outcome) -> None:
    figures = [(name.replace("_", " "), getattr(outcome.figures, name)) for name in FIGURES]
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
            [(name.replace("_", " "), getattr(released, name)) for name in AGAINST_RELEASED],
        )
    print_findings(outcome.findings)
    if saved := outcome.saved:
        console.print(f"Saved as FLR revision {saved['revision']}: {saved['path']}")
