"""Plans in, remnants and figures out: the same every time, confined, and clear about bad plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure import MinimumRule, volumetry
from CRLMExplorerLib.measure.checks.containment import tumors_in_remnant
from CRLMExplorerLib.resection import (
    RELEASED,
    WHOLE_LIVER,
    CurveCut,
    KeepLargestIsland,
    PlaneCut,
    PlanError,
    Resection,
    ResectionError,
    ResectionPlan,
    ScissorsCut,
    Smooth,
    SphereCut,
    Stroke,
    TumorStatus,
    WedgeCut,
    compare,
)
from measure.shapes import ball, box, grid_of, liver, remnant, tumor, voxels
from resection.livers import GRIDS, block, liver_in, middle, point, positions, resection_of

GRID = GRIDS["anisotropic"]
LIVER = liver_in(GRID)
AT = middle(GRID)
HALF = Mask.from_array(GRID, LIVER.to_array() & ((positions(GRID) - AT)[..., 1] < 4.0))
NEAR, FAR = ball(GRID, (7, 30, 18), 2.5), ball(GRID, (7, 8, 18), 2.5)
SEGMENTS = (liver(LIVER), remnant(HALF), tumor(1, NEAR), tumor(2, FAR))
RULE = MinimumRule.chosen(40.0)


@pytest.fixture
def resection() -> Resection:
    return Resection.of_segments("P1", "1.2.3", SEGMENTS)


def plane(dy: float = 0.0, normal=(0.1, 1.0, 0.0)) -> PlaneCut:
    return PlaneCut(point(AT + np.array([0.0, dy, 0.0])), normal)


def random_steps(seed: int) -> list:
    """Steps of every kind in any order."""
    rng = np.random.default_rng(seed)

    def near():
        return point(AT + rng.uniform(-9, 9, 3))

    ring = tuple(
        point(AT + np.array([12 * np.cos(a), 12 * np.sin(a), rng.uniform(-6, 6)]))
        for a in np.arange(6) * np.pi / 3
    )
    steps = [
        PlaneCut(near(), point(rng.normal(size=3))),
        CurveCut(ring, point(AT + np.array([0, 0, 60.0]))),
        WedgeCut("Tumor_1", rng.uniform(0, 6)),
        SphereCut(near(), rng.uniform(1, 8)),
        Stroke((near(), near()), rng.uniform(1, 6), True),
        Stroke((near(),), rng.uniform(1, 6), True, (0.0, 0.0, 1.0)),
        Stroke((near(), near(), near()), rng.uniform(1, 6), False),
        ScissorsCut((near(), near(), near(), near()), point(rng.normal(size=3)), adds=True),
        KeepLargestIsland(),
        Smooth(rng.uniform(1, 6)),
    ]
    rng.shuffle(steps)
    return steps


@pytest.mark.parametrize("start", [RELEASED, WHOLE_LIVER])
@pytest.mark.parametrize("seed", range(8))
def test_a_plan_leaves_the_same_every_time_and_nothing_outside_the_liver(seed, start, resection):
    plan = replace(resection.new_plan(start), steps=tuple(random_steps(seed)))
    step_by_step = resection.new_plan(start)
    for step in plan.steps:
        step_by_step = step_by_step.then(step)
        left = resection.flr(step_by_step)
        assert left.overlap(LIVER) == left.count
    fresh = Resection.of_segments("P1", "1.2.3", SEGMENTS)
    assert np.array_equal(fresh.flr(plan).to_array(), left.to_array())
    assert np.array_equal(resection.flr(plan).to_array(), left.to_array())


@pytest.mark.parametrize("seed", range(4))
def test_cuts_never_add(seed, resection):
    plan, before = resection.new_plan(), HALF
    for step in random_steps(seed):
        if isinstance(step, PlaneCut | CurveCut | WedgeCut | SphereCut):
            plan = plan.then(step)
            left = resection.flr(plan)
            assert left.overlap(before) == left.count
            before = left


def test_moving_an_earlier_step_carries_out_the_later_ones_too(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(plane()).then(SphereCut(point(AT), 6.0))
    resection.flr(plan)
    moved = plan.with_step(0, plane(-3.0))
    fresh = Resection.of_segments("P1", "1.2.3", SEGMENTS)
    assert np.array_equal(resection.flr(moved).to_array(), fresh.flr(moved).to_array())


def test_more_steps_than_are_remembered_are_undone(resection):
    plans = [resection.new_plan(WHOLE_LIVER)]
    for n in range(30):
        dab = Stroke((point(AT + np.array([0.5 * n - 7.5, 0.0, 0.0])),), 2.0, False)
        plans.append(plans[-1].then(dab))
    forth = [resection.flr(plan).count for plan in plans]
    back = [resection.flr(plan).count for plan in reversed(plans)]
    assert forth == back[::-1]
    assert sorted(set(forth), reverse=True) == forth


def test_a_remnant_cannot_be_written_to(resection):
    with pytest.raises(ValueError, match="read-only"):
        resection.remnant(resection.new_plan())[0, 0, 0] = True


def test_volumes_are_those_that_volumetry_gives(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(plane()).then(WedgeCut("Tumor_2", 3.0))
    found = resection.figures(plan, RULE)
    known = volumetry((SEGMENTS[0], remnant(resection.flr(plan)), *SEGMENTS[2:]), GRID, RULE)
    for name in (
        "flr_ml",
        "flr_percent_functional",
        "flr_percent_total",
        "resected_ml",
        "minimum_flr_percent",
        "minimum_rule",
        "adequate",
    ):
        assert getattr(found, name) == getattr(known, name)
    assert found.flr_ml > 0


def test_the_verdict_follows_the_rule(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(plane())
    percent = resection.figures(plan).flr_percent_functional
    assert resection.figures(plan, MinimumRule.chosen(percent)).adequate is True
    assert resection.figures(plan, MinimumRule.chosen(percent + 0.1)).adequate is False
    assert resection.figures(plan).adequate is None


def test_change_is_against_the_released_remnant(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(plane())
    found, known = resection.figures(plan), compare(resection.flr(plan), HALF)
    assert found.volume_change_ml == pytest.approx(known.volume_change_ml)
    assert found.dice == pytest.approx(known.dice)
    assert resection.compare_with_released(plan) == known


def test_the_released_remnant_is_no_different_from_itself(resection):
    found = resection.figures(resection.new_plan())
    assert (found.volume_change_ml, found.dice) == (0.0, 1.0)


def test_each_tumour_has_its_status(resection):
    found = resection.figures(resection.new_plan(WHOLE_LIVER).then(plane()))
    assert found.tumors(TumorStatus.SPECIMEN) == ("Tumor_1",)
    assert found.tumors(TumorStatus.REMNANT) == ("Tumor_2",)
    assert found.tumors(TumorStatus.CUT) == ()
    assert found.least_margin_mm == min(m.margin_mm for m in found.margins)
    assert found.least_margin_mm < 0


def test_a_tumour_left_behind_is_an_alarm_in_the_words_of_the_review(resection):
    plan = resection.new_plan(WHOLE_LIVER).then(plane())
    first = resection.figures(plan).findings[0]
    (known,) = tumors_in_remnant((SEGMENTS[3], remnant(resection.flr(plan))))
    assert first == known
    assert first.severity is Severity.ALARM


def codes(resection: Resection, plan: ResectionPlan) -> list[str]:
    return [finding.code for finding in resection.figures(plan).findings]


def test_a_plane_that_misses_the_liver_is_said(resection):
    plan = resection.new_plan().then(plane(500.0))
    assert codes(resection, plan) == ["tumor-in-remnant", "step-without-effect"]
    assert resection.figures(plan).dice == 1.0


def test_a_plane_that_removes_everything_is_said(resection):
    plan = resection.new_plan().then(plane(-500.0))
    found = resection.figures(plan, RULE)
    assert codes(resection, plan) == ["nothing-remains"]
    assert (found.flr_ml, found.flr_percent_functional, found.adequate) == (0.0, 0.0, False)
    assert found.dice == 0.0
    assert resection.compare_with_released(plan).hd95_mm is None


def test_a_whole_liver_is_said_to_be_one(resection):
    assert "nothing-resected" in codes(resection, resection.new_plan(WHOLE_LIVER))


def test_each_step_without_effect_is_numbered(resection):
    plan = resection.new_plan().then(plane(500.0)).then(plane()).then(plane())
    said = [f.message for f in resection.figures(plan).findings if "changes no" in f.message]
    assert [message.split(" (")[0] for message in said] == ["Step 1", "Step 3"]


def test_a_tumour_outside_the_liver_is_said_not_to_be_taken_out():
    outside = voxels(GRID, (0, 0, 0))
    resection = resection_of(LIVER, {"T": outside})
    (finding, *_) = resection.figures(resection.new_plan(WHOLE_LIVER).then(plane())).findings
    assert "lies outside the liver and is not taken out" in finding.message
    assert finding.severity is Severity.ALARM


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (ResectionPlan("P2"), "for patient P1|for patient P2, not for P1"),
        (ResectionPlan("P1", "9.9"), "CT series 9.9"),
        (ResectionPlan(start="1.2.840.9"), "starts from '1.2.840.9', which is not there"),
        (ResectionPlan(steps=(plane(), WedgeCut("Tumor_9"))), "step 2 of the plan.*'Tumor_9'"),
        (
            ResectionPlan(steps=(CurveCut(((0, 0, 0), (1, 1, 1), (2, 2, 2)), (9.0, 0, 0)),)),
            "step 1 of the plan: the curve's 3 points lie on a line",
        ),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(resection, plan, said):
    with pytest.raises(PlanError, match=said):
        resection.flr(plan)
    with pytest.raises(PlanError, match=said):
        resection.figures(plan)


def test_a_plan_that_failed_harms_no_other(resection):
    good = resection.new_plan().then(plane())
    before = resection.flr(good).count
    with pytest.raises(PlanError):
        resection.flr(good.then(WedgeCut("Tumor_9")))
    assert resection.flr(good).count == before


@pytest.mark.parametrize("segments", [(), (liver(Mask.empty(GRID)),), SEGMENTS[1:]])
def test_without_a_liver_nothing_is_cut(segments):
    with pytest.raises(ResectionError, match="P1 has no liver segment"):
        Resection.of_segments("P1", "1.2.3", segments)


def test_without_a_released_remnant_the_liver_can_be_cut():
    resection = Resection.of_segments("P1", "1.2.3", (SEGMENTS[0], *SEGMENTS[2:]))
    assert resection.starts == (WHOLE_LIVER,)
    plan = resection.new_plan(WHOLE_LIVER).then(plane())
    assert resection.figures(plan).dice is None
    assert resection.compare_with_released(plan) is None
    with pytest.raises(PlanError, match="'released', which is not there"):
        resection.flr(resection.new_plan())


def test_without_tumours_there_are_no_margins():
    resection = resection_of(LIVER, released=HALF)
    assert resection.figures(resection.new_plan()).margins == ()
    assert resection.figures(resection.new_plan()).least_margin_mm is None
    assert codes(resection, resection.new_plan().then(WedgeCut("*"))) == ["step-without-effect"]


def test_a_revision_can_be_started_from():
    smaller = HALF - ball(GRID, (7, 20, 18), 5.0)
    resection = Resection.of_segments("P1", "1.2.3", SEGMENTS, {"1.2.840.1": smaller})
    left = resection.flr(resection.new_plan("1.2.840.1"))
    assert np.array_equal(left.to_array(), smaller.to_array())


def test_a_released_remnant_keeps_what_it_has_outside_the_liver_until_it_is_cut_off():
    outside = voxels(GRID, (0, 0, 0), (13, 39, 35))
    resection = resection_of(LIVER, released=HALF | outside)
    untouched = resection.flr(resection.new_plan())
    assert np.array_equal(untouched.to_array(), (HALF | outside).to_array())
    left = resection.flr(resection.new_plan().then(plane())).to_array()
    assert left[0, 0, 0]
    assert not left[13, 39, 35]


def test_tumours_of_one_label_are_told_apart_by_their_numbers():
    twins = (SEGMENTS[0], tumor(1, NEAR), replace(tumor(2, FAR), label="Tumor_1"))
    resection = Resection.of_segments("P1", "1.2.3", twins)
    assert tuple(resection.tumors) == ("Tumor_1 (segment 5)", "Tumor_1 (segment 6)")


def test_volumes_are_exact_to_the_voxel():
    grid = grid_of((20, 20, 20), (0.8, 0.8, 5.0))
    inside = box(grid, (7, 7, 7), (4, 4, 4))
    resection = resection_of(block(grid), {"T": inside})
    found = resection.figures(
        resection.new_plan(WHOLE_LIVER).then(PlaneCut((0.0, 0.0, 5.0 * 11.5), (0.0, 0.0, -1.0)))
    )
    voxel_ml = 0.8 * 0.8 * 5.0 / 1000
    assert found.flr_ml == pytest.approx(18 * 18 * 7 * voxel_ml)
    assert found.resected_ml == pytest.approx(18 * 18 * 11 * voxel_ml)
    assert found.flr_percent_total == pytest.approx(100 * 7 / 18)
    assert found.flr_percent_functional == pytest.approx(100 * 18 * 18 * 7 / (18**3 - 64))
