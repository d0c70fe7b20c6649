"""A patient under review and the session a reader works in: what every face drives.

This room joins images, measures and records; it knows no widget, page or command.
"""

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
