"""The points of a curve in the scene, for the reader to drag.

It shows the points it is given and tells where they were dragged; it computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import slicer
from undo_stack import Signal
from vtkmodules.vtkCommonCore import vtkPoints

from CRLMExplorerLib.dicom.nodes import remove_node
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.host.host import Node

_COLOR = (1.0, 0.8, 0.25)


class CurveDisplay:
    """A curve through points that can be dragged in slices and in 3D.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    """

    moved = Signal()
    released = Signal()

    def __init__(self, scene: Node) -> None:
        self._scene = scene
        self._node: Node | None = None
        self._is_setting = False

    @property
    def points_ras_mm(self) -> tuple[PointRAS, ...]:
        """Where the points are, in the order they were placed."""
        if self._node is None:
            return ()
        count = self._node.GetNumberOfControlPoints()
        return tuple(tuple(self._node.GetNthControlPointPositionWorld(i)) for i in range(count))

    @property
    def is_touched(self) -> bool:
        """Whether the pointer is on the curve."""
        if self._node is None:
            return False
        component = self._node.GetDisplayNode().GetActiveComponentType()
        return component != slicer.vtkMRMLMarkupsDisplayNode.ComponentNone

    def show(self, points_ras_mm: Sequence[PointRAS]) -> None:
        """Show points; without any the curve goes."""
        if not points_ras_mm:
            self.remove()
            return
        if tuple(points_ras_mm) == self.points_ras_mm:
            return
        self._is_setting = True
        if self._node is None:
            self._node = self._new_node()
        points = vtkPoints()
        for point in points_ras_mm:
            points.InsertNextPoint(*point)
        self._node.SetControlPointPositionsWorld(points)
        self._is_setting = False

    def remove(self) -> None:
        """Take the curve out of the scene."""
        if self._node is None:
            return
        remove_node(self._scene, self._node)
        self._node = None

    def _new_node(self) -> Node:
        node = self._scene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", "Transection curve")
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetSelectedColor(*_COLOR)
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(False)
        display.SetSliceProjection(True)
        node.AddObserver(slicer.vtkMRMLMarkupsNode.PointModifiedEvent, self._on_moved)
        node.AddObserver(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent, self._on_released)
        return node

    def _on_moved(self, *_: object) -> None:
        if not self._is_setting:
            self.moved.emit()

    def _on_released(self, *_: object) -> None:
        self.released.emit()
