"""The cohort in figures, in the order and to the rounding of Table 1 of the collection's paper.

This counts the clinical table; it must not know individual patients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.survival import median_follow_up_months, survival


@dataclass(frozen=True)
class Characteristic:
    """A line of Table 1.

    Attributes
    ----------
    key
        Stable name, e.g. ``node_positive_primary``.
    label
        What a reader sees.
    text
        The figure: a count, median (range), mean ± SD; ``–`` where there is none.
    recorded
        Patients who have a value.
    published
        The figure of the collection's 197 patients (Simpson 2024, Sci Data 11:172).
    """

    key: str
    label: str
    text: str
    recorded: int
    published: str


def summarise(table: ClinicalTable) -> tuple[Characteristic, ...]:
    """Table 1, then median follow-up, event-free patients and Kaplan–Meier medians."""
    return tuple(_baseline(table.frame)) + tuple(_outcome(table))


def _baseline(frame: pd.DataFrame) -> Iterator[Characteristic]:
    for key, label, column, figure, published in _TABLE_1:
        values = frame[column].dropna().astype("float64")
        yield Characteristic(key, label, figure(values), len(values), published)


def _outcome(table: ClinicalTable) -> Iterator[Characteristic]:
    for endpoint, label, free, median in _PUBLISHED_OUTCOME:
        events = table.frame[endpoint.event_column].dropna()
        yield Characteristic(
            f"event_free_{endpoint.value}", label, _count(events == 0), len(events), free
        )
        times = table.frame[endpoint.months_column].notna()
        recorded = int((times & table.frame[endpoint.event_column].notna()).sum())
        months = survival(table, endpoint).curves[0].median_months if recorded else None
        yield Characteristic(
            f"median_{endpoint.value}",
            f"{endpoint.label}, median (months)",
            _months(months),
            recorded,
            median,
        )
        if endpoint is Endpoint.OVERALL:
            yield Characteristic(
                "follow_up",
                "Follow-up, median (months)",
                _months(median_follow_up_months(table)),
                recorded,
                "102",
            )


def _count(matches: pd.Series) -> str:
    return str(int(matches.sum()))


def _count_where(test: Callable[[pd.Series], pd.Series]) -> Callable[[pd.Series], str]:
    return lambda values: _count(test(values))


def _median_range(decimals: int) -> Callable[[pd.Series], str]:
    def figure(values: pd.Series) -> str:
        if values.empty:
            return "–"
        median, low, high = (
            f"{number:.{decimals}f}" for number in (values.median(), values.min(), values.max())
        )
        return f"{median} ({low}–{high})"

    return figure


def _mean_sd(values: pd.Series) -> str:
    return "–" if len(values) < 2 else f"{values.mean():.1f} ± {values.std():.1f}"


def _months(months: float | None) -> str:
    return "–" if months is None else f"{months:.0f}"


_yes = _count_where(lambda values: values == 1)

_TABLE_1: tuple[tuple[str, str, str, Callable[[pd.Series], str], str], ...] = (
    ("age", "Age (years), median (range)", "age", _median_range(0), "61 (30–88)"),
    ("male", "Male", "sex", _yes, "117"),
    ("major_comorbidity", "Major comorbidity", "major_comorbidity", _yes, "109"),
    (
        "body_mass_index",
        "Body mass index (kg/m²), median (range)",
        "body_mass_index",
        _median_range(1),
        "26.8 (17.2–44.3)",
    ),
    ("node_positive_primary", "Node-positive primary", "node_positive_primary", _yes, "69"),
    ("synchronous_crlm", "Synchronous metastases", "synchronous_crlm", _yes, "111"),
    ("multiple_metastases", "Multiple metastases", "multiple_metastases", _yes, "114"),
    (
        "clinrisk_score_low",
        "Clinical Risk Score 0–2",
        "clinrisk_score",
        _count_where(lambda score: score <= 2),
        "117",
    ),
    (
        "cea_above_200",
        "CEA > 200 ng/mL",
        "carcinoembryonic_antigen",
        _count_where(lambda cea: cea > 200),
        "3",
    ),
    (
        "max_tumor_size",
        "Largest tumour (cm), mean ± SD",
        "max_tumor_size",
        _mean_sd,
        "3.5 ± 2.6",
    ),
    ("bilobar_disease", "Bilobar disease", "bilobar_disease", _yes, "86"),
    ("extrahep_disease", "Extrahepatic disease", "extrahep_disease", _yes, "17"),
    (
        "chemo_before_liver_resection",
        "Neoadjuvant chemotherapy",
        "chemo_before_liver_resection",
        _yes,
        "122",
    ),
    ("preoperative_pve", "Preoperative portal vein embolisation", "preoperative_pve", _yes, "23"),
    ("steatosis", "Steatosis", "steatosis_yesno", _yes, "68"),
    ("sinusoidal_dilatation", "Sinusoidal dilatation", "presence_sinusoidal_dilata", _yes, "26"),
    ("nash_grade_4", "Steatohepatitis grade ≥ 4", "NASH_greater_4", _yes, "7"),
    (
        "total_response_above_75",
        "Total response > 75 %",
        "total_response_percent",
        _count_where(lambda percent: percent > 75),
        "38",
    ),
    ("fibrosis_above_40", "Fibrosis > 40 %", "fibrosis_greater_40_percent", _yes, "24"),
    (
        "necrosis",
        "Necrosis (%), median (range)",
        "necrosis_percent",
        _median_range(0),
        "30 (0–90)",
    ),
    (
        "fibrosis",
        "Fibrosis (%), median (range)",
        "fibrosis_percent",
        _median_range(0),
        "10 (0–100)",
    ),
    ("mucin", "Mucin (%), median (range)", "mucin_percent", _median_range(0), "0 (0–100)"),
)

_PUBLISHED_OUTCOME = (
    (Endpoint.OVERALL, "Alive", "90", "76"),
    (Endpoint.HEPATIC_DISEASE_FREE, "Alive without hepatic recurrence", "75", "53"),
    (Endpoint.DISEASE_FREE, "Alive without any recurrence", "59", "22"),
)
