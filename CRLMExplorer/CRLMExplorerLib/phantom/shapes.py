"""Shapes as signed distances: how far a point is from a surface, negative inside.

Only geometry in millimetres is here; which organ has which shape is not this file's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating]
"""Single precision in practice; numpy's type stubs lose that on the way."""
Point = tuple[float, float, float]
"""x, y, z in mm."""


@dataclass(frozen=True)
class Shape:
    """A closed shape.

    Attributes
    ----------
    low, high
        Corners of a box that holds it, mm.
    distance
        Takes arrays x, y, z in mm and returns signed distances in mm, negative inside.
    """

    low: Point
    high: Point
    distance: Callable[[Field, Field, Field], Field]

    def __sub__(self, other: Shape) -> Shape:
        """This shape without the other."""
        return Shape(
            self.low,
            self.high,
            lambda x, y, z: smooth_maximum(self.distance(x, y, z), -other.distance(x, y, z), 3.0),
        )

    def grown(self, by_mm: float) -> Shape:
        """The shape with its surface moved outwards, or inwards where negative."""
        a, b, c = np.subtract(self.low, max(by_mm, 0.0)).tolist()
        d, e, f = np.add(self.high, max(by_mm, 0.0)).tolist()
        return Shape((a, b, c), (d, e, f), lambda x, y, z: self.distance(x, y, z) - by_mm)


def ellipsoid(center: Point, radii: Point, *, turned_degrees: float = 0.0) -> Shape:
    """An ellipsoid; turned about the z axis, from x towards y."""
    # Python's own numbers, as numpy's would make every field double
    cos, sin = math.cos(math.radians(turned_degrees)), math.sin(math.radians(turned_degrees))
    extent = (
        math.hypot(radii[0] * cos, radii[1] * sin),
        math.hypot(radii[0] * sin, radii[1] * cos),
        radii[2],
    )

    def distance(x: Field, y: Field, z: Field) -> Field:
        dx, dy, dz = x - center[0], y - center[1], z - center[2]
        u, v, w = (
            (dx * cos + dy * sin) / radii[0],
            (dy * cos - dx * sin) / radii[1],
            dz / radii[2],
        )
        radius = np.sqrt(u * u + v * v + w * w) + 1e-6
        gradient = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (w / radii[2]) ** 2) + 1e-6
        return radius * (radius - 1.0) / gradient

    return Shape(_offset(center, extent, -1), _offset(center, extent, 1), distance)


def tube(points: Sequence[Point], radii: Sequence[float], *, flattened: float = 1.0) -> Shape:
    """A round tube along points, its radius going from one point's to the next's.

    Parameters
    ----------
    flattened
        How much thinner the tube is along y than along x.
    """
    path, widths = np.array(points, dtype=np.float32), np.array(radii, dtype=np.float32)
    stretch = np.array([1.0, 1.0 / flattened, 1.0], dtype=np.float32)
    low = (path - widths[:, None]).min(axis=0).tolist()
    high = (path + widths[:, None]).max(axis=0).tolist()

    def distance(x: Field, y: Field, z: Field) -> Field:
        nearest = np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), np.inf, np.float32)
        for a, b, r, s in zip(path[:-1], path[1:], widths[:-1], widths[1:], strict=True):
            along = (b - a) * stretch
            dx = x - a[0]
            dy = (y - a[1]) * stretch[1]
            dz = z - a[2]
            t = dx * along[0] + dy * along[1] + dz * along[2]
            t = np.clip(t / (along @ along), 0.0, 1.0)
            dx, dy, dz = dx - t * along[0], dy - t * along[1], dz - t * along[2]
            nearest = np.minimum(nearest, np.sqrt(dx * dx + dy * dy + dz * dz) - (r + t * (s - r)))
        return nearest

    return Shape((low[0], low[1], low[2]), (high[0], high[1], high[2]), distance)


def union(*shapes: Shape, blend_mm: float = 4.0) -> Shape:
    """Several shapes grown together, with a fillet of about the given size."""
    low = np.min([shape.low for shape in shapes], axis=0).tolist()
    high = np.max([shape.high for shape in shapes], axis=0).tolist()

    def distance(x: Field, y: Field, z: Field) -> Field:
        first, *others = (shape.distance(x, y, z) for shape in shapes)
        for other in others:
            first = -smooth_maximum(-first, -other, blend_mm)
        return first

    return Shape((low[0], low[1], low[2]), (high[0], high[1], high[2]), distance)


def smooth_maximum(a: Field, b: Field, blend_mm: float) -> Field:
    """The larger of two fields, rounded where they are within ``blend_mm`` of each other."""
    overlap = np.maximum(blend_mm - np.abs(a - b), 0.0)
    return np.maximum(a, b) + overlap * overlap * np.float32(0.25 / blend_mm)


def smooth_path(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A Catmull-Rom curve through points, ``steps`` pieces between neighbours."""
    path = np.array([points[0], *points, points[-1]], dtype=float)
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    curve = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(path[:-3], path[1:-2], path[2:-1], path[3:], strict=True)
    ]
    return [(x, y, z) for x, y, z in np.concatenate([*curve, path[-1:]]).tolist()]


def _offset(center: Point, extent: Point, sign: int) -> Point:
    x, y, z = np.add(center, np.multiply(extent, sign)).tolist()
    return x, y, z
