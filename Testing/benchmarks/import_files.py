"""How fast DICOM files are imported, against reading their headers and doing nothing with them.

The peer is the least any importer in Python has to do, so the ratio is at best near 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from patients import IMPORT_SLICES, many_ct_folders
from pydicom import dcmread
from rows import Row, hand_over, paired
from timing import Seconds, in_turns, timed

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files

TARGET_FILES_A_SECOND = 600


def rate(folders: list[Path], times: int) -> Row:
    """Import the folders into a new database each time."""
    count = len(folders) * IMPORT_SLICES

    def ours() -> Seconds:
        seconds: Seconds = {}
        with TemporaryDirectory() as place, CtkDatabase.create(Path(place) / "new") as database:
            with timed(seconds, "ours"):
                report = import_files(folders, database)
            if report.indexed != count:
                raise RuntimeError(f"{report.indexed} of {count} files were indexed")
        return seconds

    def theirs() -> Seconds:
        seconds: Seconds = {}
        with timed(seconds, "theirs"):
            for folder in folders:
                for file in folder.iterdir():
                    dcmread(file, stop_before_pixels=True)
        return seconds

    samples = in_turns([ours, theirs], times)
    values = paired(
        [count / seconds for seconds in samples["ours"]],
        [count / seconds for seconds in samples["theirs"]],
    )
    return Row(
        what=f"Import {count} CT files",
        unit="files/s",
        peer="pydicom",
        target=f"at least {TARGET_FILES_A_SECOND} files/s",
        met=values["ours"] >= TARGET_FILES_A_SECOND,
        note="Import: the peer reads the same headers with pydicom and does nothing with them.",
        **values,
    )


if __name__ == "__main__":
    every = many_ct_folders(Path(sys.argv[1]))
    hand_over([rate(folders, int(sys.argv[2])) for folders in (every[: len(every) // 4], every)])
