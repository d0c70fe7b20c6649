"""Which voxels lie within a distance of a point, of a brush's stroke or of a tumour's voxels."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import Box, IndexArray
from CRLMExplorerLib.resection.halves import unit
from CRLMExplorerLib.resection.liver_box import TOLERANCE_MM, FloatArray, LiverBox
from CRLMExplorerLib.resection.region import DeepRegion, Region
from CRLMExplorerLib.resection.steps import Stroke


def sphere(box: LiverBox, center_ras_mm: PointRAS, radius_mm: float) -> Region:
    """Voxels whose centres lie within a radius of a point."""
    return swept(box, Stroke((center_ras_mm,), radius_mm, adds=False))


def depth_in_sphere(
    box: LiverBox, kji: IndexArray, center_ras_mm: PointRAS, radius_mm: float
) -> FloatArray:
    """How deep voxels (n, 3) of the box lie in a sphere, in mm; negative outside of it."""
    return radius_mm + TOLERANCE_MM - np.linalg.norm(box.ras_of(kji) - center_ras_mm, axis=1)


def swept(box: LiverBox, stroke: Stroke) -> Region:
    """Voxels whose centres a brush passes over."""
    points = np.array(stroke.points_ras_mm, dtype=np.float64)
    window = box.window(points, stroke.radius_mm)
    out = np.zeros([s.stop - s.start for s in window], dtype=bool)
    starts = points[: max(len(points) - 1, 1)]
    for start, end in zip(starts, [*points[1:], points[-1]], strict=False):
        part = box.window(np.stack([start, end]), stroke.radius_mm)
        here = tuple(
            slice(p.start - w.start, p.stop - w.start) for p, w in zip(part, window, strict=True)
        )
        out[here] |= _reached(box, part, start, end, stroke)
    return Region(window, out)


def _reached(
    box: LiverBox, window: Box, start: FloatArray, end: FloatArray, stroke: Stroke
) -> FloatArray:
    """Voxels of a window that the brush reaches between two points."""
    offset = box.positions(window) - start
    reached = np.ones(offset.shape[:-1], dtype=bool)
    way = end - start
    if stroke.slice_normal_ras is not None:
        normal = unit(stroke.slice_normal_ras)
        depth = offset @ normal
        # Half a slice on either side; a centre halfway between two slices belongs to one of them.
        half = np.abs(box.axes_ras_mm @ normal).max() / 2
        reached = (depth > -half + TOLERANCE_MM) & (depth <= half + TOLERANCE_MM)
        offset -= depth[..., None] * normal
        way = way - (way @ normal) * normal
    length = way @ way
    if length > 0:
        share = (offset @ (way / length)).clip(0.0, 1.0)
        offset -= share[..., None] * way
    squared = np.einsum("...a,...a->...", offset, offset)
    return reached & (squared <= (stroke.radius_mm + TOLERANCE_MM) ** 2)


def wedge(box: LiverBox, tumor: Mask, margin_mm: float) -> DeepRegion:
    """Voxels within a distance of a tumour's voxels, centre to centre.

    Exact Euclidean distance in millimetres, as `scipy.ndimage.distance_transform_edt` gives on the
    whole CT.
    """
    window = _window_around(box, tumor, margin_mm)
    # What lies outside the liver's box is out of reach of the cut, but not of the distance.
    wide: Box = tuple(  # type: ignore[assignment]
        slice(min(w.start + b.start, t.start), max(w.stop + b.start, t.stop))
        for w, b, t in zip(window, box.box, tumor.box, strict=True)
    )
    inner = tuple(
        slice(w.start + b.start - o.start, w.stop + b.start - o.start)
        for w, b, o in zip(window, box.box, wide, strict=True)
    )
    inside = tumor.within(wide)
    if box.is_orthogonal:
        distance = distance_transform_edt(~inside, sampling=box.spacing_kji_mm)[inner]
    else:
        tree = cKDTree(np.argwhere(inside) @ box.axes_ras_mm)
        indices = np.moveaxis(np.indices(inside.shape), 0, -1)[inner]
        distance = tree.query(indices @ box.axes_ras_mm)[0]
    return DeepRegion(window, (margin_mm + TOLERANCE_MM - distance).astype(np.float32))


def _window_around(box: LiverBox, tumor: Mask, margin_mm: float) -> Box:
    """The part of the box that a wedge may reach, and a voxel more on every side."""
    first = np.array(tumor.start_kji)
    ends = np.stack([first, first + tumor.voxels.shape - 1])
    corners = np.array([[ends[a, 0], ends[b, 1], ends[c, 2]] for a, b, c in np.ndindex(2, 2, 2)])
    window = box.window(box.grid.ras_of(corners), margin_mm)
    k, j, i = (
        slice(max(s.start - 1, 0), min(s.stop + 1, size))
        for s, size in zip(window, box.shape_kji, strict=True)
    )
    return k, j, i
