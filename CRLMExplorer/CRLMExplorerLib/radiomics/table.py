"""Extractions as tables: a tidy one, a row a value, and a wide one, a row a patient and region.

It gives data frames, and their text as CSV; which file they go to is for who asked for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Omission
from CRLMExplorerLib.radiomics.units import unit_of

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable

SUFFIXES = (".csv", ".parquet")
"""What a file with a table is called, which decides its format."""

NO_PARQUET = "Parquet needs pyarrow: pip install crlm-explorer[radiomics]"

OMITTED = "omitted"
"""The feature class of a row that stands for what gave no values."""

_IDENTITY = ("patient_id", "ct_series_uid", "dso_series_uid", "revision", "region")
_MEASURED = ("filter", "feature_class", "feature", "value", "unit")
COLUMNS = (*_IDENTITY, *_MEASURED)
_KINDS = {name: "Int64" if name == "revision" else "string" for name in COLUMNS} | {
    "value": "float64"
}
_LINE_END = "\r\n"


class TableNotReadable(RadiomicsError):
    """A file is no table of features."""


def tidy(case: CaseExtraction, settings: Mapping[str, Any]) -> pd.DataFrame:
    """A row a value, in the columns `COLUMNS`.

    What gave no values is a row as well, so that no patient or region is silently missing: its
    ``feature_class`` is ``omitted``, its ``feature`` the code and the reason, its ``value``
    empty. Without a filter it stands for a whole region, without a region for the whole patient.

    Parameters
    ----------
    settings
        pyradiomics' ``setting`` block that it was extracted with; units depend on it.
    """
    identity = _identity(case)
    rows: list[tuple[object, ...]] = [
        (
            *identity,
            one.region,
            one.filter,
            one.feature_class,
            one.feature,
            one.value,
            unit_of(one.filter, one.feature_class, one.feature, settings),
        )
        for one in case.extraction.values  # noqa: PD011
    ]
    rows += [
        (*identity, one.region, one.filter, OMITTED, _reason(one), None, "")
        for one in case.extraction.omissions
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(_KINDS)


def wide(case: CaseExtraction) -> pd.DataFrame:
    """A row a region of one patient, in the order they come.

    The columns are patient, CT, DSO, revision and region; ``omitted``, what gave no values and
    why; and the features under pyradiomics' names, such as ``original_firstorder_Mean``. A patient
    who failed has one row, with no region.
    """
    rows: dict[str, dict[str, float]] = {}
    omitted: dict[str, list[str]] = {}
    for one in case.extraction.values:  # noqa: PD011
        name = f"{one.filter}_{one.feature_class}_{one.feature}"
        rows.setdefault(one.region, {})[name] = one.value
    for omission in case.extraction.omissions:
        rows.setdefault(omission.region, {})
        where = f"{omission.filter}: " if omission.filter else ""
        omitted.setdefault(omission.region, []).append(f"{where}{_reason(omission)}")
    identity = _identity(case)
    keys = pd.DataFrame([(*identity, region) for region in rows], columns=list(_IDENTITY))
    keys = keys.astype({name: _KINDS[name] for name in _IDENTITY})
    keys[OMITTED] = pd.array(["; ".join(omitted.get(region, [])) for region in rows], "string")
    features = pd.DataFrame(list(rows.values()), index=keys.index, dtype="float64")
    return pd.concat([keys, features], axis="columns")


def joined(patients: Sequence[pd.DataFrame], clinical: ClinicalTable | None) -> pd.DataFrame:
    """The wide tables of patients as one, with the clinical record between region and features.

    A patient without a record has none of its values.
    """
    table = pd.concat(patients, ignore_index=True)
    if clinical is None:
        return table
    record = clinical.frame.reindex(table["patient_id"].astype(object)).reset_index(drop=True)
    keys = [*_IDENTITY, OMITTED]
    return pd.concat([table[keys], record, table.drop(columns=keys)], axis="columns")


def csv_text(table: pd.DataFrame, header: bool = True) -> str:
    """A table as CSV; numbers have all the digits that make them the same when they are read."""
    # A line break within a cell would pass for the end of a row.
    plain = table.map(lambda cell: " ".join(cell.split()) if isinstance(cell, str) else cell)
    return plain.to_csv(index=False, header=header, lineterminator=_LINE_END)


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table as Parquet if the file's name ends so, else as CSV.

    Raises
    ------
    ImportError
        If Parquet's library is missing.
    OSError
        If it cannot be written.
    """
    if file.suffix.lower() == ".parquet":
        table.to_parquet(file, index=False)
    else:
        file.write_bytes(csv_text(table).encode())


def read_tidy(file: Path) -> pd.DataFrame:
    """Read a tidy table, CSV or Parquet by its suffix, with the values as they were.

    Raises
    ------
    TableNotReadable
        If it is not there or is no such table.
    """
    try:
        if file.suffix.lower() == ".parquet":
            table = pd.read_parquet(file)
        else:
            # The default parser of pandas is off by the last digit.
            table = pd.read_csv(
                file, dtype=str, float_precision="round_trip", keep_default_na=False
            )
    except ImportError as error:
        raise TableNotReadable(f"{file}: {NO_PARQUET}") from error
    except OSError as error:
        raise TableNotReadable(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise TableNotReadable(f"{file} is no table: {error}.") from error
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise TableNotReadable(f"{file} is no tidy table of features: no column {missing[0]}.")
    try:
        return _typed(table[list(COLUMNS)])
    except ValueError as error:
        raise TableNotReadable(f"{file} is no tidy table of features: {error}.") from error


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    typed = table.copy()
    for name in ("revision", "value"):
        if table[name].dtype == object:
            typed[name] = [float(cell) if cell else None for cell in table[name]]
    return typed.astype(_KINDS)


def _identity(case: CaseExtraction) -> tuple[object, ...]:
    origin = case.origin
    return (origin.patient_id, origin.ct_series_uid, origin.dso_series_uid, origin.revision)


def _reason(omission: Omission) -> str:
    return f"{omission.code}: {omission.reason}"
