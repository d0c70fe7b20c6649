"""The results as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rows import Row


def print_table(rows: Sequence[Row], machine: Mapping[str, object]) -> None:
    """Print a line for each row, then the notes."""
    console = Console()
    table = Table(title="CRLM Explorer: speed and memory", caption=_caption(machine))
    for heading in ("", "Ours", "Unit", "Peer", "Peer's", "Ratio", "Target", "Met"):
        table.add_column(heading, justify="right" if heading in ("Ours", "Peer's", "Ratio") else "left")
    for row in rows:
        met = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[row.met]
        table.add_row(
            row.what,
            _number(row.ours),
            row.unit,
            row.peer,
            _number(row.theirs),
            _number(row.ratio),
            row.target,
            met,
        )
    console.print(table)
    for row in rows:
        if row.note:
            console.print(f"{row.what}: {row.note}", highlight=False)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _caption(machine: Mapping[str, object]) -> str:
    return (
        f"{machine['cores']} cores, {machine['processor']}, {machine['memory_gb']} GB, Python "
        f"{machine['python']}, load {machine['load_before']} before; ratio: median over pairs"
    )
