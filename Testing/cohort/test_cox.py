"""Cox regressions against an own solver, lifelines, and pairs counted one by one; their edges."""

import json
import math
import warnings
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy.stats import norm

from cohort.efron import concordance, efron_fit
from CRLMExplorerLib.cohort.cox import LEAST_EVENTS, univariate_cox
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.variables import variable_title, variables_of
from CRLMExplorerLib.progress import Cancelled

Z_95 = norm.ppf(0.975)
QUANTITIES = ["age", "body_mass_index", "max_tumor_size", "carcinoembryonic_antigen"]
CODES = ["sex", "node_positive_primary", "clinrisk_stratified", "preoperative_pve"]


def standard_error(row):
    return (math.log(row.upper) - math.log(row.lower)) / (2 * Z_95)


def followed(table, endpoint, column):
    """Months, events and values of the patients who have all three."""
    frame = table.frame[[endpoint.months_column, endpoint.event_column, column]].dropna()
    return (frame[name].to_numpy(dtype=float) for name in frame.columns)


@pytest.fixture
def a_cohort(a_table):
    """A table with overall survival of patients P0, P1, …"""

    def make(months, events):
        rows = [[f"P{i}", m, e] for i, (m, e) in enumerate(zip(months, events, strict=True))]
        return a_table([["Patient-ID", "overall_survival_months", "vital_status"], *rows])

    return make


@pytest.fixture
def forty(a_cohort):
    """Forty patients, one a month; every second has the event."""
    return a_cohort(range(1, 41), [i % 2 for i in range(40)])


def fit(table, values, name="x"):
    """Rows of one variable's regression, the values in the table's order."""
    variables = pd.DataFrame({name: pd.Series(values, index=table.frame.index)})
    return univariate_cox(table, Endpoint.OVERALL, variables).rows


@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_a_quantity_s_ratio_for_one_sd_is_that_of_an_own_solver(synthetic_table, endpoint):
    cox = univariate_cox(synthetic_table, endpoint, variables_of(synthetic_table, None, QUANTITIES))
    assert [row.variable for row in cox.rows] == QUANTITIES
    for row in cox.rows:
        months, events, x = followed(synthetic_table, endpoint, row.variable)
        beta, error = efron_fit(months, events, (x - x.mean()) / x.std(ddof=1))
        assert row.sd == pytest.approx(x.std(ddof=1), rel=1e-12)
        assert (row.patients, row.events) == (len(x), events.sum())
        assert row.hazard_ratio == pytest.approx(math.exp(beta), rel=1e-6)
        assert standard_error(row) == pytest.approx(error, rel=1e-6)
        assert row.p == pytest.approx(2 * norm.sf(abs(beta / error)), rel=1e-5)
        assert row.contrast == f"per SD, {row.sd:.3g}"


@pytest.mark.parametrize("column", CODES)
def test_a_code_s_ratio_is_that_of_an_own_solver(synthetic_table, column):
    variables = variables_of(synthetic_table, None, [column])
    (row,) = univariate_cox(synthetic_table, Endpoint.DISEASE_FREE, variables).rows
    months, events, code = followed(synthetic_table, Endpoint.DISEASE_FREE, column)
    beta, error = efron_fit(months, events, code - code.min())
    assert row.hazard_ratio == pytest.approx(math.exp(beta), rel=1e-6)
    assert standard_error(row) == pytest.approx(error, rel=1e-6)
    assert row.sd is None


def test_a_level_is_compared_with_the_first(synthetic_table):
    variables = variables_of(synthetic_table, None, ["sex", "clinrisk_stratified"])
    rows = univariate_cox(synthetic_table, Endpoint.OVERALL, variables).rows
    assert [row.contrast for row in rows] == ["female / male", "high / low"]


