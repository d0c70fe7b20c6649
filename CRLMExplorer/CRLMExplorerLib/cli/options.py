"""The options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, overload

import typer

from CRLMExplorerLib.cli.output import errors

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable
    from CRLMExplorerLib.resection.steps import PlaneCut, WedgeCut

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
Patient = Annotated[str, typer.Argument(help="PatientID.")]
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


def plane_cut(text: str) -> PlaneCut:
    """A plane from ``X,Y,Z:NX,NY,NZ``: a point and a normal, RAS in mm.

    Raises
    ------
    typer.BadParameter
        If it is not six numbers.
    PlanError
        If there is no such plane.
    """
    from CRLMExplorerLib.resection.steps import PlaneCut

    try:
        (x, y, z), (nx, ny, nz) = (map(float, part.split(",")) for part in text.split(":"))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no plane: expected X,Y,Z:NX,NY,NZ, e.g. -40,10,55.5:1,0,0."
        ) from None
    return PlaneCut((x, y, z), (nx, ny, nz))


def wedge_cut(text: str) -> WedgeCut:
    """A wedge from ``tumor=LABEL`` or ``tumor=LABEL,margin=MM``; the label ``*`` is every tumour.

    Raises
    ------
    typer.BadParameter
        If it is not of this form.
    PlanError
        If there is no such wedge.
    """
    from CRLMExplorerLib.resection.steps import WedgeCut

    parts = re.fullmatch(r"tumor=(.+?)(?:,margin=([^,]*))?", text)
    try:
        if parts:
            label, margin = parts.groups()
            return WedgeCut(label) if margin is None else WedgeCut(label, float(margin))
    except ValueError:
        pass
    raise typer.BadParameter(
        f"{text!r} is no wedge: expected tumor=LABEL,margin=MM, e.g. tumor=Tumor_1,margin=10."
    )
