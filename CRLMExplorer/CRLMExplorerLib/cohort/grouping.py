"""How a cohort is divided into groups by one of its columns or features.

This knows the schema's codes and quantities; it must not know survival.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS, Column, Group, column_named
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.values import Value


@dataclass(frozen=True)
class Grouping:
    """A rule that puts each patient into a group by the value in one column.

    Attributes
    ----------
    column
        The column's original spelling, or the feature's name.
    title
        What a reader sees above the groups, e.g. ``Largest tumour``.
    split_at
        For a quantity, the greatest value of the lower group, in its unit; None for codes.
    unit
        Unit of a quantity; empty where it has none.
    """

    column: str
    title: str
    split_at: float | None
    unit: str = ""

    def code(self, value: Value) -> float | None:
        """The group of a value: its code, or 0 for ≤ and 1 for >; None for a missing value."""
        if value is None:
            return None
        return float(value) if self.split_at is None else float(float(value) > self.split_at)

    def codes(self, values: pd.Series) -> pd.Series:
        """The group of each patient by the patients' values; NaN where the value is missing."""
        if self.split_at is None:
            return values
        return (values > self.split_at).astype("float64").where(values.notna())

    def label(self, code: float) -> str:
        """A group as a reader sees it, e.g. ``yes``, ``≤ 3.5 cm``."""
        if self.split_at is None:
            column = column_named(self.column)
            assert column is not None
            return column.labels[int(code)]
        limit = f"{self.split_at:g} {self.unit}".rstrip()
        return f"> {limit}" if code else f"≤ {limit}"


BASELINE_COLUMNS = tuple(
    column
    for column in VALUE_COLUMNS
    # An outcome is known only after the time that is compared.
    if column.group is not Group.OUTCOME and (column.kind.is_coded or column.kind.is_numeric)
)
"""Codes and quantities that are known before the outcome."""


def grouping_columns(table: ClinicalTable) -> tuple[Column, ...]:
    """The baseline columns that divide this cohort: those with two values or more."""
    return tuple(
        column for column in BASELINE_COLUMNS if len(table.frame[column.name].dropna().unique()) > 1
    )


def grouping_by(
    table: ClinicalTable,
    name: str,
    split_at: float | None = None,
    features: FeatureTable | None = None,
) -> Grouping:
    """The grouping by a column, in original or archive spelling, or by a feature.

    Quantities are split at `split_at`, by default at their median, see `median_split`.

    Raises
    ------
    SurvivalError
        If there is no such column, it is no grounds for groups, or it holds no value.
    """
    column = column_named(name)
    if features is not None and name in features.frame:
        title, unit = name, features.units.get(name, "")
    elif column in BASELINE_COLUMNS:
        name, title, unit = column.name, column.label, column.unit
        if column.kind.is_coded:
            return Grouping(name, title, None)
    else:
        known = ", ".join(column.name for column in BASELINE_COLUMNS)
        also = " or of the features" if features is not None else ""
        raise SurvivalError(
            f"Patients cannot be grouped by “{name}”; expected one of {known}{also}."
        )
    if split_at is None:
        values = quantities(table, name, features).dropna()
        if values.empty:
            raise SurvivalError(f"{table.source}: no patient has a value in {name}.")
        split_at = median_split(values)
    return Grouping(name, title, split_at, unit)


def median_split(values: pd.Series) -> float:
    """Where a quantity is split at its median: the greatest value of the lower group.

    The median is that of all patients who have a value, whatever their follow-up, so that every
    endpoint compares the same groups. Patients at the median belong to the lower group: many
    quantities are 0 in half of the patients or more, and the others would have no group
    otherwise. Where nobody lies above the median, those at it are the upper group instead. A
    quantity that all share makes one group.
    """
    median = float(values.median())
    below = values[values < median]
    if (values > median).any() or below.empty:
        return median
    return float(below.max())


def quantities(table: ClinicalTable, name: str, features: FeatureTable | None = None) -> pd.Series:
    """A column or a feature as float64 under the ids of the table; NaN where it is missing."""
    frame = features.frame if features is not None and name in features.frame else table.frame
    return frame[name].astype("float64").reindex(table.frame.index)
