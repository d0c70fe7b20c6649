"""Commands that open the browser face: on one's own database, or on made-up patients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from CRLMExplorerLib.cli.options import Clinical, Database, NoBrowser, Port, clinical_table
from CRLMExplorerLib.cli.output import console, errors, progress_bar
from CRLMExplorerLib.errors import CRLMExplorerError

DEFAULT_PORT = 8417
DEMO_FOLDER = Path("crlm-explorer-demo")


def serve(
    database: Database,
    clinical: Clinical = None,
    port: Port = DEFAULT_PORT,
    no_browser: NoBrowser = False,
) -> None:
    """Review the patients of a database in the browser."""
    from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
    from CRLMExplorerLib.resection.history import index_waiting

    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened:
        try:
            index_waiting(opened)
        except DatabaseError as error:
            errors.print(f"Revisions wait to be indexed: {error}")
        try:
            from CRLMExplorerWeb.server import run
        except ImportError as error:
            raise CRLMExplorerError(
                f"The browser face needs packages that are not installed ({error.name}); get them "
                'with: pip install "crlm-explorer[browser]"'
            ) from error
        run(opened, table, port=port, open_browser=not no_browser)


def demo(
    directory: Annotated[
        Path, typer.Option("--directory", help="Where the made-up patients are kept.")
    ] = DEMO_FOLDER,
    port: Port = DEFAULT_PORT,
    no_browser: NoBrowser = False,
) -> None:
    """Review three made-up patients in the browser; they are made first if not there."""
    from CRLMExplorerLib.phantom.demo import make_demo

    with progress_bar("Making the demo") as progress:
        made = make_demo(directory, progress)
    console.print(f"Demo data (SYNTHETIC) in {directory}")
    serve(made.database, made.spreadsheet, port, no_browser)
