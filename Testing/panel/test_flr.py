"""Redrawing the remnant in the panel: begin, cut by number and by hand, undo, and what it means."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import slicer

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.resection import (
    CurveCut,
    Hepatectomy,
    KeepLargestIsland,
    PlaneCut,
    RemoveSmallIslands,
    Smooth,
    SphereCut,
    WedgeCut,
    starting_cut,
)
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.remnants import resection_of
from panel.conftest import column
from panel.redrawing import begin, edit_of, end, node, rest

POINT_BOXES = ("flrPointRSpinBox", "flrPointASpinBox", "flrPointSSpinBox")
NORMAL_BOXES = ("flrNormalRSpinBox", "flrNormalASpinBox", "flrNormalSSpinBox")


@pytest.fixture(scope="module")
def resection(demo, case):
    """The patient's liver as the library cuts it by itself."""
    with CtkDatabase.open(demo.database) as database:
        return resection_of(database, case)


@pytest.fixture
def editor(reader):
    """A reader who has begun on the whole liver."""
    begin(reader)
    yield reader
    end(reader)
    rest(reader)


def middle(reader) -> tuple[float, float, float]:
    return tuple(round(mm, 1) for mm in reader.session.case.segments[0].mask.center_ras_mm())


def type_plane(reader, point, normal) -> None:
    for name, value in zip(POINT_BOXES + NORMAL_BOXES, (*point, *normal), strict=True):
        getattr(reader.ui, name).value = value
    reader.ui.flrSetPlaneButton.click()
    rest(reader)


def assert_shows(reader, resection, steps) -> None:
    """Plan and panel are what the library says of these steps on the whole liver."""
    edit = edit_of(reader)
    assert edit.plan.steps == tuple(steps)
    plan = dataclasses.replace(resection.new_plan("liver"), steps=tuple(steps))
    figures = resection.figures(plan, reader.session.case.rule)
    assert edit.figures == figures
    assert column(reader.ui.flrFiguresTable, 1) == [x.value for x in wording.figure_lines(figures)]
    margins = wording.margin_lines(figures)
    assert column(reader.ui.flrMarginsTable, 1) == [line.status for line in margins]
    assert column(reader.ui.flrMarginsTable, 2) == [line.margin for line in margins]
    compared = resection.compare_with_released(plan)
    assert reader.ui.flrChangeLabel.text == wording.comparison_sentence(compared)


def test_before_an_edit_there_are_starts_and_no_tools(reader):
    reader.ui.flrSection.collapsed = False
    box = reader.ui.flrStartComboBox
    titles = [box.itemText(index) for index in range(box.count)]
    assert titles[:2] == ["Released FLR", "Whole liver"]
    assert "Right hepatectomy (approximate)" in titles
    assert reader.ui.flrBeginFrame.visible and not reader.ui.flrEditFrame.visible
    assert not reader.ui.flrPendingFrame.visible


def test_the_whole_liver_leaves_tumours_and_that_cannot_be_missed(editor):
    rest(editor)
    assert editor.ui.flrEditFrame.visible and not editor.ui.flrBeginFrame.visible
    assert editor.ui.flrAlarmLabel.visible
    assert "Tumor_1" in editor.ui.flrAlarmLabel.text
    assert "#c62828" in editor.ui.flrAlarmLabel.styleSheet
    assert "tumour left" in editor.ui.flrVerdictLabel.text


def test_a_plane_by_number_gives_what_the_library_gives(editor, resection):
    type_plane(editor, middle(editor), (1, 0, 0))
    cut = PlaneCut(middle(editor), (1.0, 0.0, 0.0))
    assert_shows(editor, resection, [cut])
    type_plane(editor, middle(editor), (0.6, 0, 0.8))
    assert_shows(editor, resection, [PlaneCut(middle(editor), (0.6, 0.0, 0.8))])
    editor.ui.flrFlipPlaneButton.click()
    rest(editor)
    assert_shows(editor, resection, [PlaneCut(middle(editor), (-0.6, -0.0, -0.8))])


