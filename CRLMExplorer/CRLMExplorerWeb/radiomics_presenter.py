"""Radiomics in the page's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import pandas as pd

from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.table import OMITTED
from CRLMExplorerLib.review.cohort_features import CohortValue
from CRLMExplorerLib.review.feature_maps import FeatureMaps
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from CRLMExplorerLib.review.wording import number
from CRLMExplorerWeb.page_state import Items

ROWS_A_PAGE = 50
_ROUNDING = 1e-12
_SUPERSCRIPTS = str.maketrans("-0123456789.", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹·")
_KEYS = ("region", "filter", "feature_class", "feature")


def file_choices(radiomics: RadiomicsSession) -> Items:
    """The parameter files that come along, and the reader's own if there is one."""
    choices = [{"value": name, "title": name} for name in radiomics.shipped]
    if radiomics.name not in radiomics.shipped:
        choices.append({"value": radiomics.name, "title": f"{radiomics.name} (yours)"})
    return choices


def region_rows(radiomics: RadiomicsSession) -> Items:
    """The open patient's regions, and those that they do not have."""
    if radiomics.outlook is None:
        return []
    rows: Items = [
        {
            "name": name,
            "volume": number(mask.volume_ml, "", 1),
            "voxels": number(mask.count, "", 0),
            "note": "",
        }
        for name, mask in radiomics.outlook.masks.items()
    ]
    rows += [
        {"name": one.region, "volume": "–", "voxels": "", "note": one.reason}
        for one in radiomics.outlook.omissions
    ]
    return rows


def regions_note(radiomics: RadiomicsSession) -> str:
    """Why there are no regions."""
    if radiomics.outlook is not None:
        return ""
    if radiomics.is_looking:
        return "Making the regions …"
    return radiomics.outlook_problem


def run_row(radiomics: RadiomicsSession) -> dict[str, Any]:
    """The extraction under way."""
    job = radiomics.job
    if job is None:
        return {}
    return {
        "title": job.title,
        "message": job.message,
        "percent": round(100 * job.fraction),
        "is_ending": job.is_cancelled,
    }


def summary(extraction: CaseExtraction | None) -> str:
    """How much was extracted, when and how long it took."""
    if extraction is None:
        return ""
    run = extraction.run
    started, ended = (datetime.fromisoformat(text) for text in (run.started, run.ended))
    seconds = (ended - started).total_seconds()
    took = f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
    count = number(len(extraction.extraction.values), "values", 0)
    return f"{count}, extracted {ended.astimezone():%d %b %Y, %H:%M} in {took}"


def omission_rows(radiomics: RadiomicsSession) -> Items:
    """What gave no values and why, and what a reader must know of the images.

    Regions that the patient does not have are said among the regions.
    """
    extraction, outlook = radiomics.extraction, radiomics.outlook
    if extraction is None:
        return []
    said = outlook.omissions if outlook else ()
    rows: Items = [
        {"where": ", ".join(filter(None, (one.region, one.filter))), "reason": one.reason}
        for one in extraction.extraction.omissions
        if one not in said
    ]
    rows += [{"where": "", "reason": finding.message} for finding in extraction.findings]
    return rows


@dataclass(frozen=True)
class Choice:
    """What a reader wants to see of the table.

    Attributes
    ----------
    text
        Words that all are in a row's region, filter, class or feature.
    sort_key
        Column to order by; empty for pyradiomics' order.
    """

    text: str
    sort_key: str
    is_descending: bool


def chosen(table: pd.DataFrame | None, choice: Choice) -> pd.DataFrame | None:
    """The rows of the table that a reader wants, in the order wanted."""
    if table is None:
        return None
    rows = table[table["feature_class"] != OMITTED]
    if words := choice.text.lower().split():
        names = rows[list(_KEYS)].agg(" ".join, axis="columns").str.lower()
        for word in words:
            rows = rows[names.loc[rows.index].str.contains(word, regex=False)]
    if choice.sort_key:
        rows = rows.sort_values(choice.sort_key, ascending=not choice.is_descending, kind="stable")
    return rows


def feature_rows(rows: pd.DataFrame | None, page: int) -> Items:
    """A page of rows of the table."""
    if rows is None:
        return []
    first = (page - 1) * ROWS_A_PAGE
    return [
        {
            "key": index,
            "region": row.region,
            "filter": row.filter,
            "feature_class": row.feature_class,
            "feature": row.feature,
            "value": value_text(row.value),
            "exact": repr(row.value),
            "unit": unit_text(row.unit),
            "can_map": not row.feature_class.startswith("shape"),
        }
        for index, row in zip(
            rows.index[first : first + ROWS_A_PAGE].tolist(),
            rows.iloc[first : first + ROWS_A_PAGE].itertuples(),
            strict=True,
        )
    ]


def rows_note(rows: pd.DataFrame | None, page: int) -> str:
    """Which rows those are."""
    if rows is None:
        return ""
    if rows.empty:
        return "No feature fits."
    first = (page - 1) * ROWS_A_PAGE
    last = min(first + ROWS_A_PAGE, len(rows))
    return f"{first + 1}–{last} of {number(len(rows), '', 0)}"


def feature_note(values: Sequence[CohortValue], patient_id: str, region: str, unit: str) -> str:
    """Where the open patient's value stands among the cohort's."""
    if not values:
        return ""
    mine = [one.value for one in values if (one.patient_id, one.region) == (patient_id, region)]
    every = sorted(one.value for one in values)
    middle = f"median {value_text(median(every))} {unit}".rstrip()
    if not mine:
        return f"{region} has no number; of {len(every)}, {middle}"
    rank = 1 + sum(value > mine[0] for value in every)
    own = f"{value_text(mine[0])} {unit}".rstrip()
    return f"{region}: {own}, rank {rank} of {len(every)} from the top; {middle}"


def cohort_note(radiomics: RadiomicsSession) -> str:
    """How many patients there are features of, and who gave none."""
    if radiomics.cohort is None:
        return "Reading features of all patients …"
    total, count = radiomics.patient_count, radiomics.cohort.patient_count(radiomics.extraction)
    text = f"{count} of {total} patients are extracted with these parameters."
    return f"{text} {radiomics.cohort_note}".rstrip()


def map_row(maps: FeatureMaps) -> dict[str, Any]:
    """The map in the views: what, from where to where, and whether it is seen."""
    shown = maps.shown
    if shown is None:
        return {}
    request = shown.request
    kernel = 2 * request.kernel_radius + 1
    return {
        "title": f"{request.feature} · {request.feature_class} · {request.filter}",
        "region": f"{shown.region}, {kernel}×{kernel}×{kernel} voxels around each",
        # Of a logarithm's rounding nobody wants to read.
        "low": value_text(0.0 if abs(shown.low) < _ROUNDING * abs(shown.high) else shown.low),
        "high": value_text(shown.high),
        "is_visible": maps.is_visible,
    }


def unit_text(unit: str) -> str:
    """A unit of UCUM as it is printed: ``mm³`` for ``mm3``."""
    return unit.translate(_SUPERSCRIPTS)


def value_text(value: float) -> str:
    """A value with five digits, more for large ones."""
    if pd.isna(value):
        return "NaN"
    return number(value, "", 0) if 1e5 <= abs(value) < 1e9 else f"{value:.5g}"
