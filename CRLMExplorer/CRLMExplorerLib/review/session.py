"""The session a reader works in: the only state that a face shows, and all a reader can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from undo_stack import Signal

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.survival import (
    Endpoint,
    PatientPosition,
    SurvivalAnalysis,
    patient_position,
    survival,
)
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.host import Host
from CRLMExplorerLib.measure import BodySize, MinimumRule, minimum_flr
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.review.case import Case, open_case
from CRLMExplorerLib.review.display import CaseDisplay, SegmentLook, Window
from CRLMExplorerLib.review.job import Job, JobState, Runner, run_inline
from CRLMExplorerLib.review.report import figures_of
from CRLMExplorerLib.review.store import Review, ReviewState, ReviewStore
from CRLMExplorerLib.review.worklist import WorklistRow, WorklistView

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
    case, display
        The open patient and its nodes in the scene; None before one is open.
    window
        The CT window.
    view
        Filter and order of the worklist.
    jobs
        What is running, oldest first.
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
        self.window = Window.PORTAL_VENOUS
        self.view = WorklistView()
        self.jobs: list[Job] = []
        self._host = host
        self._database = database
        self._runner = runner
        self._store = ReviewStore(database.directory)
        self._rows: list[WorklistRow] = []
        self._analyses: dict[tuple[Endpoint, str | None], SurvivalAnalysis] = {}
        self._opening: Job[Case] | None = None
        self._next_tumor = 0
        self.reload_worklist()

    # The worklist

    @property
    def worklist(self) -> list[WorklistRow]:
        """The patients the reader wants to see, in the order wanted."""
        return self.view.of(self._rows)

    @property
    def review(self) -> Review:
        """What was said of the open patient."""
        mine = [r.review for r in self._rows if self.case and r.patient_id == self.case.patient_id]
        return mine[0] if mine else Review()

    def reload_worklist(self) -> None:
        """Read patients, reviews and figures again."""
        reviews, figures = self._store.reviews(), self._store.figures()
        self._rows = []
        for entry in self._database.patients():
            record = self.table.record(entry.patient_id) if self.table else None
            self._rows.append(
                WorklistRow(
                    entry.patient_id,
                    entry.name,
                    reviews.get(entry.patient_id, Review()),
                    figures.get(entry.patient_id, {}),
                    dict(record.values) if record else {},
                )
            )
        self.worklist_changed.emit()

    def look_at(self, view: WorklistView) -> None:
        """Filter and order the worklist."""
        self.view = view
        self.worklist_changed.emit()

    def set_review(self, state: ReviewState, note: str) -> None:
        """Say something of the open patient; it is on disk when this returns."""
        review = Review(state, note)
        if self.case is None or review == self.review:
            return
        try:
            self._store.save_review(self.case.patient_id, review)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self._change_row(self.case.patient_id, review=review)

    def measure_all(self) -> None:
        """Measure every patient that has no figures yet, one job after the other."""
        self._measure([row.patient_id for row in self._rows if not row.figures], 0)

    # Opening

    def open(self, patient_id: str, dso_series_uid: str | None = None) -> None:
        """Open a patient, with the DSO that fits best or the one named."""
        if self._opening:
            self._opening.cancel()

        def work(progress: Progress) -> Case:
            return open_case(self._database, patient_id, self.table, dso_series_uid, progress)

        def opened(case: Case) -> None:
            if job is self._opening:  # else another patient was asked for meanwhile
                self._show(case)
                if dso_series_uid is None:
                    self._remember_figures(case)

        job = self._opening = Job(f"Opening {patient_id}", work)
        self._start(job, opened)

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
        if self.display:
            self.display.remove()
        self.case = self.display = None
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
        record = self.case.record
        try:
            rule = (
                minimum_flr(record.values if record else None)
                if percent is None
                else MinimumRule.chosen(percent)
            )
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self.case = self.case.measured_with(rule, self.case.body)
        self.measures_changed.emit()

    def set_body(self, height_cm: float | None, weight_kg: float | None) -> None:
        """Standardise the FLR by the patient's size; None takes it back."""
        if self.case is None:
            return
        try:
            body = BodySize(height_cm, weight_kg) if height_cm and weight_kg else None
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self.case = self.case.measured_with(self.case.rule, body)
        self.measures_changed.emit()

    def survival(self, endpoint: Endpoint, by: str | None = None) -> SurvivalAnalysis | None:
        """The cohort's survival, whole or by a column; None without a clinical table.

        Raises
        ------
        SurvivalError
            If the cohort cannot be grouped by the column.
        """
        if self.table is None:
            return None
        key = (endpoint, by)
        if key not in self._analyses:
            self._analyses[key] = survival(self.table, endpoint, by)
        return self._analyses[key]

    def position_on(self, analysis: SurvivalAnalysis) -> PatientPosition | None:
        """Where the open patient stands; None without a record."""
        record = self.case.record if self.case else None
        return patient_position(analysis, record) if record else None

    # How it is done

    def _show(self, case: Case) -> None:
        if self.display:
            self.display.remove()
        self.case = case
        self._next_tumor = 0
        self.display = CaseDisplay(self._host.scene, case)
        self.display.set_window(self.window)
        if self.review.state is ReviewState.NOT_SEEN:
            self.set_review(ReviewState.SEEN, self.review.note)
        self.case_changed.emit()
        self.display.build_surfaces()
        self.surfaces_built.emit()

    def _open_beside(self, step: int) -> None:
        ids = [row.patient_id for row in self.worklist]
        if not ids:
            return
        current = self.case.patient_id if self.case else None
        if current in ids:
            self.open(ids[(ids.index(current) + step) % len(ids)])
        else:
            self.open(ids[0 if step > 0 else -1])

    def _measure(self, waiting: list[str], done: int) -> None:
        if not waiting:
            return
        patient_id, *others = waiting
        title = f"Measuring {patient_id}, {done + 1} of {done + len(waiting)}"

        def work(progress: Progress) -> Case:
            return open_case(self._database, patient_id, self.table, progress=progress)

        def measured(case: Case) -> None:
            self._remember_figures(case)

        self._start(Job(title, work), measured, lambda: self._measure(others, done + 1))

    def _remember_figures(self, case: Case) -> None:
        figures = figures_of(case)
        try:
            self._store.save_figures(case.patient_id, figures)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
        self._change_row(case.patient_id, figures=figures)

    def _start(
        self,
        job: Job[Result],
        use: Callable[[Result], None],
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Run a job, use its result, say its error, and go on unless it was cancelled."""

        def finished(_: Job[Result]) -> None:
            self.jobs.remove(job)
            if job.state is JobState.FAILED:
                self.failed.emit(job.error)
            elif job.state is JobState.DONE:
                use(job.result)  # type: ignore[arg-type]
            self.jobs_changed.emit()
            if job.state is not JobState.CANCELLED:
                then()

        self.jobs.append(job)
        job.changed.connect(self.jobs_changed.emit)
        self.jobs_changed.emit()
        job.start(self._runner, finished)

    def _change_row(self, patient_id: str, **changes: object) -> None:
        self._rows = [
            replace(row, **changes) if row.patient_id == patient_id else row  # type: ignore[arg-type]
            for row in self._rows
        ]
        self.worklist_changed.emit()

    def _segment(self, number: int) -> Segment:
        for segment in self.case.segments if self.case else ():
            if segment.number == number:
                return segment
        raise KeyError(f"the open patient has no segment {number}")
