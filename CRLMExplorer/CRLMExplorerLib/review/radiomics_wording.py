"""Radiomics in a reader's words, for every face: what was extracted, what was not, and why.

It gives text and the rows of a table that are wanted; how they are laid out is a face's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd

from CRLMExplorerLib.radiomics.case_extraction import OWN_ENGINE, CaseExtraction
from CRLMExplorerLib.radiomics.table import OMITTED
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.feature_maps import ShownMap
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from CRLMExplorerLib.review.side_by_side import SideBySide
from CRLMExplorerLib.review.wording import dso_title, number

_SUPERSCRIPTS = str.maketrans("-0123456789.", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹·")
_EXAMPLES = 2
_ROUNDING = 1e-12
_KEYS = ("region", "filter", "feature_class", "feature")


@dataclass(frozen=True)
class Remark:
    """What a reader must know of features.

    Attributes
    ----------
    where
        Region and filter; empty for the images as a whole.
    reason
        A sentence.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


@dataclass(frozen=True)
class MapLegend:
    """What is mapped, where, and the values of the first and the last colour."""

    title: str
    region: str
    low: str
    high: str


def regions_note(radiomics: RadiomicsSession) -> str:
    """Why there are no regions; empty where there are."""
    if radiomics.outlook is not None:
        return ""
    if radiomics.is_looking:
        return "Making the regions …"
    return radiomics.outlook_problem


def summary(extraction: CaseExtraction | None) -> str:
    """How much was extracted, when and how long it took."""
    if extraction is None:
        return ""
    run = extraction.run
    started, ended = (datetime.fromisoformat(text) for text in (run.started, run.ended))
    seconds = (ended - started).total_seconds()
    took = f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
    count = number(len(extraction.extraction.values), "values", 0)
    by = "" if run.engine == OWN_ENGINE else f" by {run.engine}"
    return f"{count}, extracted{by} {ended.astimezone():%d %b %Y, %H:%M} in {took}"


def source_line(case: Case, edit: FlrEdit | None) -> str:
    """Which DSO the features are of, and that an edit which is not saved is not in them."""
    dso = case.choice.dso
    text = f"Of the DSO “{dso_title(dso)}”" if dso else ""
    if edit and edit.is_dirty:
        text += "; the FLR as it is redrawn is not saved, so that it is not in them"
    return f"{text}."


def remarks(radiomics: RadiomicsSession) -> list[Remark]:
    """What gave no values and why, and what a reader must know of the images.

    Regions that the patient does not have are said among the regions.
    """
    extraction, outlook = radiomics.extraction, radiomics.outlook
    if extraction is None:
        return []
    said = outlook.omissions if outlook else ()
    found = [
        Remark(", ".join(filter(None, (one.region, one.filter))), one.reason)
        for one in extraction.extraction.omissions
        if one not in said
    ]
    return found + [Remark("", finding.message) for finding in extraction.findings]


@dataclass(frozen=True)
class Choice:
    """What a reader wants to see of the table.

    Attributes
    ----------
    text
        Words that all are in a row's region, filter, class or feature.
    sort_key
        Column to order by; empty for pyradiomics' order.
    only
        Values that columns must have.
    """

    text: str
    sort_key: str
    is_descending: bool
    only: Mapping[str, str] = field(default_factory=dict)


def chosen(table: pd.DataFrame | None, choice: Choice) -> pd.DataFrame | None:
    """The rows of the table that a reader wants, in the order wanted."""
    if table is None:
        return None
    rows = table[table["feature_class"] != OMITTED]
    for column, value in choice.only.items():
        rows = rows[rows[column] == value]
    if words := choice.text.lower().split():
        names = rows[list(_KEYS)].agg(" ".join, axis="columns").str.lower()
        for word in words:
            rows = rows[names.loc[rows.index].str.contains(word, regex=False)]
    if choice.sort_key:
        rows = rows.sort_values(choice.sort_key, ascending=not choice.is_descending, kind="stable")
    return rows


def unit_text(unit: str) -> str:
    """A unit of UCUM as it is printed: ``mm³`` for ``mm3``."""
    return unit.translate(_SUPERSCRIPTS)


def value_text(value: float) -> str:
    """A value with five digits, more for large ones."""
    if pd.isna(value):
        return "NaN"
    return number(value, "", 0) if 1e5 <= abs(value) < 1e9 else f"{value:.5g}"


def map_legend(shown: ShownMap) -> MapLegend:
    """What the colours of a map stand for."""
    request = shown.request
    kernel = 2 * request.kernel_radius + 1
    # Of a logarithm's rounding nobody wants to read.
    is_rounding = abs(shown.low) < _ROUNDING * abs(shown.high)
    return MapLegend(
        f"{request.feature} · {request.feature_class} · {request.filter}",
        f"{shown.region}, {kernel}×{kernel}×{kernel} voxels around each",
        value_text(0.0 if is_rounding else shown.low),
        value_text(shown.high),
    )


def comparison_sentence(comparison: SideBySide) -> str:
    """How far two engines' features are apart, and what only one of them gave."""
    features = "feature" if comparison.count == 1 else "features"
    text = f"{number(comparison.count, '', 0)} {features} compared"
    if comparison.furthest is not None:
        row = comparison.furthest
        name = f"{row.filter} {row.feature_class} {row.feature}"
        if row.relative == 0:
            text += ", all the same"
        else:
            far = f"{row.relative:.2g}" if np.isfinite(row.relative) else "one is no number"
            text += f"; largest relative difference {far}, at {name} of {row.region}"
    for engine, only in comparison.only.items():
        if only:
            examples = ", ".join(only[:_EXAMPLES]) + (" …" if len(only) > _EXAMPLES else "")
            text += f"; {number(len(only), '', 0)} only by {engine}: {examples}"
    return f"{text}."
