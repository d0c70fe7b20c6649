"""What a plane would leave and take, in 3D at once: finished surfaces, clipped where it lies.

Slicer clips them as the plane moves; nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import slicer

from CRLMExplorerLib.dicom.nodes import remove_node
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.review.surface import bulk_surface

Color = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Surfaces of a remnant and a specimen, each a vtkPolyData in RAS mm; None where empty."""

    remnant: Node | None
    specimen: Node | None

    @classmethod
    def of(cls, remnant: Mask, specimen: Mask) -> Surfaces:
        """Make them of masks."""
        return cls(bulk_surface(remnant), bulk_surface(specimen))


@dataclass(frozen=True)
class Look:
    """How a surface is drawn: its colour and opacity, from 0 to 1."""

    color: Color
    opacity: float


class PlanePreview:
    """Models that a plane clips: on its one side what is kept, on the other what is removed.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    plane
        The vtkMRMLMarkupsPlaneNode; its normal points to what is removed.
    before
        What the plane cuts, and what was removed before it.
    remnant, specimen
        How they are drawn.
    """

    def __init__(
        self, scene: Node, plane: Node, before: Surfaces, remnant: Look, specimen: Look
    ) -> None:
        self._scene = scene
        # Slicer shows the side that the state names.
        space = slicer.vtkMRMLClipNode
        sides = (space.ClipNegativeSpace, space.ClipPositiveSpace)
        self._clips = [_clip(scene, plane, side) for side in sides]
        self._models = [
            _model(scene, before.remnant, remnant, self._clips[0]),
            _model(scene, before.remnant, specimen, self._clips[1]),
            _model(scene, before.specimen, specimen, None),
        ]

    def remove(self) -> None:
        """Take it out of the scene."""
        for model in self._models:
            remove_node(self._scene, model)
        for clip in self._clips:
            self._scene.RemoveNode(clip)


def _clip(scene: Node, plane: Node, side: int) -> Node:
    clip = scene.AddNewNodeByClass("vtkMRMLClipNode", "Preview of the plane")
    clip.AddAndObserveClippingNodeID(plane.GetID())
    clip.SetClippingNodeState(plane, side)
    return clip


def _model(scene: Node, surface: Node | None, look: Look, clip: Node | None) -> Node:
    model = scene.AddNewNodeByClass("vtkMRMLModelNode", "Preview of the plane")
    model.SetAndObservePolyData(surface)
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetColor(*look.color)
    display.SetOpacity(look.opacity)
    display.SetVisibility2D(False)
    if clip is not None:
        display.SetAndObserveClipNodeID(clip.GetID())
        display.SetClipping(True)
    return model
