"""Ways to run a session's jobs as a face with threads does, under the test's control."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue

Action = Callable[[], None]


class HeldRunner:
    """Holds jobs until the test runs them, in the order it wants."""

    def __init__(self) -> None:
        self.held: list[tuple[Action, Action]] = []

    def __call__(self, work: Action, finish: Action) -> None:
        self.held.append((work, finish))

    def run(self, index: int = 0) -> None:
        work, finish = self.held.pop(index)
        work()
        finish()


class ThreadRunner:
    """Runs each job on a thread of its own, and its end on the test's thread."""

    def __init__(self) -> None:
        self._ends: Queue[Action] = Queue()
        self._running = 0

    def __call__(self, work: Action, finish: Action) -> None:
        def run() -> None:
            work()
            self._ends.put(finish)

        self._running += 1
        threading.Thread(target=run).start()

    def run_until_idle(self) -> None:
        while self._running:
            self._ends.get(timeout=30)()
            self._running -= 1
