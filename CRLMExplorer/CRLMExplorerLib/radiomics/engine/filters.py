"""pyradiomics' filters, and how much of an image each must see around a region.

pyradiomics' own functions filter. What this file adds is how far each of them looks, and what it
takes from the whole image. Where rounding depends on where a voxel lies, and could put it into
another bin, the patch is chosen so that the very same numbers are rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil
from typing import Any

import numpy as np
import pywt
import SimpleITK as sitk
from numpy.typing import NDArray

from CRLMExplorerLib.radiomics.engine.patch import (
    Margins,
    Patch,
    Source,
    Target,
    cut,
    cut_periodic,
    image_of,
)
from radiomics import imageoperations

Settings = Mapping[str, Any]
Filtered = tuple[sitk.Image, str]
"""A filtered patch and pyradiomics' name of the filter."""

_LOG_REACH_SIGMA = 20
"""Farther voxels weigh less than a float32 can tell, as the recursion decays as exp(-1.78 x).

On a real CT, at most 4 of 1.5 million voxels then differed from the whole image's, by the last bit.
"""

SPLINE_REACH = 64
"""Voxels after which a cubic spline's prefilter, of pole -0.268, has forgotten where it began."""


_NO_MARGIN: Margins = (0, 0, 0)


@dataclass(frozen=True)
class Filter:
    """A filter that looks at nothing but the voxel itself.

    Attributes
    ----------
    image_type
        pyradiomics' name of the filter's kind: ``Original``, ``LoG``.
    name
        pyradiomics' name of the filtered image: ``original``, ``log-sigma-1-0-mm-3D``.
    settings
        All settings, of the filter and for the features of its images.
    """

    image_type: str
    name: str
    settings: Settings

    is_shared = True
    """Whether one patch may serve several regions."""

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        """How many voxels before and after a region's box it must see."""
        return _NO_MARGIN, _NO_MARGIN

    def patch(self, source: Source, targets: Sequence[Target]) -> Patch:
        """Cut out what it must see for the targets."""
        return cut(source, targets, *self.margins(source))

    def images(self, patch: Patch) -> Iterator[Filtered]:
        """Filter a patch; nothing comes out where pyradiomics declines."""
        of_pyradiomics = getattr(imageoperations, f"get{self.image_type}Image")
        for image, name, _ in of_pyradiomics(patch.image, self._mask(patch), **self.settings):
            yield image, name

    def _mask(self, patch: Patch) -> sitk.Image | None:
        """The mask that the filter asks for."""
        return None


class _Rescaled(Filter):
    """A filter of single voxels that scales by the largest magnitude of the whole image.

    A slice of zeros with that voxel in it is put below the patch.
    """

    def patch(self, source: Source, targets: Sequence[Target]) -> Patch:
        patch = super().patch(source, targets)
        below = np.zeros_like(patch.voxels[:1])
        below[0, 0, 0] = max(source.extremes, key=lambda value: abs(float(value)))
        return replace(patch, voxels=np.concatenate([patch.voxels, below]))


class _Gradient(Filter):
    """Looks at the next voxel."""

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        return (2, 2, 2), (2, 2, 2)


class _LaplacianOfGaussian(Filter):
    """Looks at the whole image, but hardly beyond some widths of the Gaussian."""

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        (sigma,) = self.settings["sigma"]
        i, j, k = (4 + ceil(_LOG_REACH_SIGMA * abs(sigma) / mm) for mm in source.spacing_mm)
        return (k, j, i), (k, j, i)


class _LocalPattern2D(Filter):
    """Looks as far as its radius, and interpolates at coordinates counted from the first voxel."""

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        reach = ceil(self.settings.get("lbp2DRadius", 1)) + 2
        before, after = list(source.voxels.shape), [reach] * 3
        across = self.settings.get("force2Ddimension", 0)
        before[across] = after[across] = 0
        return _three(before), _three(after)


