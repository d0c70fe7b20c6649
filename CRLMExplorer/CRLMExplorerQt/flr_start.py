"""What an edit begins with, and what was not saved of one before."""

from __future__ import annotations

from CRLMExplorerLib.resection import WHOLE_LIVER, Hepatectomy, starting_cut
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.flr_part import FlrPart

HEPATECTOMIES = [(h.name, f"{h.value.capitalize()} (approximate)") for h in Hepatectomy]
"""Values and titles of the resections that there is a starting plane for."""


class FlrStart(FlrPart):
    """Begin an edit, or take up again the one that was not saved."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        ui.flrBeginButton.connect("clicked()", self._begin)
        ui.flrResumeButton.connect("clicked()", lambda: self.editing.resume())
        ui.flrForgetButton.connect("clicked()", lambda: self.editing.discard_pending())

    def show(self) -> None:
        """Show what could be begun."""
        ui, editing = self.ui, self.editing
        ui.flrPendingLabel.text = wording.pending_sentence(editing) if editing else ""
        ui.flrPendingFrame.visible = bool(ui.flrPendingLabel.text)
        ui.flrElsewhereLabel.text = wording.elsewhere_sentence(editing) if editing else ""
        ui.flrElsewhereLabel.visible = bool(ui.flrElsewhereLabel.text)
        # What waits to be taken up or forgotten comes first.
        for widget in (ui.flrStartComboBox, ui.flrBeginButton):
            widget.enabled = not ui.flrPendingLabel.text
        starts = wording.start_choices(editing) if editing else []
        offer(ui.flrStartComboBox, starts + HEPATECTOMIES, chosen(ui.flrStartComboBox))

    def add_hepatectomy(self, name: str) -> None:
        """Add the approximate plane of a resection to the edit."""
        edit, case = self.edit, self.panel.session.case
        if edit and case:
            start = starting_cut(Hepatectomy[name], case.segments)
            edit.add(start.cut)
            self.tell(start.note)

    def _begin(self) -> None:
        self.panel.say("")
        start = chosen(self.ui.flrStartComboBox)
        if start in Hepatectomy.__members__:
            self.editing.begin(WHOLE_LIVER)
            self.attempt(lambda: self.add_hepatectomy(start))
        else:
            self.editing.begin(start)
