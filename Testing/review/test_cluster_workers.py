"""A real Dask cluster of two worker processes: the same features, also if one is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from CRLMExplorerLib.progress import Cancelled, Progress, silent
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.review.batch import Task, extract_patient, extract_patients
from CRLMExplorerLib.review.cluster_workers import ClusterError, ClusterWorkers

HTTP = "127.0.0.1:0"
PATIENTS = ("CRLM-CT-1001", "CRLM-CT-1002", "NOBODY", "CRLM-CT-1003")
PARAMETERS = Parameters(
    name="quick",
    settings={"binWidth": 25},
    image_types={"Original": {}, "Square": {}},
    feature_classes={"firstorder": (), "shape": ()},
    regions=(Region("liver", "liver"), Region("{tumor}", "each tumor")),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=HTTP
    ) as cluster:
        yield cluster


def tasks_of(folder: Path) -> list[Task]:
    return [Task(folder, patient_id, PARAMETERS) for patient_id in PATIENTS]


def run(cluster: LocalCluster, folder: Path, progress: Progress = silent) -> list[CaseExtraction]:
    workers = ClusterWorkers(cluster.scheduler_address)
    return list(extract_patients(tasks_of(folder), workers, progress, again=True))


def kill(cluster: LocalCluster) -> Progress:
    """Kills one of the workers once a patient is begun."""
    killed: list[int] = []

    def progress(fraction: float, message: str) -> None:
        if message and not killed:
            killed.append(min(nanny.process.pid for nanny in cluster.workers.values()))
            os.kill(killed[0], signal.SIGKILL)

    return progress


def test_a_killed_workers_patient_goes_to_the_other(cluster, folder):
    here = [extract_patient(task) for task in tasks_of(folder)]
    found = run(cluster, folder, kill(cluster))
    assert [(case.origin, case.extraction) for case in found] == [
        (case.origin, case.extraction) for case in here
    ]
    assert [bool(case.failure) for case in found] == [False, False, True, False]


def test_a_patient_that_kills_its_workers_is_a_failure(cluster, folder, monkeypatch):
    cluster.sync(cluster._correct_state)
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    found = run(cluster, folder, kill(cluster))
    reasons = [case.failure for case in found if case.origin.patient_id != "NOBODY"]
    (reason,) = filter(None, reasons)
    assert reason.startswith("Each worker that was at this patient ended")


def test_a_cancelled_run_leaves_the_cluster_free(cluster, folder):
    def progress(fraction: float, message: str) -> None:
        if message:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(cluster, folder, progress)
    assert len(run(cluster, folder)) == len(PATIENTS)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nothing", "x://y:z"])
def test_no_scheduler_is_said_in_a_sentence(folder, address, monkeypatch):
    monkeypatch.setattr("CRLMExplorerLib.review.cluster_workers._CONNECT_S", 0.5)
    with pytest.raises(ClusterError, match="no Dask scheduler at"):
        list(extract_patients(tasks_of(folder), ClusterWorkers(address)))


def test_a_scheduler_without_workers_is_said_in_a_sentence(folder, monkeypatch):
    monkeypatch.setattr("CRLMExplorerLib.review.cluster_workers._WORKERS_S", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address=HTTP) as cluster,
        pytest.raises(ClusterError, match="has no worker"),
    ):
        list(extract_patients(tasks_of(folder), ClusterWorkers(cluster.scheduler_address)))
