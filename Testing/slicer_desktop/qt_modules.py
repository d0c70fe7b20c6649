"""The modules `qt` and `ctk` as Slicer's Python has them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtSvg, QtSvgWidgets, QtTest, QtUiTools, QtWidgets

from slicer_desktop import ctk_widgets, dicom_database, mrml_widgets

_QT = (QtWidgets, QtGui, QtCore, QtSvg, QtSvgWidgets, QtNetwork, QtTest)
_OF_PYSIDE_ONLY = {"Signal", "Slot", "Property", "SignalInstance", "QEnum", "QFlag", "ClassInfo"}


class UiError(Exception):
    """A .ui file that Slicer could not show as it is meant."""


class QtModule(ModuleType):
    """`qt`: all of Qt's modules in one."""

    def __init__(self) -> None:
        super().__init__("qt")
        self.QUiLoader = UiLoader

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name not in _OF_PYSIDE_ONLY:
            for module in _QT:
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"module 'qt' has no attribute '{name}'")


def ctk_module() -> ModuleType:
    """`ctk`, with the stand-ins."""
    module = ModuleType("ctk")
    for name, class_ in (*vars(ctk_widgets).items(), *vars(dicom_database).items()):
        if name.startswith("ctk"):
            setattr(module, name, class_)
    return module


def stand_ins() -> dict[str, type[QtWidgets.QWidget]]:
    """The widgets that Qt does not have, by their class names."""
    return {
        name: class_
        for module in (ctk_widgets, mrml_widgets)
        for name, class_ in vars(module).items()
        if isinstance(class_, type) and class_.__module__ == module.__name__
    }


class _Builder(QtUiTools.QUiLoader):
    """Makes stand-ins where a .ui file names a widget that Qt does not have."""

    def __init__(self) -> None:
        super().__init__()
        self._stand_ins = stand_ins()

    def createWidget(
        self, class_name: str, parent: QtWidgets.QWidget | None = None, name=""
    ) -> Any:
        if class_name not in self._stand_ins:
            if class_name not in self.availableWidgets():
                raise UiError(f"there is no widget {class_name} in Qt, nor a stand-in for it")
            return super().createWidget(class_name, parent, name)
        widget = self._stand_ins[class_name](*([parent] if parent else []))
        widget.setObjectName(name)
        return widget


class UiLoader:
    """`qt.QUiLoader`. Connections in a .ui file are made by the manners, so that a slip shows."""

    def load(self, file: QtCore.QIODevice) -> QtWidgets.QWidget:
        """Make the widgets of a .ui file."""
        tree = ET.fromstring(bytes(file.readAll().data()))
        connections = list(tree.iter("connection"))
        for parent in tree.iter("connections"):
            parent.clear()
        buffer = QtCore.QBuffer()
        buffer.setData(ET.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = _Builder().load(buffer)
        widgets = {child.objectName: child for child in widget.findChildren(QtCore.QObject)}
        widgets[widget.objectName] = widget
        for connection in connections:
            _connect(widgets, **{part.tag: part.text or "" for part in connection})
        return widget


def _connect(
    widgets: dict[str, Any], sender: str, signal: str, receiver: str, slot: str, hints: str = ""
) -> None:
    for name in (sender, receiver):
        if name not in widgets:
            raise UiError(f"a connection names {name}, which is not there")
    target = getattr(widgets[receiver], slot.split("(")[0])
    if not widgets[sender].connect(signal, target):
        raise UiError(f"{sender} has no signal {signal}")
