"""How long a reader waits for the numbers while a plane is dragged or tumours are cut around.

Distances must equal scipy's on the whole CT voxel by voxel, or the times would mean nothing.
"""

from __future__ import annotations

import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from patients import Patient
from rows import Row, hand_over, paired
from scipy.ndimage import distance_transform_edt
from timing import Seconds, in_turns, timed

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.measure import MinimumRule
from CRLMExplorerLib.resection import (
    WHOLE_LIVER,
    PlaneCut,
    Resection,
    ResectionFigures,
    SphereCut,
    WedgeCut,
    compare,
)
from CRLMExplorerLib.review.case import Case, open_case

MB = 2**20
PLANE_TARGETS_MS = {"small": 60.0, "large": 200.0}
WEDGES_TARGET_S = 1.0
TUMORS = 35
RULE = MinimumRule.chosen(30.0)


def opened(folder: Path, name: str) -> Case:
    """One of the patients that `patients` made."""
    patient = Patient.of(folder, name)
    with CtkDatabase.open(patient.database) as database:
        return open_case(database, patient.patient_id)


def resection_of(case: Case) -> Resection:
    """The patient, ready to be cut."""
    return Resection.of_segments(case.patient_id, None, case.segments)


def size_of(case: Case) -> str:
    """Columns, rows and slices of the CT."""
    return "×".join(map(str, reversed(case.ct.grid.shape_kji)))


def moved_plane(resection: Resection, position: float, turned: float) -> ResectionFigures:
    """All numbers for a plane at one place of a drag, in mm from the liver's centre."""
    r, a, s = resection.liver.center_ras_mm()
    plane = PlaneCut((r + position, a, s), (turned, 0.3, 0.1))
    return resection.figures(resection.new_plan(WHOLE_LIVER).then(plane), RULE)


def moving_a_plane(case: Case, name: str, repeats: int) -> Row:
    """Drag a plane across the liver, the specimen first on the one side and then on the other."""
    resection = resection_of(case)
    moved_plane(resection, 0.0, 1.0)
    samples = []
    for turned in (1.0, -1.0):
        for position in np.linspace(-40, 40, 4 * repeats):
            started = perf_counter()
            moved_plane(resection, float(position), turned)
            samples.append(1000 * (perf_counter() - started))
    slowest = max(samples)
    return Row(
        what=f"Move a plane: FLR and all numbers, {size_of(case)}",
        ours=median(samples),
        unit="ms",
        target=f"at most {PLANE_TARGETS_MS[name]:g} ms",
        met=slowest <= PLANE_TARGETS_MS[name],
        note=f"Moving a plane, {size_of(case)}: {len(samples)} places across a liver of "
        f"{resection.liver.count} voxels, the slowest in {slowest:.0f} ms.",
        samples={"ours": samples},
    )


def with_many_tumors(case: Case) -> Resection:
    """The patient's liver with 35 tumours of 4 to 24 mm in it."""
    resection = resection_of(case)
    rng = np.random.default_rng(35)
    liver = resection.liver
    places = rng.choice(np.argwhere(liver.voxels), TUMORS, replace=False) + liver.start_kji
    tumors = {
        f"Tumor_{n}": ball(liver.grid, kji, rng.uniform(2, 12)) & liver
        for n, kji in enumerate(places, start=1)
    }
    return Resection(case.patient_id, None, liver, tumors, {})


def ball(grid: Grid, center_kji: np.ndarray, radius_mm: float) -> Mask:
    """Voxels in a sphere."""
    reach = np.ceil(radius_mm / np.array(grid.spacing_kji_mm)).astype(int)
    offsets = np.moveaxis(np.indices(2 * reach + 1), 0, -1) - reach
    inside = np.linalg.norm(offsets * grid.spacing_kji_mm, axis=-1) <= radius_mm
    kji = center_kji + offsets[inside]
    array = np.zeros(grid.shape_kji, dtype=bool)
    array[tuple(kji[((kji >= 0) & (kji < grid.shape_kji)).all(axis=1)].T)] = True
    return Mask.from_array(grid, array)


