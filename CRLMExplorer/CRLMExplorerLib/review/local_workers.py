"""Worker processes on this machine, each with one patient at a time.

Processes of our own rather than a pool of the standard library's: it must be known which patient a
killed worker was at, and all must end at once when the run is cancelled.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_all_start_methods, get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.review.batch import Lost, Report, Results, Task, extract_patient

_START = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
_TRIES = 2
_GRACE_S = 1.0
"""How long a worker that nobody listens to any more has to end what it started."""
_LOOK_S = 0.2
"""How often a report is made although nothing is heard, so that a cancel takes effect."""


class LocalWorkers:
    """Up to a number of processes, started for a run and ended with it.

    A worker that is killed, by the system for want of memory for instance, is replaced and its
    patient tried once more; then the patient is `Lost`.

    Parameters
    ----------
    count
        How many patients are worked on at once, and so how many CTs are in memory.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def results(self, tasks: Sequence[Task], report: Report) -> Results:
        """Run all tasks; see `Workers`."""
        to_do = list(reversed(range(len(tasks))))
        lost_before: set[int] = set()
        crew: dict[Any, _Worker] = {}
        try:
            while to_do or crew:
                while to_do and len(crew) < self._count:
                    worker = _Worker()
                    worker.take(to_do.pop(), tasks)
                    crew[worker.connection] = worker
                for ready in wait(list(crew), _LOOK_S):
                    worker = crew[ready]
                    result = worker.heard()
                    if isinstance(result, Lost):
                        del crew[ready]
                        if worker.index not in lost_before:
                            lost_before.add(worker.index)
                            to_do.append(worker.index)
                            continue
                    if result is not None:
                        yield worker.index, result
                        if ready in crew and to_do:
                            worker.take(to_do.pop(), tasks)
                        elif ready in crew:
                            crew.pop(ready).end()
                for worker in crew.values():
                    report(worker.index, worker.fraction, worker.message)
        finally:
            for worker in crew.values():
                worker.connection.close()
            deadline = monotonic() + _GRACE_S
            for worker in crew.values():
                worker.end(max(0.0, deadline - monotonic()))


class _Worker:
    """One process and the task it is at."""

    def __init__(self) -> None:
        context: Any = get_context(_START)
        # One process reads the libraries, and each worker is born with them; of no effect on spawn.
        context.set_forkserver_preload([extract_patient.__module__])
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,))
        with _interrupts_held():
            self._process.start()
        theirs.close()

    def take(self, index: int, tasks: Sequence[Task]) -> None:
        """Begin a task."""
        self.index, self.fraction, self.message = index, 0.0, ""
        with suppress(OSError):  # that it is dead is heard next
            self.connection.send(tasks[index])

    def heard(self) -> CaseExtraction | Lost | None:
        """What the process says: a result, or nothing but how far it is."""
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            return Lost(
                f"The worker process ended before the patient was done, {_TRIES} times, last with "
                f"{self.end()}. If it was out of memory, fewer workers help."
            )
        if isinstance(said, CaseExtraction):
            return said
        self.fraction, self.message = said
        return None

    def end(self, grace_s: float = _GRACE_S) -> str:
        """Let the process end, or kill it, and say how it ended."""
        self.connection.close()
        self._process.join(grace_s)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _serve(connection: Connection) -> None:
    """Do tasks until nobody gives any more."""

    def report(fraction: float, message: str) -> None:
        try:
            connection.send((fraction, message))
        except OSError:
            raise Cancelled from None

    with suppress(EOFError, OSError, Cancelled):
        while True:
            task = connection.recv()
            if task.cores:
                # Read when ITK is loaded, with the first task.
                os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = str(task.cores)
            connection.send(extract_patient(task, report))


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach: whoever started it decides what becomes of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # What the first process brings along would let interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
