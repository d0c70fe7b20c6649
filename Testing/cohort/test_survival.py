"""Survival against lifelines, against figures worked out by hand, and at its edges."""

import json
import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test, multivariate_logrank_test
from lifelines.utils import median_survival_times

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.grouping import grouping_columns, median_split
from CRLMExplorerLib.cohort.survival import (
    median_follow_up_months,
    patient_position,
    survival,
)


@pytest.fixture
def a_cohort(a_table):
    """A table with overall survival, and groups by bilobar disease."""

    def make(months, events, bilobar=None):
        bilobar = bilobar or ["0"] * len(months)
        rows = [
            [f"P{i}", *map(str, values)]
            for i, values in enumerate(zip(months, events, bilobar, strict=True))
        ]
        return a_table(
            [["Patient-ID", "overall_survival_months", "vital_status", "bilobar_disease"], *rows]
        )

    return make


def none_if_infinite(months):
    return float(months) if math.isfinite(months) else None


def test_a_small_curve_is_the_one_worked_out_by_hand(a_cohort):
    table = a_cohort([6, 6, 6, 7, 10, 15], [1, 1, 0, 1, 0, 1])
    analysis = survival(table, Endpoint.OVERALL, ticks_months=(0, 6, 7, 12, 20))
    (curve,) = analysis.curves
    assert curve.timeline_months == (0, 6, 7, 10, 15)
    np.testing.assert_allclose(
        curve.survival, [1, 1 - 2 / 6, (1 - 2 / 6) * (1 - 1 / 3), 4 / 9, 0], atol=1e-12
    )
    assert (curve.patients, curve.events) == (6, 4)
    assert curve.median_months == 7
    assert curve.censored_months == (6, 10)
    assert curve.at_risk == (6, 6, 3, 1, 0)
    assert curve.survival_at(6.5) == pytest.approx(2 / 3)
    assert curve.survival_at(5.9) == 1
    assert curve.survival_at(99) == 0
    assert analysis.log_rank_p is None
    assert curve.label == "All patients"


@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_the_cohorts_curve_is_lifelines(synthetic_table, endpoint):
    frame = synthetic_table.frame
    durations = frame[endpoint.months_column].to_numpy()
    events = frame[endpoint.event_column].to_numpy(dtype=int)
    fitter = KaplanMeierFitter().fit(durations, events)
    (curve,) = survival(synthetic_table, endpoint).curves
    np.testing.assert_array_equal(curve.timeline_months, fitter.timeline)
    np.testing.assert_array_equal(curve.survival, fitter.survival_function_.to_numpy()[:, 0])
    band = fitter.confidence_interval_.to_numpy()
    np.testing.assert_array_equal(np.column_stack([curve.lower, curve.upper]), band)
    assert curve.median_months == fitter.median_survival_time_
    interval = median_survival_times(fitter.confidence_interval_).to_numpy().ravel()
    assert list(curve.median_interval_months) == [none_if_infinite(m) for m in interval]


@pytest.mark.parametrize("by", ["clinrisk_stratified", "sex", "NASH_GREATER_4"])
def test_groups_by_code_are_compared_by_lifelines_log_rank(synthetic_table, by):
    analysis = survival(synthetic_table, Endpoint.OVERALL, by)
    frame = synthetic_table.frame.dropna(subset=[analysis.grouping.column])
    codes = frame[analysis.grouping.column].to_numpy(dtype=int)
    months = frame["overall_survival_months"].to_numpy()
    died = frame["vital_status"].to_numpy(dtype=int)
    one, other = (codes == code for code in np.unique(codes))
    expected = logrank_test(months[one], months[other], died[one], died[other]).p_value
    assert analysis.log_rank_p == pytest.approx(expected, rel=1e-9)
    assert [curve.patients for curve in analysis.curves] == [one.sum(), other.sum()]
    assert analysis.left_out == 197 - len(frame)


def test_codes_are_labelled(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.DISEASE_FREE, "clinrisk_stratified")
    assert [curve.label for curve in analysis.curves] == ["low", "high"]
    assert analysis.grouping.title == "Clinical risk"


def test_quantities_are_split_at_the_cohorts_median(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.HEPATIC_DISEASE_FREE, "body_mass_index")
    frame = synthetic_table.frame
    above = (frame["body_mass_index"] > 26.8).to_numpy()
    assert [curve.label for curve in analysis.curves] == ["≤ 26.8 kg/m²", "> 26.8 kg/m²"]
    assert [curve.patients for curve in analysis.curves] == [(~above).sum(), above.sum()]
    expected = multivariate_logrank_test(
        frame["months_to_liver_DFS_progression"],
        above,
        frame["vital_status_liver_DFS"].astype(int),
    ).p_value
    assert analysis.log_rank_p == pytest.approx(expected, rel=1e-9)


