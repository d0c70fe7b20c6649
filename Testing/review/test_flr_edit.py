"""An edit: every gesture changes plan and figures at once, and can be undone as one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from CRLMExplorerLib.resection import (
    EVERY_TUMOR,
    RELEASED,
    WHOLE_LIVER,
    KeepLargestIsland,
    PlaneCut,
    Resection,
    SphereCut,
    Stroke,
    WedgeCut,
)
from CRLMExplorerLib.review import ReviewSession
from review.redrawing import RIGHT, at, eraser, plane, remnant, voxels
from review.runners import HeldRunner

PATIENT = "CRLM-CT-1001"


@pytest.fixture
def edited(session):
    """The session, with an edit that begins from the released remnant."""
    session.open(PATIENT)
    session.editing.begin()
    return session


@pytest.fixture
def edit(edited):
    return edited.editing.edit


@pytest.fixture
def held() -> HeldRunner:
    return HeldRunner()


@pytest.fixture
def held_session(host, database, table, held) -> ReviewSession:
    """A session that works on when the test lets it, with an edit of the whole liver."""
    session = ReviewSession(host, database, table, held)
    session.open(PATIENT)
    run_all(held)
    session.editing.begin(WHOLE_LIVER)
    run_all(held)
    return session


def run_all(held: HeldRunner) -> None:
    while held.held:
        held.run()


def drag(session, *columns: float) -> None:
    """Move the plane's node as handles do."""
    node = plane_node(session)
    for column in columns:
        node.SetOriginWorld(*at(session, 5, 20, column))


def plane_node(session):
    return session._host.scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode")


def let_go(session) -> None:
    node = plane_node(session)
    node.InvokeEvent(node.PointEndInteractionEvent)


def steps(session) -> list[str]:
    return [type(step).__name__ for step in session.editing.edit.plan.steps]


# Steps


def test_a_new_edit_is_the_start_and_clean(edited, edit):
    assert (edit.plan.start, edit.plan.steps) == (RELEASED, ())
    assert (edit.history.can_undo, edit.history.can_redo, edit.is_dirty) == (False, False, False)
    assert np.array_equal(remnant(edited), voxels(34, 44))
    assert edit.comparison.dice == 1
    assert edit.comparison.hd95_mm == 0


def test_a_cut_changes_remnant_and_figures_at_once(edited, edit):
    edit.add(plane(edited, 38))
    assert np.array_equal(remnant(edited), voxels(38, 44))
    voxel_ml = edited.case.ct.grid.voxel_ml
    assert edit.figures.flr_ml == pytest.approx(8 * 40 * 6 * voxel_ml)
    assert edit.figures.volume_change_ml == pytest.approx(-8 * 40 * 4 * voxel_ml)
    assert edit.comparison.dice == pytest.approx(2 * 6 / (6 + 10))
    assert edit.is_dirty


def test_figures_are_those_of_a_resection_made_anew(edited, edit):
    edit.restart(WHOLE_LIVER)
    edit.add(WedgeCut(EVERY_TUMOR, 3.0))
    edit.add(plane(edited, 12))
    edit.draw(*eraser(edited))
    edit.rest()
    case = edited.case
    anew = Resection.of_segments(case.patient_id, case.ct.series_uid, case.segments)
    assert edit.figures == anew.figures(edit.plan, case.rule)
    assert edit.comparison == anew.compare_with_released(edit.plan)


def test_undo_redo_and_jump_go_through_every_state(edited, edit):
    cuts = [plane(edited, column) for column in (35, 36, 37, 38, 39, 40, 41)]
    for cut in cuts:
        edit.add(cut)
    first_columns = []
    while edit.history.can_undo:
        edit.undo()
        first_columns.append(int(np.argwhere(remnant(edited))[0, 2]))
    assert first_columns == [40, 39, 38, 37, 36, 35, 34]
    edit.undo()
    assert edit.history.position == 0
    edit.redo()
    assert edit.plan.steps == (cuts[0],)
    edit.jump(5)
    assert edit.plan.steps == tuple(cuts[:5])
    edit.add(KeepLargestIsland())
    edit.redo()
    assert edit.plan.steps == (*cuts[:5], KeepLargestIsland())


