"""Maps of features are those of pyradiomics' voxel-based mode on the whole image."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from multiprocessing import spawn
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor

from CRLMExplorerLib.geometry import Grid, Mask, lps_to_ras
from CRLMExplorerLib.progress import Cancelled, silent
from CRLMExplorerLib.radiomics.child import run_in_child
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.feature_map import FeatureMap, MapError, MapRequest, feature_map
from CRLMExplorerLib.radiomics.parameters import Parameters
from dicom.small_ct import DIRECTIONS_LPS, grid_of

SHAPE = (14, 30, 26)
FILTERS = {"Original": {}, "LoG": {"sigma": [2.0]}, "Wavelet": {}}
CLASSES = {"firstorder": (), "glcm": (), "glrlm": (), "gldm": ()}


@pytest.fixture(scope="module")
def grid() -> Grid:
    return grid_of(DIRECTIONS_LPS["oblique"], SHAPE, (0.8, 0.7, 2.5))


@pytest.fixture(scope="module")
def image_hu() -> NDArray:
    k, j, i = np.indices(SHAPE)
    waves = 60 * np.sin(i / 3) + 40 * np.cos(j / 4) + 5 * k
    return (waves + np.random.default_rng(4).normal(0, 20, SHAPE)).astype(np.int16)


@pytest.fixture(scope="module")
def ball(grid: Grid) -> Mask:
    """A region that touches the image's edge."""
    k, j, i = np.indices(SHAPE)
    return Mask.from_array(grid, ((k - 3) / 3.5) ** 2 + ((j - 9) / 5) ** 2 + ((i - 4) / 5) ** 2 < 1)


def parameters(**settings: Any) -> Parameters:
    return Parameters("test", {"binWidth": 20, **settings}, FILTERS, CLASSES)


def sitk_image(array: NDArray, grid: Grid) -> sitk.Image:
    lps = lps_to_ras(grid.ijk_to_ras)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / grid.spacing_mm).ravel().tolist())
    return image


def of_pyradiomics(
    image_hu: NDArray, region: Mask, settings: Mapping[str, Any], request: MapRequest
) -> sitk.Image:
    """pyradiomics' own map, from the whole image."""
    extractor = RadiomicsFeatureExtractor(
        **settings,
        kernelRadius=request.kernel_radius,
        maskedKernel=request.masked_kernel,
        initValue=np.nan,
    )
    extractor.disableAllImageTypes()
    extractor.enableImageTypes(**FILTERS)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(**{request.feature_class: [request.feature]})
    image = sitk_image(image_hu, region.grid)
    mask = sitk_image(region.to_array().astype(np.uint8), region.grid)
    result = extractor.execute(image, mask, voxelBased=True)
    return result[f"{request.filter}_{request.feature_class}_{request.feature}"]


def differences(made: FeatureMap, expected: sitk.Image) -> NDArray[np.float64]:
    """Values at the same places, one minus the other."""
    array = sitk.GetArrayFromImage(expected)
    lps = lps_to_ras(made.grid.ijk_to_ras)
    assert np.allclose(expected.GetOrigin(), lps[:3, 3], atol=1e-9)
    assert np.allclose(expected.GetSpacing(), made.grid.spacing_mm, atol=1e-9)
    assert made.values.shape == array.shape
    assert np.array_equal(np.isnan(made.values), np.isnan(array))
    return (made.values - array)[np.isfinite(array)] / np.nanmax(np.abs(array))


