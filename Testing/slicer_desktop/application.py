"""Stand-ins for what Slicer's application gives Python: `slicer.app` and its managers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject, QSettings, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QWidget

from CRLMExplorerLib.host import HeadlessHost

SLICE_VIEWS = ("Red", "Yellow", "Green")


class qSlicerApplication(QApplication):
    """`slicer.app`: one for the process, with the scene of the desktop that is running."""

    startupCompleted = Signal()

    def __init__(self) -> None:
        super().__init__(["Slicer"])
        self.setApplicationName("Slicer")
        self._core: HeadlessHost | None = None
        self._layout_manager: qSlicerLayoutManager | None = None
        self._modules: qSlicerModuleManager | None = None
        self._settings: QSettings | None = None
        self._folder = ""

    def _start(self, core: HeadlessHost, folder: Path) -> None:
        self._core = core
        self._folder = str(folder)
        self._layout_manager = qSlicerLayoutManager(core)
        self._modules = qSlicerModuleManager()
        self._settings = QSettings(str(folder / "Slicer.ini"), QSettings.Format.IniFormat)

    def mrmlScene(self) -> Any:
        return self._core.scene if self._core else None

    def applicationLogic(self) -> Any:
        return self._core.application_logic if self._core else None

    def layoutManager(self) -> qSlicerLayoutManager | None:
        return self._layout_manager

    def moduleManager(self) -> qSlicerModuleManager | None:
        return self._modules

    def moduleLogic(self, name: str) -> Any:
        return self._core.application_logic.GetModuleLogic(name) if self._core else None

    def userSettings(self) -> QSettings | None:
        return self._settings

    def settings(self) -> QSettings | None:
        return self._settings

    def testingEnabled(self) -> bool:
        """False, although this is a test: else Slicer's message boxes would not be shown."""
        return False

    def pauseRender(self) -> None:
        """Does nothing: nothing is rendered."""

    def resumeRender(self) -> None:
        """Does nothing: nothing is rendered."""

    def moduleDocumentationUrl(self, name: str) -> str:
        return f"{self.documentationBaseUrl}/user_guide/modules/{name.lower()}.html"

    def translate(self, context: str, text: str) -> str:
        return text

    temporaryPath = Property(str, lambda self: self._folder)
    slicerHome = Property(str, lambda self: self._folder)
    majorVersion = Property(int, lambda self: 5)
    minorVersion = Property(int, lambda self: 12)
    documentationBaseUrl = Property(str, lambda self: "https://slicer.readthedocs.io/en/latest")


class qSlicerModuleManager(QObject):
    """Knows the modules that are loaded."""

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._modules: dict[str, Any] = {}

    def module(self, name: str) -> Any:
        return self._modules.get(name)

    def factoryManager(self) -> qSlicerModuleManager:
        return self

    def loadedModulesNames(self) -> tuple[str, ...]:
        return tuple(self._modules)

    def isLoaded(self, name: str) -> bool:
        return name in self._modules


class qSlicerLayoutManager(QObject):
    """The slice views and the 3D view, as nodes and logics; there are no pictures."""

    layoutChanged = Signal(int)

    def __init__(self, core: HeadlessHost) -> None:
        super().__init__()
        self._core = core
        self._layout = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
        self._slices = {name: qMRMLSliceWidget(core, name) for name in SLICE_VIEWS}
        self._three_d = qMRMLThreeDWidget(core)
        self._viewport = QWidget()

    def viewport(self) -> QWidget:
        """What holds the views; a window of its own here, and empty."""
        return self._viewport

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(self._slices)

    def sliceWidget(self, name: str) -> qMRMLSliceWidget | None:
        return self._slices.get(name)

    def threeDWidget(self, index: int) -> qMRMLThreeDWidget | None:
        return self._three_d if index == 0 else None

    def mrmlScene(self) -> Any:
        return self._core.scene

    def mrmlSliceLogics(self) -> Any:
        return self._core.application_logic.GetSliceLogics()

    def setLayout(self, layout: int) -> None:
        if layout != self._layout:
            self._layout = layout
            self.layoutChanged.emit(layout)

    def resetSliceViews(self) -> None:
        for widget in self._slices.values():
            widget.fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        self._three_d.threeDView().resetFocalPoint()

    def pauseRender(self) -> None:
        """Does nothing: nothing is rendered."""

    def resumeRender(self) -> None:
        """Does nothing: nothing is rendered."""

    layout = Property(int, lambda self: self._layout, setLayout)
    threeDViewCount = Property(int, lambda self: 1)
    tableViewCount = Property(int, lambda self: 0)
    plotViewCount = Property(int, lambda self: 0)


