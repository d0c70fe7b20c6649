"""The image that a phantom is painted on, tissue by tissue, with soft edges.

Shapes are evaluated on every other row and column and interpolated: they are smooth, and it is
four times as fast. What is painted, and in which order, is not this file's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.phantom.shapes import Field, Shape

Box = tuple[slice, slice, slice]
EVERYWHERE: Box = (slice(None), slice(None), slice(None))
FAR_MM = np.float32(30.0)
"""What stands for the distance to a shape where nobody looks closer."""

ROWS = COLUMNS = 512
EDGE_MM = 1.3
"""Width over which a tissue goes over into the next in a slice: the scanner's resolution."""


@dataclass(frozen=True)
class Body:
    """What makes one patient's body differ from another's.

    Attributes
    ----------
    seed
        From which every random choice follows.
    width, depth, height
        Size of the body relative to the phantom's standard patient.
    fat
        Thickness of the subcutaneous fat relative to the standard patient's.
    prone
        Lies on the stomach.
    slices, slice_mm, pixel_mm
        The scan.
    """

    seed: int
    width: float = 1.0
    depth: float = 1.0
    height: float = 1.0
    fat: float = 1.0
    prone: bool = False
    slices: int = 45
    slice_mm: float = 5.0
    pixel_mm: float = 0.78125


TOP_MM = 14.0
"""z of the uppermost slice in the standard patient, whose liver's dome lies near 0."""


