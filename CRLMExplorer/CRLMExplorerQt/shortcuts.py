"""Keys, while the reader is in the module.

In Slicer's views V and T mean something else already, and so do the digits of the keypad: these
work while the panel has the focus. Undo and redo work there and in the views; elsewhere they are
Slicer's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer


class Shortcuts:
    """The panel's keys.

    Parameters
    ----------
    everywhere
        What keys do in Slicer's whole window.
    in_panel
        What keys do while the focus is in the panel.
    in_panel_and_views
        What keys do while the focus is in the panel or in a view.
    panel
        The panel's widget.
    """

    def __init__(
        self,
        everywhere: dict[str, Callable[[], None]],
        in_panel: dict[str, Callable[[], None]],
        in_panel_and_views: dict[str, Callable[[], None]],
        panel: Any,
    ) -> None:
        self._everywhere = everywhere
        self._in_panel = in_panel
        self._in_panel_and_views = in_panel_and_views
        self._panel = panel
        self.keys: dict[str, Any] = {}

    def install(self) -> None:
        """Let the keys work."""
        self.uninstall()
        window = slicer.util.mainWindow() or self._panel
        views = slicer.app.layoutManager().viewport()
        focused = qt.Qt.WidgetWithChildrenShortcut
        for parent, actions, context, place in (
            (window, self._everywhere, qt.Qt.WindowShortcut, ""),
            (self._panel, self._in_panel, focused, ""),
            (self._panel, self._in_panel_and_views, focused, ""),
            (views, self._in_panel_and_views, focused, " in views"),
        ):
            for key, action in actions.items():
                shortcut = qt.QShortcut(qt.QKeySequence(key), parent)
                shortcut.setContext(context)
                shortcut.connect("activated()", action)
                # Slicer's own menu may have the key as well.
                shortcut.connect("activatedAmbiguously()", action)
                self.keys[key + place] = shortcut

    def uninstall(self) -> None:
        """Give the keys back."""
        for shortcut in self.keys.values():
            shortcut.enabled = False
            shortcut.deleteLater()
        self.keys = {}
