"""Closed surfaces of large organs, made fit for drawing."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray

from CRLMExplorerLib.dicom.nodes import labelmap_of
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.host.host import Node

_BULKY_VOXELS = 50_000
_DETAIL_MM = 2.4


def bulk_surface(mask: Mask) -> Node | None:
    """An organ's closed surface; of more than 50 000 voxels some 2.4 mm fine.

    It is then made of fewer voxels, which takes a tenth of the time of leaving out triangles and
    smooths the steps of thick slices. Thin vessels would crumble.

    Returns
    -------
    vtkPolyData
        In RAS mm, smoothed as Slicer does it by default; None of an empty mask.
    """
    if mask.is_empty:
        return None
    converter = slicer.vtkSegmentationConverter
    segment = slicer.vtkSegment()
    labelmap = labelmap_of(_coarse(mask) if mask.count > _BULKY_VOXELS else mask)
    segment.AddRepresentation(converter.GetBinaryLabelmapRepresentationName(), labelmap)
    segmentation = slicer.vtkSegmentation()
    segmentation.AddSegment(segment, "bulk")
    segmentation.CreateRepresentation(converter.GetClosedSurfaceRepresentationName())
    return segment.GetRepresentation(converter.GetClosedSurfaceRepresentationName())


def _coarse(mask: Mask) -> Mask:
    """A mask on a grid of whole blocks of voxels: those of which it has half or more."""
    grid = mask.grid
    block = [max(1, int(_DETAIL_MM // spacing)) for spacing in grid.spacing_kji_mm]
    first = np.floor_divide(mask.start_kji, block)
    before = np.subtract(mask.start_kji, np.multiply(first, block))
    after = -np.add(before, mask.voxels.shape) % block
    padded = np.pad(mask.voxels, list(zip(before, after, strict=True)))
    (slices, k), (rows, j), (columns, i) = (
        (size // of, of) for size, of in zip(padded.shape, block, strict=True)
    )
    counts = padded.reshape(slices, k, rows, j, columns, i).sum(axis=(1, 3, 5))
    to_ras = grid.ijk_to_ras.copy()
    to_ras[:3, 3] = grid.ras_of((np.array(block) - 1) / 2)
    to_ras[:3, :3] *= block[::-1]
    shape = -np.floor_divide(np.negative(grid.shape_kji), block)
    return Mask.from_array(
        Grid(_three(shape), to_ras), counts * 2 >= k * j * i, start_kji=_three(first)
    )


def _three(numbers: NDArray[np.integer]) -> tuple[int, int, int]:
    k, j, i = numbers.tolist()
    return k, j, i
