"""Nodes are filed under patient and study as Slicer's DICOM plugins file them, and taken out."""

from __future__ import annotations

import pytest
import slicer

from CRLMExplorerLib.dicom.catalog import SeriesEntry
from CRLMExplorerLib.dicom.subject_hierarchy import Patient, file_series, unfile
from CRLMExplorerLib.host import HeadlessHost

PATIENT = Patient("P-1", "Doe^Jane")


@pytest.fixture
def scene():
    return HeadlessHost().scene


@pytest.fixture
def tree(scene):
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def series(uid: str, modality: str = "CT") -> SeriesEntry:
    return SeriesEntry(uid, "1.2", modality, "venous", 4, "2020-02-01", "10:00:00", "1.9", 2)


def filed(scene, uid: str, modality: str = "CT"):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", uid)
    file_series(scene, node, PATIENT, series(uid, modality), ("1.2.3.1", "1.2.3.2"))
    return node


def test_a_series_has_its_uids_and_attributes(scene, tree):
    item = tree.GetItemByDataNode(filed(scene, "1.2.3"))
    assert tree.GetItemUID(item, "DICOM") == "1.2.3"
    assert tree.GetItemUID(item, "DICOMInstanceUID") == "1.2.3.1 1.2.3.2"
    names = slicer.vtkMRMLSubjectHierarchyConstants
    assert tree.GetItemAttribute(item, names.GetDICOMSeriesModalityAttributeName()) == "CT"
    assert tree.GetItemAttribute(item, names.GetDICOMSeriesNumberAttributeName()) == "4"
    assert tree.GetItemAttribute(item, "DICOM.SeriesDate") == "20200201"


def test_two_series_of_a_study_stand_under_one_study_of_one_patient(scene, tree):
    one, other = filed(scene, "1.2.3"), filed(scene, "1.2.4", "SEG")
    studies = {tree.GetItemParent(tree.GetItemByDataNode(node)) for node in (one, other)}
    assert len(studies) == 1
    (study,) = studies
    patient = tree.GetItemParent(study)
    assert tree.GetItemUID(study, "DICOM") == "1.2"
    assert tree.GetItemUID(patient, "DICOM") == "P-1"
    assert tree.GetItemName(patient) == "Doe^Jane (P-1)"


def test_what_is_taken_out_leaves_study_and_patient_as_long_as_others_are_there(scene, tree):
    one, other = filed(scene, "1.2.3"), filed(scene, "1.2.4", "SEG")
    unfile(scene, one)
    assert tree.GetItemByUID("DICOM", "1.2") and tree.GetItemByUID("DICOM", "P-1")
    assert scene.IsNodePresent(one)
    unfile(scene, other)
    assert tree.GetItemByUID("DICOM", "1.2") == tree.GetItemByUID("DICOM", "P-1") == 0
    assert tree.GetNumberOfItems() == 0
