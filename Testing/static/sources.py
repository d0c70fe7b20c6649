"""The files that run in Slicer, and what they take from it, read from their source."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODULE = Path(__file__).parents[2] / "CRLMExplorer"
ENTRY = MODULE / "CRLMExplorer.py"
UI = MODULE / "Resources" / "UI" / "CRLMExplorer.ui"
FACE = [ENTRY, *sorted((MODULE / "CRLMExplorerQt").rglob("*.py"))]

OWNERS = {
    "slicer.app": "qSlicerApplication",
    "slicer.app.layoutManager()": "qSlicerLayoutManager",
    "slicer.app.moduleManager()": "qSlicerModuleManager",
    "slicer.dicomDatabase": "ctkDICOMDatabase",
}
"""What Slicer gives by these expressions, by class."""


@dataclass(frozen=True)
class Use:
    """An attribute that a source takes from something.

    Attributes
    ----------
    owner
        What it is taken from: a module such as ``qt`` or ``slicer.util``, or a class.
    name
        The attribute.
    place
        File and line.
    """

    owner: str
    name: str
    place: str


@cache
def ui_classes() -> dict[str, str]:
    """The class of each widget in the .ui, by the widget's name."""
    tree = ET.parse(UI)
    return {widget.get("name", ""): widget.get("class", "") for widget in tree.iter("widget")}


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def uses(tree: ast.Module, file: str) -> Iterator[Use]:
    """What a source takes from Slicer's modules, from the .ui's widgets and from those it makes."""
    classes = _classes_of_names(tree)
    for node in ast.walk(tree):
        place = f"{file}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _MODULES:
            for alias in node.names:
                yield Use(node.module or "", alias.name, place)
        elif isinstance(node, ast.Attribute):
            owner = _owner(node.value, classes)
            if owner:
                yield Use(owner, node.attr, place)


def widgets_named(tree: ast.Module) -> set[str]:
    """The names of the .ui's widgets that a source uses, as ``….ui.name`` or ``ui.name``."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_ui(node.value)
    }


_MODULES = {"qt", "ctk", "slicer", "vtk"}


def _owner(value: ast.expr, classes: dict[str, str]) -> str | None:
    text = ast.unparse(value)
    if text in _MODULES or text in ("slicer.util", "slicer.packaging", "slicer.modules"):
        return text
    if text == "slicer.mrmlScene":
        return "vtkMRMLScene"
    if isinstance(value, ast.Attribute) and ast.unparse(value.value) in ("qt", "ctk"):
        return value.attr
    return _class_of(value, classes)


def _class_of(value: ast.expr, classes: dict[str, str]) -> str | None:
    """The class of what an expression gives, as far as it can be told."""
    text = ast.unparse(value)
    if text in classes or text in OWNERS:
        return classes.get(text) or OWNERS[text]
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        made = value.func
        if ast.unparse(made.value) in ("qt", "ctk") and made.attr[0] in "Qc":
            return made.attr
    if isinstance(value, ast.Attribute) and _is_ui(value.value):
        return ui_classes().get(value.attr)
    return None


def _classes_of_names(tree: ast.Module) -> dict[str, str]:
    """The class of each name that a source gives to a widget, if it gives it to one class only."""
    found: dict[str, set[str | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, (ast.Name, ast.Attribute)):
                    found.setdefault(ast.unparse(target), set()).add(_class_of(node.value, {}))
        elif isinstance(node, (ast.For, ast.arg, ast.withitem, ast.AnnAssign)):
            for name in _bound(node):
                found.setdefault(name, set()).add(None)
    return {
        name: next(iter(classes))
        for name, classes in found.items()
        if len(classes) == 1 and None not in classes
    }  # type: ignore[misc]


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.arg):
        yield node.arg
        return
    target = getattr(node, "optional_vars", None) or getattr(node, "target", None)
    for part in ast.walk(target) if target else ():
        if isinstance(part, (ast.Name, ast.Attribute)):
            yield ast.unparse(part)


def _is_ui(value: ast.expr) -> bool:
    return ast.unparse(value).split(".")[-1] in ("ui", "_ui")
