"""CT and DSO as MRML nodes: the same voxels at the same places, with codes, colours and tags."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from CRLMExplorerLib.anatomy import Coded
from CRLMExplorerLib.dicom.nodes import (
    add_ct_node,
    add_dso_node,
    labelmap_of,
    segment_id,
    terminology_of,
)
from CRLMExplorerLib.dicom.segmentation import Dso, read_dso
from CRLMExplorerLib.dicom.volume import read_ct
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.phantom import PhantomSegment, PropertyCodes, write_dso
from dicom.small_ct import DIRECTIONS_LPS, SHAPE, SHARED, ct_files, grid_of, moved
from dicom.small_dso import blocks

SPLEEN = PropertyCodes(
    Coded("123037004", "SCT", "Anatomical Structure"),
    Coded("78961009", "SCT", "Spleen"),
    modifier=Coded("7771000", "SCT", "Left"),
    region=Coded("818983003", "SCT", "Abdomen"),
)


@pytest.fixture(params=["supine", "prone", "oblique"])
def files(request, tmp_path) -> list[Path]:
    return ct_files(tmp_path / "ct", grid_of(DIRECTIONS_LPS[request.param]))


@pytest.fixture
def masks() -> list[np.ndarray]:
    masks = blocks(5)
    masks[2][:] = False
    return masks


@pytest.fixture
def dso(tmp_path, files, ct, masks) -> Dso:
    labels = ["Liver", "Liver Remnant", "Hepatic", "Tumor_1"]
    segments = [PhantomSegment(label, mask) for label, mask in zip(labels, masks, strict=False)]
    segments.append(PhantomSegment("Milz", masks[4], codes=SPLEEN, color=(10, 200, 30)))
    return read_dso(write_dso(tmp_path / "dso.dcm", files, segments), ct)


@pytest.fixture
def host() -> HeadlessHost:
    return HeadlessHost()


@pytest.fixture
def ct_node(host, ct):
    return add_ct_node(host.scene, ct, "CT")


@pytest.fixture
def dso_node(host, dso, ct_node):
    return add_dso_node(host.scene, dso, ct_node, "DSO")


def voxels_of(node) -> np.ndarray:
    image = node.GetImageData()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def matrix_of(node) -> np.ndarray:
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def mask_in(dso_node, identifier: str, shape: tuple[int, ...]) -> np.ndarray:
    """A segment's voxels on the CT's grid, by its labelmap's own image-to-world matrix."""
    labelmap = slicer.vtkOrientedImageData()
    assert dso_node.GetBinaryLabelmapRepresentation(identifier, labelmap)
    out = np.zeros(shape, dtype=bool)
    i0, i1, j0, j1, k0, k1 = labelmap.GetExtent()
    if i1 >= i0:
        values = vtk_to_numpy(labelmap.GetPointData().GetScalars())
        box = out[k0 : k1 + 1, j0 : j1 + 1, i0 : i1 + 1]
        box[:] = values.reshape(box.shape) > 0
    return out


def tag_of(segment, name: str) -> str:
    text = reference("")
    assert segment.GetTag(name, text), name
    return str(text.get())


def triple(entry) -> tuple[str, str, str]:
    return entry.GetCodeValue(), entry.GetCodingSchemeDesignator(), entry.GetCodeMeaning()


def test_volume_node_has_the_ct_s_voxels_and_places(ct, ct_node):
    assert np.array_equal(voxels_of(ct_node), ct.hu)
    assert np.allclose(matrix_of(ct_node), ct.grid.ijk_to_ras, atol=1e-9)
    bounds = [0.0] * 6
    ct_node.GetRASBounds(bounds)
    corners = ct.grid.ras_of(np.array(list(np.ndindex(2, 2, 2))) * np.array(SHAPE) - 0.5)
    assert np.allclose(bounds[::2], corners.min(axis=0), atol=1e-6)
    assert np.allclose(bounds[1::2], corners.max(axis=0), atol=1e-6)


def test_volume_node_keeps_gantry_tilt(tmp_path, host):
    files = ct_files(tmp_path / "tilted")
    for k, file in enumerate(files):
        moved(file, (-12.5, 33.25 + 2.0 * k, -101.0 + 5.0 * k))
    ct = read_ct(files)
    assert np.allclose(matrix_of(add_ct_node(host.scene, ct, "CT")), ct.grid.ijk_to_ras)


