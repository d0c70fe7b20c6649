"""A synthetic clinical spreadsheet of 197 patients whose totals are those of the published Table 1.

It follows the collection's schema and says SYNTHETIC wherever a reader looks; it must not know
how the demo patients' images are made.
"""

from __future__ import annotations

import datetime
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from numpy.random import Generator
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from CRLMExplorerLib.cohort.columns import COLUMNS, Column, Kind

Numbers = NDArray[np.float64]
Choice = NDArray[np.bool_]
Columns = dict[str, Numbers]

_DEMO_LIVER = {"multiple_metastases": 1, "bilobar_disease": 0, "preoperative_pve": 0}

DEMO_PATIENTS: Mapping[str, Mapping[str, float]] = {
    "CRLM-CT-1001": _DEMO_LIVER
    | {"sex": 2, "max_tumor_size": 4.2, "chemo_before_liver_resection": 1, "steatosis_yesno": 0},
    "CRLM-CT-1002": _DEMO_LIVER
    | {"sex": 1, "max_tumor_size": 3.0, "chemo_before_liver_resection": 0, "steatosis_yesno": 1},
    "CRLM-CT-1003": _DEMO_LIVER
    | {"sex": 1, "max_tumor_size": 5.5, "chemo_before_liver_resection": 1, "steatosis_yesno": 0},
}
"""What the demo patients' images must agree with, by column; sizes in cm."""

PRONE_PATIENT = "CRLM-CT-1003"
PRONE_NOTE = "This patient was scanned on their stomach."

PATIENTS = 197
PATIENT_IDS = tuple(f"CRLM-CT-{number}" for number in range(1001, 1199) if number != 1100)
"""One number of the range is not used, as in the collection."""

_MALE = 117
_WITH_FLAG = {
    "major_comorbidity": 109,
    "node_positive_primary": 69,
    "synchronous_crlm": 111,
    "multiple_metastases": 114,
    "extrahep_disease": 17,
    "chemo_before_liver_resection": 122,
    "preoperative_pve": 23,
    "steatosis_yesno": 68,
}
_BILOBAR = 86
_SINUSOIDAL_DILATATION = 26
_SIZE_MEAN_CM, _SIZE_SD_CM = 3.5, 2.6
_CEA_RECORDED, _CEA_ABOVE_200 = 168, 3
_SCORES_LOW = 117
_STEATOHEPATITIS, _STEATOHEPATITIS_GRADE_4 = 41, 7
_RESPONSE_RECORDED, _RESPONSE_ABOVE_75 = 194, 38

_DIED, _ALIVE_LIVER_RECURRENCE, _ALIVE_OTHER_RECURRENCE, _ALIVE_FREE = 107, 15, 16, 59
_DIED_WITHOUT_RECURRENCE, _DIED_WITH_LIVER_RECURRENCE = 8, 70
_FOLLOW_UP_MONTHS, _OVERALL_MONTHS, _HEPATIC_MONTHS, _DISEASE_FREE_MONTHS = 102, 76, 53, 22

_DEMO = np.isin(PATIENT_IDS, list(DEMO_PATIENTS))
_MISSING = -999
_NOTICE = (
    "SYNTHETIC. Made by the demo of CRLM Explorer: no row is a patient. The totals follow "
    "Table 1 of Simpson et al., Scientific Data 11:172 (2024), doi:10.1038/s41597-024-02981-2."
)
_DATE = datetime.datetime(2024, 1, 1)


def write_synthetic_spreadsheet(path: Path | str, seed: int = 1) -> None:
    """Write the spreadsheet: the data, its dictionary and a notice, a sheet each.

    The totals hold for any seed, and the same seed gives the same bytes. The file appears only
    when it is complete.

    Parameters
    ----------
    path
        The .xlsx file; one that exists is replaced.
    seed
        Seed of the random numbers.
    """
    path = Path(path)
    content = _content(_workbook(_cohort(np.random.default_rng(seed))))
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _cohort(rng: Generator) -> Columns:
    """A value per patient by column; NaN is missing. Texts are added where they are written."""
    columns = {name: _flags(rng, count) for name, count in _WITH_FLAG.items()}
    columns["sex"] = 2 - _flags(rng, _MALE)
    columns["age"] = _around_median(rng, 61, (30, 88), decimals=0)
    columns["body_mass_index"] = _around_median(rng, 26.8, (17.2, 44.3), decimals=1)
    columns["max_tumor_size"] = _tumor_sizes_cm(rng)
    for name, values in columns.items():
        _pin(name, values)
    has_many = columns["multiple_metastases"] == 1
    had_chemotherapy = columns["chemo_before_liver_resection"] == 1
    columns["bilobar_disease"] = _flags(rng, _BILOBAR, has_many & ~_DEMO)
    columns["presence_sinusoidal_dilata"] = _flags(rng, _SINUSOIDAL_DILATATION, had_chemotherapy)
    columns["carcinoembryonic_antigen"] = _carcinoembryonic_antigen(rng)
    columns |= _risk_score(rng, columns)
    columns |= _steatohepatitis(rng, columns["steatosis_yesno"] == 1)
    columns |= _response(rng)
    columns |= _outcome(rng, _expected_harm(columns))
    return columns


