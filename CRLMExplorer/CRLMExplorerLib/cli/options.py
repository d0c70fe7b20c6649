"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from CRLMExplorerLib.cohort.clinical import ClinicalTable, read_clinical

Database = Annotated[
    Path, typer.Option("--database", "-d", help="Folder of the DICOM database (ctkDICOM.sql).")
]
Clinical = Annotated[
    Path | None, typer.Option("--clinical", "-c", help="The clinical spreadsheet (xlsx or CSV).")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Port = Annotated[
    int, typer.Option("--port", "-p", min=0, max=65535, help="Port; 0 takes a free one.")
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")]


def clinical_table(path: Path | None) -> ClinicalTable | None:
    """Read the spreadsheet if one was named."""
    return read_clinical(path) if path else None
