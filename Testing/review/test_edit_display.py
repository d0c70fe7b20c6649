"""An edit in the scene: what is added, what it shows, and that nothing of it stays."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.resection import WHOLE_LIVER, PlaneCut
from CRLMExplorerLib.review.edit_display import EditDisplay
from CRLMExplorerLib.review.plane_preview import Surfaces
from review.redrawing import RIGHT, at, plane, voxels


@pytest.fixture
def opened(session):
    session.open("CRLM-CT-1001")
    return session


@pytest.fixture
def display(host, opened):
    return EditDisplay(host.scene, opened.display.ct_node)


@pytest.fixture
def told(display) -> list[str]:
    """What the display has told of the plane."""
    said: list[str] = []
    display.plane_moved.connect(lambda: said.append("moved"))
    display.plane_released.connect(lambda: said.append("released"))
    return said


def nodes(host) -> list[tuple[str, str]]:
    scene = host.scene
    found = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return [(node.GetClassName(), node.GetID()) for node in found]


def classes_since(host, before) -> list[str]:
    return sorted(name for name, _ in set(nodes(host)) - set(before))


def node_of(host, name: str):
    return host.scene.GetFirstNodeByClass(name)


def edited_node(host):
    return host.scene.GetFirstNodeByName("FLR edit")


def shown(host, session, name: str) -> np.ndarray:
    """A segment's labelmap, on the CT's grid."""
    volume = slicer.vtkOrientedImageData()
    edited_node(host).GetBinaryLabelmapRepresentation(name, volume)
    grid = session.case.ct.grid
    out = np.zeros(grid.shape_kji, dtype=bool)
    (i0, i1, j0, j1, k0, k1) = volume.GetExtent()
    for k in range(k0, k1 + 1):
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                out[k, j, i] = volume.GetScalarComponentAsDouble(i, j, k, 0) > 0
    matrix = slicer.vtkMRMLSliceNode().GetSliceToRAS()
    volume.GetImageToWorldMatrix(matrix)
    found = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
    assert np.allclose(found, grid.ijk_to_ras)
    return out


def masks(session, *columns: int) -> tuple[Mask, Mask]:
    grid = session.case.ct.grid
    remnant = Mask.from_array(grid, voxels(*columns))
    return remnant, Mask.from_array(grid, voxels(4, 44)) - remnant


def test_what_is_added_is_removed(host, opened):
    before = nodes(host)
    display = EditDisplay(host.scene, opened.display.ct_node)
    assert classes_since(host, before) == [
        "vtkMRMLSegmentationDisplayNode",
        "vtkMRMLSegmentationNode",
    ]
    display.show(*masks(opened, 20, 44))
    display.show_surfaces(Surfaces.of(*masks(opened, 20, 44)))
    display.show_plane(plane(opened, 20))
    display.show_plane(plane(opened, 22))
    assert classes_since(host, before) == [
        "vtkMRMLMarkupsPlaneDisplayNode",
        "vtkMRMLMarkupsPlaneNode",
        "vtkMRMLSegmentationDisplayNode",
        "vtkMRMLSegmentationNode",
    ]
    display.hide_plane()
    display.hide_plane()
    assert node_of(host, "vtkMRMLMarkupsPlaneNode") is None
    assert display.plane is None
    display.show_plane(plane(opened, 20))
    display.remove()
    assert nodes(host) == before


def test_labelmaps_are_the_masks(host, opened, display):
    for columns in ((34, 44), (10, 20), (5, 44)):
        remnant, specimen = masks(opened, *columns)
        display.show(remnant, specimen)
        assert np.array_equal(shown(host, opened, "Edited remnant"), remnant.to_array())
        assert np.array_equal(shown(host, opened, "Specimen"), specimen.to_array())


@pytest.mark.parametrize("columns", [(4, 44), (4, 4)])
def test_nothing_and_everything_can_be_shown(host, opened, display, columns):
    remnant, specimen = masks(opened, *columns)
    display.show(remnant, specimen)
    display.show_surfaces(Surfaces.of(remnant, specimen))
    for name, mask in (("Edited remnant", remnant), ("Specimen", specimen)):
        surface = edited_node(host).GetClosedSurfaceInternalRepresentation(name)
        drawn = surface is not None and surface.GetNumberOfPolys() > 0
        assert drawn is not mask.is_empty


def test_surfaces_follow_what_is_shown(host, opened, display):
    bounds = []
    for columns in ((24, 44), (34, 44)):
        display.show(*masks(opened, *columns))
        display.show_surfaces(Surfaces.of(*masks(opened, *columns)))
        surface = edited_node(host).GetClosedSurfaceInternalRepresentation("Edited remnant")
        x = surface.GetBounds()[:2]
        bounds.append(x[1] - x[0])
    assert bounds == pytest.approx([20 * 0.8, 10 * 0.8], abs=0.9)


def test_a_plane_is_shown_where_the_cut_lies_without_telling(opened, display, told):
    cut = PlaneCut(at(opened, 5, 20, 30), (1.0, 2.0, -2.0))
    display.show_plane(cut)
    point, normal = display.plane
    assert point == pytest.approx(cut.point_ras_mm)
    assert normal == pytest.approx((1 / 3, 2 / 3, -2 / 3))
    display.show_plane(plane(opened, 12))
    assert display.plane[1] == pytest.approx(RIGHT)
    assert told == []


def test_a_plane_that_is_dragged_is_told_of(host, opened, display, told):
    display.show_plane(plane(opened, 12))
    node = node_of(host, "vtkMRMLMarkupsPlaneNode")
    node.SetOriginWorld(*at(opened, 5, 20, 13))
    assert set(told) == {"moved"}
    assert display.plane[0] == pytest.approx(at(opened, 5, 20, 13))
    told.clear()
    node.SetNormalWorld(0.0, 1.0, 0.0)
    assert set(told) == {"moved"}
    node.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    assert told[-1] == "released"


def test_a_plane_that_is_dragged_back_is_told_of(host, opened, display, told):
    display.show_plane(plane(opened, 12))
    node = node_of(host, "vtkMRMLMarkupsPlaneNode")
    node.SetOriginWorld(*at(opened, 5, 20, 13))
    told.clear()
    node.SetOriginWorld(*at(opened, 5, 20, 12))
    assert set(told) == {"moved"}


def test_a_plane_whose_looks_change_has_not_moved(host, opened, display, told):
    display.show_plane(PlaneCut(at(opened, 5, 20, 12), (1.0, 2.0, 3.0)))
    node = node_of(host, "vtkMRMLMarkupsPlaneNode")
    node.Modified()
    node.SetName("Renamed")
    node.GetDisplayNode().SetOpacity(0.5)
    assert told == []


# What a plane would cut, while it is dragged


def previews(host) -> list:
    scene = host.scene
    found = [scene.GetNthNodeByClass(n, "vtkMRMLModelNode") for n in range(9)]
    return [node for node in found if node and node.GetName() == "Preview of the plane"]


@pytest.fixture
def dragged(host, opened):
    """An edit of the whole liver whose plane was dragged and is still held."""
    opened.editing.begin(WHOLE_LIVER)
    edit = opened.editing.edit
    edit.add(plane(opened, 20))
    node_of(host, "vtkMRMLMarkupsPlaneNode").SetOriginWorld(*at(opened, 5, 20, 30))
    return edit


def test_the_liver_is_clipped_on_both_sides_of_a_dragged_plane(host, opened, dragged):
    kept, taken, gone = previews(host)
    assert not edited_node(host).GetDisplayNode().GetVisibility3D()
    liver = edited_node(host)
    assert kept.GetPolyData() is taken.GetPolyData()
    x = kept.GetPolyData().GetBounds()[:2]
    assert x[1] - x[0] == pytest.approx(40 * 0.8, abs=0.9)
    assert gone.GetPolyData() is None or gone.GetPolyData().GetNumberOfPolys() == 0
    assert liver.GetClosedSurfaceInternalRepresentation("Edited remnant") is None
    clips = [model.GetDisplayNode().GetClipNode() for model in (kept, taken)]
    plane_node = node_of(host, "vtkMRMLMarkupsPlaneNode")
    assert [clip.GetNthClippingNode(0) for clip in clips] == [plane_node, plane_node]
    # The normal points to what is removed; Slicer shows the side that the state names.
    space = slicer.vtkMRMLClipNode
    states = [clip.GetNthClippingNodeState(0) for clip in clips]
    assert states == [space.ClipNegativeSpace, space.ClipPositiveSpace]
    assert all(model.GetDisplayNode().GetClipping() for model in (kept, taken))
    assert not gone.GetDisplayNode().GetClipping()


def test_the_preview_goes_when_the_hand_rests(host, opened, dragged):
    node_of(host, "vtkMRMLMarkupsPlaneNode").InvokeEvent(
        slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent
    )
    assert previews(host) == []
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLClipNode") == 0
    assert edited_node(host).GetDisplayNode().GetVisibility3D()
    surface = edited_node(host).GetClosedSurfaceInternalRepresentation("Edited remnant")
    assert surface.GetNumberOfPolys() > 0


def test_what_was_removed_before_the_plane_stays_removed(host, opened):
    opened.editing.begin(WHOLE_LIVER)
    edit = opened.editing.edit
    edit.add(plane(opened, 14))
    edit.add(plane(opened, 20))
    last = host.scene.GetFirstNodeByName("Transection plane")
    last.SetOriginWorld(*at(opened, 5, 20, 30))
    kept, _, gone = previews(host)
    widths = [np.diff(model.GetPolyData().GetBounds()[:2])[0] for model in (kept, gone)]
    assert widths == pytest.approx([30 * 0.8, 10 * 0.8], abs=0.9)


def test_a_preview_is_removed_with_the_edit(host, opened):
    before = nodes(host)
    opened.editing.begin(WHOLE_LIVER)
    opened.editing.edit.add(plane(opened, 20))
    node_of(host, "vtkMRMLMarkupsPlaneNode").SetOriginWorld(*at(opened, 5, 20, 30))
    assert previews(host)
    opened.editing.leave(keep=False)
    assert nodes(host) == before


def test_the_released_remnant_makes_room_in_3d_for_the_edited_one(opened):
    bulk = [s for s in opened.case.segments if s.label in ("Liver", "Liver Remnant")]
    assert [opened.look_of(segment).in_3d for segment in bulk] == [True, True]
    opened.editing.begin(WHOLE_LIVER)
    assert [opened.look_of(segment).in_3d for segment in bulk] == [False, False]
    opened.editing.leave(keep=False)
    assert [opened.look_of(segment).in_3d for segment in bulk] == [True, True]
