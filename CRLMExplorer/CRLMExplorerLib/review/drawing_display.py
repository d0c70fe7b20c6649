"""What Slicer's segment editor may do to an edit: draw the remnant, within the liver only.

It gives the editor its node and tells when something was drawn; it computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import slicer
from undo_stack import Signal

from CRLMExplorerLib.dicom.nodes import labelmap_of, mask_of_labelmap
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node

_LIVER = "Liver, where the remnant may be drawn"


class DrawingDisplay:
    """A remnant in a segmentation node, in the hands of the segment editor.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    node
        The segmentation node.
    remnant_id
        The segment that is drawn.
    liver
        Where it may be drawn.
    ct_node
        What effects look at.

    Attributes
    ----------
    editor_node
        The vtkMRMLSegmentEditorNode: confined to the liver, overwriting no other segment.
    """

    drawn = Signal()

    def __init__(
        self, scene: Node, node: Node, remnant_id: str, liver: Mask, ct_node: Node
    ) -> None:
        self._scene = scene
        self._node = node
        self._remnant_id = remnant_id
        self._grid = liver.grid
        self._is_setting = False
        self._add_liver(liver)
        self.editor_node = self._new_editor_node(ct_node)
        self.confine()
        self._segmentation = node.GetSegmentation()
        self._tag = self._segmentation.AddObserver(
            self._segmentation.SourceRepresentationModified, self._on_drawn
        )

    @property
    def remnant(self) -> Mask:
        """The remnant as it is drawn now.

        Raises
        ------
        WrongLabelmap
            If it was not drawn on the CT's voxels.
        """
        labelmap = slicer.vtkOrientedImageData()
        self._node.GetBinaryLabelmapRepresentation(self._remnant_id, labelmap)
        return mask_of_labelmap(labelmap, self._grid)

    @property
    def tool(self) -> str:
        """The effect that is active, by its name; the editor itself where none is."""
        return self.editor_node.GetActiveEffectName() or "Edit"

    def confine(self) -> None:
        """Let only the remnant be drawn, only within the liver, and no other segment change."""
        editor = self.editor_node
        editor.SetSelectedSegmentID(self._remnant_id)
        editor.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment)
        editor.SetMaskSegmentID(_LIVER)
        editor.SetOverwriteMode(editor.OverwriteNone)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Change the segments without telling of it."""
        was_setting, self._is_setting = self._is_setting, True
        try:
            yield
        finally:
            self._is_setting = was_setting

    def remove(self) -> None:
        """Take the remnant out of the editor's hands."""
        self._segmentation.RemoveObserver(self._tag)
        self._scene.RemoveNode(self.editor_node)
        self._segmentation.RemoveSegment(_LIVER)

    def _add_liver(self, liver: Mask) -> None:
        segment = slicer.vtkSegment()
        segment.SetName(_LIVER)
        segment.AddRepresentation(
            slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName(),
            labelmap_of(liver),
        )
        self._node.GetSegmentation().AddSegment(segment, _LIVER)
        self._node.GetDisplayNode().SetSegmentVisibility(_LIVER, False)

    def _new_editor_node(self, ct_node: Node) -> Node:
        editor = self._scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode", "Drawing of the remnant")
        editor.SetHideFromEditors(True)
        editor.SetSaveWithScene(False)
        editor.SetAndObserveSegmentationNode(self._node)
        editor.SetAndObserveSourceVolumeNode(ct_node)
        return editor

    def _on_drawn(self, *_: object) -> None:
        if not self._is_setting:
            self.drawn.emit()