class _LocalPattern3D(Filter):
    """Interpolates by splines at coordinates counted from the first voxel, within the region."""

    is_shared = False

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        reach = SPLINE_REACH + ceil(self.settings.get("lbp3DIcosphereRadius", 1))
        return _three(source.voxels.shape), (reach, reach, reach)

    def _mask(self, patch: Patch) -> sitk.Image:
        mask = np.zeros(patch.voxels.shape, dtype=np.uint8)
        for target in patch.targets:
            mask[target.box] = target.voxels
        return image_of(mask, patch.spacing_mm)


@dataclass(frozen=True)
class _SubBand(Filter):
    """One sub-band of the wavelets, so that not all of them need to be held.

    Attributes
    ----------
    path
        Low (``L``) or high pass (``H``), axis by axis and level by level.
    """

    path: str = ""

    def margins(self, source: Source) -> tuple[Margins, Margins]:
        levels = len(self.path) // len(self._axes)
        margins = [0, 0, 0]
        for axis in self._axes:
            margins[axis] = levels * self._wavelet.dec_len
        return _three(margins), _three(margins)

    def patch(self, source: Source, targets: Sequence[Target]) -> Patch:
        return cut_periodic(source, targets, self.margins(source)[0])

    def images(self, patch: Patch) -> Iterator[Filtered]:
        yield image_of(self._filtered(patch.voxels), patch.spacing_mm), self.name

    def _filtered(self, voxels: NDArray) -> NDArray:
        for step, band in enumerate(self.path):
            axis = self._axes[step % len(self._axes)]
            # The other half is let go at once: each is as large as the patch in float64.
            (halves,) = pywt.swt(voxels, self._wavelet, level=1, start_level=0, axis=axis)
            voxels = halves["LH".index(band)]
            del halves
        return voxels

    @property
    def _wavelet(self) -> pywt.Wavelet:
        return pywt.Wavelet(self.settings.get("wavelet", "coif1"))

    @property
    def _axes(self) -> list[int]:
        return _wavelet_axes(self.settings)


def _wavelet_axes(settings: Settings) -> list[int]:
    axes = [2, 1, 0]
    if settings.get("force2D", False):
        axes.remove(settings.get("force2Ddimension", 0))
    return axes


def _three(margins: Sequence[int]) -> Margins:
    k, j, i = margins
    return k, j, i


_KINDS: Mapping[str, tuple[type[Filter], str]] = {
    "Original": (Filter, "original"),
    "Square": (_Rescaled, "square"),
    "SquareRoot": (_Rescaled, "squareroot"),
    "Logarithm": (_Rescaled, "logarithm"),
    "Exponential": (_Rescaled, "exponential"),
    "Gradient": (_Gradient, "gradient"),
    "LBP2D": (_LocalPattern2D, "lbp-2D"),
    "LBP3D": (_LocalPattern3D, "lbp-3D"),
}


def filters_of(image_types: Mapping[str, Mapping[str, Any]], settings: Settings) -> list[Filter]:
    """Every filter that the image types ask for, in pyradiomics' order."""
    found: list[Filter] = []
    for image_type, own in image_types.items():
        merged = {**settings, **own}
        if image_type == "LoG":
            found += _sigmas(merged)
        elif image_type == "Wavelet":
            found += _sub_bands(merged)
        else:
            kind, name = _KINDS[image_type]
            found.append(kind(image_type, name, merged))
    return found


def _sigmas(settings: Settings) -> Iterator[Filter]:
    for sigma in dict.fromkeys(settings.get("sigma", ())):
        name = f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D"
        yield _LaplacianOfGaussian("LoG", name, {**settings, "sigma": [sigma]})


def _sub_bands(settings: Settings) -> Iterator[Filter]:
    count = len(_wavelet_axes(settings))
    low = "L" * count
    before = low * settings.get("start_level", 0)
    levels = settings.get("level", 1)
    for level in range(1, levels + 1):
        kind = "wavelet" if level == 1 else f"wavelet{level}"
        for bands in ("".join(bands) for bands in product("LH", repeat=count)):
            if bands != low:
                path = before + low * (level - 1) + bands
                yield _SubBand("Wavelet", f"{kind}-{bands}", settings, path)
    kind = "wavelet" if levels == 1 else f"wavelet{levels}"
    yield _SubBand("Wavelet", f"{kind}-{low}", settings, before + low * levels)
