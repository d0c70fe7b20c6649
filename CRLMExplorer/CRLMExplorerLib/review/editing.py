"""Editing the FLR of whoever is open: begin, take up again, save, and the revisions there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from undo_stack import Signal

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.host import Host
from CRLMExplorerLib.measure import MinimumRule
from CRLMExplorerLib.progress import Progress
from CRLMExplorerLib.resection.comparison import Comparison, compare
from CRLMExplorerLib.resection.history import revisions_of
from CRLMExplorerLib.resection.journal import Journal, JournalEntry, PendingEdit
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER, ResectionPlan
from CRLMExplorerLib.resection.plan_json import plan_from_json, plan_to_json
from CRLMExplorerLib.resection.revision import Revision
from CRLMExplorerLib.resection.saving import SavedRevision
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.edit_display import EditDisplay
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerLib.review.job import Job, Runner
from CRLMExplorerLib.review.outlines import Outlines
from CRLMExplorerLib.review.remnants import (
    RemnantNotFound,
    remnant_named,
    resection_of,
    revision_named,
    save_remnant,
    with_start_dso,
)

if TYPE_CHECKING:
    from CRLMExplorerLib.review.display import CaseDisplay

Start = Callable[[Job, Callable[[SavedRevision], None]], None]
"""Starts a job among the session's; the function is called with its result."""


