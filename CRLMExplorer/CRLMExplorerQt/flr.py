"""The future liver remnant: begin, cut, draw, read what it means, save and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qt

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerQt.flr_curve import FlrCurve
from CRLMExplorerQt.flr_editor import FlrEditor
from CRLMExplorerQt.flr_figures import FlrFigures
from CRLMExplorerQt.flr_plane import FlrPlane
from CRLMExplorerQt.flr_revisions import FlrRevisions
from CRLMExplorerQt.flr_start import FlrStart
from CRLMExplorerQt.flr_steps import FlrSteps
from CRLMExplorerQt.flr_tools import FlrTools
from CRLMExplorerQt.section import Section

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerLib.review.flr_edit import FlrEdit
    from CRLMExplorerQt.panel import Panel

_PICTURE_MS = 30
"""While a plane is dragged the figures are shown this often at most."""


class FlrSection(Section):
    """The section “Future liver remnant”.

    Attributes
    ----------
    steps
        The steps, with undo and redo.
    editor
        Slicer's segment editor on the remnant.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._shown: FlrEdit | None = None
        self._start = FlrStart(panel)
        self._figures = FlrFigures(panel)
        self._plane = FlrPlane(panel, self._start)
        self._curve = FlrCurve(panel)
        self._tools = FlrTools(panel)
        self._revisions = FlrRevisions(panel)
        self.steps = FlrSteps(panel)
        self.editor = FlrEditor(panel)
        self._due = qt.QTimer(panel.widget)
        self._due.singleShot = True
        self._due.interval = _PICTURE_MS
        self._due.connect("timeout()", self._show_edit)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._show)
            session.editing.leaving.connect(self.editor.let_go)
            session.editing.begun_or_ended.connect(self._show)
            session.editing.changed.connect(self._changed)
            session.editing.saved.connect(self._revisions.saved)
            session.editing.failed.connect(self._start.tell)
        self._show()

    def enter(self) -> None:
        edit = self.session.editing.edit if self.session else None
        if edit:
            edit.take_in_hand()
        self._show()

    def exit(self) -> None:
        # The edit goes on when the reader is back; until then nothing of it can be touched.
        self._due.stop()
        self.editor.let_go()
        self._curve.show()
        edit = self.session.editing.edit if self.session else None
        if edit:
            edit.put_down()

    def _show(self) -> None:
        ui, case = self.ui, self.session.case if self.session else None
        edit = self.session.editing.edit if self.session else None
        has_liver = bool(case and case.ct and any(s.role is Role.LIVER for s in case.segments))
        ui.flrHintLabel.visible = not has_liver
        ui.flrHintLabel.text = (
            "There is no liver segment to cut." if case else "Open a patient to edit the remnant."
        )
        ui.flrBeginFrame.visible = has_liver and edit is None
        ui.flrEditFrame.visible = edit is not None
        ui.flrHistoryFrame.visible = case is not None
        self._start.show()
        self._revisions.show()
        if edit and edit is not self._shown:
            self._figures.begin()
            self._tools.begin()
            self._start.tell("")
        self._shown = edit
        self._show_edit()

    def _changed(self) -> None:
        if self.panel.is_entered and not self._due.active:
            self._due.start()

    def _show_edit(self) -> None:
        edit = self.session.editing.edit if self.session else None
        self.editor.show()
        self._curve.show()
        if edit:
            self._figures.show(edit)
            self._plane.show(edit)
            self.steps.show(edit)
            self._revisions.show_edit(edit)
