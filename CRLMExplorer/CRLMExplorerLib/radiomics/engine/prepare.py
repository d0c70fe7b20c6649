"""From a region's mask to what features are computed of: checked, resampled, resegmented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CRLMExplorerLib.geometry import Grid, Mask, lps_to_ras
from CRLMExplorerLib.geometry.mask import BoolArray, Box, bounding_box
from CRLMExplorerLib.radiomics.engine.filters import SPLINE_REACH
from CRLMExplorerLib.radiomics.engine.patch import Source, Target, cut, grown, image_of, shifted
from radiomics import imageoperations

_SPLINE = "sitkBSpline"
_SPLINE_MARGINS = (SPLINE_REACH, SPLINE_REACH, SPLINE_REACH)


class Unfit(Exception):
    """A region that gives no features, with a code and a sentence for its omission."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, eq=False)
class Prepared:
    """A region ready for filters and features.

    Attributes
    ----------
    source
        What filters see.
    target
        The region of all features but shape.
    shape
        The region of shape, which resegmentation leaves as it was unless told otherwise.
    """

    source: Source
    target: Target
    shape: Target


def whole_image(image: NDArray, grid: Grid) -> sitk.Image:
    """A CT, or a mask of it, as an image of SimpleITK in LPS."""
    lps = lps_to_ras(grid.ijk_to_ras)
    out = image_of(image, grid.spacing_mm)
    out.SetOrigin(lps[:3, 3].tolist())
    out.SetDirection((lps[:3, :3] / grid.spacing_mm).ravel().tolist())
    return out


def prepare(source: Source, name: str, mask: Mask, settings: Mapping[str, Any]) -> Prepared:
    """Make a region ready, as pyradiomics does before it filters.

    Parameters
    ----------
    source
        The CT.

    Raises
    ------
    Unfit
        If the region gives no features.
    """
    if mask.is_empty:
        raise Unfit("empty", f"{name} is empty.")
    if not np.isfinite(source.voxels[mask.box][mask.voxels]).all():
        raise Unfit("not-finite", f"{name} holds voxels that are no finite number.")
    target = Target(name, mask.box, mask.voxels)
    if settings.get("interpolator") and settings.get("resampledPixelSpacing") is not None:
        source, target = _resampled(source, target, mask.grid, settings)
    elif settings.get("preCrop"):
        _check(target, settings)
        source, target = _cropped(source, target, settings)
    _check(target, settings)
    if settings.get("resegmentRange") is None:
        return Prepared(source, target, target)
    kept = _resegmented(source, target, settings)
    _check(kept, settings)
    if settings.get("resegmentShape"):
        return Prepared(source, kept, kept)
    # pyradiomics crops the unchanged mask to the box of the changed one.
    within = target.voxels[shifted(kept.box, [s.start for s in target.box])]
    return Prepared(source, kept, replace(kept, voxels=within))


def _check(target: Target, settings: Mapping[str, Any]) -> None:
    """Refuse what pyradiomics' `checkMask` refuses."""
    extents = target.voxels.shape
    dimensions = sum(extent > 1 for extent in extents)
    needed = settings.get("minimumROIDimensions", 2)
    more_than = settings.get("minimumROISize")
    if dimensions == 0:
        raise Unfit("too-small", f"{target.region} is a single voxel.")
    if dimensions < needed:
        code = "one-slice" if extents[0] == 1 and dimensions == 2 else "too-small"
        raise Unfit(
            code,
            f"{target.region} extends in {dimensions} dimensions only; expected at least {needed} "
            f"(minimumROIDimensions).",
        )
    if more_than is not None and target.count <= more_than:
        raise Unfit(
            "too-small",
            f"{target.region} has {target.count} voxels; expected more than {more_than} "
            f"(minimumROISize).",
        )


def _target(name: str, voxels: BoolArray, box: Box) -> Target:
    """The region of some voxels of a box."""
    inner = bounding_box(voxels)
    if inner is None:
        raise Unfit("too-small", f"No voxel is left of {name}.")
    return Target(name, shifted(inner, [-s.start for s in box]), voxels[inner])


def _cropped(source: Source, target: Target, settings: Mapping[str, Any]) -> tuple[Source, Target]:
    pad = settings.get("padDistance", 5)
    patch = cut(source, [target], (pad, pad, pad), (pad, pad, pad))
    return Source(patch.voxels, source.spacing_mm), patch.targets[0]


def _resampled(
    source: Source, target: Target, grid: Grid, settings: Mapping[str, Any]
) -> tuple[Source, Target]:
    """Resample by pyradiomics; the image needs to reach no farther than a spline remembers."""
    mask = whole_image(_whole_mask(target, grid), grid)
    box = _all_of(source.voxels)
    if settings["interpolator"] == _SPLINE:
        box = grown(target.box, grid.shape_kji, _SPLINE_MARGINS, _SPLINE_MARGINS)
    image = whole_image(source.voxels[box], grid)
    image.SetOrigin(mask.TransformIndexToPhysicalPoint([s.start for s in reversed(box)]))
    image, mask = imageoperations.resampleImage(image, mask, **settings)
    resampled = Source(sitk.GetArrayFromImage(image), image.GetSpacing())
    inside = sitk.GetArrayFromImage(mask).astype(bool)
    return resampled, _target(target.region, inside, _all_of(inside))


def _all_of(voxels: NDArray) -> Box:
    k, j, i = (slice(0, size) for size in voxels.shape)
    return k, j, i


def _whole_mask(target: Target, grid: Grid) -> NDArray[np.uint8]:
    out = np.zeros(grid.shape_kji, dtype=np.uint8)
    out[target.box] = target.voxels
    return out


def _resegmented(source: Source, target: Target, settings: Mapping[str, Any]) -> Target:
    image = image_of(source.voxels[target.box], source.spacing_mm)
    try:
        kept = imageoperations.resegmentMask(image, target.image(source.spacing_mm), **settings)
    except ValueError as error:
        raise Unfit("too-small", f"{target.region}: {error}") from error
    return _target(target.region, sitk.GetArrayFromImage(kept).astype(bool), target.box)
