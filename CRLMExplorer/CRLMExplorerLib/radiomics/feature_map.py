"""Maps of a feature: its value around each voxel of a region, as pyradiomics' voxel-based mode.

pyradiomics itself computes the values, on a part of the CT that gives the same as the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from CRLMExplorerLib.geometry import Grid, Mask, lps_to_ras
from CRLMExplorerLib.geometry.mask import Box
from CRLMExplorerLib.progress import Progress, silent
from CRLMExplorerLib.radiomics.errors import RadiomicsError

if TYPE_CHECKING:
    import SimpleITK as sitk
    from numpy.typing import NDArray

    from CRLMExplorerLib.radiomics.engine.filters import Filter
    from CRLMExplorerLib.radiomics.engine.patch import Source, Target
    from CRLMExplorerLib.radiomics.parameters import Parameters

_VOXELS_AT_ONCE = 500
"""Enough that numpy is busy, few enough that a cancel is noticed soon."""


class MapError(RadiomicsError):
    """A map of this feature cannot be made of this region."""


@dataclass(frozen=True)
class MapRequest:
    """Which map is wanted.

    Attributes
    ----------
    filter, feature_class, feature
        pyradiomics' names, as in a row of an extraction; shape has no maps.
    kernel_radius
        How many voxels the neighbourhood reaches from its voxel to each side.
    masked_kernel
        Whether only voxels of the region count in a neighbourhood.
    """

    filter: str
    feature_class: str
    feature: str
    kernel_radius: int = 1
    masked_kernel: bool = True


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """A feature's value around each voxel of a region.

    Attributes
    ----------
    grid
        The map's own voxels: a box of the CT's, or of what the parameters resampled of it.
    values
        Array (slices, rows, columns), NaN outside the region and where there is no value.
    """

    grid: Grid
    values: NDArray[np.float64]

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """Smallest and largest value."""
        return float(np.nanmin(self.values)), float(np.nanmax(self.values))


def feature_map(
    image_hu: NDArray,
    region: Mask,
    parameters: Parameters,
    request: MapRequest,
    progress: Progress = silent,
) -> FeatureMap:
    """Compute a feature's map in this process.

    Parameters
    ----------
    image_hu
        Array (slices, rows, columns) of the region's grid, in Hounsfield units.
    progress
        Told after every few hundred voxels; `Cancelled` ends the work there.

    Raises
    ------
    MapError
        If the region or the feature allows for no map; RadiomicsError without pyradiomics.
    """
    if request.feature_class.startswith("shape"):
        raise MapError("A shape has no value at a voxel: choose a first-order or texture feature.")
    if request.kernel_radius < 1:
        raise MapError(f"The kernel's radius is {request.kernel_radius}, expected 1 voxel or more.")
    if region.is_empty:
        raise MapError("The region is empty.")
    try:
        import radiomics  # noqa: F401
        from CRLMExplorerLib.radiomics.engine.quiet import quiet
    except ImportError as error:
        raise RadiomicsError(
            "Feature maps need pyradiomics: pip install crlm-explorer[radiomics]"
        ) from error
    with quiet():
        return _computed(image_hu, region, parameters, request, progress)


def _computed(
    image_hu: NDArray,
    region: Mask,
    parameters: Parameters,
    request: MapRequest,
    progress: Progress,
) -> FeatureMap:
    from radiomics import getFeatureClasses

    progress(0.0, "Filtering")
    settings = _settings(parameters, request)
    source, target, grid = _loaded(image_hu, region, settings)
    target = _padded(source, _checked(source, target, settings), request.kernel_radius)
    image, mask, filter_ = _filtered(source, target, parameters, request, settings)
    calculation = getFeatureClasses()[request.feature_class](
        image, mask, **{**filter_.settings, "voxelBatch": _VOXELS_AT_ONCE}
    )
    try:
        calculation.enableFeatureByName(request.feature)
    except LookupError as error:
        raise MapError(f"{request.feature_class} has no feature {request.feature}.") from error
    name = f"{request.feature_class} {request.feature}"
    calculation.progressReporter = lambda total, desc: _Batches(total, name, progress)
    values = _array(calculation.execute()[request.feature])
    if not np.isfinite(values).any():
        raise MapError(f"{name} has no value at any voxel of the region.")
    return FeatureMap(_grid_of_box(grid, target.box), np.where(np.isfinite(values), values, np.nan))


class _Batches:
    """pyradiomics' way to tell of progress."""

    def __init__(self, total: float, name: str, progress: Progress) -> None:
        self._total, self._name, self._progress = total, name, progress
        self._done = 0

    def __enter__(self) -> _Batches:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, count: int) -> None:
        self._done += count
        self._progress(min(1.0, self._done / self._total), self._name)


