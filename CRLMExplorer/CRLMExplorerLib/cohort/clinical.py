"""The clinical table: one typed row per patient, and what was wrong with the file it came from.

This reads and checks the spreadsheet; it must not know survival analysis or images.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from CRLMExplorerLib.cohort.columns import (
    PATIENT_ID,
    VALUE_COLUMNS,
    Column,
    Kind,
    archive_spelling,
    column_named,
)
from CRLMExplorerLib.cohort.errors import ClinicalTableError
from CRLMExplorerLib.cohort.record import PatientRecord
from CRLMExplorerLib.cohort.sheet import Row, Sheet, read_sheet
from CRLMExplorerLib.cohort.values import BadValue, Value, parse_column
from CRLMExplorerLib.findings import Finding, Severity

_ARCHIVE_ONLY = {"dicom_patient_id", "source_batch"}
_SHOWN_NAMES = 8


@dataclass(frozen=True, eq=False)
class ClinicalTable:
    """The cohort's clinical data.

    Attributes
    ----------
    frame
        One row per patient under the id, in the file's order; every column of the schema but the
        id, in its order and original spelling. ``Int64`` for codes and integers, ``float64`` for
        numbers, percentages (0 to 100) and months, ``string`` for text; missing values are NA.
    extra
        The file's further columns as text, under the same ids.
    findings
        What was wrong with the file.
    source
        The file.
    descriptions
        The file's own data dictionary, by archive spelling; empty if it carries none.
    """

    frame: pd.DataFrame
    extra: pd.DataFrame
    findings: tuple[Finding, ...]
    source: Path
    descriptions: Mapping[str, str]

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """The patients in the file's order."""
        return tuple(self.frame.index)

    def record(self, patient_id: str) -> PatientRecord | None:
        """The patient's record, or None if the table has no such patient."""
        if patient_id not in self.frame.index:
            return None
        values = {name: _native(self.frame.loc[patient_id, name]) for name in self.frame.columns}
        return PatientRecord(
            patient_id,
            values,
            {column.name: self.description(column.name) for column in VALUE_COLUMNS},
        )

    def description(self, column: str) -> str:
        """What a column means: the file's words, else ours, else nothing; either spelling."""
        known = column_named(column)
        ours = known.description if known else ""
        return self.descriptions.get(archive_spelling(column), ours)


def read_clinical(path: Path | str) -> ClinicalTable:
    """Read the cohort's spreadsheet.

    Excel (first sheet data, second the data dictionary) or CSV; columns in any order and in the
    original or the archive's spelling. Missing is -999 or an empty cell. A value that cannot be
    meant becomes a finding that names sheet, row and column, and is missing from the table.

    Raises
    ------
    ClinicalTableError
        If the file cannot be read, has no ``Patient-ID`` column or no patient, or has a patient
        twice.
    """
    path = Path(path)
    sheet = read_sheet(path)
    places, extra_places, findings = _find_columns(path, sheet)
    rows, ids = _patient_rows(path, sheet, places.pop(PATIENT_ID.name), findings)
    index = pd.Index(ids, name=PATIENT_ID.name, dtype=object)
    series = {}
    for column in VALUE_COLUMNS:
        values: Sequence[Value]
        if column.name in places:
            values = _checked(sheet, rows, column, places[column.name], findings)
        else:
            values = [None] * len(rows)
        series[column.name] = pd.Series(values, index=index, dtype=_dtype(column))
    extra = {
        name: pd.Series([row.cell(place).text for row in rows], index=index, dtype="string")
        for name, place in extra_places.items()
    }
    return ClinicalTable(
        pd.DataFrame(series, index=index),
        pd.DataFrame(extra, index=index),
        tuple(findings),
        path,
        sheet.dictionary,
    )


