"""What the parts of the section “Future liver remnant” have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from CRLMExplorerLib.errors import CRLMExplorerError

if TYPE_CHECKING:
    from CRLMExplorerLib.review.editing import Editing
    from CRLMExplorerLib.review.flr_edit import FlrEdit
    from CRLMExplorerQt.panel import Panel


class FlrPart:
    """A group of widgets of the section, at work on the session's edit.

    Parameters
    ----------
    panel
        The panel that the section is part of.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.ui = panel.ui

    @property
    def editing(self) -> Editing | None:
        """Editing the FLR of whoever is open; None without a session."""
        return self.panel.session.editing if self.panel.session else None

    @property
    def edit(self) -> FlrEdit | None:
        """The edit under way; None while none is."""
        return self.editing.edit if self.editing else None

    def attempt(self, action: Callable[[], object]) -> None:
        """Do something that bad input may prevent, and tell why."""
        self.tell("")
        try:
            action()
        except CRLMExplorerError as error:
            self.tell(str(error))

    def tell(self, sentence: str) -> None:
        """Tell the reader something beside the tools, or at the panel's top without an edit."""
        if self.edit is None:
            self.panel.say(sentence)
            return
        self.ui.flrNoteLabel.text = sentence
        self.ui.flrNoteLabel.visible = bool(sentence)
