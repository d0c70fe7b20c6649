"""The session a reader works in: the only state that a face shows, and all a reader can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from undo_stack import Signal

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.survival import PatientPosition, SurvivalAnalysis
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.host import Host
from CRLMExplorerLib.measure import BodySize, MinimumRule
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.review.associations import Associations
from CRLMExplorerLib.review.case import Case, open_case, rule_of
from CRLMExplorerLib.review.display import CaseDisplay, SegmentLook, Window
from CRLMExplorerLib.review.editing import Editing
from CRLMExplorerLib.review.figures import figures_of, still_hold
from CRLMExplorerLib.review.job import Job, JobState, Runner, run_inline
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from CRLMExplorerLib.review.store import Figures, Review, ReviewState, ReviewStoreError
from CRLMExplorerLib.review.worklist import Worklist, WorklistRow, WorklistView

Result = TypeVar("Result")


class ReviewSession:
    """A reader at work on the patients of a database.

    Signals tell what changed; faces read the attributes and call the operations. What takes long
    runs as a job, by the runner that the face gives.

    Parameters
    ----------
    host
        The running Slicer core.
    database
        The patients.
    table
        The cohort's clinical table, if there is one.
    runner
        How jobs are run; by default at once, on the caller's thread.

    Attributes
    ----------
    table
        The cohort's clinical table, or None.
    case, display
        The open patient and its nodes in the scene; None before one is open.
    is_drawing
        Whether the open patient's surfaces are still to be made.
    window
        The CT window.
    jobs
        What is running, oldest first.
    editing
        The FLR under the reader's hands.
    associations
        The cohort's survival against its variables and features.
    radiomics
        The open patient's and the cohort's features.
    jobs_changed
        Comes from whatever thread a job runs on; all other signals from the scene's.
    failed
        Comes with a sentence on what could not be done.
    """

    worklist_changed = Signal()
    case_changed = Signal()
    surfaces_built = Signal()
    measures_changed = Signal()
    segments_changed = Signal()
    window_changed = Signal()
    jobs_changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        host: Host,
        database: DicomDatabase,
        table: ClinicalTable | None = None,
        runner: Runner = run_inline,
    ) -> None:
        self.table = table
        self.case: Case | None = None
        self.display: CaseDisplay | None = None
        self.is_drawing = False
        self.window = Window.PORTAL_VENOUS
        self.jobs: list[Job] = []
        self._host = host
        self._database = database
        self._runner = runner
        self._worklist = Worklist(database, table)
        self._opening: tuple[str, Job[Case]] | None = None
        self._measuring: Job[Figures | None] | None = None
        self._next_tumor = 0
        self.editing = Editing(
            host, database, runner, lambda job, use: self._start(job, use, lambda: None)
        )
        self.editing.failed.connect(self.failed.emit)
        self.associations = Associations(table, self._start)
        self.radiomics = RadiomicsSession(host, database, runner, self._start)
        self.radiomics.failed.connect(self.failed.emit)
        self.radiomics.cohort_changed.connect(self._use_features)

    # The worklist

    @property
    def worklist(self) -> list[WorklistRow]:
        """The patients the reader wants to see, in the order wanted."""
        return self._worklist.rows

    @property
    def view(self) -> WorklistView:
        """Filter and order of the worklist."""
        return self._worklist.view

    @property
    def review_problem(self) -> str:
        """Why reviews are neither shown nor kept, in a sentence; empty if they are."""
        return self._worklist.problem

    @property
    def review(self) -> Review:
        """What was said of the open patient."""
        return self._worklist.review_of(self.case.patient_id) if self.case else Review()

    def reload_worklist(self) -> None:
        """Read patients, reviews and figures again."""
        self._worklist.reload()
        self.worklist_changed.emit()

    def look_at(self, view: WorklistView) -> None:
        """Filter and order the worklist."""
        self._worklist.view = view
        self.worklist_changed.emit()

    def set_review(self, state: ReviewState, note: str) -> None:
        """Say something of the open patient; it is on disk when this returns."""
        review = Review(state, note)
        if self.case is None or review == self.review:
            return
        try:
            self._worklist.say(self.case.patient_id, review)
        except ReviewStoreError as error:
            self.failed.emit(str(error))
            return
        self.worklist_changed.emit()

    def measure_all(self) -> None:
        """Measure every patient whose figures are missing or stale, one job after the other."""
        if self._measuring is None:
            self._measure(self._worklist.patient_ids, 0)

    # Opening

    def open(self, patient_id: str, dso_series_uid: str | None = None) -> None:
        """Open a patient, with the DSO that fits best or the one named."""
        self._stop_opening()

        def work(progress: Progress) -> Case:
            return open_case(self._database, patient_id, self.table, dso_series_uid, progress)

        def opened(case: Case) -> None:
            # Asked to stop when the work was done, but before the scene's thread came to it.
            if job.is_cancelled:
                return
            self._show(case)
            if dso_series_uid is None:
                self._remember_figures(patient_id, figures_of(case))

        def ended() -> None:
            if self._opening == (patient_id, job):
                self._opening = None

        job = Job(f"Opening {patient_id}", work)
        self._opening = (patient_id, job)
        self._start(job, opened, ended)

    def open_next(self) -> None:
        """Open the patient after the open one in the worklist, or the first."""
        self._open_beside(1)

    def open_previous(self) -> None:
        """Open the patient before the open one in the worklist, or the last."""
        self._open_beside(-1)

    def cancel_jobs(self) -> None:
        """Stop what is running."""
        for job in self.jobs:
            job.cancel()

    def close(self) -> None:
        """Take the open patient out of the scene."""
        self._stop_opening()
        self._clear()
        self.case_changed.emit()

    # The open patient

    def look_of(self, segment: Segment) -> SegmentLook:
        """How a segment is shown."""
        assert self.display is not None
        return self.display.look_of(segment)

    def change_look(
        self,
        number: int,
        *,
        visible: bool | None = None,
        filled: bool | None = None,
        opacity: float | None = None,
        in_3d: bool | None = None,
    ) -> None:
        """Show a segment in another way; what is None stays as it is.

        Raises
        ------
        KeyError
            If the open patient has no segment of this number.
        """
        segment = self._segment(number)
        assert self.display is not None
        look = self.display.look_of(segment)
        wanted = {"visible": visible, "filled": filled, "opacity": opacity, "in_3d": in_3d}
        changed = {name: value for name, value in wanted.items() if value is not None}
        self.display.set_look(segment, replace(look, **changed))  # type: ignore[arg-type]
        self.segments_changed.emit()

    def show_all(self, visible: bool) -> None:
        """Show or hide all segments."""
        if self.case and self.display:
            for segment in self.case.segments:
                look = replace(self.display.look_of(segment), visible=visible)
                self.display.set_look(segment, look)
            self.segments_changed.emit()

    def toggle_all(self) -> None:
        """Hide all segments if any is visible, else show all."""
        if self.case and self.display:
            looks = [self.display.look_of(segment) for segment in self.case.segments]
            self.show_all(not any(look.visible for look in looks))

    def set_window(self, window: Window) -> None:
        """Show the CT in another window; the next patients too."""
        self.window = window
        if self.display:
            self.display.set_window(window)
        self.window_changed.emit()

    def jump_to_segment(self, number: int) -> None:
        """Centre the views on a segment that has voxels.

        Raises
        ------
        KeyError
            If the open patient has no segment of this number.
        """
        segment = self._segment(number)
        if not segment.mask.is_empty:
            self.jump_to(Runs.of(segment.mask).central_voxel_ras_mm())

    def jump_to_next_tumor(self) -> None:
        """Centre the views on each tumour in turn."""
        tumors = self.case.volumetry.tumors if self.case and self.case.volumetry else ()
        if tumors:
            self.jump_to(tumors[self._next_tumor % len(tumors)].center_ras_mm)
            self._next_tumor += 1

    def jump_to(self, position_ras_mm: PointRAS) -> None:
        """Centre the views on a position, RAS in mm."""
        if self.display:
            self.display.jump_to(position_ras_mm)

    def point_at(self, position_ras_mm: PointRAS) -> None:
        """Show the slices through a position, RAS in mm."""
        if self.display:
            self.display.point_at(position_ras_mm)

    @property
    def crosshair_ras_mm(self) -> PointRAS:
        """Where the crosshair is, RAS in mm."""
        assert self.display is not None
        return self.display.crosshair_ras_mm

    def point_at_start(self) -> None:
        """Show what a reader wants to see first: the largest tumour, else the liver."""
        tumors = self.case.volumetry.tumors if self.case and self.case.volumetry else ()
        livers = [s for s in self.case.segments if s.role is Role.LIVER] if self.case else []
        if tumors:
            self.point_at(max(tumors, key=lambda tumor: tumor.volume_ml).center_ras_mm)
        elif livers and not livers[0].mask.is_empty:
            self.point_at(Runs.of(livers[0].mask).central_voxel_ras_mm())

    def set_minimum(self, percent: float | None) -> None:
        """Hold the FLR against the reader's own minimum; None for the one the record calls for."""
        if self.case is None:
            return
        try:
            rule = rule_of(self.case.record) if percent is None else MinimumRule.chosen(percent)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self.case = self.case.measured_with(rule, self.case.body)
        self.editing.hold_against(rule)
        self.measures_changed.emit()

    def set_body(self, height_cm: float | None, weight_kg: float | None) -> None:
        """Standardise the FLR by the patient's size, once both are known; None takes it back."""
        if self.case is None:
            return
        known = height_cm is not None and weight_kg is not None
        try:
            body = BodySize(height_cm, weight_kg) if known else None  # type: ignore[arg-type]
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self.case = self.case.measured_with(self.case.rule, body)
        self.measures_changed.emit()

    def survival(self, endpoint: Endpoint, by: str | None = None) -> SurvivalAnalysis | None:
        """The cohort's survival, whole or by a column or feature; None without a clinical table.

        Raises
        ------
        SurvivalError
            If the cohort cannot be grouped by the column.
        """
        return self.associations.survival(endpoint, by)

    def position_on(self, analysis: SurvivalAnalysis) -> PatientPosition | None:
        """Where the open patient stands; None without a record."""
        return self.associations.position_on(analysis, self.case.record if self.case else None)

    # How it is done

    def _use_features(self) -> None:
        cohort = self.radiomics.cohort
        self.associations.use_features(cohort.table() if cohort else None)

    def _show(self, case: Case) -> None:
        self._clear()
        self.display = CaseDisplay(self._host.scene, case)
        self.is_drawing = True
        self.display.set_window(self.window)
        self.case = case
        self.editing.take_case(case, self.display)
        self.radiomics.take_case(case)
        self._worklist.refresh()
        if self.review_problem:
            self.failed.emit(self.review_problem)
        elif self.review.state is ReviewState.NOT_SEEN:
            self.set_review(ReviewState.SEEN, self.review.note)
        self.case_changed.emit()
        # A turn of the face's loop later, so that the slices are seen before the surfaces are made.
        display = self.display
        self._runner(lambda: None, lambda: self._build_surfaces(display))

    def _build_surfaces(self, display: CaseDisplay) -> None:
        if display is self.display:
            display.build_surfaces(coarse=self._host.draws_by_cpu)
            self.is_drawing = False
            self.surfaces_built.emit()

    def _clear(self) -> None:
        self.editing.take_case(None, None)
        self.radiomics.take_case(None)
        if self.display:
            self.display.remove()
        self.case = self.display = None
        self.is_drawing = False
        self._next_tumor = 0

    def _stop_opening(self) -> None:
        if self._opening:
            self._opening[1].cancel()
        self._opening = None

    def _open_beside(self, step: int) -> None:
        ids = [row.patient_id for row in self.worklist]
        if not ids:
            return
        current = self._opening[0] if self._opening else self.case and self.case.patient_id
        if current in ids:
            self.open(ids[(ids.index(current) + step) % len(ids)])
        else:
            self.open(ids[0 if step > 0 else -1])

    def _measure(self, patient_ids: list[str], done: int) -> None:
        """Measure the patients from number ``done`` on.

        A runner may end a job before it returns: those are gone through in a loop, because as many
        patients as a cohort has are too many calls within one another.
        """
        looping = True

        def ended() -> None:
            job, self._measuring = self._measuring, None
            if not looping and job and job.state is not JobState.CANCELLED:
                self._measure(patient_ids, done)

        while done < len(patient_ids):
            job = self._measuring = self._measuring_job(patient_ids, done)
            remember = partial(self._remember_figures, patient_ids[done])
            done += 1
            self._start(job, remember, ended)
            if self._measuring or job.state is JobState.CANCELLED:
                break
        looping = False

    def _measuring_job(self, patient_ids: list[str], index: int) -> Job[Figures | None]:
        patient_id = patient_ids[index]
        known = self._worklist.figures_of(patient_id)

        def work(progress: Progress) -> Figures | None:
            choice = choose_series(self._database, patient_id)
            rule = rule_of(self.table.record(patient_id) if self.table else None)
            if still_hold(known, choice, rule):
                return None
            return figures_of(open_case(self._database, patient_id, self.table, progress=progress))

        return Job(f"Measuring {patient_id}, {index + 1} of {len(patient_ids)}", work)

    def _remember_figures(self, patient_id: str, figures: Figures | None) -> None:
        if figures is not None:
            self._worklist.remember(patient_id, figures)
            self.worklist_changed.emit()

    def _start(
        self, job: Job[Result], use: Callable[[Result], None], ended: Callable[[], None]
    ) -> None:
        """Run a job; use its result or say its error, and then that it has ended."""

        def finished() -> None:
            self.jobs.remove(job)
            if job.state is JobState.FAILED:
                self.failed.emit(job.error)
            elif job.state is JobState.DONE:
                use(job.result)  # type: ignore[arg-type]
            self.jobs_changed.emit()
            ended()

        self.jobs.append(job)
        job.changed.connect(self.jobs_changed.emit)
        self.jobs_changed.emit()
        job.start(self._runner, finished)

    def _segment(self, number: int) -> Segment:
        for segment in self.case.segments if self.case else ():
            if segment.number == number:
                return segment
        raise KeyError(f"the open patient has no segment {number}")
