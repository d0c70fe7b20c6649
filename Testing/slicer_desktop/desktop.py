"""A running desktop: puts the stand-ins where the module looks for them, and takes them away."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget

from CRLMExplorerLib.host import HeadlessHost
from slicer_desktop import (
    api,
    application,
    dicom_database,
    dicom_plugins,
    manners,
    packaging_module,
    parameter_node,
    qt_modules,
    sample_data,
    scripted_module,
    scripted_modules,
)

MODULE_FILE = Path(__file__).parents[2] / "CRLMExplorer" / "CRLMExplorer.py"
_MODULES = (
    "qt",
    "ctk",
    "slicer.ScriptedLoadableModule",
    "slicer.parameterNodeWrapper",
    "slicer.packaging",
    "slicer.i18n",
    "SampleData",
)
_LOGICS = ("Terminologies", "Segmentations", "Volumes", "SubjectHierarchy")
_ABSENT = object()


class Desktop:
    """Slicer's desktop over the real core, with the module's panel in a window.

    Parameters
    ----------
    folder
        Where Slicer's settings and temporary files go.
    database
        The folder of the DICOM database that Slicer has open; None for none.

    Attributes
    ----------
    core
        The scene and the logics.
    window
        The main window; a loaded module's panel is its central widget.
    """

    def __init__(self, folder: Path, database: Path | None = None) -> None:
        self.application = application.the_application()
        manners.assume(api.knows)
        self.core = HeadlessHost()
        self._kept: list[tuple[Any, str, Any]] = []
        self._kept_modules = {name: sys.modules.get(name) for name in _MODULES}
        self._install(folder, database)
        self.window = application.qSlicerMainWindow()
        self._path = list(sys.path)

    # What a reader does

    def load(self, file: Path = MODULE_FILE) -> Any:
        """Load a module, show its panel and enter it; gives the module's widget in Python."""
        if str(file.parent) not in sys.path:
            sys.path.insert(0, str(file.parent))
        module = scripted_module.qSlicerScriptedLoadableModule(file)
        setattr(slicer.modules, file.stem.lower(), module)
        self.application.moduleManager()._modules[file.stem] = module
        self.application.startupCompleted.emit()
        # Modules that are loaded later are not told again.
        self.application.startupCompleted.disconnect()
        representation = module.widgetRepresentation()
        self.window.setCentralWidget(representation)
        self.window.resize(520, 1000)
        self.window.show()
        self.window.moduleSelector().selectModule(file.stem)
        self.settle()
        return representation.self()

    def panel(self, name: str = "CRLMExplorer") -> QWidget:
        """The widget that holds a module's panel."""
        return getattr(slicer.modules, name.lower()).widgetRepresentation()

    def settle(self, turns: int = 5) -> None:
        """Let Qt do what it has put off, and widgets that are to be deleted go."""
        for _ in range(turns):
            self.application.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def wait_until(self, holds: Callable[[], Any], within_s: float = 60.0) -> None:
        """Let Qt go on until something holds, e.g. until a job has ended."""
        end = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"it did not come true within {within_s} s")
            self.settle(1)
            time.sleep(0.005)

    def close_scene(self) -> None:
        """Close the scene, as File › Close does; the views' nodes are singletons and stay."""
        slicer.mrmlScene.Clear(0)
        self.settle()

    def reload(self, name: str = "CRLMExplorer") -> Any:
        """Reload a module as the developer's button does; gives its new widget in Python."""
        slicer.util.reloadScriptedModule(name)
        self.settle()
        return getattr(slicer.modules, f"{name}Widget")

    def screenshot(self, file: Path, widget: QWidget | None = None) -> None:
        """Keep a picture of a widget, by default of the window."""
        self.settle()
        file.parent.mkdir(parents=True, exist_ok=True)
        assert (widget or self.window).grab().save(str(file))

    @property
    def slot_errors(self) -> list[BaseException]:
        """What raised inside a function that a signal called."""
        return manners.slot_errors

    def close(self) -> None:
        """Leave: the module is told, and everything is as it was before."""
        for name in self.application.moduleManager().loadedModulesNames():
            self.application.moduleManager().moduleAboutToBeUnloaded.emit(name)
        self.window.close()
        self.window.deleteLater()
        self.settle()
        if slicer.dicomDatabase:
            slicer.dicomDatabase.closeDatabase()
        for owner, name, value in reversed(self._kept):
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        for name, module in self._kept_modules.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        sys.path[:] = self._path
        manners.drop()

    # How it is done

    def _install(self, folder: Path, database: Path | None) -> None:
        sys.modules["qt"] = qt_modules.QtModule()
        sys.modules["ctk"] = qt_modules.ctk_module()
        sys.modules["slicer.i18n"] = _translations()
        sys.modules["DICOMLib"] = scripted_modules.dicom_lib()
        sys.modules["SampleData"] = sample_data.module()
        for name, module in (
            ("ScriptedLoadableModule", scripted_module.module()),
            ("parameterNodeWrapper", parameter_node.module()),
            ("packaging", packaging_module.module()),
        ):
            sys.modules[f"slicer.{name}"] = module
            self._give(name, module)
        self._give("mrmlScene", self.core.scene)
        self._give("app", self.application)
        self._give("modules", self._modules_with_logics())
        self._give("dicomDatabase", dicom_database.opened(database) if database else None)
        for class_ in (
            scripted_module.qSlicerScriptedLoadableModule,
            scripted_module.qSlicerScriptedLoadableModuleWidget,
            *(c for n, c in qt_modules.stand_ins().items() if n.startswith(("qMRML", "qSlicer"))),
        ):
            self._give(class_.__name__, class_)
        self.application._start(self.core, folder)

    def _modules_with_logics(self) -> SimpleNamespace:
        logics = {name: self.core.application_logic.GetModuleLogic(name) for name in _LOGICS}
        return SimpleNamespace(
            dicomPlugins={"DICOMSegmentationPlugin": dicom_plugins.DICOMSegmentationPluginClass},
            **{
                name.lower(): SimpleNamespace(name=name, logic=lambda logic=logic: logic)
                for name, logic in logics.items()
            },
        )

    def _give(self, name: str, value: Any) -> None:
        self._kept.append((slicer, name, getattr(slicer, name, _ABSENT)))
        setattr(slicer, name, value)


def _translations() -> ModuleType:
    """`slicer.i18n`, in English."""
    module = ModuleType("slicer.i18n")
    module.tr = lambda text: text
    module.translate = lambda context, text: text
    return module
