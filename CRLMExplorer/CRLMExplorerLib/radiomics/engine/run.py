"""From regions to values: prepares them, has the work done, puts what was found in order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.progress import Cancelled, Progress
from CRLMExplorerLib.radiomics.engine.diagnostics import diagnostics
from CRLMExplorerLib.radiomics.engine.filters import filters_of
from CRLMExplorerLib.radiomics.engine.patch import Source
from CRLMExplorerLib.radiomics.engine.plan import Plan, plans
from CRLMExplorerLib.radiomics.engine.prepare import Prepared, Unfit, prepare, whole_image
from CRLMExplorerLib.radiomics.engine.quiet import quiet
from CRLMExplorerLib.radiomics.engine.task import Found, sentence
from CRLMExplorerLib.radiomics.engine.workers import Workers
from CRLMExplorerLib.radiomics.extraction import Extraction, FeatureValue, Omission
from CRLMExplorerLib.radiomics.parameters import Parameters
from radiomics import getFeatureClasses, imageoperations

_WORTH_PROCESSES_S = 3.0
"""Less work is done sooner here than by processes that must first be started."""


def run(
    image: NDArray,
    regions: Mapping[str, Mask],
    grid: Grid,
    parameters: Parameters,
    progress: Progress,
    workers: int | None,
) -> Extraction:
    """Extract; see `extract`."""
    with quiet():
        settings = _settings(parameters)
        prepared, omissions = _prepared(image, regions, grid, settings, progress)
        classes = dict(parameters.feature_classes) or dict.fromkeys(getFeatureClasses(), ())
        filters = filters_of(dict(parameters.image_types) or {"Original": {}}, settings)
        to_do = list(plans(prepared, filters, classes, settings))
        found = _found(to_do, progress, workers or os.cpu_count() or 1)
        place = {name: index for index, name in enumerate(regions)}
        # Sorting keeps the order of filters within a region.
        found.sort(key=lambda item: place[item.region])
        omissions += [item for item in found if isinstance(item, Omission)]
        return Extraction(
            values=tuple(item for item in found if isinstance(item, FeatureValue)),
            omissions=tuple(sorted(omissions, key=lambda omission: place[omission.region])),
            diagnostics=_diagnostics(image, regions, prepared, parameters, progress),
        )


def _diagnostics(
    image: NDArray,
    regions: Mapping[str, Mask],
    prepared: Sequence[Prepared],
    parameters: Parameters,
    progress: Progress,
) -> dict[str, dict[str, str]]:
    if not parameters.settings.get("additionalInfo"):
        return {}
    found = {}
    for name in (one.target.region for one in prepared):
        progress(1.0, f"{name}, diagnostics")
        found[name] = diagnostics(image, regions[name], parameters)
    return found


def _settings(parameters: Parameters) -> dict[str, Any]:
    defaults = RadiomicsFeatureExtractor._getDefaultSettings()
    return {**defaults, **parameters.settings, "label": 1}


def _prepared(
    image: NDArray,
    regions: Mapping[str, Mask],
    grid: Grid,
    settings: Mapping[str, Any],
    progress: Progress,
) -> tuple[list[Prepared], list[Omission]]:
    if settings["normalize"]:
        progress(0.0, "normalizing the CT")
        whole = imageoperations.normalizeImage(whole_image(image, grid), **settings)
        image = sitk.GetArrayFromImage(whole)
    source = Source(image, grid.spacing_mm)
    prepared: list[Prepared] = []
    omissions: list[Omission] = []
    for name, mask in regions.items():
        progress(0.0, f"{name}, preparing")
        try:
            prepared.append(prepare(source, name, mask, settings))
        except Unfit as unfit:
            omissions.append(Omission(name, "", unfit.code, unfit.reason))
        except Exception as error:
            omissions.append(Omission(name, "", "failed", sentence(error)))
    return prepared, omissions


def _found(
    to_do: Sequence[Plan], progress: Progress, workers: int
) -> list[FeatureValue | Omission]:
    """Have all plans done, here or by processes."""
    standing = _Standing(to_do, progress)
    parts: list[list[FeatureValue | Omission]] = [[] for _ in to_do]
    left: Sequence[int] = range(len(to_do))
    count = min(workers, len(to_do))
    if count > 1 and standing.total_s > _WORTH_PROCESSES_S:
        with Workers(to_do, count) as processes:
            for result in processes.results():
                if result is not None:
                    index, found = result
                    parts[index] += found or ()
                    standing.has(to_do[index], found)
                standing.tell()
            left = processes.left
    for index in left:
        for found in _done_here(to_do[index], standing):
            parts[index] += found
        standing.has(to_do[index], None)
    return [item for found in parts for item in found]


def _done_here(plan: Plan, standing: _Standing) -> Iterator[Found]:
    try:
        yield from plan.task().run(standing.at)
    except Cancelled:
        raise
    except Exception as error:
        yield plan.nothing(plan.regions, error)


class _Standing:
    """Where the work stands, and who is told."""

    def __init__(self, to_do: Sequence[Plan], progress: Progress) -> None:
        self.total_s = sum(plan.seconds for plan in to_do)
        self._done_s = 0.0
        self._message = "starting"
        self._progress = progress

    def at(self, region: str, filter_name: str) -> None:
        """Note and tell what is being done."""
        self._message = f"{region}, {filter_name}"
        self.tell()

    def has(self, plan: Plan, found: Found | None) -> None:
        """Note a part of what a plan found, or with None that it is done."""
        if found is None:
            self._done_s += plan.seconds
        for item in found or ():
            self._message = f"{item.region}, {item.filter}"

    def tell(self) -> None:
        """Tell where the work stands; the one who is told may raise to end it."""
        self._progress(min(1.0, self._done_s / self.total_s), self._message)
