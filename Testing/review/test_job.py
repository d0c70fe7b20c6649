"""A job says where it stands, stops when asked to, and ends in a result or a sentence."""

from __future__ import annotations

import threading

import pytest

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import part
from CRLMExplorerLib.review import Job, JobState, run_inline


def ended(job: Job) -> Job:
    job.start(run_inline, lambda: None)
    return job


def test_a_job_gives_its_result():
    job = ended(Job("Count", lambda progress: 7))
    assert (job.state, job.result, job.error) == (JobState.DONE, 7, "")


def test_a_job_says_where_it_stands():
    seen = []

    def work(progress):
        progress(0.25, "a quarter")
        progress(1.0, "all")

    job = Job("Count", work)
    job.changed.connect(lambda: seen.append((job.fraction, job.message, job.state)))
    ended(job)
    assert seen == [
        (0.25, "a quarter", JobState.RUNNING),
        (1.0, "all", JobState.RUNNING),
        (1.0, "all", JobState.DONE),
    ]


def test_a_part_of_the_work_reports_what_it_is_of_the_whole():
    seen = []
    progress = part(lambda fraction, message: seen.append((fraction, message)), 0.5, 0.75)
    progress(0.0, "a")
    progress(1.0, "b")
    assert seen == [(0.5, "a"), (0.75, "b")]


def test_our_errors_are_told_in_their_own_words():
    def work(progress):
        raise CRLMExplorerError("The tag is missing.")

    job = ended(Job("Open", work))
    assert (job.state, job.error) == (JobState.FAILED, "The tag is missing.")


def test_an_unexpected_error_says_which_job_and_what():
    job = ended(Job("Opening P1", lambda progress: [][3]))
    assert job.state is JobState.FAILED
    assert job.error == "Opening P1 failed: IndexError: list index out of range"


@pytest.mark.parametrize(
    "after",
    [
        lambda progress: progress(0.5, "half"),
        lambda progress: 7,
        lambda progress: [][3],
    ],
    ids=["reports again", "gives a result", "fails"],
)
def test_a_cancelled_job_is_cancelled_whatever_comes_after(after):
    def work(progress):
        job.cancel()
        return after(progress)

    job = Job("Count", work)
    ended(job)
    assert (job.state, job.result, job.error) == (JobState.CANCELLED, None, "")


def test_a_job_is_stopped_from_another_thread():
    begun, steps = threading.Event(), []

    def work(progress):
        for step in range(100_000):
            progress(step / 100_000, "")
            steps.append(step)
            begun.set()

    job = Job("Count", work)
    thread = threading.Thread(target=lambda: ended(job))
    thread.start()
    assert begun.wait(5)
    job.cancel()
    thread.join(5)
    assert job.state is JobState.CANCELLED
    assert len(steps) < 100_000
