import pytest

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.measure import Basis, ImpossibleMinimum, MinimumRule, minimum_flr

HEALTHY = {
    "chemo_before_liver_resection": 0,
    "steatosis_yesno": 0,
    "NASH_yesno": 0,
    "NASH_greater_4": 0,
}


def test_a_normal_liver_asks_20_percent_and_says_why():
    rule = minimum_flr(HEALTHY)
    assert rule.percent == 20
    assert rule.basis is Basis.NORMAL
    assert rule.fields == ("chemo_before_liver_resection", "steatosis_yesno")
    assert "chemo_before_liver_resection = 0" in rule.reason
    assert "fibrosis or cirrhosis" in rule.reason


@pytest.mark.parametrize("column", HEALTHY)
@pytest.mark.parametrize("yes", [1, 1.0, True])
def test_an_injured_liver_asks_30_percent_and_names_the_column(column, yes):
    rule = minimum_flr({**HEALTHY, column: yes})
    assert rule.percent == 30
    assert rule.basis is Basis.INJURED
    assert rule.fields == (column,)
    assert f"({column} = 1)" in rule.reason


def test_all_injuries_are_named():
    rule = minimum_flr(dict.fromkeys(HEALTHY, 1))
    assert rule.percent == 30
    assert rule.fields == tuple(HEALTHY)


@pytest.mark.parametrize(
    "pathology",
    [
        {"fibrosis_percent": 0.9},
        {"fibrosis_percent": 90, "fibrosis_greater_40_percent": 1},
        {"total_response_percent": 1.0, "necrosis_percent": 0.5, "mucin_percent": 0.2},
    ],
)
def test_fibrosis_of_the_tumour_says_nothing_about_the_liver(pathology):
    assert minimum_flr({**HEALTHY, **pathology}) == minimum_flr(HEALTHY)


def test_an_injury_decides_though_other_columns_are_missing():
    rule = minimum_flr({"steatosis_yesno": 1, "chemo_before_liver_resection": None})
    assert rule.percent == 30


@pytest.mark.parametrize("missing", ["chemo_before_liver_resection", "steatosis_yesno"])
@pytest.mark.parametrize("value", [None, -999, float("nan"), "unknown"])
def test_a_liver_is_not_called_normal_on_a_missing_value(missing, value):
    rule = minimum_flr({**HEALTHY, missing: value})
    assert rule.percent is None
    assert rule.basis is Basis.UNKNOWN
    assert rule.fields == (missing,)
    assert missing in rule.reason


def test_a_normal_liver_needs_no_steatohepatitis_columns():
    assert minimum_flr({"chemo_before_liver_resection": 0, "steatosis_yesno": 0}).percent == 20


def test_without_a_record_no_minimum_applies():
    rule = minimum_flr(None)
    assert rule.percent is None
    assert "no clinical record" in rule.reason


def test_the_reader_chooses():
    rule = MinimumRule.chosen(40)
    assert (rule.percent, rule.basis, rule.fields) == (40, Basis.CHOSEN, ())
    assert rule.reason == "40 %, chosen by the reader."


@pytest.mark.parametrize("percent", [0, -5, 100.5, float("nan")])
def test_an_impossible_choice_is_refused(percent):
    with pytest.raises(ImpossibleMinimum, match="expected above 0 and at most 100"):
        MinimumRule.chosen(percent)
    assert issubclass(ImpossibleMinimum, CRLMExplorerError)
