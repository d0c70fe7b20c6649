"""Radiomics in the page's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

import pandas as pd

from CRLMExplorerLib.review.cohort_features import CohortValue
from CRLMExplorerLib.review.feature_maps import FeatureMaps
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from CRLMExplorerLib.review.radiomics_wording import map_legend, remarks, unit_text, value_text
from CRLMExplorerLib.review.wording import number
from CRLMExplorerWeb.page_state import Items

ROWS_A_PAGE = 50


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


def omission_rows(radiomics: RadiomicsSession) -> Items:
    """What gave no values and why, and what a reader must know of the images."""
    return [{"where": one.where, "reason": one.reason} for one in remarks(radiomics)]


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
    return {**asdict(map_legend(shown)), "is_visible": maps.is_visible}
