"""A set of voxels that a cut or a brush reaches, as an array of a window of the liver's box."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.geometry.mask import BoolArray, Box, IndexArray, values_at


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


@dataclass(frozen=True, eq=False)
class DeepRegion:
    """The same for a cut that knows how deep in it a voxel lies.

    Attributes
    ----------
    window
        Slices into an array of the liver's box, a voxel wider than what is reached.
    depth_mm
        Array of the window: how deep a voxel's centre lies in what the cut removes. Negative, and
        no less exact, outside of it.
    """

    window: Box
    depth_mm: NDArray[np.float32]

    @cached_property
    def region(self) -> Region:
        """The voxels that are reached."""
        return Region(self.window, self.depth_mm > 0)

    def depth_at(self, kji: IndexArray) -> NDArray[np.float32]:
        """Depth of voxels of the liver's box, by their indices (n, 3); -inf out of the window."""
        k, j, i = self.window
        return values_at(self.depth_mm, kji, -np.inf, (k.start, j.start, i.start))
