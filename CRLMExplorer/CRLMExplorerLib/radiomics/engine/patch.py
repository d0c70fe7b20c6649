"""A part of an image that is all a filter needs to see to give a region its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CRLMExplorerLib.geometry.mask import BoolArray, Box

Margins = tuple[int, int, int]
"""Voxels before and after a box along slices, rows and columns."""


@dataclass(frozen=True, eq=False)
class Source:
    """All that pyradiomics' filters would see: the whole CT, or what it resampled of it.

    Attributes
    ----------
    voxels
        Array (slices, rows, columns).
    spacing_mm
        Distance between columns, rows and slices.
    """

    voxels: NDArray
    spacing_mm: tuple[float, float, float]

    @cached_property
    def extremes(self) -> tuple[Any, Any]:
        """Smallest and largest value."""
        return self.voxels.min(), self.voxels.max()


@dataclass(frozen=True, eq=False)
class Target:
    """A region on a source.

    Attributes
    ----------
    region
        Its name.
    box
        Its bounding box in the source.
    voxels
        Boolean array of the box.
    """

    region: str
    box: Box
    voxels: BoolArray

    @cached_property
    def count(self) -> int:
        """Number of voxels."""
        return int(np.count_nonzero(self.voxels))

    def image(self, spacing_mm: Sequence[float]) -> sitk.Image:
        """The region within its box as pyradiomics' mask, label 1."""
        return image_of(self.voxels.astype(np.uint8), spacing_mm)


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of a source, with the regions that lie on it.

    Attributes
    ----------
    voxels
        Array (slices, rows, columns).
    spacing_mm
        Distance between columns, rows and slices.
    targets
        Regions with their boxes in the patch.
    """

    voxels: NDArray
    spacing_mm: tuple[float, float, float]
    targets: tuple[Target, ...]

    @property
    def image(self) -> sitk.Image:
        """The patch for SimpleITK. Filters look at the spacing only, not at place or direction."""
        return image_of(self.voxels, self.spacing_mm)


def image_of(voxels: NDArray, spacing_mm: Sequence[float]) -> sitk.Image:
    """An array with a spacing as an image of SimpleITK."""
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(spacing_mm)
    return image


def cut(source: Source, targets: Sequence[Target], before: Margins, after: Margins) -> Patch:
    """The box around the targets with margins, as far as the source reaches.

    Where the source ends, so does the patch: filters treat that end as that of the whole image.
    """
    box = grown(box_around([target.box for target in targets]), source.voxels.shape, before, after)
    return Patch(source.voxels[box], source.spacing_mm, moved(targets, [s.start for s in box]))


def cut_periodic(source: Source, targets: Sequence[Target], margins: Margins) -> Patch:
    """The box around the targets with margins, with even sides, from a periodic image.

    The image repeats beyond its ends, after an odd side was made even by its first voxel, as
    pyradiomics does for wavelets. An axis is taken whole if the margins reach around it.
    """
    around = box_around([target.box for target in targets])
    voxels, starts = source.voxels, []
    for axis, (s, margin, size) in enumerate(
        zip(around, margins, source.voxels.shape, strict=True)
    ):
        even = size + size % 2
        start, stop = s.start - margin, s.stop + margin
        stop += (stop - start) % 2
        if stop - start >= even:
            start, stop = 0, even
        indices = np.arange(start, stop) % even
        # The added voxel is a copy of the first.
        indices[indices == size] = 0
        voxels = voxels.take(indices, axis=axis)
        starts.append(start)
    return Patch(voxels, source.spacing_mm, moved(targets, starts))


def moved(targets: Sequence[Target], starts: Sequence[int]) -> tuple[Target, ...]:
    """The targets on a patch that starts there."""
    return tuple(
        Target(target.region, shifted(target.box, starts), target.voxels) for target in targets
    )


def shifted(box: Box, starts: Sequence[int]) -> Box:
    """A box as seen from another first voxel."""
    k, j, i = (slice(s.start - a, s.stop - a) for s, a in zip(box, starts, strict=True))
    return k, j, i


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of the boxes."""
    k, j, i = (
        slice(min(s.start for s in sides), max(s.stop for s in sides))
        for sides in zip(*boxes, strict=True)
    )
    return k, j, i


def grown(box: Box, shape: Sequence[int], before: Margins, after: Margins) -> Box:
    """A box with margins, as far as an array of that shape reaches."""
    k, j, i = (
        slice(max(0, s.start - low), min(size, s.stop + high))
        for s, size, low, high in zip(box, shape, before, after, strict=True)
    )
    return k, j, i


def volume_of(box: Box) -> int:
    """Number of voxels of a box."""
    return int(np.prod([s.stop - s.start for s in box]))