def test_every_clinical_variable_is_as_lifelines_says(synthetic_table):
    cox = univariate_cox(synthetic_table, Endpoint.OVERALL, variables_of(synthetic_table))
    assert len(cox.rows) == 25
    for row in cox.rows:
        months, events, x = followed(synthetic_table, Endpoint.OVERALL, row.variable)
        frame = pd.DataFrame({"x": x / (row.sd or 1), "months": months, "event": events})
        fitter = CoxPHFitter().fit(frame, "months", "event")
        summary = fitter.summary.loc["x"]
        assert row.hazard_ratio == pytest.approx(summary["exp(coef)"], rel=1e-3)
        assert row.lower == pytest.approx(summary["exp(coef) lower 95%"], rel=1e-3)
        assert row.upper == pytest.approx(summary["exp(coef) upper 95%"], rel=1e-3)
        assert row.p == pytest.approx(summary["p"], abs=1e-3)
        assert row.concordance == pytest.approx(fitter.concordance_index_, abs=1e-9)


@pytest.mark.parametrize("column", ["max_tumor_size", "node_positive_primary"])
def test_concordance_is_that_of_the_pairs(synthetic_table, column):
    variables = variables_of(synthetic_table, None, [column])
    (row,) = univariate_cox(synthetic_table, Endpoint.OVERALL, variables).rows
    months, events, x = followed(synthetic_table, Endpoint.OVERALL, column)
    assert row.hazard_ratio > 1
    assert row.concordance == pytest.approx(concordance(months, events, x), abs=1e-12)


def test_concordance_with_ties_in_time_and_value(a_cohort):
    months = [1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10]
    events = [1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0]
    x = [3.0, 2, 3, 1, 2, 2, 1, 3, 1, 2, 1, 2, 1, 2, 1, 0]
    (row,) = fit(a_cohort(months, events), x)
    assert row.hazard_ratio > 1
    assert row.concordance == pytest.approx(concordance(months, events, x), abs=1e-12)


