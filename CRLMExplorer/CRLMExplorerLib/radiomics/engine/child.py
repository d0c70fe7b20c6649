"""The other end of `workers`: a process that does tasks and ends with whoever started it."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from queue import SimpleQueue
from typing import BinaryIO

from CRLMExplorerLib.radiomics.engine.quiet import quiet
from CRLMExplorerLib.radiomics.engine.task import Task


def serve() -> None:
    """Do the tasks that come in at stdin and write what is found to stdout.

    First None is written: ready. After a task's last part, None again.
    """
    # Nothing else may get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    with quiet():
        _tell(answers, None)
        while True:
            for found in tasks.get().run(lambda region, filter_name: None):
                _tell(answers, found)
            _tell(answers, None)


def _listen(stdin: BinaryIO, tasks: SimpleQueue[Task]) -> None:
    """Take in tasks, and end the process in the midst of one when the parent is gone."""
    try:
        while True:
            tasks.put(pickle.load(stdin))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(0)


def _tell(answers: BinaryIO, found: object) -> None:
    pickle.dump(found, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()
