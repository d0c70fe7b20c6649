"""Radiomic features of many patients: a patient a task, on this machine's cores or a cluster.

It knows tasks, their order and what becomes of one that fails; where they run is behind `Workers`,
and what is written is for who asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.progress import Cancelled, Progress, part, silent
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction, Origin, failed
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.runs import RunDamaged, RunNotKept, RunStore, not_kept, was_damaged
from CRLMExplorerLib.review.case import open_case
from CRLMExplorerLib.review.extraction import Stopwatch, extract_case, origin_of

_LOG = logging.getLogger(__name__)
_OPENED = 0.1


@dataclass(frozen=True)
class Task:
    """One patient to be extracted, wherever that is done.

    Attributes
    ----------
    database
        The database's folder, absolute; the same for every worker.
    cores
        How many cores the task may use; all where it is None.
    """

    database: Path
    patient_id: str
    parameters: Parameters
    cores: int | None = 1


@dataclass(frozen=True)
class Lost:
    """A task without a result, as its worker ended: the sentence says how."""

    reason: str


Report = Callable[[int, float, str], None]
"""Called with a task's index, its fraction in [0, 1] and a message; may raise `Cancelled`."""


Results = Generator[tuple[int, "CaseExtraction | Lost"], None, None]


class Workers(Protocol):
    """Where tasks run."""

    def results(self, tasks: Sequence[Task], report: Report) -> Results:
        """Run all tasks; give each one's index and result as it ends.

        Whatever ends the iteration, an error or `Cancelled` from the report too, ends the tasks.
        """


def extract_patients(
    tasks: Sequence[Task], workers: Workers, progress: Progress = silent, again: bool = False
) -> Iterator[CaseExtraction]:
    """Extract patients, and give them in the order of the tasks, each as soon as may be.

    What was extracted before is taken from the database's folder. A patient's failure is a result
    as any other, see `CaseExtraction.failure`.

    Parameters
    ----------
    progress
        Told of all patients; raises `Cancelled` to end the work, which it does at once.
    again
        Extract also what was extracted before.
    """
    waiting: dict[int, CaseExtraction] = {}
    damage: dict[int, tuple[Finding, ...]] = {}
    if not again:
        for index, task in enumerate(tasks):
            progress(0.0, "Looking for what was done before")
            try:
                if found := _kept(task):
                    waiting[index] = found
            except RunDamaged as error:
                damage[index] = (was_damaged(error),)
    to_do = [index for index in range(len(tasks)) if index not in waiting]
    fractions = [1.0 if index in waiting else 0.0 for index in range(len(tasks))]

    def report(place: int, fraction: float, message: str) -> None:
        index = to_do[place]
        fractions[index] = fraction
        patient_id = tasks[index].patient_id
        progress(sum(fractions) / len(tasks), f"{patient_id}: {message}" if message else "")

    with closing(workers.results([tasks[index] for index in to_do], report)) as results:
        for due in range(len(tasks)):
            while due not in waiting:
                place, result = next(results)
                index = to_do[place]
                if isinstance(result, Lost):
                    origin = Origin(tasks[index].patient_id)
                    result = failed(origin, Stopwatch().run(), result.reason)
                findings = (*result.findings, *damage.get(index, ()))
                waiting[index] = replace(result, findings=findings)
                report(place, 1.0, "")
            yield waiting.pop(due)


def extract_patient(task: Task, progress: Progress = silent) -> CaseExtraction:
    """Extract one patient and keep the result for another time; an error is a result.

    Raises
    ------
    Cancelled
        If the progress says so.
    """
    watch = Stopwatch()
    origin = Origin(task.patient_id)
    try:
        with CtkDatabase.open(task.database) as database:
            origin = origin_of(choose_series(database, task.patient_id))
            case = open_case(database, task.patient_id, progress=part(progress, 0.0, _OPENED))
        result = extract_case(case, task.parameters, part(progress, _OPENED, 1.0), task.cores)
        try:
            RunStore(task.database).keep(result, task.parameters)
        except RunNotKept as error:
            return replace(result, findings=(*result.findings, not_kept(error)))
        return result
    except Cancelled:
        raise
    except Exception as error:  # one patient must not end the night's run
        _LOG.debug("%s failed", task.patient_id, exc_info=error)
        ours = isinstance(error, CRLMExplorerError | OSError)
        reason = str(error) if ours else f"{type(error).__name__}: {error}"
        return failed(origin, watch.run(), _without_folder(reason, task.database))


def _kept(task: Task) -> CaseExtraction | None:
    """What was extracted before; what stands in the way of looking, the worker will say."""
    store = RunStore(task.database)
    if not store.folder.is_dir():
        return None
    try:
        with CtkDatabase.open(task.database) as database:
            origin = origin_of(choose_series(database, task.patient_id))
        return store.find(origin, task.parameters)
    except RunDamaged:
        raise
    except (CRLMExplorerError, OSError):
        return None


def _without_folder(reason: str, folder: Path) -> str:
    """A sentence that may go to other people's eyes, without where the database lies."""
    return " ".join(reason.replace(f"{folder}/", "").replace(str(folder), "the database").split())