def _settings(parameters: Parameters, request: MapRequest) -> dict[str, Any]:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    return {
        **RadiomicsFeatureExtractor._getDefaultSettings(),
        **parameters.settings,
        "label": 1,
        "voxelBased": True,
        "kernelRadius": request.kernel_radius,
        "maskedKernel": request.masked_kernel,
        "initValue": np.nan,
    }


def _loaded(
    image_hu: NDArray, region: Mask, settings: Mapping[str, Any]
) -> tuple[Source, Target, Grid]:
    """What filters see, the region on it, and its grid; pyradiomics resamples and normalises."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    from CRLMExplorerLib.radiomics.engine.patch import Source, Target
    from CRLMExplorerLib.radiomics.engine.prepare import whole_image

    resamples = settings.get("interpolator") and settings.get("resampledPixelSpacing") is not None
    if not (resamples or settings.get("preCrop") or settings.get("normalize")):
        source = Source(image_hu, region.grid.spacing_mm)
        return source, Target("", region.box, region.voxels), region.grid
    image = whole_image(image_hu, region.grid)
    mask = whole_image(region.to_array().astype(np.uint8), region.grid)
    try:
        image, mask = RadiomicsFeatureExtractor.loadImage(image, mask, None, **settings)
    except ValueError as error:
        raise MapError(f"pyradiomics cannot use the region: {error}") from error
    lps = np.eye(4)
    lps[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    grid = Grid(image.GetSize()[::-1], lps_to_ras(lps))
    kept = Mask.from_array(grid, _array(mask) == 1)
    return Source(_array(image), image.GetSpacing()), Target("", kept.box, kept.voxels), grid


def _checked(source: Source, target: Target, settings: Mapping[str, Any]) -> Target:
    """The region as pyradiomics resegments and accepts it."""
    from CRLMExplorerLib.radiomics.engine.patch import image_of
    from radiomics import imageoperations

    image = image_of(source.voxels[target.box], source.spacing_mm)
    mask = image_of(target.voxels.astype(np.uint8), source.spacing_mm)
    try:
        imageoperations.checkMask(image, mask, **settings)
        if settings.get("resegmentRange") is None:
            return target
        mask = imageoperations.resegmentMask(image, mask, **settings)
        imageoperations.checkMask(image, mask, **settings)
    except ValueError as error:
        raise MapError(f"pyradiomics cannot use the region: {error}") from error
    start = tuple(s.start for s in target.box)
    whole = Grid(source.voxels.shape, np.eye(4))
    kept = Mask.from_array(whole, _array(mask) == 1, start)
    return replace(target, box=kept.box, voxels=kept.voxels)


def _padded(source: Source, target: Target, radius: int) -> Target:
    """The region in a box that holds the neighbourhoods, as far as the image reaches."""
    whole = Grid(source.voxels.shape, np.eye(4))
    k, j, i = (
        slice(max(0, s.start - radius), min(size, s.stop + radius))
        for s, size in zip(target.box, source.voxels.shape, strict=True)
    )
    start = tuple(s.start for s in target.box)
    voxels = Mask(whole, start, target.voxels).within((k, j, i))
    return replace(target, box=(k, j, i), voxels=voxels)


def _filtered(
    source: Source,
    target: Target,
    parameters: Parameters,
    request: MapRequest,
    settings: Mapping[str, Any],
) -> tuple[sitk.Image, sitk.Image, Filter]:
    """The filtered image and the region on it, both of the region's box."""
    from CRLMExplorerLib.radiomics.engine.filters import filters_of
    from CRLMExplorerLib.radiomics.engine.patch import image_of

    for filter_ in filters_of(parameters.image_types, settings):
        if request.filter != filter_.name and not request.filter.startswith(f"{filter_.name}-"):
            continue
        patch = filter_.patch(source, [target])
        box = patch.targets[0].box
        for image, name in filter_.images(patch):
            if name == request.filter:
                inside = image_of(target.voxels.astype(np.uint8), source.spacing_mm)
                return image_of(_array(image)[box], source.spacing_mm), inside, filter_
    raise MapError(f"The parameters have no filter {request.filter}.")


def _grid_of_box(grid: Grid, box: Box) -> Grid:
    ijk_to_ras = grid.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] = grid.ras_of([s.start for s in box])
    k, j, i = (s.stop - s.start for s in box)
    return Grid((k, j, i), ijk_to_ras)


def _array(image: sitk.Image) -> NDArray:
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(image)
