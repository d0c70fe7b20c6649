"""Two tables of features held against each other, value by value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.table import OMITTED

KEY = ("patient_id", "region", "filter", "feature_class", "feature")
"""What makes two values the same feature; CT, DSO and revision may differ."""


class NotComparable(RadiomicsError):
    """A table has the same feature of a patient and region more than once."""


@dataclass(frozen=True)
class Difference:
    """A feature that differs.

    Attributes
    ----------
    patient_id, region, filter, feature_class, feature
        Which.
    a, b
        Its values; None where a table has no such row or no number there.
    relative
        Distance of the values by the greater one's size; None where there is no number to compare.
    """

    patient_id: str
    region: str
    filter: str
    feature_class: str
    feature: str
    a: float | None
    b: float | None
    relative: float | None


@dataclass(frozen=True)
class TableComparison:
    """How two tables differ.

    Attributes
    ----------
    equal
        How many values are the same within the tolerance; none in both counts as the same.
    different
        Those that are not, the furthest apart first.
    only_a, only_b
        Rows that the other table lacks, in their table's order.
    largest_relative
        The greatest relative difference of all, also of those within the tolerance.
    """

    equal: int
    different: tuple[Difference, ...]
    only_a: tuple[Difference, ...]
    only_b: tuple[Difference, ...]
    largest_relative: float

    @property
    def is_equal(self) -> bool:
        """Whether the tables have the same rows and values."""
        return not (self.different or self.only_a or self.only_b)


def compare_tables(a: pd.DataFrame, b: pd.DataFrame, tolerance: float) -> TableComparison:
    """Compare two tidy tables.

    Parameters
    ----------
    tolerance
        The relative difference up to which values are the same.

    Raises
    ------
    NotComparable
        If a table has a row twice.
    """
    both = _matched(a, b)
    in_both = both["_merge"] == "both"
    relative = both["relative"].to_numpy()
    far = in_both & ~(both["relative"] <= tolerance)
    known = relative[in_both.to_numpy() & np.isfinite(relative)]
    return TableComparison(
        equal=int((in_both & ~far).sum()),
        different=_rows(both[far].sort_values("relative", ascending=False, kind="stable")),
        only_a=_rows(both[both["_merge"] == "left_only"]),
        only_b=_rows(both[both["_merge"] == "right_only"]),
        largest_relative=float(known.max(initial=0.0)),
    )


def side_by_side(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The features of two tidy tables beside each other, the furthest apart first.

    The columns are `KEY`; ``value_a`` and ``value_b``; ``difference``, b less a; ``relative``, as
    in `Difference`, infinite where one has no number; and ``side``: ``both``, or ``a`` or ``b`` for
    what the other table lacks. Those rows come last, a's first, without differences.

    Raises
    ------
    NotComparable
        If a table has a row twice.
    """
    features = [table[table["feature_class"] != OMITTED] for table in (a, b)]
    both = _matched(*features)
    both["side"] = both["_merge"].map({"both": "both", "left_only": "a", "right_only": "b"})
    in_both = both["side"] == "both"
    both["difference"] = both["value_b"] - both["value_a"]
    both.loc[~in_both, ["difference", "relative"]] = np.nan
    ordered = both.sort_values(["relative", "side"], ascending=[False, True], na_position="last")
    columns = [*KEY, "value_a", "value_b", "difference", "relative", "side"]
    return ordered[columns].reset_index(drop=True)


def _matched(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The rows of both tables, with the relative difference and where each was (``_merge``)."""
    for name, table in (("first", a), ("second", b)):
        twice = table[table.duplicated(list(KEY))]
        if len(twice):
            which = " ".join(str(cell) for cell in twice.iloc[0][list(KEY)])
            raise NotComparable(f"The {name} table has a row twice: {which}.")
    columns = [*KEY, "value"]
    both = a[columns].merge(
        b[columns], on=list(KEY), how="outer", suffixes=("_a", "_b"), indicator=True, sort=False
    )
    both["relative"] = _relative(both["value_a"].to_numpy(float), both["value_b"].to_numpy(float))
    return both


def _relative(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a - b| by the greater of |a| and |b|; 0 where both are NaN or 0, infinite where one is."""
    size = np.fmax(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(a == b, 0.0, np.abs(a - b) / size)
    relative[np.isnan(a) & np.isnan(b)] = 0.0
    return np.where(np.isnan(relative), np.inf, relative)


def _rows(table: pd.DataFrame) -> tuple[Difference, ...]:
    names = [*KEY, "value_a", "value_b", "relative"]
    return tuple(
        Difference(*row[: len(KEY)], *map(_number, row[len(KEY) :]))
        for row in table[names].itertuples(index=False, name=None)
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
