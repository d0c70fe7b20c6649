"""Associations in the page's words."""

from __future__ import annotations

from collections.abc import Sequence

from CRLMExplorerLib.cohort.columns import column_named
from CRLMExplorerLib.cohort.cox import CoxRow, CoxTable
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.variables import variable_title
from CRLMExplorerLib.review.wording import number
from CRLMExplorerWeb.page_state import Items

SORT_KEYS = {"variable": "Variable", "hazard_ratio": "HR (95 %)", "p": "p", "q": "q", "c": "c"}
SHOWN_ROWS = 50


def chosen(cox: CoxTable | None, text: str, sort_key: str) -> list[CoxRow]:
    """The rows of a table that a reader wants: p and q from the least, the others from the most.

    Parameters
    ----------
    text
        Words that all are in a variable's name or title.
    sort_key
        One of `SORT_KEYS`. Rows without an estimate come last.
    """
    words = text.lower().split()
    rows = [
        row
        for row in (cox.by_p() if cox else ())
        if all(word in f"{row.variable} {variable_title(row.variable)}".lower() for word in words)
    ]
    if sort_key == "variable":
        rows.sort(key=lambda row: variable_title(row.variable).lower())
    elif sort_key == "hazard_ratio":
        rows.sort(key=lambda row: -(row.hazard_ratio or 0))
    elif sort_key == "c":
        rows.sort(key=lambda row: -(row.concordance or 0))
    return rows


def association_rows(rows: Sequence[CoxRow], features: FeatureTable | None) -> Items:
    """The first rows, as many as a reader can take in."""
    return [
        {
            "variable": row.variable,
            "title": variable_title(row.variable),
            "contrast": _contrast(row, features),
            "count": f"{row.events} of {row.patients} patients had the event",
            "ratio": _ratio(row),
            "p": _probability(row.p),
            "q": _probability(row.q),
            "c": number(row.concordance, "", 2),
            "reason": row.reason,
            "can_show": row.patients > 0,
        }
        for row in rows[:SHOWN_ROWS]
    ]


def rows_note(rows: Sequence[CoxRow], cox: CoxTable | None) -> str:
    """How many rows are shown of how many that fit."""
    if cox is None:
        return ""
    if not rows:
        return "No variable fits."
    shown = f"{min(len(rows), SHOWN_ROWS)} of {number(len(rows), '', 0)} shown"
    untested = sum(bool(row.reason) for row in cox.rows)
    tested = number(len(cox.rows) - untested, "", 0)
    return f"{shown}; q is adjusted over all {tested} tested (Benjamini–Hochberg)"


def sources(features: FeatureTable | None) -> str:
    """Which variables there are."""
    if features is None:
        return "Clinical variables."
    patients, count = features.frame.shape
    if not count:
        return f"Clinical variables; nothing was extracted with {features.source} yet."
    return (
        f"Clinical variables and {number(count, '', 0)} features of {patients} patients "
        f"({features.source})."
    )


def _contrast(row: CoxRow, features: FeatureTable | None) -> str:
    if row.sd is None:
        return row.contrast
    column = column_named(row.variable)
    units = features.units if features else {}
    unit = column.unit if column else units.get(row.variable, "")
    return f"{row.contrast} {unit}".rstrip()


def _ratio(row: CoxRow) -> str:
    if row.hazard_ratio is None or row.lower is None or row.upper is None:
        return ""
    ratio, lower, upper = (
        f"{value:.2f}" if value < 100 else f"{value:.1e}"
        for value in (row.hazard_ratio, row.lower, row.upper)
    )
    return f"{ratio} ({lower}–{upper})"


def _probability(p: float | None) -> str:
    if p is None:
        return ""
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
