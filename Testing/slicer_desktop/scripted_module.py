"""Stand-ins for Slicer's base classes of modules written in Python, and for what holds them.

The behaviour is that of `slicer.ScriptedLoadableModule` and of the C++ classes that load a module,
show its widget and tell it that it was entered or left.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QVBoxLayout

from slicer_desktop.mrml_widgets import qMRMLWidget
from slicer_desktop.stored import stored


class qSlicerScriptedLoadableModule(QObject):
    """`slicer.modules.<name>`: what a module says of itself, and its one widget."""

    title = stored("title", str, "")
    categories = stored("categories", "QStringList", [])
    contributors = stored("contributors", "QStringList", [])
    associatedNodeTypes = stored("associatedNodeTypes", "QStringList", [])
    helpText = stored("helpText", str, "")
    acknowledgementText = stored("acknowledgementText", str, "")
    icon = stored("icon", QIcon, QIcon())
    hidden = stored("hidden", bool, False)
    dependencies = stored("dependencies", "QStringList", [])
    index = stored("index", int, -1)

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._source = _source_of(file)
        self._widget: qSlicerScriptedLoadableModuleWidget | None = None
        self._self = getattr(self._source, file.stem)(self)

    path = Property(str, lambda self: str(self._file))

    def self(self) -> Any:
        return self._self

    def widgetRepresentation(self) -> qSlicerScriptedLoadableModuleWidget:
        if self._widget is None:
            self._widget = qSlicerScriptedLoadableModuleWidget(self._file.stem)
        return self._widget


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """Where a module's widget is shown."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._entered = False
        QVBoxLayout(self)
        self.setMRMLScene(slicer.mrmlScene)
        self._make()

    isEntered = Property(bool, lambda self: self._entered)

    def self(self) -> Any:
        return self._self

    def enter(self) -> None:
        self._entered = True
        self._tell("enter")

    def exit(self) -> None:
        self._entered = False
        self._tell("exit")

    def reload(self) -> None:
        self._make()

    def _tell(self, what: str) -> None:
        # A module's widget need not care.
        if hasattr(self._self, what):
            getattr(self._self, what)()

    def _make(self) -> None:
        widget_class = getattr(sys.modules[self._name], f"{self._name}Widget")
        self._self = widget_class(self)
        setattr(slicer.modules, f"{self._name}Widget", self._self)
        self._self.setup()


def _source_of(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


class ScriptedLoadableModule:
    """What a module says of itself."""

    def __init__(self, parent: qSlicerScriptedLoadableModule) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__
        for suffix in (".svg", ".png"):
            icon = Path(self.resourcePath(f"Icons/{self.moduleName}{suffix}"))
            if icon.is_file():
                parent.icon = QIcon(str(icon))
                break

    def resourcePath(self, name: str) -> str:
        return str(Path(self.parent.path).parent / "Resources" / name)

    def getDefaultModuleDocumentationLink(self, docPage: str | None = None) -> str:
        return f'<p><a href="{slicer.app.moduleDocumentationUrl(self.moduleName)}">Help</a></p>'


class ScriptedLoadableModuleWidget:
    """A module's widget. The developer's section is never shown."""

    def __init__(self, parent: qMRMLWidget) -> None:
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False
        self.parent = parent
        self.layout = parent.layout()
        slicer.app.moduleManager().connect(
            "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
        )

    def resourcePath(self, name: str) -> str:
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / name)

    def setup(self) -> None:
        """Nothing to show without the developer's mode."""

    def cleanup(self) -> None:
        """Called before the widget is destroyed."""

    def onReload(self) -> None:
        slicer.util.reloadScriptedModule(self.moduleName)

    def _onModuleAboutToBeUnloaded(self, name: str) -> None:
        if name == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect(
                "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
            )


class ScriptedLoadableModuleLogic:
    """A module's logic: it finds or makes the module's parameter node in the scene."""

    def __init__(self, parent: object = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> Any:
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node:
            # Closing a scene may take the attribute away.
            node.SetAttribute("ModuleName", self.moduleName)
            return node
        return slicer.mrmlScene.AddNode(self.createParameterNode())

    def createParameterNode(self) -> Any:
        node = slicer.vtkMRMLScriptedModuleNode()
        node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """A module's tests, which Slicer runs by `runTest`."""

    def delayDisplay(self, message: str, requestedDelay: int = 0, msec: int = 0) -> None:
        logging.info(message)
        slicer.app.processEvents()

    def runTest(self) -> None:
        for name in [name for name in dir(self) if name.startswith("test")]:
            self.setUp()
            getattr(self, name)()
            self.tearDown()


def module() -> ModuleType:
    """`slicer.ScriptedLoadableModule`."""
    found = ModuleType("slicer.ScriptedLoadableModule")
    classes = (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    )
    for class_ in classes:
        setattr(found, class_.__name__, class_)
    found.__all__ = [class_.__name__ for class_ in classes]
    return found
