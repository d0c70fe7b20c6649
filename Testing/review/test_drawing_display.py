"""The remnant in the segment editor's hands: confined to the liver, told of, and taken back."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from CRLMExplorerLib.dicom.nodes import WrongLabelmap, labelmap_of, mask_of_labelmap
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.resection import WHOLE_LIVER, CurveCut, Drawing
from review.redrawing import at, plane, remnant, voxels

REMNANT = "Edited remnant"


@pytest.fixture
def edited(session):
    """The session, with an edit of half a liver that is in the editor's hands."""
    session.open("CRLM-CT-1001")
    session.editing.begin(WHOLE_LIVER)
    session.editing.edit.add(plane(session, 24))
    return session


@pytest.fixture
def editor_node(edited):
    return edited.editing.edit.begin_drawing()


def paint(session, editor_node, array: np.ndarray) -> None:
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    logic.SetBinaryLabelmapToSegment(
        labelmap_of(Mask.from_array(session.case.ct.grid, array)),
        editor_node.GetSegmentationNode(),
        REMNANT,
        logic.MODE_MERGE_MAX,
    )


def box(columns: slice) -> np.ndarray:
    array = np.zeros((12, 48, 48), dtype=bool)
    array[3:5, 10:20, columns] = True
    return array


def test_what_is_painted_is_a_step_with_the_effects_name(edited, editor_node):
    before = remnant(edited)
    editor_node.SetActiveEffectName("Paint")
    paint(edited, editor_node, box(slice(5, 30)))
    step = edited.editing.edit.plan.steps[-1]
    assert isinstance(step, Drawing) and step.tool == "Paint"
    assert (remnant(edited) == (before | box(slice(5, 30)))).all()
    edited.editing.edit.undo()
    assert (remnant(edited) == before).all()


def test_what_is_painted_outside_the_liver_is_taken_back(edited, editor_node):
    before = remnant(edited)
    paint(edited, editor_node, box(slice(0, 3)))
    assert len(edited.editing.edit.plan.steps) == 1
    labelmap = slicer.vtkOrientedImageData()
    editor_node.GetSegmentationNode().GetBinaryLabelmapRepresentation(REMNANT, labelmap)
    assert (mask_of_labelmap(labelmap, edited.case.ct.grid).to_array() == before).all()


def test_the_editor_is_confined_again_after_it_chose_otherwise(edited, editor_node):
    mask_id = editor_node.GetMaskSegmentID()
    editor_node.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere)
    editor_node.SetSelectedSegmentID("Specimen")
    editor_node.SetOverwriteMode(editor_node.OverwriteAllSegments)
    edited.editing.edit.confine_drawing()
    inside = slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment
    assert (editor_node.GetMaskMode(), editor_node.GetMaskSegmentID()) == (inside, mask_id)
    assert editor_node.GetSelectedSegmentID() == REMNANT
    assert editor_node.GetOverwriteMode() == editor_node.OverwriteNone


def test_taken_back_it_is_not_drawn_on_any_more(edited, editor_node, host):
    edited.editing.edit.end_drawing()
    assert host.scene.GetFirstNodeByClass("vtkMRMLSegmentEditorNode") is None
    segmentation = host.scene.GetFirstNodeByName("FLR edit")
    assert tuple(segmentation.GetSegmentation().GetSegmentIDs()) == (REMNANT, "Specimen")


def test_a_session_that_closes_takes_the_editors_node_along(edited, editor_node, host):
    told = []
    edited.editing.leaving.connect(lambda: told.append(edited.editing.edit))
    edited.close()
    assert host.scene.GetFirstNodeByClass("vtkMRMLSegmentEditorNode") is None
    assert len(told) == 1 and told[0] is not None


def test_a_labelmap_on_other_voxels_is_refused(edited):
    labelmap = labelmap_of(edited.case.segments[0].mask)
    labelmap.SetSpacing(1, 1, 1)
    labelmap.SetOrigin(0, 0, 0)
    with pytest.raises(WrongLabelmap, match="the CT's voxels"):
        mask_of_labelmap(labelmap, edited.case.ct.grid)


def test_a_labelmap_larger_than_the_ct_is_cropped(edited):
    mask = edited.case.segments[0].mask
    labelmap = labelmap_of(mask)
    padded = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.PadImageToContainImage(
        labelmap, labelmap, padded, (-5, 60) * 3
    )
    back = mask_of_labelmap(padded, edited.case.ct.grid)
    assert back.start_kji == mask.start_kji and (back.voxels == mask.voxels).all()


def test_put_down_there_is_nothing_to_drag_and_taken_in_hand_it_is_back(edited, host):
    edit, scene = edited.editing.edit, host.scene
    edit.place_curve_point(at(edited, 3, 10, 20))
    edit.begin_drawing()
    edit.put_down()
    for class_name in ("MarkupsPlane", "MarkupsCurve", "SegmentEditor"):
        assert scene.GetFirstNodeByClass(f"vtkMRML{class_name}Node") is None
    edit.undo()
    edit.redo()
    assert scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode") is None
    edit.take_in_hand()
    assert scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode").GetOriginWorld()
    assert len(edit.curve_points_ras_mm) == 1


def test_points_placed_in_the_scene_make_a_curve(edited):
    edit = edited.editing.edit
    node = edit.curve_to_place()
    assert node is edit.curve_to_place()
    points = [at(edited, 3, 5, 20), at(edited, 3, 40, 20), at(edited, 8, 5, 20)]
    for point in points:
        node.AddControlPointWorld(*point)
    (_, cut) = edit.plan.steps
    assert isinstance(cut, CurveCut)
    assert np.allclose(cut.points_ras_mm, points)
    node.AddControlPointWorld(*at(edited, 8, 40, 22))
    assert len(edit.plan.steps[-1].points_ras_mm) == 4
    node.RemoveNthControlPoint(3)
    assert len(edit.plan.steps[-1].points_ras_mm) == 3


def test_a_plane_can_be_flipped(edited):
    before = remnant(edited)
    edited.editing.edit.flip_plane()
    after = remnant(edited)
    liver = voxels(4, 44)
    # The voxels on the plane itself belong to the remnant on either side.
    assert ((before | after) == liver).all() and (before & after).sum() <= liver.sum() / 40


def test_another_minimum_holds_at_once_and_for_the_next_edit(edited):
    edited.set_minimum(99.0)
    assert edited.editing.edit.figures.minimum_flr_percent == 99
    edited.editing.leave(keep=False)
    edited.editing.begin(WHOLE_LIVER)
    assert edited.editing.edit.figures.minimum_flr_percent == 99
