"""Commands on patients: everything known of one, the volumetry of many."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from CRLMExplorerLib.cli.options import Clinical, Database, Json, clinical_table
from CRLMExplorerLib.cli.output import console, errors, print_json, print_table, progress_bar
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.measure import Volumetry
from CRLMExplorerLib.review.case import Case, open_case
from CRLMExplorerLib.review.report import case_facts

_SEVERITY_STYLES = {"alarm": "bold red", "warning": "yellow", "note": "dim"}
_FIGURES = [f.name for f in fields(Volumetry) if f.name not in ("tumors", "standardized_flr")]
_SHOWN = (
    "liver_ml",
    "tumor_count",
    "tumor_total_ml",
    "flr_ml",
    "flr_percent_functional",
    "flr_percent_total",
    "minimum_flr_percent",
    "adequate",
    "alarms",
)


def show(
    patient: Annotated[str, typer.Argument(help="PatientID.")],
    database: Database,
    clinical: Clinical = None,
    dso: Annotated[
        str | None, typer.Option("--dso", help="SeriesInstanceUID of the DSO to take.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show everything of a patient: images, segments, volumetry, record, survival, findings."""
    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened, progress_bar("Opening") as progress:
        case = open_case(opened, patient, table, dso, progress)
    facts = case_facts(case, table)
    if as_json:
        print_json(facts)
    else:
        _print_case(case, facts)


def volumetry(
    database: Database,
    patients: Annotated[list[str] | None, typer.Argument(help="PatientIDs.")] = None,
    all_patients: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    clinical: Clinical = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write a CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """Measure patients: volumes in mL, FLR in per cent, the minimum that applies."""
    if bool(patients) == all_patients:
        raise typer.BadParameter("Name patients, or say --all.")
    table = clinical_table(clinical)
    rows: list[dict[str, Any]] = []
    failed = 0
    with CtkDatabase.open(database) as opened, progress_bar("Measuring") as progress:
        wanted = patients or [entry.patient_id for entry in opened.patients()]
        for count, patient_id in enumerate(wanted):
            progress(count / len(wanted), patient_id)
            try:
                rows.append(_row(open_case(opened, patient_id, table)))
            except CRLMExplorerError as error:
                failed += 1
                rows.append({"patient_id": patient_id, "error": str(error)})
                errors.print(f"{patient_id}: {error}", style="red", markup=False, highlight=False)
    if csv_file:
        with written_whole(csv_file) as temporary, temporary.open("w", newline="") as stream:
            writer = csv.DictWriter(
                stream, ["patient_id", "dso_series_uid", *_FIGURES, "alarms", "error"]
            )
            writer.writeheader()
            writer.writerows(rows)
    if as_json:
        print_json(rows)
    elif not csv_file:
        print_table(
            "Volumetry",
            ["patient_id", *_SHOWN],
            [[row["patient_id"], *(row.get(name) for name in _SHOWN)] for row in rows],
        )
    if failed:
        raise typer.Exit(1)


def _row(case: Case) -> dict[str, Any]:
    measured = case.volumetry
    return {
        "patient_id": case.patient_id,
        "dso_series_uid": case.dso.series_uid if case.dso else None,
        **{name: getattr(measured, name) if measured else None for name in _FIGURES},
        "alarms": sum(finding.severity.value == "alarm" for finding in case.findings),
        "error": None,
    }


def _print_case(case: Case, facts: dict[str, Any]) -> None:
    console.print(f"[bold]{case.patient_id}[/bold]  {case.name}")
    if ct := facts["ct"]:
        size = " × ".join(str(n) for n in ct["dimensions"])
        spacing = " × ".join(f"{mm:.3f}" for mm in ct["spacing_mm"])
        console.print(f"CT   {ct['description']}  {size} voxels of {spacing} mm")
    if dso := facts["dso"]:
        others = len(dso["alternatives"])
        console.print(f"DSO  {dso['description']}" + (f"  ({others} others)" if others else ""))
    if facts["segments"]:
        names = ("number", "name", "role", "voxels", "volume_ml")
        print_table("Segments", names, [[s[name] for name in names] for s in facts["segments"]])
    if measured := case.volumetry:
        print_table(
            "Volumetry",
            ("figure", "value"),
            [(name.replace("_", " "), getattr(measured, name)) for name in _FIGURES],
        )
    if case.record:
        for section in case.record.sections():
            print_table(section.title, ("", ""), [(row.label, row.text) for row in section.rows])
    if facts["survival"]:
        print_table(
            "Survival, months",
            ("endpoint", "patient", "event", "cohort median"),
            [
                (name.replace("_", " "), s["months"], s["event"], s["cohort_median_months"])
                for name, s in facts["survival"].items()
            ],
        )
    for finding in case.findings:
        console.print(
            f"{finding.severity.value.upper():8}{finding.message}",
            style=_SEVERITY_STYLES[finding.severity.value],
            markup=False,
            highlight=False,
        )
