"""The made-up patients, made on this machine and indexed in Slicer's database when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from CRLMExplorerLib.phantom.demo import Demo, make_demo

if TYPE_CHECKING:
    from CRLMExplorerQt.panel import Panel

FOLDER = "crlm-explorer-demo"
"""Beside the database, whose files stay where they are."""


def make(panel: Panel) -> None:
    """Make the demo, index it and take its spreadsheet."""
    if panel.database is None:
        panel.say_that_there_is_no_database()
        return
    folder = Path(panel.database.directory) / FOLDER

    def made(demo: Demo) -> None:
        if panel.import_folder(str(folder / "dicom")):
            panel.ui.clinicalFileLineEdit.currentPath = str(demo.spreadsheet)

    panel.progress.run(
        "Making the demo patients", lambda progress: make_demo(folder, progress), made
    )
