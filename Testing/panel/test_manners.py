"""What would fail in Slicer fails on this host, and what works there works here."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest


@pytest.fixture
def qt(empty_desktop):
    import qt

    return qt


@pytest.fixture
def ctk(empty_desktop):
    import ctk

    return ctk


@pytest.fixture
def button(qt):
    return qt.QPushButton("Open")


def test_a_property_is_a_value(button):
    assert button.text == "Open"
    button.text = "Close"
    button.checkable = True
    assert (button.text, button.checkable, button.isCheckable()) == ("Close", True, True)


@pytest.mark.parametrize("name", ["text", "enabled", "toolTip", "objectName"])
def test_a_property_cannot_be_called(button, name):
    with pytest.raises(TypeError, match="not callable"):
        getattr(button, name)()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("txt", "x", "creating new attributes on C\\+\\+ objects is not allowed"),
        ("setText", "x", "can not be overwritten"),
        ("clicked", "x", "can not be overwritten"),
        ("text", None, "does not accept"),
        ("text", Path("x"), "does not accept"),
        ("width", 5, "not writable"),
    ],
)
def test_what_cannot_be_set_says_so(button, name, value, message):
    with pytest.raises(AttributeError, match=message):
        setattr(button, name, value)


@pytest.mark.parametrize("name", ["setTxt", "isVisibel", "checkStateChanged"])
def test_an_unknown_name_says_so(button, name):
    with pytest.raises(AttributeError, match=f"QPushButton has no attribute named '{name}'"):
        getattr(button, name)


def test_what_only_qt_6_has_is_unknown(qt):
    with pytest.raises(AttributeError, match="QCalendarWidgetX"):
        _ = qt.QCalendarWidgetX
    with pytest.raises(AttributeError, match="Signal"):
        _ = qt.Signal
    with pytest.raises(AttributeError, match="setPlaceholderTextAlpha"):
        qt.QLineEdit().setPlaceholderTextAlpha(3)
    with pytest.raises(AttributeError, match="labelDrawingMode"):
        qt.QComboBox().labelDrawingMode()


def test_a_signal_is_connected_both_ways_and_gives_what_is_taken(button):
    got = []

    def nothing() -> None:
        got.append("nothing")

    def one(checked) -> None:
        got.append(checked)

    button.clicked.connect(nothing)
    button.clicked.connect(one)
    button.connect("clicked()", nothing)
    button.connect("clicked(bool)", one)
    button.clicked.connect(lambda checked=None, i=7: got.append((checked, i)))
    button.click()
    assert got == ["nothing", False, "nothing", False, (False, 7)]


def test_a_signal_is_disconnected_both_ways(button):
    got = []

    def note() -> None:
        got.append(1)

    button.clicked.connect(note)
    button.connect("clicked()", note)
    assert button.clicked.disconnect(note)
    button.click()
    assert got == [1]
    assert button.disconnect("clicked()", note)
    assert not button.disconnect("clicked()", note)
    button.click()
    assert got == [1]


def test_a_misspelt_signal_only_prints(button, capfd):
    assert not button.connect("clickd()", print)
    assert "signal 'clickd()' does not exist on QPushButton" in capfd.readouterr().err
    with pytest.raises(AttributeError):
        button.clickd.connect(print)


def test_enumerations_are_integers(qt):
    slider = qt.QSlider(qt.Qt.Horizontal)
    assert slider.orientation == 1
    assert isinstance(qt.Qt.AlignRight, int)
    assert qt.Qt.AlignRight | qt.Qt.AlignVCenter == 0x82
    slider.orientation = qt.Qt.Vertical
    assert slider.orientation == 2


def test_a_class_in_python_may_have_attributes_and_override(qt):
    class Label(qt.QLabel):
        def __init__(self) -> None:
            super().__init__("x")
            self.patient = "CRLM-CT-1001"

        def sizeHint(self):
            return qt.QSize(77, 5)

    label = Label()
    assert (label.patient, label.text) == ("CRLM-CT-1001", "x")
    label.adjustSize()
    assert label.width == 77


def test_children_and_dynamic_properties_are_attributes(qt, button):
    widget = qt.QWidget()
    button.setParent(widget)
    button.name = "openButton"
    assert widget.openButton is button
    widget.setProperty("patient", "1001")
    assert widget.patient == "1001"
    widget.patient = "1002"
    assert widget.property("patient") == "1002"


def test_a_deleted_object_says_so(button):
    button.delete()
    with pytest.raises(ValueError, match="destroyed QPushButton"):
        _ = button.text


def test_an_object_without_parent_goes_with_its_last_name(qt):
    button = qt.QPushButton("x")
    gone = weakref.ref(button)
    button.clicked.connect(lambda: None)
    del button
    gc.collect()
    assert gone() is None


def test_ctks_widgets_have_what_python_sees_of_them_and_no_more(ctk, qt):
    section = ctk.ctkCollapsibleButton()
    layout = qt.QVBoxLayout(section)
    inner = qt.QLabel("inside")
    layout.addWidget(inner)
    folded = []
    section.contentsCollapsed.connect(folded.append)
    section.collapsed = True
    assert folded == [True]
    assert inner.isHidden()
    with pytest.raises(AttributeError, match="setCollapsed"):
        section.setCollapsed(False)


def test_a_slot_that_raises_is_noticed(empty_desktop, button):
    button.clicked.connect(lambda: 1 / 0)
    button.click()
    assert [type(error) for error in empty_desktop.slot_errors] == [ZeroDivisionError]
    empty_desktop.slot_errors.clear()


def test_afterwards_pyside_is_itself_again(tmp_path):
    from PySide6.QtWidgets import QLabel

    from slicer_desktop.desktop import Desktop

    desktop = Desktop(tmp_path)
    label = QLabel("x")
    assert label.text == "x"
    desktop.close()
    assert label.text() == "x"
    with pytest.raises(ModuleNotFoundError):
        import ctk  # noqa: F401
