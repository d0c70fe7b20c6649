"""Long work on a thread beside Slicer's, its ends and its questions on Slicer's own.

Slicer's main thread holds Python's lock while it waits for the reader, for its PythonQt is built
without threads: another Python thread runs only while Python runs on the main one. So a timer
gives the lock away for a moment, again and again, as long as there is work.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import qt

from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.review.job import no_work

Answer = TypeVar("Answer")

_PAUSE_MS = 5
_TURN_S = 0.02
"""How long the reader's hands may wait; well below what is felt as a delay."""


class DesktopRunner:
    """A `Runner` for Slicer's event loop.

    Parameters
    ----------
    parent
        Owns the timer: Python's own would be destroyed on whatever thread collects its garbage.
    """

    def __init__(self, parent: Any) -> None:
        self._errands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._running = 0
        self._is_closed = False
        self._timer = qt.QTimer(parent)
        self._timer.interval = _PAUSE_MS
        self._timer.connect("timeout()", self._take_turn)

    def __call__(self, work: Callable[[], None], finish: Callable[[], None]) -> None:
        """Run ``work`` on a thread, then ``finish`` on Slicer's."""

        def ended() -> None:
            self._running -= 1
            finish()

        def run() -> None:
            try:
                work()
            finally:
                self._errands.put(ended)

        self._running += 1
        if work is no_work:
            self._errands.put(ended)
        else:
            threading.Thread(target=run, name="CRLM Explorer", daemon=True).start()
        self._timer.start()

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """Have a question answered on Slicer's thread, from whichever thread.

        Raises
        ------
        Cancelled
            If the panel has gone meanwhile.
        """
        if threading.current_thread() is threading.main_thread():
            return question()
        answer: Future[Answer] = Future()

        def reply() -> None:
            if self._is_closed:
                answer.set_exception(Cancelled())
                return
            try:
                answer.set_result(question())
            except Exception as error:
                answer.set_exception(error)

        self._errands.put(reply)
        if self._is_closed:
            raise Cancelled
        return answer.result()

    def close(self) -> None:
        """Finish nothing any more; who waits for an answer is sent away."""
        self._is_closed = True
        self._timer.stop()
        while not self._errands.empty():
            errand = self._errands.get()
            if errand.__name__ == "reply":
                errand()

    def _take_turn(self) -> None:
        end = time.monotonic() + _TURN_S
        while self._running and not self._is_closed and (left := end - time.monotonic()) > 0:
            try:
                errand = self._errands.get(timeout=left)
            except queue.Empty:
                break
            errand()
        if not self._running:
            self._timer.stop()
