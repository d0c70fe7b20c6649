"""Features in words: whose they are, what only one engine gave, and rows that a reader wants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from CRLMExplorerLib.radiomics.table import tidy
from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerLib.review.side_by_side import SideBySide
from made_up_features import PARAMETERS, RUN, extraction_of
from review.redrawing import plane

CASE = extraction_of("P1")
OTHER = replace(extraction_of("P1", mean=4.0), run=replace(RUN, engine="SlicerRadiomics"))


def without(case, *features: str):
    values = tuple(one for one in case.extraction.values if one.feature not in features)
    return replace(case, extraction=replace(case.extraction, values=values))


def test_an_edit_that_is_not_saved_is_not_in_the_features(session):
    session.open("CRLM-CT-1001")
    title = session.case.choice.dso.description
    assert wording.source_line(session.case, None) == f"Of the DSO “{title}”."
    session.editing.begin()
    assert wording.source_line(session.case, session.editing.edit) == f"Of the DSO “{title}”."
    session.editing.edit.add(plane(session, 38))
    assert "is not saved" in wording.source_line(session.case, session.editing.edit)


def test_another_engine_is_named():
    assert wording.summary(CASE).startswith("4 values, extracted ")
    assert "extracted by SlicerRadiomics" in wording.summary(OTHER)
    assert wording.summary(CASE).endswith("in 1.0 min")
    assert wording.summary(None) == ""


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (CASE, replace(CASE, run=OTHER.run), "4 features compared, all the same."),
        (
            CASE,
            OTHER,
            "4 features compared; largest relative difference 0.21, at original firstorder Mean "
            "of tumours.",
        ),
        (
            CASE,
            without(OTHER, "Mean", "MeshVolume"),
            "1 feature compared, all the same; 3 only by CRLM Explorer: rim original firstorder "
            "Mean, tumours original firstorder Mean ….",
        ),
        (
            without(CASE, "Mean", "MeshVolume", "Skewness"),
            without(OTHER, "Mean", "MeshVolume"),
            "0 features compared; 1 only by SlicerRadiomics: tumours log-sigma-1-0-mm-3D "
            "firstorder Skewness.",
        ),
    ],
)
def test_a_comparison_is_one_sentence(a, b, said):
    assert wording.comparison_sentence(SideBySide.of(a, b, PARAMETERS)) == said


def test_rows_are_chosen_by_words_and_columns_and_sorted():
    table = tidy(CASE, PARAMETERS.settings)
    everything = wording.chosen(table, wording.Choice("", "", False))
    assert everything["feature"].tolist() == ["MeshVolume", "Mean", "Skewness", "Mean"]
    of_rim = wording.chosen(table, wording.Choice("", "", False, {"region": "rim"}))
    assert of_rim["value"].tolist() == [0.1 + 0.2]
    means = wording.chosen(table, wording.Choice("firstorder MEAN", "value", True))
    assert means["region"].tolist() == ["tumours", "rim"]
    assert wording.chosen(None, wording.Choice("", "", False)) is None
