"""Every name that the Qt face takes from Slicer exists there, by the list in `api.json`.

MRML, the logics and VTK are looked up in the `slicer-core` wheel itself.
"""

from __future__ import annotations

import ast

import pytest
import slicer
import vtk

import slicer_desktop  # noqa: F401  (it must come before PySide6)
from slicer_desktop import qt_modules
from slicer_desktop.api import LIST, api, names_of_class, names_of_module
from static.sources import FACE, MODULE, Use, parsed, uses

IN_SLICER = {"slicer.util", "slicer.packaging", "slicer.modules", "slicer.i18n"}


def is_known(use: Use) -> bool:
    """Whether Slicer has what is used."""
    if use.owner == "qt":
        return use.name in api()["classes"]
    if use.owner == "ctk":
        return use.name.startswith("ctk") and use.name in api()["classes"]
    if use.owner == "vtk":
        return hasattr(vtk, use.name)
    if use.owner == "vtkMRMLScene":
        return hasattr(slicer.vtkMRMLScene, use.name)
    if use.owner == "slicer":
        of_wheel = use.name.startswith("vtk") and hasattr(slicer, use.name)
        return of_wheel or use.name in names_of_module("slicer") | set(api()["classes"])
    if use.owner in api()["modules"]:
        # The module's own place is not in Slicer's list of modules.
        own = use.owner == "slicer.modules" and use.name.startswith(
            ("crlmexplorer", "CRLMExplorer")
        )
        return own or use.name in names_of_module(use.owner)
    # PythonQt finds `exec` by the name `exec_`, too.
    names = {use.name, use.name.removesuffix("_")}
    return use.owner in api()["classes"] and bool(names & names_of_class(use.owner))


@pytest.mark.parametrize("file", FACE, ids=lambda file: file.relative_to(MODULE).as_posix())
def test_every_name_exists_in_slicer(file):
    assert [use for use in uses(parsed(file), file.name) if not is_known(use)] == []


@pytest.mark.parametrize("file", FACE, ids=lambda file: file.relative_to(MODULE).as_posix())
def test_an_older_slicers_python_can_read_it(file):
    """So that Slicer 5.8 with its Python 3.9 says what is missing instead of a syntax error."""
    ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 9))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("qt.QPushButon()", "QPushButon"),
        ("ctk.ctkColapsibleButton()", "ctkColapsibleButton"),
        ("qt.Qt.AlignRigt", "AlignRigt"),
        ("b = qt.QPushButton()\nb.setTxt('')", "setTxt"),
        ("b = ctk.ctkCollapsibleButton()\nb.setCollapsed(True)", "setCollapsed"),
        ("slicer.getNode('x')", "getNode"),
        ("slicer.util.getNod('x')", "getNod"),
        ("slicer.vtkMRMLSegmentatonNode()", "vtkMRMLSegmentatonNode"),
        ("slicer.mrmlScene.AddNewNode()", "AddNewNode"),
        ("slicer.modules.segmentation.logic()", "segmentation"),
        ("slicer.app.layoutManger()", "layoutManger"),
        ("slicer.dicomDatabase.patientIDs()", "patientIDs"),
        ("from slicer.util import getNod", "getNod"),
        ("self.ui.openButton.setTxt('')", "setTxt"),
        ("table = self.ui.worklistTable\ntable.rowCont = 3", "rowCont"),
    ],
)
def test_a_slip_is_found(source, expected):
    assert [use.name for use in uses(ast.parse(source), "") if not is_known(use)] == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "b = qt.QPushButton()\nb.text = 'x'\nb.clicked.connect(f)",
        "qt.QSizePolicy.Expanding, qt.Qt.AlignRight, qt.QTimer.singleShot(0, f)",
        "slicer.util.getNode('x'), slicer.app.layoutManager().sliceWidget('Red')",
        "slicer.modules.segmentations.logic(), slicer.vtkMRMLSegmentationNode()",
        "slicer.mrmlScene.StartCloseEvent, vtk.vtkCommand.ModifiedEvent",
    ],
)
def test_what_exists_is_known(source):
    assert [use for use in uses(ast.parse(source), "") if not is_known(use)] == []


def test_the_list_says_where_each_name_was_found():
    entries = [*api()["classes"].values(), *api()["modules"].values()]
    assert all(entry["from"] for entry in entries), LIST


@pytest.mark.parametrize("name", sorted(qt_modules.stand_ins()))
def test_stand_ins_have_no_name_that_the_original_lacks(name):
    class_ = qt_modules.stand_ins()[name]
    of_qt = {
        inherited
        for c in class_.__mro__
        if c.__module__.startswith("PySide6.")
        for inherited in vars(c)
    }
    own = {
        own
        for c in class_.__mro__
        if c.__module__.startswith("slicer_desktop.")
        for own in vars(c)
        if not own.startswith("_") and own not in ("CPP_SIGNALS", "staticMetaObject")
    }
    assert own - of_qt <= names_of_class(name)