class qMRMLSliceWidget(QWidget):
    """A slice view: real node and logic, no picture."""

    def __init__(self, core: HeadlessHost, name: str) -> None:
        super().__init__()
        self._view = qMRMLSliceView(self)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(core.application_logic)
        self._logic.SetMRMLScene(core.scene)
        self._node = self._logic.AddSliceNode(name)
        self._node.SetOrientation({"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}[name])
        core.application_logic.GetSliceLogics().AddItem(self._logic)

    def sliceLogic(self) -> Any:
        return self._logic

    def mrmlSliceNode(self) -> Any:
        return self._node

    def mrmlSliceCompositeNode(self) -> Any:
        return self._logic.GetSliceCompositeNode()

    def sliceView(self) -> qMRMLSliceView:
        return self._view

    def fitSliceToBackground(self) -> None:
        self._logic.FitSliceToAll()


class qMRMLSliceView(QWidget):
    """What the mouse moves over in a slice view."""

    def scheduleRender(self) -> None:
        """Does nothing: nothing is rendered."""

    def forceRender(self) -> None:
        """Does nothing: nothing is rendered."""


class qMRMLThreeDWidget(QWidget):
    """The 3D view: a real node, no picture."""

    def __init__(self, core: HeadlessHost) -> None:
        super().__init__()
        self._view = qMRMLThreeDView(self)
        self._node = core.scene.AddNewNodeByClass("vtkMRMLViewNode", "1")

    def threeDView(self) -> qMRMLThreeDView:
        return self._view

    def mrmlViewNode(self) -> Any:
        return self._node


class qMRMLThreeDView(QWidget):
    """What is asked of a 3D view."""

    def resetFocalPoint(self) -> None:
        """Does nothing: nothing is rendered."""

    def resetCamera(self) -> None:
        """Does nothing: nothing is rendered."""

    def scheduleRender(self) -> None:
        """Does nothing: nothing is rendered."""

    def forceRender(self) -> None:
        """Does nothing: nothing is rendered."""


def the_application() -> qSlicerApplication:
    """`slicer.app`; Qt allows one a process."""
    application = QApplication.instance() or qSlicerApplication()
    assert isinstance(application, qSlicerApplication)
    return application


class qSlicerModuleSelectorToolBar(QObject):
    """Turns from one module to another."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._selected = ""

    def selectModule(self, name: str) -> None:
        if name == self._selected:
            return
        for module, tell in ((self._selected, "exit"), (name, "enter")):
            found = slicer.app.moduleManager().module(module)
            if found:
                getattr(found.widgetRepresentation(), tell)()
        self._selected = name

    selectedModule = Property(str, lambda self: self._selected)


class qSlicerMainWindow(QMainWindow):
    """An empty main window, by the name that Slicer looks for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self._selector = qSlicerModuleSelectorToolBar(self)

    def moduleSelector(self) -> qSlicerModuleSelectorToolBar:
        return self._selector


@contextmanager
def answering(*buttons: QMessageBox.StandardButton) -> Iterator[list[str]]:
    """Answer message boxes as they come up, the last answer to all that follow.

    Gives what the boxes said, oldest first.
    """
    said: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            button = box.button(buttons[min(len(said), len(buttons) - 1)])
            said.append(box.text)
            button.click()

    timer = QTimer()
    timer.timeout.connect(answer)
    timer.start(10)
    try:
        yield said
    finally:
        timer.stop()
