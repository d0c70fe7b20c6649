"""How much sooner features are there than from pyradiomics on the whole CT, and with what memory.

pyradiomics is called as its manual says, a region after the other, in this process. Every feature
must equal its within 1e-9, or the times would mean nothing.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import numpy as np
import psutil
import SimpleITK as sitk
from patients import Patient
from rows import Row, hand_over, paired
from timing import Seconds, in_turns, timed

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.geometry import Mask, lps_to_ras
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.review.case import Case, open_case

GB = 2**30
SETTINGS = {"binWidth": 25}
ORIGINAL = {"Original": {}}
ALL_FILTERS = {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0, 3.0, 5.0]}}
SLOW_REPEATS = 2
MEMORY_TARGET_GB = 3.0
TOLERANCE = 1e-9
FLASH = ("flash_radiomics", "h5py", "sklearn")
"""What is compared with where it is installed; it has no wheels for Windows."""

Features = dict[str, dict[str, float]]
"""Values by pyradiomics' names, by region."""


def opened(folder: Path, name: str) -> Case:
    """One of the patients that `patients` made."""
    patient = Patient.of(folder, name)
    with CtkDatabase.open(patient.database) as database:
        return open_case(database, patient.patient_id)


def regions_of(case: Case) -> dict[str, Mask]:
    """Each tumour, all tumours, and the parenchyma of liver and remnant."""
    masks = {segment.label: segment for segment in case.segments}
    of_role = {
        role: [segment.mask for segment in masks.values() if segment.role is role] for role in Role
    }
    tumors = Mask.union(case.ct.grid, of_role[Role.TUMOR])
    vessels = Mask.union(case.ct.grid, [*of_role[Role.HEPATIC_VEIN], *of_role[Role.PORTAL_VEIN]])
    return {
        **{label: s.mask for label, s in masks.items() if s.role is Role.TUMOR},
        "all tumours": tumors,
        "liver parenchyma": of_role[Role.LIVER][0] - tumors - vessels,
        "FLR parenchyma": of_role[Role.REMNANT][0] - tumors - vessels,
    }


def ours(case: Case, regions: Mapping[str, Mask], image_types: Mapping) -> Features:
    """By the engine."""
    parameters = Parameters("bench", SETTINGS, image_types, {})
    found = extract(case.ct.hu, regions, case.ct.grid, parameters)
    if found.omissions:
        raise RuntimeError(f"nothing was found for {found.omissions}")
    features: Features = {name: {} for name in regions}
    for one in found.values:
        features[one.region][f"{one.filter}_{one.feature_class}_{one.feature}"] = one.value
    return features


def theirs(case: Case, regions: Mapping[str, Mask], image_types: Mapping) -> Features:
    """By pyradiomics on the whole CT."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    extractor = RadiomicsFeatureExtractor({"setting": SETTINGS, "imageType": dict(image_types)})
    return _executed(extractor, case, regions)


def by_flash(case: Case, regions: Mapping[str, Mask], image_types: Mapping) -> Features:
    """By flash-radiomics' C code."""
    from flash_radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("flash_radiomics").setLevel(logging.CRITICAL)
    extractor = RadiomicsFeatureExtractor(
        {"setting": SETTINGS, "imageType": dict(image_types)}, backend="cpu"
    )
    return _executed(extractor, case, regions)


def _executed(extractor, case: Case, regions: Mapping[str, Mask]) -> Features:
    image = _whole(case, case.ct.hu)
    features: Features = {}
    for name, mask in regions.items():
        found = extractor.execute(image, _whole(case, mask.to_array().astype(np.uint8)))
        features[name] = {
            feature: float(value)
            for feature, value in found.items()
            if not feature.startswith("diagnostics")
        }
    return features


def _whole(case: Case, voxels: np.ndarray) -> sitk.Image:
    grid = case.ct.grid
    lps = lps_to_ras(grid.ijk_to_ras)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / grid.spacing_mm).ravel().tolist())
    return image


def off(mine: Features, others: Features) -> list[str]:
    """Features that the others have with another value, or not at all."""
    return [
        f"{region}: {name}"
        for region, features in mine.items()
        for name, value in features.items()
        if not math.isclose(value, others[region].get(name, math.nan), rel_tol=TOLERANCE)
        and not (math.isnan(value) and math.isnan(others[region].get(name, 0.0)))
    ]


def compared(
    case: Case, regions: Mapping[str, Mask], image_types: Mapping, peer: Callable, repeats: int
) -> tuple[dict[str, list[float]], Features, Features]:
    """Seconds of both in turns, and what both found."""
    found: dict[str, Features] = {}

    def route(name: str, work: Callable) -> Callable[[], Seconds]:
        def run() -> Seconds:
            seconds: Seconds = {}
            with timed(seconds, name):
                found[name] = work(case, regions, image_types)
            return seconds

        return run

    samples = in_turns([route("ours", ours), route("theirs", peer)], repeats)
    return samples, found["ours"], found["theirs"]


