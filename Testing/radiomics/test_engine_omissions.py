"""A region or a filter that gives nothing says why, and leaves the others standing."""

import builtins
import logging
import sys

import numpy as np
import pytest
import SimpleITK as sitk

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.parameters import Parameters
from measure.shapes import CT_SPACING_MM, box, grid_of
from pyradiomics_reference import features_of, lesion, pyradiomics_features, soft_tissue

GRID = grid_of((12, 40, 40), CT_SPACING_MM)
ORIGINAL = {"Original": {}}
MEAN = {"firstorder": ["Mean"]}


@pytest.fixture(scope="module")
def image():
    return soft_tissue(GRID.shape_kji)


@pytest.fixture(scope="module")
def good():
    return lesion(GRID, (3, 12, 12), (8, 22, 24))


def extraction(image, masks, settings=None, image_types=ORIGINAL, classes=MEAN, **options):
    parameters = Parameters("test", settings or {}, image_types, classes)
    return extract(image, masks, GRID, parameters, **{"workers": 1, **options})


@pytest.mark.parametrize(
    ("start", "size", "settings", "code", "words"),
    [
        ((3, 3, 3), (1, 1, 1), {}, "too-small", "single voxel"),
        ((3, 3, 3), (1, 1, 5), {}, "too-small", "1 dimensions"),
        ((3, 3, 3), (1, 4, 5), {"minimumROIDimensions": 3}, "one-slice", "at least 3"),
        ((3, 3, 3), (3, 1, 5), {"minimumROIDimensions": 3}, "too-small", "at least 3"),
        ((3, 3, 3), (2, 2, 2), {"minimumROISize": 8}, "too-small", "8 voxels"),
        ((3, 12, 3), (3, 4, 5), {"resegmentRange": [5000, 6000]}, "too-small", "retained 0"),
    ],
)
def test_what_pyradiomics_refuses(image, good, start, size, settings, code, words):
    small = box(GRID, start, size)
    with pytest.raises(ValueError):
        pyradiomics_features(image, small, settings, ORIGINAL)
    found = extraction(image, {"small": small}, settings)
    assert found.values == ()
    (omission,) = found.omissions
    assert (omission.region, omission.filter, omission.code) == ("small", "", code)
    assert words in omission.reason


