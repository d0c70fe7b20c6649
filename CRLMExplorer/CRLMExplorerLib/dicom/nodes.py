"""CT and DSO as Slicer shows them: a volume node and a segmentation node in a scene.

It knows MRML; it knows no files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.util.vtkConstants import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from CRLMExplorerLib.anatomy import Coded
from CRLMExplorerLib.dicom.segmentation import Dso, Segment
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.host.host import Node

_CONTEXT = "Segmentation category and type - DICOM master list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
_SEPARATORS = str.maketrans("~^", "  ")
"""What Slicer parts an entry with; it reads none of an entry that has one in a meaning."""


class WrongLabelmap(CRLMExplorerError):
    """A labelmap lies on other voxels than those that are meant."""


def add_ct_node(scene: Node, ct: CtVolume, name: str) -> Node:
    """Show a CT as a vtkMRMLScalarVolumeNode, in no window of its own choice.

    The node shares the memory of ``ct.hu``.
    """
    node = add_array_node(scene, ct.hu, ct.grid, name)
    uids = [uid for uid in ct.sop_instance_uids if uid]
    node.SetAttribute("DICOM.instanceUIDs", " ".join(uids))
    node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    return node


def add_array_node(scene: Node, array: NDArray, grid: Grid, name: str) -> Node:
    """Show an array of a grid (slices, rows, columns) as a vtkMRMLScalarVolumeNode.

    The node shares the array's memory; its window is for the caller to choose.
    """
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.CreateDefaultDisplayNodes()
    # Before the image: the display would measure all of it to choose a window of its own.
    node.GetDisplayNode().AutoWindowLevelOff()
    _set_image(node, array, grid)
    return node


def add_label_node(scene: Node, voxels: NDArray[np.bool_], grid: Grid, name: str) -> Node:
    """Show voxels of a grid as a vtkMRMLLabelMapVolumeNode with the label 1."""
    node = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", name)
    _set_image(node, voxels.astype(np.uint8), grid)
    return node


def add_dso_node(scene: Node, dso: Dso, ct_node: Node, name: str) -> Node:
    """Show a DSO as a vtkMRMLSegmentationNode with one segment each, empty ones included.

    Every segment has a layer of its own, so overlaps are kept; the node's reference geometry is
    the CT's. Segment ids are ``segment_id(segment)``.
    """
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct_node)
    node.SetAttribute("DICOM.instanceUIDs", dso.sop_instance_uid)
    was_modifying = node.StartModify()
    for segment in dso.segments:
        node.GetSegmentation().AddSegment(_vtk_segment(segment), segment_id(segment))
    node.EndModify(was_modifying)
    return node


def remove_node(scene: Node, node: Node) -> None:
    """Take a node and its display nodes out of a scene."""
    for index in reversed(range(node.GetNumberOfDisplayNodes())):
        scene.RemoveNode(node.GetNthDisplayNode(index))
    scene.RemoveNode(node)


def node_ids(scene: Node) -> set[str]:
    """The ids of all nodes of a scene."""
    return {node.GetID() for node in nodes_beside(scene, ())}


def nodes_beside(scene: Node, ids: Collection[str]) -> list[Node]:
    """The nodes of a scene but those of some ids, in the scene's order."""
    found = scene.GetNodes()
    nodes = (found.GetItemAsObject(index) for index in range(found.GetNumberOfItems()))
    return [node for node in nodes if node.GetID() not in ids]


def segment_id(segment: Segment) -> str:
    """The id of a segment in its segmentation node: by SegmentNumber, which labels may not be."""
    return f"Segment_{segment.number}"


