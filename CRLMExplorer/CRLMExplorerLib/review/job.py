"""Long work that a reader can watch and stop.

A job knows where it stands; who runs it, and on which thread, is the face's choice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

from undo_stack import Signal

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Cancelled, Progress

_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")

Runner = Callable[[Callable[[], None], Callable[[], None]], None]
"""Runs ``work`` wherever it likes and then ``finish`` on the thread that owns the scene."""


def no_work() -> None:
    """What a `Runner` is given for ``finish`` to be done at the very next turn, before drawing."""


def run_inline(work: Callable[[], None], finish: Callable[[], None]) -> None:
    """Run both at once, on the caller's thread."""
    work()
    finish()


class JobState(str, Enum):
    """Where a job is in its life."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Generic[Result]):
    """A piece of long work with progress in [0, 1], a message, and a result or an error.

    Parameters
    ----------
    title
        What the reader is waiting for.
    work
        Does it; told how to report progress. Must not touch the scene.

    Attributes
    ----------
    state, fraction, message
        Where it stands.
    error
        A sentence if it failed, else empty.
    result
        What the work gave, once it is done.
    changed
        Emitted on whatever thread the work runs on, at the end on the scene's.
    """

    changed = Signal()

    def __init__(self, title: str, work: Callable[[Progress], Result]) -> None:
        self.title = title
        self.state = JobState.RUNNING
        self.fraction = 0.0
        self.message = ""
        self.error: str = ""
        self.result: Result | None = None
        self._work = work
        self._cancel_asked = False

    def cancel(self) -> None:
        """Ask the work to stop at its next report; a result it still gives is dropped."""
        self._cancel_asked = True

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop; it may still be at it."""
        return self._cancel_asked

    def start(self, runner: Runner, finished: Callable[[], None]) -> None:
        """Run the work; ``finished`` is called on the scene's thread when it has ended."""

        def finish() -> None:
            finished()
            self.changed.emit()

        runner(self._run, finish)

    def _run(self) -> None:
        try:
            result = self._work(self._report)
        except Cancelled:
            self.state = JobState.CANCELLED
        except Exception as error:
            self._fail(error)
        else:
            self._end(result)

    def _end(self, result: Result) -> None:
        if self._cancel_asked:
            self.state = JobState.CANCELLED
        else:
            self.result, self.state = result, JobState.DONE

    def _fail(self, error: Exception) -> None:
        if self._cancel_asked:
            self.state = JobState.CANCELLED
        elif isinstance(error, CRLMExplorerError):
            self.error, self.state = str(error), JobState.FAILED
        else:
            _LOG.debug("%s failed", self.title, exc_info=error)
            self.error = f"{self.title} failed: {type(error).__name__}: {error}"
            self.state = JobState.FAILED

    def _report(self, fraction: float, message: str) -> None:
        if self._cancel_asked:
            raise Cancelled
        self.fraction, self.message = fraction, message
        self.changed.emit()


StartJob = Callable[[Job[Any], Callable[[Any], None], Callable[[], None]], None]
"""Starts a job; calls with its result if it has one, and then that it has ended."""
