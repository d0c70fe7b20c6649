"""Closed surfaces made fit for drawing."""

from __future__ import annotations

from vtkmodules.vtkFiltersCore import vtkDecimatePro, vtkPolyDataNormals

from CRLMExplorerLib.host.host import Node

_LEFT_OUT = 0.8


def thin_out(surface: Node | None) -> None:
    """Leave out four of five triangles of a bulky surface; thin vessels would crumble.

    Parameters
    ----------
    surface
        A vtkPolyData, changed in place; None or an empty one stays as it is.
    """
    if surface is None or surface.GetNumberOfPolys() == 0:
        return
    decimation = vtkDecimatePro()
    decimation.SetInputData(surface)
    decimation.SetTargetReduction(_LEFT_OUT)
    decimation.PreserveTopologyOn()
    decimation.BoundaryVertexDeletionOff()
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(decimation.GetOutputPort())
    normals.SplittingOff()
    normals.Update()
    surface.ShallowCopy(normals.GetOutput())