def test_a_step_in_the_middle_is_taken_out_and_put_back(edited, edit):
    edit.add(plane(edited, 40))
    edit.add(KeepLargestIsland())
    edit.remove_step(0)
    assert steps(edited) == ["KeepLargestIsland"]
    assert np.array_equal(remnant(edited), voxels(34, 44))
    edit.undo()
    assert np.array_equal(remnant(edited), voxels(40, 44))


# A curve by its points


@pytest.fixture
def curved(edited, edit):
    """An edit with a curve of four points in two slices, along column 38."""
    for k, j in ((4, 10), (4, 30), (7, 12), (7, 32)):
        edit.place_curve_point(at(edited, k, j, 38))
    return edit


def test_points_cut_as_soon_as_they_lie_in_two_slices(edited, edit):
    told = []
    edit.changed.connect(lambda: told.append(len(edit.curve_points_ras_mm)))
    for count, (k, j) in enumerate(((4, 10), (4, 20), (4, 30)), 1):
        edit.place_curve_point(at(edited, k, j, 38))
        assert (len(edit.curve_points_ras_mm), edit.plan.steps) == (count, ())
    assert told == [1, 2, 3]
    edit.place_curve_point(at(edited, 7, 12, 38))
    assert steps(edited) == ["CurveCut"]
    assert remnant(edited).sum() in (8 * 40 * 5, 8 * 40 * 6)


def test_a_point_is_moved_by_its_numbers(edited, curved):
    before = remnant(edited).sum()
    for index in range(4):
        x, y, z = curved.curve_points_ras_mm[index]
        curved.move_curve_point(index, (x + 0.8 * 2, y, z))
    assert remnant(edited).sum() == before + 2 * 8 * 40
    assert curved.plan.steps[-1].points_ras_mm == curved.curve_points_ras_mm
    for _ in range(4):
        curved.undo()
    assert remnant(edited).sum() == before


def test_a_point_in_the_middle_is_taken_away(edited, curved):
    points = curved.curve_points_ras_mm
    curved.drop_curve_point(1)
    assert curved.curve_points_ras_mm == (points[0], points[2], points[3])
    assert curved.plan.steps[-1].points_ras_mm == curved.curve_points_ras_mm
    curved.undo()
    assert curved.curve_points_ras_mm == points


def test_too_few_points_cut_nothing_but_stay(edited, curved):
    points = curved.curve_points_ras_mm
    curved.drop_curve_point()
    curved.drop_curve_point()
    assert (curved.curve_points_ras_mm, curved.plan.steps) == (points[:2], ())
    curved.place_curve_point(points[2])
    assert steps(edited) == ["CurveCut"]


def test_points_that_tell_no_surface_are_refused(edited, curved, complaints):
    points = curved.curve_points_ras_mm
    curved.drop_curve_point()
    curved.move_curve_point(2, at(edited, 4, 20, 38))
    assert len(complaints) == 1
    assert curved.curve_points_ras_mm == points[:3]
    assert curved.plan.steps[-1].points_ras_mm == points[:3]


def test_restarting_can_be_undone(edited, edit):
    edit.add(plane(edited, 38))
    edit.restart(WHOLE_LIVER)
    assert np.array_equal(remnant(edited), voxels(4, 44))
    edit.restart(RELEASED)
    edit.undo()
    edit.undo()
    assert np.array_equal(remnant(edited), voxels(38, 44))


def test_what_was_undone_whole_is_clean_again(edited, edit):
    edit.add(plane(edited, 38))
    edit.undo()
    assert not edit.is_dirty


# What cannot be done


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (WedgeCut("Tumor_9", 5.0), "no tumour segment 'Tumor_9'"),
        (WedgeCut("Liver", 5.0), "no tumour segment 'Liver'"),
    ],
)
def test_a_step_that_cannot_be_done_is_said_and_changes_nothing(
    edited, edit, complaints, step, said
):
    edit.add(plane(edited, 38))
    history = edit.history
    edit.add(step)
    assert edit.history is history
    assert len(complaints) == 1
    assert said in complaints[0]


def test_a_restart_from_what_is_not_there(edited, edit, complaints):
    edit.add(plane(edited, 38))
    edit.restart("1.2.3")
    assert steps(edited) == ["PlaneCut"]
    assert "'1.2.3', which is not there" in complaints[0]


