"""The results as a table for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rows import Row

WIDTH = 120
_MET = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}


def print_table(rows: Sequence[Row], machine: Mapping[str, object]) -> None:
    """Print a line for each row, then the notes."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    table = Table(title="CRLM Explorer: speed and memory", caption=_caption(machine))
    for heading in ("", "Ours", "Peer's", "Ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_column("Peer")
    table.add_column("Target")
    for row in rows:
        table.add_row(
            row.what,
            f"{_number(row.ours)} {row.unit}",
            _number(row.theirs),
            _number(row.ratio),
            row.peer,
            f"{_MET[row.met]} {row.target}",
        )
    console.print(table)
    for note in dict.fromkeys(row.note for row in rows if row.note):
        console.print(f"• {note}", highlight=False)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _caption(machine: Mapping[str, object]) -> str:
    return (
        f"{machine['cores']} cores, {machine['processor']}, {machine['memory_gb']} GB, Python "
        f"{machine['python']}, load {machine['load_before']} before; ratio: median over pairs"
    )
