"""What a reader changes reaches the nodes in the scene, and closing leaves the scene as it was."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from CRLMExplorerLib.dicom.nodes import segment_id
from CRLMExplorerLib.review.display import Window


def node_ids(host) -> set[str]:
    scene = host.scene
    return {scene.GetNthNode(index).GetID() for index in range(scene.GetNumberOfNodes())}


@pytest.fixture
def slice_node(host):
    node = host.scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    node.SetOrientation("Axial")
    return node


@pytest.fixture
def crosshair(host):
    return host.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode") or host.scene.AddNode(
        slicer.vtkMRMLCrosshairNode()
    )


@pytest.fixture
def opened(session):
    session.open("CRLM-CT-1002")
    return session


def display_node(session):
    return session.display.dso_node.GetDisplayNode()


def center(slice_node) -> list[float]:
    return [slice_node.GetSliceToRAS().GetElement(row, 3) for row in range(3)]


def crosshair_at(crosshair) -> list[float]:
    return list(crosshair.GetCrosshairRAS())


def test_opening_adds_the_ct_and_the_dso_with_their_displays(session, host):
    before = node_ids(host)
    session.open("CRLM-CT-1001")
    assert node_ids(host) - before == {
        "vtkMRMLScalarVolumeNode1",
        "vtkMRMLScalarVolumeDisplayNode1",
        "vtkMRMLSegmentationNode1",
        "vtkMRMLSegmentationDisplayNode1",
    }
    segmentation = session.display.dso_node.GetSegmentation()
    assert segmentation.GetNumberOfSegments() == 6
    assert session.display.ct_node.GetImageData().GetDimensions() == (48, 48, 12)


def test_closing_removes_what_was_added(session, host):
    before = node_ids(host)
    session.open("CRLM-CT-1001")
    session.close()
    assert node_ids(host) == before
    assert (session.case, session.display) == (None, None)


def test_other_patients_take_the_place_of_the_open_one(session, host):
    session.open("CRLM-CT-1001")
    count = len(node_ids(host))
    for _ in range(5):
        session.open_next()
        assert len(node_ids(host)) == count
    assert session.case.patient_id == "CRLM-CT-1003"


def test_what_another_put_into_the_scene_stays(session, host):
    other = host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "other").GetID()
    session.open("CRLM-CT-1001")
    session.close()
    assert other in node_ids(host)


def test_surfaces_are_built_after_the_case_is_there(session):
    seen = []
    session.case_changed.connect(lambda: seen.append("case"))
    session.surfaces_built.connect(lambda: seen.append("surfaces"))
    session.open("CRLM-CT-1001")
    assert seen == ["case", "surfaces"]
    surface = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    segment = session.display.dso_node.GetSegmentation().GetSegment("Segment_1")
    assert segment.GetRepresentation(surface).GetNumberOfPoints() > 100


def test_a_look_reaches_the_display_node(opened):
    display = display_node(opened)
    assert display.GetSegmentVisibility("Segment_3")
    opened.change_look(3, visible=False, filled=False, opacity=0.65, in_3d=False)
    assert not display.GetSegmentVisibility("Segment_3")
    assert not display.GetSegmentVisibility2DFill("Segment_3")
    assert display.GetSegmentVisibility2DOutline("Segment_3")
    assert display.GetSegmentOpacity2DFill("Segment_3") == 0.65
    assert not display.GetSegmentVisibility3D("Segment_3")
    assert display.GetSegmentVisibility("Segment_4")
    opened.change_look(3, visible=True)
    assert display.GetSegmentVisibility("Segment_3")
    assert display.GetSegmentOpacity2DFill("Segment_3") == 0.65
    look = opened.look_of(opened.case.segments[2])
    assert (look.visible, look.filled, look.opacity, look.in_3d) == (True, False, 0.65, False)


def test_a_segment_that_is_not_there_cannot_be_changed(opened):
    with pytest.raises(KeyError, match="no segment 99"):
        opened.change_look(99, visible=False)


def test_all_segments_are_hidden_and_shown(opened):
    display = display_node(opened)
    ids = [segment_id(segment) for segment in opened.case.segments]
    seen = []
    opened.segments_changed.connect(lambda: seen.append(1))
    opened.show_all(False)
    assert not any(display.GetSegmentVisibility(name) for name in ids)
    opened.show_all(True)
    assert all(display.GetSegmentVisibility(name) for name in ids)
    assert len(seen) == 2


def test_the_window_reaches_the_volume_and_the_next_patient(opened):
    opened.set_window(Window.BONE)
    display = opened.display.ct_node.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (1800.0, 400.0)
    opened.open_next()
    display = opened.display.ct_node.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (1800.0, 400.0)
    assert not display.GetAutoWindowLevel()


def test_the_liver_and_abdomen_windows_are_those_radiologists_use():
    assert (Window.LIVER.width_hu, Window.LIVER.level_hu) == (150, 30)
    assert (Window.ABDOMEN.width_hu, Window.ABDOMEN.level_hu) == (400, 40)


def test_a_jump_centres_the_views(opened, slice_node, crosshair):
    opened.jump_to((11.0, -22.0, 33.0))
    assert center(slice_node) == [11.0, -22.0, 33.0]
    assert crosshair_at(crosshair) == [11.0, -22.0, 33.0]


def test_pointing_moves_the_slice_but_not_the_view(opened, slice_node, crosshair):
    before = center(slice_node)
    opened.point_at((11.0, -22.0, 33.0))
    assert center(slice_node) == [*before[:2], 33.0]
    assert crosshair_at(crosshair) == [11.0, -22.0, 33.0]


def test_a_jump_to_a_segment_lands_in_it(opened, slice_node):
    for segment in opened.case.segments:
        opened.jump_to_segment(segment.number)
        k, j, i = np.rint(opened.case.ct.grid.kji_of(center(slice_node))).astype(int)
        start = segment.mask.start_kji
        assert segment.mask.voxels[k - start[0], j - start[1], i - start[2]]


def test_jumps_go_from_tumour_to_tumour_and_around(opened, slice_node):
    seen = []
    for _ in range(3):
        opened.jump_to_next_tumor()
        seen.append(center(slice_node))
    first, second = (tumor.center_ras_mm for tumor in opened.case.volumetry.tumors)
    assert np.allclose(seen, [first, second, first])


def test_a_reader_starts_at_the_largest_tumour(opened, crosshair):
    opened.point_at_start()
    largest = max(opened.case.volumetry.tumors, key=lambda tumor: tumor.volume_ml)
    assert np.allclose(crosshair_at(crosshair), largest.center_ras_mm)
