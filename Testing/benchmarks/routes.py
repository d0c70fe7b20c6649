"""Two routes from a patient's files to CT and segments in a scene: ours, and the peer's.

Both end with a volume node and a segmentation node; ours has measured the segments as well. The
peer's is given its files in the right order and nothing else to do.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import dcmqi
import numpy as np
import slicer
from patients import Patient
from timing import Seconds, timed
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkImagingCore import vtkImageChangeInformation

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.nodes import add_ct_node, add_dso_node
from CRLMExplorerLib.dicom.segmentation import read_dso
from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.review.case import open_case
from CRLMExplorerLib.review.display import CaseDisplay

PEER = "GDCM + dcmqi"
_SEGIMAGE2ITKIMAGE = Path(dcmqi.__file__).with_name("bin") / "segimage2itkimage"


def open_ours(
    host: HeadlessHost, database: CtkDatabase, patient: Patient
) -> tuple[Seconds, list[int]]:
    """Open a patient from the database, measure, check, and put the nodes into the scene.

    Returns
    -------
    seconds
        Of the whole.
    voxels
        Of each segment.
    """
    seconds: Seconds = {}
    with timed(seconds, "ours"):
        case = open_case(database, patient.patient_id)
        display = CaseDisplay(host.scene, case)
    voxels = [segment.mask.count for segment in case.segments]
    display.remove()
    return seconds, voxels


def dso_ours(host: HeadlessHost, patient: Patient) -> Callable[[], Seconds]:
    """The DSO alone, onto a CT that is there already."""
    ct: CtVolume = read_ct(patient.ct_files)
    ct_node = add_ct_node(host.scene, ct, "CT")

    def route() -> Seconds:
        seconds: Seconds = {}
        with timed(seconds, "our DSO"):
            dso = read_dso(patient.dso_file, ct)
            node = add_dso_node(host.scene, dso, ct_node, "DSO")
        host.scene.RemoveNode(node.GetDisplayNode())
        host.scene.RemoveNode(node)
        return seconds

    return route


def open_peer(host: HeadlessHost, patient: Patient) -> tuple[Seconds, list[int]]:
    """Open a patient's files with GDCM and dcmqi.

    Returns
    -------
    seconds
        Of CT and DSO.
    voxels
        Of each segment.
    """
    seconds: Seconds = {}
    with timed(seconds, "peer CT"):
        ct_node = _ct_by_gdcm(host, patient.ct_files)
    with timed(seconds, "peer DSO"), TemporaryDirectory() as folder:
        node = _dso_by_dcmqi(host, patient.dso_file, ct_node, Path(folder))
    segmentation = node.GetSegmentation()
    voxels = [
        _voxels(segmentation.GetNthSegment(index))
        for index in range(segmentation.GetNumberOfSegments())
    ]
    for shown in (node, ct_node):
        host.scene.RemoveNode(shown.GetDisplayNode())
        host.scene.RemoveNode(shown)
    return seconds, voxels


def _ct_by_gdcm(host: HeadlessHost, files: tuple[Path, ...]):
    reader = slicer.vtkITKArchetypeImageSeriesScalarReader()
    reader.SetArchetype(str(files[0]))
    for file in files:
        reader.AddFileName(str(file))
    reader.SetSingleFile(0)
    reader.SetOutputScalarTypeToNative()
    reader.SetDesiredCoordinateOrientationToNative()
    reader.SetUseNativeOriginOn()
    reader.SetDICOMImageIOApproachToGDCM()
    return _shown(host, reader, "vtkMRMLScalarVolumeNode")


def _dso_by_dcmqi(host: HeadlessHost, file: Path, ct_node, folder: Path):
    subprocess.run(
        [
            _SEGIMAGE2ITKIMAGE,
            *("--inputDICOM", file),
            *("--outputDirectory", folder),
            *("--outputType", "nrrd"),
            *("--prefix", "segment"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    node = host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "DSO")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct_node)
    logic = host.application_logic.GetModuleLogic("Segmentations")
    for nrrd in sorted(folder.glob("*.nrrd"), key=lambda file: int(file.stem.rpartition("-")[2])):
        reader = slicer.vtkTeemNRRDReader()
        reader.SetFileName(str(nrrd))
        labelmap = _shown(host, reader, "vtkMRMLLabelMapVolumeNode")
        if not logic.ImportLabelmapToSegmentationNode(labelmap, node):
            raise RuntimeError(f"{nrrd.name} was not imported")
        host.scene.RemoveNode(labelmap.GetDisplayNode())
        host.scene.RemoveNode(labelmap)
    return node


def _shown(host: HeadlessHost, reader, node_class: str):
    unplaced = vtkImageChangeInformation()
    unplaced.SetInputConnection(reader.GetOutputPort())
    unplaced.SetOutputSpacing(1, 1, 1)
    unplaced.SetOutputOrigin(0, 0, 0)
    unplaced.Update()
    node = host.scene.AddNewNodeByClass(node_class)
    node.SetAndObserveImageData(unplaced.GetOutputDataObject(0))
    node.SetRASToIJKMatrix(reader.GetRasToIjkMatrix())
    node.CreateDefaultDisplayNodes()
    return node


def _voxels(segment) -> int:
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    scalars = segment.GetRepresentation(name).GetPointData().GetScalars()
    return int(np.count_nonzero(vtk_to_numpy(scalars) == segment.GetLabelValue()))
