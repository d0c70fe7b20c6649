"""What pyradiomics allows in a parameter file: its settings, filters and feature classes.

The same rules as pyradiomics' own schema, which a test holds against these; stricter only where
pyradiomics accepts a value and then fails on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

IMAGE_TYPES = (
    "Original",
    "Wavelet",
    "LoG",
    "Square",
    "SquareRoot",
    "Logarithm",
    "Exponential",
    "Gradient",
    "LBP2D",
    "LBP3D",
)
FEATURE_CLASSES = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm", "shape", "shape2D")
"""In pyradiomics' order, in which they are calculated where a file names none."""

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
_REGIONS_DECIDE = ", for the regions say what is measured"


@dataclass(frozen=True)
class Rule:
    """What a setting may be.

    Attributes
    ----------
    kinds
        Types; a float may be written as a whole number.
    minimum, above, maximum
        Least value, value that must be exceeded, and greatest value of a number.
    choices
        Words that are allowed; empty for any.
    lengths
        How many values a list may have; None for a setting that is no list, empty for any number.
    may_be_empty
        Whether pyradiomics takes no value at all to mean something.
    because
        Added to what was expected.
    """

    kinds: tuple[type, ...]
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    lengths: tuple[int, ...] | None = None
    may_be_empty: bool = False
    because: str = ""

    def allows(self, value: Any) -> bool:
        """Whether a value is of the kind, range and length."""
        if value is None:
            return self.may_be_empty
        if self.lengths is None:
            return self._allows_one(value)
        if not isinstance(value, list) or not all(map(self._allows_one, value)):
            return False
        return not self.lengths or len(value) in self.lengths

    def _allows_one(self, value: Any) -> bool:
        if isinstance(value, bool):
            return bool in self.kinds
        if isinstance(value, str):
            return str in self.kinds and (not self.choices or value in self.choices)
        if not isinstance(value, int if float not in self.kinds else (int, float)):
            return False
        if not {int, float} & set(self.kinds) or not math.isfinite(value):
            return False
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.above is None or value > self.above)
            and (self.maximum is None or value <= self.maximum)
        )

    def __str__(self) -> str:
        """What is expected, in words."""
        kinds = [
            "one of " + ", ".join(self.choices) if kind is str and self.choices else _KINDS[kind]
            for kind in self.kinds
        ]
        text = " or ".join(kinds) + self._range()
        if self.lengths is not None:
            many = " or ".join(map(str, self.lengths))
            text = f"a list of {many} values, each {text}" if many else f"a list, each {text}"
        return text + (", or nothing" if self.may_be_empty else "") + self.because

    def _range(self) -> str:
        if self.minimum is not None and self.minimum == self.maximum:
            return f", {self.minimum:g}"
        bounds = (("at least", self.minimum), ("above", self.above), ("at most", self.maximum))
        said = [f"{words} {bound:g}" for words, bound in bounds if bound is not None]
        return f", {' and '.join(said)}" if said else ""


_FLAG = Rule((bool,), may_be_empty=True)
_POSITIVE = Rule((float,), above=0)
_COUNT = Rule((int,), above=0)
_FROM_ZERO = Rule((int,), minimum=0)

SETTINGS = {
    "minimumROIDimensions": Rule((int,), minimum=1, maximum=3),
    "minimumROISize": Rule((int,), above=0, may_be_empty=True),
    "geometryTolerance": Rule((float,), above=0, may_be_empty=True),
    "correctMask": _FLAG,
    "additionalInfo": _FLAG,
    "label": Rule((int,), minimum=1, maximum=1, because=_REGIONS_DECIDE),
    "label_channel": Rule((int,), minimum=0, maximum=0, because=_REGIONS_DECIDE),
    "binWidth": _POSITIVE,
    "binCount": Rule((int,), above=0, may_be_empty=True),
    "normalize": _FLAG,
    "normalizeScale": _POSITIVE,
    "removeOutliers": Rule((float,), above=0, may_be_empty=True),
    "resampledPixelSpacing": Rule((float,), minimum=0, lengths=(3,), may_be_empty=True),
    "interpolator": Rule(
        (str, int),
        minimum=1,
        maximum=10,
        choices=(
            "sitkNearestNeighbor",
            "sitkLinear",
            "sitkBSpline",
            "sitkGaussian",
            "sitkLabelGaussian",
            "sitkHammingWindowedSinc",
            "sitkCosineWindowedSinc",
            "sitkWelchWindowedSinc",
            "sitkLanczosWindowedSinc",
            "sitkBlackmanWindowedSinc",
        ),
        may_be_empty=True,
    ),
    "padDistance": _FROM_ZERO,
    "distances": Rule((int,), above=0, lengths=()),
    "force2D": _FLAG,
    "force2Ddimension": Rule((int,), minimum=0, maximum=2),
    "resegmentRange": Rule((float,), lengths=(1, 2), may_be_empty=True),
    "resegmentMode": Rule((str,), choices=("absolute", "relative", "sigma")),
    "resegmentShape": _FLAG,
    "preCrop": _FLAG,
    "sigma": Rule((float,), above=0, lengths=()),
    "start_level": _FROM_ZERO,
    "level": _COUNT,
    "wavelet": Rule((str,)),
    "gradientUseSpacing": _FLAG,
    "lbp2DRadius": _POSITIVE,
    "lbp2DSamples": Rule((int,), minimum=1),
    "lbp2DMethod": Rule((str,), choices=("default", "ror", "uniform", "var")),
    "lbp3DLevels": Rule((int,), minimum=1),
    "lbp3DIcosphereRadius": _POSITIVE,
    "lbp3DIcosphereSubdivision": _FROM_ZERO,
    "voxelArrayShift": Rule((int,)),
    "symmetricalGLCM": _FLAG,
    "weightingNorm": Rule(
        (str,),
        choices=("euclidean", "manhattan", "infinity", "no_weighting"),
        may_be_empty=True,
    ),
    "gldm_a": _FROM_ZERO,
}
"""pyradiomics' ``setting`` block; a filter may have the same of its own."""

VOXEL_SETTINGS = {
    "kernelRadius": _COUNT,
    "maskedKernel": _FLAG,
    "initValue": Rule((float, str), choices=("nan",)),
    "voxelBatch": _COUNT,
}
"""pyradiomics' ``voxelSetting`` block, for maps of features."""


def wavelets() -> Iterable[str]:
    """Wavelets that pyradiomics can filter with."""
    import pywt

    return pywt.wavelist()


def features_of(feature_class: str) -> Iterable[str]:
    """pyradiomics' names of the features of a class, deprecated ones too."""
    import radiomics

    return radiomics.getFeatureClasses()[feature_class].getFeatureNames()