def _find_columns(path: Path, sheet: Sheet) -> tuple[dict[str, int], dict[str, int], list[Finding]]:
    """Places of the schema's columns and of the others in the header, and what is odd about it."""
    places: dict[str, int] = {}
    extra: dict[str, int] = {}
    repeated = []
    for place, cell in enumerate(sheet.header.cells):
        if not cell.text:
            continue
        column = column_named(cell.text)
        found, name = (places, column.name) if column else (extra, cell.text)
        if name in found:
            repeated.append(name)
        else:
            found[name] = place
    if PATIENT_ID.name not in places:
        seen = [cell.text for cell in sheet.header.cells if cell.text]
        raise ClinicalTableError(
            f"{path}, sheet {sheet.name}: no column {PATIENT_ID.name} (or "
            f"{PATIENT_ID.archive_name}) in row {sheet.header.number}, which holds "
            f"{some(seen)}."
        )
    findings = []
    where = f"Sheet {sheet.name}, row {sheet.header.number}"
    if repeated:
        findings.append(
            Finding(
                Severity.WARNING,
                "clinical-column-repeated",
                f"{where}: {some(repeated)} more than once; the first is used.",
            )
        )
    if absent := [column.name for column in VALUE_COLUMNS if column.name not in places]:
        findings.append(
            Finding(
                Severity.WARNING,
                "clinical-column-missing",
                f"{where}: no column {some(absent)}; every patient's value is missing.",
            )
        )
    if unknown := [name for name in extra if archive_spelling(name) not in _ARCHIVE_ONLY]:
        findings.append(
            Finding(
                Severity.NOTE,
                "clinical-column-unknown",
                f"{where}: {some(unknown)} not in the collection's schema; kept aside.",
            )
        )
    return places, extra, findings


def _patient_rows(
    path: Path, sheet: Sheet, place: int, findings: list[Finding]
) -> tuple[list[Row], list[str]]:
    rows_of_id: dict[str, list[Row]] = defaultdict(list)
    parsed = parse_column(PATIENT_ID, [row.cell(place) for row in sheet.rows])
    for row, patient_id in zip(sheet.rows, parsed, strict=True):
        if patient_id is None:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "clinical-row-without-patient",
                    f"Sheet {sheet.name}, row {row.number}, column {PATIENT_ID.name}: empty; "
                    "the row is left out.",
                )
            )
        else:
            rows_of_id[str(patient_id)].append(row)
    if not rows_of_id:
        raise ClinicalTableError(f"{path}, sheet {sheet.name}: no patient below the header.")
    twice = [
        f"{patient_id} (rows {', '.join(str(row.number) for row in rows)})"
        for patient_id, rows in rows_of_id.items()
        if len(rows) > 1
    ]
    if twice:
        raise ClinicalTableError(
            f"{path}, sheet {sheet.name}: expected one row per patient, found more for "
            f"{some(twice)}."
        )
    return [rows[0] for rows in rows_of_id.values()], list(rows_of_id)


def _checked(
    sheet: Sheet, rows: list[Row], column: Column, place: int, findings: list[Finding]
) -> list[Value]:
    values: list[Value] = []
    parsed = parse_column(column, [row.cell(place) for row in rows])
    for row, value in zip(rows, parsed, strict=True):
        if isinstance(value, BadValue):
            findings.append(
                Finding(
                    Severity.WARNING,
                    "clinical-bad-value",
                    f"Sheet {sheet.name}, row {row.number}, column {column.name}: "
                    f"“{value.text}” {value.reason}; taken as missing.",
                )
            )
            value = None
        values.append(value)
    return values


def _dtype(column: Column) -> str:
    if column.kind.is_coded or column.kind is Kind.INTEGER:
        return "Int64"
    return "float64" if column.kind.is_numeric else "string"


def _native(value: object) -> Value:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value.item() if hasattr(value, "item") else value  # type: ignore[return-value]


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    shown = ", ".join(names[:_SHOWN_NAMES])
    rest = len(names) - _SHOWN_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown
