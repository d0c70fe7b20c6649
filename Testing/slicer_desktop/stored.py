"""Properties of stand-ins that only remember what they were told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Property, QObject


def stored(
    name: str, kind: type | str, default: Any, changed: Callable[[Any, Any], None] | None = None
) -> Property:
    """A Qt property that keeps a value of a type.

    Parameters
    ----------
    name
        The property's name.
    kind
        Its type, in Python or by Qt's name.
    default
        Its value before it is set.
    changed
        Called with the object and the value whenever it is set to another.
    """
    key = f"_stored_{name}"

    def get(self: QObject) -> Any:
        return object.__getattribute__(self, "__dict__").get(key, default)

    def set_(self: QObject, value: Any) -> None:
        if value != get(self):
            object.__getattribute__(self, "__dict__")[key] = value
            if changed:
                changed(self, value)

    return Property(kind, get, set_)
