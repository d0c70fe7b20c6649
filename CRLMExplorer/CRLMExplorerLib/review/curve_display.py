"""The points of a curve in the scene, for the reader to drag.

It shows the points it is given and tells where they were placed, dragged or taken away; it
computes nothing.
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
    """A curve through points that can be placed and dragged in slices and in 3D.

    Parameters
    ----------
    scene
        The vtkMRMLScene.

    Attributes
    ----------
    node
        The vtkMRMLMarkupsCurveNode; None while there is no curve.
    """

    moved = Signal()
    released = Signal()
    placed = Signal()

    def __init__(self, scene: Node) -> None:
        self._scene = scene
        self.node: Node | None = None
        self._is_setting = False

    @property
    def points_ras_mm(self) -> tuple[PointRAS, ...]:
        """Where the points are, in the order they were placed.

        One that follows the pointer, until the reader clicks, is none yet.
        """
        if self.node is None:
            return ()
        node, defined = self.node, slicer.vtkMRMLMarkupsNode.PositionDefined
        return tuple(
            tuple(node.GetNthControlPointPositionWorld(i))
            for i in range(node.GetNumberOfControlPoints())
            if node.GetNthControlPointPositionStatus(i) == defined
        )

    def node_to_place(self) -> Node:
        """The vtkMRMLMarkupsCurveNode, for points to be placed in it; made if there is none."""
        if self.node is None:
            self.node = self._new_node()
        return self.node

    @property
    def is_touched(self) -> bool:
        """Whether the pointer is on the curve."""
        if self.node is None:
            return False
        component = self.node.GetDisplayNode().GetActiveComponentType()
        return component != slicer.vtkMRMLMarkupsDisplayNode.ComponentNone

    def show(self, points_ras_mm: Sequence[PointRAS]) -> None:
        """Show points; without any the curve goes."""
        if not points_ras_mm:
            self.remove()
            return
        if tuple(points_ras_mm) == self.points_ras_mm:
            return
        self._is_setting = True
        points = vtkPoints()
        for point in points_ras_mm:
            points.InsertNextPoint(*point)
        self.node_to_place().SetControlPointPositionsWorld(points)
        self._is_setting = False

    def remove(self) -> None:
        """Take the curve out of the scene."""
        if self.node is None:
            return
        remove_node(self._scene, self.node)
        self.node = None

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
        node.AddObserver(slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent, self._on_placed)
        node.AddObserver(slicer.vtkMRMLMarkupsNode.PointRemovedEvent, self._on_placed)
        return node

    def _on_moved(self, *_: object) -> None:
        if not self._is_setting:
            self.moved.emit()

    def _on_released(self, *_: object) -> None:
        self.released.emit()

    def _on_placed(self, *_: object) -> None:
        if not self._is_setting:
            self.placed.emit()
