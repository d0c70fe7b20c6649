"""What the sections of the panel have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


class Section:
    """A collapsible part of the panel: shows a part of the session and calls its operations.

    Parameters
    ----------
    panel
        The panel it is part of.

    Attributes
    ----------
    ui
        The named widgets of the panel.
    session
        The reader's session; None while there is no database.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.ui = panel.ui
        self.session: ReviewSession | None = None

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session from now on; derived classes connect to its signals."""
        self.session = session

    def restore(self, parameters: Any) -> None:
        """Take the reader's choices from a scene's parameter node."""

    def enter(self) -> None:
        """The reader turned to the module."""

    def exit(self) -> None:
        """The reader turned away: nothing may be observed any more."""
