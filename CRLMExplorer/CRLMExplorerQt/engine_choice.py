"""What extracts: this library, or the extension SlicerRadiomics where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import slicer

from CRLMExplorerLib.radiomics.case_extraction import OWN_ENGINE
from CRLMExplorerLib.review.slicer_radiomics import (
    NoSlicerRadiomics,
    SlicerRadiomicsEngine,
    slicer_radiomics_logic,
)
from CRLMExplorerQt.tables import silent

if TYPE_CHECKING:
    from CRLMExplorerQt.panel import Panel

_TIP = "Slicer's own extension, a region at a time; Slicer waits during each, and nothing is kept"
_COMPARE_TIP = "Extract the same by the other engine, and show both with their differences"


class EngineChoice:
    """The engines of the section “Radiomics”.

    Parameters
    ----------
    panel
        The panel it is part of.
    changed
        Called when the reader chooses another.

    Attributes
    ----------
    has_slicer_radiomics
        Whether the extension is there.
    """

    def __init__(self, panel: Panel, changed: Callable[[], None]) -> None:
        self.has_slicer_radiomics = False
        self._panel = panel
        self._own, self._other = panel.ui.ownEngineButton, panel.ui.slicerRadiomicsButton
        self._changed = changed
        self._own.connect("toggled(bool)", self._choose)

    @property
    def is_own(self) -> bool:
        """Whether this library extracts."""
        return self._own.checked

    def look(self) -> None:
        """See whether the extension is there, and say how to get it if not."""
        try:
            slicer_radiomics_logic()
        except NoSlicerRadiomics as error:
            self.has_slicer_radiomics = False
            tips = (str(error), str(error))
        else:
            self.has_slicer_radiomics = True
            tips = (_TIP, _COMPARE_TIP)
        self._other.enabled = self.has_slicer_radiomics
        self._other.toolTip, self._panel.ui.compareButton.toolTip = tips

    def restore(self, name: str) -> None:
        """Choose an engine by its name, this library's if it is not there."""
        is_other = name == SlicerRadiomicsEngine.name and self.has_slicer_radiomics
        with silent(self._own):
            (self._other if is_other else self._own).checked = True

    def slicer_radiomics(self) -> SlicerRadiomicsEngine | None:
        """The extension's engine for a job; None, and a sentence in the panel, if it has gone."""
        # A new logic each time: one that an error has stopped does not run again.
        try:
            logic = slicer_radiomics_logic()
        except NoSlicerRadiomics as error:
            self._panel.say(str(error))
            return None
        return SlicerRadiomicsEngine(slicer.mrmlScene, logic, self._panel.runner.ask)

    def _choose(self) -> None:
        name = OWN_ENGINE if self.is_own else SlicerRadiomicsEngine.name
        self._panel.remember(radiomicsEngine=name)
        self._changed()
