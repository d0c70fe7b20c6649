"""A DSO as Slicer's own plugin loads it: another way to the same voxels, to compare ours with.

The plugin is in Slicer's core since 5.12 and came with QuantitativeReporting before; both have one
name. It gives its segments ids of its own and their names by position, so that an empty segment
shifts the names of all later ones; only the label values are the DSO's SegmentNumbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from CRLMExplorerLib.dicom.nodes import (
    mask_of_labelmap,
    matrix_of,
    node_ids,
    nodes_beside,
    remove_node,
)
from CRLMExplorerLib.dicom.subject_hierarchy import unfile
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.host.host import Node

PLUGIN = "DICOMSegmentationPlugin"
_SEGMENTATION = "vtkMRMLSegmentationNode"


class SlicerLoaderError(CRLMExplorerError):
    """Slicer's plugin did not load a DSO."""


class SegmentationPlugin(Protocol):
    """What is asked of Slicer's DICOM plugins."""

    def examineForImport(self, fileLists: list[list[str]]) -> Sequence[Any]:
        """What could be loaded from lists of files."""
        ...

    def load(self, loadable: Any) -> Any:
        """Load one of those into the scene; something true if it could."""
        ...


@dataclass(frozen=True, eq=False)
class LoadedSegment:
    """A segment as Slicer's plugin loaded it.

    Attributes
    ----------
    number
        Its label value, which is the SegmentNumber.
    name
        The name that the plugin gave it.
    mask
        Its voxels on the CT's grid.
    """

    number: int
    name: str
    mask: Mask


def slicers_plugin() -> SegmentationPlugin | None:
    """Slicer's plugin for DSOs; None in a Slicer that has none."""
    class_ = getattr(slicer.modules, "dicomPlugins", {}).get(PLUGIN)
    return class_() if class_ else None


def load_with(
    plugin: SegmentationPlugin, scene: Node, file: Path, grid: Grid
) -> tuple[LoadedSegment, ...]:
    """Load a DSO by Slicer's plugin, take its masks and take out of the scene what it put in.

    Parameters
    ----------
    scene
        The application's vtkMRMLScene: the plugin knows no other.
    file
        The DSO's file, of the database that Slicer has open.
    grid
        The CT's grid.

    Raises
    ------
    SlicerLoaderError
        If the plugin does not take the file, fails, or leaves no segmentation in the scene.
    """
    before = node_ids(scene)
    with _views_kept(scene):
        try:
            _load(plugin, file)
            loaded = [n for n in nodes_beside(scene, before) if n.IsA(_SEGMENTATION)]
            if not loaded:
                raise SlicerLoaderError(f"{file}: Slicer's loader left no segmentation behind.")
            return tuple(_segments(loaded[0], grid))
        finally:
            _remove_all_but(before, scene)


def _load(plugin: SegmentationPlugin, file: Path) -> None:
    try:
        loadables = plugin.examineForImport([[str(file)]])
        is_loaded = bool(loadables) and plugin.load(loadables[0])
    except Exception as error:
        # A plugin may raise anything; each means the same here.
        raise SlicerLoaderError(f"{file}: Slicer's loader failed: {error}") from error
    if not is_loaded:
        raise SlicerLoaderError(f"{file}: Slicer's loader did not load it; Slicer's log says why.")


def _segments(node: Node, grid: Grid) -> list[LoadedSegment]:
    segmentation = node.GetSegmentation()
    found = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        mask = _mask_of(node, segmentation.GetNthSegmentID(index), grid)
        found.append(LoadedSegment(segment.GetLabelValue(), segment.GetName(), mask))
    return found


def _mask_of(node: Node, segment_id: str, grid: Grid) -> Mask:
    """A segment's labelmap on a grid: Slicer's covers only the frames that there are."""
    labelmap, onto, out = (slicer.vtkOrientedImageData() for _ in range(3))
    node.GetBinaryLabelmapRepresentation(segment_id, labelmap)
    if labelmap.IsEmpty():
        return Mask.empty(grid)
    first, last = _box(labelmap, grid)
    if (last < first).any():
        return Mask.empty(grid)
    onto.SetExtent(*np.ravel(np.stack([first, last], axis=1)[::-1]).tolist())
    onto.SetGeometryFromImageToWorldMatrix(matrix_of(grid.ijk_to_ras))
    resample = slicer.vtkOrientedImageDataResample
    resample.ResampleOrientedImageToReferenceOrientedImage(labelmap, onto, out)
    return mask_of_labelmap(out, grid)


def _box(labelmap: Node, grid: Grid) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """First and last voxel (slice, row, column) of the grid where a labelmap may have voxels."""
    bounds_ras_mm = np.reshape(labelmap.GetBounds(), (3, 2))
    corners = np.array([grid.kji_of(corner) for corner in product(*bounds_ras_mm)])
    first = np.maximum(np.floor(corners.min(axis=0)), 0)
    last = np.minimum(np.ceil(corners.max(axis=0)), np.array(grid.shape_kji) - 1)
    return first.astype(int), last.astype(int)


@contextmanager
def _views_kept(scene: Node) -> Iterator[None]:
    """The plugin reads label volumes, which Slicer shows at once, and fits its slices to them."""
    shown = [
        (node, node.GetBackgroundVolumeID(), node.GetForegroundVolumeID(), node.GetLabelVolumeID())
        for node in _nodes(scene, "vtkMRMLSliceCompositeNode")
    ]
    placed = []
    for node in _nodes(scene, "vtkMRMLSliceNode"):
        slice_to_ras = vtkMatrix4x4()
        slice_to_ras.DeepCopy(node.GetSliceToRAS())
        placed.append((node, slice_to_ras, node.GetFieldOfView(), node.GetXYZOrigin()))
    try:
        yield
    finally:
        for node, background, foreground, label in shown:
            node.SetBackgroundVolumeID(background)
            node.SetForegroundVolumeID(foreground)
            node.SetLabelVolumeID(label)
        for node, slice_to_ras, field_of_view_mm, origin in placed:
            node.GetSliceToRAS().DeepCopy(slice_to_ras)
            node.SetFieldOfView(*field_of_view_mm)
            node.SetXYZOrigin(*origin)
            node.UpdateMatrices()


def _nodes(scene: Node, class_name: str) -> list[Node]:
    count = scene.GetNumberOfNodesByClass(class_name)
    return [scene.GetNthNodeByClass(index, class_name) for index in range(count)]


def _remove_all_but(kept: set[str], scene: Node) -> None:
    for node in nodes_beside(scene, kept):
        if not scene.IsNodePresent(node):
            # It went with a node that was removed before it.
            continue
        unfile(scene, node)
        if node.IsA("vtkMRMLDisplayableNode"):
            remove_node(scene, node)
        else:
            scene.RemoveNode(node)
