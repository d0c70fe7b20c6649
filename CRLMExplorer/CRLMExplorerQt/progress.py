"""What is running, in a dialog with a bar and a way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import qt
import slicer

from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.review import Job, JobState, ReviewSession
from CRLMExplorerQt.runner import DesktopRunner

Result = TypeVar("Result")

_LOOK_MS = 100
_LOOKS_BEFORE_SHOWN = 8
"""Work that is soon done needs no dialog."""


class ProgressDialog:
    """Shows the session's jobs and those of the panel; the views stay free meanwhile.

    Parameters
    ----------
    parent
        The panel's widget.
    runner
        Runs the panel's own jobs.
    say
        Told a sentence when one of those fails.

    Attributes
    ----------
    dialog
        The QProgressDialog, or None.
    """

    def __init__(self, parent: Any, runner: DesktopRunner, say: Callable[[str], None]) -> None:
        self.dialog = None
        self._runner = runner
        self._say = say
        self._session: ReviewSession | None = None
        self._own: list[Job] = []
        self._looks = 0
        self._timer = qt.QTimer(parent)
        self._timer.interval = _LOOK_MS
        self._timer.connect("timeout()", self._look)

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session's jobs from now on."""
        self._session = session
        if session:
            session.jobs_changed.connect(self._jobs_changed)

    @property
    def jobs(self) -> list[Job]:
        """What is running, oldest first."""
        return self._own + (self._session.jobs if self._session else [])

    def run(
        self, title: str, work: Callable[[Progress], Result], use: Callable[[Result], None]
    ) -> None:
        """Run a job of the panel's own, and use what it gives."""
        job: Job[Result] = Job(title, work)

        def finished() -> None:
            self._own.remove(job)
            if job.state is JobState.FAILED:
                self._say(job.error)
            elif job.state is JobState.DONE:
                use(job.result)

        self._own.append(job)
        self._timer.start()
        job.start(self._runner, finished)

    def cancel(self) -> None:
        """Stop everything that is running."""
        for job in self.jobs:
            job.cancel()

    def close(self) -> None:
        """Show nothing any more."""
        self._timer.stop()
        self._hide()

    def _jobs_changed(self) -> None:
        # Jobs tell of themselves from their own threads, where no widget may be touched.
        if threading.current_thread() is threading.main_thread() and self.jobs:
            self._timer.start()

    def _look(self) -> None:
        if not self.jobs:
            self._timer.stop()
            self._hide()
            return
        self._looks += 1
        if self._looks < _LOOKS_BEFORE_SHOWN:
            return
        job = self.jobs[0]
        if self.dialog is None:
            self.dialog = self._made()
        stopping = "Stopping…" if job.is_cancelled else job.message
        self.dialog.setLabelText(f"{job.title}\n{stopping}")
        self.dialog.setValue(round(100 * job.fraction))
        self.dialog.show()

    def _made(self):
        dialog = qt.QProgressDialog(slicer.util.mainWindow())
        dialog.windowTitle = "CRLM Explorer"
        dialog.setLabelText("")
        dialog.setRange(0, 100)
        dialog.autoClose = False
        dialog.autoReset = False
        dialog.minimumWidth = 380
        dialog.connect("canceled()", self.cancel)
        return dialog

    def _hide(self) -> None:
        self._looks = 0
        if self.dialog is not None:
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None
