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

_FROM_SLICER = "5.12"
"""The first that brings slicer.packaging, and a plugin for DICOM segmentations."""


def missing(requirements: str) -> list[str]:
    """What of a requirements file is not installed; all of it where Slicer cannot tell."""
    if IS_SLICER_TOO_OLD:
        lines = Path(requirements).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]
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
            # The reader declined, or pip failed: Slicer has shown pip's own words by then.
            self._say_again(str(error))
            return
        if missing(self._requirements):
            # Slicer installs nothing while it is testing.
            self._say_again("Slicer installed nothing")
            return
        try:
            self._ready()
        except ImportError as error:
            self._say_again(f"what is installed works after a restart of Slicer only: {error}")
            return
        self.widget.hide()

    def _say_again(self, reason: str) -> None:
        self._label.text = f"{self._sentence()}\n\nNot installed: {reason.rstrip('.')}."
        self.button.text = "Try again…"

    def _sentence(self) -> str:
        names = ", ".join(missing(self._requirements))
        if IS_SLICER_TOO_OLD:
            found = f"{slicer.app.majorVersion}.{slicer.app.minorVersion}"
            return (
                f"CRLM Explorer needs Slicer {_FROM_SLICER} or newer; this is Slicer {found}. It "
                f"lacks slicer.packaging, which would install what else is needed: {names}"
            )
        return f"CRLM Explorer needs packages that are not in this Slicer yet: {names}"
