"""The liver: its outline, hepatic and portal veins, metastases and the remnant of a resection.

Everything is a signed distance in mm at half resolution; masks are where it is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, gaussian_filter
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from CRLMExplorerLib.phantom.canvas import FAR_MM, Box, Canvas, upsampled
from CRLMExplorerLib.phantom.organs import CAVA, GALLBLADDER, RIGHT_KIDNEY, VEIN_HU
from CRLMExplorerLib.phantom.shapes import (
    Field,
    Point,
    Shape,
    ellipsoid,
    smooth_maximum,
    smooth_path,
    tube,
)
from CRLMExplorerLib.phantom.torso import Torso

LIVER_HU = 106.0
"""Parenchyma in the portal-venous phase."""


@dataclass(frozen=True)
class Metastasis:
    """One tumour to place.

    Attributes
    ----------
    diameter_mm
        Longest diameter.
    overlaps_previous
        Grows into the tumour before it.
    at_cut
        Straddles the resection plane instead, a part of it in the remnant.
    """

    diameter_mm: float
    overlaps_previous: bool = False
    at_cut: bool = False


@dataclass(frozen=True)
class Resection:
    """Which part of the liver stays.

    Attributes
    ----------
    remnant_is_left
        Whether the liver left of the plane stays, as after a right hepatectomy.
    remnant_percent
        The remnant in percent of the functional liver (without tumours).
    normal
        Of the plane, pointing to the patient's left, in the standard patient's x, y, z.
    """

    remnant_is_left: bool
    remnant_percent: float
    normal: Point


CANTLIE = (0.95, -0.30, 0.08)
"""Normal of the plane from the gallbladder to the cava: the border of a right hepatectomy."""

BOUNDS = ((-165.0, -115.0, -200.0), (110.0, 100.0, 12.0))

RIGHT_HEPATIC: list[Point] = [(-24, 14, -20), (-52, 18, -34), (-86, 24, -62), (-108, 22, -100)]
MIDDLE_HEPATIC: list[Point] = [(-22, 8, -20), (-27, -16, -36), (-36, -44, -62), (-42, -60, -92)]
LEFT_HEPATIC: list[Point] = [(-19, 6, -19), (2, -20, -26), (26, -44, -38), (40, -54, -52)]
MAIN_PORTAL: list[Point] = [(-4, -4, -116), (-14, -8, -106), (-26, -10, -96), (-34, -10, -90)]
RIGHT_PORTAL: list[Point] = [(-34, -10, -90), (-50, -8, -84), (-62, -6, -82)]
RIGHT_ANTERIOR: list[Point] = [(-62, -6, -82), (-74, -26, -68), (-84, -42, -48)]
RIGHT_POSTERIOR: list[Point] = [(-62, -6, -82), (-82, 16, -88), (-104, 30, -98)]
LEFT_PORTAL: list[Point] = [(-34, -10, -90), (-16, -22, -78), (4, -30, -72), (14, -44, -66)]
UMBILICAL: list[Point] = [(14, -44, -66), (17, -58, -62), (19, -66, -56)]


LIGAMENTUM_TERES = tube([(17, -100, -112), (17, -66, -62)], [4.0, 1.0])
LIGAMENTUM_VENOSUM = ellipsoid((4, -12, -58), (18, 2.2, 26), turned_degrees=-28.0)


@dataclass(eq=False)
class Liver:
    """The liver's parts, on the box of the half-resolution arrays that holds it.

    Attributes
    ----------
    box
        The box.
    outline, hepatic, portal
        Signed distances in mm.
    left_of_plane
        Distance from the resection plane in mm, positive on the patient's left.
    tumors
        Signed distances of each metastasis.
    """

    box: Box
    outline: Field
    hepatic: Field
    portal: Field
    left_of_plane: Field
    remnant_is_left: bool
    tumors: list[Field]

    def masks(self, shape_kji: tuple[int, int, int]) -> dict[str, NDArray[np.bool_]]:
        """The collection's segments on the CT, by their labels."""
        liver = self._mask(self.outline, shape_kji)
        side = self.left_of_plane if not self.remnant_is_left else -self.left_of_plane
        tumors = [self._mask(np.maximum(t, self.outline), shape_kji) for t in self.tumors]
        vessels = ~np.logical_or.reduce(tumors)
        return {
            "Liver": liver,
            "Liver Remnant": liver & self._mask(side, shape_kji),
            "Hepatic": self._mask(self.hepatic, shape_kji) & vessels,
            "Portal": self._mask(self.portal, shape_kji) & vessels,
            **{f"Tumor_{n}": tumor for n, tumor in enumerate(tumors, start=1)},
        }

    def _mask(self, distance: Field, shape_kji: tuple[int, int, int]) -> NDArray[np.bool_]:
        return at_full_resolution(distance, self.box, shape_kji)


