"""Combo boxes that hold values behind their titles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from CRLMExplorerQt.tables import silent


def offer(box: Any, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    """Offer values by their titles, one of them chosen; nobody is told."""
    with silent(box):
        box.clear()
        for value, title in choices:
            box.addItem(title, value)
    choose(box, chosen)


def choose(box: Any, value: str) -> None:
    """Choose a value, the first if there is no such; nobody is told."""
    with silent(box):
        box.setCurrentIndex(max(box.findData(value), 0) if box.count else -1)


def chosen(box: Any) -> str:
    """The value chosen; empty if there is none."""
    return box.itemData(box.currentIndex) or ""
