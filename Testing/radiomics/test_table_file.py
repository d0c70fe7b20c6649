"""Features of one patient go to the disk whole, with where they come from, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from CRLMExplorerLib.radiomics.provenance import of_case
from CRLMExplorerLib.radiomics.table import read_tidy, tidy, wide
from CRLMExplorerLib.radiomics.table_file import FeaturesNotSaved, save_features
from made_up_features import PARAMETERS, RUN, extraction_of

CASE = extraction_of("P1", revision=2)


@pytest.mark.parametrize("name", ["a.csv", "a.PARQUET"])
def test_a_table_is_read_as_it_was_saved(tmp_path, name):
    save_features(CASE, PARAMETERS, tmp_path / name)
    expected = tidy(CASE, PARAMETERS.settings)
    expected["feature"] = expected["feature"].str.replace("\n", " ")
    found = read_tidy(tmp_path / name)
    found["feature"] = found["feature"].str.replace("\n", " ")
    pd.testing.assert_frame_equal(found, expected)


def test_a_wide_table_has_a_row_a_region(tmp_path):
    save_features(CASE, PARAMETERS, tmp_path / "a.parquet", is_wide=True)
    found = pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(found, wide(CASE))


def test_the_provenance_lies_beside_it_and_names_the_engine(tmp_path):
    case = replace(CASE, run=replace(RUN, engine="SlicerRadiomics"))
    file = save_features(case, PARAMETERS, tmp_path / "a.wide.csv")
    assert file == tmp_path / "a.wide.provenance.json"
    facts = json.loads(file.read_text(encoding="utf-8"))
    assert facts == json.loads(of_case(case, PARAMETERS).text())
    assert (facts["started"], facts["ended"]) == (RUN.started, RUN.ended)
    assert facts["patients"][0]["engine"] == "SlicerRadiomics"


@pytest.mark.parametrize("name", ["a.xlsx", "a", "missing/a.csv"])
def test_what_cannot_be_saved_leaves_nothing(tmp_path, name):
    with pytest.raises(FeaturesNotSaved):
        save_features(CASE, PARAMETERS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_when_it_fails(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("mine")
    (tmp_path / "a.provenance.json").mkdir()
    with pytest.raises(FeaturesNotSaved, match="cannot be written"):
        save_features(CASE, PARAMETERS, file)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "a.provenance.json"]
