"""Makes what the benchmarks run on, in a folder: synthetic patients, and many CT files.

The same files every time. The real CT of the reference data takes the place of the smaller
patient where it is there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.geometry import Grid
from CRLMExplorerLib.phantom import DEMO_PATIENTS, PhantomSegment, demo_anatomy, write_ct, write_dso
from CRLMExplorerLib.phantom.canvas import Body
from CRLMExplorerLib.phantom.demo import make_demo

IMPORT_SERIES = 12
IMPORT_SLICES = 200
SCAN_MM = 225.6
"""Length of the synthetic scans, whatever their number of slices."""

_PIXEL_TAG_BYTES = 12
_REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "CRLM-CT-1004"


@dataclass(frozen=True)
class Patient:
    """A patient on disk: the folder of the database, and the files in the order of slices."""

    patient_id: str
    database: Path
    ct_files: tuple[Path, ...]
    dso_file: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> Patient:
        """The patient that `main` made under a name: tiny, small or large."""
        database = folder / name / "database"
        with CtkDatabase.open(database) as opened:
            (entry,) = opened.patients()
            files = {
                series.modality: opened.files_of(series.series_uid)
                for series in opened.series_of(entry.patient_id)
            }
        # Named 1-01 to 1-240, so that a longer name is a later slice.
        in_order = sorted(files["CT"], key=lambda file: (len(file.name), file.name))
        return cls(entry.patient_id, database, tuple(in_order), files["SEG"][0])


def many_ct_folders(folder: Path) -> list[Path]:
    """Folders of `IMPORT_SLICES` CT files each."""
    return sorted((folder / "many").iterdir())


def _write_many(folder: Path) -> None:
    grid = Grid((IMPORT_SLICES, 512, 512), np.diag([0.8, 0.8, 1.0, 1.0]))
    hu = np.zeros(grid.shape_kji, dtype=np.int16)
    for number in range(IMPORT_SERIES):
        for file in write_ct(folder / f"{number:02d}", hu, grid, f"SYNTHETIC-{number:02d}"):
            written = file.read_bytes()
            pixels = len(written) - len(hu[0].tobytes()) - _PIXEL_TAG_BYTES
            file.write_bytes(written[:pixels] + _more_tags() + written[pixels:])


@cache
def _more_tags() -> bytes:
    """What a scanner's header has more than the phantom's, in number and length of its tags."""
    tags = Dataset()
    block = tags.private_block(0x0045, "SYNTHETIC", create=True)
    for number in range(73):
        block.add_new(number, "LO", f"SYNTHETIC {number:06d}")
    encoded = DicomBytesIO()
    encoded.is_little_endian, encoded.is_implicit_VR = True, False
    write_dataset(encoded, tags)
    return encoded.getvalue()


def _write_tiny(folder: Path) -> None:
    grid = Grid((4, 64, 64), np.diag([2.0, 2.0, 5.0, 1.0]))
    voxels = np.zeros(grid.shape_kji, dtype=bool)
    voxels[1:3, 20:40, 20:40] = True
    files = write_ct(folder / "CT", np.zeros(grid.shape_kji, np.int16), grid, "SYNTHETIC-TINY")
    write_dso(folder / "SEG" / "1-1.dcm", files, [PhantomSegment("Liver", voxels)])


def _write_patient(folder: Path, slices: int) -> None:
    """A synthetic patient with liver, remnant, two vessel trees and four tumours."""
    patient = replace(
        DEMO_PATIENTS[0],
        patient_id=f"SYNTHETIC-{slices}",
        body=Body(seed=slices, slices=slices, slice_mm=round(SCAN_MM / slices, 3)),
    )
    anatomy = demo_anatomy(patient)
    files = write_ct(folder / "CT", anatomy.hu_kji, anatomy.grid, patient.patient_id)
    segments = [PhantomSegment(label, mask) for label, mask in anatomy.masks.items()]
    write_dso(folder / "SEG" / "1-1.dcm", files, segments)


def _index(folder: Path, *paths: Path) -> None:
    with CtkDatabase.create(folder / "database") as database:
        import_files(paths, database)


def main(folder: Path) -> None:
    """Make everything."""
    _write_many(folder / "many")
    _write_tiny(folder / "tiny" / "dicom")
    _index(folder / "tiny", folder / "tiny" / "dicom")
    if _REAL.exists():
        _index(folder / "small", _REAL / "ct", _REAL / "seg.dcm")
    else:
        _write_patient(folder / "small" / "dicom", slices=41)
        _index(folder / "small", folder / "small" / "dicom")
    _write_patient(folder / "large" / "dicom", slices=240)
    _index(folder / "large", folder / "large" / "dicom")
    make_demo(folder / "demo")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
