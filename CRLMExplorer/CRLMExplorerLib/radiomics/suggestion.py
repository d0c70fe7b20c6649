"""What a mistyped word may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence on an unknown word: what is like it, or else all that there is."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=3, cutoff=0.6)
    if close:
        return ", did you mean " + " or ".join(by_lower[name] for name in close) + "?"
    return "; there are " + ", ".join(by_lower.values())
