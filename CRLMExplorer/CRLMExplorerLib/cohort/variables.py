"""What may be associated with an outcome: clinical variables and features, side by side.

This gives values and names; it must not know endpoints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.columns import column_named
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.grouping import BASELINE_COLUMNS


def variables_of(
    table: ClinicalTable, features: FeatureTable | None = None, names: Sequence[str] = ()
) -> pd.DataFrame:
    """The variables of a cohort, a row a patient of the table.

    Codes are categories under the labels of the data dictionary, in the order of the codes;
    everything else is float64.

    Parameters
    ----------
    names
        Columns, in original or archive spelling, and features; by default all that are known
        before the outcome.

    Raises
    ------
    SurvivalError
        If there is no variable of a name.
    """
    variables = pd.DataFrame(
        {
            column.name: _labelled(table.frame[column.name], column.labels)
            if column.kind.is_coded
            else table.frame[column.name].astype("float64")
            for column in BASELINE_COLUMNS
        }
    )
    if features is not None:
        extracted = features.frame.reindex(table.frame.index)
        variables = pd.concat([variables, extracted], axis="columns")
    if not names:
        return variables
    return variables[list(dict.fromkeys(_known(name, variables) for name in names))]


def variable_title(name: str) -> str:
    """What a reader sees of a variable: a column's label; a feature's own name."""
    column = column_named(name)
    return column.label if column else name


def _labelled(codes: pd.Series, labels: Mapping[int, str]) -> pd.Series:
    ordered = [labels[code] for code in sorted(labels)]
    return codes.map(labels).astype(pd.CategoricalDtype(ordered))


def _known(name: str, variables: pd.DataFrame) -> str:
    if name in variables:
        return name
    column = column_named(name)
    if column is None or column.name not in variables:
        clinical = ", ".join(column.name for column in BASELINE_COLUMNS)
        raise SurvivalError(
            f"There is no variable “{name}” that is known before the outcome; expected a feature "
            f"or one of {clinical}."
        )
    return column.name