def _flags(rng: Generator, count: int, among: Choice | None = None) -> Numbers:
    """Ones for `count` patients, drawn `among` those given; zeros for the others."""
    flags = np.zeros(PATIENTS)
    drawn_from = PATIENTS if among is None else np.flatnonzero(among)
    flags[rng.choice(drawn_from, count, replace=False)] = 1
    return flags


def _around_median(
    rng: Generator, median: float, limits: tuple[float, float], decimals: int
) -> Numbers:
    """Values with exactly this median and range, denser towards the median."""
    low, high = limits
    half = PATIENTS // 2
    below = median - (median - low) * rng.beta(1, 2.2, half)
    above = median + (high - median) * rng.beta(1, 2.8, half)
    below[0], above[0] = low, high
    return rng.permutation(np.array([*below, median, *above])).round(decimals)


def _tumor_sizes_cm(rng: Generator) -> Numbers:
    skewed = np.exp(0.65 * rng.standard_normal(PATIENTS))
    sizes = _SIZE_MEAN_CM + _SIZE_SD_CM * (skewed - skewed.mean()) / skewed.std(ddof=1)
    return np.round(np.maximum(sizes, 0.4), 1)


def _pin(name: str, values: Numbers) -> None:
    """Give the demo patients their values; each changes places with the nearest one there is."""
    for patient_id, pinned in DEMO_PATIENTS.items():
        if name in pinned:
            row = PATIENT_IDS.index(patient_id)
            distance = np.where(_DEMO, np.inf, np.abs(values - pinned[name]))
            distance[row] = abs(values[row] - pinned[name])
            values[distance.argmin()] = values[row]
            values[row] = pinned[name]


def _carcinoembryonic_antigen(rng: Generator) -> Numbers:
    """Serum levels in ng/mL, three of them above 200."""
    levels = np.minimum(np.exp(2.1 + 1.2 * rng.standard_normal(PATIENTS)), 190)
    order = rng.permutation(np.flatnonzero(~_DEMO))
    levels[order[:_CEA_ABOVE_200]] = rng.uniform(210, 900, _CEA_ABOVE_200)
    levels[order[_CEA_RECORDED - PATIENTS :]] = np.nan
    return levels.round(1)


def _risk_score(rng: Generator, columns: Columns) -> Columns:
    """The Clinical Risk Score where CEA is recorded, with as many low ones as published.

    Items drawn independently give too few high scores. Nodes and synchronous metastases therefore
    change places between patients, which keeps how many have each.
    """
    nodes, synchronous = columns["node_positive_primary"], columns["synchronous_crlm"]
    recorded = ~np.isnan(columns["carcinoembryonic_antigen"])

    def score() -> Numbers:
        size_and_cea = np.add(
            columns["max_tumor_size"] > 5, columns["carcinoembryonic_antigen"] > 200, dtype=float
        )
        return columns["multiple_metastases"] + size_and_cea + nodes + synchronous

    _exchange(rng, (nodes, synchronous), lambda: abs((score()[recorded] <= 2).sum() - _SCORES_LOW))
    return {
        "clinrisk_score": np.where(recorded, score(), np.nan),
        "clinrisk_stratified": np.where(recorded, score() >= 3, np.nan),
    }


def _exchange(rng: Generator, arrays: tuple[Numbers, ...], distance: Callable[[], float]) -> None:
    """Let two values of an array change places, again and again, until the distance is zero."""
    now = distance()
    while now > 0:
        array = arrays[rng.integers(len(arrays))]
        one, other = rng.choice(len(array), 2, replace=False)
        array[[one, other]] = array[[other, one]]
        then = distance()
        if then > now:
            array[[one, other]] = array[[other, one]]
        else:
            now = then


