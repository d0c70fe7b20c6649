"""Slicer's segment editor on the remnant: within the liver, each stroke a step, gone afterwards."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from CRLMExplorerLib.resection import Drawing, PlaneCut, plan_from_json, plan_to_json
from panel.redrawing import REMNANT, begin, draw, edit_of, end, node, remnant, rest, shown


@pytest.fixture
def drawer(reader):
    """A reader who has cut the liver in two and opened the segment editor."""
    edit = begin(reader)
    r, a, s = reader.session.case.segments[0].mask.center_ras_mm()
    edit.add(PlaneCut((r, a, s), (1.0, 0.0, 0.0)))
    reader.ui.flrDrawSection.collapsed = False
    rest(reader)
    yield reader
    reader.ui.flrDrawSection.collapsed = True
    end(reader)


def voxels(reader, *others: np.ndarray) -> np.ndarray:
    """A cube of voxels in the specimen, near the transection."""
    specimen = edit_of(reader).resection.liver.to_array() & ~remnant(reader)
    k, j, i = np.argwhere(specimen)[len(np.argwhere(specimen)) // 2]
    cube = np.zeros_like(specimen)
    cube[k - 2 : k + 3, j - 6 : j + 7, i - 6 : i + 7] = True
    return cube


def other_segments(reader) -> dict[str, bytes]:
    """The voxels of the patient's own segmentation."""
    segmentation = reader.session.display.dso_node.GetSegmentation()
    return {
        segment_id: slicer.util.arrayFromSegmentInternalBinaryLabelmap(
            reader.session.display.dso_node, segment_id
        ).tobytes()
        for segment_id in segmentation.GetSegmentIDs()
    }


def test_the_editor_is_confined_to_the_liver_and_to_the_remnant(drawer):
    widget = drawer.panel.flr.editor.widget
    editor = widget.mrmlSegmentEditorNode()
    segmentation = editor.GetSegmentationNode()
    assert editor.GetMaskMode() == slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment
    assert editor.GetOverwriteMode() == slicer.vtkMRMLSegmentEditorNode.OverwriteNone
    assert editor.GetSelectedSegmentID() == REMNANT
    assert editor.GetSourceVolumeNode() is drawer.session.display.ct_node
    assert segmentation is not drawer.session.display.dso_node
    liver = edit_of(drawer).resection.liver.to_array()
    assert (shown(drawer, editor.GetMaskSegmentID()) == liver).all()
    assert not segmentation.GetDisplayNode().GetSegmentVisibility(editor.GetMaskSegmentID())
    assert not editor.GetSaveWithScene()
    assert not slicer.util.findChildren(widget, name="SegmentsTableResizableFrame")[0].visible
    assert widget.effectNameOrder()[:3] == ("Paint", "Draw", "Erase")
    assert not widget.unorderedEffectsVisible and not widget.undoEnabled


def test_a_stroke_becomes_a_step_of_the_plan(drawer):
    before, stroke, others = remnant(drawer), voxels(drawer), other_segments(drawer)
    drawer.panel.flr.editor.widget.setActiveEffectByName("Paint")
    draw(drawer, stroke)
    liver = edit_of(drawer).resection.liver.to_array()
    step = edit_of(drawer).plan.steps[-1]
    assert isinstance(step, Drawing) and step.tool == "Paint" and step.is_by_hand
    assert (remnant(drawer) == (before | (stroke & liver))).all()
    assert (shown(drawer) == remnant(drawer)).all()
    assert drawer.ui.flrStepsList.currentItem().text() == "Paint, in the segment editor"
    assert other_segments(drawer) == others
    plan = edit_of(drawer).plan
    assert plan_from_json(plan_to_json(plan)) == plan


def test_erasing_takes_away_and_undo_brings_back(drawer):
    before = remnant(drawer)
    stroke = np.roll(before, 3, axis=2) & before & np.roll(before, 3, axis=1)
    stroke[: stroke.shape[0] // 2] = False
    draw(drawer, stroke, erase=True)
    assert (remnant(drawer) == (before & ~stroke)).all()
    drawer.ui.flrUndoButton.click()
    rest(drawer)
    assert (remnant(drawer) == before).all() and (shown(drawer) == before).all()
    drawer.ui.flrRedoButton.click()
    rest(drawer)
    assert (shown(drawer) == (before & ~stroke)).all()


def test_what_is_drawn_outside_the_liver_does_not_stay(drawer):
    liver = edit_of(drawer).resection.liver.to_array()
    before = remnant(drawer)
    outside = np.zeros_like(liver)
    outside[:, :20, :20] = True
    assert not (outside & liver).any()
    draw(drawer, outside)
    assert len(edit_of(drawer).plan.steps) == 1
    assert (remnant(drawer) == before).all() and (shown(drawer) == before).all()
    draw(drawer, np.ones_like(liver))
    assert (remnant(drawer) == (liver | before)).all() and (shown(drawer) == (liver | before)).all()


def test_several_events_of_one_stroke_are_one_step(drawer):
    segmentation = node("vtkMRMLSegmentationNode", "FLR edit").GetSegmentation()
    draw(drawer, voxels(drawer))
    for _ in range(20):
        segmentation.InvokeEvent(segmentation.SourceRepresentationModified)
    rest(drawer)
    assert len(edit_of(drawer).plan.steps) == 2


def test_a_plane_that_is_dragged_meanwhile_is_no_drawing(drawer):
    plane = node("vtkMRMLMarkupsPlaneNode")
    r, a, s = plane.GetOriginWorld()
    plane.SetOriginWorld(r - 10, a, s)
    plane.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    rest(drawer)
    assert [type(step) for step in edit_of(drawer).plan.steps] == [PlaneCut]


def test_the_editor_is_there_only_while_the_reader_draws(drawer):
    widget = drawer.panel.flr.editor.widget
    segmentation = node("vtkMRMLSegmentationNode", "FLR edit").GetSegmentation()
    count = segmentation.GetNumberOfSegments()
    drawer.ui.flrDrawSection.collapsed = True
    rest(drawer)
    assert widget.mrmlSegmentEditorNode() is None and widget.segmentationNode() is None
    assert node("vtkMRMLSegmentEditorNode") is None
    assert segmentation.GetNumberOfSegments() == count - 1
    drawer.ui.flrDrawSection.collapsed = False
    rest(drawer)
    draw(drawer, voxels(drawer))
    assert isinstance(edit_of(drawer).plan.steps[-1], Drawing)


def test_the_next_edit_is_drawn_on_with_the_same_widget(drawer):
    widget = drawer.panel.flr.editor.widget
    end(drawer)
    assert node("vtkMRMLSegmentEditorNode") is None and widget.segmentationNode() is None
    begin(drawer, "released")
    assert drawer.panel.flr.editor.widget is widget
    assert widget.segmentationNode() is node("vtkMRMLSegmentationNode", "FLR edit")
