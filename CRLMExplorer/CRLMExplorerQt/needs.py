"""Packages that Slicer does not come with: what is missing, and installing it when asked to.

This file must run before any of them is there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
import slicer

try:
    import slicer.packaging
except ImportError:
    IS_SLICER_TOO_OLD = True
else:
    IS_SLICER_TOO_OLD = False


def missing(requirements: str) -> list[str]:
    """What of a requirements file is not installed; all of it where Slicer cannot tell."""
    if IS_SLICER_TOO_OLD:
        return [
            line for line in Path(requirements).read_text(encoding="utf-8").splitlines() if line
        ]
    return [
        str(requirement)
        for requirement in slicer.packaging.load_requirements(requirements)
        if not slicer.packaging.pip_check(requirement)
    ]


class Needs:
    """Stands in the panel's place until what it needs is there.

    Parameters
    ----------
    requirements
        The requirements file.
    ready
        Called once everything is installed.
    """

    def __init__(self, requirements: str, ready: Callable[[], None]) -> None:
        self._requirements = requirements
        self._ready = ready
        self.widget = qt.QWidget()
        layout = qt.QVBoxLayout(self.widget)
        self._label = qt.QLabel(self._sentence())
        self._label.wordWrap = True
        layout.addWidget(self._label)
        self.button = qt.QPushButton("Install…")
        self.button.visible = not IS_SLICER_TOO_OLD
        self.button.connect("clicked()", self.install)
        layout.addWidget(self.button)
        layout.addStretch(1)

    def install(self) -> None:
        """Install what is missing, after the reader has agreed to it."""
        try:
            slicer.packaging.pip_ensure(
                slicer.packaging.load_requirements(self._requirements), requester="CRLM Explorer"
            )
        except Exception as error:
            slicer.util.errorDisplay(f"What CRLM Explorer needs is not installed: {error}")
            return
        self.widget.hide()
        self._ready()

    def _sentence(self) -> str:
        if IS_SLICER_TOO_OLD:
            return "CRLM Explorer needs Slicer 5.12 or newer."
        return "CRLM Explorer needs packages that are not in this Slicer yet: " + ", ".join(
            missing(self._requirements)
        )