@pytest.mark.parametrize("start", [RELEASED, WHOLE_LIVER])
def test_a_plan_that_removes_everything(edited, edit, complaints, start):
    edit.restart(start)
    edit.add(SphereCut(at(edited, 5, 20, 20), 1000.0))
    assert not remnant(edited).any()
    assert edit.figures.flr_ml == 0
    assert edit.figures.flr_percent_functional == 0
    assert edit.figures.findings[0].code == "nothing-remains"
    assert edit.comparison.dice == 0
    assert edit.comparison.hd95_mm is None
    edit.add(KeepLargestIsland())
    edit.draw(*eraser(edited))
    edit.rest()
    edit.undo()
    assert complaints == []


def test_a_plan_that_removes_nothing(edited, edit, complaints):
    edit.restart(WHOLE_LIVER)
    edit.add(plane(edited, -500))
    assert edit.figures.resected_ml == 0
    codes = {finding.code for finding in edit.figures.findings}
    assert {"nothing-resected", "step-without-effect", "tumor-in-remnant"} <= codes
    assert complaints == []


def test_a_point_that_is_none_leaves_the_edit_able_to_go_on(edited, edit, complaints):
    point, stroke = eraser(edited)
    edit.draw((math.nan, 0.0, 0.0), stroke)
    assert len(complaints) == 1
    edit.draw(point, stroke)
    edit.draw(point, stroke)
    edit.rest()
    assert steps(edited) == ["Stroke"]
    assert edit.history.position == 1


def test_a_first_movement_that_fails_does_not_take_the_place_of_a_state(edited, edit, complaints):
    edit.add(plane(edited, 36))
    edit.move_plane((math.inf, 0.0, 0.0), RIGHT)
    edit.move_plane(at(edited, 5, 20, 38), RIGHT)
    edit.rest()
    assert len(complaints) == 1
    edit.undo()
    assert edit.plan.steps == (plane(edited, 36),)


# The hand


def test_a_whole_drag_of_the_plane_is_undone_as_one(edited, edit):
    edit.add(plane(edited, 36))
    drag(edited, 36.5, 37, 38, 39, 40)
    let_go(edited)
    assert np.array_equal(remnant(edited), voxels(40, 44))
    assert edit.history.position == 2
    drag(edited, 41, 42)
    let_go(edited)
    assert edit.history.position == 3
    edit.undo()
    assert np.array_equal(remnant(edited), voxels(40, 44))
    edit.undo()
    assert edit.plan.steps == (plane(edited, 36),)


def test_the_plane_is_followed_once_a_turn_of_the_loop(held_session, held):
    edit = held_session.editing.edit
    edit.add(plane(held_session, 10))
    run_all(held)
    changes = []
    edit.changed.connect(lambda: changes.append(edit.figures.flr_ml))
    drag(held_session, 11, 12, 13, 14)
    assert len(held.held) == 1
    run_all(held)
    assert len(changes) == 1
    assert np.array_equal(remnant(held_session), voxels(14, 44))
    assert edit.comparison is None


def test_letting_go_before_the_last_movement_was_followed(held_session, held):
    edit = held_session.editing.edit
    edit.add(plane(held_session, 10))
    run_all(held)
    drag(held_session, 12)
    held.run()
    drag(held_session, 14)
    let_go(held_session)
    run_all(held)
    assert edit.history.position == 2
    assert np.array_equal(remnant(held_session), voxels(14, 44))
    assert edit.comparison is not None


def test_undo_before_a_movement_was_followed(held_session, held):
    edit = held_session.editing.edit
    edit.add(plane(held_session, 10))
    edit.add(KeepLargestIsland())
    edit.undo()
    run_all(held)
    drag(held_session, 14)
    edit.undo()
    run_all(held)
    assert (edit.history.position, edit.plan.steps) == (0, ())
    assert edit.history.can_redo


def test_distances_wait_until_the_hand_rests(edited, edit):
    edit.add(plane(edited, 36))
    edit.move_plane(at(edited, 5, 20, 37), RIGHT)
    assert edit.comparison is None
    edit.rest()
    assert edit.comparison.dice == pytest.approx(2 * 7 / (7 + 10))


