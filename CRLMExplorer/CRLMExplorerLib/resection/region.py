"""A set of voxels that a cut or a brush reaches, as an array of a window of the liver's box."""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.geometry.mask import BoolArray, Box


@dataclass(frozen=True, eq=False)
class Region:
    """The voxels.

    Attributes
    ----------
    window
        Slices into an array of the liver's box.
    voxels
        Boolean array of the window.
    """

    window: Box
    voxels: BoolArray
