"""A tumour of CRLM-CT-1004, as pyradiomics measures it on the whole CT."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CRLMExplorerLib.dicom.volume import read_ct
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from pyradiomics_reference import assert_same, features_of, pyradiomics_features

pytestmark = pytest.mark.shared

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "CRLM-CT-1004"


@pytest.fixture(scope="module")
def ct():
    return read_ct(sorted((FOLDER / "ct").iterdir()))


def mask_of(label, ct) -> Mask:
    image = sitk.ReadImage(str(FOLDER / "masks" / f"CRLM-CT-1004_{label}.mha")) > -1000
    return Mask.from_array(ct.grid, sitk.GetArrayViewFromImage(image))


@pytest.mark.parametrize(
    ("settings", "image_types", "classes"),
    [
        ({"binWidth": 25}, {"Original": {}, "LoG": {"sigma": [1.0, 3.0]}, "Wavelet": {}}, {}),
        ({"resampledPixelSpacing": [1, 1, 1]}, {"Original": {}}, {"shape": [], "glszm": []}),
    ],
    ids=["filtered", "resampled"],
)
def test_a_tumor_on_the_whole_ct(ct, settings, image_types, classes):
    classes = classes or {"shape": [], "firstorder": [], "glcm": [], "glrlm": [], "ngtdm": []}
    tumor = mask_of("Tumor_1", ct)
    theirs = pyradiomics_features(ct.hu, tumor, settings, image_types, classes)
    parameters = Parameters("test", settings, image_types, classes)
    ours = extract(ct.hu, {"Tumor_1": tumor}, ct.grid, parameters, workers=1)
    assert_same(features_of(ours, "Tumor_1"), theirs)


def test_filters_are_shared_by_regions_of_all_sizes(ct):
    masks = {label: mask_of(label, ct) for label in ("Tumor_2", "Portal", "Liver")}
    image_types = {"Wavelet": {}, "LoG": {"sigma": [2.0]}, "Exponential": {}}
    parameters = Parameters("test", {"binWidth": 50}, image_types, {"firstorder": []})
    together = extract(ct.hu, masks, ct.grid, parameters, workers=1)
    for name in ("Tumor_2", "Portal"):
        alone = extract(ct.hu, {name: masks[name]}, ct.grid, parameters, workers=1)
        assert features_of(together, name) == features_of(alone, name)


def test_the_liver_as_pyradiomics_sees_it_within_its_box(ct):
    # With the whole CT, pyradiomics takes half a minute for the same: the box changes nothing.
    liver = mask_of("Liver", ct)
    small = Mask.from_array(ct.grid, liver.voxels[:8], liver.start_kji)
    theirs = pyradiomics_features(ct.hu, small, {"binWidth": 25}, {"Original": {}})
    parameters = Parameters("test", {"binWidth": 25}, {"Original": {}}, {})
    ours = extract(ct.hu, {"slab": small}, ct.grid, parameters, workers=1)
    assert small.count > 10_000
    assert np.isfinite(list(features_of(ours, "slab").values())).all()
    assert_same(features_of(ours, "slab"), theirs)
