"""Islands of the remnant, and a smoother transection surface.

They change the remnant by its own shape, inside the liver; they know no plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, uniform_filter

from CRLMExplorerLib.geometry.mask import BoolArray, Box
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.resection.liver_box import TOLERANCE_MM, LiverBox
from CRLMExplorerLib.resection.steps import Smooth, Smoothing


def islands(box: LiverBox, remnant: BoolArray, below_ml: float | None = None) -> BoolArray:
    """The remnant's parts that stay: those not below a volume, or only the largest (None).

    Voxels that share a face, an edge or a corner belong to one part.
    """
    mask = box.mask_of(remnant)
    if mask.is_empty:
        return remnant
    runs = Runs.of(mask)
    part, sizes = runs.parts()
    stays = np.arange(len(sizes)) == 0
    if below_ml is not None:
        stays = sizes * box.grid.voxel_ml >= below_ml
    if stays.all():
        return remnant
    return remnant & ~_filled(box, runs.only(~stays[part]))


def _filled(box: LiverBox, runs: Runs) -> BoolArray:
    """The runs as an array of the box."""
    changes = np.zeros((*box.shape_kji[:2], box.shape_kji[2] + 1), dtype=np.int8)
    k0, j0, i0 = (s.start for s in box.box)
    k, j = runs.k - k0, runs.j - j0
    changes[k, j, runs.first - i0] += 1
    changes[k, j, runs.last + 1 - i0] -= 1
    return np.cumsum(changes[..., :-1], axis=-1, dtype=np.int8).astype(bool)


def smooth(box: LiverBox, remnant: BoolArray, step: Smooth) -> BoolArray:
    """Smooth the border between remnant and specimen; only voxels of the liver change."""
    window = _around_transection(box, remnant, step.kernel_mm)
    liver, inside = box.liver[window], remnant[window] & box.liver[window]
    if not inside.any():
        return remnant
    if step.method is Smoothing.MEDIAN:
        inside = _majority(box, liver, inside, step.kernel_mm)
    elif step.method is Smoothing.OPENING:
        inside = _opened(box, liver, inside, step.kernel_mm / 2)
    else:
        inside = liver & ~_opened(box, liver, liver & ~inside, step.kernel_mm / 2)
    out = remnant.copy()
    out[window] = np.where(liver, inside, remnant[window])
    return out


def _majority(box: LiverBox, liver: BoolArray, inside: BoolArray, kernel_mm: float) -> BoolArray:
    """Each voxel of the liver as most of the liver around it; as it was where both are equal."""
    size = [2 * round((kernel_mm / spacing - 1) / 2) + 1 for spacing in box.spacing_kji_mm]
    size = [max(1, n) for n in size]

    def count(voxels: BoolArray) -> NDArray[np.float64]:
        return uniform_filter(voxels.astype(np.float64), size, mode="constant") * np.prod(size)

    lead = np.rint(2 * count(inside) - count(liver))
    return np.where(lead == 0, inside, lead > 0) & liver


def _opened(box: LiverBox, liver: BoolArray, part: BoolArray, radius_mm: float) -> BoolArray:
    """What of a part of the liver a ball covers that stays off the other part.

    Only the other part holds the ball off, so that the liver's own surface stays as it is.
    """
    centers = liver & ~_within(box, liver & ~part, radius_mm)
    return liver & _within(box, centers, radius_mm)


def _within(box: LiverBox, voxels: BoolArray, radius_mm: float) -> BoolArray:
    """Voxels within a radius of others, centre to centre."""
    if not voxels.any():
        return voxels
    return distance_transform_edt(~voxels, sampling=box.spacing_kji_mm) <= radius_mm + TOLERANCE_MM


def _around_transection(box: LiverBox, remnant: BoolArray, around_mm: float) -> Box:
    """The part of the box that smoothing with a kernel of this width may read or change."""
    bounds = []
    inside, outside = box.liver & remnant, box.liver & ~remnant
    for axis, spacing in enumerate(box.spacing_kji_mm):
        others = tuple({0, 1, 2} - {axis})
        both = np.flatnonzero(inside.any(axis=others)), np.flatnonzero(outside.any(axis=others))
        if not (both[0].size and both[1].size):
            return slice(0, 0), slice(0, 0), slice(0, 0)
        reach = int(np.ceil(around_mm / spacing)) + 1
        first = max(max(found[0] for found in both) - reach, 0)
        last = min(found[-1] for found in both) + reach
        bounds.append(slice(min(int(first), box.shape_kji[axis]), max(int(last) + 1, int(first))))
    k, j, i = bounds
    return k, j, i
