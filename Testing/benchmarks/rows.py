"""One line of the result: what was measured, by us and by a peer in the same run.

It knows how lines travel from a benchmark's own process to `run.py`, not what they are about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median


@dataclass(frozen=True)
class Row:
    """A measured value, beside a peer's where there is one.

    Attributes
    ----------
    what
        What was done.
    ours, unit
        The value, a median where it was measured more than once.
    peer, theirs
        What it is compared with, and its value in the same unit.
    ratio
        Ours to theirs: the median over pairs of runs that followed one another.
    target, met
        What the project set itself, and whether this run reached it; empty and None without one.
    note
        What else a reader should know.
    samples
        Every single value behind it, in the unit.
    """

    what: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""
    samples: dict[str, list[float]] = field(default_factory=dict)


def paired(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, object]:
    """The fields of a row that follow from runs of ours and theirs, pair by pair."""
    return {
        "ours": median(ours),
        "theirs": median(theirs),
        "ratio": median(a / b for a, b in zip(ours, theirs, strict=True)),
        "samples": {"ours": list(ours), "theirs": list(theirs)},
    }


def hand_over(rows: Sequence[Row]) -> None:
    """Print the rows for the process that started this one, as the last line."""
    print(json.dumps([asdict(row) for row in rows]), flush=True)


def taken_over(output: str) -> list[Row]:
    """The rows that a benchmark's process printed."""
    return [Row(**row) for row in json.loads(output.splitlines()[-1])]
