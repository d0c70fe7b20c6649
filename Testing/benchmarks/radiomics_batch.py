"""How much sooner a cohort's features are there with two workers than with one.

Eight synthetic patients of 45 slices, the parameters and regions that come along, and the program
as it is called: starting, reading, extracting, keeping and writing. Both runs must give the same
table.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rows import Row, hand_over

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.phantom import DEMO_PATIENTS, PhantomSegment, demo_anatomy, write_ct, write_dso

PATIENTS = 8
TARGET = 1.8
PROGRAM = Path(sys.executable).with_name("crlm-explorer")


def make_cohort(folder: Path) -> Path:
    """Write the patients, each with a body of their own, and index them."""
    for number in range(PATIENTS):
        model = DEMO_PATIENTS[number % len(DEMO_PATIENTS)]
        patient_id = f"SYNTHETIC-{number + 1}"
        anatomy = demo_anatomy(
            replace(model, patient_id=patient_id, body=replace(model.body, seed=number + 1))
        )
        place = folder / "dicom" / patient_id
        files = write_ct(place / "CT", anatomy.hu_kji, anatomy.grid, patient_id)
        segments = [PhantomSegment(label, mask) for label, mask in anatomy.masks.items()]
        write_dso(place / "SEG" / "1-1.dcm", files, segments)
    with CtkDatabase.create(folder / "database") as database:
        import_files([folder / "dicom"], database)
    return folder / "database"


def extracted(database: Path, workers: int) -> tuple[float, bytes, float]:
    """Seconds, the table, and the most memory that a worker held, in MB."""
    with TemporaryDirectory(prefix="crlm-explorer-bench-") as place:
        folder = shutil.copytree(database, Path(place) / "database")
        file = Path(place) / "features.csv"
        command = [PROGRAM, "radiomics", "--all", "-d", folder, "--out", file]
        started = perf_counter()
        subprocess.run(
            [*command, "--workers", str(workers)], check=True, capture_output=True, text=True
        )
        seconds = perf_counter() - started
        facts = json.loads(file.with_name("features.provenance.json").read_text())
        peak = max(patient["peak_memory_mb"] for patient in facts["patients"])
        return seconds, file.read_bytes(), peak


def main(folder: Path, repeats: int) -> list[Row]:
    """Measure both in turns."""
    database = make_cohort(folder / "radiomics_batch")
    seconds: dict[int, list[float]] = {1: [], 2: []}
    peaks = []
    tables = set()
    for _ in range(repeats):
        for workers in seconds:
            took, table, peak = extracted(database, workers)
            seconds[workers].append(took)
            tables.add(table)
            peaks.append(peak)
    if len(tables) != 1:
        raise RuntimeError("the runs gave different tables")
    speedups = sorted(one / two for one, two in zip(seconds[1], seconds[2], strict=True))
    gain = speedups[len(speedups) // 2]
    return [
        Row(
            what=f"Features of {PATIENTS} patients, 2 workers for 1: times as fast",
            ours=gain,
            unit="×",
            target=f"at least {TARGET}",
            met=gain >= TARGET,
            note="The whole program, with the parameters and regions that come along.",
            samples={f"{count} workers, s": values for count, values in seconds.items()},
        ),
        Row(what="Most memory of a worker of it, 512×512×45", ours=max(peaks), unit="MB"),
    ]


if __name__ == "__main__":
    # A cohort takes long enough to be steady: one or two runs of each do.
    hand_over(main(Path(sys.argv[1]), max(1, int(sys.argv[2]) // 2)))
