"""Two remnants outlined over one another, to see where they differ."""

from __future__ import annotations

from collections.abc import Sequence

import slicer

from CRLMExplorerLib.dicom.nodes import labelmap_of, remove_node
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node

COLORS = ((0.34, 0.71, 0.91), (0.90, 0.62, 0.0))
"""Of the first and the second; Okabe and Ito's sky blue and orange."""


class Outlines:
    """Outlines of masks in the slice views.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    ct_node
        The CT's volume node.
    masks
        At most as many as there are `COLORS`, with their names.
    """

    def __init__(self, scene: Node, ct_node: Node, masks: Sequence[tuple[str, Mask]]) -> None:
        self._scene = scene
        self._node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Comparison")
        self._node.CreateDefaultDisplayNodes()
        self._node.SetReferenceImageGeometryParameterFromVolumeNode(ct_node)
        display = self._node.GetDisplayNode()
        display.SetVisibility2DFill(False)
        display.SetVisibility3D(False)
        display.SetSliceIntersectionThickness(2)
        labelmap = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
        for (name, mask), color in zip(masks, COLORS, strict=False):
            segment = slicer.vtkSegment()
            segment.SetName(name)
            segment.SetColor(*color)
            segment.AddRepresentation(labelmap, labelmap_of(mask))
            self._node.GetSegmentation().AddSegment(segment)

    def remove(self) -> None:
        """Take them out of the scene."""
        remove_node(self._scene, self._node)