@dataclass(eq=False)
class Canvas:
    """A CT being painted; arrays are (slices, rows, columns), from feet to head, front to back,
    the patient's right to left."""

    body: Body
    hu: Field = field(init=False)

    def __post_init__(self) -> None:
        self.hu = np.full((self.body.slices, ROWS, COLUMNS), -1000.0, dtype=np.float32)

    def rng(self, purpose: int) -> np.random.Generator:
        """Random numbers of their own for each purpose, so that one does not shift another's."""
        return np.random.default_rng([self.body.seed, purpose])

    def noise(self, purpose: int, cell_mm: float, box: Box = EVERYWHERE) -> Field:
        """A smooth random field of unit variance in a box of the half-resolution arrays."""
        counts = (self.body.slices, ROWS // 2, COLUMNS // 2)
        steps_mm = (self.body.slice_mm, 2 * self.body.pixel_mm, 2 * self.body.pixel_mm)
        cells = [cell_mm / step_mm for step_mm in steps_mm]
        knots = [int(count / cell) + 4 for count, cell in zip(counts, cells, strict=True)]
        values = self.rng(purpose).standard_normal(knots).astype(np.float32)
        # slices last: the array is small until then, and they are whole pieces of memory
        for axis in (2, 1, 0):
            values = _spline(values, axis, np.arange(counts[axis])[box[axis]] / cells[axis])
        return values

    @cached_property
    def coordinates(self) -> tuple[Field, Field, Field]:
        """Where every other row's and column's voxels lie in the standard patient, x, y, z in mm.

        x goes to the patient's left, y to the back, z to the head. A gentle warp makes the
        organs of one patient differ from another's while neighbours stay neighbours.
        """
        body = self.body
        in_plane = (np.arange(COLUMNS // 2, dtype=np.float32) * 2 + 0.5 - 255.5) * body.pixel_mm
        along = np.arange(body.slices, dtype=np.float32) - (body.slices - 1)
        x = in_plane[None, None, :] / body.width + 3.0 * self.noise(1, 80.0)
        y = in_plane[None, :, None] / body.depth + 3.0 * self.noise(2, 80.0)
        z = along[:, None, None] * (body.slice_mm / body.height) + TOP_MM
        return x, y, z + 4.0 * self.noise(3, 80.0)

    def box_of(self, shape: Shape) -> Box:
        """A box of the half-resolution arrays that holds the shape and its soft edge."""
        body = self.body
        margin = 14.0
        step = np.array([body.slice_mm, 2 * body.pixel_mm, 2 * body.pixel_mm])
        scale = np.array([body.height, body.depth, body.width])
        low, high = np.array(shape.low)[::-1], np.array(shape.high)[::-1]
        center = np.array([(body.slices - 1) - TOP_MM * body.height / body.slice_mm, 127.5, 127.5])
        size = (body.slices, ROWS // 2, COLUMNS // 2)
        start = np.floor(center + (low * scale - margin) / step).astype(int)
        stop = np.ceil(center + (high * scale + margin) / step).astype(int) + 1
        k, j, i = (
            slice(int(np.clip(a, 0, n)), int(np.clip(b, 0, n)))
            for a, b, n in zip(start, stop, size, strict=True)
        )
        return k, j, i

    def distance(self, shape: Shape, box: Box) -> Field:
        """The shape's signed distances at half resolution in a box, mm.

        They are worked out near the shape, and `FAR_MM` elsewhere.
        """
        size = tuple(len(range(n)[s]) for n, s in zip(self.coordinates[0].shape, box, strict=True))
        out = np.full(size, FAR_MM, dtype=np.float32)
        near, here = [], []
        for mine, wanted, count in zip(self.box_of(shape), box, size, strict=True):
            first = wanted.start or 0
            low, high = max(mine.start, first), min(mine.stop, first + count)
            if low >= high:
                return out
            near.append(slice(low, high))
            here.append(slice(low - first, high - first))
        x, y, z = (axis[tuple(near)] for axis in self.coordinates)
        out[tuple(here)] = shape.distance(x, y, z)
        return out

    def paint(self, shape: Shape, hu: float | Field, edge_mm: float = EDGE_MM) -> None:
        """Fill a shape with a tissue; see `paint_field`."""
        box = self.box_of(shape)
        if min(s.stop - s.start for s in box) > 0:
            self.paint_field(self.distance(shape, box), hu, edge_mm, box)

    def paint_field(
        self,
        distance: Field,
        hu: float | Field,
        edge_mm: float = EDGE_MM,
        box: Box = EVERYWHERE,
    ) -> None:
        """Fill with a tissue where a distance is negative, softly across the surface.

        A slice averages over its thickness: the flatter a surface lies in it, the wider its edge.

        Parameters
        ----------
        distance
            Signed distances in mm at half resolution in the box.
        hu
            One value, or an array like the distances.
        """
        edge = np.full_like(distance, edge_mm)
        if distance.shape[0] > 1:
            np.maximum(edge, 0.8 * np.abs(np.gradient(distance, axis=0)), out=edge)
        share = 0.5 - distance / edge
        first_slice, first_row, first_column = (s.start or 0 for s in box)
        # slice by slice, and only where there is something: it stays in the processor's cache
        for k, soft in enumerate(share):
            rows = np.flatnonzero((soft > 0.0).any(axis=1))
            if rows.size == 0:
                continue
            columns = np.flatnonzero((soft > 0.0).any(axis=0))
            part = (
                slice(max(rows[0] - 1, 0), rows[-1] + 2),
                slice(max(columns[0] - 1, 0), columns[-1] + 2),
            )
            fine = np.clip(upsampled(soft[part]), 0.0, 1.0)
            tissue = hu if isinstance(hu, float) else upsampled(hu[k][part])
            row = 2 * (first_row + part[0].start)
            column = 2 * (first_column + part[1].start)
            target = self.hu[
                first_slice + k, row : row + fine.shape[0], column : column + fine.shape[1]
            ]
            target += fine * (tissue - target)


def upsampled(array: Field) -> Field:
    """Twice the rows and columns of a slice or of slices, by linear interpolation."""
    *others, rows, columns = array.shape
    wide = np.empty((*others, rows, 2 * columns), dtype=np.float32)
    wide[..., 0], wide[..., -1] = array[..., 0], array[..., -1]
    near, far = np.float32(0.75) * array, np.float32(0.25) * array
    np.add(near[..., 1:], far[..., :-1], out=wide[..., 2::2])
    np.add(near[..., :-1], far[..., 1:], out=wide[..., 1:-1:2])
    fine = np.empty((*others, 2 * rows, 2 * columns), dtype=np.float32)
    fine[..., 0, :], fine[..., -1, :] = wide[..., 0, :], wide[..., -1, :]
    near, far = np.float32(0.75) * wide, np.float32(0.25) * wide
    np.add(near[..., 1:, :], far[..., :-1, :], out=fine[..., 2::2, :])
    np.add(near[..., :-1, :], far[..., 1:, :], out=fine[..., 1:-1:2, :])
    return fine


def _spline(values: Field, axis: int, at: NDArray[np.float64]) -> Field:
    """Cubic B-spline through random values along an axis, scaled to keep their variance."""
    first = at.astype(int)
    t = at - first
    weights = np.array(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    )
    weights /= np.linalg.norm(weights, axis=0)
    along = [-1 if n == axis else 1 for n in range(3)]
    out = np.float32(0.0)
    for n, weight in enumerate(weights.astype(np.float32)):
        out = out + np.take(values, first + n, axis=axis) * weight.reshape(along)
    return np.asarray(out)
