"""An edit of the open patient's FLR: the plan's history, its figures, and what is on screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from undo_stack import Signal

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.measure import MinimumRule
from CRLMExplorerLib.resection.comparison import Comparison
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.journal import Journal
from CRLMExplorerLib.resection.plan import ResectionPlan
from CRLMExplorerLib.resection.plan_json import plan_to_json
from CRLMExplorerLib.resection.resection import Resection
from CRLMExplorerLib.resection.steps import PlaneCut, Step, Stroke, VectorRAS
from CRLMExplorerLib.resection.undo import PlanHistory
from CRLMExplorerLib.review.edit_display import EditDisplay
from CRLMExplorerLib.review.job import Runner

_JOURNAL_INTERVAL_S = 1.0


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
    journal
        Where unsaved edits are kept.
    runner
        Runs what may wait until the face's next turn.

    Attributes
    ----------
    history
        Every state of the plan.
    figures
        All numbers of the state that holds.
    comparison
        Distances to the released remnant; None while the hand moves or without a released one.
    is_dirty
        Whether there is something to save.
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
        journal: Journal,
        runner: Runner,
    ) -> None:
        self.resection = resection
        self.history = PlanHistory.begin(plan)
        self.figures: ResectionFigures = resection.figures(plan, rule)
        self.comparison: Comparison | None = None
        self.is_dirty = False
        self._rule = rule
        self._display = display
        self._journal = journal
        self._runner = runner
        self._is_moving = False
        self._is_rest_awaited = False
        self._is_plane_awaited = False
        self._journalled_at = 0.0
        display.plane_moved.connect(self._plane_moved)
        display.plane_released.connect(self.rest)
        self._show()
        self.rest()

    @property
    def plan(self) -> ResectionPlan:
        """The state that holds."""
        return self.history.plan

    @property
    def is_plane_touched(self) -> bool:
        """Whether the pointer is on a handle of the plane."""
        return self._display.is_plane_touched

    # What a reader does

    def add(self, step: Step) -> None:
        """Add a cut or an edit."""
        self._do(lambda: self.history.add(step))
        self.rest()

    def add_all(self, steps: tuple[Step, ...]) -> None:
        """Add several steps as one."""
        plan = replace(self.plan, steps=(*self.plan.steps, *steps))
        self._do(lambda: self.history.do(plan))
        self.rest()

    def remove_step(self, index: int) -> None:
        """Take a step out of the plan."""
        self._do(lambda: self.history.do(self.plan.without_step(index)))
        self.rest()

    def undo(self) -> None:
        """Go back by one state."""
        self._do(self.history.undo)
        self.rest()

    def redo(self) -> None:
        """Go forward again."""
        self._do(self.history.redo)
        self.rest()

    def jump(self, position: int) -> None:
        """Go to any state that was gone through."""
        self._do(lambda: self.history.jump(position))
        self.rest()

    def restart(self, start: str) -> None:
        """Begin again from a start, e.g. revert to the released remnant."""
        self._do(lambda: self.history.restart(start))
        self.rest()

    def move_plane(self, point_ras_mm: PointRAS, normal_ras: VectorRAS) -> None:
        """Move the plane that the plan ends with."""
        index = len(self.plan.steps) - 1
        if index < 0 or not isinstance(self.plan.steps[index], PlaneCut):
            return
        self._move(lambda: self.plan.with_step(index, PlaneCut(point_ras_mm, normal_ras)))

    def draw(self, point_ras_mm: PointRAS, stroke: Stroke) -> None:
        """Begin a stroke with a point, or go on with it while the hand moves."""
        if not self._is_moving:
            self._move(lambda: self.plan.then(replace(stroke, points_ras_mm=(point_ras_mm,))))
            return
        index = len(self.plan.steps) - 1
        drawn = self.plan.steps[index]
        assert isinstance(drawn, Stroke)
        longer = replace(drawn, points_ras_mm=(*drawn.points_ras_mm, point_ras_mm))
        self._move(lambda: self.plan.with_step(index, longer))

    def rest(self) -> None:
        """The hand rests: catch up with what takes longer."""
        self._is_moving = False
        if not self._is_rest_awaited:
            self._is_rest_awaited = True
            self._runner(lambda: None, self._catch_up)

    def close(self) -> None:
        """Take the edit out of the scene; the journal keeps what was not saved."""
        if self.is_dirty:
            self._record()
        self._display.remove()

    # How it is done

    def _move(self, moved: Callable[[], ResectionPlan]) -> None:
        """A first movement is a new state; the ones after take its place."""
        if self._is_moving:
            self._do(lambda: self.history.amend(moved()))
        else:
            self._is_moving = True
            self._do(lambda: self.history.do(moved()))

    def _do(self, change: Callable[[], PlanHistory]) -> None:
        try:
            history = change()
            figures = self.resection.figures(history.plan, self._rule)
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
            return
        self.history, self.figures, self.comparison = history, figures, None
        self.is_dirty = history.position > 0
        self._show()
        if time.monotonic() - self._journalled_at > _JOURNAL_INTERVAL_S:
            self._record()
        self.changed.emit()

    def _show(self) -> None:
        remnant = self.resection.flr(self.plan)
        self._display.show(remnant, self.resection.liver - remnant)
        last = self.plan.steps[-1] if self.plan.steps else None
        if not isinstance(last, PlaneCut):
            self._display.hide_plane()
        elif not self._is_moving:
            self._display.show_plane(last)

    def _plane_moved(self) -> None:
        # VTK tells each of many small movements; only the last before the face's next turn counts.
        if not self._is_plane_awaited:
            self._is_plane_awaited = True
            self._runner(lambda: None, self._follow_plane)

    def _follow_plane(self) -> None:
        self._is_plane_awaited = False
        if plane := self._display.plane:
            self.move_plane(*plane)

    def _catch_up(self) -> None:
        self._is_rest_awaited = False
        if self._is_moving:
            return
        self.comparison = self.resection.compare_with_released(self.plan)
        self._display.build_surfaces()
        if self.is_dirty:
            self._record()
        self.surfaces_built.emit()
        self.changed.emit()

    def _record(self) -> None:
        self._journalled_at = time.monotonic()
        try:
            self._journal.record(self.resection.patient_id, plan_to_json(self.plan))
        except CRLMExplorerError as error:
            self.failed.emit(str(error))