def test_numbers_move_the_plane_that_is_shown(edited, edit):
    edit.add(plane(edited, 36))
    edit.move_plane(at(edited, 5, 20, 37), (0.0, 2.0, 0.0))
    edit.rest()
    node = plane_node(edited)
    assert node.GetOriginWorld() == pytest.approx(at(edited, 5, 20, 37))
    assert node.GetNormalWorld() == pytest.approx((0, 1, 0))
    assert edit.history.position == 2


def test_the_same_numbers_again_are_no_new_state(edited, edit):
    edit.add(plane(edited, 36))
    edit.move_plane(at(edited, 5, 20, 36), RIGHT)
    edit.rest()
    edit.move_plane(at(edited, 5, 20, 37), RIGHT)
    edit.rest()
    edit.undo()
    assert edit.plan.steps == (plane(edited, 36),)


def test_a_plane_that_is_not_last_cannot_be_moved(edited, edit):
    edit.move_plane(at(edited, 5, 20, 37), RIGHT)
    edit.add(plane(edited, 36))
    edit.add(KeepLargestIsland())
    edit.move_plane(at(edited, 5, 20, 37), RIGHT)
    assert edit.history.position == 2
    assert plane_node(edited) is None
    edit.undo()
    assert plane_node(edited).GetOriginWorld() == pytest.approx(at(edited, 5, 20, 36))


def test_a_stroke_is_one_state(edited, edit):
    point, stroke = eraser(edited)
    for i in (36, 37, 38):
        edit.draw(at(edited, 5, 20, i), stroke)
    edit.rest()
    (drawn,) = edit.plan.steps
    assert drawn.points_ras_mm == tuple(at(edited, 5, 20, i) for i in (36, 37, 38))
    assert not remnant(edited)[5, 20, 36:39].any()
    edit.draw(point, stroke)
    edit.rest()
    assert edit.history.position == 2
    edit.undo()
    edit.undo()
    assert np.array_equal(remnant(edited), voxels(34, 44))


def test_a_stroke_after_a_plane_that_was_not_let_go(edited, edit):
    edit.add(plane(edited, 36))
    edit.move_plane(at(edited, 5, 20, 37), RIGHT)
    edit.draw(*eraser(edited))
    edit.draw(*eraser(edited, 40))
    edit.rest()
    assert steps(edited) == ["PlaneCut", "Stroke"]
    assert edit.history.position == 3


def test_paint_stays_in_the_liver_and_changes_no_other_segment(edited, edit):
    before = {segment.number: segment.mask.to_array() for segment in edited.case.segments}
    edit.draw(at(edited, 2, 4, 43), Stroke(((0.0, 0.0, 0.0),), 30.0, adds=True))
    edit.rest()
    painted = remnant(edited)
    assert painted.sum() > voxels(34, 44).sum()
    assert not (painted & ~voxels(4, 44)).any()
    for segment in edited.case.segments:
        assert np.array_equal(segment.mask.to_array(), before[segment.number])


def test_rest_asked_for_often_is_done_once(held_session, held):
    built = []
    held_session.editing.surfaces_built.connect(lambda: built.append(1))
    for column in (10, 12, 14):
        held_session.editing.edit.add(plane(held_session, column))
    run_all(held)
    assert len(built) == 1


def test_an_edit_that_was_left_does_nothing_more(held_session, held, host, database):
    edit = held_session.editing.edit
    edit.add(plane(held_session, 10))
    drag(held_session, 12)
    held_session.editing.leave(keep=False)
    nodes = host.scene.GetNumberOfNodes()
    run_all(held)
    assert host.scene.GetNumberOfNodes() == nodes
    assert held_session.editing.pending is None
    held_session.open(PATIENT)
    run_all(held)
    assert held_session.editing.pending is None


def test_plane_cut_is_what_the_plan_says(edited, edit):
    edit.add(PlaneCut(at(edited, 5, 20, 36), (3.0, 0.0, 0.0)))
    drag(edited, 38)
    let_go(edited)
    (cut,) = edit.plan.steps
    assert cut.point_ras_mm == pytest.approx(at(edited, 5, 20, 38))
    assert cut.normal_ras == pytest.approx(RIGHT)
