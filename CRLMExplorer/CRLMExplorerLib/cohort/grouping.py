"""How a cohort is divided into groups by one of its columns.

This knows the schema's codes and quantities; it must not know survival.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS, Column, Group, column_named
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.values import Value


@dataclass(frozen=True)
class Grouping:
    """A rule that puts each patient into a group by the value in one column.

    Attributes
    ----------
    column
        The column's original spelling.
    title
        What a reader sees above the groups, e.g. ``Largest tumour``.
    split_at
        For a quantity, the greatest value of the lower group, in its unit; None for codes.
    """

    column: str
    title: str
    split_at: float | None

    def code(self, value: Value) -> float | None:
        """The group of a value: its code, or 0 for ≤ and 1 for >; None for a missing value."""
        if value is None:
            return None
        return float(value) if self.split_at is None else float(float(value) > self.split_at)

    def codes(self, table: ClinicalTable) -> pd.Series:
        """The group of each patient as float64; NaN where the value is missing."""
        values = table.frame[self.column].astype("float64")
        if self.split_at is None:
            return values
        return (values > self.split_at).astype("float64").where(values.notna())

    def label(self, code: float) -> str:
        """A group as a reader sees it, e.g. ``yes``, ``≤ 3.5 cm``."""
        column = _schema(self.column)
        if self.split_at is None:
            return column.labels[int(code)]
        limit = f"{self.split_at:g} {column.unit}".rstrip()
        return f"> {limit}" if code else f"≤ {limit}"


def grouping_columns(table: ClinicalTable) -> tuple[Column, ...]:
    """The columns that divide this cohort: known before the outcome, with two values or more."""
    return tuple(
        column
        for column in VALUE_COLUMNS
        if _is_groupable(column) and len(table.frame[column.name].dropna().unique()) > 1
    )


def grouping_by(table: ClinicalTable, name: str, split_at: float | None = None) -> Grouping:
    """The grouping by a column, in original or archive spelling.

    Quantities are split at `split_at`, by default at their median in this table.

    Raises
    ------
    SurvivalError
        If there is no such column, it is no grounds for groups, or it holds no value.
    """
    column = column_named(name)
    if column is None or not _is_groupable(column):
        known = ", ".join(column.name for column in VALUE_COLUMNS if _is_groupable(column))
        raise SurvivalError(f"Patients cannot be grouped by “{name}”; expected one of {known}.")
    if column.kind.is_coded:
        return Grouping(column.name, column.label, None)
    if split_at is None:
        values = table.frame[column.name].dropna()
        if values.empty:
            raise SurvivalError(f"{table.source}: no patient has a value in {column.name}.")
        split_at = float(values.median())
    return Grouping(column.name, column.label, split_at)


def _is_groupable(column: Column) -> bool:
    # An outcome is known only after the time that is compared.
    return column.group is not Group.OUTCOME and (column.kind.is_coded or column.kind.is_numeric)


def _schema(name: str) -> Column:
    column = column_named(name)
    if column is None:
        raise KeyError(name)
    return column
