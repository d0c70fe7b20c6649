"""A desktop with the demo patients, for tests that drive the panel as a reader does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import slicer_desktop  # noqa: F401  (it must come before PySide6)
from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.phantom.demo import Demo
from CRLMExplorerLib.review import Case, open_case
from slicer_desktop.desktop import Desktop

OPENED = "CRLM-CT-1001"
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture
def database_folder(demo: Demo, tmp_path: Path) -> Path:
    """The demo patients' database, to write to as one likes."""
    return Path(shutil.copytree(demo.database, tmp_path / "database"))


@pytest.fixture
def desktop(database_folder: Path, tmp_path: Path) -> Iterator[Desktop]:
    """Slicer with the demo patients in its DICOM database; what a slot raises fails the test."""
    yield from running(Desktop(tmp_path, database_folder))


@pytest.fixture
def empty_desktop(tmp_path: Path) -> Iterator[Desktop]:
    """Slicer without a DICOM database."""
    yield from running(Desktop(tmp_path))


@pytest.fixture
def panel(desktop: Desktop) -> Any:
    """The module's panel, shown and entered."""
    return desktop.load().panel


def running(desktop: Desktop) -> Iterator[Desktop]:
    """A desktop that is left at the end, whatever happened."""
    try:
        yield desktop
        errors = list(desktop.slot_errors)
    finally:
        desktop.close()
    assert errors == []


class Reader:
    """A reader at the panel, who waits until what was asked for is there.

    Parameters
    ----------
    desktop
        Slicer, with the module loaded.
    """

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.widget = desktop.load()
        self.panel = self.widget.panel
        self.ui = self.panel.ui

    @property
    def session(self) -> Any:
        return self.panel.session

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "it did not come"
            self.desktop.settle(1)
            time.sleep(0.01)

    def wait_for_jobs(self) -> None:
        self.wait_until(lambda: not self.panel.progress.jobs and not self.session.is_drawing)

    def open(self, patient_id: str) -> None:
        """Pick a patient in the table and press Open."""
        ids = column(self.ui.worklistTable, 0)
        self.ui.worklistTable.selectRow(ids.index(patient_id))
        self.ui.openButton.click()
        self.wait_for_jobs()

    def choose(self, box: Any, title: str) -> None:
        """Choose an entry of a combo box by its title."""
        box.setCurrentIndex([box.itemText(i) for i in range(box.count)].index(title))


def column(table: Any, number: int) -> list[str]:
    """The texts of a table's column."""
    return [table.item(row, number).text() for row in range(table.rowCount)]


def reader_at(demo: Demo, folder: Path, patient_id: str = "") -> Iterator[Reader]:
    """A reader with the spreadsheet, and a patient open if one is named."""
    database = Path(shutil.copytree(demo.database, folder / "database"))
    for desktop in running(Desktop(folder, database)):
        reader = Reader(desktop)
        reader.ui.clinicalFileLineEdit.currentPath = str(demo.spreadsheet)
        if patient_id:
            reader.open(patient_id)
        yield reader


@pytest.fixture(scope="module")
def reader(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader with the spreadsheet and CRLM-CT-1001 open; shared by the tests of a file."""
    yield from reader_at(demo, tmp_path_factory.mktemp("reader"), OPENED)


@pytest.fixture
def own_reader(demo: Demo, tmp_path: Path) -> Iterator[Reader]:
    """The same for one test alone, which may close and remove things."""
    yield from reader_at(demo, tmp_path, OPENED)


@pytest.fixture
def idle_reader(demo: Demo, tmp_path: Path) -> Iterator[Reader]:
    """A reader for one test alone, with the spreadsheet, who has opened nobody yet."""
    yield from reader_at(demo, tmp_path)


@pytest.fixture(scope="session")
def case(demo: Demo) -> Case:
    """CRLM-CT-1001 as the library opens it by itself."""
    with CtkDatabase.open(demo.database) as database:
        return open_case(database, OPENED, read_clinical(demo.spreadsheet))
