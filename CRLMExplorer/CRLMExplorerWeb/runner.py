"""Jobs on a worker thread, their ends on the server's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from CRLMExplorerLib.review.job import no_work


class LoopRunner:
    """A `Runner` for a program with an asyncio event loop: pages stay live while work is done.

    Parameters
    ----------
    on_loop
        Called on the event loop with a function to run there, e.g. to send state afterwards.
    """

    def __init__(self, on_loop: Callable[[Callable[[], None]], None]) -> None:
        self._on_loop = on_loop
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="review")

    def __call__(self, work: Callable[[], None], finish: Callable[[], None]) -> None:
        """Run ``work`` on a thread, then ``finish`` on the loop."""
        loop = asyncio.get_running_loop()
        if work is no_work:
            loop.call_soon(self._on_loop, finish)
            return

        def done(future: asyncio.Future) -> None:
            future.result()
            self._on_loop(finish)

        loop.run_in_executor(self._threads, work).add_done_callback(done)
