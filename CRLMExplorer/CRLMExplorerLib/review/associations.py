"""The cohort's survival, and what goes with it: what a reader asked for, and has got so far."""

from __future__ import annotations

from undo_stack import Signal

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.cox import CoxTable, univariate_cox
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.record import PatientRecord
from CRLMExplorerLib.cohort.survival import (
    PatientPosition,
    SurvivalAnalysis,
    patient_position,
    survival,
)
from CRLMExplorerLib.cohort.variables import variables_of
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.review.job import Job, StartJob


class Associations:
    """The outcomes of a cohort against its clinical variables and features.

    Parameters
    ----------
    table
        The cohort's clinical table, if there is one.
    start
        Starts a job.

    Attributes
    ----------
    features
        The patients' features, or None.
    changed
        Emitted when there is another table to show, or none any more, or one is in the making.
    """

    changed = Signal()

    def __init__(self, table: ClinicalTable | None, start: StartJob) -> None:
        self.features: FeatureTable | None = None
        self._table = table
        self._start = start
        self._jobs: dict[Endpoint, Job[CoxTable]] = {}
        self._tables: dict[Endpoint, CoxTable] = {}
        self._curves: dict[tuple[Endpoint, str | None], SurvivalAnalysis] = {}

    def use_features(self, features: FeatureTable | None) -> None:
        """Take these features for the cohort's; what was made with others is forgotten."""
        for job in self._jobs.values():
            job.cancel()
        self.features = features
        self._jobs, self._tables, self._curves = {}, {}, {}
        self.changed.emit()

    def table_of(self, endpoint: Endpoint) -> CoxTable | None:
        """The regressions of an endpoint; None before they are made."""
        return self._tables.get(endpoint)

    def is_testing(self, endpoint: Endpoint) -> bool:
        """Whether the regressions of an endpoint are being made."""
        return endpoint in self._jobs

    def test(self, endpoint: Endpoint) -> None:
        """Make the regressions of an endpoint, unless they are there or being made."""
        if self._table is None or endpoint in self._tables or endpoint in self._jobs:
            return
        table, features = self._table, self.features

        def work(progress: Progress) -> CoxTable:
            return univariate_cox(table, endpoint, variables_of(table, features), progress)

        def done(cox: CoxTable) -> None:
            if self.features is features:
                self._tables[endpoint] = cox

        def ended() -> None:
            if self._jobs.get(endpoint) is job:
                del self._jobs[endpoint]
            self.changed.emit()

        job = self._jobs[endpoint] = Job(f"Testing against {endpoint.label.lower()}", work)
        self.changed.emit()
        self._start(job, done, ended)

    def survival(self, endpoint: Endpoint, by: str | None = None) -> SurvivalAnalysis | None:
        """The cohort's survival, whole or by a column or feature; None without a clinical table.

        Raises
        ------
        SurvivalError
            If the cohort cannot be grouped by it.
        """
        if self._table is None:
            return None
        key = (endpoint, by)
        if key not in self._curves:
            self._curves[key] = survival(self._table, endpoint, by, features=self.features)
        return self._curves[key]

    def position_on(
        self, analysis: SurvivalAnalysis, record: PatientRecord | None
    ) -> PatientPosition | None:
        """Where a patient stands on the curves; None without a record."""
        return patient_position(analysis, record, self.features) if record else None
