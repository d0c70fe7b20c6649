"""The command `outcome`: regressions and splits, on the screen, as JSON, CSV and PNG."""

from __future__ import annotations

import csv
import json

import pytest

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.cohort.cox import EXPLORATORY, univariate_cox
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.variables import variables_of

FEW = ("--variable", "max_tumor_size", "--variable", "sex", "--variable", "age")
MEAN = "tumours: original_firstorder_Mean"


@pytest.fixture
def features(demo, tmp_path):
    """A tidy file with a feature of all but one patient, and one patient too many."""
    sizes = read_clinical(demo.spreadsheet).frame["max_tumor_size"].drop("CRLM-CT-1198")
    rows = [(patient_id, 10 * size) for patient_id, size in sizes.items()]
    path = tmp_path / "features.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "region", "filter", "feature_class", "feature", "value"])
        for patient_id, value in [*rows, ("somebody", 1.0)]:
            writer.writerow([patient_id, "tumours", "original", "firstorder", "Mean", value])
    return path


def test_facts_are_those_of_the_library_from_the_least_p_on(call, demo):
    ended = call("outcome", "-c", demo.spreadsheet, "--endpoint", "overall", "--json", *FEW)
    table = read_clinical(demo.spreadsheet)
    variables = variables_of(table, None, ["max_tumor_size", "sex", "age"])
    expected = univariate_cox(table, Endpoint.OVERALL, variables).by_p()
    assert (ended.code, ended.err) == (0, "")
    assert ended.facts["note"] == EXPLORATORY
    rows = ended.facts["associations"]
    assert [row["variable"] for row in rows] == [row.variable for row in expected]
    for row, cox in zip(rows, expected, strict=True):
        assert row["endpoint"] == "overall"
        for name in ("hazard_ratio", "lower", "upper", "p", "q", "concordance"):
            assert row[name] == pytest.approx(getattr(cox, name), rel=1e-12)


def test_every_endpoint_is_tested_unless_some_are_named(call, demo):
    rows = call("outcome", "-c", demo.spreadsheet, "--variable", "sex", "--json").facts
    assert [row["endpoint"] for row in rows["associations"]] == [e.value for e in Endpoint]


def test_the_table_on_screen_ends_with_the_sentence(call, demo):
    ended = call("outcome", "-c", demo.spreadsheet, "--endpoint", "overall", *FEW)
    lines = ended.out.splitlines()
    assert lines[-1] == EXPLORATORY
    order = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert order[0] == "max_tumor_size"
    assert "Overall survival  (univariate Cox, Wald; q after Benjamini–Hochberg)" in lines[0]
    assert any("female / male" in line for line in lines)


def test_features_are_tested_and_what_is_wrong_with_them_is_said(call, demo, features):
    names = ("--variable", MEAN, "--variable", "max_tumor_size")
    ended = call("outcome", "-c", demo.spreadsheet, "--features", features, "--json", *names)
    assert ended.code == 0
    row = next(row for row in ended.facts["associations"] if row["variable"] == MEAN)
    assert (row["patients"], row["level"]) == (196, None)
    assert "features.csv: 1 patients are not in" in ended.err
    assert "1 patients of SYNTHETIC-clinical-data.xlsx have no features: CRLM-CT-1198" in ended.err


def test_the_csv_has_a_row_a_test(call, demo, tmp_path):
    file = tmp_path / "outcome.csv"
    ended = call("outcome", "-c", demo.spreadsheet, *FEW, "--csv", file)
    assert ended.code == 0
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 9
    assert {row["endpoint"] for row in rows} == {e.value for e in Endpoint}
    sex = next(row for row in rows if row["variable"] == "sex")
    assert (sex["level"], sex["reference"]) == ("female", "male")
    assert float(sex["lower"]) < float(sex["hazard_ratio"]) < float(sex["upper"])


def test_a_variable_that_cannot_be_tested_says_why(call, tmp_path):
    file = tmp_path / "c.csv"
    file.write_text("Patient-ID,age,overall_survival_months,vital_status\nA,5,6,1\nB,6,7,1\n")
    ended = call("outcome", "-c", file, "--variable", "age", "--json")
    assert {row["reason"] for row in ended.facts["associations"]} == {
        "2 events, fewer than 10",
        "no patient has a value",
    }
    assert "2 events, fewer than 10" in call("outcome", "-c", file, "--variable", "age").out


def test_a_split_is_drawn_and_told(call, demo, features, tmp_path):
    png = tmp_path / "split.png"
    ended = call(
        *("outcome", "-c", demo.spreadsheet, "--features", features, "--split", MEAN),
        *("--endpoint", "overall", "--png", png),
    )
    assert ended.code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert ended.out.splitlines()[-1] == EXPLORATORY
    assert "log-rank p = " in ended.out
    facts = call(
        *("outcome", "-c", demo.spreadsheet, "--features", features, "--split", MEAN, "--json")
    ).facts
    curves = facts["split"]["disease_free"]["curves"]
    assert sum(curve["patients"] for curve in curves) == 196
    assert facts["note"] == EXPLORATORY
    assert json.dumps(facts["split"]["overall"]["grouping"]["column"]) == json.dumps(MEAN)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--png", "x.png"), "--png draws the curves of --split"),
        (("--split", "age", "--csv", "x.csv"), "leave out --variable and --csv"),
        (("--split", "age", "--variable", "sex"), "leave out --variable and --csv"),
        (("--endpoint", "overal"), "'overal' is not one of 'overall', 'disease_free'"),
    ],
)
def test_called_wrongly_ends_with_2(call, demo, words, sentence):
    ended = call("outcome", "-c", demo.spreadsheet, *words)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--variable", "shoe_size"), "There is no variable “shoe_size”"),
        (("--split", "vital_status"), "cannot be grouped by “vital_status”"),
        (("--features", "none.csv"), "none.csv cannot be read"),
        (("--split", "age", "--png", "none/x.png"), "there is no folder none"),
        (("--variable", "age", "--csv", "none/x.csv"), "there is no folder none"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(call, demo, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    ended = call("outcome", "-c", demo.spreadsheet, *words)
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
