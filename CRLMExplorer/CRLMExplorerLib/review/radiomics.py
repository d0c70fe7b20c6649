"""Radiomics of whoever is open: parameters, regions, extraction, table, cohort and maps."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd
from undo_stack import Signal

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host import Host
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Omission, narrowed
from CRLMExplorerLib.radiomics.feature_map import MapRequest
from CRLMExplorerLib.radiomics.parameter_file import parameter_text, parameters_from_text
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.regions import regions_of
from CRLMExplorerLib.radiomics.runs import RunDamaged, RunStore
from CRLMExplorerLib.radiomics.shipped import shipped_parameters
from CRLMExplorerLib.radiomics.table import tidy
from CRLMExplorerLib.review.batch import Task, extract_patients
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.cohort_features import (
    CohortFeatures,
    CohortValue,
    FeatureKey,
    kept_features,
    kept_of,
)
from CRLMExplorerLib.review.extraction import (
    NamedEngine,
    extract_case,
    now,
    origin_of,
    require_images,
)
from CRLMExplorerLib.review.feature_maps import FeatureMaps
from CRLMExplorerLib.review.feature_table_node import FeatureTableNode
from CRLMExplorerLib.review.job import Job, Runner, StartJob
from CRLMExplorerLib.review.kept_extraction import kept_or_made
from CRLMExplorerLib.review.local_workers import LocalWorkers
from CRLMExplorerLib.review.side_by_side import SideBySide

Result = TypeVar("Result")

_DEFAULT = "portal-venous"


@dataclass(frozen=True)
class Outlook:
    """What there is to extract of the open patient, and what was extracted before.

    Attributes
    ----------
    masks
        The regions by name.
    omissions
        Regions that this patient does not have.
    kept
        The extraction that was kept, or None.
    """

    masks: dict[str, Mask]
    omissions: tuple[Omission, ...]
    kept: CaseExtraction | None


class RadiomicsSession:
    """Radiomics under the reader's hands.

    Parameters
    ----------
    host, database, runner
        The session's.
    start_job
        Runs a job among the session's.

    Attributes
    ----------
    shipped
        The parameter files that come along, by name.
    name, text, problem
        The parameter file that was chosen, as the reader sees it, and why it is of no use; the
        problem is empty where it is.
    parameters
        What features are extracted with; None while the text is of no use.
    outlook, outlook_problem
        Regions and kept extraction of the open patient; None until they are looked up, or if they
        cannot be, with the sentence that says why.
    extraction, table
        The open patient's features with these parameters, also as a tidy table; None without.
    is_reused
        Whether those were kept from before, rather than extracted when they were asked for.
    comparison
        The shown features against another engine's; None until `compare` has made it.
    job
        The extraction under way, of the open patient, of another or of all; None without.
    cohort
        Features of the cohort with these parameters; None until they are asked for.
    cohort_note
        What became of the last extraction of all patients.
    maps
        Feature maps of the open patient.
    """

    parameters_changed = Signal()
    outlook_changed = Signal()
    extraction_changed = Signal()
    comparison_changed = Signal()
    job_changed = Signal()
    cohort_changed = Signal()
    failed = Signal(str)

    def __init__(
        self, host: Host, database: DicomDatabase, runner: Runner, start_job: StartJob
    ) -> None:
        self.shipped = shipped_parameters()
        self.name, self.text, self.problem = "", "", ""
        self.parameters: Parameters | None = None
        self.outlook: Outlook | None = None
        self.outlook_problem = ""
        self.extraction: CaseExtraction | None = None
        self.table: pd.DataFrame | None = None
        self.is_reused = False
        self.comparison: SideBySide | None = None
        self.job: Job | None = None
        self.cohort: CohortFeatures | None = None
        self.cohort_note = ""
        self.maps = FeatureMaps(host, start_job)
        self._database = database
        self._runner = runner
        self._start_job = start_job
        self._case: Case | None = None
        self._is_watched = False
        # Of no use once another patient is open.
        self._job_of_case: Job | None = None
        # One at a time, whatever the reader types meanwhile: a region may take a second to make.
        self._lookup: Job[Outlook] | None = None
        self._is_lookup_stale = False
        self._reading: Job[CohortFeatures] | None = None
        self._node = FeatureTableNode(host.scene)
        if self.shipped:
            self.choose(_DEFAULT if _DEFAULT in self.shipped else next(iter(self.shipped)))

    # Parameters

    def choose(self, name: str) -> None:
        """Take one of the parameter files that come along."""
        self._set_text(name, self.shipped[name].read_text(encoding="utf-8"))

    def load(self, name: str, text: str) -> None:
        """Take a parameter file of the reader's; what is wrong with it is its `problem`."""
        self._set_text(name, text)

    def load_file(self, path: Path) -> None:
        """Take a parameter file of the reader's from the disk; see `load`."""
        try:
            self._set_text(path.stem, parameter_text(path))
        except RadiomicsError as error:
            self._set_text(path.stem, "", str(error))

    def edit(self, text: str) -> None:
        """Take the parameter file as the reader has changed it."""
        if text != self.text:
            self._set_text(self.name, text)

    # The open patient

    def take_case(self, case: Case | None) -> None:
        """Turn to another patient; an extraction under way goes on if it is to be kept."""
        self.maps.take_case(case)
        if self._job_of_case:
            self._job_of_case.cancel()
        self._case = case
        self._look_up()

    def watch(self, is_watched: bool) -> None:
        """Whether anybody looks: regions are made for those who do."""
        if is_watched != self._is_watched:
            self._is_watched = is_watched
            if is_watched and self.outlook is None:
                self._look_up()

    def extract(self, again: bool = False, only: Collection[str] | None = None) -> None:
        """Extract the open patient's features as a job, or show those that were kept.

        Parameters
        ----------
        again
            Extract even if the same was done before.
        only
            Names of the regions that are wanted; all by default. Only all are kept.
        """
        case, parameters = self._case, self.parameters
        if case is None or parameters is None or self.job:
            return

        asked = now()

        def done(result: CaseExtraction) -> None:
            if self._is_current(parameters) and self.cohort:
                self._take_in(case.patient_id)
            self._show_of(case, parameters, result, result.run.started < asked)

        work = partial(self._kept_or_made, case, parameters, again, only)
        self._start(Job(f"Radiomics of {case.patient_id}", work), done, lambda: None)

    def extract_by(self, engine: NamedEngine, only: Collection[str] | None = None) -> None:
        """Extract the open patient's features by another engine, as a job; they are not kept.

        Parameters
        ----------
        engine
            Called on the job's thread.
        only
            Names of the regions that are wanted; all by default.
        """
        case, parameters = self._case, self.parameters
        if case is None or parameters is None or self.job:
            return
        self._start_of_case(
            Job(
                f"Radiomics of {case.patient_id} by {engine.name}",
                lambda progress: extract_case(case, parameters, progress, engine=engine, only=only),
            ),
            lambda result: self._show_of(case, parameters, result),
        )

    def compare(self, engine: NamedEngine) -> None:
        """Hold the shown features against another engine's, of the same regions, as a job.

        If it is the other engine's that are shown, they are held against this library's.

        Parameters
        ----------
        engine
            Called on the job's thread.
        """
        case, parameters, shown = self._case, self.parameters, self.extraction
        if case is None or parameters is None or shown is None or self.job:
            return
        others = [one.region for one in shown.extraction.omissions if one.code == "left-out"]
        outlook = self.outlook
        only = [name for name in outlook.masks if name not in others] if outlook else None

        def work(progress: Progress) -> SideBySide:
            if shown.run.engine == engine.name:
                ours = self._kept_or_made(case, parameters, False, only, progress)
                return SideBySide.of(ours, shown, parameters)
            theirs = extract_case(case, parameters, progress, engine=engine, only=only)
            return SideBySide.of(shown, theirs, parameters)

        def done(result: SideBySide) -> None:
            if self.extraction is shown:
                self.comparison = result
                self.comparison_changed.emit()

        title = f"Comparing features of {case.patient_id} with {engine.name}"
        self._start_of_case(Job(title, work), done)

    def extract_all(self) -> None:
        """Extract the features of all patients as a job; what was kept is not done again."""
        parameters = self.parameters
        if parameters is None or self.job:
            return

        def work(progress: Progress) -> list[CaseExtraction]:
            folder = self._database.directory
            tasks = [
                Task(folder, patient.patient_id, parameters)
                for patient in self._database.patients()
            ]
            # One core stays for the reader.
            workers = LocalWorkers(max(1, (os.cpu_count() or 2) - 1))
            return [case for case in extract_patients(tasks, workers, progress) if case.failure]

        def done(failures: list[CaseExtraction]) -> None:
            self.cohort_note = _note_on(failures)
            if self._case and self.extraction is None:
                self._look_up()

        self.cohort_note = ""
        self._start(Job("Radiomics of all patients", work), done, self.read_cohort)

    def cancel(self) -> None:
        """Stop the extraction under way; what was finished before is kept."""
        if self.job:
            self.job.cancel()

    def map(self, region: str, feature: FeatureKey, kernel_radius: int, masked: bool) -> None:
        """Map a feature of a region, as a job.

        Parameters
        ----------
        kernel_radius
            Voxels that the neighbourhood reaches to each side.
        masked
            Whether only voxels of the region count.
        """
        mask = self.outlook.masks.get(region) if self.outlook else None
        if mask is None or self.parameters is None:
            self.failed.emit(f"{region} is no region of the open patient.")
            return
        request = MapRequest(*feature, kernel_radius=kernel_radius, masked_kernel=masked)
        self.maps.make(region, mask, self.parameters, request)

    # The cohort

    def read_cohort(self) -> None:
        """Read what was extracted of all patients with these parameters."""
        parameters = self.parameters
        if parameters is None:
            return
        job = Job(
            "Reading features of all patients",
            lambda progress: kept_features(self._database, parameters, progress),
        )

        def finished() -> None:
            if self._reading is job:
                self._reading = None
                self.cohort = job.result
                self.cohort_changed.emit()

        self._reading = job
        job.start(self._runner, finished)

    def distribution(self, region: str, feature: FeatureKey) -> tuple[CohortValue, ...]:
        """A feature in the cohort, the open patient's as they are shown."""
        if self.cohort is None:
            return ()
        return self.cohort.values_of(region, feature, self.extraction)

    @property
    def patient_count(self) -> int:
        """How many patients the database has."""
        return len(self._database.patients())

    # How it is done

    def _set_text(self, name: str, text: str, problem: str = "") -> None:
        self.name, self.text, self.problem = name, text, problem
        before = self.parameters.sha256 if self.parameters else None
        try:
            self.parameters = None if problem else parameters_from_text(text, name)
        except RadiomicsError as error:
            self.parameters, self.problem = None, str(error)
        if before is None or not self.parameters or before != self.parameters.sha256:
            had_cohort = self.cohort is not None
            self.cohort, self._reading, self.cohort_note = None, None, ""
            if had_cohort:
                self.cohort_changed.emit()
            self._look_up()
        self.parameters_changed.emit()

    def _look_up(self) -> None:
        """Find out what the open patient has of these parameters' regions and features."""
        case, parameters = self._case, self.parameters
        self.outlook, self.outlook_problem = None, ""
        self._show(None)
        self._is_lookup_stale = True
        self.outlook_changed.emit()
        if case is None or parameters is None or not self._is_watched or self._lookup:
            return
        self._is_lookup_stale = False

        def finished() -> None:
            self._lookup = None
            if self._is_lookup_stale:
                self._look_up()
                return
            self.outlook, self.outlook_problem = job.result, job.error
            self.outlook_changed.emit()
            if job.result and job.result.kept:
                self._show(job.result.kept, is_reused=True)

        job = self._lookup = Job("Regions", lambda _: self._outlook(case, parameters))
        job.start(self._runner, finished)

    @property
    def is_looking(self) -> bool:
        """Whether regions and kept features are being looked up."""
        return self._lookup is not None

    def _outlook(self, case: Case, parameters: Parameters) -> Outlook:
        require_images(case)
        assert case.ct is not None
        masks, omissions = regions_of(parameters.regions, case.segments, case.ct.grid)
        try:
            kept = RunStore(self._database.directory).find(origin_of(case.choice), parameters)
        except RunDamaged:
            kept = None
        return Outlook(masks, omissions, kept)

    def _kept_or_made(
        self,
        case: Case,
        parameters: Parameters,
        again: bool,
        only: Collection[str] | None,
        progress: Progress,
    ) -> CaseExtraction:
        require_images(case)
        found = kept_or_made(
            RunStore(self._database.directory),
            origin_of(case.choice),
            parameters,
            lambda: extract_case(case, parameters, progress, only=only),
            again,
        )
        if only is None:
            return found
        return replace(found, extraction=narrowed(found.extraction, only))

    def _start_of_case(self, job: Job[Result], use: Callable[[Result], None]) -> None:
        def ended() -> None:
            self._job_of_case = None

        self._job_of_case = job
        self._start(job, use, ended)

    def _start(
        self, job: Job[Result], use: Callable[[Result], None], then: Callable[[], None]
    ) -> None:
        def ended() -> None:
            self.job = None
            self.job_changed.emit()
            then()

        self.job = job
        self._start_job(job, use, ended)
        self.job_changed.emit()

    def _show_of(
        self,
        case: Case,
        parameters: Parameters,
        result: CaseExtraction,
        is_reused: bool = False,
    ) -> None:
        """Show what was extracted, unless the reader has turned to something else meanwhile."""
        if self._case is case and self._is_current(parameters):
            self._show(result, is_reused)

    def _show(self, extraction: CaseExtraction | None, is_reused: bool = False) -> None:
        self.extraction, self.is_reused, self.comparison = extraction, is_reused, None
        if extraction and self.parameters:
            self.table = tidy(extraction, self.parameters.settings)
            self._node.show(self.table, f"Radiomics of {extraction.origin.patient_id}")
        else:
            self.table = None
            self._node.remove()
        self.extraction_changed.emit()

    def _take_in(self, patient_id: str) -> None:
        kept = kept_of(self._database, patient_id, self.parameters) if self.parameters else None
        if self.cohort and kept:
            self.cohort.add(kept)
            self.cohort_changed.emit()

    def _is_current(self, parameters: Parameters) -> bool:
        return self.parameters is not None and self.parameters.sha256 == parameters.sha256


def _note_on(failures: Sequence[CaseExtraction]) -> str:
    if not failures:
        return ""
    first = failures[0]
    count = "One patient" if len(failures) == 1 else f"{len(failures)} patients"
    return f"{count} gave nothing, e.g. {first.origin.patient_id}: {first.failure}"
