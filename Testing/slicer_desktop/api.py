"""The list of names that Slicer's Python has, `Testing/static/api.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtGui, QtSvg, QtSvgWidgets, QtUiTools, QtWidgets
from PySide6.QtCore import QMetaObject

LIST = Path(__file__).parents[1] / "static" / "api.json"
_QT = (QtWidgets, QtGui, QtCore, QtSvg, QtSvgWidgets, QtUiTools)


@cache
def api() -> dict[str, Any]:
    """The whole list."""
    return json.loads(LIST.read_text(encoding="utf-8"))


def names_of_module(module: str) -> frozenset[str]:
    """The names of a Python module such as ``slicer.util``."""
    return frozenset(api()["modules"][module]["names"].split())


@cache
def listed(class_name: str) -> frozenset[str]:
    """The names that are listed for a class itself; none if it is not in the list."""
    return frozenset(api()["classes"].get(class_name, {}).get("names", "").split())


@cache
def names_of_class(class_name: str) -> frozenset[str]:
    """All that Slicer's Python finds on an object of a class, what it inherits included."""
    qt_class = next((getattr(m, class_name) for m in _QT if hasattr(m, class_name)), None)
    if qt_class is not None:
        names = frozenset().union(*(listed(class_.__name__) for class_ in qt_class.__mro__))
        meta = getattr(qt_class, "staticMetaObject", None)
        return names | _of_qt_5(_of_meta_object(meta), names) if meta else names
    base = api()["classes"][class_name].get("bases", "")
    return listed(class_name) | (names_of_class(base) if base in _known_bases() else frozenset())


def knows(class_: type, name: str) -> bool:
    """Whether Slicer's PythonQt knows a name on objects of a class of Qt or a stand-in."""
    return name in _names_of_python_class(class_)


@cache
def _names_of_python_class(class_: type) -> frozenset[str]:
    of_qt = [c.__name__ for c in class_.__mro__ if c.__module__.startswith("PySide6.")]
    own = _of_meta_object(class_.staticMetaObject).others
    return own.union(*(names_of_class(name) for name in of_qt))


def _known_bases() -> set[str]:
    return set(api()["classes"]) | {name for module in _QT for name in dir(module)}


@dataclass(frozen=True)
class _Meta:
    """What PythonQt reads from Qt itself: properties; signals, slots and enumerations."""

    properties: frozenset[str]
    others: frozenset[str]


def _of_meta_object(meta: QMetaObject) -> _Meta:
    methods = (meta.method(index) for index in range(meta.methodCount()))
    enums = [meta.enumerator(index) for index in range(meta.enumeratorCount())]
    return _Meta(
        properties=frozenset(meta.property(index).name() for index in range(meta.propertyCount())),
        others=frozenset(bytes(method.name().data()).decode() for method in methods)
        | {enum.name() for enum in enums}
        | {enum.key(index) for enum in enums for index in range(enum.keyCount())},
    )


def _of_qt_5(meta: _Meta, names: frozenset[str]) -> frozenset[str]:
    """All but the properties that Qt 5 has no function for.

    Signals, slots and enumerations that came with Qt 6 cannot be told from the others.
    """
    return meta.others | {
        name
        for name in meta.properties
        if names & {name, *(prefix + name[0].upper() + name[1:] for prefix in ("is", "has", "set"))}
    }
