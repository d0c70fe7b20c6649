"""The trunk around the organs: skin, fat, muscles, bones, lungs, diaphragm and the table.

It leaves a cavity filled with fat for the organs; which organs come into it is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from CRLMExplorerLib.phantom.canvas import EVERYWHERE, ROWS, Canvas
from CRLMExplorerLib.phantom.shapes import Field, Point, ellipsoid, smooth_maximum, tube

FAT_HU, MUSCLE_HU, LUNG_HU = -102.0, 58.0, -860.0
CORTEX_HU, MARROW_HU = 620.0, 210.0

VERTEBRA_MM, DISC_MM = 34.0, 7.0
RIB_SPACING_MM = 30.0


@dataclass(frozen=True, eq=False)
class Torso:
    """The spaces that organs fill, as signed distances in mm at half resolution.

    Attributes
    ----------
    wall
        To the inside of the abdominal and chest wall, negative inside.
    below_diaphragm
        To the diaphragm, negative on the abdomen's side.
    """

    wall: Field
    below_diaphragm: Field


def paint_torso(canvas: Canvas) -> Torso:
    """Paint everything but the organs, and return the spaces for them."""
    x, y, z = canvas.coordinates
    skin = _skin(canvas)
    depth = -skin
    side = np.clip(np.abs(x) / 150.0, 0.0, 1.0)
    front = np.clip(-y / 100.0, 0.0, 1.0)
    fat_mm = canvas.body.fat * (12.0 + 4.0 * front + 5.0 * np.clip(y / 90.0, 0, 1) + 3.0 * side)
    fat_mm *= 1.0 + 0.12 * canvas.noise(10, 60.0)
    chest = np.clip((z + 110.0) / 60.0, 0.0, 1.0)
    muscle_mm = 8.0 + 5.0 * side + 4.0 * chest * side + 5.0 * np.clip(y / 60.0, 0.0, 1.0)
    muscle_mm += 27.0 * np.exp(-((x / 42.0) ** 4)) * np.clip((y - 40.0) / 20.0, 0.0, 1.0)
    wall = fat_mm + muscle_mm - depth

    _paint_table(canvas)
    canvas.paint_field(skin, 20.0)
    canvas.paint_field(skin + 2.2, FAT_HU)
    canvas.paint_field(fat_mm - depth, MUSCLE_HU)
    _paint_muscle_layers(canvas, (depth - fat_mm) / muscle_mm, side * (1 - chest))
    canvas.paint_field(wall, FAT_HU)

    dome = _diaphragm_height(canvas, wall)
    slope = np.hypot(*np.gradient(dome, 2 * canvas.body.pixel_mm, axis=(1, 2)))
    below_diaphragm = (z - dome) / np.sqrt(1.0 + slope**2)
    _paint_lungs(canvas, wall, below_diaphragm)
    _paint_back(canvas)
    _paint_ribs(canvas, depth - fat_mm)
    _paint_spine(canvas)
    return Torso(wall, below_diaphragm)


def _skin(canvas: Canvas) -> Field:
    x, y, z = canvas.coordinates
    belly = np.clip(-(z + 60.0) / 150.0, 0.0, 1.0)
    width = 170.0 - 7.0 * belly
    depth = np.where(y < 0.0, 112.0 - 3.0 * belly, 108.0)
    if canvas.body.prone:
        depth = np.where(y < 0.0, depth - 12.0, depth + 4.0)
    u, v = np.abs(x) / width, np.abs(y) / depth
    radius = (u**2.5 + v**2.5) ** np.float32(0.4) + 1e-6
    step = 2 * canvas.body.pixel_mm
    slope = np.hypot(*np.gradient(radius, step, axis=(1, 2))) + 1e-6
    groove = 4.0 * np.exp(-((x / 16.0) ** 2)) * (y > 40.0)
    # what lies on the table is pressed flat
    flat = -(y + 88.0) if canvas.body.prone else y - 101.0
    return smooth_maximum((radius - 1.0) / slope + groove, flat, 14.0)


def _paint_table(canvas: Canvas) -> None:
    body = canvas.body
    mm = body.pixel_mm
    x = ((np.arange(ROWS) - 255.5) * mm)[None, :]
    y = ((np.arange(ROWS) - 255.5) * mm)[:, None]
    # towards the table; the patient's surface ends a little above its pad
    down = -y / body.depth - 86.0 if body.prone else y / body.depth - 99.0
    down = down * body.depth + (x / 55.0) ** 2 * 1.1
    table = np.full((ROWS, ROWS), -1000.0)
    inside = np.abs(x) < 205.0
    table[(down > 1.5) & (down < 10.0) & (np.abs(x) < 185.0)] = -930.0
    table[(down > 10.0) & (down < 12.0) & inside] = 60.0
    table[(down > 12.0) & (down < 46.0) & inside] = -965.0
    table[(down > 46.0) & (down < 48.0) & inside] = 20.0
    canvas.hu[:] = np.maximum(canvas.hu, table.astype(np.float32))


def _paint_muscle_layers(canvas: Canvas, part: Field, amount: Field) -> None:
    """Thin planes of fat between the three muscles of the flank."""
    for position in (0.36, 0.68):
        plane = np.abs(part - position) * 14.0 - 0.9 * amount
        canvas.paint_field(plane + 0.35, -50.0)


def _diaphragm_height(canvas: Canvas, wall: Field) -> Field:
    x, y, _ = canvas.coordinates
    right = -0.0036 * ((x + 72.0) ** 2 + (y + 5.0) ** 2)
    left = -10.0 - 0.0042 * ((x - 78.0) ** 2 + (y + 2.0) ** 2)
    top = smooth_maximum(right, left, 14.0)
    reach = 48.0 + 62.0 * np.clip((y + 50.0) / 130.0, 0.0, 1.0)
    return top - reach * np.exp(-np.maximum(-wall, 0.0) / 11.0)


def _paint_lungs(canvas: Canvas, wall: Field, below_diaphragm: Field) -> None:
    x, y, _ = canvas.coordinates
    mediastinum = np.sqrt((x / 30.0) ** 2 + ((y - 26.0) / 34.0) ** 2) * 30.0 - 30.0
    heart = ellipsoid((28.0, -42.0, 38.0), (66.0, 44.0, 40.0), turned_degrees=-18.0)
    heart_distance = canvas.distance(heart, EVERYWHERE)
    lungs = smooth_maximum(wall + 0.5, -below_diaphragm, 3.0)
    lungs = smooth_maximum(lungs, -mediastinum, 8.0)
    lungs = smooth_maximum(lungs, 4.0 - heart_distance, 6.0)
    vessels = np.clip(canvas.noise(20, 6.0) - 1.5, 0.0, 1.0)
    air = np.float32(LUNG_HU) + 25.0 * canvas.noise(21, 12.0) + 620.0 * vessels
    muscle = smooth_maximum(wall, np.abs(below_diaphragm) - 1.6, 2.0)
    canvas.paint_field(muscle, MUSCLE_HU)
    canvas.paint_field(lungs, air)
    above = 3.0 - below_diaphragm
    chamber = ellipsoid((34.0, -46.0, 42.0), (48.0, 27.0, 34.0), turned_degrees=-18.0)
    canvas.paint_field(smooth_maximum(heart_distance, above, 3.0), 118.0)
    canvas.paint_field(
        smooth_maximum(canvas.distance(chamber, EVERYWHERE), above + 2.0, 3.0), 158.0
    )


def _paint_back(canvas: Canvas) -> None:
    """The muscles beside the spine, the psoas and the crura of the diaphragm."""
    top, bottom = 60.0, -300.0
    for side in (-1.0, 1.0):
        columns = (
            tube([(side * 27, 80, top), (side * 30, 78, bottom)], [21, 23], flattened=0.72),
            tube([(side * 54, 70, -90), (side * 60, 68, bottom)], [6, 15], flattened=0.7),
            tube([(side * 25, 42, -100), (side * 40, 40, bottom)], [5, 24], flattened=0.85),
        )
        for muscle in columns:
            canvas.paint(muscle, 60.0)
            canvas.paint(muscle.grown(-8.0), 52.0, 5.0)
        crus = tube([(side * 17, 20, 0), (side * 17, 26, -60), (side * 14, 32, -120)], [5, 6, 4])
        canvas.paint(crus, 60.0)


def _paint_ribs(canvas: Canvas, into_muscle: Field) -> None:
    """Ribs slope down from the spine to the front: a slice cuts several of them aslant."""
    x, y, z = canvas.coordinates
    around = np.arctan2(np.abs(x) / 165.0, y / 105.0)  # 0 at the spine, pi at the sternum
    fall = 120.0 * np.sin(np.clip(around * 0.7, 0.0, np.pi / 2))
    level = (z + fall + 14.0) / RIB_SPACING_MM
    number = np.round(level)
    end = np.clip(2.35 + 0.32 * (number + 1.0), 0.9, 2.45)
    beyond = np.maximum(around - end, 0.0) * 110.0 + np.maximum(0.28 - around, 0.0) * 110.0
    beyond += np.maximum(-150.0 - z, 0.0)
    across = (level - number) * RIB_SPACING_MM * 0.85
    deep = into_muscle - 8.0
    radius = np.sqrt((across / 6.0) ** 2 + (deep / 3.6) ** 2 + (beyond / 8.0) ** 2)
    rib = (radius - 1.0) * 4.2
    canvas.paint_field(rib, CORTEX_HU, 1.6)
    canvas.paint_field(rib + 1.9, MARROW_HU, 1.6)
    cartilage = np.maximum(around - end, 0.0) * 110.0
    gristle = np.sqrt((across / 6.0) ** 2 + (deep / 4.4) ** 2) - 1.0
    in_front = np.maximum(0.35 - cartilage / 10.0, 0.0) + np.maximum(around - 2.8, 0.0) * 20.0
    low = np.maximum(-150.0 - z, 0.0) / 10.0
    canvas.paint_field((gristle + in_front + low) * 4.2, 105.0)


def _paint_spine(canvas: Canvas) -> None:
    x, y, z = canvas.coordinates
    box = (slice(None), slice(128, 128 + 90), slice(128 - 52, 128 + 52))
    x, y, z = (axis[box] for axis in (x, y, z))
    up = (z + 11.0) / VERTEBRA_MM
    up = (up - np.round(up)) * VERTEBRA_MM  # 0 in the middle of each vertebra
    waist = 1.6 * np.cos(np.clip(up / 13.5, -1, 1) * np.pi / 2)
    middle = 46.0

    u, v = x / (22.5 - waist), (y - middle) / (16.5 - waist)
    outline = (np.sqrt(u * u + v * v) - 1.0) * 17.0
    canal_front = y - (middle + 13.0) - np.float32(2.0) * (np.abs(x) > 12)
    outline = smooth_maximum(outline, canal_front, 4.0)
    disc = np.maximum(np.abs(up) - (VERTEBRA_MM - DISC_MM) / 2, -9.0)
    canvas.paint_field(outline, 88.0, box=box)
    body = smooth_maximum(outline, disc, 2.0)
    canvas.paint_field(body, CORTEX_HU * 0.82, 1.8, box)
    grain = np.float32(MARROW_HU - 15.0) + 26.0 * canvas.noise(30, 4.0, box)
    canvas.paint_field(body + 1.7, grain, 1.8, box)

    def bar(a: Point, b: Point, r: float, s: float) -> Field:
        return tube([a, b], [r, s]).distance(np.abs(x), y, up)

    parts = (
        bar((15, middle + 9, 5), (16, middle + 23, 4), 4.2, 4.6),  # pedicle
        bar((16, middle + 23, 2), (3, middle + 33, -5), 4.6, 4.2),  # lamina
        bar((0, middle + 33, -6), (0, middle + 43, -11), 4.2, 4.2),  # spinous process
        bar((17, middle + 24, 4), (38, middle + 32, 6), 4.6, 3.6),  # transverse process
        bar((18, middle + 24, 14), (17, middle + 25, -14), 4.8, 4.8),  # facet joints
    )
    arch = np.minimum.reduce(parts)
    canvas.paint_field(arch, CORTEX_HU, 1.6, box)
    canvas.paint_field(arch + 2.0, MARROW_HU + 40.0, 1.6, box)
    canal = np.sqrt((x / 11.0) ** 2 + ((y - middle - 22.5) / 9.0) ** 2) * 10.0 - 10.0
    canvas.paint_field(canal, -20.0, 1.6, box)
    canvas.paint_field(canal + 2.2, 22.0, 1.6, box)
    canvas.paint_field(canal + 6.0, 42.0, 1.6, box)
