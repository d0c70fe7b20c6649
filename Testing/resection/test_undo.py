"""Undo and redo go through every state, without limit."""

from __future__ import annotations

import pytest

from CRLMExplorerLib.resection import (
    RELEASED,
    WHOLE_LIVER,
    PlaneCut,
    PlanHistory,
    ResectionPlan,
    WedgeCut,
)

START = ResectionPlan("P1", start=WHOLE_LIVER)


def plane(x: float) -> PlaneCut:
    return PlaneCut((x, 0.0, 0.0), (1.0, 0.0, 0.0))


@pytest.fixture
def history() -> PlanHistory:
    return PlanHistory.begin(START).add(plane(0.0)).add(WedgeCut("Tumor_1"))


def test_undo_and_redo_go_back_and_forth(history):
    undone = history.undo()
    assert undone.plan.steps == (plane(0.0),)
    assert undone.redo() == history


def test_there_is_an_end_on_both_sides(history):
    assert not history.can_redo
    assert history.redo() == history
    first = history.undo().undo()
    assert first.plan == START
    assert not first.can_undo
    assert first.undo() == first


def test_a_new_step_forgets_what_was_undone(history):
    other = history.undo().add(plane(7.0))
    assert other.plan.steps == (plane(0.0), plane(7.0))
    assert not other.can_redo


def test_any_state_can_be_jumped_to(history):
    assert history.jump(1).plan.steps == (plane(0.0),)
    assert history.jump(1).can_redo
    for position in (-1, 3):
        with pytest.raises(IndexError):
            history.jump(position)


def test_what_changes_nothing_is_no_state(history):
    assert history.do(history.plan) is history


def test_a_drag_is_one_state(history):
    dragged = history.add(plane(1.0))
    for x in range(2, 50):
        dragged = dragged.amend(dragged.plan.with_step(2, plane(float(x))))
    assert len(dragged.states) == len(history.states) + 1
    assert dragged.undo().plan == history.plan


def test_moving_an_earlier_step_is_undone_too(history):
    moved = history.do(history.plan.with_step(0, plane(3.0)))
    assert moved.undo().plan == history.plan


def test_reverting_to_the_released_remnant_is_undone_too(history):
    reverted = history.restart(RELEASED)
    assert reverted.plan == ResectionPlan("P1", start=RELEASED)
    assert reverted.undo().plan == history.plan


def test_undo_has_no_limit():
    history = PlanHistory.begin(START)
    for x in range(300):
        history = history.add(plane(float(x)))
    for _ in range(300):
        history = history.undo()
    assert history.plan == START


def test_states_say_what_led_to_them(history):
    history = history.do(history.plan.with_step(0, plane(3.0)))
    history = history.do(history.plan.without_step(0)).restart(RELEASED)
    assert history.labels == (
        "Start: liver",
        "Plane",
        "Wedge of 10 mm around Tumor_1",
        "Changed: Plane",
        "Without: Plane",
        "Start: released",
    )
