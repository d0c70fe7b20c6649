"""Kaplan–Meier survival of the cohort, whole or in groups, and where a patient stands in it.

This asks lifelines and keeps its answers as plain values; it must not draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times
from numpy.typing import NDArray

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.grouping import Grouping, grouping_by, quantities
from CRLMExplorerLib.cohort.record import PatientRecord
from CRLMExplorerLib.cohort.values import Value

FloatArray = NDArray[np.float64]

_WHOLE_COHORT = "All patients"
_TICK_STEPS_MONTHS = (6, 12, 24, 36, 60)
_MOST_TICKS = 9


@dataclass(frozen=True)
class SurvivalCurve:
    """A group's Kaplan–Meier estimate.

    Attributes
    ----------
    label
        The group.
    patients, events
        How many patients it has, and how many of them had the event.
    timeline_months
        Months at which the estimate may step, from 0.
    survival, lower, upper
        The estimate from each of these months on, 0 to 1, and its 95 % band (log-log Greenwood).
    censored_months
        Months at which patients without event left, one entry per patient.
    median_months
        Months after which half had the event; None if not reached.
    median_interval_months
        The 95 % interval of the median; None where not reached.
    at_risk
        Patients at risk at each of the analysis's ticks.
    """

    label: str
    patients: int
    events: int
    timeline_months: tuple[float, ...]
    survival: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    censored_months: tuple[float, ...]
    median_months: float | None
    median_interval_months: tuple[float | None, float | None]
    at_risk: tuple[int, ...]

    def survival_at(self, months: float) -> float:
        """The estimate at that time, 0 to 1; beyond the last follow-up the last estimate."""
        step = int(np.searchsorted(self.timeline_months, months, side="right")) - 1
        return self.survival[step] if step >= 0 else 1.0


@dataclass(frozen=True)
class SurvivalAnalysis:
    """An endpoint's curves.

    Attributes
    ----------
    endpoint
        What is counted as the event.
    grouping
        What the patients are grouped by; None for the whole cohort.
    curves
        One per group, in the order of its codes or sizes.
    log_rank_p
        p of the log-rank test over all groups; None with one group or without an event.
    ticks_months
        Months at which the patients at risk are counted.
    left_out
        Patients without months, event or group.
    """

    endpoint: Endpoint
    grouping: Grouping | None
    curves: tuple[SurvivalCurve, ...]
    log_rank_p: float | None
    ticks_months: tuple[float, ...]
    left_out: int


@dataclass(frozen=True)
class PatientPosition:
    """Where a patient stands on a curve.

    Attributes
    ----------
    patient_id
        The patient.
    group
        Label of the curve.
    months, event
        The patient's time, and whether the event came then (else follow-up ended).
    survival
        The curve's estimate at that time, 0 to 1.
    """

    patient_id: str
    group: str
    months: float
    event: bool
    survival: float


def survival(
    table: ClinicalTable,
    endpoint: Endpoint,
    by: str | None = None,
    *,
    split_at: float | None = None,
    ticks_months: Sequence[float] | None = None,
    features: FeatureTable | None = None,
) -> SurvivalAnalysis:
    """Estimate survival by Kaplan–Meier, and compare groups by the log-rank test.

    Parameters
    ----------
    table
        The cohort.
    endpoint
        What is counted as the event.
    by
        Column to group by, one of `grouping_columns`, or a feature: codes make a group each,
        quantities are split in two. None takes the cohort as one group.
    split_at
        Where a quantity is split (≤ and >), in its unit; by default at its median, see
        `median_split`.
    ticks_months
        Months at which to count patients at risk; even steps to the last follow-up by default.
    features
        The patients' features, if `by` may name one.

    Raises
    ------
    SurvivalError
        If the column cannot be grouped by, or no patient has months, event and group.
    """
    grouping = None if by is None else grouping_by(table, by, split_at, features)
    months, events = endpoint.times(table)
    if grouping:
        groups = grouping.codes(quantities(table, grouping.column, features))
    else:
        groups = pd.Series(0.0, index=table.frame.index)
    used = (months.notna() & events.notna() & groups.notna()).to_numpy()
    if not used.any():
        needed = [endpoint.months_column, endpoint.event_column]
        needed += [grouping.column] if grouping else []
        raise SurvivalError(f"{table.source}: no patient has a value in {', '.join(needed)}.")
    durations = months[used].to_numpy(dtype=np.float64)
    observed = events[used].to_numpy(dtype=np.bool_)
    codes = np.asarray(groups[used], dtype=np.float64)
    ticks = tuple(ticks_months) if ticks_months is not None else _even_ticks(durations.max())
    return SurvivalAnalysis(
        endpoint,
        grouping,
        tuple(
            _curve(
                grouping.label(code) if grouping else _WHOLE_COHORT,
                durations[codes == code],
                observed[codes == code],
                ticks,
            )
            for code in np.unique(codes).tolist()
        ),
        _log_rank_p(durations, codes, observed),
        ticks,
        int((~used).sum()),
    )


def patient_position(
    analysis: SurvivalAnalysis, record: PatientRecord, features: FeatureTable | None = None
) -> PatientPosition | None:
    """Where a patient stands on the curve of the patient's group; None if on none.

    Parameters
    ----------
    features
        Those the analysis was made with, if it is grouped by one.
    """
    months = record.value(analysis.endpoint.months_column)
    event = record.value(analysis.endpoint.event_column)
    group = _WHOLE_COHORT
    if analysis.grouping:
        column = analysis.grouping.column
        if features is not None and column in features.frame:
            value: Value = features.value(record.patient_id, column)
        else:
            value = record.value(column)
        code = analysis.grouping.code(value)
        group = "" if code is None else analysis.grouping.label(code)
    curve = next((curve for curve in analysis.curves if curve.label == group), None)
    if months is None or event is None or curve is None:
        return None
    time = float(months)
    return PatientPosition(record.patient_id, group, time, bool(event), curve.survival_at(time))


def median_follow_up_months(table: ClinicalTable) -> float | None:
    """Median follow-up by reverse Kaplan–Meier: death censors, end of follow-up is the event.

    Schemper and Smith 1996 (Control Clin Trials 17:343). None if it is not reached.
    """
    months, died = Endpoint.OVERALL.times(table)
    used = months.notna() & died.notna()
    if not used.any():
        return None
    fitter = KaplanMeierFitter().fit(months[used].to_numpy(), 1 - died[used].to_numpy(dtype=int))
    return _reached(fitter.median_survival_time_)


def _curve(
    label: str, durations: FloatArray, observed: NDArray[np.bool_], ticks: Sequence[float]
) -> SurvivalCurve:
    fitter = KaplanMeierFitter().fit(durations, observed)
    band = fitter.confidence_interval_
    interval = median_survival_times(band).to_numpy().ravel().tolist()
    return SurvivalCurve(
        label,
        len(durations),
        int(observed.sum()),
        tuple(fitter.survival_function_.index.tolist()),
        tuple(fitter.survival_function_.iloc[:, 0].tolist()),
        tuple(band.iloc[:, 0].tolist()),
        tuple(band.iloc[:, 1].tolist()),
        tuple(np.sort(durations[~observed]).tolist()),
        _reached(fitter.median_survival_time_),
        (_reached(interval[0]), _reached(interval[1])),
        tuple(int((durations >= tick).sum()) for tick in ticks),
    )


def _log_rank_p(
    durations: FloatArray, codes: FloatArray, observed: NDArray[np.bool_]
) -> float | None:
    if np.unique(codes).size < 2 or not observed.any():
        return None
    p = float(multivariate_logrank_test(durations, codes, observed).p_value)
    return p if math.isfinite(p) else None


def _reached(months: float) -> float | None:
    return float(months) if math.isfinite(months) else None


def _even_ticks(last_month: float) -> tuple[float, ...]:
    fitting = (step for step in _TICK_STEPS_MONTHS if last_month // step + 1 <= _MOST_TICKS)
    step = next(fitting, _TICK_STEPS_MONTHS[-1])
    return tuple(float(month) for month in np.arange(0, last_month + 1, step))
