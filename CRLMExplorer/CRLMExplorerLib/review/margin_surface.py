"""The remnant's surface coloured by its distance to the nearest tumour.

The distance is counted from the tumour's surface, as a margin is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer
from scipy.spatial import cKDTree
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData

from CRLMExplorerLib.dicom.nodes import remove_node
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node

FARTHEST_MM = 30.0
_SCALARS = "Distance to the nearest tumour, mm"


class MarginSurface:
    """A model node: red at a tumour, over yellow and green to blue 30 mm away and farther.

    Parameters
    ----------
    scene
        The vtkMRMLScene.
    tumors
        The tumours' voxels, none of them empty.
    """

    def __init__(self, scene: Node, tumors: Sequence[Mask]) -> None:
        self._scene = scene
        self._tree = cKDTree(np.concatenate([mask.surface_ras_mm() for mask in tumors]))
        self._node = scene.AddNewNodeByClass("vtkMRMLModelNode", "Distance to tumours")
        self._node.CreateDefaultDisplayNodes()
        display = self._node.GetDisplayNode()
        self._colors = _red_to_blue(scene)
        display.SetAndObserveColorNodeID(self._colors.GetID())
        display.SetActiveScalarName(_SCALARS)
        display.SetScalarRangeFlag(slicer.vtkMRMLDisplayNode.UseManualScalarRange)
        display.SetScalarRange(0.0, FARTHEST_MM)
        display.SetScalarVisibility(True)
        display.SetVisibility2D(False)

    def show(self, surface: Node | None) -> None:
        """Colour a closed surface, a vtkPolyData in RAS mm; None shows nothing."""
        colored = vtkPolyData()
        if surface is not None and surface.GetNumberOfPoints():
            colored.ShallowCopy(surface)
            points = vtk_to_numpy(surface.GetPoints().GetData())
            distances, _ = self._tree.query(points, workers=-1)
            scalars = numpy_to_vtk(np.minimum(distances, FARTHEST_MM).astype(np.float32), deep=1)
            scalars.SetName(_SCALARS)
            colored.GetPointData().SetScalars(scalars)
        self._node.SetAndObservePolyData(colored)

    def remove(self) -> None:
        """Take it out of the scene."""
        remove_node(self._scene, self._node)
        self._scene.RemoveNode(self._colors)


def _red_to_blue(scene: Node) -> Node:
    colors = scene.AddNewNodeByClass("vtkMRMLColorTableNode", "Red to blue")
    colors.SetTypeToUser()
    colors.SetNumberOfColors(256)
    table = colors.GetLookupTable()
    table.SetHueRange(0.0, 0.66)
    table.SetSaturationRange(0.85, 0.85)
    table.SetValueRange(0.95, 0.95)
    table.ForceBuild()
    return colors
