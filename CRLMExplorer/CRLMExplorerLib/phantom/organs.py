"""The organs around the liver in the portal-venous phase, each with its place, shape and HU.

Coordinates are those of the standard patient (see `Canvas.coordinates`); the liver itself and
what is in it are not painted here.
"""

from __future__ import annotations

import numpy as np

from CRLMExplorerLib.phantom.canvas import ROWS, Box, Canvas
from CRLMExplorerLib.phantom.shapes import (
    Field,
    Point,
    Shape,
    ellipsoid,
    smooth_maximum,
    smooth_path,
    tube,
    union,
)
from CRLMExplorerLib.phantom.torso import FAT_HU, Torso

ARTERY_HU, VEIN_HU = 158.0, 172.0
CAVA_HU = 150.0
SPLEEN_HU, KIDNEY_HU, MEDULLA_HU, PANCREAS_HU = 116.0, 192.0, 150.0, 96.0
BILE_HU, GUT_WALL_HU, GAS_HU = 8.0, 82.0, -960.0

CAVA = tube(
    smooth_path([(-14, 5, 40), (-20, 14, 0), (-22, 18, -40), (-21, 20, -110), (-17, 20, -260)]),
    [14.0] * 24 + [12.0],
    flattened=0.78,
)
GALLBLADDER = union(
    ellipsoid((-46, -42, -122), (15, 17, 22)), ellipsoid((-38, -24, -104), (7, 8, 12))
)
RIGHT_KIDNEY = ellipsoid((-64, 44, -142), (28, 26, 54), turned_degrees=-35.0)


def paint_organs(canvas: Canvas, torso: Torso) -> None:
    """Paint spleen, kidneys, stomach, bowel, pancreas and the great vessels."""
    _paint_bowel(canvas, torso)
    _paint_spleen(canvas, torso)
    _paint_kidneys(canvas)
    _paint_pancreas(canvas)
    _paint_stomach(canvas, torso)
    _paint_vessels(canvas)


def paint_gallbladder(canvas: Canvas) -> None:
    """Paint the gallbladder; after the liver, in whose fossa it lies."""
    canvas.paint(GALLBLADDER.grown(0.8), 75.0)
    canvas.paint(GALLBLADDER.grown(-0.6), BILE_HU)


def paint_cava(canvas: Canvas) -> None:
    """Paint the inferior vena cava; after the liver, which it passes behind."""
    canvas.paint(CAVA, CAVA_HU)


def _paint_within(canvas: Canvas, torso: Torso, shape: Shape, hu: float, gap_mm: float) -> None:
    """Fill what lies of a shape inside the abdomen."""
    box = canvas.box_of(shape)
    distance = smooth_maximum(canvas.distance(shape, box), torso.wall[box] + gap_mm, 4.0)
    distance = smooth_maximum(distance, torso.below_diaphragm[box] + gap_mm + 1.0, 4.0)
    canvas.paint_field(distance, hu, box=box)


def _paint_spleen(canvas: Canvas, torso: Torso) -> None:
    whole = ellipsoid((104, 34, -72), (46, 62, 58), turned_degrees=12.0)
    hilum = ellipsoid((66, 14, -76), (40, 44, 66), turned_degrees=20.0)
    _paint_within(canvas, torso, whole - hilum, SPLEEN_HU, 1.5)


def _paint_kidneys(canvas: Canvas) -> None:
    left = ellipsoid((66, 42, -126), (28, 26, 56), turned_degrees=35.0)
    for kidney, side, middle in ((RIGHT_KIDNEY, -1.0, -142.0), (left, 1.0, -126.0)):
        box = canvas.box_of(kidney.grown(12.0))
        distance = canvas.distance(kidney, box)
        canvas.paint_field(distance - 6.0 + 3.0 * canvas.noise(45, 20.0, box), FAT_HU, 2.0, box)
        canvas.paint_field(distance + 0.8 * canvas.noise(46, 9.0, box), KIDNEY_HU, box=box)
        for turn in range(7):
            up = 13.0 * (turn - 3)
            out = 1.0 - (abs(up) / 52.0) ** 2
            pyramid = ellipsoid(
                (
                    side * (65 + 7 * out * np.cos(turn * 2.1)),
                    43 + 9 * np.sin(turn * 2.1),
                    middle + up,
                ),
                (7.5 * out + 1, 6.5 * out + 1, 7.5),
            )
            canvas.paint(pyramid, MEDULLA_HU, 3.0)
        sinus = ellipsoid((side * 47, 32, middle), (19, 9, 25), turned_degrees=side * 35.0)
        canvas.paint(sinus, -70.0)
        pelvis = tube(
            [(side * 60, 40, middle + 12), (side * 54, 36, middle), (side * 60, 40, middle - 13)],
            [3.5, 5.0, 3.5],
        )
        canvas.paint(pelvis, 25.0)
        vein = smooth_path(
            [
                (side * 58, 39, middle + 4),
                (side * 42, 28, middle + 8),
                (-16 if side < 0 else 24, 14, middle + 12),
            ]
        )
        canvas.paint(tube(vein, [3.5] * len(vein)), VEIN_HU)
        if side > 0:
            across = smooth_path(
                [(24, 14, middle + 12), (4, 10, middle + 14), (-14, 16, middle + 12)]
            )
            canvas.paint(tube(across, [4.0] * len(across), flattened=0.7), VEIN_HU)
        gland = smooth_path([(side * 34, 26, -84), (side * 42, 34, -80), (side * 50, 46, -76)])
        canvas.paint(tube(gland, [2.4] * len(gland)), 85.0)
        ureter = tube([(side * 44, 30, middle - 20), (side * 36, 26, middle - 130)], [2.0, 2.0])
        canvas.paint(ureter, 40.0)


