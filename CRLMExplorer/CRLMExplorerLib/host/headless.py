"""The Slicer core without an application: for the command line, batches and tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import slicer
from vtkmodules.vtkCommonCore import vtkCollection

from CRLMExplorerLib.host.host import Node


class HeadlessHost:
    """A scene with the application logic and the module logics that segmentations need.

    Attributes
    ----------
    scene
        The vtkMRMLScene.
    application_logic
        The vtkSlicerApplicationLogic that the module logics are registered with.
    terminologies
        The vtkSlicerTerminologiesModuleLogic; it has contexts where their files are installed.
    """

    draws_by_cpu = True

    def __init__(self) -> None:
        self.scene: Node = slicer.vtkMRMLScene()
        self.application_logic = slicer.vtkSlicerApplicationLogic()
        self.application_logic.SetMRMLScene(self.scene)
        colors = self.application_logic.GetColorLogic()
        colors.SetMRMLScene(self.scene)
        colors.AddDefaultColorNodes()
        self.application_logic.SetSliceLogics(vtkCollection())
        self.application_logic.SetViewLogics(vtkCollection())
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        self.terminologies = slicer.vtkSlicerTerminologiesModuleLogic()
        if folder := _terminology_folder():
            # The contexts are read when the scene is set: the folder must be known before.
            self.terminologies.SetModuleShareDirectory(str(folder))
        self._logics = {
            "Terminologies": self.terminologies,
            "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic(),
            "Volumes": slicer.vtkSlicerVolumesLogic(),
            "SubjectHierarchy": slicer.vtkSlicerSubjectHierarchyModuleLogic(),
        }
        for name, logic in self._logics.items():
            logic.SetMRMLScene(self.scene)
            logic.SetMRMLApplicationLogic(self.application_logic)
            self.application_logic.SetModuleLogic(name, logic)


def _terminology_folder() -> Path | None:
    # The slicer-core wheel ships no terminologies; trame-slicer's wheel does.
    spec = importlib.util.find_spec("trame_slicer")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "resources" / "terminologies"
        if folder.is_dir():
            return folder
    return None
