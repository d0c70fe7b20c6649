"""Units of pyradiomics' features, in UCUM's spelling but for Hounsfield units, which are ``HU``.

After the definitions in pyradiomics' documentation. Texture features are numbers of grey levels
and voxels, and have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHAPE = {
    "MeshVolume": "mm3",
    "VoxelVolume": "mm3",
    "SurfaceArea": "mm2",
    "SurfaceVolumeRatio": "mm-1",
    "Maximum3DDiameter": "mm",
    "Maximum2DDiameterSlice": "mm",
    "Maximum2DDiameterColumn": "mm",
    "Maximum2DDiameterRow": "mm",
    "MajorAxisLength": "mm",
    "MinorAxisLength": "mm",
    "LeastAxisLength": "mm",
    # of shape2D
    "MeshSurface": "mm2",
    "PixelSurface": "mm2",
    "Perimeter": "mm",
    "PerimeterSurfaceRatio": "mm-1",
    "MaximumDiameter": "mm",
}
_DIMENSIONLESS = {"Entropy", "Uniformity", "Kurtosis", "Skewness"}
_SQUARED = {"Energy": "HU2", "TotalEnergy": "HU2.mm3", "Variance": "HU2"}
_IN_HU = ("original", "wavelet", "log-sigma")


def unit_of(filter: str, feature_class: str, feature: str, settings: Mapping[str, Any]) -> str:
    """The unit of a feature; empty where it has none.

    First-order features have the image's: HU for the original, and for wavelet and
    Laplacian-of-Gaussian images, which are weighted sums of it. The other filters bend the scale,
    and so does the setting ``normalize``; what comes of them is left without a unit.

    Parameters
    ----------
    settings
        pyradiomics' ``setting`` block that the feature was extracted with.
    """
    if feature_class.startswith("shape"):
        return _SHAPE.get(feature, "")
    if feature_class != "firstorder" or feature in _DIMENSIONLESS or settings.get("normalize"):
        return ""
    if filter.startswith(_IN_HU):
        return _SQUARED.get(feature, "HU")
    return ""
