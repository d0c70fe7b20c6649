"""Commands on patients: everything known of one, the volumetry of many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from CRLMExplorerLib.cli.options import Clinical, Database, Json, clinical_table
from CRLMExplorerLib.cli.output import (
    console,
    errors,
    print_findings,
    print_json,
    print_table,
    progress_bar,
    write_csv,
)
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import part

if TYPE_CHECKING:
    from CRLMExplorerLib.review.case import Case

_FIGURES = (
    "liver_ml",
    "tumor_count",
    "tumor_total_ml",
    "tumor_in_liver_ml",
    "functional_liver_ml",
    "flr_ml",
    "flr_percent_functional",
    "flr_percent_total",
    "resected_ml",
    "tumor_burden_percent",
    "minimum_flr_percent",
    "minimum_rule",
    "adequate",
)
_COLUMNS = ("patient_id", "dso_series_uid", *_FIGURES, "alarms", "error")
_SHOWN = {
    "Patient": "patient_id",
    "Liver mL": "liver_ml",
    "Tumours": "tumor_count",
    "Tumours mL": "tumor_total_ml",
    "FLR mL": "flr_ml",
    "FLR %": "flr_percent_functional",
    "Minimum %": "minimum_flr_percent",
    "Adequate": "adequate",
    "Alarms": "alarms",
}


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
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.review.case import open_case
    from CRLMExplorerLib.review.report import case_facts

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
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.review.case import open_case

    if bool(patients) == all_patients:
        raise typer.BadParameter("Name patients, or say --all.")
    table = clinical_table(clinical)
    rows: list[dict[str, Any]] = []
    with CtkDatabase.open(database) as opened, progress_bar("Measuring") as progress:
        wanted = patients or [entry.patient_id for entry in opened.patients()]
        for count, patient_id in enumerate(wanted):
            share = part(progress, count / len(wanted), (count + 1) / len(wanted))
            row = dict.fromkeys(_COLUMNS) | {"patient_id": patient_id}
            try:
                row |= _measured(open_case(opened, patient_id, table, progress=share))
            except CRLMExplorerError as error:
                row["error"] = str(error)
                errors.print(f"crlm-explorer: {patient_id}: {error}", style="bold red")
            rows.append(row)
    if csv_file:
        write_csv(csv_file, _COLUMNS, rows)
    if as_json:
        print_json(rows)
    elif not csv_file:
        cells = [[row[name] for name in _SHOWN.values()] for row in rows]
        print_table("Volumetry", tuple(_SHOWN), cells)
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


def _measured(case: Case) -> dict[str, Any]:
    measured = case.volumetry
    return {
        "dso_series_uid": case.dso.series_uid if case.dso else None,
        **{name: getattr(measured, name) if measured else None for name in _FIGURES},
        "alarms": sum(finding.severity.value == "alarm" for finding in case.findings),
    }


def _print_case(case: Case, facts: dict[str, Any]) -> None:
    console.print(f"{case.patient_id}  {case.name}", style="bold")
    if ct := facts["ct"]:
        size = " × ".join(str(n) for n in ct["dimensions"])
        spacing = " × ".join(f"{mm:.3f}" for mm in ct["spacing_mm"])
        console.print(f"CT   {ct['description']}  {size} voxels of {spacing} mm")
    if dso := facts["dso"]:
        console.print(f"DSO  {dso['description']}")
        for other in dso["alternatives"]:
            console.print(f"     or {other['description']}: --dso {other['series_uid']}")
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
    print_findings(case.findings)
