"""Features of the patients' images, read from the tidy table of an extraction.

This knows the table and the cohort it belongs to; it must not know how a feature is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from CRLMExplorerLib.cohort.clinical import ClinicalTable, some
from CRLMExplorerLib.cohort.errors import FeatureTableError
from CRLMExplorerLib.findings import Finding, Severity

_NAMES = ("region", "filter", "feature_class", "feature")
_NEEDED = ("patient_id", *_NAMES, "value")
_UNIT = "unit"
_OMITTED = "omitted"
"""The feature class of a row that says why there are no values."""


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of the cohort.

    Attributes
    ----------
    frame
        One row per patient under the id, one float64 column per region and feature, e.g.
        ``tumours: original_firstorder_Mean``; NaN where there is no value.
    units
        Unit of a feature by its column; nothing where it is not known.
    findings
        What was wrong with the table.
    source
        The file, or what else the features come from.
    """

    frame: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    source: str = ""

    def value(self, patient_id: str, name: str) -> float | None:
        """A patient's value of a feature; None if there is none."""
        if patient_id not in self.frame.index:
            return None
        value = self.frame[name].astype("float64")[patient_id]
        return None if np.isnan(value) else float(value)


def feature_name(region: str, filter_name: str, feature_class: str, feature: str) -> str:
    """The column of a region's feature, under pyradiomics' names."""
    return f"{region}: {filter_name}_{feature_class}_{feature}"


def read_features(path: Path | str, table: ClinicalTable) -> FeatureTable:
    """Read the tidy table that an extraction wrote, a row a value; CSV, or Parquet by its suffix.

    Raises
    ------
    FeatureTableError
        If it cannot be read, lacks a column, or has no value of a patient of the cohort.
    """
    path = Path(path)
    try:
        tidy = _read(path)
    except ImportError as error:
        raise FeatureTableError(
            f"{path}: Parquet needs pyarrow: pip install crlm-explorer[radiomics]"
        ) from error
    except OSError as error:
        raise FeatureTableError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise FeatureTableError(f"{path} is no table of features: {error}.") from error
    return feature_table(tidy, table, str(path))


def feature_table(tidy: pd.DataFrame, table: ClinicalTable, source: str) -> FeatureTable:
    """Features of a cohort's patients from a tidy table, a row a value.

    Parameters
    ----------
    tidy
        Columns ``patient_id``, ``region``, ``filter``, ``feature_class``, ``feature``, ``value``
        and perhaps ``unit``; others are passed over. Rows of the class ``omitted`` say why there
        are no values.
    table
        The cohort. Rows of patients that it does not have are left out.
    source
        The file, or what else the features come from.

    Raises
    ------
    FeatureTableError
        If a column is missing, or there is no value of a patient of the cohort.
    """
    if missing := [name for name in _NEEDED if name not in tidy.columns]:
        raise FeatureTableError(
            f"{source} is no tidy table of features: no column {some(missing)}; found "
            f"{some([str(name) for name in tidy.columns])}."
        )
    findings: list[Finding] = []
    rows = _of_the_cohort(_as_text(tidy), table, findings)
    rows = rows[rows["feature_class"] != _OMITTED]
    rows["value"] = _numbers(rows, findings)
    rows = _one_row_a_value(rows, findings)
    frame = rows.pivot_table(
        index="patient_id", columns="name", values="value", sort=False, dropna=False
    )
    if not frame.notna().any(axis=None):
        raise FeatureTableError(
            f"{source} has no value of a patient of {table.source}, whose first is "
            f"{table.patient_ids[0]}."
        )
    without = sorted(set(table.patient_ids) - set(frame.index[frame.notna().any(axis="columns")]))
    if without:
        findings.append(
            Finding(
                Severity.NOTE,
                "features-patient-without-values",
                f"{len(without)} patients of {table.source.name} have no features: "
                f"{some(without)}.",
            )
        )
    units = {} if _UNIT not in rows else dict(zip(rows["name"], rows[_UNIT], strict=True))
    return FeatureTable(frame.rename_axis(columns=None), units, tuple(findings), source)


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".parquet":
        return pd.read_parquet(path)
    wanted = {*_NEEDED, _UNIT}
    header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
    if not {*_NEEDED} <= {*header}:
        return pd.DataFrame(columns=header)
    # A whole study has a million rows, most of whose text says which images they come from.
    return pd.read_csv(
        path,
        dtype=str,
        encoding="utf-8-sig",
        keep_default_na=False,
        usecols=lambda name: name in wanted,
    )


def _as_text(tidy: pd.DataFrame) -> pd.DataFrame:
    """The rows with text without blanks around it, and the name of each one's column."""
    rows = pd.DataFrame(index=pd.RangeIndex(2, len(tidy) + 2))
    for name in ("patient_id", *_NAMES, *({_UNIT} & {*tidy.columns})):
        rows[name] = tidy[name].astype("string").fillna("").str.strip().to_numpy(dtype=object)
    rows["value"] = tidy["value"].to_numpy()
    columns = (rows[name] for name in _NAMES)
    rows["name"] = [feature_name(*names) for names in zip(*columns, strict=True)]
    return rows


def _of_the_cohort(
    rows: pd.DataFrame, table: ClinicalTable, findings: list[Finding]
) -> pd.DataFrame:
    nobody = rows["patient_id"] == ""
    if nobody.any():
        findings.append(
            Finding(
                Severity.WARNING,
                "features-row-without-patient",
                f"Column patient_id is empty in rows {_numbers_of(rows[nobody])}; they are left "
                "out.",
            )
        )
    known = rows["patient_id"].isin(table.patient_ids)
    if strangers := sorted({*rows["patient_id"][~known & ~nobody]}):
        findings.append(
            Finding(
                Severity.WARNING,
                "features-patient-unknown",
                f"{len(strangers)} patients are not in {table.source.name} and are left out: "
                f"{some(strangers)}.",
            )
        )
    return rows[known].copy()


def _numbers(rows: pd.DataFrame, findings: list[Finding]) -> pd.Series:
    is_number = pd.to_numeric(rows["value"], errors="coerce").notna()
    # What pandas parses is off by the last digit.
    numbers = rows["value"].where(is_number).astype("float64")
    text = rows["value"].astype("string").fillna("").str.strip().str.lower()
    wrong = (numbers.isna() & ~text.isin(["", "nan"])) | np.isinf(numbers)
    if wrong.any():
        findings.append(
            Finding(
                Severity.WARNING,
                "features-bad-value",
                f"Column value holds “{rows['value'][wrong].iloc[0]}” in row "
                f"{_numbers_of(rows[wrong])}: expected a finite number; taken as missing.",
            )
        )
    return numbers.mask(wrong)


def _one_row_a_value(rows: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Rows that say the same are one; of rows that differ, nobody knows which is meant."""
    rows = rows.drop_duplicates(["patient_id", "name", "value"])
    repeated = rows.duplicated(["patient_id", "name"], keep=False)
    if repeated.any():
        patients = sorted({*rows["patient_id"][repeated]})
        findings.append(
            Finding(
                Severity.WARNING,
                "features-repeated",
                f"{len(patients)} patients have different values of one feature, first "
                f"{rows['name'][repeated].iloc[0]}, and have none of these: {some(patients)}. "
                "Expected one DSO of each patient.",
            )
        )
        rows["value"] = rows["value"].mask(repeated)
    return rows.drop_duplicates(["patient_id", "name"])


def _numbers_of(rows: pd.DataFrame) -> str:
    return some([str(number) for number in rows.index])
