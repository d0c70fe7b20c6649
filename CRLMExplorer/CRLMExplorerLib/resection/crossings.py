"""Where between a removed voxel and its kept neighbour a plan's cuts go through.

A plane, a curve, a sphere and a wedge tell how deep a voxel's centre lies in what they remove, so
that the place between two centres where this is 0 is known. What was painted, cut out by hand or
smoothed, and what a plan starts from, are known by voxels alone: they go through midway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import IndexArray
from CRLMExplorerLib.resection.liver_box import FloatArray, LiverBox

MIDWAY = 0.5


@dataclass(frozen=True)
class Reach:
    """How far one cut reaches.

    Attributes
    ----------
    depth_mm
        From indices (n, 3) into the liver's box to how deep these voxels lie in what the cut
        removes, in mm; negative where it keeps them.
    farther
        Share of a voxel that the surface lies farther than where the depth is 0.
    """

    depth_mm: Callable[[IndexArray], NDArray[np.floating]]
    farther: float = 0.0


@dataclass(frozen=True, eq=False)
class Crossings:
    """The cuts of a plan.

    Attributes
    ----------
    box
        The liver's box.
    start
        The remnant before the cuts.
    cuts
        Those that tell a depth.
    """

    box: LiverBox
    start: Mask
    cuts: tuple[Reach, ...]

    def shares(self, removed: IndexArray, kept: IndexArray) -> FloatArray:
        """Share of the way from voxels of the specimen to neighbours in the remnant.

        Midway where no cut parts the two: where an edit brought the neighbour back, took the voxel,
        or the start was without one of them.

        Parameters
        ----------
        removed, kept
            Indices (n, 3) into the liver's box.
        """
        share = np.zeros(len(removed))
        is_edited = np.zeros(len(removed), dtype=bool)
        for cut in self.cuts:
            inside, outside = cut.depth_mm(removed), cut.depth_mm(kept)
            is_edited |= outside > 0
            parted = np.flatnonzero((inside > 0) & (outside <= 0))
            deep = inside[parted]
            reached = np.minimum(deep / (deep - outside[parted]) + cut.farther, 1.0)
            # Of several cuts the one that reaches farthest leaves the surface.
            share[parted] = np.maximum(share[parted], reached)
        first = [s.start for s in self.box.box]
        by_cut = np.flatnonzero((share > 0) & ~is_edited)
        by_cut = by_cut[
            self.start.holds(removed[by_cut] + first) & self.start.holds(kept[by_cut] + first)
        ]
        out = np.full(len(removed), MIDWAY)
        out[by_cut] = share[by_cut]
        return out
