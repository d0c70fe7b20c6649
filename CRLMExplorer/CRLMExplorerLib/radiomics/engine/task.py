"""A piece of work that needs nothing else, so that any process can do it.

Results come region by region, so that progress is told and the work can be stopped in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import SimpleITK as sitk
from radiomics.shape2D import RadiomicsShape2D

from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.engine.filters import Filter, Settings
from CRLMExplorerLib.radiomics.engine.patch import Patch, Target
from CRLMExplorerLib.radiomics.engine.quiet import forget_warnings, last_warning
from CRLMExplorerLib.radiomics.engine.shape import CountedShape
from CRLMExplorerLib.radiomics.engine.texture import FeatureClasses, executed, texture_features
from CRLMExplorerLib.radiomics.extraction import FeatureValue, Omission

Found = tuple[FeatureValue | Omission, ...]
Pulse = Callable[[str, str], None]
"""Told the region and the filter between steps; raises `Cancelled` to end the work."""

SHAPE_CLASSES = ("shape", "shape2D")
_SHAPE_IMAGE = "original"


@dataclass(frozen=True, eq=False)
class ImageTask:
    """All features but shape, of one filter and some regions.

    Attributes
    ----------
    filter, patch
        What to filter, and how.
    classes
        Features by class.
    """

    filter: Filter
    patch: Patch
    classes: FeatureClasses

    def run(self, pulse: Pulse) -> Iterator[Found]:
        """Give what is found for the regions, maybe in several parts each."""
        forget_warnings()
        name = self.filter.name
        is_empty = True
        try:
            for image, name in self.filter.images(self.patch):
                is_empty = False
                for target in self.patch.targets:
                    yield self._found(image, name, target, pulse)
        except Cancelled:
            raise
        except Exception as error:
            yield self._nothing(name, sentence(error))
        else:
            if is_empty:
                yield self._nothing(name, last_warning() or "pyradiomics gives no image.")

    def _found(self, image: sitk.Image, name: str, target: Target, pulse: Pulse) -> Found:
        region = target.region
        pulse(region, name)
        size = [s.stop - s.start for s in target.box]
        start = [s.start for s in target.box]
        inside = sitk.RegionOfInterest(image, size[::-1], start[::-1])
        found: list[FeatureValue] = []
        try:
            mask = target.image(self.patch.spacing_mm)
            for of_class, values in texture_features(
                inside, mask, self.classes, self.filter.settings
            ):
                found += [FeatureValue(region, name, of_class, *item) for item in values.items()]
                pulse(region, name)
        except Cancelled:
            raise
        except Exception as error:
            return (Omission(region, name, "failed", sentence(error)),)
        return tuple(found)

    def _nothing(self, name: str, reason: str) -> Found:
        return tuple(
            Omission(target.region, name, "failed", reason) for target in self.patch.targets
        )


@dataclass(frozen=True, eq=False)
class ShapeTask:
    """The shape of one region.

    Attributes
    ----------
    target
        The region; where it lies does not matter.
    spacing_mm
        Distance between columns, rows and slices.
    classes, settings
        Features by class, and settings.
    """

    target: Target
    spacing_mm: tuple[float, float, float]
    classes: FeatureClasses
    settings: Settings

    def run(self, pulse: Pulse) -> Iterator[Found]:
        """Give what is found."""
        region = self.target.region
        pulse(region, _SHAPE_IMAGE)
        mask = self.target.image(self.spacing_mm)
        for name in SHAPE_CLASSES:
            if name not in self.classes or (name == "shape2D" and not self._is_for_2d):
                continue
            of_class = CountedShape if name == "shape" else RadiomicsShape2D
            try:
                values = executed(of_class(mask, mask, **self.settings), self.classes[name])
            except Exception as error:
                yield (Omission(region, _SHAPE_IMAGE, "failed", f"{name}: {sentence(error)}"),)
            else:
                yield tuple(
                    FeatureValue(region, _SHAPE_IMAGE, name, *item) for item in values.items()
                )

    @property
    def _is_for_2d(self) -> bool:
        """When pyradiomics tries shape2D; it compares a size in x, y, z with an axis of z, y, x."""
        across = self.settings.get("force2Ddimension", 0)
        return bool(
            self.settings.get("force2D", False) and self.target.voxels.shape[::-1][across] > 1
        )


Task = ImageTask | ShapeTask


def sentence(error: Exception) -> str:
    """What went wrong, in a line."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
