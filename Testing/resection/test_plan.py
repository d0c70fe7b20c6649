"""A plan is a value: it checks its steps, and changes only by making another plan."""

from __future__ import annotations

import math

import pytest

from CRLMExplorerLib.resection import (
    CurveCut,
    PlaneCut,
    PlanError,
    RemoveSmallIslands,
    ResectionPlan,
    ScissorsCut,
    Smooth,
    SphereCut,
    Stroke,
    WedgeCut,
    describe,
)
from CRLMExplorerLib.resection.dso_reference import DsoReference

ORIGIN = (0.0, 0.0, 0.0)
NAN = math.nan
POINTS = (ORIGIN, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
PLANE = PlaneCut(ORIGIN, (1.0, 0.0, 0.0))
WEDGE = WedgeCut("Tumor_1")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PlaneCut(ORIGIN, ORIGIN), "length 0"),
        (lambda: PlaneCut(ORIGIN, (1.0, NAN, 0.0)), "not finite"),
        (lambda: PlaneCut((0.0, math.inf, 0.0), (1.0, 0.0, 0.0)), "not finite"),
        (lambda: PlaneCut(ORIGIN, (1e-200, 0.0, 0.0)), "scaled to length 1"),
        (lambda: PlaneCut(ORIGIN, (1e308, 1e308, 1e308)), "scaled to length 1"),
        (lambda: CurveCut(POINTS[:2], ORIGIN), "2 points, but needs at least 3"),
        (lambda: CurveCut((*POINTS, (NAN, 0.0, 0.0)), ORIGIN), "point 4 of a curve is not finite"),
        (lambda: CurveCut(POINTS, (NAN, 0.0, 0.0)), "removed side is not finite"),
        (lambda: WedgeCut("Tumor_1", -1.0), "margin is -1 mm: expected 0 or more"),
        (lambda: WedgeCut("Tumor_1", NAN), "margin is nan mm"),
        (lambda: WedgeCut(""), "names no tumour"),
        (lambda: SphereCut(ORIGIN, 0.0), "radius is 0 mm: expected above 0"),
        (lambda: SphereCut((NAN, 0.0, 0.0), 1.0), "not finite"),
        (lambda: Stroke((), 3.0, True), "0 points"),
        (lambda: Stroke((ORIGIN,), -3.0, True), "radius is -3 mm"),
        (lambda: Stroke((ORIGIN,), 3.0, True, ORIGIN), "length 0"),
        (lambda: ScissorsCut(POINTS[:2], (0.0, 0.0, 1.0)), "at least 3"),
        (lambda: ScissorsCut(POINTS, ORIGIN), "length 0"),
        (lambda: RemoveSmallIslands(0.0), "0 mL"),
        (lambda: Smooth(-1.0), "kernel is -1 mm"),
        (lambda: Smooth(3.0, "gaussian"), "median, opening or closing"),
        (lambda: ResectionPlan(start=""), "must start from"),
    ],
)
def test_an_impossible_step_says_what_is_wrong(make, said):
    with pytest.raises(PlanError, match=said):
        make()


def test_a_wedge_is_10_mm_wide_unless_it_is_said():
    assert WEDGE.margin_mm == 10.0


def test_steps_are_added_replaced_and_taken_out():
    plan = ResectionPlan("P1").then(PLANE).then(WEDGE)
    moved = PlaneCut((5.0, 0.0, 0.0), PLANE.normal_ras)
    assert plan.steps == (PLANE, WEDGE)
    assert plan.with_step(0, moved).steps == (moved, WEDGE)
    assert plan.without_step(0).steps == (WEDGE,)
    assert plan.steps == (PLANE, WEDGE)


@pytest.mark.parametrize("index", [-1, 1])
def test_there_is_no_step_beyond_the_plan(index):
    plan = ResectionPlan().then(PLANE)
    with pytest.raises(IndexError):
        plan.with_step(index, WEDGE)
    with pytest.raises(IndexError):
        plan.without_step(index)


def test_a_plan_belongs_to_its_patient_and_ct():
    plan = ResectionPlan("P1", "1.2.3")
    plan.require_patient("P1", "1.2.3")
    with pytest.raises(PlanError, match="for patient P1, not for P2"):
        plan.require_patient("P2", "1.2.3")
    with pytest.raises(PlanError, match=r"on the CT series 1\.2\.3, not on 1\.2\.4"):
        plan.require_patient("P1", "1.2.4")


def test_a_plan_starts_from_the_dso_it_was_made_from():
    here, elsewhere = DsoReference("1.2", "1.2.3"), DsoReference("1.4", "1.4.5")
    plan = ResectionPlan().started_from(here)
    assert plan.start_dso == here
    assert plan.started_from(here) == plan
    with pytest.raises(PlanError, match=r"from 'released' of the DSO 1\.2, not of 1\.4"):
        plan.started_from(elsewhere)


def test_a_plan_without_patient_fits_any():
    ResectionPlan().require_patient("P2", "1.2.4")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (PLANE, "Plane"),
        (CurveCut(POINTS, (0.0, 0.0, 9.0)), "Curve through 3 points"),
        (WEDGE, "Wedge of 10 mm around Tumor_1"),
        (WedgeCut("*", 5.0), "Wedge of 5 mm around every tumour"),
        (Stroke((ORIGIN,), 4.0, False), "Erase, brush of 4 mm"),
        (Smooth(3.0), "Smooth (median, 3 mm)"),
    ],
)
def test_steps_are_described_for_a_list(step, words):
    assert describe(step) == words
