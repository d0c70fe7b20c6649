"""Asking the reader for a file."""

from __future__ import annotations

from typing import Any

import qt


def file_to_open(parent: Any, title: str, filters: str) -> str:
    """A file that is there; empty if the reader cancels."""
    return _path(qt.QFileDialog.getOpenFileName(parent, title, "", filters))


def file_to_save(parent: Any, title: str, name: str, filters: str) -> str:
    """A file to write, ``name`` being proposed; empty if the reader cancels."""
    return _path(qt.QFileDialog.getSaveFileName(parent, title, name, filters))


def _path(chosen: Any) -> str:
    # PySide gives the filter along with the file.
    return chosen[0] if isinstance(chosen, tuple) else chosen
