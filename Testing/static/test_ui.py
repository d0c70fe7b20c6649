"""The .ui and the code agree, and Slicer has every widget and property that the .ui names."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

import slicer_desktop  # noqa: F401  (it must come before PySide6)
from slicer_desktop.api import api, names_of_class
from static.sources import ENTRY, FACE, UI, parsed, ui_classes, widgets_named

TREE = ET.parse(UI)
WIDGETS = list(TREE.iter("widget"))
ONLY_SHOWN = {"QLabel", "QWidget", "QFrame", "QGroupBox", "qMRMLWidget", "ctkCollapsibleButton"}
"""Classes that hold or explain others, and need not be named in the code."""


def parameter_of(widget: ET.Element) -> str | None:
    for found in widget.findall("property"):
        if found.get("name") == "SlicerParameterName":
            return found.findtext("string")
    return None


def fields_of_the_parameter_node() -> set[str]:
    for node in parsed(ENTRY).body:
        if isinstance(node, ast.ClassDef) and node.name == "CRLMExplorerParameterNode":
            return {
                field.target.id
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            }
    return set()


def test_names_are_given_once():
    assert [
        name for name, count in Counter(w.get("name") for w in WIDGETS).items() if count > 1
    ] == []


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.get("name"))
def test_widgets_and_their_properties_are_slicers(widget):
    class_ = widget.get("class")
    assert class_ in api()["classes"]
    properties = [p.get("name") for p in widget.findall("property") if p.get("stdset") != "0"]
    assert [name for name in properties if name not in names_of_class(class_)] == []


def test_widgets_that_qt_lacks_are_declared():
    foreign = {w.get("class") for w in WIDGETS if not w.get("class").startswith("Q")}
    declared = [custom.findtext("class") for custom in TREE.iter("customwidget")]
    assert sorted(foreign) == sorted(declared)


def test_what_the_code_names_is_in_the_ui():
    named = set().union(*(widgets_named(parsed(file)) for file in FACE))
    assert named - set(ui_classes()) == set()


def test_what_can_be_operated_is_named_in_the_code_or_bound_to_a_parameter():
    named = set().union(*(widgets_named(parsed(file)) for file in FACE))
    idle = [
        widget.get("name")
        for widget in WIDGETS
        if widget.get("class") not in ONLY_SHOWN
        and widget.get("name") not in named
        and not parameter_of(widget)
    ]
    assert idle == []


def test_bound_parameters_are_fields_of_the_parameter_node():
    bound = {parameter for widget in WIDGETS if (parameter := parameter_of(widget))}
    assert bound <= fields_of_the_parameter_node()
    assert fields_of_the_parameter_node()
