"""What was drawn voxel by voxel: the same voxels again, in the liver only, and doubts are said."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import numpy as np
import pytest

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.resection import WHOLE_LIVER, Drawing, PlanError, describe
from resection.livers import GRIDS, liver_in, resection_of

GRID = GRIDS["anisotropic"]


def mask_of(array: np.ndarray) -> Mask:
    return Mask.from_array(GRID, array)


def random_mask(seed: int) -> Mask:
    return mask_of(np.random.default_rng(seed).random(GRID.shape_kji) < 0.3)


@pytest.mark.parametrize("seed", range(4))
def test_it_leads_from_one_remnant_to_the_other(seed):
    before, after = random_mask(seed), random_mask(seed + 10)
    added, removed = Drawing.between(before, after, "Paint").masks(GRID)
    was, is_ = before.to_array(), after.to_array()
    assert (added.to_array() == (is_ & ~was)).all()
    assert (removed.to_array() == (was & ~is_)).all()


def test_where_nothing_changed_there_is_none():
    assert Drawing.between(random_mask(1), random_mask(1), "Paint") is None
    assert Drawing.between(Mask.empty(GRID), Mask.empty(GRID), "Paint") is None


def test_a_plan_with_it_leaves_what_was_drawn_within_the_liver():
    liver = liver_in(GRID)
    resection = resection_of(liver)
    half = liver.to_array()
    half[:, : half.shape[1] // 2] = False
    wanted = half.copy()
    wanted[:, -12:] = True
    wanted[6] = False
    plan = resection.new_plan(WHOLE_LIVER).then(Drawing.between(liver, mask_of(half), "Scissors"))
    assert (resection.flr(plan).to_array() == half).all()
    plan = plan.then(Drawing.between(mask_of(half), mask_of(wanted), "Paint"))
    assert (resection.flr(plan).to_array() == (wanted & liver.to_array())).all()


def test_one_that_changes_nothing_any_more_is_told():
    liver = liver_in(GRID)
    resection = resection_of(liver)
    drawing = Drawing.between(liver, mask_of(liver.to_array() & random_mask(2).to_array()), "Erase")
    findings = resection.figures(
        resection.new_plan(WHOLE_LIVER).then(drawing).then(drawing)
    ).findings
    assert [f.code for f in findings if f.code == "step-without-effect"] == ["step-without-effect"]
    assert any("Step 2 (Erase, in the segment editor)" in f.message for f in findings)


def test_it_says_what_it_was_drawn_with_and_whether_by_hand():
    by_hand = Drawing.between(Mask.empty(GRID), random_mask(1), "Draw")
    computed = replace(by_hand, tool="Smoothing")
    assert describe(computed) == "Smoothing, in the segment editor"
    assert by_hand.is_by_hand and not computed.is_by_hand


def test_one_of_another_ct_is_refused():
    resection = resection_of(liver_in(GRID))
    drawing = Drawing.between(Mask.empty(GRID), random_mask(1), "Draw")
    plan = resection.new_plan(WHOLE_LIVER).then(replace(drawing, start_kji=(5, 5, 5)))
    with pytest.raises(PlanError, match="step 1 of the plan: the drawing is not of this CT"):
        resection.flr(plan)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start_kji": (-1, 0, 0)}, "expected indices of 0 or more"),
        ({"shape_kji": (0, 4, 4)}, "a voxel at least"),
        ({"added": "§"}, "cannot be read"),
        ({"added": base64.b64encode(b"no deflated bytes").decode()}, "cannot be read"),
        ({"removed": base64.b64encode(zlib.compress(b"12")).decode()}, "expected 4 bytes"),
        ({"added": base64.b64encode(zlib.compress(bytes(10**7))).decode()}, "expected 4 bytes"),
    ],
)
def test_what_makes_no_sense_is_refused(change, message):
    drawing = Drawing("Paint", (0, 0, 0), (2, 4, 4), "", "")
    with pytest.raises(PlanError, match=message):
        replace(drawing, **change)