def test_volume_node_shares_the_ct_s_memory_and_keeps_it_alive(tmp_path, host):
    ct = read_ct(ct_files(tmp_path / "more"))
    node = add_ct_node(host.scene, ct, "CT")
    assert np.shares_memory(voxels_of(node), ct.hu)
    expected = ct.hu.copy()
    del ct
    gc.collect()
    overwriting = [np.full(SHAPE, 7, dtype=np.int16) for _ in range(1000)]
    assert np.array_equal(voxels_of(node), expected)
    assert len(overwriting) == 1000


def test_volume_node_chooses_no_window_by_itself(ct, ct_node):
    assert not ct_node.GetDisplayNode().GetAutoWindowLevel()
    uids = ct_node.GetAttribute("DICOM.instanceUIDs").split()
    assert uids == list(ct.sop_instance_uids)


def test_segmentation_node_has_every_segment_by_number(dso, dso_node):
    segmentation = dso_node.GetSegmentation()
    assert [segmentation.GetNthSegmentID(n) for n in range(5)] == [
        f"Segment_{n}" for n in range(1, 6)
    ]
    names = [segmentation.GetNthSegment(n).GetName() for n in range(5)]
    assert names == ["Liver", "Liver Remnant", "Hepatic", "Tumor_1", "Milz"]
    assert dso_node.GetAttribute("DICOM.instanceUIDs") == dso.sop_instance_uid


def test_masks_come_back_from_the_node_with_overlaps(dso, dso_node, masks):
    for segment, mask in zip(dso.segments, masks, strict=True):
        assert np.array_equal(mask_in(dso_node, segment_id(segment), SHAPE), mask)
    assert dso_node.GetSegmentation().GetNumberOfLayers() == 5


def test_segment_voxels_lie_in_ras_where_the_grid_says(ct, dso, dso_node):
    labelmap = slicer.vtkOrientedImageData()
    dso_node.GetBinaryLabelmapRepresentation("Segment_4", labelmap)
    to_world = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(to_world)
    k, j, i = dso.segments[3].mask.start_kji
    assert labelmap.GetExtent()[::2] == (i, j, k)
    assert np.allclose(to_world.MultiplyPoint((i, j, k, 1))[:3], ct.grid.ras_of([k, j, i]))


def test_reference_geometry_is_the_ct_s(ct, dso_node, ct_node):
    text = dso_node.GetSegmentation().GetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    )
    image = slicer.vtkOrientedImageData()
    assert slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False)
    to_world = vtkMatrix4x4()
    image.GetImageToWorldMatrix(to_world)
    values = [[to_world.GetElement(i, j) for j in range(4)] for i in range(4)]
    assert np.allclose(values, ct.grid.ijk_to_ras, atol=1e-5)
    assert image.GetDimensions() == SHAPE[::-1]
    name = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert dso_node.GetNodeReference(name) is ct_node


def test_codes_come_back_from_the_terminology_tag(dso, dso_node):
    for n, segment in enumerate(dso.segments):
        vtk_segment = dso_node.GetSegmentation().GetNthSegment(n)
        text = tag_of(vtk_segment, vtk_segment.GetTerminologyEntryTagName())
        assert text == terminology_of(segment)
        entry = slicer.vtkSlicerTerminologyEntry()
        logic = slicer.vtkSlicerTerminologiesModuleLogic
        assert logic.DeserializeTerminologyEntry(text, entry)
        pairs = {
            entry.GetCategoryObject(): segment.category,
            entry.GetTypeObject(): segment.property_type,
            entry.GetTypeModifierObject(): segment.modifier,
            entry.GetRegionObject(): segment.region,
            entry.GetRegionModifierObject(): segment.region_modifier,
        }
        for found, code in pairs.items():
            expected = (code.value, code.scheme, code.meaning) if code else (None, None, None)
            assert tuple(value or None for value in triple(found)) == expected
    assert dso.segments[3].region == Coded("10200004", "SCT", "Liver")
    assert dso.segments[4].modifier == Coded("7771000", "SCT", "Left")


def test_meanings_with_slicer_s_separators_do_not_break_the_entry(dso):
    meaning = Coded("10200004", "SCT", "Liver ~ left^lobe")
    text = terminology_of(replace(dso.segments[0], property_type=meaning))
    entry = slicer.vtkSlicerTerminologyEntry()
    assert slicer.vtkSlicerTerminologiesModuleLogic.DeserializeTerminologyEntry(text, entry)
    assert triple(entry.GetTypeObject()) == ("10200004", "SCT", "Liver   left lobe")


