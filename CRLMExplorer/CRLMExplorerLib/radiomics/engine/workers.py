"""Shares work among processes that are started for it and gone after it.

The processes are plain Python with pipes for tasks and results: nothing is left in shared memory
or on disk, whatever ends them. They do not run the caller's main module again, as
`multiprocessing` would, and close when their pipe does, so that none outlives this process.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from CRLMExplorerLib.radiomics.engine.plan import Plan
from CRLMExplorerLib.radiomics.engine.task import Found, Task

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from CRLMExplorerLib.radiomics.engine.child import serve; serve()"
)
_ONE_THREAD = dict.fromkeys(
    ("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
_POLL_S = 0.1

Result = tuple[int, Found | None]
"""Index of a plan, and a part of what was found; None when that was all."""


class Ended(Exception):
    """A worker's process has ended by itself."""

    def __init__(self) -> None:
        super().__init__("its process ended unexpectedly, maybe for lack of memory")


def python() -> str | None:
    """A Python to start, also within an application such as Slicer; None if there is none."""
    candidates = [Path(sys.executable or ""), Path(getattr(sys, "_base_executable", "") or "")]
    for folder in ("", "bin", "Scripts"):
        candidates += sorted(Path(sys.prefix, folder).glob("[Pp]ython*"))
    for path in candidates:
        if path.name.lower().startswith("python") and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return None


class _Worker:
    """One process, and how it is talked to.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self, executable: str) -> None:
        self._process = subprocess.Popen(
            [executable, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin and self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def wait_until_ready(self) -> None:
        """Wait for its imports.

        Raises
        ------
        Ended
            If it fails to come up.
        """
        self._answer()

    def do(self, task: Task) -> Iterator[Found]:
        """Have a task done.

        Raises
        ------
        Ended
            If the process ends before that.
        """
        try:
            pickle.dump(task, self._stdin, pickle.HIGHEST_PROTOCOL)
            self._stdin.flush()
        except OSError as error:
            raise Ended() from error
        while (found := self._answer()) is not None:
            yield found

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """End it and give back its pipes, once nobody talks to it any more."""
        self.kill()
        self._process.wait()
        # What it did not read any more cannot be flushed.
        with suppress(OSError):
            self._stdin.close()
        self._stdout.close()

    def _answer(self) -> Found | None:
        try:
            return pickle.load(self._stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise Ended() from error


class Workers:
    """Processes that do plans; leaving the context ends them, whatever they are at.

    Parameters
    ----------
    plans
        What to do; the longest is begun first.
    count
        Number of processes.
    """

    def __init__(self, plans: Sequence[Plan], count: int) -> None:
        self._plans = plans
        longest_last = sorted(range(len(plans)), key=lambda index: plans[index].seconds)
        self._pending = longest_last
        self._results: SimpleQueue[Result | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._is_over = False
        self._threads = [threading.Thread(target=self._drive, daemon=True) for _ in range(count)]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
            for worker in self._workers:
                worker.kill()
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            worker.close()

    def results(self) -> Iterator[Result | None]:
        """Give results as they come, and None whenever there was none for a moment.

        If no process can be started, results end before all plans are done: see `left`.
        """
        at_work = len(self._threads)
        while at_work:
            try:
                result = self._results.get(timeout=_POLL_S)
            except Empty:
                yield None
                continue
            if result is None:
                at_work -= 1
            else:
                yield result

    @property
    def left(self) -> list[int]:
        """Indices of the plans that no process could be started for."""
        return sorted(self._pending)

    def _drive(self) -> None:
        """Keep one process busy, in a thread of its own."""
        worker: _Worker | None = None
        while (index := self._next()) is not None:
            try:
                worker = worker or self._started()
            except (Ended, OSError):
                with self._lock:
                    self._pending.append(index)
                break
            missing = dict.fromkeys(self._plans[index].regions)
            try:
                for found in worker.do(self._plans[index].task()):
                    for item in found:
                        missing.pop(item.region, None)
                    self._results.put((index, found))
            except Exception as error:
                self._results.put((index, self._plans[index].nothing(missing, error)))
                if isinstance(error, Ended):
                    worker = None
            self._results.put((index, None))
        self._results.put(None)

    def _next(self) -> int | None:
        with self._lock:
            return self._pending.pop() if self._pending and not self._is_over else None

    def _started(self) -> _Worker:
        executable = python()
        if executable is None:
            raise Ended()
        with self._lock:
            if self._is_over:
                raise Ended()
            worker = _Worker(executable)
            self._workers.append(worker)
        worker.wait_until_ready()
        return worker
