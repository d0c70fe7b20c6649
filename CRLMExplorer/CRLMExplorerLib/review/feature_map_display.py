"""A feature map in the scene: a volume over the CT in the slices, in colours."""

from __future__ import annotations

import numpy as np
import slicer

from CRLMExplorerLib.dicom.nodes import add_array_node, remove_node
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.radiomics.feature_map import FeatureMap

COLORS = "viridis"
"""Its lightness grows evenly, so that it can be read with any colour vision."""

_OPACITY = 0.75
_STEPS = 256


class FeatureMapDisplay:
    """The nodes of a feature map.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    shown
        The map.
    name
        What its volume is called.

    Attributes
    ----------
    node
        The volume node; what lies outside the region is below `FeatureMap.extremes`.
    """

    def __init__(self, scene: Node, shown: FeatureMap, name: str) -> None:
        self._scene = scene
        self._colors = scene.AddNode(_color_table())
        low, high = shown.extremes
        outside = low - max(1.0, abs(low), high - low)
        values = np.where(np.isnan(shown.values), outside, shown.values)
        self.node = add_array_node(scene, values, shown.grid, name)
        display = self.node.GetDisplayNode()
        display.SetAndObserveColorNodeID(self._colors.GetID())
        display.AutoWindowLevelOff()
        display.SetWindowLevelMinMax(low, high)
        display.AutoThresholdOff()
        display.SetLowerThreshold(low)
        display.SetUpperThreshold(high)
        display.ApplyThresholdOn()
        # Between a value and the outside there is nothing to interpolate.
        display.SetInterpolate(False)
        self.set_visible(True)

    def set_visible(self, visible: bool) -> None:
        """Lay the map over the CT in all slice views, or take it away from there.

        Meanwhile segments are outlined only, for their fills would change the map's colours.
        """
        for composite in self._nodes("vtkMRMLSliceCompositeNode"):
            composite.SetForegroundVolumeID(self.node.GetID() if visible else None)
            composite.SetForegroundOpacity(_OPACITY)
        for segments in self._nodes("vtkMRMLSegmentationDisplayNode"):
            segments.SetVisibility2DFill(not visible)

    def remove(self) -> None:
        """Take the map out of the scene."""
        self.set_visible(False)
        remove_node(self._scene, self.node)
        self._scene.RemoveNode(self._colors)

    def _nodes(self, name: str) -> list[Node]:
        found = self._scene.GetNodesByClass(name)
        return [found.GetItemAsObject(index) for index in range(found.GetNumberOfItems())]


def _color_table() -> Node:
    import matplotlib

    table = slicer.vtkMRMLColorTableNode()
    table.SetName(f"Feature map, {COLORS}")
    table.SetTypeToUser()
    table.SetHideFromEditors(True)
    table.SetNumberOfColors(_STEPS)
    for step, color in enumerate(matplotlib.colormaps[COLORS](np.linspace(0, 1, _STEPS))):
        table.SetColor(step, f"{step}", *color)
    return table
