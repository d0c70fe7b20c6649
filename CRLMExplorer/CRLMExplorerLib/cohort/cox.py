"""Each variable of a cohort against an endpoint, one at a time, by Cox regression.

lifelines fits and scipy adjusts; this keeps their answers as plain values, and says of each
variable that cannot be tested why.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError
from scipy.stats import false_discovery_control, norm

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.progress import Progress, silent

EXPLORATORY = (
    "Exploratory: a variable, or a split, that is chosen on the same data it is tested on looks "
    "better than it is. Confirm it in other patients."
)

LEAST_EVENTS = 10
"""Events that a coefficient needs (Peduzzi 1995, J Clin Epidemiol 48:1503)."""

_REPORT_EVERY = 10
_MONTHS, _EVENT = "months", "event"
_RUNAWAY = 10.0
"""A log hazard ratio or its standard error beyond which the likelihood has no maximum."""
# lifelines' own limits stop with the coefficient off by up to 1e-4.
_FIT = {"precision": 1e-12, "r_precision": 1e-15}


@dataclass(frozen=True)
class CoxRow:
    """One coefficient of a variable's Cox regression.

    Attributes
    ----------
    variable
        Name of the column or feature.
    level, reference
        The two levels that a hazard ratio compares; None for a quantity.
    sd
        Of a quantity, the sample standard deviation that its hazard ratio is for, in its unit.
    patients, events
        How many have months, event and value, and how many of them had the event.
    hazard_ratio, lower, upper
        The estimate and its 95 % interval (Wald).
    p
        p of Wald's test.
    q
        p adjusted over the rows of the table after Benjamini and Hochberg 1995.
    concordance
        Harrell's concordance index of the variable's fit, on the patients it was fitted to.
    reason
        Why there is no estimate; then the fields above but the counts are None. Empty if there
        is one.
    """

    variable: str
    level: str | None
    reference: str | None
    sd: float | None
    patients: int
    events: int
    hazard_ratio: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    q: float | None = None
    concordance: float | None = None
    reason: str = ""

    @property
    def contrast(self) -> str:
        """What the hazard ratio compares, e.g. ``per SD, 2.61`` or ``female / male``."""
        if self.sd is not None:
            return f"per SD, {self.sd:.3g}"
        return f"{self.level} / {self.reference}" if self.level else ""


@dataclass(frozen=True)
class CoxTable:
    """An endpoint's regressions.

    Attributes
    ----------
    endpoint
        What is counted as the event.
    rows
        In the variables' order: one for a quantity, and for categories one for each level but the
        first.
    """

    endpoint: Endpoint
    rows: tuple[CoxRow, ...]

    def by_p(self) -> tuple[CoxRow, ...]:
        """The rows from the least p on; those without an estimate come last."""
        return tuple(sorted(self.rows, key=lambda row: math.inf if row.p is None else row.p))


def univariate_cox(
    table: ClinicalTable,
    endpoint: Endpoint,
    variables: pd.DataFrame,
    progress: Progress = silent,
) -> CoxTable:
    """Fit a Cox regression of the endpoint on each variable alone; ties after Efron.

    The hazard ratio of a quantity is for one standard deviation more, that of a category for a
    level against the first one. A variable that cannot be fitted is a row with a reason.

    Parameters
    ----------
    table
        The cohort.
    endpoint
        What is counted as the event.
    variables
        A row a patient, by the patient's id; see `variables_of`. Columns are categories or
        numbers; NaN is a missing value, and the patient is left out of that regression.
    progress
        Told every few variables; may cancel.
    """
    months, events = endpoint.times(table)
    followed = months.notna() & events.notna()
    outcome = pd.DataFrame({_MONTHS: months[followed], _EVENT: events[followed].astype("int64")})
    rows: list[CoxRow] = []
    with warnings.catch_warnings():
        # What lifelines warns of is a reason or does not touch the estimate.
        warnings.simplefilter("ignore")
        for index, (name, values) in enumerate(variables.items()):
            if index % _REPORT_EVERY == 0:
                progress(index / variables.shape[1], f"{index} of {variables.shape[1]} variables")
            rows += _rows(outcome, values.reindex(outcome.index).rename(str(name)))
    return CoxTable(endpoint, _adjusted(rows))


def _rows(outcome: pd.DataFrame, values: pd.Series) -> list[CoxRow]:
    values = values.dropna()
    outcome = outcome.loc[values.index]
    is_category = isinstance(values.dtype, pd.CategoricalDtype)
    row = CoxRow(str(values.name), None, None, None, len(values), int(outcome[_EVENT].sum()))
    if not is_category and not pd.api.types.is_numeric_dtype(values.dtype):
        return [replace(row, reason="neither a quantity nor a category")]
    if values.empty:
        return [replace(row, reason="no patient has a value")]
    if values.nunique() < 2:
        return [replace(row, reason="all patients have the same value")]
    if is_category:
        values = values.cat.remove_unused_categories()
        reference, *levels = [str(level) for level in values.cat.categories]
        rows = [replace(row, level=level, reference=reference) for level in levels]
        design = pd.get_dummies(values, dtype="float64").iloc[:, 1:]
        counts = outcome[_EVENT].groupby(values, observed=True).sum()
        eventless = [str(level) for level in counts.index[counts == 0]]
    else:
        quantity = values.astype("float64")
        sd = float(quantity.std())
        rows = [replace(row, sd=sd)]
        # Scaled by hand, because lifelines' estimates are for one unit; a difference of values
        # that only rounding makes is none.
        if not math.isfinite(sd) or sd <= 1e-12 * float(quantity.abs().max()):
            return [replace(row, reason="all patients have the same value")]
        design = ((quantity - quantity.mean()) / sd).to_frame()
        eventless = []
    if row.events < LEAST_EVENTS * len(rows):
        needed = LEAST_EVENTS * len(rows)
        reason = f"{row.events} events, fewer than {needed}"
        return [replace(row, reason=reason) for row in rows]
    if eventless:
        reason = f"no event with {', '.join(eventless)}"
        return [replace(row, reason=reason) for row in rows]
    return list(_fitted(rows, design, outcome))


def _fitted(rows: list[CoxRow], design: pd.DataFrame, outcome: pd.DataFrame) -> Iterator[CoxRow]:
    design.columns = pd.Index(range(len(rows)))
    try:
        fitter = CoxPHFitter().fit(
            pd.concat([design, outcome], axis="columns"), _MONTHS, _EVENT, fit_options=_FIT
        )
    except (ConvergenceError, ArithmeticError, ValueError):
        yield from (replace(row, reason="the fit did not converge") for row in rows)
        return
    coefficients, errors = fitter.params_, fitter.standard_errors_
    limits = np.exp(fitter.confidence_intervals_.to_numpy())
    for place, row in enumerate(rows):
        if not (abs(coefficients[place]) < _RUNAWAY and 0 < errors[place] < _RUNAWAY):
            yield replace(row, reason="it separates who has the event early: no finite ratio")
            continue
        yield replace(
            row,
            hazard_ratio=float(fitter.hazard_ratios_[place]),
            lower=float(limits[place, 0]),
            upper=float(limits[place, 1]),
            p=float(2 * norm.sf(abs(coefficients[place] / errors[place]))),
            concordance=float(fitter.concordance_index_),
        )


def _adjusted(rows: list[CoxRow]) -> tuple[CoxRow, ...]:
    tested = [row.p for row in rows if row.p is not None]
    adjusted = iter(false_discovery_control(tested).tolist() if tested else ())
    return tuple(row if row.p is None else replace(row, q=next(adjusted)) for row in rows)
