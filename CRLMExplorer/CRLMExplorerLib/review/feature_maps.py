"""Feature maps of the open patient: asked for, computed by another process, shown, hidden."""

from __future__ import annotations

from dataclasses import dataclass

from undo_stack import Signal

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host import Host
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.radiomics.child import run_in_child
from CRLMExplorerLib.radiomics.feature_map import FeatureMap, MapRequest, feature_map
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.feature_map_display import FeatureMapDisplay
from CRLMExplorerLib.review.job import Job, StartJob


@dataclass(frozen=True)
class ShownMap:
    """The map that is in the scene.

    Attributes
    ----------
    region
        The region's name.
    request
        What it is a map of.
    low, high
        Its smallest and largest value.
    """

    region: str
    request: MapRequest
    low: float
    high: float


class FeatureMaps:
    """One feature map at a time, over the open patient's CT.

    Parameters
    ----------
    host
        The running Slicer core.
    start_job
        Runs a job among the session's.

    Attributes
    ----------
    shown
        The map in the scene; None while there is none.
    is_visible
        Whether the slices show it.
    job
        The map in the making; None while none is.
    """

    changed = Signal()

    def __init__(self, host: Host, start_job: StartJob) -> None:
        self.shown: ShownMap | None = None
        self.is_visible = False
        self.job: Job[FeatureMap] | None = None
        self._host = host
        self._start_job = start_job
        self._display: FeatureMapDisplay | None = None
        self._case: Case | None = None

    def take_case(self, case: Case | None) -> None:
        """Turn to another patient: the map goes, and so does one in the making."""
        self.cancel()
        self.remove()
        self._case = case

    def make(self, region: str, mask: Mask, parameters: Parameters, request: MapRequest) -> None:
        """Compute a map as a job, and show it instead of the one there is."""
        case = self._case
        if case is None or case.ct is None or self.job:
            return
        image_hu = case.ct.hu

        def work(progress: Progress) -> FeatureMap:
            # pyradiomics holds up every thread of its process, and cannot be interrupted.
            return run_in_child(feature_map, image_hu, mask, parameters, request, progress=progress)

        def made(result: FeatureMap) -> None:
            if self._case is case:
                self._show(region, request, result)

        def ended() -> None:
            self.job = None
            self.changed.emit()

        self.job = Job(f"Mapping {request.feature} of {region}", work)
        self._start_job(self.job, made, ended)
        self.changed.emit()

    def cancel(self) -> None:
        """End the process that computes a map."""
        if self.job:
            self.job.cancel()

    def set_visible(self, visible: bool) -> None:
        """Show or hide the map in the slices."""
        if self._display:
            self._display.set_visible(visible)
            self.is_visible = visible
            self.changed.emit()

    def remove(self) -> None:
        """Take the map out of the scene."""
        if self._display:
            self._display.remove()
            self._display = self.shown = None
            self.is_visible = False
            self.changed.emit()

    def _show(self, region: str, request: MapRequest, made: FeatureMap) -> None:
        self.remove()
        name = f"{region} {request.filter} {request.feature_class} {request.feature}"
        self._display = FeatureMapDisplay(self._host.scene, made, name)
        low, high = made.extremes
        self.shown = ShownMap(region, request, low, high)
        self.is_visible = True
        self.changed.emit()
