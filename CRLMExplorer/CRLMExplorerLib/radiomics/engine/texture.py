"""pyradiomics' classes of one region of one filtered image, its grey levels binned once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.base import RadiomicsFeaturesBase
from radiomics.glszm import RadiomicsGLSZM
from radiomics.imageoperations import getBinEdges

from radiomics import cMatrices, getFeatureClasses

FeatureClasses = Mapping[str, Sequence[str] | None]


@dataclass(frozen=True)
class GrayLevels:
    """A region's image in bins.

    Attributes
    ----------
    levels
        Bin of each voxel from 1 on, 0 outside the region.
    present
        The bins that occur.
    """

    levels: NDArray[np.intc]
    present: NDArray[np.int_]

    @classmethod
    def of(cls, image: NDArray, mask: NDArray[np.bool_], settings: Mapping[str, Any]) -> GrayLevels:
        """Bin as pyradiomics does; its edges depend on the extremes only."""
        values = image[mask]
        edges = getBinEdges(np.array([values.min(), values.max()]), **settings)
        # The type of pyradiomics' C code, which would convert any other for every class.
        levels = np.zeros(image.shape, dtype=np.intc)
        levels[mask] = np.digitize(values, edges)
        present = np.flatnonzero(np.bincount(levels.ravel())[1:]) + 1
        return cls(levels, present)


class _BinnedOnce(RadiomicsFeaturesBase):
    """A class that is given the grey levels instead of finding them."""

    def __init__(
        self, image: sitk.Image, mask: sitk.Image, gray: GrayLevels, **settings: Any
    ) -> None:
        self._gray = gray
        super().__init__(image, mask, **settings)

    def _applyBinning(self, matrix: NDArray) -> NDArray:
        self.coefficients["grayLevels"] = self._gray.present
        self.coefficients["Ng"] = int(self._gray.present[-1])
        return self._gray.levels


class _CompactZones(RadiomicsGLSZM):
    """GLSZM without the sizes that no zone has: in a large region nearly all of them."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> NDArray:
        matrix = cMatrices.calculate_glszm(
            self.imageArray,
            self.maskArray,
            self.coefficients["Ng"],
            np.count_nonzero(self.maskArray),
            self.settings.get("force2D", False),
            self.settings.get("force2Ddimension", 0),
        )
        self._sizes = np.flatnonzero(matrix.any(axis=(0, 1))) + 1
        return matrix[:, self.coefficients["grayLevels"] - 1][:, :, self._sizes - 1]

    def _calculateCoefficients(self) -> None:
        sizes = self._sizes.astype(np.float64)
        zones_of_size = self.P_glszm.sum(axis=1)
        self.coefficients |= {
            "Np": (zones_of_size * sizes).sum(axis=1),
            "Nz": self.P_glszm.sum(axis=(1, 2)),
            "ps": zones_of_size,
            "pg": self.P_glszm.sum(axis=2),
            "ivector": self.coefficients["grayLevels"].astype(np.float64),
            "jvector": sizes,
        }


def _subclasses() -> dict[str, type[RadiomicsFeaturesBase]]:
    # A class logs by the name of its module; it must remain pyradiomics', see `quiet`.
    return {
        name: type(of.__name__, (_BinnedOnce, of), {"__module__": f"radiomics.{name}"})
        for name, of in (getFeatureClasses() | {"glszm": _CompactZones}).items()
        if not name.startswith("shape")
    }


_CLASSES = _subclasses()


def texture_features(
    image: sitk.Image,
    mask: sitk.Image,
    classes: FeatureClasses,
    settings: Mapping[str, Any],
) -> Iterator[tuple[str, dict[str, float]]]:
    """Give each class with its features, in the order of the classes; shape is left out."""
    inside = sitk.GetArrayViewFromImage(mask).astype(bool)
    gray = GrayLevels.of(sitk.GetArrayViewFromImage(image), inside, settings)
    for name, features in classes.items():
        if name in _CLASSES:
            yield name, executed(_CLASSES[name](image, mask, gray, **settings), features)


def executed(
    calculation: RadiomicsFeaturesBase, features: Sequence[str] | None
) -> dict[str, float]:
    """Values of some features of a class, of its default ones if none are named."""
    for feature in features or ():
        calculation.enableFeatureByName(feature)
    return {name: float(value) for name, value in calculation.execute().items()}
