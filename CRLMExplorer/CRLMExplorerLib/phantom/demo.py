"""The demo: made-up patients in a DICOM database of their own, with a made-up spreadsheet."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.phantom.patients import write_demo_patients
from CRLMExplorerLib.phantom.spreadsheet import write_synthetic_spreadsheet
from CRLMExplorerLib.progress import Progress, part, silent
from CRLMExplorerLib.version import VERSION

_MARK = "made-by-crlm-explorer.txt"
_UNFINISHED = "unfinished"


class DemoFolderTaken(CRLMExplorerError):
    """The folder for the demo holds something else."""


@dataclass(frozen=True)
class Demo:
    """Where the demo lies: the database folder and the spreadsheet."""

    database: Path
    spreadsheet: Path


def make_demo(directory: Path, progress: Progress = silent) -> Demo:
    """Make the demo in a folder; a complete one of this version is used as it is.

    One that is incomplete or of another version is made anew; what was said of its patients stays.

    Raises
    ------
    DemoFolderTaken
        If the folder has content but not the mark of a demo; nothing of it is touched.
    """
    made = Demo(directory / "database", directory / "SYNTHETIC-clinical-data.xlsx")
    dicom, mark = directory / "dicom", directory / _MARK
    _require_ours(directory, mark)
    if mark.exists() and mark.read_text() == VERSION:
        return made
    directory.mkdir(parents=True, exist_ok=True)
    mark.write_text(_UNFINISHED)
    shutil.rmtree(dicom, ignore_errors=True)
    for file in made.database.glob("ctkDICOM*"):
        file.unlink()
    write_demo_patients(dicom, part(progress, 0.0, 0.85))
    progress(0.85, "Making the spreadsheet")
    write_synthetic_spreadsheet(made.spreadsheet)
    with CtkDatabase.create(made.database) as database:
        import_files([dicom], database, part(progress, 0.9, 1.0))
    mark.write_text(VERSION)
    progress(1.0, "Made")
    return made


def _require_ours(directory: Path, mark: Path) -> None:
    if not directory.exists() or mark.exists():
        return
    if not directory.is_dir():
        raise DemoFolderTaken(f"{directory} is a file: choose an empty or new folder.")
    others = sorted(item.name for item in directory.iterdir())
    if others:
        raise DemoFolderTaken(
            f"{directory} holds {', '.join(others[:3])}, which is not the demo's: choose an empty "
            "or new folder."
        )
