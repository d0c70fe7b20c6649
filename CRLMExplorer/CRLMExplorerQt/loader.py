"""The check of the open DSO against Slicer's own loader, beneath the segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from CRLMExplorerLib.dicom.slicer_loader import SlicerLoaderError, slicers_plugin
from CRLMExplorerLib.review.loader_check import check_with_slicer
from CRLMExplorerQt.section import Section

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel

_TIP = (
    "Load the DSO with Slicer's own DICOM plugin, compare every segment voxel by voxel, and "
    "take it out of the scene again"
)
_NO_PLUGIN = (
    "This Slicer has no DICOM plugin for segmentations: Slicer 5.12 or newer, or the extension "
    "QuantitativeReporting, brings it"
)


class LoaderSection(Section):
    """The button and its verdict."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.ui.checkLoaderButton.connect("clicked()", self._check)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._forget)
        self._forget()

    def enter(self) -> None:
        # An extension may bring its plugin after the panel was made.
        self._enable()

    def _forget(self) -> None:
        self._say("")
        self._enable()

    def _enable(self) -> None:
        case = self.session.case if self.session else None
        has_plugin = slicers_plugin() is not None
        self.ui.checkLoaderButton.enabled = bool(has_plugin and case and case.dso)
        self.ui.checkLoaderButton.toolTip = _TIP if has_plugin else _NO_PLUGIN

    def _check(self) -> None:
        plugin = slicers_plugin()
        try:
            with slicer.util.WaitCursor(), slicer.util.RenderBlocker():
                check = check_with_slicer(self.session.case, plugin, slicer.mrmlScene)
        except SlicerLoaderError as error:
            self._say(str(error))
        else:
            self._say("\n".join(check.lines))

    def _say(self, text: str) -> None:
        self.ui.loaderLabel.text = text
        self.ui.loaderLabel.visible = bool(text)
