"""The stand-in for Slicer's parameter node wrapper is as strict as the original.

Annotations are evaluated here, for they name types that are only there while the desktop runs.
"""

import enum
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import slicer


class Phase(enum.Enum):
    PORTAL = 1
    ARTERIAL = 2


@pytest.fixture
def wrapper(empty_desktop):
    from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        count: int
        margin_mm: Annotated[float, WithinRange(0, 50)] = 10
        name: str
        shown: bool = True
        file: Path
        phase: Phase
        start: Annotated[str, Choice(["liver", "released"])] = "liver"
        groups: list[str]
        segmentation: slicer.vtkMRMLSegmentationNode

    return Parameters


@pytest.fixture
def node(wrapper):
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")


def test_values_have_their_defaults_and_types(wrapper, node):
    parameters = wrapper(node)
    assert (parameters.count, parameters.margin_mm, parameters.name) == (0, 10.0, "")
    assert parameters.shown is True
    assert (parameters.file, parameters.phase) == (Path(), Phase.PORTAL)
    assert (parameters.groups, parameters.segmentation) == ([], None)


def test_values_lie_in_the_node(wrapper, node):
    parameters = wrapper(node)
    parameters.margin_mm = 5
    parameters.phase = Phase.ARTERIAL
    parameters.groups = ["a", "b"]
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    parameters.segmentation = segmentation
    again = wrapper(node)
    assert (again.margin_mm, again.phase, again.groups) == (5.0, Phase.ARTERIAL, ["a", "b"])
    assert again.segmentation is segmentation
    assert node.GetParameter("phase") == "ARTERIAL"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 1.5),
        ("count", np.int64(3)),
        ("count", None),
        ("margin_mm", 51),
        ("name", 3),
        ("file", "a.csv"),
        ("start", "elsewhere"),
        ("segmentation", "vtkMRMLSegmentationNode1"),
    ],
)
def test_a_wrong_value_is_refused(wrapper, node, name, value):
    with pytest.raises((TypeError, ValueError)):
        setattr(wrapper(node), name, value)


@pytest.mark.parametrize("kind", [np.ndarray, complex, object])
def test_a_type_that_slicer_cannot_keep_is_refused(wrapper, kind):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    with pytest.raises(TypeError, match="Unable to create serializer"):
        parameterNodeWrapper(type("Parameters", (), {"__annotations__": {"values": kind}}))


def test_widgets_and_values_follow_each_other(wrapper, node):
    import ctk
    import qt

    parameters = wrapper(node)
    widgets = {
        "margin_mm": ctk.ctkSliderWidget(),
        "name": qt.QLineEdit(),
        "shown": qt.QCheckBox(),
        "phase": qt.QComboBox(),
        "start": qt.QComboBox(),
        "file": ctk.ctkPathLineEdit(),
        "count": qt.QSpinBox(),
    }
    tag = parameters.connectParametersToGui(widgets)
    assert (widgets["margin_mm"].maximum, widgets["margin_mm"].value) == (50, 10)
    widgets["margin_mm"].value = 7
    widgets["name"].text = "reader"
    widgets["shown"].checked = False
    widgets["phase"].setCurrentText("ARTERIAL")
    widgets["start"].currentIndex = 1
    widgets["count"].value = 3
    assert (parameters.margin_mm, parameters.name, parameters.shown) == (7.0, "reader", False)
    assert (parameters.phase, parameters.start, parameters.count) == (Phase.ARTERIAL, "released", 3)
    parameters.file = Path("clinical.xlsx")
    assert widgets["file"].currentPath == "clinical.xlsx"
    parameters.disconnectGui(tag)
    widgets["count"].value = 9
    assert parameters.count == 3


@pytest.mark.parametrize(("name", "class_"), [("margin_mm", "QSlider"), ("count", "QLineEdit")])
def test_a_widget_of_another_kind_is_refused(wrapper, node, name, class_):
    import qt

    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        wrapper(node).connectParametersToGui({name: getattr(qt, class_)()})
