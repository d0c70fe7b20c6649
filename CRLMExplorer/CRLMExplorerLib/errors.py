"""What can go wrong so badly that the work asked for cannot be done."""

from __future__ import annotations


class CRLMExplorerError(Exception):
    """A sentence that a reader can act on: which file or tag, what was found, what was expected."""
