"""Plans survive JSON unchanged, and text that is no plan is refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from CRLMExplorerLib.resection import (
    WHOLE_LIVER,
    CurveCut,
    Drawing,
    KeepLargestIsland,
    PlaneCut,
    PlanError,
    RemoveSmallIslands,
    ResectionPlan,
    ScissorsCut,
    Smooth,
    Smoothing,
    SphereCut,
    Stroke,
    WedgeCut,
    plan_from_json,
    plan_to_json,
)
from CRLMExplorerLib.resection.dso_reference import DsoReference

A, B, C = (0.1, -2.0, 3.5), (1e-17, 1 / 3, -0.0), (4.0, 5.0, 6.0)

PLAN = ResectionPlan(
    "CRLM-CT-1004",
    "1.2.3",
    WHOLE_LIVER,
    (
        PlaneCut(A, C),
        CurveCut((A, B, C), (9.0, 9.0, 9.0)),
        WedgeCut("Tumor_1", 7.5),
        WedgeCut("*"),
        SphereCut(A, 12.0),
        Stroke((A, B), 4.0, True),
        Stroke((A,), 4.0, False, (0.0, 0.0, 1.0)),
        ScissorsCut((A, B, C), C, adds=True),
        Drawing("Paint", (1, 2, 3), (1, 1, 1), "eJxrAAAAgQCB", ""),
        KeepLargestIsland(),
        RemoveSmallIslands(0.5),
        Smooth(3.0, Smoothing.CLOSING),
    ),
    DsoReference("1.2.4", "1.2.5"),
)


@pytest.fixture
def content() -> dict:
    return json.loads(plan_to_json(PLAN))


def read(content) -> ResectionPlan:
    return plan_from_json(json.dumps(content))


@pytest.mark.parametrize("plan", [PLAN, ResectionPlan()])
def test_a_plan_comes_back_as_it_was(plan):
    assert plan_from_json(plan_to_json(plan)) == plan


def test_a_plan_of_the_first_days_names_no_dso(content):
    del content["start_dso"]
    assert read(content) == replace(PLAN, start_dso=None)


def test_the_same_plan_is_the_same_text():
    text = plan_to_json(PLAN)
    assert plan_to_json(plan_from_json(text)) == text


def test_a_plan_written_by_hand_may_leave_out_what_has_a_default():
    plan = plan_from_json(
        '{"format": "crlm-explorer-resection-plan", "version": 1, "start": "liver",'
        ' "steps": [{"kind": "wedge", "tumor": "*"}]}'
    )
    assert plan == ResectionPlan(start=WHOLE_LIVER, steps=(WedgeCut("*", 10.0),))


def test_whole_numbers_are_numbers(content):
    content["steps"] = [{"kind": "plane", "point_ras_mm": [1, 2, 3], "normal_ras": [1, 0, 0]}]
    assert read(content).steps == (PlaneCut((1.0, 2.0, 3.0), (1.0, 0.0, 0.0)),)


@pytest.mark.parametrize("length", [0, 1, 40, 200, -2])
def test_a_plan_that_is_cut_off_is_refused(length):
    with pytest.raises(PlanError, match="cut off"):
        plan_from_json(plan_to_json(PLAN)[:length])


@pytest.mark.parametrize("text", ["[]", "3", "null", '{"steps": []}', '"plan"'])
def test_other_json_is_refused(text):
    with pytest.raises(PlanError, match="no resection plan"):
        plan_from_json(text)


def test_a_deep_nest_is_refused():
    with pytest.raises(PlanError, match="nested too deeply"):
        plan_from_json("[" * 200_000)


@pytest.mark.parametrize(
    ("version", "said"), [(2, "newer than this program"), (0, "version 0"), ("1", "version '1'")]
)
def test_another_version_is_refused(content, version, said):
    content["version"] = version
    with pytest.raises(PlanError, match=said):
        read(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": None}, "start is None|lacks a start"),
        ({"start": 3}, "start is 3"),
        ({"start": ""}, "must start from"),
        ({"steps": {}}, "list of steps"),
        ({"patient_id": 1004}, "patient_id is 1004"),
        ({"reader": "me"}, "unknown fields: reader"),
        ({"start_dso": "1.2.4"}, "start_dso is '1.2.4': expected series_uid, sop_instance_uid"),
        ({"start_dso": {"series_uid": "1.2.4"}}, "start_dso lacks sop_instance_uid"),
        ({"start_dso": {"series_uid": 1, "sop_instance_uid": "1"}}, "series_uid is 1: expected"),
        ({"steps": ["plane"]}, "step 1 of the plan is 'plane'"),
        ({"steps": [{}]}, "of kind None"),
        ({"steps": [{"kind": ["plane"]}]}, "of kind"),
        ({"steps": [{"kind": "laser"}]}, "kind 'laser': expected one of plane"),
    ],
)
def test_a_plan_with_a_wrong_field_is_refused(content, change, said):
    with pytest.raises(PlanError, match=said):
        read({**content, **change})


PLANE = {"kind": "plane", "point_ras_mm": [0, 0, 0], "normal_ras": [1, 0, 0]}
WEDGE = {"kind": "wedge", "tumor": "Tumor_1", "margin_mm": 5}
STROKE = {"kind": "stroke", "points_ras_mm": [[0, 0, 0]], "radius_mm": 3, "adds": True}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (PLANE | {"normal_ras": [0, 0, 0]}, r"step 2 of the plan \(plane\).*length 0"),
        (PLANE | {"normal_ras": [float("nan"), 0, 0]}, "not finite"),
        (PLANE | {"normal_ras": [1, 0]}, "expected 3 numbers"),
        (PLANE | {"normal_ras": [1, 0, "0"]}, "normal_ras is '0': expected a number"),
        (PLANE | {"normal_ras": [1, 0, True]}, "normal_ras is True"),
        (PLANE | {"normal_ras": [10**400, 0, 0]}, "too large"),
        (PLANE | {"kept": True}, "unknown fields: kept"),
        ({"kind": "plane", "point_ras_mm": [0, 0, 0]}, "lacks normal_ras"),
        (WEDGE | {"margin_mm": -3}, "margin is -3 mm"),
        (WEDGE | {"margin_mm": None}, "expected a number"),
        (WEDGE | {"tumor": 1}, "tumor is 1: expected text"),
        (STROKE | {"adds": 1}, "adds is 1: expected true or false"),
        (STROKE | {"points_ras_mm": [1, 2, 3]}, "expected 3 numbers"),
        (STROKE | {"points_ras_mm": 7}, "expected a list of points"),
        ({"kind": "curve", "points_ras_mm": [[0, 0, 0]], "removed_ras_mm": [0, 0, 1]}, "1 points"),
        ({"kind": "smooth", "kernel_mm": 3, "method": "gaussian"}, "median, opening or closing"),
    ],
)
def test_a_step_that_is_wrong_is_named(content, step, said):
    content["steps"] = [PLANE, step]
    with pytest.raises(PlanError, match=said):
        read(content)