def test_three_levels_share_a_fit(forty):
    levels = pd.Categorical(["abc"[i // 2 % 3] for i in range(40)])
    one, other = fit(forty, levels)
    assert [one.contrast, other.contrast] == ["b / a", "c / a"]
    months, events = Endpoint.OVERALL.times(forty)
    design = pd.DataFrame(
        {"b": levels == "b", "c": levels == "c", "months": months, "event": events}, dtype=float
    )
    expected = CoxPHFitter().fit(design, "months", "event").hazard_ratios_
    assert one.hazard_ratio == pytest.approx(expected["b"], rel=1e-3)
    assert other.hazard_ratio == pytest.approx(expected["c"], rel=1e-3)
    assert one.concordance == other.concordance


def test_a_category_keeps_its_reference_whatever_comes_first(forty):
    values = pd.Categorical(["yes"] + ["no", "yes"] * 19 + ["no"], categories=["no", "yes"])
    (row,) = fit(forty, values)
    assert row.contrast == "yes / no"


def test_q_is_the_one_worked_out_by_hand(synthetic_table):
    names = [*QUANTITIES, *CODES]
    cox = univariate_cox(
        synthetic_table, Endpoint.OVERALL, variables_of(synthetic_table, None, names)
    )
    p = sorted(row.p for row in cox.rows)
    # The least of p·m/rank over this rank and all greater ones (Benjamini and Hochberg 1995).
    by_hand = [min(p[k] * 8 / (k + 1) for k in range(rank, 8)) for rank in range(8)]
    assert [row.q for row in cox.by_p()] == pytest.approx(by_hand, rel=1e-12)
    assert [row.p for row in cox.by_p()] == p


def test_what_could_not_be_tested_does_not_count_for_q(forty):
    good = [(i * 7) % 11 for i in range(40)]
    index = forty.frame.index
    alone = pd.DataFrame({"good": good}, index=index)
    with_bad = alone.assign(constant=1.0, empty=np.nan)
    one = univariate_cox(forty, Endpoint.OVERALL, alone)
    three = univariate_cox(forty, Endpoint.OVERALL, with_bad)
    assert three.rows[0] == one.rows[0]
    assert one.rows[0].q == one.rows[0].p
    assert [row.variable for row in three.by_p()] == ["good", "constant", "empty"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([2.5] * 40, "all patients have the same value"),
        ([0.1 + 0.2, 0.3] * 20, "all patients have the same value"),
        ([np.nan] * 40, "no patient has a value"),
        ([1.0, 2.0, *[np.nan] * 38], "1 events, fewer than 10"),
        (["a", "b"] * 20, "neither a quantity nor a category"),
        (pd.Categorical(["a"] * 40, ["a", "b"]), "all patients have the same value"),
        (pd.Categorical(["late", "early"] * 20), "no event with late"),
        ([-float(i) for i in range(40)], ""),
        ([0.0] * 39 + [1e300], ""),
    ],
)
def test_a_variable_that_cannot_be_tested_is_a_row_with_a_reason(forty, values, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (row,) = fit(forty, values)
    if reason:
        assert row.reason == reason
    if row.reason:
        assert (row.hazard_ratio, row.p, row.q, row.concordance) == (None, None, None, None)
    json.dumps(asdict(row), allow_nan=False)


def test_a_variable_that_orders_all_events_has_no_finite_ratio(a_cohort):
    table = a_cohort(range(1, 31), [1] * 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (row,) = fit(table, [-float(i) for i in range(30)])
        (early,) = fit(table, pd.Categorical(["early"] * 15 + ["late"] * 15))
    assert row.reason == "it separates who has the event early: no finite ratio"
    assert early.reason == "it separates who has the event early: no finite ratio"


def test_a_coefficient_needs_ten_events(a_cohort):
    x = [(i * 7) % 11 for i in range(30)]
    enough = a_cohort(range(1, 31), [1] * LEAST_EVENTS + [0] * 20)
    (row,) = fit(enough, x)
    assert row.reason == ""
    levels = pd.Categorical(["abc"[i % 3] for i in range(30)])
    assert {row.reason for row in fit(enough, levels)} == {"10 events, fewer than 20"}


def test_infinite_values_are_said_to_be_none(forty):
    (row,) = fit(forty, [np.inf, *range(39)])
    assert row.reason


def test_patients_without_follow_up_are_left_out(a_cohort):
    months = [*range(1, 31), -999, 5]
    table = a_cohort(months, [*([1] * 30), 1, -999])
    x = [(i * 7) % 11 for i in range(32)]
    (row,) = fit(table, x)
    assert (row.patients, row.events) == (30, 30)
    beta, _ = efron_fit(months[:30], [1] * 30, np.array(x[:30]) / np.std(x[:30], ddof=1))
    assert row.hazard_ratio == pytest.approx(math.exp(beta), rel=1e-6)


def test_values_find_their_patients_whatever_the_order(forty):
    values = pd.Series([(i * 7) % 11 for i in range(40)], index=forty.frame.index, dtype=float)
    same = univariate_cox(forty, Endpoint.OVERALL, pd.DataFrame({"x": values}))
    turned = univariate_cox(forty, Endpoint.OVERALL, pd.DataFrame({"x": values.iloc[::-1]}))
    assert turned.rows[0].hazard_ratio == pytest.approx(same.rows[0].hazard_ratio, rel=1e-9)


def test_it_says_how_far_it_is_and_can_be_stopped(synthetic_table):
    told = []
    variables = variables_of(synthetic_table)
    univariate_cox(
        synthetic_table, Endpoint.OVERALL, variables, lambda fraction, _: told.append(fraction)
    )
    assert told == [0, 10 / 25, 20 / 25]

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        univariate_cox(synthetic_table, Endpoint.OVERALL, variables, stop)


def test_outcomes_are_no_variables(synthetic_table):
    assert {"vital_status", "overall_survival_months", "progression_or_recurrence"}.isdisjoint(
        variables_of(synthetic_table).columns
    )
    with pytest.raises(SurvivalError, match="no variable “vital_status” that is known before"):
        variables_of(synthetic_table, None, ["vital_status"])


def test_variables_are_named_in_either_spelling_and_with_features(synthetic_table):
    frame = pd.DataFrame({"FLR: original_shape_Area": [7.0]}, index=["CRLM-CT-1002"])
    names = ["nash_greater_4", "FLR: original_shape_Area", "NASH_greater_4"]
    variables = variables_of(synthetic_table, FeatureTable(frame), names)
    assert list(variables) == ["NASH_greater_4", "FLR: original_shape_Area"]
    assert list(variables.index) == list(synthetic_table.patient_ids)
    assert variables["FLR: original_shape_Area"].dropna().to_dict() == {"CRLM-CT-1002": 7.0}
    assert variable_title("nash_greater_4") == "Steatohepatitis grade ≥ 4"
    assert variable_title("FLR: original_shape_Area") == "FLR: original_shape_Area"
