"""The workers of a Dask cluster, where one machine is too small.

The cluster is the user's. It is told the database's path and the parameters, and gives features
back. Its scheduler and workers must have this program, and the workers see the database's files
under the same path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, Queue
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.review.batch import Lost, Report, Results, Task, extract_patient

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_S = 10
_WORKERS_S = 30
_LOOK_S = 0.2
"""How often a report is made although nothing is heard, so that a cancel takes effect."""
_SAY_S = 0.5
"""How often a task says where it stands, and looks whether it is still wanted."""


class ClusterError(RadiomicsError):
    """The cluster cannot be reached or used."""


class ClusterWorkers:
    """A Dask cluster by the address of its scheduler.

    A task whose worker dies is given to another one by the cluster, as often as its own setting
    ``distributed.scheduler.allowed-failures`` says; then the patient is `Lost`.

    Parameters
    ----------
    address
        E.g. ``tcp://127.0.0.1:8786``.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def results(self, tasks: Sequence[Task], report: Report) -> Results:
        """Run all tasks; see `Workers`.

        Raises
        ------
        ClusterError
            If the scheduler cannot be reached, has no worker or is lost.
        """
        if not tasks:
            return
        run = f"crlm-explorer-{uuid4().hex}"
        heard: Queue[tuple[int, Future | tuple[float, str]]] = Queue()
        with self._connected() as client:
            client.subscribe_topic(run, lambda event: heard.put(event[1]))
            futures = client.map(
                extract_on_worker,
                tasks,
                range(len(tasks)),
                topic=run,
                key=[f"{run}-{index}" for index in range(len(tasks))],
            )
            for index, future in enumerate(futures):
                future.add_done_callback(lambda done, index=index: heard.put((index, done)))
            stands = dict.fromkeys(range(len(tasks)), (0.0, ""))
            try:
                while stands:
                    try:
                        index, what = heard.get(timeout=_LOOK_S)
                    except Empty:
                        self._require(client)
                        index = next(iter(stands))
                        what = stands[index]
                    if not isinstance(what, tuple):
                        del stands[index]
                        yield index, self._result(client, what)
                    elif index in stands:
                        stands[index] = what
                        report(index, *what)
            finally:
                if client.status == "running":
                    client.unsubscribe_topic(run)
                    client.cancel(futures)

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        try:
            from distributed import Client
        except ImportError as error:
            raise ClusterError(
                "A cluster needs Dask: pip install crlm-explorer[cluster]"
            ) from error
        try:
            client = Client(self._address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(
                f"There is no Dask scheduler at {self._address} (expected e.g. "
                f"tcp://127.0.0.1:8786): {error}."
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_WORKERS_S)
            except TimeoutError as error:
                raise ClusterError(
                    f"The scheduler at {self._address} has no worker, also after {_WORKERS_S} s."
                ) from error
            yield client

    def _require(self, client: Client) -> None:
        if client.status != "running":
            raise ClusterError(
                f"The scheduler at {self._address} is lost. Patients that are done are kept."
            )

    def _result(self, client: Client, future: Future) -> CaseExtraction | Lost:
        from distributed import KilledWorker

        if future.status == "finished":
            return future.result()
        self._require(client)
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker):
            return Lost(
                "Each worker that was at this patient ended before the patient was done. If they "
                "were out of memory, more memory a worker helps."
            )
        return Lost(f"The cluster did not do it: {type(error).__name__}: {error}")


def extract_on_worker(task: Task, index: int, topic: str) -> CaseExtraction:
    """Extract a patient within a Dask task, as long as the task is wanted."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    said = float("-inf")

    def report(fraction: float, message: str) -> None:
        nonlocal said
        if monotonic() - said < _SAY_S:
            return
        said = monotonic()
        state = worker.state.tasks.get(key)
        if state is None or state.state == "cancelled":
            # Cancelled by whoever asked, or they are gone.
            raise Cancelled
        worker.log_event(topic, (index, (fraction, message)))

    return extract_patient(task, report)
