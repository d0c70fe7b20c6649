"""The DSO as Slicer's own loader reads it, and what the panel says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkIdList

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.phantom import write_ct
from dicom.small_ct import DIRECTIONS_LPS, SHAPE, grid_of, noise_hu
from dicom.small_dso import blocks, dcmqi_dso, highdicom_dso
from panel.conftest import SCREENSHOTS, Reader, running
from panel.test_scene import ids_of_nodes
from slicer_desktop.desktop import Desktop
from slicer_desktop.dicom_plugins import DICOMSegmentationPluginClass

NAME = "DICOMSegmentationPlugin"
PATIENTS = {"OVERLAPS": "oblique", "EMPTY-SEGMENT": "supine"}


def write_patients(folder: Path) -> None:
    """One with four segments that overlap, on a tilted CT; one whose second segment is empty."""
    files = {
        name: write_ct(folder / name, noise_hu(), grid_of(DIRECTIONS_LPS[directions]), name)
        for name, directions in PATIENTS.items()
    }
    labels = ("Liver", "Liver Remnant", "Tumor_1", "Tumor_2")
    boxes = dict(zip(labels, blocks(4), strict=True))
    dcmqi_dso(folder / "overlaps.dcm", files["OVERLAPS"], boxes)
    first, third = blocks(2)
    pixels = np.zeros((*SHAPE, 4), dtype=np.uint8)
    pixels[..., 0], pixels[..., 2], pixels[..., 3] = first, third, np.roll(first, 6, axis=2)
    highdicom_dso(folder / "empty.dcm", files["EMPTY-SEGMENT"], pixels, "BINARY", segments=4)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader with those two patients."""
    folder = tmp_path_factory.mktemp("loader")
    write_patients(folder / "dicom")
    with CtkDatabase.create(folder / "database") as database:
        import_files([folder / "dicom"], database)
    for desktop in running(Desktop(folder, folder / "database")):
        yield Reader(desktop)


@pytest.fixture
def with_overlaps(reader: Reader) -> Reader:
    reader.open("OVERLAPS")
    return reader