def _steatohepatitis(rng: Generator, has_steatosis: Choice) -> Columns:
    """Grades above 0 only in livers with steatosis."""
    grade = np.zeros(PATIENTS)
    affected = rng.choice(np.flatnonzero(has_steatosis & ~_DEMO), _STEATOHEPATITIS, replace=False)
    grade[affected] = rng.integers(1, 4, _STEATOHEPATITIS)
    grade[affected[:_STEATOHEPATITIS_GRADE_4]] = rng.integers(4, 7, _STEATOHEPATITIS_GRADE_4)
    return {
        "NASH_score": grade,
        "NASH_yesno": np.where(grade > 0, 1.0, 0.0),
        "NASH_greater_4": np.where(grade >= 4, 1.0, 0.0),
    }


def _response(rng: Generator) -> Columns:
    """Shares of the tumour in percent: medians 30, 10 and 0, total response their sum."""
    necrosis = 5.0 * np.concatenate(
        [rng.integers(0, 6, 89), [0], np.full(14, 6), rng.integers(7, 17, 89), [18]]
    )
    fibrosis = 5.0 * np.concatenate(
        [
            rng.integers(0, 2, 89),
            [0],
            np.full(10, 2),
            rng.integers(3, 9, 70),
            rng.integers(9, 16, 23),
            [20],
        ]
    )
    mucin = 5.0 * np.concatenate([np.zeros(155), rng.integers(1, 9, 38), [20]])

    def distance() -> float:
        total = necrosis + fibrosis + mucin
        return np.maximum(total - 100, 0).sum() + abs((total > 75).sum() - _RESPONSE_ABOVE_75)

    _exchange(rng, (necrosis, mucin), distance)
    rows = rng.permutation(np.flatnonzero(~_DEMO))

    absent = PATIENTS - _RESPONSE_RECORDED
    recorded = np.append(rng.permutation(rows[absent:]), np.flatnonzero(_DEMO))

    def column(values: Numbers | Choice) -> Numbers:
        spread = np.full(PATIENTS, np.nan)
        spread[recorded] = values
        return spread

    columns = {
        "total_response_percent": column(necrosis + fibrosis + mucin),
        "necrosis_percent": column(necrosis),
        "fibrosis_percent": column(fibrosis),
        "fibrosis_greater_40_percent": column(fibrosis > 40),
        "mucin_percent": column(mucin),
    }
    columns["necrosis_percent"][rows[0]] = 30
    return columns


def _expected_harm(columns: Columns) -> Numbers:
    """How badly a patient is expected to fare, so that risk and outcome go together."""
    return (
        columns["node_positive_primary"]
        + 0.5 * columns["synchronous_crlm"]
        + 0.7 * columns["multiple_metastases"]
        + 1.2 * columns["extrahep_disease"]
        + 0.15 * columns["max_tumor_size"]
    )


def _outcome(rng: Generator, harm: Numbers) -> Columns:
    """Times and events with the published numbers of events and Kaplan–Meier medians.

    First the courses are drawn, those who died first; times are stretched until each median is
    met. Then the courses are dealt to the patients, the shorter the greater the expected harm.
    """
    died = np.arange(PATIENTS) < _DIED
    order = np.arange(PATIENTS) - _DIED
    liver_in_life = (order >= 0) & (order < _ALIVE_LIVER_RECURRENCE)
    free = order >= PATIENTS - _DIED - _ALIVE_FREE
    died_early = rng.permutation(_DIED)
    recurred = ~free
    recurred[died_early[:_DIED_WITHOUT_RECURRENCE]] = False
    liver_recurred = liver_in_life.copy()
    liver_recurred[died_early[-_DIED_WITH_LIVER_RECURRENCE:]] = True

    overall = _overall_months(rng, died)
    first_recurrence = np.exp(2.2 + 0.9 * rng.standard_normal(PATIENTS))
    share = rng.beta(1.2, 1.2, PATIENTS)

    def disease_free(stretch: float) -> Numbers:
        months = np.minimum(stretch * first_recurrence, 0.85 * overall)
        return np.where(recurred, np.maximum(_rounded(months), 0.1), overall)

    stretch = _solve(lambda x: _median(disease_free(x), ~free), _DISEASE_FREE_MONTHS, 0.05, 20)
    disease_free_months = disease_free(stretch)

    def hepatic(delay: float) -> Numbers:
        wait = np.minimum(delay * share, 1) * (overall - disease_free_months)
        return np.where(liver_recurred, _rounded(disease_free_months + wait), overall)

    hepatic_event = died | liver_in_life
    delay = _solve(lambda x: _median(hepatic(x), hepatic_event), _HEPATIC_MONTHS, 0, 20)

    course = {
        "overall_survival_months": overall,
        "vital_status": died,
        "progression_or_recurrence": recurred,
        "months_to_DFS_progression": disease_free_months,
        "vital_status_DFS": ~free,
        "progression_or_recurrence_liveronly": liver_recurred,
        "months_to_liver_DFS_progression": hepatic(delay),
        "vital_status_liver_DFS": hepatic_event,
    }
    worst_course_first = np.argsort(np.where(died, overall, 1000 - disease_free_months * ~free))
    worst_patient_first = np.argsort(-harm - 2.5 * rng.standard_normal(PATIENTS))
    dealt = np.empty(PATIENTS, dtype=np.int64)
    dealt[worst_patient_first] = worst_course_first
    return {name: values[dealt].astype(float) for name, values in course.items()}


