"""The library's features against those by SlicerRadiomics, whose logic is stood in for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.review.radiomics_wording import comparison_sentence
from CRLMExplorerLib.review.slicer_radiomics import (
    NoSlicerRadiomics,
    SlicerRadiomicsEngine,
    slicer_radiomics_logic,
)
from dicom.small_ct import DIRECTIONS_LPS, grid_of
from review.test_radiomics import SMALL
from review.test_radiomics import opened as opened_small
from slicer_radiomics_stand_in import SlicerRadiomicsLogic

SHAPE = (12, 30, 28)
PARAMETERS = Parameters(
    "test",
    {"binWidth": 20},
    {"Original": {}},
    {"shape": ("MeshVolume",), "firstorder": ("Mean", "Entropy"), "glcm": ("Contrast",)},
    (Region("ball", "liver"),),
)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return grid_of(DIRECTIONS_LPS["oblique"], SHAPE)


@pytest.fixture(scope="module")
def image_hu() -> np.ndarray:
    return np.random.default_rng(8).normal(90, 30, SHAPE).astype(np.int16)


@pytest.fixture(scope="module")
def regions(grid) -> dict[str, Mask]:
    k, j, i = np.indices(SHAPE)
    ball = ((k - 5) / 3.0) ** 2 + ((j - 14) / 6) ** 2 + ((i - 12) / 6) ** 2 < 1
    box = np.zeros(SHAPE, dtype=bool)
    box[8:11, 2:8, 20:27] = True
    return {"ball": Mask.from_array(grid, ball), "box": Mask.from_array(grid, box)}


@pytest.fixture
def logic(host) -> SlicerRadiomicsLogic:
    return SlicerRadiomicsLogic(host.scene)


@pytest.fixture
def engine(host, logic) -> SlicerRadiomicsEngine:
    return SlicerRadiomicsEngine(host.scene, logic)


def values(extraction) -> dict[tuple[str, ...], float]:
    return {
        (one.region, one.filter, one.feature_class, one.feature): one.value
        for one in extraction.values
    }


def test_values_are_the_same_and_the_nodes_are_small(engine, logic, image_hu, regions, grid):
    theirs = values(engine(image_hu, regions, grid, PARAMETERS))
    ours = values(extract(image_hu, regions, grid, PARAMETERS, workers=1))
    assert list(theirs) == list(ours)
    assert len(theirs) == 8
    assert theirs == pytest.approx(ours, rel=1e-6)
    assert logic.runs == [(9, 15, 15), (6, 10, 10)]


def test_filters_see_the_whole_image(engine, logic, image_hu, regions, grid):
    parameters = replace(
        PARAMETERS, image_types={"LoG": {"sigma": [2.0]}}, feature_classes={"firstorder": ("Mean",)}
    )
    theirs = values(engine(image_hu, {"ball": regions["ball"]}, grid, parameters))
    ours = values(extract(image_hu, {"ball": regions["ball"]}, grid, parameters, workers=1))
    assert theirs == pytest.approx(ours, rel=1e-6)
    assert logic.runs == [SHAPE]


def test_nothing_is_left_in_the_scene(engine, host, image_hu, regions, grid):
    nodes = host.scene.GetNumberOfNodes()
    engine(image_hu, {"box": regions["box"]}, grid, PARAMETERS)
    assert host.scene.GetNumberOfNodes() == nodes


def test_nothing_is_left_when_the_extension_fails(host, image_hu, regions, grid):
    class Failing(SlicerRadiomicsLogic):
        def runCLIWithParameterFile(self, *nodes):
            raise RuntimeError("the module is not there")

    nodes = host.scene.GetNumberOfNodes()
    engine = SlicerRadiomicsEngine(host.scene, Failing(host.scene))
    with pytest.raises(RuntimeError):
        engine(image_hu, regions, grid, PARAMETERS)
    assert host.scene.GetNumberOfNodes() == nodes


def test_a_region_that_gives_nothing_is_said_and_leaves_the_rest(engine, image_hu, regions, grid):
    voxel = np.zeros(SHAPE, dtype=bool)
    voxel[5, 5, 5] = True
    both = {"voxel": Mask.from_array(grid, voxel), "box": regions["box"], "no": Mask.empty(grid)}
    result = engine(image_hu, both, grid, PARAMETERS)
    assert [(one.region, one.code) for one in result.omissions] == [
        ("voxel", "failed"),
        ("no", "failed"),
    ]
    assert "gave no features" in result.omissions[0].reason
    assert {one.region for one in result.values} == {"box"}


def test_diagnostics_come_if_they_are_asked_for(engine, image_hu, regions, grid):
    ball = {"ball": regions["ball"]}
    assert engine(image_hu, ball, grid, PARAMETERS).diagnostics == {}
    asked = replace(PARAMETERS, settings={**PARAMETERS.settings, "additionalInfo": True})
    assert (
        "diagnostics_Versions_PyRadiomics"
        in engine(image_hu, ball, grid, asked).diagnostics["ball"]
    )


def test_a_cancel_takes_effect_between_regions(engine, logic, image_hu, regions, grid):
    def stop(fraction: float, message: str) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine(image_hu, regions, grid, PARAMETERS, stop)
    assert len(logic.runs) == 1


def test_both_results_are_held_against_each_other(session, engine):
    radiomics = session.radiomics
    radiomics.load("small", SMALL)
    session.open("CRLM-CT-1003")
    radiomics.watch(True)
    radiomics.compare(engine)
    assert radiomics.comparison is None
    radiomics.extract()
    radiomics.compare(engine)
    same = radiomics.comparison
    assert same.count == len(radiomics.extraction.extraction.values)
    assert same.furthest.relative < 1e-6
    assert same.only == {"CRLM Explorer": [], "SlicerRadiomics": []}
    assert [one.run.engine for one in (same.a, same.b)] == ["CRLM Explorer", "SlicerRadiomics"]


def test_a_difference_comes_first_and_is_said(session, engine):
    radiomics = opened_small(session)
    radiomics.extract()
    first, second, *others = radiomics.extraction.extraction.values
    changed = (replace(second, value=1.5 * second.value), *others)
    extraction = replace(radiomics.extraction.extraction, values=changed)
    radiomics.extraction = replace(radiomics.extraction, extraction=extraction)
    radiomics.compare(engine)
    furthest = radiomics.comparison.furthest
    assert (furthest.region, furthest.feature) == (second.region, second.feature)
    assert furthest.value_a == pytest.approx(1.5 * furthest.value_b)
    assert furthest.relative == pytest.approx(1 / 3)
    assert furthest.difference == furthest.value_b - furthest.value_a
    text = comparison_sentence(radiomics.comparison)
    assert f"{len(changed)} features compared" in text
    assert f"difference 0.33, at original firstorder {second.feature} of {second.region}" in text
    assert f"1 only by SlicerRadiomics: {first.region} original firstorder {first.feature}." in text


def test_the_others_result_can_be_shown_and_is_held_against_the_librarys(session, engine, logic):
    radiomics = opened_small(session)
    radiomics.extract_by(engine, only=["Tumor_1"])
    shown = radiomics.extraction
    assert shown.run.engine == "SlicerRadiomics"
    assert {one.region for one in shown.extraction.values} == {"Tumor_1"}
    assert ("Parenchyma", "left-out") in {
        (one.region, one.code) for one in shown.extraction.omissions
    }
    assert len(logic.runs) == 1
    radiomics.compare(engine)
    assert len(logic.runs) == 1
    comparison = radiomics.comparison
    assert (comparison.a.run.engine, comparison.b) == ("CRLM Explorer", shown)
    assert comparison.count == len(shown.extraction.values) == 3
    session.open("CRLM-CT-1003")
    assert radiomics.extraction is None and radiomics.comparison is None


@pytest.mark.parametrize(
    ("classes", "lost", "said"),
    [
        ({"firstorder": ("Mean", "Entropy")}, "Entropy", "no original_firstorder_Entropy;"),
        ({"firstorder": ("Mean",), "glcm": ()}, "glcm", "no original_glcm;"),
        ({"firstorder": ("Mean",), "ngtdm": ("Busyness", "Contrast")}, "ngtdm", "and 1 more"),
    ],
)
def test_features_of_the_original_image_that_are_missing_are_an_error(
    host, image_hu, regions, grid, classes, lost, said
):
    class Forgetful(SlicerRadiomicsLogic):
        def runCLIWithParameterFile(self, image, mask, table, *others):
            super().runCLIWithParameterFile(image, mask, table, *others)
            for row in reversed(range(table.GetNumberOfRows())):
                texts = [table.GetCellText(row, column) for column in range(3)]
                if texts[0] == "original" and (lost in texts or said == "and 1 more"):
                    table.RemoveRow(row)

    filters = {"Original": {}, "Square": {}}
    parameters = replace(PARAMETERS, image_types=filters, feature_classes=classes)
    if said == "and 1 more":
        parameters = replace(parameters, feature_classes={**classes, "glcm": ("Contrast",)})
    engine = SlicerRadiomicsEngine(host.scene, Forgetful(host.scene))
    result = engine(image_hu, {"box": regions["box"]}, grid, parameters)
    assert result.values == ()
    (omission,) = result.omissions
    assert (omission.region, omission.code) == ("box", "failed")
    assert said in omission.reason


def test_without_the_original_image_type_no_original_features_are_expected(
    engine, image_hu, regions, grid
):
    parameters = replace(
        PARAMETERS, image_types={"Square": {}}, feature_classes={"firstorder": ("Mean",)}
    )
    result = engine(image_hu, {"box": regions["box"]}, grid, parameters)
    assert [(one.filter, one.feature) for one in result.values] == [("square", "Mean")]


def test_the_scene_is_asked_for_where_it_may_be_touched(host, logic, image_hu, regions, grid):
    asked = []

    def ask(work):
        asked.append(len(logic.runs))
        return work()

    engine = SlicerRadiomicsEngine(host.scene, logic, ask)
    assert len(engine(image_hu, regions, grid, PARAMETERS).values) == 8
    assert asked == [0, 1]


def test_without_the_extension_it_says_how_to_get_it():
    with pytest.raises(NoSlicerRadiomics, match="Extensions Manager"):
        slicer_radiomics_logic()
