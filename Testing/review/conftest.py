"""A session at work on a copy of the demo cohort, and what tests ask of its scene."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from CRLMExplorerLib.cohort.clinical import ClinicalTable, read_clinical
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.review import ReviewSession


@pytest.fixture
def folder(demo, tmp_path) -> Path:
    """A database folder of one's own; the DICOM files it links are the demo's."""
    folder = tmp_path / "database"
    shutil.copytree(demo.database, folder)
    return folder


@pytest.fixture
def database(folder) -> Iterator[CtkDatabase]:
    with CtkDatabase.open(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def table(demo) -> ClinicalTable:
    return read_clinical(demo.spreadsheet)


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
