"""What unmodified pyradiomics says of a whole image, and images to ask it about."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor
from scipy.ndimage import gaussian_filter

from CRLMExplorerLib.geometry import Grid, Mask, lps_to_ras
from CRLMExplorerLib.radiomics.extraction import Extraction

Features = dict[str, float]

TOLERANCE = 1e-9
"""Relative. Only what starts from the mesh differs at all: sums of other order."""


@contextmanager
def _silent() -> Iterator[None]:
    logger = logging.getLogger("radiomics")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def lps_image(voxels: np.ndarray, grid: Grid) -> sitk.Image:
    """An array on a grid as SimpleITK has it."""
    lps = lps_to_ras(grid.ijk_to_ras)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / grid.spacing_mm).ravel().tolist())
    return image


def pyradiomics_features(
    image: np.ndarray,
    mask: Mask,
    settings: Mapping[str, Any],
    image_types: Mapping[str, Mapping[str, Any]],
    classes: Mapping[str, list[str]] | None = None,
) -> Features:
    """Features by pyradiomics' names, in its order."""
    parameters = {
        "setting": {"additionalInfo": False, **settings},
        "imageType": {name: dict(own) for name, own in image_types.items()},
        "featureClass": {name: list(some) for name, some in (classes or {}).items()},
    }
    with _silent(), np.errstate(all="ignore"):
        found = RadiomicsFeatureExtractor(parameters).execute(
            lps_image(image, mask.grid), lps_image(mask.to_array().astype("u1"), mask.grid)
        )
    return {name: float(value) for name, value in found.items()}


def features_of(extraction: Extraction, region: str) -> Features:
    """A region's values by pyradiomics' names, in their order."""
    return {
        f"{value.filter}_{value.feature_class}_{value.feature}": value.value
        for value in extraction.values
        if value.region == region
    }


def assert_same(ours: Features, theirs: Features) -> None:
    """The same features in the same order with the same values."""
    assert list(ours) == list(theirs)
    wrong = {
        name: (ours[name], value)
        for name, value in theirs.items()
        if not (
            math.isclose(ours[name], value, rel_tol=TOLERANCE)
            or (math.isnan(ours[name]) and math.isnan(value))
        )
    }
    assert wrong == {}


def soft_tissue(shape_kji: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """Something like a CT of the belly: texture around 60 HU, and a layer of air along one side."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape_kji), (0.5, 1, 1))
    hu = 60 + 40 * noise / noise.std()
    hu[:, : shape_kji[1] // 8] -= 1060
    return hu.astype(np.int16)


def lesion(
    grid: Grid, start_kji: tuple[int, ...], stop_kji: tuple[int, ...], seed: int = 0
) -> Mask:
    """A ragged region that touches every side of a box."""
    size = np.subtract(stop_kji, start_kji)
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=size), 1)
    voxels = noise > np.quantile(noise, 0.3)
    for axis in range(3):
        middle = size // 2
        for side in (0, size[axis] - 1):
            middle[axis] = side
            voxels[tuple(middle)] = True
    return Mask.from_array(grid, voxels, start_kji)