def cutting_wedges(case: Case, repeats: int) -> list[Row]:
    """Cut 10 mm around 35 tumours, and what that takes of memory."""
    patient = with_many_tumors(case)

    def cut() -> Resection:
        fresh = Resection(case.patient_id, None, patient.liver, patient.tumors, {})
        fresh.figures(fresh.new_plan(WHOLE_LIVER).then(WedgeCut("*")), RULE)
        return fresh

    cut()
    samples = []
    for _ in range(repeats):
        started = perf_counter()
        cut()
        samples.append(perf_counter() - started)
    tracemalloc.start()
    fresh = cut()
    for position in np.linspace(-40, 40, 10):
        moved_plane(fresh, float(position), 1.0)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    voxels = fresh.box.liver.size
    return [
        Row(
            what=f"Wedges around {TUMORS} tumours and all numbers, {size_of(case)}",
            ours=median(samples),
            unit="s",
            target=f"at most {WEDGES_TARGET_S:g} s",
            met=max(samples) <= WEDGES_TARGET_S,
            samples={"ours": samples},
        ),
        Row(
            what=f"Memory of editing, {size_of(case)}, {TUMORS} tumours",
            ours=peak / MB,
            unit="MB",
            note=f"Editing holds {held / MB:.0f} MB after {TUMORS} wedges and ten planes; the "
            f"liver's box has {voxels / 1e6:.1f} million voxels.",
        ),
    ]


def against_scipy(case: Case, repeats: int) -> Row:
    """A wedge around each tumour and its margin, against distances on the whole CT."""
    resection = resection_of(case)
    flr: dict[str, np.ndarray] = {}
    least: dict[str, list[float]] = {}

    def ours() -> Seconds:
        seconds: Seconds = {}
        fresh = resection_of(case)
        with timed(seconds, "ours"):
            plan = fresh.new_plan(WHOLE_LIVER).then(WedgeCut("*"))
            flr["ours"] = fresh.flr(plan)
            least["ours"] = [m.margin_mm for m in fresh.figures(plan).margins]
        return seconds

    def theirs() -> Seconds:
        seconds: Seconds = {}
        left = resection.liver.to_array()
        with timed(seconds, "theirs"):
            distances = [
                distance_transform_edt(~tumor.to_array(), sampling=tumor.grid.spacing_kji_mm)
                for tumor in resection.tumors.values()
            ]
            for distance in distances:
                left &= distance > 10.0
            least["theirs"] = [float(distance[left].min()) for distance in distances]
        flr["theirs"] = left
        return seconds

    samples = in_turns([ours, theirs], repeats)
    if not np.array_equal(flr["ours"].to_array(), flr["theirs"]):
        raise RuntimeError("the wedges differ from scipy's distances on the whole CT")
    half_voxel = np.linalg.norm(resection.liver.grid.spacing_mm) / 2
    off = np.subtract(least["theirs"], least["ours"])
    if not ((off >= 0) & (off <= half_voxel)).all():
        raise RuntimeError(f"margins are off scipy's by {off} mm: expected at most {half_voxel} mm")
    return Row(
        what=f"Wedge and margin, {len(resection.tumors)} tumours, {size_of(case)}",
        unit="s",
        peer="scipy EDT, whole CT",
        note="Wedges equal scipy's distances on the whole CT voxel by voxel.",
        **paired(samples["ours"], samples["theirs"]),
    )


def comparing(case: Case, repeats: int) -> Row:
    """Compare a changed remnant with the released one."""
    resection = resection_of(case)
    r, a, s = resection.liver.center_ras_mm()
    plan = replace(resection.new_plan(), steps=(SphereCut((r, a, s), 30.0),))
    changed, released = resection.flr(plan), resection.flr(resection.new_plan())
    samples = []
    for _ in range(repeats):
        started = perf_counter()
        compare(changed, released)
        samples.append(perf_counter() - started)
    return Row(
        what=f"Dice, Hausdorff and surface distances, {size_of(case)}",
        ours=median(samples),
        unit="s",
        samples={"ours": samples},
    )


def rows(folder: Path, repeats: int) -> list[Row]:
    """Measure everything."""
    small, large = opened(folder, "small"), opened(folder, "large")
    return [
        moving_a_plane(small, "small", repeats),
        moving_a_plane(large, "large", repeats),
        *cutting_wedges(large, repeats),
        against_scipy(small, min(repeats, 2)),
        comparing(large, repeats),
    ]


if __name__ == "__main__":
    hand_over(rows(Path(sys.argv[1]), int(sys.argv[2])))
