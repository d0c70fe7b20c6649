"""Features as a vtkMRMLTableNode, for Slicer's own tables, plots and files."""

from __future__ import annotations

import pandas as pd
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkStringArray

from CRLMExplorerLib.host.host import Node


class FeatureTableNode:
    """The open patient's features in a scene, or none.

    Parameters
    ----------
    scene
        The vtkMRMLScene.

    Attributes
    ----------
    node
        The table node; None while there is no table.
    """

    def __init__(self, scene: Node) -> None:
        self._scene = scene
        self.node: Node | None = None

    def show(self, table: pd.DataFrame, name: str) -> None:
        """Show a tidy table: numbers as numbers, everything else as text."""
        self.remove()
        node = slicer.vtkMRMLTableNode()
        node.SetName(name)
        for column in table.columns:
            node.AddColumn(_column(table[column]))
        node.SetUseColumnTitleAsColumnHeader(True)
        node.SetLocked(True)
        self.node = self._scene.AddNode(node)

    def remove(self) -> None:
        """Take the table out of the scene."""
        if self.node is not None:
            self._scene.RemoveNode(self.node)
            self.node = None


def _column(values: pd.Series) -> Node:
    if values.dtype.kind == "f":
        array = numpy_to_vtk(values.to_numpy(), deep=True)
    else:
        array = vtkStringArray()
        for value in values:
            array.InsertNextValue("" if pd.isna(value) else str(value))
    array.SetName(str(values.name))
    return array
