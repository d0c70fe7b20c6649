"""The Slicer core as the browser's server runs it: a scene with views that stream pictures."""

from __future__ import annotations

import os

import slicer
from trame_server import Server
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from vtkmodules.vtkCommonCore import vtkObject

from CRLMExplorerWeb.view_ui import slice_view_ui, threed_view_ui

_FPS_BESIDE = float(min(10, max(2, os.cpu_count() or 2)))
"""Of the views that the pointer is not in: with few cores, the one it is in needs them."""
_QUALITY = 90
"""As of still pictures: with a lower one each picture would be drawn twice."""


class ServedHost:
    """The `Host` of the browser face.

    Parameters
    ----------
    server
        The trame server that streams the views.
    """

    draws_by_cpu = True

    def __init__(self, server: Server) -> None:
        # Without a display VTK warns at every view that it has none; it renders all the same.
        vtkObject.GlobalWarningDisplayOff()
        self.app = SlicerApp()
        self.scene = self.app.scene
        register_rca_factories(
            self.app.view_manager,
            server,
            blur_fps=_FPS_BESIDE,
            interactive_quality=_QUALITY,
            slice_view_ui_f=slice_view_ui,
            three_d_view_ui_f=threed_view_ui,
        )
        crosshair = self.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        crosshair.SetCrosshairMode(slicer.vtkMRMLCrosshairNode.ShowBasic)
        crosshair.SetCrosshairBehavior(slicer.vtkMRMLCrosshairNode.OffsetJumpSlice)
