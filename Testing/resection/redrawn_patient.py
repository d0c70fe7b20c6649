"""A small patient whose remnant is drawn anew, and a reader at work on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.dicom.segmentation import Dso, read_dso
from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.phantom import PhantomSegment, write_ct, write_dso
from CRLMExplorerLib.resection.saving import SavedRevision, save_revision
from dicom.small_ct import grid_of, noise_hu

PATIENT = "CRLM-CT-1001"
SHAPE = (8, 40, 48)
PLAN = json.dumps({"cuts": ["plane", {"point": [1.5, -2], "note": 'back\\slash "ü" 😀'}]})
NOTE = "First line, with a \\ and = in it.\nSecond line: größer, π, 😀. " + "Long. " * 40


def box(*ranges: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(slice(*r) for r in ranges)] = True
    return mask


LIVER = box((1, 7), (4, 36), (4, 44))
REMNANT = box((1, 7), (4, 36), (24, 44))
REDRAWN = box((2, 7), (4, 36), (14, 44))
TUMOR = box((3, 5), (8, 14), (6, 12))


@dataclass(frozen=True)
class Opened:
    """A patient, opened for a reader to work on."""

    database: CtkDatabase
    file: Path
    dso: Dso
    ct: CtVolume

    def save(self, remnant: np.ndarray = REDRAWN, **said: str | None) -> SavedRevision:
        words: dict = {
            "reader_name": "Doe^Jane",
            "note": NOTE,
            "plan_json": PLAN,
            "algorithm_type": "SEMIAUTOMATIC",
        }
        mask = Mask.from_array(self.ct.grid, remnant)
        return save_revision(self.database, self.file, self.dso, self.ct, mask, **(words | said))


@contextmanager
def opened(folder: Path, dso_series_uid: str | None = None) -> Iterator[Opened]:
    with CtkDatabase.open(folder) as database:
        choice = choose_series(database, PATIENT, dso_series_uid)
        assert choice.ct is not None and choice.dso is not None
        ct = read_ct(database.files_of(choice.ct.series_uid))
        yield Opened(database, choice.dso.file, read_dso(choice.dso.file, ct), ct)


def make_patient(folder: Path, patient_id: str = PATIENT) -> None:
    """A patient's files outside the database's folder, linked from it."""
    ct = write_ct(folder / "ct", noise_hu(SHAPE), grid_of(shape=SHAPE), patient_id)
    masks = {"Liver": LIVER, "Liver Remnant": REMNANT, "Tumor_1": TUMOR}
    segments = [PhantomSegment(label, mask) for label, mask in masks.items()]
    write_dso(folder / "seg.dcm", ct, segments)
    with CtkDatabase.create(folder / "database") as database:
        import_files([folder / "ct", folder / "seg.dcm"], database)


def assert_whole(file: Path, ct: CtVolume, remnant: np.ndarray = REDRAWN) -> None:
    masks = [segment.mask.to_array() for segment in read_dso(file, ct).segments]
    for found, expected in zip(masks, (LIVER, remnant, TUMOR), strict=True):
        assert np.array_equal(found, expected), file