def test_a_dragged_plane_is_followed_and_its_numbers_are_shown(editor, resection):
    editor.ui.flrPlaneComboBox.setCurrentIndex(1)
    editor.ui.flrAddPlaneButton.click()
    rest(editor)
    plane = node("vtkMRMLMarkupsPlaneNode")
    r, a, s = plane.GetOriginWorld()
    before = column(editor.ui.flrFiguresTable, 1)
    plane.SetOriginWorld(r - 20, a, s)
    plane.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    rest(editor)
    assert column(editor.ui.flrFiguresTable, 1) != before
    (cut,) = edit_of(editor).plan.steps
    assert (*cut.point_ras_mm, *cut.normal_ras) == pytest.approx((r - 20, a, s, 1, 0, 0))
    assert_shows(editor, resection, [cut])
    assert editor.ui.flrPointRSpinBox.value == round(r - 20, 1)


def test_a_drag_is_not_computed_event_by_event(editor, monkeypatch):
    type_plane(editor, middle(editor), (1, 0, 0))
    plane = node("vtkMRMLMarkupsPlaneNode")
    computed = []
    figures = edit_of(editor).resection.figures

    def counted(plan, rule=None):
        computed.append(plan)
        return figures(plan, rule)

    monkeypatch.setattr(edit_of(editor).resection, "figures", counted)
    r, a, s = plane.GetOriginWorld()
    for step in range(50):
        plane.SetOriginWorld(r - step / 5, a, s)
    rest(editor)
    assert len(computed) == 1
    assert computed[0].steps[0].point_ras_mm[0] == pytest.approx(r - 49 / 5)


def test_a_plane_without_a_direction_is_refused_in_a_sentence(editor):
    type_plane(editor, (0, 0, 0), (0, 0, 0))
    assert "length 0" in editor.ui.flrNoteLabel.text
    assert edit_of(editor).plan.steps == ()


def test_a_hepatectomy_is_there_with_one_click_and_says_that_it_is_approximate(reader, resection):
    begin(reader, "RIGHT")
    rest(reader)
    start = starting_cut(Hepatectomy.RIGHT, reader.session.case.segments)
    assert reader.ui.flrNoteLabel.visible and "Approximate" in reader.ui.flrNoteLabel.text
    assert_shows(reader, resection, [start.cut])
    end(reader)


def test_points_placed_in_the_views_make_a_curve(editor, resection):
    editor.ui.flrToolTabs.setCurrentWidget(editor.ui.flrCurveTab)
    curve = editor.ui.flrCurvePlaceWidget.currentNode()
    assert curve.GetClassName() == "vtkMRMLMarkupsCurveNode"
    r, a, s = middle(editor)
    points = [
        (r, a - 30, s - 20),
        (r + 5, a + 30, s - 20),
        (r, a - 30, s + 20),
        (r, a + 30, s + 20),
    ]
    for point in points:
        curve.AddControlPointWorld(*point)
    rest(editor)
    steps = edit_of(editor).plan.steps
    assert [type(step) for step in steps] == [CurveCut]
    assert_shows(editor, resection, steps)
    assert np.allclose(steps[0].points_ras_mm, points)
    assert column(editor.ui.flrCurveTable, 0) == [f"{x:.1f}" for x, _, _ in points]

    editor.ui.flrCurveTable.item(1, 0).setText(f"{r - 5:.1f}")
    assert edit_of(editor).plan.steps[0].points_ras_mm[1][0] == pytest.approx(r - 5, abs=0.05)
    editor.ui.flrCurveTable.item(1, 0).setText("left")
    assert "“left” is not a number" in editor.ui.flrNoteLabel.text
    flr = edit_of(editor).figures.flr_ml
    editor.ui.flrFlipCurveButton.click()
    liver = edit_of(editor).figures.flr_ml + edit_of(editor).figures.resected_ml
    assert edit_of(editor).figures.flr_ml == pytest.approx(liver - flr, rel=0.02)
    editor.ui.flrDropPointButton.click()
    assert len(edit_of(editor).curve_points_ras_mm) == 3