class Editing:
    """The FLR of the open patient under the reader's hands, or nothing.

    Parameters
    ----------
    host, database, runner
        The session's.
    start_job
        Runs a job among the session's.

    Signals tell what changed; `leaving` comes while the edit is still there.

    Attributes
    ----------
    edit
        The edit under way; None while none is.
    pending
        The newest edit of the open patient that was not saved and nobody works on; None where
        there is none.
    is_edited_elsewhere
        Whether another program was editing the open patient when the journal was read last.
    revisions
        The open patient's revisions, oldest first.
    """

    begun_or_ended = Signal()
    leaving = Signal()
    changed = Signal()
    surfaces_built = Signal()
    saved = Signal(SavedRevision)
    failed = Signal(str)

    def __init__(
        self, host: Host, database: DicomDatabase, runner: Runner, start_job: Start
    ) -> None:
        self.edit: FlrEdit | None = None
        self.pending: PendingEdit | None = None
        self.is_edited_elsewhere = False
        self.revisions: tuple[Revision, ...] = ()
        self._host = host
        self._database = database
        self._runner = runner
        self._start_job = start_job
        self._journal = Journal(database.directory)
        self._case: Case | None = None
        self._rule: MinimumRule | None = None
        self._outlines: Outlines | None = None
        self._case_display: CaseDisplay | None = None
        self._is_saving = False

    def take_case(self, case: Case | None, display: CaseDisplay | None) -> None:
        """Leave the edit under way, which the journal keeps, and turn to another patient."""
        if self.edit:
            self._leave()
        self.hide_outlines()
        self._case, self._case_display = case, display
        self._rule = case.rule if case else None
        self._read_revisions()
        self._read_journal()

    def hold_against(self, rule: MinimumRule) -> None:
        """Hold the open patient's remnants against another minimum."""
        self._rule = rule
        if self.edit:
            self.edit.hold_against(rule)

    def begin(self, start: str = RELEASED) -> None:
        """Edit the open patient's FLR from the released one, the whole liver or a revision."""
        if self._case:
            self._begin(self._journal.begin(self._case.patient_id), start, lambda plan: plan)

    def resume(self) -> None:
        """Take up the edit that was not saved."""
        entry = self._take_up()
        if entry is None or self.pending is None:
            return
        try:
            plan = plan_from_json(self.pending.plan_json)
        except CRLMExplorerError as error:
            entry.close()
            self.failed.emit(str(error))
            return
        self._begin(entry, plan.start, lambda _: plan)

    def discard_pending(self) -> None:
        """Forget the edit that was not saved."""
        if entry := self._take_up():
            self._forget(entry)
            self.begun_or_ended.emit()

    def leave(self, keep: bool) -> None:
        """End the edit; keep it in the journal to take it up again, or forget it."""
        if self.edit is None or self._case is None:
            return
        # One that nothing was done in has left in the journal what was there before.
        forgets, entry = self.edit.is_dirty and not keep, self.edit.entry
        self._leave()
        if forgets:
            self._forget(entry)
        else:
            self._read_journal()
        self.begun_or_ended.emit()

    def save(self, reader_name: str, note: str) -> None:
        """Save the remnant as a new revision, as a job; `saved` tells when it is on disk.

        What is done to the remnant meanwhile stays an edit that is not saved.
        """
        edit, case = self.edit, self._case
        if edit is None or case is None or self._is_saving:
            return
        remnant, plan = edit.resection.flr(edit.plan), edit.plan
        self._is_saving = True

        def work(progress: Progress) -> SavedRevision:
            progress(0.1, "Writing the DSO")
            try:
                return save_remnant(
                    self._database, case, plan, remnant, reader_name=reader_name, note=note
                )
            finally:
                self._is_saving = False

        def done(revision: SavedRevision) -> None:
            if self.edit is edit and edit.plan == plan:
                self._leave()
            self._forget(edit.entry, plan)
            for finding in revision.findings:
                self.failed.emit(finding.message)
            if self._case is case:
                self._read_revisions()
                self.saved.emit(revision)
                self.begun_or_ended.emit()

        self._start_job(Job("Saving the revision", work), done)

    def compare(self, one: str, other: str) -> Comparison:
        """Compare two remnants of the open patient and outline them in the slices.

        Parameters
        ----------
        one, other
            ``released``, or a revision by its number.

        Raises
        ------
        CRLMExplorerError
            If there is no such remnant.
        """
        if self._case is None:
            raise RemnantNotFound("No patient is open whose remnants could be compared.")
        masks = [remnant_named(self._database, self._case, name) for name in (one, other)]
        self.hide_outlines()
        if self._case_display and self._case_display.ct_node:
            named = list(zip((one, other), masks, strict=True))
            self._outlines = Outlines(self._host.scene, self._case_display.ct_node, named)
        return compare(masks[0], masks[1])

    def hide_outlines(self) -> None:
        """Take the outlines of a comparison out of the slices."""
        if self._outlines:
            self._outlines.remove()
            self._outlines = None

    def _begin(
        self, entry: JournalEntry, start: str, prepare: Callable[[ResectionPlan], ResectionPlan]
    ) -> None:
        case, display = self._case, self._case_display
        if case is None or display is None or self._rule is None:
            return
        try:
            resection = resection_of(self._database, case, start)
            if start not in (RELEASED, WHOLE_LIVER):
                start = revision_named(self._database, case, start).series_uid
            elif start not in resection.starts:
                start = WHOLE_LIVER
            plan = prepare(resection.new_plan(start))
            resection.flr(plan)
            plan = with_start_dso(self._database, case, plan)
        except CRLMExplorerError as error:
            entry.close()
            self.failed.emit(str(error))
            return
        if self.edit:
            self._leave()
        self.hide_outlines()
        shown = EditDisplay(self._host.scene, display.ct_node)
        self.edit = FlrEdit(resection, plan, self._rule, shown, entry, self._runner)
        self.edit.changed.connect(self.changed.emit)
        self.edit.surfaces_built.connect(self.surfaces_built.emit)
        self.edit.failed.connect(self.failed.emit)
        display.show_bulk_in_3d(False)
        self.begun_or_ended.emit()

    def _leave(self) -> None:
        assert self.edit is not None
        self.leaving.emit()
        self.edit.close()
        self.edit = None
        if self._case_display:
            self._case_display.show_bulk_in_3d(True)

    def _take_up(self) -> JournalEntry | None:
        """The entry of the edit that was not saved, unless it is somebody else's by now."""
        if self.pending is None or self._case is None or self.edit:
            return None
        try:
            return self._journal.take_up(self._case.patient_id, self.pending)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
        self._read_journal()
        self.begun_or_ended.emit()
        return None

    def _read_journal(self) -> None:
        self.pending, self.is_edited_elsewhere = None, False
        if self._case is None:
            return
        try:
            self.is_edited_elsewhere = self._journal.is_at_work(self._case.patient_id)
            self.pending = self._journal.pending(self._case.patient_id)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))

    def _read_revisions(self) -> None:
        self.revisions = ()
        if self._case is None:
            return
        try:
            self.revisions = revisions_of(self._database, self._case.patient_id)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))

    def _forget(self, entry: JournalEntry, plan: ResectionPlan | None = None) -> None:
        """Take an edit out of the journal; only if it is still this plan, where one is given."""
        try:
            entry.discard(plan_to_json(plan) if plan else None)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
        self._read_journal()
