"""Long work in a process of its own, for what holds up every thread and cannot be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Cancelled, Progress
from CRLMExplorerLib.radiomics.engine.workers import python
from CRLMExplorerLib.radiomics.errors import RadiomicsError

Result = TypeVar("Result")

_LOOK_S = 0.2
"""How often a report is made although nothing is heard, so that a cancel takes effect."""


@dataclass(frozen=True)
class _Report:
    """How far the work is."""

    fraction: float
    message: str


@dataclass(frozen=True)
class _Failure:
    """Why there is no result."""

    reason: str


def run_in_child(work: Callable[..., Result], *given: Any, progress: Progress) -> Result:
    """Run ``work(*given, progress)`` in a new process; whatever ends the call ends the process.

    Parameters
    ----------
    work
        A function of a module; it, what it is given and its result can be pickled.
    progress
        Told what the work reports, and five times a second; raises `Cancelled` to kill it.

    Raises
    ------
    RadiomicsError
        If the work failed, with its sentence, or the process ended before it was done.
    """
    context = get_context("spawn")
    # Within an application, Python's own idea of it may be the application.
    if executable := python():
        context.set_executable(executable)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    fraction, message = 0.0, ""
    try:
        ours.send(given)
        while True:
            if ours.poll(_LOOK_S):
                said = ours.recv()
                if isinstance(said, _Failure):
                    raise RadiomicsError(said.reason)
                if not isinstance(said, _Report):
                    return said
                fraction, message = said.fraction, said.message
            progress(fraction, message)
    except (EOFError, OSError) as error:
        process.join(1.0)
        raise RadiomicsError(
            f"The process that computed ended before it was done, with exit code "
            f"{process.exitcode}; it may have been out of memory."
        ) from error
    finally:
        ours.close()
        process.kill()
        process.join()


def _serve(connection: Connection, work: Callable[..., Any]) -> None:
    def report(fraction: float, message: str) -> None:
        try:
            connection.send(_Report(fraction, message))
        except OSError:
            raise Cancelled from None

    with suppress(EOFError, OSError, Cancelled):
        given = connection.recv()
        try:
            said = work(*given, report)
        except CRLMExplorerError as error:
            said = _Failure(str(error))
        except MemoryError:
            said = _Failure("There is not enough memory for it.")
        connection.send(said)
