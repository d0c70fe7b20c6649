"""The browser face: a page bound to a review session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from trame_server import Server
from trame_server.utils.typed_state import TypedState

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.review import ReviewSession, ReviewState, wording
from CRLMExplorerLib.review.display import Window
from CRLMExplorerLib.review.worklist import WorklistView
from CRLMExplorerWeb import flr_presenter, presenter
from CRLMExplorerWeb.association_actions import AssociationActions
from CRLMExplorerWeb.association_state import AssociationState
from CRLMExplorerWeb.figures import survival_figure
from CRLMExplorerWeb.flr_actions import FlrActions
from CRLMExplorerWeb.flr_state import FlrState
from CRLMExplorerWeb.hand import ReaderHand
from CRLMExplorerWeb.host import ServedHost
from CRLMExplorerWeb.page import Page
from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.radiomics_actions import RadiomicsActions
from CRLMExplorerWeb.radiomics_state import RadiomicsState
from CRLMExplorerWeb.runner import LoopRunner
from CRLMExplorerWeb.views import Views

_NEXT, _PREVIOUS = ">", "<"


class ReviewApp:
    """A reader's page: shows a `ReviewSession` and calls its operations.

    Parameters
    ----------
    server
        The trame server.
    database
        The patients.
    table
        The cohort's clinical table, if there is one.
    """

    def __init__(
        self, server: Server, database: DicomDatabase, table: ClinicalTable | None
    ) -> None:
        self.server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        host = ServedHost(server)
        self.session = ReviewSession(host, database, table, LoopRunner(self._on_loop))
        self._typed = TypedState(server.state, PageState)
        self.page = self._typed.data
        flr_state = TypedState(server.state, FlrState, namespace="flr")
        self.flr = FlrActions(self.session, flr_state, self._show_error)
        self._flr_page = flr_state.data
        hand = ReaderHand(self.session, self.flr)
        self.views = Views(server, host, hand, self.session.point_at)
        self.radiomics = RadiomicsActions(
            self.session,
            TypedState(server.state, RadiomicsState, namespace="radiomics"),
            self._show_error,
            self.views.redraw_slices,
        )
        association_state = TypedState(server.state, AssociationState, namespace="associations")
        self.associations = AssociationActions(self.session, association_state, self.group_by)
        self._connect()
        self._ui = Page(self, self._typed.name)
        self._show_worklist()
        self._show_case()
        server.controller.on_server_ready.add(self._ready)
        server.controller.on_client_connected.add(self.views.reset)

    # What a reader does

    def open(self, patient_id: str) -> None:
        """Open a patient of the worklist; ask first if an edit was not saved."""
        self._leave_for(patient_id, lambda: self.session.open(patient_id))

    def open_next(self) -> None:
        """Open the patient after the open one."""
        self._leave_for(_NEXT, self.session.open_next)

    def open_previous(self) -> None:
        """Open the patient before the open one."""
        self._leave_for(_PREVIOUS, self.session.open_previous)

    def leave(self, keep: bool) -> None:
        """Leave the edit as the reader answered, and open what was asked for."""
        wanted = self._flr_page.leaving_for
        self.flr.finish(keep)
        {_NEXT: self.session.open_next, _PREVIOUS: self.session.open_previous}.get(
            wanted, lambda: self.session.open(wanted)
        )()

    def jump_to_finding(self, index: int) -> None:
        """Centre the views on a finding's place."""
        assert self.session.case is not None
        position = self.session.case.findings[index].position_ras_mm
        if position:
            self.session.jump_to(position)

    def group_by(self, variable: str) -> None:
        """Show the survival curves by a clinical variable or a feature."""
        self.page.groupings = presenter.groupings(self.session, variable)
        self.page.group_by = variable

    def press(self, key: str) -> None:
        """Do what a key stands for; see the help sheet."""
        actions: dict[str, Callable[[], None]] = {
            "n": self.open_next,
            "p": self.open_previous,
            "v": self.session.toggle_all,
            "t": self.session.jump_to_next_tumor,
            "r": self.views.reset,
            "?": lambda: setattr(self.page, "is_help_open", not self.page.is_help_open),
            "z": self.flr.undo,
            "y": self.flr.redo,
            "b": lambda: self.flr.choose_tool("paint"),
            "e": lambda: self.flr.choose_tool("erase"),
            "x": lambda: self.flr.choose_tool("scissors"),
            "c": lambda: self.flr.choose_tool("curve"),
            "Escape": lambda: self.flr.choose_tool("look"),
            "[": lambda: self.flr.resize_brush(-1),
            "]": lambda: self.flr.resize_brush(1),
            **{
                str(number): lambda window=window: self.session.set_window(window)
                for number, window in enumerate(Window, 1)
            },
        }
        if key in actions:
            actions[key]()

    # Session to page

    def _connect(self) -> None:
        session, name = self.session, self._typed.name
        session.worklist_changed.connect(self._show_worklist)
        session.case_changed.connect(self._show_case)
        session.surfaces_built.connect(self.views.reset_3d)
        session.surfaces_built.connect(self._show_jobs)
        session.measures_changed.connect(self._show_measures)
        session.segments_changed.connect(self._show_segments)
        session.window_changed.connect(self._show_window)
        session.jobs_changed.connect(self._jobs_changed)
        session.failed.connect(self._show_error)
        session.editing.begun_or_ended.connect(self._show_measures)
        session.editing.changed.connect(self._show_measures)
        self._typed.bind_changes(
            {
                (
                    name.worklist_text,
                    name.worklist_state,
                    name.worklist_sort,
                    name.worklist_descending,
                ): self._look_at,
                name.dso: self._switch_dso,
                (name.review_state, name.review_note): self._set_review,
                name.minimum_percent: self._set_minimum,
                (name.height_cm, name.weight_kg): self._set_body,
                (name.endpoint, name.group_by, name.dark): self._show_survival,
                name.endpoint: self.associations.show_endpoint,
                name.window: lambda window: self.session.set_window(Window[window]),
                name.layout: self.views.layouts.set_layout,
                name.tab: lambda tab: self.radiomics.watch(tab == "radiomics"),
                name.dark: self.radiomics.be_dark,
            }
        )

    def _ready(self, **_: object) -> None:
        self._loop = asyncio.get_running_loop()
        if self.session.review_problem:
            self._show_error(self.session.review_problem)
        self.session.open_next()
        self.session.measure_all()

    def _leave_for(self, wanted: str, go: Callable[[], None]) -> None:
        edit = self.session.editing.edit
        if edit and edit.is_dirty:
            self._flr_page.leaving_for = wanted
        else:
            go()

    def _on_loop(self, action: Callable[[], None]) -> None:
        with self.server.state:
            action()

    def _show_worklist(self) -> None:
        self.page.patients = presenter.patient_rows(self.session)
        self.page.sort_keys = presenter.sort_keys(self.session)

    def _show_case(self) -> None:
        case = self.session.case
        page = self.page
        page.patient = presenter.patient_header(case)
        page.dsos = presenter.dso_choices(case)
        page.dso = case.dso.series_uid if case and case.dso else ""
        page.findings = presenter.finding_rows(case)
        page.clinical = presenter.clinical_sections(case)
        page.groupings = presenter.groupings(self.session, page.group_by)
        page.review_state = self.session.review.state.value
        page.review_note = self.session.review.note
        page.minimum_percent = page.height_cm = page.weight_kg = ""
        self._show_segments()
        self._show_measures()
        self._show_survival()
        self.flr.show()
        display = self.session.display
        self.views.show_volume(display.ct_node if display else None)
        self._show_jobs()
        self.session.point_at_start()

    def _show_segments(self) -> None:
        self.page.segments = presenter.segment_rows(self.session)

    def _show_measures(self) -> None:
        measured = self.session.case.volumetry if self.session.case else None
        self.page.sizes = presenter.size_rows(measured)
        edit = self.session.editing.edit
        self.page.verdict = (
            flr_presenter.verdict(edit.figures) if edit else presenter.verdict(measured)
        )

    def _show_window(self) -> None:
        self.page.window = self.session.window.name
        self.views.redraw_slices()

    def _show_survival(self, *_: object) -> None:
        page = self.page
        try:
            analysis = self.session.survival(Endpoint(page.endpoint), page.group_by or None)
        except SurvivalError as error:
            self._show_error(str(error))
            return
        if analysis is None:
            page.survival_figure, page.survival_rows, page.survival_note = {}, [], ""
            return
        position = self.session.position_on(analysis)
        page.survival_figure = survival_figure(analysis, position, page.dark)
        page.survival_rows = presenter.survival_rows(analysis)
        page.survival_note = wording.survival_note(analysis)

    def _jobs_changed(self) -> None:
        # Jobs report from their own threads; the page is changed on the loop only.
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._on_loop, self._show_jobs)

    def _show_jobs(self) -> None:
        extraction = self.session.radiomics.job
        jobs = [
            {
                "title": job.title,
                "message": job.message,
                "percent": round(100 * job.fraction),
                "tab": "radiomics" if job is extraction else "",
            }
            for job in self.session.jobs
        ]
        if self.session.is_drawing:
            jobs.append({"title": "Drawing in 3D", "message": "", "percent": None, "tab": ""})
        self.page.jobs = jobs
        self.radiomics.show_run()

    def _show_error(self, sentence: str) -> None:
        self.page.error = sentence

    # Page to session

    def _look_at(self, text: str, state: str, sort_key: str, descending: bool) -> None:
        self.session.look_at(
            WorklistView(
                text or "", ReviewState(state) if state else None, sort_key, bool(descending)
            )
        )

    def _switch_dso(self, series_uid: str) -> None:
        case = self.session.case
        if case and series_uid and case.dso and series_uid != case.dso.series_uid:
            self.session.open(case.patient_id, series_uid)

    def _set_review(self, state: str, note: str) -> None:
        self.session.set_review(ReviewState(state), note or "")

    def _set_minimum(self, percent: str) -> None:
        if self._is_number_or_empty(percent):
            self.session.set_minimum(float(percent) if percent else None)

    def _set_body(self, height_cm: str, weight_kg: str) -> None:
        if self._is_number_or_empty(height_cm) and self._is_number_or_empty(weight_kg):
            self.session.set_body(
                float(height_cm) if height_cm else None, float(weight_kg) if weight_kg else None
            )

    def _is_number_or_empty(self, text: str) -> bool:
        try:
            float(text or 0)
        except ValueError:
            self._show_error(f"“{text}” is not a number.")
            return False
        return True
