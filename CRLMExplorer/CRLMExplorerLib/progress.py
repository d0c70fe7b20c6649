"""How long work says where it stands, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with a fraction in [0, 1] and a message; raises `Cancelled` to end the work."""


class Cancelled(Exception):
    """The user asked for the work to stop; nothing half-done is left behind."""


def silent(fraction: float, message: str) -> None:
    """Report to nobody."""


def part(whole: Progress, start: float, end: float) -> Progress:
    """Report a part of the work as what it is of the whole, from one fraction to another."""
    return lambda fraction, message: whole(start + (end - start) * fraction, message)
