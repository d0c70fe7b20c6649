"""An FLR under the reader's hands: remnant and specimen in the scene, and the plane to drag.

It shows what it is given and tells where the plane was dragged; it computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import slicer
from undo_stack import Signal
from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkCommonDataModel import vtkPolyData

from CRLMExplorerLib.dicom.nodes import labelmap_of, remove_node
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.resection.steps import PlaneCut, VectorRAS
from CRLMExplorerLib.review.curve_display import CurveDisplay
from CRLMExplorerLib.review.drawing_display import DrawingDisplay
from CRLMExplorerLib.review.margin_surface import MarginSurface
from CRLMExplorerLib.review.plane_preview import Look, PlanePreview, Surfaces

_REMNANT, _SPECIMEN = "Edited remnant", "Specimen"
_COLORS = {_REMNANT: (0.25, 0.85, 0.45), _SPECIMEN: (0.95, 0.45, 0.35)}
_FILL_OPACITY = {_REMNANT: 0.25, _SPECIMEN: 0.12}
_OPACITY_3D = {_REMNANT: 0.75, _SPECIMEN: 0.2}
_PLANE_SIZE_MM = 160.0
_PLANE_OPACITY = 0.35


class EditDisplay:
    """The nodes of an edit in a scene.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    ct_node
        The CT's volume node.

    Attributes
    ----------
    curve
        The curve to place and drag.
    drawing
        The remnant in the segment editor's hands; None while it is not.
    """

    plane_moved = Signal()
    plane_released = Signal()

    def __init__(self, scene: Node, ct_node: Node) -> None:
        self._scene = scene
        self._node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "FLR edit")
        self._node.CreateDefaultDisplayNodes()
        self._node.SetReferenceImageGeometryParameterFromVolumeNode(ct_node)
        # Kept, for the node forgets it when it is taken out of the scene.
        self._look = self._node.GetDisplayNode()
        for name, color in _COLORS.items():
            segment = slicer.vtkSegment()
            segment.SetName(name)
            segment.SetColor(*color)
            self._node.GetSegmentation().AddSegment(segment, name)
            self._look.SetSegmentOpacity2DFill(name, _FILL_OPACITY[name])
            self._look.SetSegmentOpacity3D(name, _OPACITY_3D[name])
        self.curve = CurveDisplay(scene)
        self.drawing: DrawingDisplay | None = None
        self._ct_node = ct_node
        self._margins: MarginSurface | None = None
        self._plane: Node | None = None
        self._preview: PlanePreview | None = None
        self._before_plane: Surfaces | None = None
        self._is_setting_plane = False
        self._known_plane: tuple[PointRAS, VectorRAS] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nobody has taken a node of it out of the scene."""
        nodes = (self._node, self._plane, self.curve.node)
        return all(self._scene.IsNodePresent(node) for node in nodes if node is not None)

    def show(self, remnant: Mask, specimen: Mask) -> None:
        """Show a remnant and a specimen in the slices; 3D follows with `show_surfaces`."""
        segmentation = self._node.GetSegmentation()
        labelmap = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
        surface = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
        with self.drawing.silent() if self.drawing else nullcontext():
            segmentation.RemoveRepresentation(surface)
            for name, mask in ((_REMNANT, remnant), (_SPECIMEN, specimen)):
                segmentation.GetSegment(name).AddRepresentation(labelmap, labelmap_of(mask))
            self._node.Modified()

    def begin_drawing(self, liver: Mask) -> DrawingDisplay:
        """Give the remnant into the segment editor's hands, within the liver."""
        if self.drawing is None:
            self.drawing = DrawingDisplay(self._scene, self._node, _REMNANT, liver, self._ct_node)
        return self.drawing

    def end_drawing(self) -> None:
        """Take it out of them."""
        if self.drawing:
            self.drawing.remove()
            self.drawing = None

    def show_surfaces(self, surfaces: Surfaces) -> None:
        """Show the surfaces of what is shown in the slices."""
        name = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
        for segment, surface in zip(_COLORS, (surfaces.remnant, surfaces.specimen), strict=True):
            shown = self._node.GetSegmentation().GetSegment(segment)
            shown.AddRepresentation(name, surface or vtkPolyData())
        self._end_preview()

    def prepare_preview(self, before_plane: Surfaces) -> None:
        """Let 3D show at once what the plane cuts off these when it is dragged."""
        self._before_plane = before_plane

    def color_by_distance(self, tumors: Sequence[Mask]) -> None:
        """Colour the remnant's surface by its distance to tumours; without any, as usual."""
        if self._margins:
            self._margins.remove()
        self._margins = MarginSurface(self._scene, tumors) if tumors else None
        self._look.SetSegmentVisibility3D(_REMNANT, self._margins is None)
        self._color()

    def _begin_preview(self) -> None:
        """Clipped surfaces in the place of those that a dragged plane has outdated."""
        if self._preview or self._before_plane is None:
            return
        looks = (Look(_COLORS[name], _OPACITY_3D[name]) for name in (_REMNANT, _SPECIMEN))
        self._preview = PlanePreview(self._scene, self._plane, self._before_plane, *looks)
        self._look.SetVisibility3D(False)
        if self._margins:
            self._margins.show(None)

    def _end_preview(self) -> None:
        if self._preview:
            self._preview.remove()
            self._preview = None
            self._look.SetVisibility3D(True)
        self._color()

    def _color(self) -> None:
        if self._margins:
            self._margins.show(self._node.GetClosedSurfaceInternalRepresentation(_REMNANT))

    @property
    def plane(self) -> tuple[PointRAS, VectorRAS] | None:
        """Point (RAS, mm) and normal of the plane to drag; None without one."""
        if self._plane is None:
            return None
        return tuple(self._plane.GetOriginWorld()), tuple(self._plane.GetNormalWorld())

    @property
    def is_handle_touched(self) -> bool:
        """Whether the pointer is on a handle of the plane or on the curve."""
        if self._plane is None:
            return self.curve.is_touched
        component = self._plane.GetDisplayNode().GetActiveComponentType()
        return component != slicer.vtkMRMLMarkupsDisplayNode.ComponentNone

    def show_plane(self, cut: PlaneCut) -> None:
        """Let the reader drag and tilt a plane that lies where a cut lies."""
        self._is_setting_plane = True
        if self._plane is None:
            self._plane = self._new_plane()
        self._plane.SetOriginWorld(*cut.point_ras_mm)
        self._plane.SetNormalWorld(*cut.normal_ras)
        self._known_plane = self.plane
        self._is_setting_plane = False

    def hide_plane(self) -> None:
        """Take the plane away."""
        if self._plane is not None:
            self._end_preview()
            self._before_plane = None
            remove_node(self._scene, self._plane)
            self._plane = None

    def remove(self) -> None:
        """Take everything of the edit out of the scene."""
        self.hide_plane()
        self.curve.remove()
        self.end_drawing()
        self.color_by_distance(())
        remove_node(self._scene, self._node)
        self._scene.RemoveNode(self._look)

    def _new_plane(self) -> Node:
        plane = self._scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Transection plane")
        plane.CreateDefaultDisplayNodes()
        plane.SetSize(_PLANE_SIZE_MM, _PLANE_SIZE_MM)
        display = plane.GetDisplayNode()
        display.SetHandlesInteractive(True)
        display.SetRotationHandleVisibility(True)
        display.SetTranslationHandleVisibility(True)
        display.SetScaleHandleVisibility(False)
        display.SetPropertiesLabelVisibility(False)
        display.SetOpacity(_PLANE_OPACITY)
        plane.AddObserver(vtkCommand.ModifiedEvent, self._on_plane_modified)
        plane.AddObserver(
            slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent, self._on_plane_released
        )
        return plane

    def _on_plane_modified(self, *_: object) -> None:
        # A node tells of changes of its looks as well.
        if not self._is_setting_plane and self.plane != self._known_plane:
            self._known_plane = self.plane
            self._begin_preview()
            self.plane_moved.emit()

    def _on_plane_released(self, *_: object) -> None:
        self.plane_released.emit()
