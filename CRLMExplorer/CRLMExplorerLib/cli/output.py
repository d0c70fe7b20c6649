"""How facts, tables, progress and errors are printed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.progress import Progress as Report

_FILE_WIDTH = 200

# What is printed comes from files: brackets and colons in it are no markup.
console = Console(
    markup=False,
    highlight=False,
    emoji=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else _FILE_WIDTH,
)
errors = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, stderr=True)

Cell = object

_SEVERITY_STYLES = {"alarm": "bold red", "warning": "yellow", "note": "dim"}


def print_json(facts: Any) -> None:
    """Print facts as JSON on standard output, in ASCII whatever the terminal's encoding."""
    print(json.dumps(facts, indent=2, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under their columns; numbers are set right, None is a dash."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numbers = any(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    console.print(table, soft_wrap=False)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print what a reader must know, a line each."""
    for finding in findings:
        severity = finding.severity.value
        console.print(f"{severity.upper():8}{finding.message}", style=_SEVERITY_STYLES[severity])


def write_csv(file: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table as a CSV file that is whole or not there."""
    with (
        written_whole(file) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Show a bar on a terminal's standard error while the work in the block reports to it."""
    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
    )
    quiet = not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=1.0, title=title)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=message)


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