def _overall_months(rng: Generator, died: Choice) -> Numbers:
    """Months to death, or to last follow-up of those alive."""
    to_death = 55 * rng.weibull(1.5, PATIENTS) + 2
    followed = np.clip(100 + 32 * rng.standard_normal(PATIENTS), 20, 190)

    def months(death: float, follow_up: float) -> Numbers:
        return _rounded(np.where(died, death * to_death, follow_up * followed))

    def overall_median(follow_up: float, death: float) -> float:
        return _median(months(death, follow_up), died)

    def follow_up_median(death: float, follow_up: float) -> float:
        return _median(months(death, follow_up), ~died)

    death = follow_up = 1.0
    # Each median depends a little on the other's stretch, so they take turns.
    for _ in range(3):
        death = _solve(partial(overall_median, follow_up), _OVERALL_MONTHS, 0.2, 5)
        follow_up = _solve(partial(follow_up_median, death), _FOLLOW_UP_MONTHS, 0.2, 5)
    return months(death, follow_up)


def _rounded(months: Numbers) -> Numbers:
    return np.round(months, 1)


def _median(months: Numbers, event: Choice) -> float:
    return float(KaplanMeierFitter().fit(months, event).median_survival_time_)


def _solve(median: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a median that grows with its argument comes within 0.3 months of the wanted one."""
    for _ in range(25):
        middle = (low + high) / 2
        found = median(middle)
        if abs(found - wanted) < 0.3:
            break
        low, high = (middle, high) if found < wanted else (low, middle)
    return middle


def _workbook(columns: Columns) -> Workbook:
    book = Workbook()
    book.properties.title = "SYNTHETIC clinical data"
    book.properties.description = _NOTICE
    book.properties.creator = "CRLM Explorer"
    book.properties.created = book.properties.modified = _DATE

    data = book.active
    data.title = f"SYNTHETIC_n={PATIENTS}"
    data.append([column.name for column in COLUMNS])
    for row, patient_id in enumerate(PATIENT_IDS):
        data.append([_cell_value(column, row, patient_id, columns) for column in COLUMNS])
    for place, column in enumerate(COLUMNS, start=1):
        data.column_dimensions[get_column_letter(place)].width = len(column.name) + 2
        if column.kind is Kind.PERCENT:
            for (cell,) in data.iter_rows(2, None, place, place):
                cell.number_format = "0%" if cell.value != _MISSING else "General"
    data.freeze_panes = "B2"

    dictionary = book.create_sheet("Data dictionary")
    dictionary.append(["Column", "Description", "Values"])
    for column in COLUMNS:
        dictionary.append([column.name, column.description, _values_note(column)])
    for letter, width in zip("ABC", (36, 80, 48), strict=True):
        dictionary.column_dimensions[letter].width = width

    notice = book.create_sheet("SYNTHETIC")
    notice.append([_NOTICE])
    for sheet in book.worksheets:
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    return book


def _cell_value(column: Column, row: int, patient_id: str, columns: Columns) -> str | float:
    if column.name == "Patient-ID":
        return patient_id
    if column.name == "De-identify Scout Name":
        return f"{row + 1:03d}_SYNTHETIC_preop"
    if column.name == "relevant_notes":
        return PRONE_NOTE if patient_id == PRONE_PATIENT else _MISSING
    value = float(columns[column.name][row])
    if np.isnan(value):
        return _MISSING
    if column.kind is Kind.PERCENT:
        return value / 100
    return int(value) if column.kind.is_coded or column.kind is Kind.INTEGER else value


def _values_note(column: Column) -> str:
    if column.labels:
        return ", ".join(f"{code} = {label}" for code, label in column.labels.items())
    return column.unit or column.kind.value


def _content(book: Workbook) -> bytes:
    """The workbook's bytes with fixed dates, so that the same cohort gives the same file."""
    dated = io.BytesIO()
    # Workbook.save would stamp the time of writing.
    ExcelWriter(book, zipfile.ZipFile(dated, "w")).save()
    undated = io.BytesIO()
    with zipfile.ZipFile(dated) as source, zipfile.ZipFile(undated, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _DATE.timetuple()[:6])
            target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED)
    return undated.getvalue()
