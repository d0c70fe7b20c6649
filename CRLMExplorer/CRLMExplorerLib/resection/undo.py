"""Undo and redo without limit: every state of a plan that the reader went through.

A state is a whole plan, so that moving a plane, deleting a step in the middle and going back to
the released remnant are undone in the same way as a new cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from CRLMExplorerLib.resection.plan import ResectionPlan
from CRLMExplorerLib.resection.steps import Step, describe


@dataclass(frozen=True)
class PlanHistory:
    """The states of a plan, and which of them holds.

    Attributes
    ----------
    states
        From the first on; those after the position can be redone.
    position
        Index of the state that holds.
    """

    states: tuple[ResectionPlan, ...]
    position: int = 0

    @classmethod
    def begin(cls, plan: ResectionPlan) -> PlanHistory:
        """Start with a plan."""
        return cls((plan,))

    @property
    def plan(self) -> ResectionPlan:
        """The state that holds."""
        return self.states[self.position]

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether a state was undone."""
        return self.position + 1 < len(self.states)

    def do(self, plan: ResectionPlan) -> PlanHistory:
        """Go on to another state; what was undone cannot be redone any more."""
        if plan == self.plan:
            return self
        return PlanHistory((*self.states[: self.position + 1], plan), self.position + 1)

    def add(self, step: Step) -> PlanHistory:
        """Go on by one more step."""
        return self.do(self.plan.then(step))

    def amend(self, plan: ResectionPlan) -> PlanHistory:
        """Let another plan take the place of the state that holds, as while a plane is dragged."""
        return PlanHistory((*self.states[: self.position], plan), self.position)

    def undo(self) -> PlanHistory:
        """Go back by one state, if there is one."""
        return replace(self, position=max(self.position - 1, 0))

    def redo(self) -> PlanHistory:
        """Go forward again, if something was undone."""
        return replace(self, position=min(self.position + 1, len(self.states) - 1))

    def jump(self, position: int) -> PlanHistory:
        """Go to any state.

        Raises
        ------
        IndexError
            If there is no such state.
        """
        if not 0 <= position < len(self.states):
            raise IndexError(f"there are {len(self.states)} states, none at {position}")
        return replace(self, position=position)

    def restart(self, start: str) -> PlanHistory:
        """Go on without any step from a start, e.g. revert to the released remnant."""
        return self.do(replace(self.plan, start=start, steps=(), start_dso=None))

    @property
    def labels(self) -> tuple[str, ...]:
        """What led to each state, in a few words."""
        pairs = zip(self.states, self.states[1:], strict=False)
        return (_start(self.states[0]), *(_change(before, after) for before, after in pairs))


def _start(plan: ResectionPlan) -> str:
    return f"Start: {plan.start}"


def _change(before: ResectionPlan, after: ResectionPlan) -> str:
    if before.start != after.start or before.steps == after.steps or not after.steps:
        return _start(after)
    changed = 0
    for old, new in zip(before.steps, after.steps, strict=False):
        if old != new:
            break
        changed += 1
    if len(after.steps) > len(before.steps):
        return describe(after.steps[changed])
    if len(after.steps) < len(before.steps):
        return f"Without: {describe(before.steps[changed])}"
    return f"Changed: {describe(after.steps[changed])}"