def labelmap_of(mask: Mask) -> Node:
    """A mask as a vtkOrientedImageData of its bounding box; edits of it do not reach the mask."""
    labelmap = slicer.vtkOrientedImageData()
    k, j, i = mask.start_kji
    slices, rows, columns = mask.voxels.shape
    labelmap.SetExtent(i, i + columns - 1, j, j + rows - 1, k, k + slices - 1)
    if mask.is_empty:
        labelmap.AllocateScalars(VTK_UNSIGNED_CHAR, 1)
    else:
        _set_scalars(labelmap, mask.voxels.view(np.uint8).copy())
    labelmap.SetGeometryFromImageToWorldMatrix(matrix_of(mask.grid.ijk_to_ras))
    return labelmap


def mask_of_labelmap(labelmap: Node, grid: Grid) -> Mask:
    """The voxels of a vtkOrientedImageData that are not zero, as a mask of a grid.

    Raises
    ------
    WrongLabelmap
        If its voxels are not the grid's.
    """
    i, i_last, j, j_last, k, k_last = labelmap.GetExtent()
    if k_last < k or j_last < j or i_last < i:
        return Mask.empty(grid)
    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    found = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    if not grid.same_as(Grid(grid.shape_kji, found)):
        raise WrongLabelmap("What was drawn does not lie on the CT's voxels.")
    scalars = vtk_to_numpy(labelmap.GetPointData().GetScalars())
    box = scalars.reshape(k_last - k + 1, j_last - j + 1, i_last - i + 1)
    # An effect may have made the box larger than the CT.
    first = [max(-start, 0) for start in (k, j, i)]
    stop = [n - start for n, start in zip(grid.shape_kji, (k, j, i), strict=True)]
    inside = box[tuple(slice(a, max(b, a)) for a, b in zip(first, stop, strict=True))]
    start_kji = (max(k, 0), max(j, 0), max(i, 0))
    return Mask.from_array(grid, inside, start_kji) if inside.size else Mask.empty(grid)


def _vtk_segment(segment: Segment) -> Node:
    node = slicer.vtkSegment()
    node.SetName(segment.label)
    node.SetColor(*(channel / 255 for channel in segment.color))
    node.SetTag(node.GetTerminologyEntryTagName(), terminology_of(segment))
    tags = {
        "DICOM.SegmentNumber": str(segment.number),
        "DICOM.SegmentDescription": segment.description,
        "DICOM.SegmentAlgorithmType": segment.algorithm_type,
        "DICOM.SegmentAlgorithmName": segment.algorithm_name,
        "DICOM.TrackingID": segment.tracking_id,
        "DICOM.TrackingUID": segment.tracking_uid,
        "CRLM.Role": segment.role.value,
    }
    for name, value in tags.items():
        if value:
            node.SetTag(name, value)
    node.AddRepresentation(
        slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName(),
        labelmap_of(segment.mask),
    )
    return node


def terminology_of(segment: Segment) -> str:
    """The segment's codes as Slicer serialises them in the tag ``TerminologyEntry``."""
    return slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry(
        _CONTEXT,
        *_triple(segment.category),
        *_triple(segment.property_type),
        *_triple(segment.modifier),
        _REGION_CONTEXT,
        *_triple(segment.region),
        *_triple(segment.region_modifier),
    )


def _triple(code: Coded | None) -> Sequence[str]:
    if code is None:
        return "", "", ""
    value, scheme, meaning = (
        text.translate(_SEPARATORS) for text in (code.value, code.scheme, code.meaning)
    )
    return value, scheme, meaning


def _set_image(volume: Node, array: NDArray, grid: Grid) -> None:
    image = vtkImageData()
    image.SetDimensions(*grid.shape_kji[::-1])
    _set_scalars(image, array)
    volume.SetIJKToRASMatrix(matrix_of(grid.ijk_to_ras))
    volume.SetAndObserveImageData(image)


def _set_scalars(image: Node, array: NDArray) -> None:
    scalars = numpy_to_vtk(np.ascontiguousarray(array).ravel())
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)


def matrix_of(values: NDArray[np.float64]) -> Node:
    """An affine of shape (4, 4) as a vtkMatrix4x4."""
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(values.ravel().tolist())
    return matrix
