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
from CRLMExplorerLib.progress import Progress, silent
from CRLMExplorerLib.version import VERSION

_COMPLETE = "made-by-crlm-explorer.txt"
_MAKING_SHARE = 0.85


class DemoFolderTaken(CRLMExplorerError):
    """The folder for the demo holds something else."""


@dataclass(frozen=True)
class Demo:
    """Where the demo lies: the database folder and the spreadsheet."""

    database: Path
    spreadsheet: Path


def make_demo(directory: Path, progress: Progress = silent) -> Demo:
    """Make the demo in a folder; a complete one of this version is used as it is.

    Raises
    ------
    DemoFolderTaken
        If the folder has content that is not a demo's; nothing of it is touched.
    """
    made = Demo(directory / "database", directory / "SYNTHETIC-clinical-data.xlsx")
    mark = directory / _COMPLETE
    if mark.exists() and mark.read_text() == VERSION:
        return made
    if directory.exists():
        ours = {"dicom", made.database.name, made.spreadsheet.name, _COMPLETE}
        others = sorted(item.name for item in directory.iterdir() if item.name not in ours)
        if others or not directory.is_dir():
            raise DemoFolderTaken(
                f"{directory} holds {', '.join(others[:3])}, which is not the demo's: choose an "
                "empty or new folder."
            )
        for name in ("dicom", made.database.name):
            shutil.rmtree(directory / name, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    write_demo_patients(
        directory / "dicom", lambda fraction, message: progress(_MAKING_SHARE * fraction, message)
    )
    progress(_MAKING_SHARE, "Making the spreadsheet")
    write_synthetic_spreadsheet(made.spreadsheet)
    with CtkDatabase.create(made.database) as database:
        import_files([directory / "dicom"], database)
    mark.write_text(VERSION)
    progress(1.0, "Made")
    return made
