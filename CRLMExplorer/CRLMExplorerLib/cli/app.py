"""The program ``crlm-explorer``: its commands, and how it ends."""

from __future__ import annotations

import io
import logging
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from CRLMExplorerLib.cli import (
    associations,
    cohort,
    database,
    patient,
    radiomics,
    resect,
    revisions,
    serve,
)
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
app.command("resect")(resect.resect)
app.command("revisions")(revisions.revisions)
app.command("compare")(revisions.compare)
app.add_typer(radiomics.app, name="radiomics")
app.command("survival")(cohort.survival)
app.command("outcome")(associations.outcome)

_DEBUG = "--debug"


@app.callback(invoke_without_command=True)
def _program(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option(_DEBUG, help="Print tracebacks of errors; may stand anywhere.")
    ] = False,
) -> None:
    if version:
        typer.echo(VERSION)
        raise typer.Exit
    # Libraries quote damaged headers in their warnings, and headers name patients.
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    if debug:
        logging.getLogger("CRLMExplorerLib").setLevel(logging.DEBUG)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``crlm-explorer``; exit 0 when done, 1 when it failed, 2 when it was called wrongly.

    Parameters
    ----------
    arguments
        What follows the program's name; the process's own by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = _DEBUG in given
    if debug:
        given = [_DEBUG, *(argument for argument in given if argument != _DEBUG)]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name or a terminal that is not UTF-8 is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(given, prog_name="crlm-explorer")
    except (CRLMExplorerError, OSError) as error:
        _say(str(error), debug)
    except Cancelled:
        _say("Cancelled.", debug)
    except Exception as error:
        _say(f"Unexpected {type(error).__name__}: {error} ({_DEBUG} prints where).", debug)
    sys.exit(1)


def _say(sentence: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    errors.print(f"crlm-explorer: {' '.join(sentence.split())}", style="bold red")
