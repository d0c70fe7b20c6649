"""A small cohort, a session at work on it, and the demo's spreadsheet that has its patients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from CRLMExplorerLib.cohort.clinical import ClinicalTable, read_clinical
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.phantom import PhantomSegment, write_ct, write_dso
from CRLMExplorerLib.phantom.spreadsheet import write_synthetic_spreadsheet
from CRLMExplorerLib.review import ReviewSession
from dicom.small_ct import grid_of, noise_hu

SHAPE = (12, 48, 48)
LIVER = np.s_[2:10, 4:44, 4:44]


def remnant_of(share: float) -> tuple[slice, slice, slice]:
    """That share of the liver, from its left."""
    return np.s_[2:10, 4:44, 44 - round(40 * share) : 44]


def tumor_at(number: int, column: int = 6) -> tuple[slice, slice, slice]:
    """A tumour of 3 x 4 x (2 + number) voxels in the liver, apart from the others."""
    return np.s_[4:7, 8 * number : 8 * number + 4, column : column + 2 + number]


COHORT = {
    "CRLM-CT-1001": (0.25, [tumor_at(n) for n in (1, 2, 3, 4)]),
    "CRLM-CT-1002": (0.5, [tumor_at(n) for n in (1, 2)]),
    "CRLM-CT-1003": (0.35, [tumor_at(1), tumor_at(2), tumor_at(3, column=36)]),
}
"""The share of the liver that remains, and the tumours: one of the last patient's is in it."""


def filled(box: tuple[slice, slice, slice]) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[box] = True
    return mask


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> Path:
    """DICOM files of the cohort's patients, a folder each; the second has an AI's DSO as well."""
    folder = tmp_path_factory.mktemp("cohort")
    for patient_id, (share, tumors) in COHORT.items():
        ct = write_ct(folder / patient_id / "ct", noise_hu(SHAPE), grid_of(shape=SHAPE), patient_id)
        boxes = {"Liver": LIVER, "Liver Remnant": remnant_of(share)}
        boxes |= {f"Tumor_{number}": box for number, box in enumerate(tumors, 1)}
        segments = [PhantomSegment(label, filled(box)) for label, box in boxes.items()]
        write_dso(folder / patient_id / "seg.dcm", ct, segments)
        if patient_id == "CRLM-CT-1002":
            ai = [PhantomSegment("Liver", filled(LIVER)), PhantomSegment("Tumor", filled(LIVER))]
            write_dso(
                folder / patient_id / "ai.dcm",
                ct,
                ai,
                series_description="AI",
                series_number=301,
                content_date="20260301",
            )
    return folder


@pytest.fixture(scope="session")
def imported(cohort, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("imported") / "database"
    with CtkDatabase.create(folder) as database:
        import_files([cohort], database)
    return folder


@pytest.fixture
def folder(imported, tmp_path) -> Path:
    """A database folder of one's own, of the cohort."""
    return shutil.copytree(imported, tmp_path / "database")


@pytest.fixture
def database(folder) -> Iterator[CtkDatabase]:
    with CtkDatabase.open(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> ClinicalTable:
    file = tmp_path_factory.mktemp("clinical") / "clinical.xlsx"
    write_synthetic_spreadsheet(file)
    return read_clinical(file)


@pytest.fixture
def host() -> HeadlessHost:
    return HeadlessHost()


@pytest.fixture
def session(host, database, table) -> ReviewSession:
    return ReviewSession(host, database, table)


@pytest.fixture
def complaints(session) -> list[str]:
    """What the session said has failed."""
    said: list[str] = []
    session.failed.connect(said.append)
    return said
