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
    name="a second or more",
    settings={"binWidth": 25},
    image_types={"Original": {}, "Square": {}, "Gradient": {}},
    feature_classes={"glcm": (), "glrlm": (), "gldm": ()},
    regions=(Region("liver", "liver"),),
)
"""Enough work for a worker to be killed, or told to stop, in the middle of it."""


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


class Killer:
    """A progress that kills the worker of the first patient it hears of."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.patient_id = ""
        self._cluster = cluster

    def __call__(self, fraction: float, message: str) -> None:
        if message and not self.patient_id:
            self.patient_id = message.partition(":")[0]
            os.kill(self._worker_at(PATIENTS.index(self.patient_id)), signal.SIGKILL)

    def _worker_at(self, index: int) -> int:
        tasks = self._cluster.scheduler.tasks.items()
        (address,) = [
            task.processing_on.address for key, task in tasks if key.endswith(f"-{index}")
        ]
        nannies = self._cluster.workers.values()
        return next(n.process.pid for n in nannies if n.worker_address == address)


def test_a_killed_workers_patient_goes_to_the_other(cluster, folder):
    here = [extract_patient(task) for task in tasks_of(folder)]
    killer = Killer(cluster)
    found = run(cluster, folder, killer)
    assert killer.patient_id
    assert [(case.origin, case.extraction) for case in found] == [
        (case.origin, case.extraction) for case in here
    ]
    assert [bool(case.failure) for case in found] == [False, False, True, False]


def test_a_patient_that_kills_its_workers_is_a_failure(cluster, folder, monkeypatch):
    cluster.sync(cluster._correct_state)
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    killer = Killer(cluster)
    failures = {case.origin.patient_id: case.failure for case in run(cluster, folder, killer)}
    assert list(failures) == list(PATIENTS)
    assert failures[killer.patient_id].startswith("Each worker that was at this patient ended")


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
