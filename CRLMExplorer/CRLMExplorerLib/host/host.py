"""What the library needs of the program it runs in."""

from __future__ import annotations

from typing import Any, Protocol

Node = Any
"""A MRML node; the Slicer core ships without type information."""


class Host(Protocol):
    """A running Slicer core: the desktop application, the browser's server or the headless one."""

    @property
    def scene(self) -> Node:
        """The vtkMRMLScene to load patients into."""
        ...

    @property
    def draws_by_cpu(self) -> bool:
        """Whether 3D views have no graphics card, so that surfaces must be light."""
        ...
