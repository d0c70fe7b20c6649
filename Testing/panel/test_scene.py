"""The panel and the scene: what it files there, what it leaves, and scenes that close under it."""

from __future__ import annotations

import sys

import pytest
import slicer

from CRLMExplorerLib.dicom.database import CtkDatabase
from panel.conftest import column

DICOM = "DICOM"


def count(class_name: str) -> int:
    return slicer.mrmlScene.GetNumberOfNodesByClass(class_name)


def ids_of_nodes() -> set[str]:
    nodes = (slicer.mrmlScene.GetNthNode(i) for i in range(slicer.mrmlScene.GetNumberOfNodes()))
    return {node.GetID() for node in nodes}


def hierarchy():
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def test_ct_and_dso_are_filed_under_patient_and_study(own_reader, demo):
    tree = hierarchy()
    with CtkDatabase.open(demo.database) as database:
        (ct,) = [s for s in database.series_of("CRLM-CT-1001") if s.modality == "CT"]
    display = own_reader.session.display
    for node, series_uid in (
        (display.ct_node, ct.series_uid),
        (display.dso_node, own_reader.session.case.dso.series_uid),
    ):
        item = tree.GetItemByDataNode(node)
        study = tree.GetItemParent(item)
        patient = tree.GetItemParent(study)
        assert tree.GetItemUID(item, DICOM) == series_uid
        assert (tree.GetItemLevel(study), tree.GetItemLevel(patient)) == ("Study", "Patient")
        assert tree.GetItemUID(study, DICOM) == ct.study_uid
        assert tree.GetItemUID(patient, DICOM) == "CRLM-CT-1001"
    uids = display.ct_node.GetAttribute("DICOM.instanceUIDs").split()
    assert len(uids) == own_reader.session.case.ct.grid.shape_kji[0]
    own_reader.panel.close_patient()
    assert tree.GetItemByUID(DICOM, "CRLM-CT-1001") == 0
    assert tree.GetItemByUID(DICOM, ct.study_uid) == 0


def test_closing_the_scene_closes_the_patient_and_the_panel_goes_on(own_reader):
    own_reader.ui.survivalSection.collapsed = False
    own_reader.ui.plotButton.click()
    own_reader.desktop.close_scene()
    assert own_reader.session.case is None
    assert count("vtkMRMLSegmentationNode") == count("vtkMRMLPlotChartNode") == 0
    assert own_reader.ui.segmentsTable.rowCount == 0
    own_reader.open("CRLM-CT-1002")
    assert own_reader.session.case.patient_id == "CRLM-CT-1002"
    own_reader.ui.plotButton.click()
    assert count("vtkMRMLPlotChartNode") == 1


def test_a_scene_that_closes_while_a_patient_is_opened_stays_closed(idle_reader):
    idle_reader.ui.nextButton.click()
    assert idle_reader.session.jobs
    idle_reader.desktop.close_scene()
    idle_reader.wait_for_jobs()
    idle_reader.desktop.settle(20)
    assert idle_reader.session.case is None
    assert count("vtkMRMLScalarVolumeNode") == 0


def test_taking_the_ct_out_of_the_scene_closes_the_patient(own_reader):
    slicer.mrmlScene.RemoveNode(own_reader.session.display.ct_node)
    own_reader.desktop.settle()
    assert own_reader.session.case is None
    assert count("vtkMRMLSegmentationNode") == 0
    assert "removed from the scene" in own_reader.ui.messageLabel.text


def test_elsewhere_the_module_observes_nothing_and_has_no_keys(own_reader):
    scene, display = slicer.mrmlScene, own_reader.session.display.dso_node.GetDisplayNode()
    database, layouts = slicer.dicomDatabase, slicer.app.layoutManager()
    watched = scene.HasObserver(scene.NodeRemovedEvent), display.HasObserver("ModifiedEvent")
    own_reader.desktop.panel().exit()
    assert own_reader.panel.shortcuts.keys == {}
    assert own_reader.panel._scene_tag is None and own_reader.panel.segments._watched is None
    assert not database.disconnect("databaseChanged()", own_reader.panel._database_changed)
    assert not layouts.disconnect("layoutChanged(int)", own_reader.panel.segments._show_layout)
    assert own_reader.widget._parameterNode is None
    own_reader.desktop.panel().enter()
    assert watched == (
        scene.HasObserver(scene.NodeRemovedEvent),
        display.HasObserver("ModifiedEvent"),
    )
    assert set(own_reader.panel.shortcuts.keys) == {
        *("N", "P", "V", "T", "1", "2", "3", "4", "5"),
        *("Ctrl+Z", "Ctrl+Y", "Ctrl+Z in views", "Ctrl+Y in views"),
    }


def test_reloading_leaves_nothing_of_the_old_panel(own_reader):
    new = own_reader.desktop.reload().panel
    assert new is not own_reader.panel
    assert count("vtkMRMLSegmentationNode") == 0
    assert own_reader.panel.shortcuts.keys == {}
    assert column(new.ui.worklistTable, 0) == ["CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"]
    holder = own_reader.desktop.panel()
    assert [w for w in holder.children() if getattr(w, "visible", False)] == [new.widget]


@pytest.fixture
def modules_as_before():
    before = {name: module for name, module in sys.modules.items() if name.startswith("CRLM")}
    yield
    for name in [name for name in sys.modules if name.startswith("CRLM")]:
        del sys.modules[name]
    sys.modules.update(before)


def test_the_developers_button_reads_panel_and_library_anew(idle_reader, modules_as_before):
    old = sys.modules["CRLMExplorerQt.panel"], sys.modules["CRLMExplorerLib.review.session"]
    idle_reader.widget.onReload()
    idle_reader.desktop.settle()
    new = sys.modules["CRLMExplorerQt.panel"], sys.modules["CRLMExplorerLib.review.session"]
    assert old[0] is not new[0] and old[1] is not new[1]
    assert isinstance(slicer.modules.CRLMExplorerWidget.panel, new[0].Panel)
