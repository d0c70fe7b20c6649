"""The Slicer application, from within it."""

from __future__ import annotations

import slicer

from CRLMExplorerLib.host.host import Node


class DesktopHost:
    """The `Host` of the module in Slicer: the application's one scene, whichever is open."""

    draws_by_cpu = False

    @property
    def scene(self) -> Node:
        """The application's vtkMRMLScene."""
        return slicer.mrmlScene
