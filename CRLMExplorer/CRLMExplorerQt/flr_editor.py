"""Slicer's segment editor on the remnant: there while the reader draws, and gone afterwards."""

from __future__ import annotations

from typing import Any

import slicer

from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerQt.flr_part import FlrPart

EFFECTS = ("Paint", "Draw", "Erase", "Level tracing", "Islands", "Smoothing", "Scissors")
"""What makes sense on a remnant, by Slicer's names and in its order."""

_NOT_TO_CHOOSE = (
    "segmentationNodeSelectorVisible",
    "sourceVolumeNodeSelectorVisible",
    "addRemoveSegmentButtonsVisible",
    "switchToSegmentationsButtonVisible",
    "specifyGeometryButtonVisible",
    "show3DButtonVisible",
    "maskingSectionVisible",
    "unorderedEffectsVisible",
    # The plan's own undo is the only one.
    "undoEnabled",
)
_SEGMENTS = "SegmentsTableResizableFrame"
"""The editor's list of segments, by its name in qMRMLSegmentEditorWidget.ui."""


class FlrEditor(FlrPart):
    """The segment editor.

    Attributes
    ----------
    widget
        The qMRMLSegmentEditorWidget; None before the reader draws for the first time.
    """

    def __init__(self, panel) -> None:
        super().__init__(panel)
        self.widget: Any = None
        self._edit: FlrEdit | None = None
        for section in (self.ui.flrSection, self.ui.flrDrawSection):
            section.connect("contentsCollapsed(bool)", self.show)

    def show(self) -> None:
        """Set the editor up if the reader draws, else take it away."""
        ui = self.ui
        is_open = not (ui.flrSection.collapsed or ui.flrDrawSection.collapsed)
        edit = self.edit if is_open and self.panel.is_entered else None
        if self._edit and edit is not self._edit:
            self.let_go()
        if edit and self._edit is None:
            self._take(edit)

    def let_go(self) -> None:
        """Take the remnant out of the editor's hands."""
        if self._edit is None:
            return
        edit, self._edit = self._edit, None
        self.widget.setActiveEffect(None)
        self.widget.removeViewObservations()
        self.widget.setSegmentationNode(None)
        self.widget.setMRMLSegmentEditorNode(None)
        edit.end_drawing()

    def _take(self, edit: FlrEdit) -> None:
        self._edit = edit
        if self.widget is None:
            self.widget = self._made()
            self.ui.flrEditorFrame.layout().addWidget(self.widget)
        node = edit.begin_drawing()
        self.widget.setMRMLSegmentEditorNode(node)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.widget.setSegmentationNode(node.GetSegmentationNode())
        self.widget.setSourceVolumeNode(node.GetSourceVolumeNode())
        self.widget.setupViewObservations()
        # The widget chooses a segment and a mask of its own when it meets a segmentation.
        edit.confine_drawing()

    def _made(self) -> Any:
        widget = slicer.qMRMLSegmentEditorWidget()
        for name in _NOT_TO_CHOOSE:
            setattr(widget, name, False)
        widget.setEffectNameOrder(list(EFFECTS))
        for segments in slicer.util.findChildren(widget, name=_SEGMENTS):
            segments.hide()
        return widget
