"""What a reader does to the FLR on the page, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Callable

from trame_server.utils.typed_state import TypedState

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.resection.hepatectomy import Hepatectomy, starting_cut
from CRLMExplorerLib.resection.plan import RELEASED
from CRLMExplorerLib.resection.saving import SavedRevision
from CRLMExplorerLib.resection.steps import (
    KeepLargestIsland,
    PlaneCut,
    RemoveSmallIslands,
    ScissorsCut,
    Smooth,
    SphereCut,
    Stroke,
    VectorRAS,
    WedgeCut,
)
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.flr_edit import SMOOTHING_MM
from CRLMExplorerWeb import flr_presenter as presenter
from CRLMExplorerWeb.flr_state import FlrState

_BRUSH_STEP_MM, _BRUSH_LIMITS_MM = 2, (2, 40)


class FlrActions:
    """Binds the FLR part of the page to the session's `Editing`.

    Parameters
    ----------
    session
        The review session.
    typed
        The part's state.
    fail
        Shows a sentence on what could not be done.
    """

    def __init__(
        self, session: ReviewSession, typed: TypedState[FlrState], fail: Callable[[str], None]
    ) -> None:
        self._session = session
        self._editing = session.editing
        self._fail = fail
        self.name = typed.name
        self._page = typed.data
        self._editing.begun_or_ended.connect(self.show)
        self._editing.changed.connect(self._show_edit)
        self._editing.saved.connect(self._saved)
        self._page.hepatectomies = [{"value": h.name, "title": h.value} for h in Hepatectomy]

    # The edit as a whole

    # What was typed comes with the click: as state it may arrive after it.

    def begin(self, start: str) -> None:
        """Edit from the start that was chosen."""
        self._editing.begin(start)

    def resume(self) -> None:
        """Take up what was not saved."""
        self._editing.resume()

    def discard_pending(self) -> None:
        """Forget what was not saved."""
        self._editing.discard_pending()

    def finish(self, keep: bool) -> None:
        """End the edit; keep it for later or forget it."""
        self._editing.leave(keep)

    def save(self, reader: str, note: str) -> None:
        """Save a new revision."""
        if not reader.strip():
            self._fail("A revision needs the name of its reader.")
            return
        self._editing.save(reader.strip(), note.strip())

    # Cuts and edits

    def set_plane(self, point: str, normal: str) -> None:
        """Put the plane where the number fields say; a new one unless the plan ends with one."""
        edit = self._editing.edit
        try:
            cut = PlaneCut(_numbers(point), _numbers(normal))
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        if edit:
            edit.put(cut)

    def add_plane(self) -> None:
        """Add a plane through the middle of the liver, for the reader to drag."""
        edit = self._editing.edit
        if edit:
            middle = edit.resection.liver.center_ras_mm()
            edit.add(PlaneCut(middle, (1.0, 0.0, 0.0)))

    def add_hepatectomy(self, name: str) -> None:
        """Add the approximate planes of a resection."""
        edit = self._editing.edit
        if edit is None or self._session.case is None:
            return
        try:
            start = starting_cut(Hepatectomy[name], self._session.case.segments)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        edit.add(start.cut)
        self._page.hint = start.note

    def add_wedge(self, tumor: str, margin_mm: str) -> None:
        """Cut a tumour out with a margin, or a sphere at the crosshair."""
        edit = self._editing.edit
        try:
            (mm,) = _parse(margin_mm, 1)
            if tumor == wording.SPHERE:
                step: WedgeCut | SphereCut = SphereCut(self._session.crosshair_ras_mm, mm)
            else:
                step = WedgeCut(tumor, mm)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        if edit:
            edit.add(step)

    def keep_largest_island(self) -> None:
        """Drop islands."""
        if self._editing.edit:
            self._editing.edit.add(KeepLargestIsland())

    def remove_small_islands(self, below_ml: str) -> None:
        """Drop islands below a volume."""
        try:
            (ml,) = _parse(below_ml, 1)
            step = RemoveSmallIslands(ml)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        if self._editing.edit:
            self._editing.edit.add(step)

    def smooth(self) -> None:
        """Smooth the transection."""
        if self._editing.edit:
            self._editing.edit.add(Smooth(SMOOTHING_MM))

    def color_by_distance(self, wanted: bool) -> None:
        """Colour the remnant's surface by its distance to the nearest tumour."""
        if self._editing.edit:
            self._editing.edit.color_by_distance(wanted)
            self._page.is_colored = wanted

    def undo(self) -> None:
        """Undo."""
        if self._editing.edit:
            self._editing.edit.undo()

    def redo(self) -> None:
        """Redo."""
        if self._editing.edit:
            self._editing.edit.redo()

    def jump(self, position: int) -> None:
        """Go to a state of the list."""
        if self._editing.edit:
            self._editing.edit.jump(position)

    def revert(self) -> None:
        """Go back to the released remnant; that, too, can be undone."""
        if self._editing.edit:
            self._editing.edit.restart(RELEASED)

    # The hand in the slices

    def choose_tool(self, tool: str) -> None:
        """Look, paint, erase, cut out or place a curve."""
        if self._editing.edit or tool == "look":
            self._page.tool = tool

    def resize_brush(self, steps: int) -> None:
        """Make the brush larger or smaller."""
        low, high = _BRUSH_LIMITS_MM
        size = int(self._page.brush_mm) + steps * _BRUSH_STEP_MM
        self._page.brush_mm = max(low, min(high, size))

    @property
    def draws(self) -> bool:
        """Whether the left button draws in slices."""
        return self._editing.edit is not None and self._page.tool in ("paint", "erase")

    @property
    def cuts_out(self) -> bool:
        """Whether the left button draws an outline to cut out."""
        return self._editing.edit is not None and self._page.tool == "scissors"

    def cut_out(self, outline_ras_mm: list[PointRAS], slice_normal_ras: VectorRAS) -> None:
        """Cut out what an outline holds, through the whole liver along the slice's normal."""
        if self._editing.edit is None:
            return
        try:
            self._editing.edit.add(ScissorsCut(tuple(outline_ras_mm), slice_normal_ras))
        except CRLMExplorerError as error:
            self._fail(str(error))

    @property
    def places_curve(self) -> bool:
        """Whether the left button places points of a curve."""
        return self._editing.edit is not None and self._page.tool == "curve"

    def place_curve_point(self, position_ras_mm: PointRAS) -> None:
        """Place the next point of the curve."""
        if self._editing.edit:
            self._editing.edit.place_curve_point(position_ras_mm)

    def flip_curve(self) -> None:
        """Remove the curve's other side."""
        if self._editing.edit:
            self._editing.edit.flip_curve()

    def set_curve_point(self, index: int, text: str) -> None:
        """Put a point of the curve where its number field says."""
        edit = self._editing.edit
        try:
            point = _numbers(text)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        if edit and 0 <= index < len(edit.curve_points_ras_mm):
            edit.move_curve_point(index, point)

    def add_curve_point(self, text: str) -> None:
        """Place the next point of the curve where the number field says."""
        try:
            point = _numbers(text)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        if self._editing.edit:
            self._page.new_point = ""
            self._editing.edit.place_curve_point(point)

    def drop_curve_point(self, index: int) -> None:
        """Take a point of the curve away."""
        edit = self._editing.edit
        if edit and 0 <= index < len(edit.curve_points_ras_mm):
            edit.drop_curve_point(index)

    def draw(self, position_ras_mm: PointRAS, slice_normal_ras: VectorRAS) -> None:
        """Draw with the brush at a position of a slice."""
        edit = self._editing.edit
        if edit:
            stroke = Stroke(
                (position_ras_mm,),
                self._page.brush_mm / 2,
                adds=self._page.tool == "paint",
                slice_normal_ras=None if self._page.is_ball else slice_normal_ras,
            )
            edit.draw(position_ras_mm, stroke)

    def lift(self) -> None:
        """Lift the brush."""
        if self._editing.edit:
            self._editing.edit.rest()

    # Revisions

    def open_revision(self, series_uid: str) -> None:
        """Open the patient with a revision's DSO."""
        if self._session.case:
            self._session.open(self._session.case.patient_id, series_uid)

    def compare(self, one: str, other: str) -> None:
        """Compare the two remnants that were chosen."""
        try:
            comparison = self._editing.compare(one, other)
        except CRLMExplorerError as error:
            self._fail(str(error))
            return
        self._page.compared = wording.comparison_sentence(comparison)

    # Session to page

    def show(self) -> None:
        """Show whether there is an edit, and what could be begun."""
        page, editing = self._page, self._editing
        page.is_editing = editing.edit is not None
        page.pending = wording.pending_sentence(editing)
        page.elsewhere = wording.elsewhere_sentence(editing)
        page.starts = presenter.choices(wording.start_choices(editing))
        page.revisions = presenter.revision_rows(editing)
        page.compared = ""
        page.compare_other = str(editing.revisions[-1].number) if editing.revisions else ""
        page.tool = "look"
        page.is_colored = False
        page.hint = page.leaving_for = ""
        if editing.edit is None:
            page.start = RELEASED
            page.is_dirty = False
        else:
            page.tumors = presenter.choices(wording.tumor_choices(editing.edit))
        self._show_edit()

    def _show_edit(self) -> None:
        edit, page = self._editing.edit, self._page
        if edit is None:
            return
        page.is_dirty = edit.is_dirty
        page.can_undo, page.can_redo = edit.history.can_undo, edit.history.can_redo
        page.steps = presenter.step_rows(edit)
        page.figures = presenter.figure_rows(edit.figures)
        page.margins = presenter.margin_rows(edit.figures)
        page.alarms = presenter.alarm_rows(edit.figures)
        page.comparison = wording.comparison_sentence(edit.comparison)
        page.curve_points = presenter.point_rows(edit.curve_points_ras_mm)
        last = edit.plan.steps[-1] if edit.plan.steps else None
        if isinstance(last, PlaneCut):
            page.point = wording.triple(last.point_ras_mm, 1)
            page.normal = wording.triple(last.normal_ras, 3)

    def _saved(self, revision: SavedRevision) -> None:
        self._page.note = ""
        if self._session.case:
            self._session.open(self._session.case.patient_id, revision.series_uid)


class NotNumbers(CRLMExplorerError):
    """What was typed in is not the numbers that were expected."""


def _numbers(text: str) -> tuple[float, float, float]:
    x, y, z = _parse(text, 3)
    return x, y, z


def _parse(text: str, count: int) -> list[float]:
    parts = str(text).replace(",", " ").split()
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if len(values) != count:
        expected = "a number" if count == 1 else f"{count} numbers"
        raise NotNumbers(f"“{text}” is not {expected}.")
    return values
