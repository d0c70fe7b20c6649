"""A stand-in for Slicer's DICOM plugin that loads DSOs: it goes the way that the original goes.

dcmqi, SimpleITK and Slicer's own import do the work. As in the original, segments have ids that
nobody can foresee, label values that are SegmentNumbers, and names by position: a segment without
voxels is left out, and all later names are wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from CRLMExplorerLib.dicom.nodes import matrix_of
from CRLMExplorerLib.geometry import lps_to_ras

PROGRAM = Path(sys.executable).with_name("segimage2itkimage")


class DICOMSegmentationPluginClass:
    """`slicer.modules.dicomPlugins["DICOMSegmentationPlugin"]`."""

    def examineForImport(self, fileList: list[list[str]]) -> list[Any]:
        database = slicer.dicomDatabase
        return [
            SimpleNamespace(name=Path(file).stem, files=[file], uid=database.instanceForFile(file))
            for files in fileList
            for file in files
            if database.fieldForSeries("Modality", database.seriesForFile(file)) == "SEG"
        ]

    def load(self, loadable: Any) -> bool:
        file = slicer.dicomDatabase.fileForInstance(loadable.uid)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", loadable.name)
        node.CreateDefaultDisplayNodes()
        with TemporaryDirectory() as scratch:
            command = [PROGRAM, "--inputDICOM", file, "--outputDirectory", scratch]
            done = subprocess.run([*command, "--mergeSegments"], capture_output=True, check=False)
            if done.returncode:
                return False
            meta = json.loads((Path(scratch) / "meta.json").read_text(encoding="utf-8"))
            for index, group in enumerate(meta["segmentAttributes"], 1):
                _import(node, Path(scratch) / f"{index}.nrrd", [s["SegmentLabel"] for s in group])
        _file(node, loadable.uid)
        return True


def _import(node: Any, file: Path, names: list[str]) -> None:
    label_node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    _read(file, label_node)
    segmentation = node.GetSegmentation()
    known = segmentation.GetNumberOfSegments()
    slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(label_node, node)
    new = range(known, segmentation.GetNumberOfSegments())
    for index, name in zip(new, names, strict=False):
        segmentation.GetNthSegment(index).SetName(name)
    slicer.mrmlScene.RemoveNode(label_node)


def _read(file: Path, label_node: Any) -> None:
    image = sitk.ReadImage(str(file))
    directions = np.array(image.GetDirection()).reshape(3, 3)
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3] = directions * image.GetSpacing()
    ijk_to_lps[:3, 3] = image.GetOrigin()
    data = vtkImageData()
    data.SetDimensions(*image.GetSize())
    data.GetPointData().SetScalars(numpy_to_vtk(sitk.GetArrayFromImage(image).ravel(), deep=True))
    label_node.SetIJKToRASMatrix(matrix_of(lps_to_ras(ijk_to_lps)))
    label_node.SetAndObserveImageData(data)
    # As `slicer.util.loadLabelVolume` does, unless told otherwise.
    application = slicer.app.applicationLogic()
    application.GetSelectionNode().SetActiveLabelVolumeID(label_node.GetID())
    application.PropagateVolumeSelection()


def _file(node: Any, uid: str) -> None:
    """Into the subject hierarchy, by the UIDs that the panel's own nodes have there."""
    database, names = slicer.dicomDatabase, slicer.vtkMRMLSubjectHierarchyConstants
    series = database.seriesForFile(database.fileForInstance(uid))
    study = database.studyForSeries(series)
    patient = database.fieldForPatient("PatientID", database.patientForStudy(study))
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = tree.CreateItem(tree.GetSceneItemID(), node)
    tree.SetItemUID(item, names.GetDICOMUIDName(), series)
    slicer.vtkSlicerSubjectHierarchyModuleLogic.InsertDicomSeriesInHierarchy(
        tree, patient, study, series
    )
