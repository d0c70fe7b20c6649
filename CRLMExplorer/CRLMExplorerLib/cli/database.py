"""Commands on the DICOM database: import files, list patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from CRLMExplorerLib.cli.options import Clinical, Database, Json, clinical_table
from CRLMExplorerLib.cli.output import console, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from CRLMExplorerLib.dicom.importer import ImportReport

_SKIPPED_SHOWN = 10
_SEX: dict[object, str] = {1: "male", 2: "female"}


def import_(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders with them.")],
    database: Database,
    as_json: Json = False,
) -> None:
    """Index DICOM files where they lie; the database is made if there is none."""
    from dataclasses import asdict

    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.dicom.importer import NothingToImport, import_files

    for path in paths:
        if not path.exists():  # known before a database is made for nothing
            raise NothingToImport(f"{path} does not exist: nothing was imported.")
    with CtkDatabase.open_or_create(database) as opened, progress_bar("Importing") as progress:
        report = import_files(paths, opened, progress)
    if as_json:
        skipped = {str(file): reason for file, reason in report.skipped.items()}
        print_json({**asdict(report), "skipped": skipped})
    else:
        _print_report(report)
    if report.files_skipped == report.files_seen:
        raise NothingToImport(
            f"None of the {report.files_seen} files in {', '.join(map(str, paths))} is a DICOM "
            "file that can be indexed: nothing was imported."
        )


def patients(database: Database, clinical: Clinical = None, as_json: Json = False) -> None:
    """List the patients with their series, review state and what was measured before."""
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.review.store import Review, ReviewStore

    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened:
        store = ReviewStore(opened.directory)
        reviews, figures = store.reviews(), store.figures()
        facts: list[dict[str, Any]] = []
        for entry in opened.patients():
            modalities = [series.modality for series in opened.series_of(entry.patient_id)]
            record = table.record(entry.patient_id) if table else None
            review = reviews.get(entry.patient_id, Review())
            facts.append(
                {
                    "patient_id": entry.patient_id,
                    "name": entry.name,
                    "ct_series": modalities.count("CT"),
                    "dso_series": modalities.count("SEG"),
                    "review_state": review.state.value,
                    "note": review.note,
                    "figures": dict(figures.get(entry.patient_id, {})),
                    "clinical": dict(record.values) if record else None,
                }
            )
    if as_json:
        print_json(facts)
    else:
        _print_patients(facts)


def _print_report(report: ImportReport) -> None:
    console.print(
        f"{report.files_seen} files seen: {report.indexed} indexed, {report.updated} updated, "
        f"{report.already_known} already known, {report.files_skipped} skipped. New: "
        f"{report.patients_added} patients, {report.studies_added} studies, "
        f"{report.series_added} series."
    )
    for file, reason in list(report.skipped.items())[:_SKIPPED_SHOWN]:
        console.print(f"  skipped {file}: {reason}")
    if len(report.skipped) > _SKIPPED_SHOWN:
        console.print(f"  and {len(report.skipped) - _SKIPPED_SHOWN} more (--json names them)")


def _print_patients(facts: list[dict[str, Any]]) -> None:
    rows = []
    for fact in facts:
        clinical = fact["clinical"] or {}
        rows.append(
            (
                *(fact[key] for key in ("patient_id", "name", "ct_series", "dso_series")),
                fact["review_state"],
                fact["figures"].get("flr_percent_functional"),
                fact["figures"].get("tumor_count"),
                clinical.get("age"),
                _SEX.get(clinical.get("sex")),
            )
        )
    print_table(
        f"{len(facts)} patients",
        ("Patient", "Name", "CT", "DSO", "Review", "FLR %", "Tumours", "Age", "Sex"),
        rows,
    )
