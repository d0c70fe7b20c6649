"""The selected feature voxel by voxel, in colours over the CT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerQt.feature_table import FeatureTable
from CRLMExplorerQt.region_table import RegionTable

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerLib.review.feature_maps import FeatureMaps, ShownMap
    from CRLMExplorerQt.panel import Panel

_KERNEL_RADIUS = 1


class FeatureMap:
    """The map of the section “Radiomics”.

    Parameters
    ----------
    panel
        The panel it is part of.
    features, regions
        What is selected, and where its region lies.
    """

    def __init__(self, panel: Panel, features: FeatureTable, regions: RegionTable) -> None:
        self._panel = panel
        self._features, self._regions = features, regions
        self._session: ReviewSession | None = None
        self._seen: ShownMap | None = None
        panel.ui.mapButton.connect("clicked()", self._press)

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session's map from now on."""
        self._session = session
        if session:
            session.radiomics.maps.changed.connect(self._changed)
        self.show()

    def show(self) -> None:
        """Show what can be mapped, and what is."""
        ui, maps, row = self._panel.ui, self._maps(), self._features.selected
        shown = maps.shown if maps else None
        can_map = row is not None and not row.feature_class.startswith("shape")
        ui.mapButton.text = "Remove map" if shown else "Map"
        ui.mapButton.enabled = bool(maps and not maps.job and (shown or can_map))
        legend = wording.map_legend(shown) if shown else None
        ui.mapLabel.text = (
            f"{legend.title}\n{legend.region}: {legend.low} (violet) to {legend.high} (yellow)"
            if legend
            else ""
        )

    def _maps(self) -> FeatureMaps | None:
        return self._session.radiomics.maps if self._session else None

    def _changed(self) -> None:
        shown = self._maps().shown
        if shown and shown is not self._seen:
            self._regions.jump_to(shown.region)
        self._seen = shown
        self.show()

    def _press(self) -> None:
        self._panel.say("")
        if self._maps().shown:
            self._maps().remove()
            return
        row = self._features.selected
        feature = row.filter, row.feature_class, row.feature
        self._session.radiomics.map(row.region, feature, _KERNEL_RADIUS, masked=True)
