"""One plan on every patient: a study's table, a row a patient."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from CRLMExplorerLib.cli.growing_csv import GrowingCsv, NotResumable
from CRLMExplorerLib.cli.outcome import (
    AGAINST_RELEASED,
    FIGURES,
    SAVED,
    Facts,
    Order,
    Outcome,
    outcome_of,
)
from CRLMExplorerLib.cli.output import errors, print_json, print_table, progress_bar
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Cancelled, part

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable
    from CRLMExplorerLib.dicom.catalog import DicomDatabase

_STATUSES = ("specimen", "remnant", "cut")
_COLUMNS = (
    "patient_id",
    "plan_sha256",
    "start",
    *FIGURES,
    *(f"tumors_{status}" for status in _STATUSES),
    "least_margin_mm",
    *(f"released_{name}" for name in AGAINST_RELEASED),
    "alarms",
    *SAVED,
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


def resect_all(
    database: DicomDatabase,
    table: ClinicalTable | None,
    order: Order,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Carry out an order on all patients; a patient's error is a row, and ends with 1.

    Raises
    ------
    NotResumable
        If the CSV file to go on with is of another plan or another table.
    """
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
                row |= _row(outcome_of(database, patient_id, table, order, share))
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


def _row(outcome: Outcome) -> Facts:
    """The figures of one patient, as a table has them."""
    figures, released = outcome.figures, outcome.released
    statuses = [margin.status.value for margin in figures.margins]
    return {
        "start": outcome.plan.start,
        **{name: getattr(figures, name) for name in FIGURES},
        **{f"tumors_{status}": statuses.count(status) for status in _STATUSES},
        "least_margin_mm": figures.least_margin_mm,
        **{f"released_{name}": getattr(released, name, None) for name in AGAINST_RELEASED},
        "alarms": sum(finding.severity.value == "alarm" for finding in outcome.findings),
        **outcome.saved,
    }
