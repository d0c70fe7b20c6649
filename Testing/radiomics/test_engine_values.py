"""Whatever is cut away, shared or counted: values are pyradiomics' for the whole image."""

import numpy as np
import pytest

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from measure.shapes import CT_SPACING_MM, grid_of, rotation
from pyradiomics_reference import (
    assert_same,
    features_of,
    lesion,
    pyradiomics_features,
    soft_tissue,
)

SHAPE = (41, 90, 80)
ODD_SHAPE = (31, 89, 79)
GRID = grid_of(SHAPE, CT_SPACING_MM, origin=(-198.2, -204.0, -375.0))
BIN_WIDTH = {"binWidth": 25}
FILTERS = {
    "Original": {},
    "LoG": {"sigma": [1.0, 2.0]},
    "Wavelet": {},
    "Square": {},
    "SquareRoot": {},
    "Logarithm": {},
    "Exponential": {},
    "Gradient": {},
    "LBP2D": {},
    "LBP3D": {"binWidth": 1},
}
CLASSES = {name: [] for name in ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")}
PLACES = {
    "within": ((15, 40, 30), (22, 55, 43)),
    "first corner": ((0, 12, 0), (6, 24, 13)),
    "last corner": ((34, 76, 68), (41, 90, 80)),
    "all slices": ((0, 50, 40), (41, 56, 47)),
    "some air": ((10, 6, 20), (14, 20, 33)),
}


@pytest.fixture(scope="module")
def image():
    return soft_tissue(SHAPE)


def ours(image, mask, settings, image_types, classes=CLASSES):
    parameters = Parameters("test", settings, image_types, classes)
    extraction = extract(image, {"lesion": mask}, mask.grid, parameters, workers=1)
    assert extraction.omissions == ()
    return features_of(extraction, "lesion")


def assert_as_pyradiomics(image, mask, settings, image_types, classes=CLASSES):
    assert_same(
        ours(image, mask, settings, image_types, classes),
        pyradiomics_features(image, mask, settings, image_types, classes),
    )


@pytest.mark.parametrize("place", PLACES)
def test_every_filter_wherever_the_region_lies(image, place):
    assert_as_pyradiomics(image, lesion(GRID, *PLACES[place]), BIN_WIDTH, FILTERS)


def test_every_filter_on_an_oblique_grid_with_odd_sides():
    image = soft_tissue(ODD_SHAPE, seed=1)
    grid = grid_of(ODD_SHAPE, (0.9, 0.7, 2.5), rotation(3), (100.0, -50.0, 900.0))
    mask = lesion(grid, (22, 77, 66), (31, 89, 79))
    assert_as_pyradiomics(image, mask, BIN_WIDTH, FILTERS)


def test_every_filter_within_slices(image):
    settings = {**BIN_WIDTH, "force2D": True}
    assert_as_pyradiomics(image, lesion(GRID, (12, 30, 30), (15, 45, 44)), settings, FILTERS)


def test_a_single_slice_across_another_axis(image):
    settings = {**BIN_WIDTH, "force2D": True, "force2Ddimension": 2}
    mask = lesion(GRID, (12, 30, 30), (20, 45, 31))
    some = {name: FILTERS[name] for name in ("Original", "Wavelet", "LBP2D")}
    assert_as_pyradiomics(image, mask, settings, some)


def test_the_shape_of_a_slice(image):
    settings = {**BIN_WIDTH, "force2D": True}
    mask = lesion(GRID, (12, 30, 30), (13, 45, 44))
    found = ours(image, mask, settings, {"Original": {}}, {"shape2D": []})
    theirs = pyradiomics_features(image, mask, settings, {"Original": {}}, {"shape2D": []})
    assert len(theirs) == 9
    assert_same(found, theirs)


@pytest.mark.parametrize(
    "wavelet",
    [{"wavelet": "db4", "level": 2}, {"wavelet": "haar", "start_level": 1}],
    ids=["two levels", "second level only"],
)
def test_wavelets_of_several_levels(image, wavelet):
    mask = lesion(GRID, (30, 60, 30), (41, 74, 42))
    classes = {"firstorder": [], "glrlm": []}
    assert_as_pyradiomics(image, mask, {"binWidth": 100}, {"Wavelet": wavelet}, classes)


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        ("within", {"resampledPixelSpacing": [1, 1, 1]}),
        ("last corner", {"resampledPixelSpacing": [2, 2, 2], "padDistance": 8}),
        ("first corner", {"resampledPixelSpacing": [1, 1, 0], "interpolator": "sitkLinear"}),
        ("all slices", {"resampledPixelSpacing": [0.8, 0.8, 5]}),
        ("within", {"preCrop": True, "padDistance": 10}),
    ],
    ids=["to 1 mm", "to 2 mm", "in plane, linear", "to the same", "cropped"],
)
def test_resampled_or_cropped_first(image, place, settings):
    mask = lesion(GRID, *PLACES[place])
    assert_as_pyradiomics(image, mask, {**BIN_WIDTH, **settings}, FILTERS)