REQUESTS = [
    MapRequest("original", "firstorder", "Entropy"),
    MapRequest("original", "firstorder", "Mean", kernel_radius=2, masked_kernel=False),
    MapRequest("original", "glcm", "Contrast"),
    MapRequest("log-sigma-2-0-mm-3D", "glcm", "JointEntropy", masked_kernel=False),
    MapRequest("wavelet-LLH", "firstorder", "Variance"),
    MapRequest("original", "gldm", "DependenceEntropy"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r.filter} {r.feature}")
def test_equals_pyradiomics(image_hu, ball, request_):
    made = feature_map(image_hu, ball, parameters(), request_)
    expected = of_pyradiomics(image_hu, ball, parameters().settings, request_)
    assert np.abs(differences(made, expected)).max() < 1e-9


@pytest.mark.parametrize(
    "settings",
    [
        {"resegmentRange": [-30, 80]},
        {"normalize": True, "normalizeScale": 100},
        {"interpolator": "sitkBSpline", "resampledPixelSpacing": [1.5, 1.5, 2.0]},
        {"preCrop": True},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_equals_pyradiomics_with(image_hu, ball, settings):
    request = MapRequest("log-sigma-2-0-mm-3D", "firstorder", "Mean")
    made = feature_map(image_hu, ball, parameters(**settings), request)
    expected = of_pyradiomics(image_hu, ball, parameters(**settings).settings, request)
    assert np.abs(differences(made, expected)).max() < 1e-6


def test_a_mean_over_the_kernel_is_the_mean_over_the_kernel(grid, ball):
    ramp = np.broadcast_to(np.arange(SHAPE[2], dtype=np.int16) * 10, SHAPE)
    request = MapRequest("original", "firstorder", "Mean", masked_kernel=False)
    made = feature_map(np.ascontiguousarray(ramp), ball, parameters(), request)
    start = np.rint(grid.kji_of(made.grid.ijk_to_ras[:3, 3])).astype(int)
    k, j, i = (index[0] for index in np.nonzero(np.isfinite(made.values)))
    column = int(i + start[2])
    assert made.values[k, j, i] == pytest.approx(
        np.mean(ramp[0, 0, max(0, column - 1) : column + 2])
    )
    assert made.extremes == (np.nanmin(made.values), np.nanmax(made.values))


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (MapRequest("original", "shape", "Sphericity"), "A shape has no value"),
        (MapRequest("square", "firstorder", "Mean"), "no filter square"),
        (MapRequest("original", "firstorder", "Meen"), "no feature Meen"),
        (MapRequest("original", "firstorder", "Mean", kernel_radius=0), "radius is 0"),
    ],
    ids=lambda value: "",
)
def test_says_what_cannot_be_mapped(image_hu, ball, request_, sentence):
    with pytest.raises(MapError, match=sentence):
        feature_map(image_hu, ball, parameters(), request_)


def test_an_empty_region_has_no_map(image_hu, grid):
    with pytest.raises(MapError, match="empty"):
        feature_map(image_hu, Mask.empty(grid), parameters(), REQUESTS[0])


def test_a_single_voxel_has_no_map(image_hu, grid):
    one = np.zeros(SHAPE, dtype=bool)
    one[5, 5, 5] = True
    with pytest.raises(MapError, match="pyradiomics cannot use"):
        feature_map(image_hu, Mask.from_array(grid, one), parameters(), REQUESTS[0])


def test_a_child_process_gives_the_same_and_tells_how_far_it_is(image_hu, ball):
    told: list[float] = []
    request = MapRequest("original", "firstorder", "Mean")
    made = run_in_child(
        feature_map, image_hu, ball, parameters(), request, progress=lambda f, _: told.append(f)
    )
    here = feature_map(image_hu, ball, parameters(), request)
    assert np.array_equal(made.values, here.values, equal_nan=True)
    assert np.array_equal(made.grid.ijk_to_ras, here.grid.ijk_to_ras)
    assert told == sorted(told)


def test_a_child_process_hands_on_the_sentence(image_hu, ball):
    with pytest.raises(RadiomicsError, match="no filter square"):
        run_in_child(
            feature_map,
            image_hu,
            ball,
            parameters(),
            MapRequest("square", "firstorder", "Mean"),
            progress=lambda *_: None,
        )


def test_a_child_process_is_gone_when_cancelled():
    def stop(fraction: float, message: str) -> None:
        if message == "asleep":
            raise Cancelled

    with pytest.raises(Cancelled):
        run_in_child(sleep, 600.0, progress=stop)


def sleep(seconds: float, progress) -> None:
    progress(0.5, "asleep")
    time.sleep(seconds)


def doubled(number: int, progress) -> int:
    return 2 * number


def test_within_an_application_another_python_is_started(monkeypatch):
    monkeypatch.setattr(spawn, "_python_exe", "/opt/Slicer/bin/SlicerApp-real")
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/bin/SlicerApp-real")
    assert run_in_child(doubled, 21, progress=silent) == 42