def _paint_pancreas(canvas: Canvas) -> None:
    course = smooth_path(
        [
            (-30, -8, -142),
            (-26, -12, -124),
            (-4, -22, -116),
            (24, -16, -108),
            (52, 4, -98),
            (78, 22, -90),
        ]
    )
    widths = np.interp(np.linspace(0, 1, len(course)), [0, 0.2, 0.4, 1], [12, 13, 8, 8]).tolist()
    gland = tube(course, widths, flattened=0.85)
    box = canvas.box_of(gland)
    lobules = canvas.distance(gland, box) + 2.2 * canvas.noise(40, 7.0, box)
    canvas.paint_field(lobules, PANCREAS_HU, box=box)
    duodenum = smooth_path(
        [(-38, -30, -112), (-50, -12, -124), (-48, -2, -160), (-30, 2, -182), (12, 2, -186)]
    )
    _paint_gut(canvas, tube(duodenum, [11.0] * len(duodenum)), 30.0)


def _paint_gut(canvas: Canvas, gut: Shape, content_hu: float | Field) -> None:
    canvas.paint(gut, GUT_WALL_HU)
    if isinstance(content_hu, float):
        canvas.paint(gut.grown(-3.0), content_hu)


def _up(canvas: Canvas, box: Box) -> Field:
    """How far up a row lies in the scanner, where gas collects, in mm; a level is flat."""
    _, rows, _ = box
    y = (np.arange(ROWS // 2, dtype=np.float32)[rows] * 2 + 0.5 - 255.5) * canvas.body.pixel_mm
    return (y if canvas.body.prone else -y)[None, :, None]


def _paint_stomach(canvas: Canvas, torso: Torso) -> None:
    stomach = union(
        ellipsoid((62, 12, -50), (38, 36, 36)),
        ellipsoid((64, -22, -82), (34, 36, 38)),
        ellipsoid((38, -46, -108), (36, 24, 22)),
        ellipsoid((2, -46, -116), (30, 17, 17)),
        ellipsoid((-24, -38, -112), (15, 13, 13)),
        blend_mm=16.0,
    )
    box = canvas.box_of(stomach)
    outside = smooth_maximum(canvas.distance(stomach, box), torso.wall[box] + 4.0, 6.0)
    outside = smooth_maximum(outside, torso.below_diaphragm[box] + 4.0, 6.0)
    outside = outside + 1.5 * canvas.noise(50, 14.0, box)
    canvas.paint_field(outside - 3.0, FAT_HU, 4.0, box)
    canvas.paint_field(outside, GUT_WALL_HU, box=box)
    lumen = outside + 4.5
    food = np.float32(22.0) + 14.0 * canvas.noise(51, 9.0, box)
    canvas.paint_field(lumen, food, box=box)
    # gas above a level that is flat in the scanner
    level = 26.0 if not canvas.body.prone else 8.0
    canvas.paint_field(np.maximum(lumen, level - _up(canvas, box)), GAS_HU, box=box)
    esophagus = smooth_path([(4, 22, 40), (10, 18, 0), (20, 10, -22), (40, 8, -40)])
    canvas.paint(tube(esophagus, [8.0] * len(esophagus), flattened=0.75), 70.0)


def _paint_bowel(canvas: Canvas, torso: Torso) -> None:
    """Colon with stool and gas, small bowel, and the vessels in their mesentery."""
    _, y, z = canvas.coordinates
    mesentery = np.abs(canvas.noise(60, 9.0)) - 0.04 + np.maximum(-(z + 105.0), 0.0) * -0.0005
    inside = np.maximum(torso.wall + 10.0, torso.below_diaphragm + 20.0)
    low = np.maximum(inside, np.maximum(z + 95.0, y - 30.0))
    canvas.paint_field(np.maximum(low, mesentery * 14.0), -20.0)

    rng = canvas.rng(61)
    for _ in range(30):
        place = np.array([rng.uniform(-62, 100), rng.uniform(-78, -8), rng.uniform(-235, -140)])
        heading = rng.normal(size=3) * (1, 1, 0.6)
        points: list[Point] = []
        for _ in range(5):
            points.append((place[0], place[1], place[2]))
            heading += rng.normal(size=3) * (1.1, 1.1, 0.7)
            heading -= (place - (20, -42, -190)) * (0.014, 0.02, 0.01)
            place = place + heading * (15.0 / np.linalg.norm(heading))
        course = smooth_path(points, 3)
        widths = (rng.uniform(8.5, 12.5) * rng.uniform(0.9, 1.1, len(course))).tolist()
        loop = tube(course, widths)
        box = canvas.box_of(loop)
        distance = np.maximum(canvas.distance(loop, box), torso.wall[box] + 4.0)
        distance = smooth_maximum(distance, y[box] - 12.0, 4.0) + 0.8 * canvas.noise(66, 8.0, box)
        canvas.paint_field(distance - 1.2, FAT_HU, box=box)
        canvas.paint_field(distance, 92.0, box=box)
        content = float(rng.choice([15.0, 30.0, 190.0], p=[0.5, 0.35, 0.15]))
        canvas.paint_field(distance + 3.2, content, 2.0, box)

    courses: tuple[list[Point], ...] = (
        [(-98, 18, -240), (-104, 8, -190), (-96, -8, -160), (-84, -36, -152)],
        [(-84, -36, -152), (-50, -68, -160), (0, -78, -168), (50, -74, -150), (92, -44, -122)],
        [(92, -44, -122), (112, -6, -112), (116, 24, -150), (114, 30, -240)],
    )
    for number, points in enumerate(courses):
        course = smooth_path(points)
        wide = [20.0, 17.0, 15.0][number]
        widths = [wide * (1.0 + 0.14 * float(np.sin(1.9 * n))) for n in range(len(course))]
        colon = tube(course, widths)
        box = canvas.box_of(colon)
        distance = smooth_maximum(canvas.distance(colon, box), torso.wall[box] + 3.0, 5.0)
        canvas.paint_field(distance - 2.0, FAT_HU, box=box)
        canvas.paint_field(distance, 75.0, box=box)
        grain = canvas.noise(62 + number, 5.0, box)
        stool = np.float32(10.0) + 45.0 * grain - 700.0 * np.clip(grain - 1.0, 0.0, 1.0)
        canvas.paint_field(distance + 2.8, stool, box=box)
        up = _up(canvas, box)
        axis_up = float(np.mean([p[1] for p in points])) * (1 if canvas.body.prone else -1)
        gas = np.maximum(distance + 3.2, axis_up + 3.0 - up + 2.0 * grain)
        canvas.paint_field(gas, GAS_HU, box=box)


def _paint_vessels(canvas: Canvas) -> None:
    aorta = smooth_path([(14, 22, 40), (10, 18, -20), (6, 14, -90), (3, 15, -160), (2, 17, -260)])
    canvas.paint(tube(aorta, np.linspace(12.5, 9.5, len(aorta)).tolist()), ARTERY_HU)
    canvas.paint(ellipsoid((13.5, 12, -118), (1.5, 1.2, 9)), 700.0)
    branches: tuple[tuple[list[Point], float], ...] = (
        ([(6, 8, -92), (5, -8, -94), (-10, -14, -92), (-22, -14, -88)], 3.2),
        ([(6, 4, -94), (24, -4, -90), (50, 8, -88), (80, 26, -84)], 2.6),
        ([(5, 8, -104), (4, -6, -112), (2, -12, -150), (0, -20, -210)], 3.6),
    )
    for points, radius in branches:
        course = smooth_path(points)
        canvas.paint(tube(course, [radius] * len(course)), ARTERY_HU)
    veins: tuple[tuple[list[Point], float], ...] = (
        ([(-4, -4, -116), (24, -4, -106), (52, 12, -96), (80, 26, -86)], 4.6),
        ([(-4, -4, -116), (-8, -10, -140), (-8, -22, -220)], 6.0),
    )
    for points, radius in veins:
        course = smooth_path(points)
        canvas.paint(tube(course, [radius] * len(course)), VEIN_HU)
    rng = canvas.rng(70)
    for _ in range(70):
        start = (rng.uniform(-50, 80), rng.uniform(-65, -8), rng.uniform(-225, -120))
        end = (
            start[0] + rng.normal() * 12,
            start[1] + rng.normal() * 12,
            start[2] - rng.uniform(4, 22),
        )
        canvas.paint(tube([start, end], [1.9, 1.2]), 120.0)