def against_pyradiomics(
    case: Case, what: str, regions: Mapping[str, Mask], repeats: int, target: float
) -> Row:
    """The 107 features of one region, original image only."""
    samples, mine, others = compared(case, regions, ORIGINAL, theirs, repeats)
    if wrong := off(mine, others):
        raise RuntimeError(f"{len(wrong)} features differ from pyradiomics': {wrong[:5]}")
    row = paired(samples["ours"], samples["theirs"])
    voxels = sum(mask.count for mask in regions.values())
    return Row(
        what=f"Radiomics of {what}, {voxels} voxels",
        unit="s",
        peer="pyradiomics, whole CT",
        target=f"{target:g} times as fast",
        met=row["ratio"] <= 1 / target,
        note="Radiomics: every feature equals pyradiomics' within 1e-9.",
        **row,
    )


def all_regions(case: Case, target: float = 6.0) -> Row:
    """Every region of a patient with wavelets and LoG; once, as pyradiomics takes minutes."""
    regions = regions_of(case)
    seconds: Seconds = {}
    with timed(seconds, "theirs"):
        others = theirs(case, regions, ALL_FILTERS)
    with timed(seconds, "ours"):
        mine = ours(case, regions, ALL_FILTERS)
    if wrong := off(mine, others):
        raise RuntimeError(f"{len(wrong)} features differ from pyradiomics': {wrong[:5]}")
    row = paired([seconds["ours"]], [seconds["theirs"]])
    return Row(
        what=f"Radiomics of {len(regions)} regions, original, wavelet and LoG 1, 3, 5 mm",
        unit="s",
        peer="pyradiomics, whole CT",
        target=f"{target:g} times as fast",
        met=row["ratio"] <= 1 / target,
        note=f"Radiomics of all regions, {', '.join(regions)}: each of both ran once; "
        f"{sum(map(len, mine.values()))} features equal pyradiomics' within 1e-9.",
        **row,
    )


def against_flash(
    case: Case, what: str, regions: Mapping[str, Mask], image_types: Mapping, repeats: int
) -> Row:
    """Regions by a library in C, or ours alone where that is not installed."""
    what = f"Radiomics of {what}"
    if not all(importlib.util.find_spec(name) for name in FLASH):
        seconds: Seconds = {}
        with timed(seconds, "ours"):
            ours(case, regions, image_types)
        note = f"Radiomics is not compared with flash-radiomics: install {', '.join(FLASH)}."
        return Row(what=what, ours=seconds["ours"], unit="s", note=note)
    with TemporaryDirectory(prefix="crlm-explorer-bench-") as folder:
        os.environ["FLASH_RADIOMICS_HDF5_DIR"] = folder
        samples, mine, others = compared(case, regions, image_types, by_flash, repeats)
    count = sum(map(len, mine.values()))
    right = count - len(off(mine, others))
    row = paired(samples["ours"], samples["theirs"])
    return Row(
        what=what,
        unit="s",
        peer="flash-radiomics, CPU",
        target="not slower",
        met=row["ratio"] <= 1,
        note=f"{what}: flash-radiomics gives {right} of {count} features as pyradiomics does, "
        "within 1e-9.",
        **row,
    )


class _GroupWatch:
    """The most that this process and its children have held at once, as `peak`, in bytes."""

    def __enter__(self) -> _GroupWatch:
        self.peak = 0
        self._end = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        this = psutil.Process()
        while not self._end.wait(0.01):
            held = 0
            for process in (this, *this.children(recursive=True)):
                try:
                    held += process.memory_info().rss
                except psutil.Error:  # it has ended since
                    continue
            self.peak = max(self.peak, held)


def peak_memory(folder: Path) -> int:
    """Bytes held by all processes together for the wavelets of a liver on 240 slices."""
    case = opened(folder, "large")
    regions = {"liver parenchyma": regions_of(case)["liver parenchyma"]}
    with _GroupWatch() as watch:
        ours(case, regions, {"Wavelet": {}})
    return watch.peak


def memory(folder: Path) -> Row:
    """Peak memory, in a process of its own."""
    command = [sys.executable, __file__, str(folder), "memory"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    peak_gb = json.loads(done.stdout.splitlines()[-1]) / GB
    return Row(
        what="Memory of wavelets, liver parenchyma, 512×512×240",
        ours=peak_gb,
        unit="GB",
        target=f"below {MEMORY_TARGET_GB:g} GB",
        met=peak_gb < MEMORY_TARGET_GB,
        note="Memory of wavelets counts this process, with the patient's CT and segments, and "
        "all that it starts.",
    )


def rows(folder: Path, repeats: int) -> list[Row]:
    """Measure everything."""
    case = opened(folder, "small")
    regions = regions_of(case)
    tumor = next(label for label in regions if label != "all tumours")
    flr = {"FLR parenchyma": regions["FLR parenchyma"]}
    slow_repeats = min(repeats, SLOW_REPEATS)
    return [
        against_pyradiomics(case, "the FLR's parenchyma", flr, slow_repeats, 10.0),
        against_pyradiomics(case, "a tumour", {tumor: regions[tumor]}, repeats, 10.0),
        against_flash(case, "the FLR's parenchyma, original image", flr, ORIGINAL, repeats),
        all_regions(case),
        against_flash(
            case, f"the same {len(regions)} regions and filters", regions, ALL_FILTERS, 1
        ),
        memory(folder),
    ]


if __name__ == "__main__":
    if sys.argv[2] == "memory":
        print(json.dumps(peak_memory(Path(sys.argv[1]))))
    else:
        hand_over(rows(Path(sys.argv[1]), int(sys.argv[2])))
