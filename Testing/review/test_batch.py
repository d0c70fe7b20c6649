"""Many patients: their order, one that fails, workers that die, and work that is not done twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from CRLMExplorerLib.progress import Cancelled, Progress, silent
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.radiomics.runs import FOLDER
from CRLMExplorerLib.review.batch import Task, extract_patient, extract_patients
from CRLMExplorerLib.review.local_workers import LocalWorkers

PATIENTS = ("CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003")
PARAMETERS = Parameters(
    name="quick",
    settings={"binWidth": 25},
    image_types={"Original": {}},
    feature_classes={"firstorder": ()},
    regions=(Region("liver", "liver"), Region("{tumor}", "each tumor")),
)


def tasks_of(folder: Path, patients: Sequence[str] = PATIENTS) -> list[Task]:
    return [Task(folder, one, PARAMETERS) for one in patients]


def run(
    tasks: Sequence[Task], count: int = 1, progress: Progress = silent, again: bool = False
) -> list[CaseExtraction]:
    return list(extract_patients(tasks, LocalWorkers(count), progress, again))


def values_of(cases: Sequence[CaseExtraction]) -> list[object]:
    return [(case.origin, case.extraction) for case in cases]


@pytest.fixture
def kept(folder) -> list[CaseExtraction]:
    """The patients, extracted in this process and so kept in the database's folder."""
    return [extract_patient(task) for task in tasks_of(folder)]


def test_workers_give_what_this_process_gives_in_the_order_asked_for(folder, kept):
    order = [PATIENTS[2], PATIENTS[0], PATIENTS[1]]
    found = run(tasks_of(folder, order), 2, again=True)
    assert values_of(found) == values_of([kept[2], kept[0], kept[1]])
    assert [case.origin.patient_id for case in found] == order
    assert all(len(case.extraction.values) > 18 for case in found)


def test_one_patients_failure_leaves_the_rest_standing(folder):
    found = run(tasks_of(folder, [PATIENTS[0], "NOBODY", PATIENTS[1]]))
    assert [bool(case.failure) for case in found] == [False, True, False]
    assert "NOBODY" in found[1].failure
    assert found[1].origin.patient_id == "NOBODY"


def test_a_failure_names_no_folder(tmp_path):
    (case,) = run(tasks_of(tmp_path / "none", PATIENTS[:1]))
    assert "ctkDICOM.sql" in case.failure
    assert str(tmp_path) not in case.failure


def test_what_was_extracted_is_not_extracted_again_unless_asked(folder, kept):
    assert run(tasks_of(folder)) == kept
    anew = run(tasks_of(folder), again=True)
    assert values_of(anew) == values_of(kept)
    assert all(new.run.started > old.run.ended for new, old in zip(anew, kept, strict=True))


def test_a_damaged_run_is_made_anew_and_said(folder, kept):
    for file in (folder / FOLDER).iterdir():
        file.write_bytes(file.read_bytes()[:40])
    found = run(tasks_of(folder))
    assert values_of(found) == values_of(kept)
    assert [[one.code for one in case.findings] for case in found] == [["run-damaged"]] * 3
    assert run(tasks_of(folder)) == [replace(case, findings=()) for case in found]


def test_where_nothing_can_be_kept_there_are_results_all_the_same(folder, kept):
    for file in (folder / FOLDER).iterdir():
        file.unlink()
    (folder / FOLDER).rmdir()
    (folder / FOLDER).write_text("a file")
    found = run(tasks_of(folder))
    assert values_of(found) == values_of(kept)
    assert "run-not-kept" in {one.code for case in found for one in case.findings}


def kills(times: int) -> Callable[[float, str], None]:
    """Kills a worker process once it has begun a patient, so many times."""
    killed: set[int] = set()

    def progress(fraction: float, message: str) -> None:
        for child in multiprocessing.active_children():
            if len(killed) < times and child.pid not in killed and ": " in message:
                killed.add(child.pid)
                os.kill(child.pid, signal.SIGKILL)

    return progress


def test_a_patient_whose_worker_was_killed_is_tried_again(folder, kept):
    found = run(tasks_of(folder), 1, kills(1), again=True)
    assert values_of(found) == values_of(kept)


def test_a_patient_whose_worker_is_killed_again_is_a_failure(folder, kept):
    found = run(tasks_of(folder), 1, kills(2), again=True)
    assert "ended before the patient was done, 2 times, last with signal 9" in found[0].failure
    assert values_of(found[1:]) == values_of(kept[1:])


def test_a_cancelled_run_ends_its_workers_and_keeps_what_is_done(folder):
    done = []
    asked = threading.Event()

    def progress(fraction: float, message: str) -> None:
        if asked.is_set():
            raise Cancelled

    with pytest.raises(Cancelled):
        for case in extract_patients(tasks_of(folder), LocalWorkers(1), progress):
            done.append(case)
            asked.set()
    assert multiprocessing.active_children() == []
    assert len(done) == 1
    again = run(tasks_of(folder))
    assert again[0] == done[0]
    assert [bool(case.failure) for case in again] == [False] * 3


def test_two_runs_at_once_both_end_well(folder, kept):
    results: dict[int, list[CaseExtraction]] = {}

    def one(number: int) -> None:
        results[number] = run(tasks_of(folder), again=True)

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values_of(results[1]) == values_of(results[2]) == values_of(kept)
    assert len(list((folder / FOLDER).iterdir())) == 3


def test_progress_reaches_one_and_names_the_patient(folder):
    told: list[tuple[float, str]] = []
    run(tasks_of(folder), 2, lambda fraction, message: told.append((fraction, message)))
    assert told[-1][0] == 1.0
    assert all(0 <= fraction <= 1 for fraction, _ in told)
    assert {message.split(": ")[0] for _, message in told if ": " in message} <= set(PATIENTS)