def at_full_resolution(
    distance: Field, box: Box, shape_kji: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Where a half-resolution distance of a box is negative, on the whole CT."""
    mask = np.zeros(shape_kji, dtype=bool)
    part = _surroundings(distance)
    k, j, i = (
        slice(outer.start + inner.start, outer.start + inner.stop)
        for outer, inner in zip(box, part, strict=True)
    )
    mask[k, 2 * j.start : 2 * j.stop, 2 * i.start : 2 * i.stop] = upsampled(distance[part]) < 0.0
    return mask


def _surroundings(distance: Field) -> Box:
    """A box around all that is negative, a little larger."""
    k, j, i = find_objects((distance < 5.0).view(np.uint8))[0]
    return k, j, i


def paint_liver(
    canvas: Canvas, torso: Torso, resection: Resection, metastases: Sequence[Metastasis]
) -> Liver:
    """Paint the liver with its veins and metastases, and return its parts."""
    box = canvas.box_of(Shape(*BOUNDS, lambda x, y, z: x))
    outline = _outline(canvas, torso, box)
    tumor_ml = sum(0.4 * (m.diameter_mm / 10) ** 3 for m in metastases)
    left_of_plane = _plane(canvas, box, outline, resection, tumor_ml)

    hepatic_trunks = [
        (RIGHT_HEPATIC, 5.5, 2.6),
        (MIDDLE_HEPATIC, 5.2, 2.2),
        (LEFT_HEPATIC, 4.8, 2.0),
    ]
    portal_trunks = [
        (RIGHT_PORTAL, 6.4, 5.6),
        (RIGHT_ANTERIOR, 4.8, 3.2),
        (RIGHT_POSTERIOR, 4.8, 3.0),
        (LEFT_PORTAL, 5.6, 4.8),
        (UMBILICAL, 5.0, 4.0),
    ]
    hepatic = np.maximum(_tree(canvas, box, outline, hepatic_trunks, 80, 30), outline - 3.0)
    portal = np.maximum(_tree(canvas, box, outline, portal_trunks, 81, 40), outline + 1.0)
    course = smooth_path(MAIN_PORTAL)
    portal = np.minimum(portal, canvas.distance(tube(course, [7.4] * len(course)), box))
    specimen = left_of_plane if resection.remnant_is_left else -left_of_plane
    tumors = _place(canvas, box, outline, specimen, metastases)

    texture = np.float32(LIVER_HU) + 3.0 * canvas.noise(82, 9.0, box)
    hilum = tube(smooth_path([*MAIN_PORTAL, *LEFT_PORTAL[1:3]]), [9.0] * 25 + [6.0] * 6)
    canvas.paint_field(outline, texture, box=box)
    fissure = np.maximum(canvas.distance(hilum, box), outline)
    canvas.paint_field(fissure, -20.0, 5.0, box)
    canvas.paint_field(hepatic, VEIN_HU - 2.0, box=box)
    canvas.paint_field(portal, VEIN_HU + 4.0, box=box)
    for tumor in tumors:
        inside = np.maximum(tumor, outline)
        rim = np.clip((tumor + 6.0) / 6.0, 0.0, 1.0) ** 2
        core = 56.0 + 28.0 * rim + 5.0 * canvas.noise(83, 6.0, box)
        canvas.paint_field(inside, core.astype(np.float32), 2.6, box)
    return Liver(box, outline, hepatic, portal, left_of_plane, resection.remnant_is_left, tumors)


def _outline(canvas: Canvas, torso: Torso, box: Box) -> Field:
    x, y, z = (axis[box] for axis in canvas.coordinates)

    def along(values: Field, at: Sequence[float], give: Sequence[float]) -> Field:
        return np.interp(values, at, give).astype(np.float32)

    behind = along(
        x,
        [-140, -75, -48, -32, -14, 2, 12, 28, 50, 75, 100],
        [95, 84, 58, 36, 14, 2, -12, -24, -36, -52, -70],
    )
    behind -= 0.45 * np.maximum(-105.0 - z, 0.0) * np.clip((x + 125.0) / 60.0, 0.0, 1.0)
    behind -= 0.5 * np.maximum(-z - 60.0, 0.0) * np.clip((x + 10.0) / 30.0, 0.0, 1.0)
    left = along(
        z,
        [-184, -172, -150, -126, -108, -96, -84, -60, -35, -14, 0, 10],
        [-160, -116, -88, -58, -18, 22, 42, 60, 68, 50, 20, 0],
    )
    left += along(y, [-90, -40, 20, 80], [8.0, 0.0, -8.0, -16.0])
    parts = (
        torso.below_diaphragm[box] + 2.5,
        (y - behind) * 0.8,
        (x - left) * 0.85,
        7.0 - canvas.distance(RIGHT_KIDNEY, box),
        2.5 - canvas.distance(GALLBLADDER, box),
        1.0 - canvas.distance(CAVA, box),
        5.0 - canvas.distance(LIGAMENTUM_TERES, box),
        -canvas.distance(LIGAMENTUM_VENOSUM, box),
    )
    outline = torso.wall[box] + 2.0
    for part in parts:
        outline = smooth_maximum(outline, part.astype(np.float32), 7.0)
    outline += 1.3 * canvas.noise(84, 24.0, box)
    step = 2 * canvas.body.pixel_mm
    return gaussian_filter(outline, (2.0 / canvas.body.slice_mm, 2.5 / step, 2.5 / step))


def _plane(
    canvas: Canvas, box: Box, outline: Field, resection: Resection, tumor_ml: float
) -> Field:
    """Distance from the plane that leaves the wanted remnant."""
    x, y, z = (axis[box] for axis in canvas.coordinates)
    a, b, c = resection.normal
    distance = a * x + b * y + c * z + 2.0 * canvas.noise(85, 45.0, box)
    inside = np.sort(distance[outline < 0.0])
    body = canvas.body
    liver_ml = inside.size * 4 * body.pixel_mm**2 * body.slice_mm / 1000.0
    share = resection.remnant_percent / 100.0 * (1.0 - tumor_ml / liver_ml)
    position = 1.0 - share if resection.remnant_is_left else share
    return distance - inside[int(position * inside.size)]


def _tree(
    canvas: Canvas,
    box: Box,
    outline: Field,
    trunks: Sequence[tuple[list[Point], float, float]],
    purpose: int,
    branches: int,
) -> Field:
    """Trunks, and branches that reach from the nearest vessel to points all over the liver."""
    rng = canvas.rng(purpose)
    tubes: list[tuple[list[Point], list[float]]] = []
    for points, first_mm, last_mm in trunks:
        course = smooth_path(points, 5)
        tubes.append((course, np.linspace(first_mm, last_mm, len(course)).tolist()))
    nodes = [node for course, _ in tubes for node in course]
    widths = [width for _, course_widths in tubes for width in course_widths]
    places = np.argwhere(outline < -9.0)
    coordinates = np.stack([axis[box] for axis in canvas.coordinates], axis=-1)
    for place in rng.choice(places, branches, replace=False):
        goal = coordinates[tuple(place)]
        away = np.linalg.norm(np.array(nodes) - goal, axis=1)
        start = int(np.argmin(away - 4.0 * np.array(widths)))
        if away[start] < 12.0:
            continue
        width = min(0.7 * widths[start], 3.2)
        bend = 0.5 * (np.array(nodes[start]) + goal) + rng.normal(size=3) * 0.09 * away[start]
        a, b = bend.tolist(), goal.tolist()
        course = smooth_path([nodes[start], (a[0], a[1], a[2]), (b[0], b[1], b[2])], 4)
        narrowing = np.linspace(width, max(0.45 * width, 0.9), len(course)).tolist()
        tubes.append((course, narrowing))
        nodes += course[2:]
        widths += narrowing[2:]

    nearest = np.full_like(outline, FAR_MM)
    for course, course_widths in tubes:
        np.minimum(nearest, canvas.distance(tube(course, course_widths), box), out=nearest)
    return nearest


def _place(
    canvas: Canvas,
    box: Box,
    outline: Field,
    specimen: Field,
    metastases: Sequence[Metastasis],
) -> list[Field]:
    """Find room for each metastasis and give it its shape.

    Parameters
    ----------
    specimen
        Distance from the resection plane, negative in the specimen.
    """
    body = canvas.body
    rng = canvas.rng(86)
    scale = np.array([body.width, body.depth, body.height])
    coordinates = np.stack([axis[box] for axis in canvas.coordinates], axis=-1)
    hilum = ellipsoid((-44, -10, -88), (26, 12, 16))
    vessel_free = np.minimum(canvas.distance(CAVA, box), canvas.distance(hilum, box))
    placed: list[tuple[NDArray[np.floating], float]] = []
    tumors = []
    for number, metastasis in enumerate(metastases):
        r = metastasis.diameter_mm / 2
        fits = (outline < -0.6 * r) & (vessel_free > 0.5 * r + 3.0)
        if metastasis.at_cut:
            fits &= (specimen < -0.15 * r) & (specimen > -0.4 * r)
        else:
            fits &= specimen < -(r + 5.0)
        for at, (center, other) in enumerate(placed):
            away = np.linalg.norm((coordinates - center) * scale, axis=-1)
            if metastasis.overlaps_previous and at == number - 1:
                fits &= np.abs(away - 0.58 * (r + other)) < 2.0
            else:
                fits &= away > r + other + 6.0
        places = np.argwhere(fits)
        center = coordinates[tuple(places[rng.integers(len(places))])]
        placed.append((center, r))
        a, b, c = (r * np.array([1.0, rng.uniform(0.8, 0.95), 0.85]) / scale).tolist()
        shape = ellipsoid(
            tuple(center.tolist()), (a, b, c), turned_degrees=float(rng.uniform(0, 180))
        )
        distance = canvas.distance(shape, box)
        distance += 0.07 * r * canvas.noise(90 + number, max(0.7 * r, 6.0), box)
        tumors.append(_of_diameter(distance, metastasis.diameter_mm, body.pixel_mm))
    return tumors


def _of_diameter(distance: Field, diameter_mm: float, pixel_mm: float) -> Field:
    """Move the surface until the longest diameter in a slice is the one wanted."""
    fine = upsampled(distance[_surroundings(distance)])
    for _ in range(3):
        longest = 0.0
        for mask in fine < 0.0:
            points = np.argwhere(mask)
            if len(points) > 8:
                outer = points[ConvexHull(points).vertices]
                longest = max(longest, float(pdist(outer).max()) * pixel_mm)
        shift = (longest - diameter_mm) / 2
        distance, fine = distance + shift, fine + shift
    return distance