@pytest.fixture
def plugins(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> dict[str, type]:
    """Slicer's plugins, for one test to change."""
    own = dict(slicer.modules.dicomPlugins)
    monkeypatch.setattr(slicer.modules, "dicomPlugins", own)
    return own


def tree() -> str:
    """What is filed in the subject hierarchy, all levels."""
    node = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    items = vtkIdList()
    node.GetItemChildren(node.GetSceneItemID(), items, True)
    found = [items.GetId(index) for index in range(items.GetNumberOfIds())]
    return "\n".join(f"{i} {node.GetItemParent(i)} {node.GetItemName(i)}" for i in found)


def test_overlapping_segments_agree_to_the_voxel_and_the_scene_is_as_before(with_overlaps):
    reader = with_overlaps
    before = ids_of_nodes(), tree()
    reader.ui.checkLoaderButton.click()
    assert reader.ui.loaderLabel.text == ("Slicer's loader agrees to the voxel in all 4 segments.")
    assert (ids_of_nodes(), tree()) == before
    reader.desktop.settle()
    assert reader.session.case is not None


def views() -> dict[str, tuple]:
    """What the slice views show, and where."""
    found = {}
    for name in ("Red", "Yellow", "Green"):
        widget = slicer.app.layoutManager().sliceWidget(name)
        node, composite = widget.mrmlSliceNode(), widget.mrmlSliceCompositeNode()
        matrix = [node.GetSliceToRAS().GetElement(r, c) for r in range(4) for c in range(4)]
        layers = composite.GetBackgroundVolumeID(), composite.GetLabelVolumeID()
        found[name] = (layers, matrix, node.GetFieldOfView(), node.GetXYZOrigin())
    return found


def test_the_views_stay_where_the_reader_has_put_them(with_overlaps):
    reader = with_overlaps
    node = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    node.SetFieldOfView(7.5, 5.0, 1.0)
    node.SetXYZOrigin(1.0, 2.0, 0.0)
    reader.session.jump_to_segment(3)
    before = views()
    assert before["Red"][0][0] == reader.session.display.ct_node.GetID()
    reader.ui.checkLoaderButton.click()
    assert "agrees" in reader.ui.loaderLabel.text
    assert views() == before


def test_a_difference_is_told_with_its_voxels(with_overlaps, plugins):
    reader = with_overlaps

    class Losing(DICOMSegmentationPluginClass):
        """Loses five voxels of the segment with the number 4."""

        def load(self, loadable):
            super().load(loadable)
            segmentation = slicer.mrmlScene.GetNthNodeByClass(
                1, "vtkMRMLSegmentationNode"
            ).GetSegmentation()
            segments = [segmentation.GetNthSegment(index) for index in range(4)]
            (last,) = [s for s in segments if s.GetLabelValue() == 4]
            labelmap = last.GetRepresentation("Binary labelmap")
            values = vtk_to_numpy(labelmap.GetPointData().GetScalars())
            values[np.flatnonzero(values == 4)[:5]] = 0
            return True

    plugins[NAME] = Losing
    reader.ui.checkLoaderButton.click()
    mask = reader.session.case.segments[3].mask
    left_ml = mask.volume_ml - 5 * mask.grid.voxel_ml
    assert reader.ui.loaderLabel.text.splitlines() == [
        "1 of 4 segments differ from Slicer's loader.",
        f"Tumor_2 (segment 4): 5 voxels differ, {mask.volume_ml:.2f} mL here and "
        f"{left_ml:.2f} mL in Slicer.",
    ]


def test_a_loader_that_fails_is_told_and_leaves_nothing(with_overlaps, plugins):
    reader = with_overlaps

    class Failing(DICOMSegmentationPluginClass):
        def load(self, loadable):
            super().load(loadable)
            raise KeyError("SegmentLabel")

    class Refusing(DICOMSegmentationPluginClass):
        def load(self, loadable):
            return None

    class Blind(DICOMSegmentationPluginClass):
        def examineForImport(self, fileList):
            return []

    before = ids_of_nodes()
    for class_, said in (
        (Failing, "failed: 'SegmentLabel'"),
        (Refusing, "did not load it; Slicer's log says why"),
        (Blind, "did not load it"),
    ):
        plugins[NAME] = class_
        reader.ui.checkLoaderButton.click()
        assert said in reader.ui.loaderLabel.text
        assert "overlaps.dcm" in reader.ui.loaderLabel.text
        assert ids_of_nodes() == before
    reader.open("EMPTY-SEGMENT")
    assert reader.ui.loaderLabel.text == ""


def test_without_the_plugin_the_button_says_what_brings_it(with_overlaps, plugins, monkeypatch):
    reader = with_overlaps
    del plugins[NAME]
    reader.desktop.panel().exit()
    reader.desktop.panel().enter()
    assert not reader.ui.checkLoaderButton.enabled
    assert "QuantitativeReporting" in reader.ui.checkLoaderButton.toolTip
    monkeypatch.delattr(slicer.modules, "dicomPlugins")
    reader.desktop.panel().enter()
    assert not reader.ui.checkLoaderButton.enabled


def test_names_that_an_empty_segment_shifted_are_told(reader):
    reader.open("EMPTY-SEGMENT")
    reader.ui.checkLoaderButton.click()
    assert reader.ui.loaderLabel.text.splitlines() == [
        "Slicer's loader agrees to the voxel in all 4 segments.",
        "Segment 4 (segment 4): Slicer names it “Segment 2”.",
    ]
    for name, widget in vars(reader.ui).items():
        if name.endswith("Section"):
            widget.collapsed = name != "segmentsSection"
    reader.desktop.window.resize(400, 900)
    reader.desktop.screenshot(SCREENSHOTS / "qt-loader.png", reader.ui.segmentsSection)