def test_a_quantity_is_split_where_asked(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.OVERALL, "max_tumor_size", split_at=5)
    large = int((synthetic_table.frame["max_tumor_size"] > 5).sum())
    assert [(c.label, c.patients) for c in analysis.curves] == [
        ("≤ 5 cm", 197 - large),
        ("> 5 cm", large),
    ]


def test_at_risk_numbers_add_up_over_the_groups(synthetic_table):
    whole = survival(synthetic_table, Endpoint.OVERALL)
    parts = survival(synthetic_table, Endpoint.OVERALL, "sex")
    assert parts.ticks_months == whole.ticks_months
    assert whole.ticks_months[:3] == (0, 24, 48)
    assert whole.curves[0].at_risk[0] == 197
    assert whole.curves[0].at_risk == tuple(
        sum(counts) for counts in zip(*(curve.at_risk for curve in parts.curves), strict=True)
    )


def test_patients_with_missing_values_are_left_out_and_counted(a_cohort):
    table = a_cohort([5, -999, 7, 8], [1, 1, -999, 0], [1, 1, 0, -999])
    assert survival(table, Endpoint.OVERALL).left_out == 2
    analysis = survival(table, Endpoint.OVERALL, "bilobar_disease")
    assert analysis.left_out == 3
    assert [(c.label, c.patients, c.events) for c in analysis.curves] == [("yes", 1, 1)]
    assert analysis.log_rank_p is None


def test_a_group_of_one_and_one_without_event(a_cohort):
    table = a_cohort([5, 6, 7, 8], [1, 0, 0, 0], [0, 1, 1, 1])
    one, eventless = survival(table, Endpoint.OVERALL, "bilobar_disease").curves
    assert (one.patients, one.median_months, one.survival[-1]) == (1, 5, 0)
    assert (eventless.events, eventless.median_months) == (0, None)
    assert eventless.median_interval_months == (None, None)
    assert eventless.survival == (1, 1, 1, 1)


def test_without_any_event_there_is_no_test(a_cohort):
    table = a_cohort([5, 6, 7], [0, 0, 0], [0, 1, 1])
    assert survival(table, Endpoint.OVERALL, "bilobar_disease").log_rank_p is None


def test_an_event_on_the_day_of_resection_counts(a_cohort):
    (curve,) = survival(a_cohort([0, 4], [1, 0]), Endpoint.OVERALL).curves
    assert curve.survival_at(0) == 0.5


def test_a_quantity_that_all_share_makes_one_group(a_table):
    header = ["Patient-ID", "overall_survival_months", "vital_status", "age"]
    table = a_table([header, ["A", "5", "1", "61"], ["B", "9", "0", "61"]])
    (curve,) = survival(table, Endpoint.OVERALL, "age").curves
    assert curve.label == "≤ 61 years"


def test_a_cohort_without_times_is_an_error(a_cohort):
    with pytest.raises(SurvivalError, match="months_to_DFS_progression, vital_status_DFS"):
        survival(a_cohort([5], [1]), Endpoint.DISEASE_FREE)
    assert median_follow_up_months(a_cohort([-999], [1])) is None


@pytest.mark.parametrize("by", ["vital_status", "Patient-ID", "relevant_notes", "shoe_size"])
def test_outcomes_texts_and_unknown_columns_are_no_grounds_for_groups(synthetic_table, by):
    with pytest.raises(SurvivalError, match="cannot be grouped by"):
        survival(synthetic_table, Endpoint.OVERALL, by)


def test_a_quantity_nobody_has_is_an_error(a_cohort):
    with pytest.raises(SurvivalError, match="no patient has a value in age"):
        survival(a_cohort([5], [1]), Endpoint.OVERALL, "age")


def test_grouping_columns_are_those_that_divide_the_cohort(synthetic_table, a_cohort):
    names = {column.name for column in grouping_columns(synthetic_table)}
    assert {"sex", "clinrisk_score", "max_tumor_size", "mucin_percent"} <= names
    assert names.isdisjoint({"vital_status", "months_to_DFS_progression", "relevant_notes"})
    for name in sorted(names):
        assert len(survival(synthetic_table, Endpoint.OVERALL, name).curves) == 2
    (only,) = grouping_columns(a_cohort([5, 6], [1, 1], [0, 1]))
    assert only.name == "bilobar_disease"