def test_turning_away_from_the_curve_ends_its_placement(editor):
    editor.ui.flrToolTabs.setCurrentWidget(editor.ui.flrCurveTab)
    editor.ui.flrCurvePlaceWidget.setPlaceModeEnabled(True)
    editor.ui.flrToolTabs.setCurrentWidget(editor.ui.flrPlaneTab)
    assert not editor.ui.flrCurvePlaceWidget.placeModeEnabled
    assert editor.ui.flrCurvePlaceWidget.currentNode() is None


def test_wedges_take_tumours_out_with_a_margin(editor, resection):
    editor.ui.flrMarginSpinBox.value = 8
    editor.choose(editor.ui.flrWedgeComboBox, "Tumor_2")
    editor.ui.flrWedgeButton.click()
    rest(editor)
    assert_shows(editor, resection, [WedgeCut("Tumor_2", 8.0)])
    editor.choose(editor.ui.flrWedgeComboBox, "Every tumour")
    editor.ui.flrWedgeButton.click()
    rest(editor)
    assert_shows(editor, resection, [WedgeCut("Tumor_2", 8.0), WedgeCut("*", 8.0)])
    assert not editor.ui.flrAlarmLabel.visible or "lies" not in editor.ui.flrAlarmLabel.text
    assert set(column(editor.ui.flrMarginsTable, 1)) == {"specimen"}


def test_a_sphere_and_tidying_up_are_steps(editor):
    editor.session.point_at(middle(editor))
    editor.choose(editor.ui.flrWedgeComboBox, "Sphere at the crosshair")
    editor.ui.flrWedgeButton.click()
    for name in ("flrLargestButton", "flrSmoothButton", "flrIslandsButton"):
        getattr(editor.ui, name).click()
    rest(editor)
    assert [type(step) for step in edit_of(editor).plan.steps] == [
        SphereCut,
        KeepLargestIsland,
        Smooth,
        RemoveSmallIslands,
    ]


def test_steps_can_be_undone_redone_and_jumped_among(editor):
    ui, edit = editor.ui, edit_of(editor)
    edit.add(PlaneCut(middle(editor), (1.0, 0.0, 0.0)))
    ui.flrMarginSpinBox.value = 10
    editor.choose(ui.flrWedgeComboBox, "Every tumour")
    ui.flrWedgeButton.click()
    rest(editor)
    titles = [ui.flrStepsList.item(row).text() for row in range(ui.flrStepsList.count)]
    assert titles == ["Start: liver", "Plane", "Wedge of 10 mm around every tumour"]
    assert ui.flrStepsList.currentRow == 2 and not ui.flrRedoButton.enabled
    ui.flrUndoButton.click()
    assert len(edit.plan.steps) == 1
    editor.panel.shortcuts.keys["Ctrl+Z"].activated.emit()
    assert len(edit.plan.steps) == 0
    editor.panel.shortcuts.keys["Ctrl+Y in views"].activated.emit()
    assert len(edit.plan.steps) == 1
    rest(editor)
    assert ui.flrStepsList.currentRow == 1 and ui.flrRedoButton.enabled
    ui.flrStepsList.setCurrentRow(2)
    assert len(edit.plan.steps) == 2
    ui.flrRevertButton.click()
    assert (edit.plan.start, edit.plan.steps) == ("released", ())


def test_the_readers_own_minimum_holds_for_the_edit_too(editor):
    editor.ui.minimumSpinBox.value = 99.0
    type_plane(editor, middle(editor), (1, 0, 0))
    assert "99" in editor.ui.flrRuleLabel.text
    editor.ui.minimumSpinBox.value = 0.0
    rest(editor)
    assert "99" not in editor.ui.flrRuleLabel.text