def test_tags_and_colors_come_with_each_segment(dso, dso_node):
    tumor, spleen = (dso_node.GetSegmentation().GetNthSegment(n) for n in (3, 4))
    assert tag_of(tumor, "DICOM.SegmentNumber") == "4"
    assert tag_of(tumor, "DICOM.SegmentAlgorithmType") == "SEMIAUTOMATIC"
    assert tag_of(tumor, "DICOM.SegmentAlgorithmName") == "CRLM Explorer phantom"
    assert tag_of(tumor, "DICOM.TrackingID") == "Tumor_1"
    assert tag_of(tumor, "DICOM.TrackingUID") == dso.segments[3].tracking_uid
    assert tag_of(tumor, "CRLM.Role") == "Tumor"
    assert tag_of(spleen, "CRLM.Role") == "Other"
    assert np.abs(np.array(spleen.GetColor()) * 255 - (10, 200, 30)).max() <= 2


def test_surfaces_lie_on_their_segments_and_an_empty_one_has_none(ct, dso, dso_node):
    # smoothing, which is on by default, shrinks a segment as small as these
    dso_node.GetSegmentation().SetConversionParameter("Smoothing factor", "0.0")
    assert dso_node.CreateClosedSurfaceRepresentation()
    for segment in dso.segments:
        surface = vtkPolyData()
        dso_node.GetClosedSurfaceRepresentation(segment_id(segment), surface)
        if segment.mask.is_empty:
            assert surface.GetNumberOfPoints() == 0
            continue
        kji = np.argwhere(segment.mask.to_array())
        ras_to_ijk = np.linalg.inv(ct.grid.ijk_to_ras)
        points = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
        points_kji = (points @ ras_to_ijk[:3, :3].T + ras_to_ijk[:3, 3])[:, ::-1]
        assert np.allclose(points_kji.min(axis=0), kji.min(axis=0) - 0.5, atol=0.01)
        assert np.allclose(points_kji.max(axis=0), kji.max(axis=0) + 0.5, atol=0.01)


def test_edits_of_the_node_do_not_reach_the_dso(dso, dso_node, masks):
    labelmap = (
        dso_node.GetSegmentation()
        .GetNthSegment(0)
        .GetRepresentation(slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName())
    )
    vtk_to_numpy(labelmap.GetPointData().GetScalars())[:] = 0
    assert np.array_equal(dso.segments[0].mask.to_array(), masks[0])


def test_masks_stay_when_the_dso_is_gone(tmp_path, files, host, ct, ct_node, masks):
    file = write_dso(tmp_path / "more.dcm", files, [PhantomSegment("Liver", masks[0])])
    dso = read_dso(file, ct)
    node = add_dso_node(host.scene, dso, ct_node, "DSO")
    del dso
    gc.collect()
    assert np.array_equal(mask_in(node, "Segment_1", SHAPE), masks[0])


def test_labelmap_of_an_empty_mask_has_no_extent_but_the_geometry(ct):
    labelmap = labelmap_of(Mask.empty(ct.grid))
    assert labelmap.IsEmpty()
    to_world = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(to_world)
    assert np.allclose(to_world.MultiplyPoint((0, 0, 0, 1))[:3], ct.grid.ras_of([0, 0, 0]))


def test_scene_can_be_cleared_and_filled_again(host, ct, dso):
    for _ in range(2):
        node = add_dso_node(host.scene, dso, add_ct_node(host.scene, ct, "CT"), "DSO")
        assert node.GetSegmentation().GetNumberOfSegments() == 5
        host.scene.Clear(False)
        assert host.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


@pytest.mark.shared
def test_real_patient_comes_back_from_the_scene(host):
    ct = read_ct(sorted((SHARED / "CRLM-CT-1004/ct").iterdir()))
    dso = read_dso(SHARED / "CRLM-CT-1004/seg.dcm", ct)
    node = add_dso_node(host.scene, dso, add_ct_node(host.scene, ct, "CT"), "DSO")
    counts = [mask_in(node, segment_id(s), ct.grid.shape_kji).sum() for s in dso.segments]
    assert counts == [402012, 393508, 5299, 4223, 203, 165]
