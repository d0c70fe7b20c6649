"""A patient under review and the session a reader works in: what every face drives.

This room joins images, measures and records; it knows no widget, page or command.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from CRLMExplorerLib.review.case import Case, open_case
    from CRLMExplorerLib.review.job import Job, JobState, run_inline
    from CRLMExplorerLib.review.session import ReviewSession
    from CRLMExplorerLib.review.store import ReviewState, ReviewStore, ReviewStoreError

__all__ = [
    "Case",
    "Job",
    "JobState",
    "ReviewSession",
    "ReviewState",
    "ReviewStore",
    "ReviewStoreError",
    "open_case",
    "run_inline",
]

_HOMES = {
    "Case": "case",
    "Job": "job",
    "JobState": "job",
    "ReviewSession": "session",
    "ReviewState": "store",
    "ReviewStore": "store",
    "ReviewStoreError": "store",
    "open_case": "case",
    "run_inline": "job",
}


def __getattr__(name: str) -> object:
    # The session brings the Slicer core, which takes a second to load; a command that only reads
    # or measures patients does without it.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