def test_others_keep_their_values(image, good):
    masks = {"none": Mask.empty(GRID), "good": good, "dot": box(GRID, (1, 9, 9), (1, 1, 1))}
    found = extraction(image, masks)
    assert {value.region for value in found.values} == {"good"}
    assert [(o.region, o.code) for o in found.omissions] == [
        ("none", "empty"),
        ("dot", "too-small"),
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_counts_only_within(image, good, value):
    broken = image.astype(np.float32)
    broken[5, 5, 5] = value
    masks = {"broken": box(GRID, (4, 4, 4), (3, 3, 3)), "good": good}
    found = extraction(broken, masks)
    assert [(o.region, o.code) for o in found.omissions] == [("broken", "not-finite")]
    assert features_of(found, "good").keys() == {"original_firstorder_Mean"}


def test_a_filter_that_pyradiomics_skips_says_why(image, good):
    found = extraction(image, {"good": good}, image_types={"LoG": {"sigma": [-1.0, 1.0]}})
    assert [value.filter for value in found.values] == ["log-sigma-1-0-mm-3D"]
    (omission,) = found.omissions
    assert (omission.region, omission.filter) == ("good", "log-sigma--1-0-mm-3D")
    assert omission.code == "failed"
    assert "sigma must be greater than 0" in omission.reason


def test_the_3d_pattern_says_what_it_lacks(image, good, monkeypatch):
    monkeypatch.setitem(sys.modules, "trimesh.creation", None)
    kinds = {"LBP3D": {"binWidth": 1}, "Original": {}}
    found = extraction(image, {"good": good}, image_types=kinds)
    assert [value.filter for value in found.values] == ["original"]
    (omission,) = found.omissions
    assert omission.filter == "lbp-3D"
    assert "trimesh" in omission.reason


def test_an_error_of_pyradiomics_is_that_filters_only(image, good):
    classes = {"firstorder": ["Mean", "NoSuchFeature"], "shape": ["Flatness"]}
    found = extraction(image, {"good": good}, image_types={"Original": {}}, classes=classes)
    assert [value.feature for value in found.values] == ["Flatness"]
    (omission,) = found.omissions
    assert (omission.region, omission.filter, omission.code) == ("good", "original", "failed")
    assert "NoSuchFeature" in omission.reason


def test_shape2d_of_several_slices_takes_nothing_else_down(image, good):
    classes = {"shape2D": [], **MEAN}
    found = extraction(image, {"good": good}, {"force2D": True}, classes=classes)
    assert [value.feature for value in found.values] == ["Mean"]
    assert found.omissions[0].reason.startswith("shape2D: ")


def test_a_region_of_one_value_has_values(image, good):
    flat = np.full_like(image, 50)
    classes = {"firstorder": [], "glcm": []}
    found = extraction(flat, {"flat": good}, classes=classes)
    theirs = pyradiomics_features(flat, good, {}, ORIGINAL, classes)
    assert found.omissions == ()
    assert features_of(found, "flat") == pytest.approx(theirs, nan_ok=True)


def test_no_region_at_all(image):
    assert extraction(image, {}).values == ()


def test_the_order_is_that_of_the_regions(image, good):
    other = lesion(GRID, (2, 20, 20), (9, 33, 33), seed=1)
    found = extraction(image, {"b": other, "a": good}, image_types={"Original": {}, "Square": {}})
    assert [(value.region, value.filter) for value in found.values] == [
        ("b", "original"),
        ("b", "square"),
        ("a", "original"),
        ("a", "square"),
    ]


def test_an_image_of_another_shape_is_refused(image):
    with pytest.raises(RadiomicsError, match="expected those of its grid"):
        extraction(image[:-1], {})


def test_a_missing_pyradiomics_is_said_with_its_remedy(image, good, monkeypatch):
    given = builtins.__import__

    def without_pyradiomics(name, *rest, **more):
        if name == "CRLMExplorerLib.radiomics.engine.run":
            raise ImportError("No module named 'radiomics'")
        return given(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_pyradiomics)
    with pytest.raises(RadiomicsError, match=r"pip install 'crlm-explorer\[radiomics\]'"):
        extraction(image, {"good": good})


def test_diagnostics_only_where_they_are_asked_for(image, good):
    assert extraction(image, {"good": good}).diagnostics == {}
    found = extraction(image, {"good": good}, {"additionalInfo": True}).diagnostics["good"]
    assert found["diagnostics_Mask-original_VoxelNum"] == str(good.count)
    assert found["diagnostics_Image-original_Size"] == "(40, 40, 12)"
    assert found["diagnostics_Configuration_EnabledImageTypes"] == "{'Original': {}}"
    assert len(found["diagnostics_Image-original_Hash"]) == 40


def test_nothing_is_said_and_nothing_global_is_changed(image, good, capfd, caplog):
    logger = logging.getLogger("radiomics")
    tolerance = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    before = (list(logger.handlers), logger.propagate, logger.level, np.geterr())
    settings = {"geometryTolerance": 0.5, "binCount": 8}
    classes = {"glcm": ["SumAverage", "JointAverage", "Imc2"], "shape": ["Elongation"]}
    found = extraction(image, {"good": good}, settings, {"LoG": {"sigma": [-1]}}, classes)
    assert found.omissions
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert (list(logger.handlers), logger.propagate, logger.level, np.geterr()) == before
    assert sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance() == tolerance


def test_progress_names_region_and_filter_and_never_goes_back(image, good):
    told = []
    extraction(
        image,
        {"good": good},
        image_types={"Original": {}, "Square": {}},
        classes={"shape": [], **MEAN},
        progress=lambda fraction, message: told.append((fraction, message)),
    )
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert "good, original" in dict(map(reversed, told))
    assert told[-1][1] == "good, square"
