"""What there is to do: pieces of work in the order of their results, and what each will cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from CRLMExplorerLib.radiomics.engine.filters import Filter, Settings
from CRLMExplorerLib.radiomics.engine.grouping import grouped, voxels_to_see
from CRLMExplorerLib.radiomics.engine.patch import Source, Target
from CRLMExplorerLib.radiomics.engine.prepare import Prepared
from CRLMExplorerLib.radiomics.engine.task import (
    SHAPE_CLASSES,
    Found,
    ImageTask,
    ShapeTask,
    Task,
    sentence,
)
from CRLMExplorerLib.radiomics.engine.texture import FeatureClasses
from CRLMExplorerLib.radiomics.extraction import Omission

_SECONDS = 0.01
_SECONDS_PER_VOXEL = 2e-6
_SECONDS_PER_FILTERED_VOXEL = 1e-7


@dataclass(frozen=True, eq=False)
class Plan(ABC):
    """A piece of work, whose patch is cut only when its turn comes.

    Attributes
    ----------
    regions
        Names of the regions that it is about.
    filter
        pyradiomics' name of the filter.
    seconds
        About how long it takes; measured on one machine, meant for comparison.
    """

    regions: tuple[str, ...]
    filter: str
    seconds: float

    @abstractmethod
    def task(self) -> Task:
        """Make it ready to be run."""

    def nothing(self, regions: Iterable[str], error: Exception) -> Found:
        """What is found for some of the regions after an error."""
        return tuple(Omission(region, self.filter, "failed", sentence(error)) for region in regions)


@dataclass(frozen=True, eq=False)
class _ImagePlan(Plan):
    by: Filter
    source: Source
    targets: Sequence[Target]
    classes: FeatureClasses

    def task(self) -> Task:
        return ImageTask(self.by, self.by.patch(self.source, self.targets), self.classes)


@dataclass(frozen=True, eq=False)
class _ShapePlan(Plan):
    prepared: Prepared
    classes: FeatureClasses
    settings: Settings

    def task(self) -> Task:
        prepared = self.prepared
        return ShapeTask(prepared.shape, prepared.source.spacing_mm, self.classes, self.settings)


def plans(
    prepared: Sequence[Prepared],
    filters: Sequence[Filter],
    classes: FeatureClasses,
    settings: Settings,
) -> Iterator[Plan]:
    """Shape first, then filter by filter, as pyradiomics does."""
    if any(name in classes for name in SHAPE_CLASSES):
        for one in prepared:
            region = one.shape.region
            yield _ShapePlan((region,), "original", _seconds([one.shape]), one, classes, settings)
    if all(name in SHAPE_CLASSES for name in classes):
        return
    for by in filters:
        for source in dict.fromkeys(one.source for one in prepared):
            on_it = [one.target for one in prepared if one.source is source]
            for targets in grouped(by, source, on_it):
                seen = voxels_to_see(by, source, targets)
                seconds = _seconds(targets) + _SECONDS_PER_FILTERED_VOXEL * seen
                regions = tuple(target.region for target in targets)
                yield _ImagePlan(regions, by.name, seconds, by, source, targets, classes)


def _seconds(targets: Sequence[Target]) -> float:
    return sum(_SECONDS + _SECONDS_PER_VOXEL * target.count for target in targets)
