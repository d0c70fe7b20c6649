"""What was drawn voxel by voxel, e.g. with Slicer's segment editor, as a step of a plan.

It keeps which voxels were added and which were taken away, so that the step does the same whenever
the plan is carried out.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from dataclasses import dataclass

import numpy as np

from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.geometry.mask import BoolArray
from CRLMExplorerLib.resection.errors import PlanError

_BY_HAND = {"Paint", "Draw", "Erase", "Scissors"}
"""Effects of the segment editor that compute nothing of their own."""


@dataclass(frozen=True)
class Drawing:
    """Add voxels to the remnant, as far as they are liver, and take others away.

    Attributes
    ----------
    tool
        What it was drawn with: the name of the segment editor's effect.
    start_kji, shape_kji
        The box that was drawn in: index of its first voxel on the CT's grid, and its slices, rows
        and columns.
    added, removed
        The voxels: the box's bits, a byte for eight voxels, deflated, in base64; empty for none.
    """

    tool: str
    start_kji: tuple[int, int, int]
    shape_kji: tuple[int, int, int]
    added: str
    removed: str

    def __post_init__(self) -> None:
        if min(self.start_kji) < 0 or min(self.shape_kji) < 1:
            raise PlanError(
                f"a drawing's box starts at {self.start_kji} and has {self.shape_kji} voxels: "
                "expected indices of 0 or more, and a voxel at least"
            )
        for text in (self.added, self.removed):
            _unpacked(text, self.shape_kji)

    @classmethod
    def between(cls, before: Mask, after: Mask, tool: str) -> Drawing | None:
        """What leads from one remnant to another; None where they are the same."""
        added, removed = after - before, before - after
        changed = Mask.union(before.grid, (added, removed))
        if changed.is_empty:
            return None
        slices, rows, columns = changed.voxels.shape
        return cls(
            tool,
            changed.start_kji,
            (slices, rows, columns),
            *(_packed(part.within(changed.box)) for part in (added, removed)),
        )

    @property
    def is_by_hand(self) -> bool:
        """Whether every voxel was decided by the reader."""
        return self.tool in _BY_HAND

    def masks(self, grid: Grid) -> tuple[Mask, Mask]:
        """The voxels added and those removed.

        Raises
        ------
        PlanError
            If the box reaches outside the grid.
        """
        added, removed = (_unpacked(text, self.shape_kji) for text in (self.added, self.removed))
        try:
            return (
                Mask.from_array(grid, added, self.start_kji),
                Mask.from_array(grid, removed, self.start_kji),
            )
        except ValueError as error:
            raise PlanError(f"the drawing is not of this CT: {error}") from error


def _packed(voxels: BoolArray) -> str:
    if not voxels.any():
        return ""
    return base64.b64encode(zlib.compress(np.packbits(voxels).tobytes())).decode("ascii")


def _unpacked(text: str, shape_kji: tuple[int, int, int]) -> BoolArray:
    if not text:
        return np.zeros(shape_kji, dtype=bool)
    count = math.prod(shape_kji)
    size = -(-count // 8)
    try:
        # Not more than what is expected: text may claim to be anything.
        packed = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise PlanError(f"a drawing's voxels cannot be read: {error}") from error
    if len(packed) != size:
        raise PlanError(
            f"a drawing's voxels do not fill their box of {shape_kji}: expected {size} bytes"
        )
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=count)
    return bits.reshape(shape_kji).astype(bool)
