"""An edit of the open patient's FLR: the plan's history, its figures, and what is on screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from undo_stack import Signal

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.measure import MinimumRule
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.resection.comparison import Comparison
from CRLMExplorerLib.resection.curve import curve_surface
from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.errors import PlanError
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.journal import JournalEntry
from CRLMExplorerLib.resection.plan import ResectionPlan
from CRLMExplorerLib.resection.plan_json import plan_to_json
from CRLMExplorerLib.resection.resection import Resection
from CRLMExplorerLib.resection.sides import other_side
from CRLMExplorerLib.resection.steps import CurveCut, PlaneCut, Step, Stroke, VectorRAS
from CRLMExplorerLib.resection.undo import PlanHistory
from CRLMExplorerLib.review.edit_display import EditDisplay
from CRLMExplorerLib.review.job import Runner, no_work
from CRLMExplorerLib.review.plane_preview import Surfaces

SMOOTHING_MM = 6.0
"""What one click smooths with, on every face."""

_JOURNAL_INTERVAL_S = 1.0
_CURVE_NEEDS = 3


class FlrEdit:
    """What a reader does to a remnant, and what it means at once.

    While a plane is dragged or a stroke is drawn, volumes and margins follow; distances to the
    released remnant and the surfaces in 3D wait until the hand rests.

    Parameters
    ----------
    resection
        The patient's liver, ready to be cut.
    plan
        What the edit starts with.
    rule
        The minimum that the remnant is held against.
    display
        Where remnant, specimen and plane are shown.
    entry
        Where the edit is kept as long as it is not saved.
    runner
        Runs what may wait until the face's next turn.

    Attributes
    ----------
    entry
        Its place in the journal.
    history
        Every state of the plan.
    figures
        All numbers of the state that holds.
    comparison
        Distances to the released remnant; None while the hand moves or without a released one.
    """

    changed = Signal()
    surfaces_built = Signal()
    failed = Signal(str)

    def __init__(
        self,
        resection: Resection,
        plan: ResectionPlan,
        rule: MinimumRule,
        display: EditDisplay,
        entry: JournalEntry,
        runner: Runner,
    ) -> None:
        self.resection = resection
        self.entry = entry
        self.history = PlanHistory.begin(plan)
        self.figures: ResectionFigures = resection.figures(plan, rule)
        self.comparison: Comparison | None = None
        self._rule = rule
        self._display = display
        self._runner = runner
        self._is_open = True
        self._is_moving = False
        self._is_rest_awaited = False
        self._is_plane_awaited = False
        self._is_drawing_awaited = False
        self._is_put_down = False
        self._loose_points: tuple[PointRAS, ...] = ()
        self._built: dict[ResectionPlan, Surfaces] = {}
        self._recorded = plan
        self._recorded_at = 0.0
        display.plane_moved.connect(self._plane_moved)
        display.plane_released.connect(self._plane_released)
        display.curve.moved.connect(self._curve_moved)
        display.curve.released.connect(self.rest)
        display.curve.placed.connect(self._curve_placed)
        self._show()
        self.rest()

    @property
    def plan(self) -> ResectionPlan:
        """The state that holds."""
        return self.history.plan

    @property
    def is_dirty(self) -> bool:
        """Whether there is something to save: done now, or taken up from the journal."""
        return self.history.position > 0 or bool(self.plan.steps)

    @property
    def is_whole(self) -> bool:
        """Whether nobody has taken what is shown of it out of the scene."""
        return self._display.is_whole

    @property
    def is_handle_touched(self) -> bool:
        """Whether the pointer is on a handle of the plane or on the curve."""
        return self._display.is_handle_touched

    # What a reader does

    def add(self, step: Step) -> None:
        """Add a cut or an edit."""
        self._change(lambda: self.history.add(step))

    def remove_step(self, index: int) -> None:
        """Take a step out of the plan.

        Raises
        ------
        IndexError
            If the plan has no such step.
        """
        self._change(lambda: self.history.do(self.plan.without_step(index)))

    def undo(self) -> None:
        """Go back by one state."""
        self._change(self.history.undo)

    def redo(self) -> None:
        """Go forward again."""
        self._change(self.history.redo)

    def jump(self, position: int) -> None:
        """Go to any state that was gone through.

        Raises
        ------
        IndexError
            If there is no such state.
        """
        self._change(lambda: self.history.jump(position))

    def restart(self, start: str) -> None:
        """Begin again from a start, e.g. revert to the released remnant."""
        self._change(lambda: self.history.restart(start))

    def move_plane(self, point_ras_mm: PointRAS, normal_ras: VectorRAS) -> None:
        """Move the plane that the plan ends with."""
        index = len(self.plan.steps) - 1
        if isinstance(self._last_step, PlaneCut):
            self._move(lambda: self.plan.with_step(index, PlaneCut(point_ras_mm, normal_ras)))

    def put(self, step: Step) -> None:
        """Put a step in the place of the last one, if that is of its kind, or add it."""
        if type(self._last_step) is type(step):
            index = len(self.plan.steps) - 1
            self._change(lambda: self.history.do(self.plan.with_step(index, step)))
        else:
            self.add(step)

    @property
    def curve_points_ras_mm(self) -> tuple[PointRAS, ...]:
        """The points of the curve under the hand; too few, or in one slice, they cut nothing."""
        last = self._last_step
        if isinstance(last, CurveCut):
            return last.points_ras_mm
        return self._display.curve.points_ras_mm

    def place_curve_point(self, point_ras_mm: PointRAS) -> None:
        """Place a curve's next point; as soon as the points tell a surface, it cuts.

        The side is removed that has the largest tumour, until `flip_curve`.
        """
        self._put_curve((*self.curve_points_ras_mm, point_ras_mm))

    def move_curve_point(self, index: int, point_ras_mm: PointRAS) -> None:
        """Put a point of the curve somewhere else.

        Raises
        ------
        IndexError
            If the curve has no such point.
        """
        points = list(self.curve_points_ras_mm)
        points[index] = point_ras_mm
        self._put_curve(tuple(points))

    def drop_curve_point(self, index: int = -1) -> None:
        """Take a point of the curve away; undo brings it back once the curve has cut.

        Raises
        ------
        IndexError
            If the curve has no such point.
        """
        points = list(self.curve_points_ras_mm)
        del points[index]
        self._put_curve(tuple(points))

    def flip_curve(self) -> None:
        """Remove the other side of the curve that the plan ends with."""
        last = self._last_step
        if isinstance(last, CurveCut):
            self.put(other_side(last))

    def flip_plane(self) -> None:
        """Remove the other side of the plane that the plan ends with."""
        last = self._last_step
        if isinstance(last, PlaneCut):
            r, a, s = last.normal_ras
            self.put(PlaneCut(last.point_ras_mm, (-r, -a, -s)))

    def curve_to_place(self) -> Node:
        """The vtkMRMLMarkupsCurveNode that the reader may place a curve's points in."""
        return self._display.curve.node_to_place()

    def begin_drawing(self) -> Node:
        """Give the remnant to Slicer's segment editor; what is drawn becomes a step.

        Returns
        -------
        Node
            The vtkMRMLSegmentEditorNode to edit with, until `end_drawing`.
        """
        drawing = self._display.begin_drawing(self.resection.liver)
        drawing.drawn.connect(self._drawn)
        return drawing.editor_node

    def confine_drawing(self) -> None:
        """Confine the segment editor to the liver again, whatever was chosen in it."""
        if self._display.drawing:
            self._display.drawing.confine()

    def end_drawing(self) -> None:
        """Take the remnant back from the segment editor."""
        self._follow_drawing()
        self._display.end_drawing()

    def put_down(self) -> None:
        """Leave nothing in the scene that can be dragged or drawn, until `take_in_hand`."""
        self._follow_plane()
        self.end_drawing()
        self._loose_points = self._display.curve.points_ras_mm
        self._is_put_down = True
        self._display.hide_plane()
        self._display.curve.remove()

    def take_in_hand(self) -> None:
        """Go on with what was put down."""
        if self._is_put_down:
            self._is_put_down = False
            self._show()
            self._display.curve.show(self._loose_points)
            self.rest()

    def hold_against(self, rule: MinimumRule) -> None:
        """Hold the remnant against another minimum."""
        self._rule = rule
        self.figures = self.resection.figures(self.plan, rule)
        self.changed.emit()

    def color_by_distance(self, wanted: bool) -> None:
        """Colour the remnant's surface by its distance to the nearest tumour, or as usual."""
        self._display.color_by_distance(tuple(self.resection.tumors.values()) if wanted else ())

    def draw(self, point_ras_mm: PointRAS, stroke: Stroke) -> None:
        """Begin a stroke with a point, or go on with it while the hand moves."""
        drawn = self._last_step
        if not self._is_moving or not isinstance(drawn, Stroke):
            self._is_moving = False
            self._move(lambda: self.plan.then(replace(stroke, points_ras_mm=(point_ras_mm,))))
            return
        index = len(self.plan.steps) - 1
        points = (*drawn.points_ras_mm, point_ras_mm)
        self._move(lambda: self.plan.with_step(index, replace(drawn, points_ras_mm=points)))

    def rest(self) -> None:
        """The hand rests: catch up with what takes longer."""
        self._is_moving = False
        if not self._is_rest_awaited:
            self._is_rest_awaited = True
            self._runner(lambda: None, self._catch_up)

    def close(self) -> None:
        """Take the edit out of the scene; the journal keeps what was not saved."""
        self._follow_drawing()
        self._record()
        self.entry.close()
        self._is_open = False
        self._display.remove()

    # How it is done

    @property
    def _last_step(self) -> Step | None:
        return self.plan.steps[-1] if self.plan.steps else None

    def _put_curve(self, points: tuple[PointRAS, ...]) -> None:
        last = self._last_step
        if isinstance(last, CurveCut) and len(points) >= _CURVE_NEEDS:
            curved = replace(last, points_ras_mm=points)
            self.put(curved)
            # What cannot be cut along is not shown either.
            points = points if self._last_step == curved else last.points_ras_mm
        elif isinstance(last, CurveCut):
            self.remove_step(len(self.plan.steps) - 1)
        elif cut := _first_cut(points, self._largest_tumor):
            self.put(cut)
        self._display.curve.show(points)
        self.changed.emit()

    def _change(self, change: Callable[[], PlanHistory]) -> None:
        # A movement that is still to be followed belongs to the state before.
        self._is_moving = self._is_plane_awaited = False
        self._do(change)
        self.rest()

    def _move(self, moved: Callable[[], ResectionPlan]) -> None:
        """A first movement is a new state; the ones after take its place."""
        if self._is_moving:
            self._do(lambda: self.history.amend(moved()))
            return
        self._is_moving = True
        self._is_moving = self._do(lambda: self.history.do(moved()))

    def _do(self, change: Callable[[], PlanHistory]) -> bool:
        """Go on to another state; whether there was one to go to."""
        try:
            history = change()
            if history == self.history:
                return False
            figures = self.resection.figures(history.plan, self._rule)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return False
        self.history, self.figures, self.comparison = history, figures, None
        self._show()
        if time.monotonic() - self._recorded_at > _JOURNAL_INTERVAL_S:
            self._record()
        self.changed.emit()
        return True

    def _show(self) -> None:
        remnant = self.resection.flr(self.plan)
        self._display.show(remnant, self.resection.liver - remnant)
        if self._is_put_down:
            return
        last = self._last_step
        if isinstance(last, CurveCut) and not self._is_moving:
            self._display.curve.show(last.points_ras_mm)
        elif (
            not isinstance(last, CurveCut)
            and len(self._display.curve.points_ras_mm) >= _CURVE_NEEDS
        ):
            self._display.curve.remove()
        if not isinstance(last, PlaneCut):
            self._display.hide_plane()
        elif not self._is_moving:
            self._display.show_plane(last)

    def _plane_moved(self) -> None:
        # VTK tells each of many small movements; only the last before the face's next turn counts.
        if not self._is_plane_awaited:
            self._is_plane_awaited = True
            self._runner(no_work, self._follow_plane)

    def _follow_plane(self) -> None:
        if not (self._is_plane_awaited and self._is_open):
            return
        self._is_plane_awaited = False
        if plane := self._display.plane:
            self.move_plane(*plane)

    def _plane_released(self) -> None:
        # What the face has not come round to yet is still of this movement.
        self._follow_plane()
        self.rest()

    def _drawn(self) -> None:
        # An effect may tell of one stroke several times.
        if not self._is_drawing_awaited:
            self._is_drawing_awaited = True
            self._runner(no_work, self._follow_drawing)

    def _follow_drawing(self) -> None:
        drawing = self._display.drawing
        if not (self._is_drawing_awaited and self._is_open and drawing):
            return
        self._is_drawing_awaited = False
        before = self.resection.flr(self.plan)
        try:
            drawn = drawing.remnant
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            drawn = before
        after = (drawn & self.resection.liver) | (drawn & before)
        step = Drawing.between(before, after, drawing.tool)
        if step:
            self.add(step)
        elif (drawn - before).count:
            self._show()

    def _curve_placed(self) -> None:
        last, points = self._last_step, self._display.curve.points_ras_mm
        if not (isinstance(last, CurveCut) and last.points_ras_mm == points):
            self._put_curve(points)

    def _curve_moved(self) -> None:
        last, points = self._last_step, self._display.curve.points_ras_mm
        if isinstance(last, CurveCut) and len(points) == len(last.points_ras_mm):
            index = len(self.plan.steps) - 1
            self._move(lambda: self.plan.with_step(index, replace(last, points_ras_mm=points)))

    @property
    def _largest_tumor(self) -> PointRAS:
        """A point in the largest tumour, or in the liver where there is none."""
        tumors = self.resection.tumors.values()
        largest = max(tumors, key=lambda mask: mask.count, default=self.resection.liver)
        return Runs.of(largest).central_voxel_ras_mm()

    def _catch_up(self) -> None:
        self._is_rest_awaited = False
        if self._is_moving or not self._is_open:
            return
        self.comparison = self.resection.compare_with_released(self.plan)
        built = {self.plan: self._surfaces_of(self.plan)}
        self._display.show_surfaces(built[self.plan])
        last = None if self._is_put_down else self._last_step
        if isinstance(last, PlaneCut) and not self._is_plane_awaited:
            self._display.show_plane(last)
            before = self.plan.without_step(len(self.plan.steps) - 1)
            built[before] = self._surfaces_of(before)
            self._display.prepare_preview(built[before])
        self._built = built
        self._record()
        self.surfaces_built.emit()
        self.changed.emit()

    def _surfaces_of(self, plan: ResectionPlan) -> Surfaces:
        """Those made at the last rest, or new ones."""
        if plan in self._built:
            return self._built[plan]
        remnant = self.resection.flr(plan)
        return Surfaces.of(remnant, self.resection.liver - remnant)

    def _record(self) -> None:
        """Keep what is not saved; what was undone as a whole need not be taken up again."""
        self._recorded_at = time.monotonic()
        if self.plan == self._recorded:
            return
        try:
            if self.is_dirty:
                self.entry.record(plan_to_json(self.plan))
            else:
                self.entry.discard()
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self._recorded = self.plan


def _first_cut(points: tuple[PointRAS, ...], removed_ras_mm: PointRAS) -> CurveCut | None:
    """The cut through points, once they tell a surface: in one slice they do not."""
    try:
        cut = CurveCut(points, removed_ras_mm)
        curve_surface(cut)
    except PlanError:
        return None
    return cut
