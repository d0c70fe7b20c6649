"""Segments are shown, hidden, faded and gone to; windows and layouts are chosen."""

from __future__ import annotations

import slicer
from PySide6.QtCore import Qt

from CRLMExplorerLib.dicom.nodes import segment_id
from panel.conftest import column


def display(reader):
    return reader.session.display.dso_node.GetDisplayNode()


def test_roles_and_volumes_are_the_librarys(reader, case):
    table = reader.ui.segmentsTable
    assert column(table, 0) == [s.label for s in case.segments]
    assert column(table, 1) == [s.role.value for s in case.segments]
    volumes = [float(text.replace(" ", "")) for text in column(table, 2)]
    assert volumes == [round(s.mask.volume_ml, 1) for s in case.segments]


def test_ticks_show_fill_and_surface(reader, case):
    table, name = reader.ui.segmentsTable, segment_id(case.segments[0])
    table.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    table.item(0, 3).setCheckState(Qt.CheckState.Checked)
    table.item(0, 4).setCheckState(Qt.CheckState.Unchecked)
    node = display(reader)
    assert not node.GetSegmentVisibility(name)
    assert node.GetSegmentVisibility2DFill(name)
    assert not node.GetSegmentVisibility3D(name)


def test_opacity_is_that_of_the_selected_segment(reader, case):
    tumor = next(i for i, s in enumerate(case.segments) if s.label == "Tumor_1")
    reader.ui.segmentsTable.selectRow(tumor)
    assert reader.ui.opacitySlider.value == 30
    reader.ui.opacitySlider.value = 75
    assert display(reader).GetSegmentOpacity2DFill(segment_id(case.segments[tumor])) == 0.75


def test_what_is_changed_elsewhere_in_slicer_is_seen_here(reader, case):
    name = segment_id(case.segments[1])
    display(reader).SetSegmentVisibility(name, False)
    assert reader.ui.segmentsTable.item(1, 0).checkState() == Qt.CheckState.Unchecked
    display(reader).SetSegmentVisibility(name, True)
    assert reader.ui.segmentsTable.item(1, 0).checkState() == Qt.CheckState.Checked


def test_the_views_go_to_a_segment_and_to_each_tumour(reader, case):
    reader.ui.nextTumorButton.click()
    first = case.volumetry.tumors[0].center_ras_mm
    assert reader.session.crosshair_ras_mm == first
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
    assert abs(red.GetSliceToRAS().GetElement(2, 3) - first[2]) < 1e-3
    reader.ui.segmentsTable.selectRow(0)
    reader.ui.jumpButton.click()
    assert reader.session.crosshair_ras_mm != first


def test_keys_choose_windows_and_hide_all_segments(reader, case):
    reader.panel.shortcuts.keys["4"].activated.emit()
    node = reader.session.display.ct_node.GetDisplayNode()
    assert (node.GetWindow(), node.GetLevel()) == (1500, -600)
    assert "Lung" in reader.ui.windowComboBox.currentText
    reader.panel.shortcuts.keys["V"].activated.emit()
    assert not any(display(reader).GetSegmentVisibility(segment_id(s)) for s in case.segments)
    reader.ui.toggleAllButton.click()
    assert all(display(reader).GetSegmentVisibility(segment_id(s)) for s in case.segments)


def test_the_layout_is_chosen_here_and_followed_when_chosen_elsewhere(reader):
    layouts = slicer.vtkMRMLLayoutNode
    reader.choose(reader.ui.layoutComboBox, "Conventional with plot")
    assert slicer.app.layoutManager().layout == layouts.SlicerLayoutConventionalPlotView
    slicer.app.layoutManager().setLayout(layouts.SlicerLayoutFourUpView)
    assert reader.ui.layoutComboBox.currentText == "Four-up"
    slicer.app.layoutManager().setLayout(layouts.SlicerLayoutOneUp3DView)
    assert reader.ui.layoutComboBox.currentText == "Another"


def test_the_ct_fills_the_slice_views(reader):
    for name in ("Red", "Yellow", "Green"):
        composite = slicer.app.layoutManager().sliceWidget(name).mrmlSliceCompositeNode()
        assert composite.GetBackgroundVolumeID() == reader.session.display.ct_node.GetID()
