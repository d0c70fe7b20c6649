"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, overload

import typer

from CRLMExplorerLib.cli.output import errors

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable

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


@overload
def clinical_table(path: Path) -> ClinicalTable: ...
@overload
def clinical_table(path: Path | None) -> ClinicalTable | None: ...


def clinical_table(path: Path | None) -> ClinicalTable | None:
    """Read the spreadsheet if one was named, and say on standard error what is wrong in it."""
    if path is None:
        return None
    from CRLMExplorerLib.cohort.clinical import read_clinical

    table = read_clinical(path)
    for finding in table.findings:
        errors.print(f"{path.name}: {finding.message}", style="yellow")
    return table
