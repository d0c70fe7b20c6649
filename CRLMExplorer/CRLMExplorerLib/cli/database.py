"""Commands on the DICOM database: import files, list patients."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from CRLMExplorerLib.cli.options import Clinical, Database, Json, clinical_table
from CRLMExplorerLib.cli.output import console, print_json, print_table, progress_bar
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.review.store import ReviewStore

_SKIPPED_SHOWN = 10


def import_(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders with them.")],
    database: Database,
    as_json: Json = False,
) -> None:
    """Index DICOM files where they lie; the database is made if there is none."""
    with CtkDatabase.open_or_create(database) as opened, progress_bar("Importing") as progress:
        report = import_files(paths, opened, progress)
    if as_json:
        skipped = {str(file): reason for file, reason in report.skipped.items()}
        print_json({**asdict(report), "skipped": skipped})
        return
    console.print(
        f"{report.files_seen} files seen: {report.indexed} indexed, {report.updated} updated, "
        f"{report.already_known} already known, {report.files_skipped} skipped. New: "
        f"{report.patients_added} patients, {report.studies_added} studies, "
        f"{report.series_added} series."
    )
    for file, reason in list(report.skipped.items())[:_SKIPPED_SHOWN]:
        console.print(f"  skipped {file}: {reason}", markup=False, highlight=False)
    if len(report.skipped) > _SKIPPED_SHOWN:
        console.print(f"  and {len(report.skipped) - _SKIPPED_SHOWN} more (--json names them)")


def patients(database: Database, clinical: Clinical = None, as_json: Json = False) -> None:
    """List the patients with their series, review state and what was measured before."""
    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened:
        store = ReviewStore(opened.directory)
        reviews, figures = store.reviews(), store.figures()
        facts: list[dict[str, Any]] = []
        for entry in opened.patients():
            series = opened.series_of(entry.patient_id)
            record = table.record(entry.patient_id) if table else None
            review = reviews.get(entry.patient_id)
            facts.append(
                {
                    "patient_id": entry.patient_id,
                    "name": entry.name,
                    "ct_series": sum(s.modality == "CT" for s in series),
                    "dso_series": sum(s.modality == "SEG" for s in series),
                    "review_state": review.state.value if review else "not seen",
                    "note": review.note if review else "",
                    "figures": dict(figures.get(entry.patient_id, {})),
                    "clinical": dict(record.values) if record else None,
                }
            )
    if as_json:
        print_json(facts)
        return
    columns = ["Patient", "Name", "CT", "DSO", "Review", "FLR %", "Tumours"]
    columns += ["Age", "Sex"] if table else []
    rows = [
        [
            *(f[key] for key in ("patient_id", "name", "ct_series", "dso_series", "review_state")),
            f["figures"].get("flr_percent_functional"),
            f["figures"].get("tumor_count"),
            *(
                ((f["clinical"] or {}).get("age"), _sex((f["clinical"] or {}).get("sex")))
                if table
                else ()
            ),
        ]
        for f in facts
    ]
    print_table(f"{len(facts)} patients", columns, rows)


def _sex(code: object) -> str | None:
    return {1: "male", 2: "female"}.get(code) if isinstance(code, int) else None
