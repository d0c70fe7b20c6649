"""The program ``crlm-explorer``: its commands, and how it ends."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Annotated

import typer

from CRLMExplorerLib.cli import cohort, database, patient, serve
from CRLMExplorerLib.cli.output import errors
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.version import VERSION

app = typer.Typer(
    name="crlm-explorer",
    help="Review colorectal liver metastases: CT, segments, volumetry, record and survival.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(serve.demo)
app.command("serve")(serve.serve)
app.command("import")(database.import_)
app.command("patients")(database.patients)
app.command("show")(patient.show)
app.command("volumetry")(patient.volumetry)
app.command("survival")(cohort.survival)

_DEBUG = "--debug"


@app.callback(invoke_without_command=True)
def _program(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option(_DEBUG, help="Print tracebacks of errors.")] = False,
) -> None:
    if version:
        typer.echo(VERSION)
        raise typer.Exit
    logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR)


def main() -> None:
    """Run ``crlm-explorer``; exit 0 when done, 1 when it failed, 2 when it was called wrongly."""
    try:
        app()
    except (CRLMExplorerError, OSError) as error:
        _end(str(error))
    except (Cancelled, KeyboardInterrupt):
        _end("Cancelled.")
    except Exception as error:
        _end(f"Unexpected {type(error).__name__}: {error} ({_DEBUG} prints where).")


def _end(sentence: str) -> None:
    if _DEBUG in sys.argv:
        traceback.print_exc()
    errors.print(f"crlm-explorer: {sentence}", style="bold red", highlight=False, markup=False)
    sys.exit(1)