def test_resampled_on_an_oblique_grid(image):
    grid = grid_of(SHAPE, (0.9, 0.7, 2.5), rotation(3), (100.0, -50.0, 900.0))
    settings = {**BIN_WIDTH, "resampledPixelSpacing": [1.5, 1.5, 1.5]}
    mask = lesion(grid, *PLACES["within"])
    assert_as_pyradiomics(image, mask, settings, {"Original": {}, "Wavelet": {}})


@pytest.mark.parametrize(
    "settings",
    [
        {"binWidth": 5, "normalize": True, "normalizeScale": 100, "removeOutliers": 3},
        {"resegmentRange": [0, 120]},
        {"resegmentRange": [-1, 1], "resegmentMode": "sigma", "resegmentShape": True},
        {"binCount": 32, "distances": [1, 2], "weightingNorm": "euclidean", "gldm_a": 1},
        {"symmetricalGLCM": False, "voxelArrayShift": 1000},
    ],
    ids=["normalized", "resegmented", "resegmented by sigma", "bin count", "asymmetrical"],
)
def test_settings_that_change_the_region_or_its_grey_levels(image, settings):
    mask = lesion(GRID, *PLACES["some air"])
    some = {name: FILTERS[name] for name in ("Original", "Logarithm", "Wavelet")}
    assert_as_pyradiomics(image, mask, {**BIN_WIDTH, **settings}, some)


def test_other_types_of_voxels(image):
    mask = lesion(GRID, *PLACES["within"])
    assert_as_pyradiomics(image.astype(np.float32) / 3, mask, BIN_WIDTH, FILTERS)


def test_a_region_of_one_value_in_a_textured_image(image):
    mask = lesion(GRID, *PLACES["within"])
    flat = image.copy()
    flat[mask.box] = 50
    # pyradiomics fails on LBP3D's kurtosis, which is NaN everywhere.
    some = {name: own for name, own in FILTERS.items() if name != "LBP3D"}
    assert_as_pyradiomics(flat, mask, BIN_WIDTH, some)


def test_padding_within_the_region(image):
    mask = lesion(GRID, *PLACES["within"])
    padded = image.copy()
    padded[17:19, 45:60, 33:40] = -3024
    some = {name: FILTERS[name] for name in ("Original", "SquareRoot", "Gradient")}
    assert_as_pyradiomics(padded, mask, {"binWidth": 100}, some)


def test_chosen_features_only(image):
    mask = lesion(GRID, *PLACES["within"])
    classes = {"glcm": ["Contrast", "SumAverage"], "shape": ["Flatness"], "firstorder": ["Mean"]}
    found = ours(image, mask, BIN_WIDTH, {"Original": {}}, classes)
    assert list(found) == [
        "original_shape_Flatness",
        "original_glcm_Contrast",
        "original_glcm_SumAverage",
        "original_firstorder_Mean",
    ]
    assert_same(found, pyradiomics_features(image, mask, BIN_WIDTH, {"Original": {}}, classes))


def test_regions_that_share_a_patch_have_the_values_they_have_alone(image):
    masks = {
        "one": lesion(GRID, (15, 40, 30), (22, 55, 43)),
        "its part": lesion(GRID, (16, 42, 32), (20, 50, 40), seed=1),
        "neighbour": lesion(GRID, (18, 50, 41), (24, 60, 50), seed=2),
        "far away": lesion(GRID, (0, 76, 70), (4, 88, 80), seed=3),
    }
    some = {name: FILTERS[name] for name in ("Original", "LoG", "Wavelet", "Square", "Gradient")}
    parameters = Parameters("test", BIN_WIDTH, some, CLASSES)
    together = extract(image, masks, GRID, parameters, workers=1)
    for name, mask in masks.items():
        assert features_of(together, name) == ours(image, mask, BIN_WIDTH, some)
    assert [value.region for value in together.values] == [
        name for name in masks for _ in range(len(together.values) // len(masks))
    ]


def test_all_of_pyradiomics_defaults_where_nothing_is_chosen(image):
    mask = lesion(GRID, *PLACES["within"])
    found = ours(image, mask, {}, {}, {})
    assert len(found) == 107
    assert_same(found, pyradiomics_features(image, mask, {}, {"Original": {}}))


def test_a_sheared_grid(image):
    # Gantry tilt: slices shift along the rows.
    matrix = np.array([[0.8, 0, 0, 3], [0, 0.8, 1.7, -9], [0, 0, 4.7, 20], [0, 0, 0, 1.0]])
    mask = lesion(Grid(SHAPE, matrix), *PLACES["within"])
    assert_as_pyradiomics(image, mask, BIN_WIDTH, {"Original": {}, "Gradient": {}})


def test_a_region_as_large_as_the_image(image):
    grid = grid_of((9, 21, 24), CT_SPACING_MM)
    mask = Mask.from_array(grid, np.ones(grid.shape_kji, dtype=bool))
    assert_as_pyradiomics(image[:9, 40:61, :24], mask, BIN_WIDTH, FILTERS)