def test_a_patient_stands_on_the_curve_of_the_patients_group(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.OVERALL, "max_tumor_size")
    record = synthetic_table.record("CRLM-CT-1003")
    position = patient_position(analysis, record)
    curve = analysis.curves[1]
    assert position.group == curve.label
    assert position.months == record.value("overall_survival_months")
    assert position.event == bool(record.value("vital_status"))
    place = curve.timeline_months.index(position.months)
    assert position.survival == curve.survival[place]


def test_a_patient_without_time_event_or_group_stands_nowhere(a_cohort):
    table = a_cohort([5, -999, 7, 8, 9], [1, 1, -999, 0, 1], [1, 1, 0, -999, 0])
    analysis = survival(table, Endpoint.OVERALL, "bilobar_disease")
    positions = [patient_position(analysis, table.record(f"P{i}")) for i in range(5)]
    assert [position and position.group for position in positions] == [
        "yes",
        None,
        None,
        None,
        "no",
    ]
    whole = survival(table, Endpoint.OVERALL)
    assert patient_position(whole, table.record("P3")).survival == pytest.approx(2 / 3)


def test_follow_up_is_the_reverse_estimate(a_cohort, synthetic_table):
    # Ends of follow-up at 4, 8 and 12 months among deaths at 2 and 6: 3/4, then 3/8.
    assert median_follow_up_months(a_cohort([2, 4, 6, 8, 12], [1, 0, 1, 0, 0])) == 8
    assert round(median_follow_up_months(synthetic_table)) == 102


def test_an_analysis_is_plain_enough_for_json(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.OVERALL, "sex")
    facts = json.loads(json.dumps(asdict(analysis), allow_nan=False))
    assert facts["endpoint"] == "overall"
    assert facts["grouping"] == {"column": "sex", "title": "Sex", "split_at": None, "unit": ""}
    assert facts["curves"][0]["label"] == "male"


@pytest.mark.parametrize(
    ("values", "split_at", "lower"),
    [
        ([1, 2, 3, 4], 2.5, 2),
        ([1, 2, 3], 2, 2),
        ([0, 0, 0, 5, 7], 0, 3),
        ([1, 2, 9, 9, 9], 2, 2),
        ([4, 4, 4], 4, 3),
        ([3, None, 1], 2, 1),
    ],
    ids=["even", "odd", "ties at the least", "ties at the most", "all the same", "missing"],
)
def test_ties_at_the_median_are_in_the_lower_group_unless_nobody_is_above(values, split_at, lower):
    series = pd.Series(values, dtype="float64")
    assert median_split(series) == split_at
    assert (series <= split_at).sum() == lower


def test_a_column_that_is_mostly_zero_still_makes_two_groups(synthetic_table):
    analysis = survival(synthetic_table, Endpoint.OVERALL, "mucin_percent")
    mucin = synthetic_table.frame["mucin_percent"]
    assert [(c.label, c.patients) for c in analysis.curves] == [
        ("≤ 0 %", (mucin == 0).sum()),
        ("> 0 %", (mucin > 0).sum()),
    ]


def test_the_cohort_is_split_at_the_median_of_a_feature(synthetic_table):
    name = "tumours: original_firstorder_Mean"
    values = synthetic_table.frame["max_tumor_size"].astype(float) * 10
    values["CRLM-CT-1003"] = np.nan
    features = FeatureTable(values.drop("CRLM-CT-1001").to_frame(name), {name: "HU"})
    analysis = survival(synthetic_table, Endpoint.OVERALL, name, features=features)
    median = values.drop("CRLM-CT-1001").median()
    assert analysis.grouping.split_at == median
    assert [curve.label for curve in analysis.curves] == [f"≤ {median:g} HU", f"> {median:g} HU"]
    assert analysis.left_out == 2
    assert sum(curve.patients for curve in analysis.curves) == 195
    positions = [
        patient_position(analysis, synthetic_table.record(patient_id), features)
        for patient_id in ("CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003")
    ]
    assert [position and position.group for position in positions] == [
        None,
        analysis.curves[int(values["CRLM-CT-1002"] > median)].label,
        None,
    ]


def test_an_unknown_feature_is_an_error(synthetic_table):
    features = FeatureTable(pd.DataFrame({"a": []}, dtype=float))
    with pytest.raises(SurvivalError, match=r"cannot be grouped by “b”.* or of the features"):
        survival(synthetic_table, Endpoint.OVERALL, "b", features=features)
    with pytest.raises(SurvivalError, match="no patient has a value in a"):
        survival(synthetic_table, Endpoint.OVERALL, "a", features=features)
