"""Where a node of a patient stands in Slicer's subject hierarchy: patient, study, series.

As Slicer's own DICOM plugins file what they load, with the same UIDs and attributes, so that other
modules find the study, and what they load of it joins it.
"""

from __future__ import annotations

from dataclasses import dataclass

import slicer

from CRLMExplorerLib.dicom.catalog import SeriesEntry
from CRLMExplorerLib.host.host import Node

_INVALID = 0


@dataclass(frozen=True)
class Patient:
    """Who the study is of: PatientID and PatientName."""

    patient_id: str
    name: str


def file_series(
    scene: Node, node: Node, patient: Patient, series: SeriesEntry, instance_uids: tuple[str, ...]
) -> None:
    """File a node as a series under its patient and study, which are made if they are not there.

    Parameters
    ----------
    node
        A node of the scene.
    instance_uids
        SOPInstanceUIDs the node was made of.
    """
    names = slicer.vtkMRMLSubjectHierarchyConstants
    tree = _tree(scene)
    uid = names.GetDICOMUIDName()
    is_new_patient = tree.GetItemByUID(uid, patient.patient_id) == _INVALID
    is_new_study = tree.GetItemByUID(uid, series.study_uid) == _INVALID
    item = tree.GetItemByDataNode(node) or tree.CreateItem(tree.GetSceneItemID(), node)
    tree.SetItemUID(item, uid, series.series_uid)
    tree.SetItemUID(item, names.GetDICOMInstanceUIDName(), " ".join(instance_uids))
    for name, value in (
        (names.GetDICOMSeriesModalityAttributeName(), series.modality),
        (names.GetDICOMSeriesNumberAttributeName(), str(series.number or "")),
        (names.GetDICOMFrameOfReferenceUIDAttributeName(), series.frame_of_reference_uid),
        (names.GetDICOMAttributePrefix() + "SeriesDescription", series.description),
        (names.GetDICOMAttributePrefix() + "SeriesDate", series.date.replace("-", "")),
        (names.GetDICOMAttributePrefix() + "SeriesTime", series.time.replace(":", "")),
    ):
        tree.SetItemAttribute(item, name, value)
    slicer.vtkSlicerSubjectHierarchyModuleLogic.InsertDicomSeriesInHierarchy(
        tree, patient.patient_id, series.study_uid, series.series_uid
    )
    if is_new_patient:
        _name_patient(tree, tree.GetItemByUID(uid, patient.patient_id), patient)
    if is_new_study:
        _name_study(tree, tree.GetItemByUID(uid, series.study_uid), series)


def unfile(scene: Node, node: Node) -> None:
    """Take a node's item out of the hierarchy, and its study and patient if nothing is left there.

    The node itself stays in the scene.
    """
    tree = _tree(scene)
    item = tree.GetItemByDataNode(node)
    while item not in (_INVALID, tree.GetSceneItemID()):
        above = tree.GetItemParent(item)
        tree.RemoveItem(item, False, False)
        if tree.GetNumberOfItemChildren(above):
            break
        item = above


def _tree(scene: Node) -> Node:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _name_patient(tree: Node, item: int, patient: Patient) -> None:
    names = slicer.vtkMRMLSubjectHierarchyConstants
    tree.SetItemAttribute(item, names.GetDICOMPatientNameAttributeName(), patient.name)
    tree.SetItemAttribute(item, names.GetDICOMPatientIDAttributeName(), patient.patient_id)
    is_told_apart = patient.name not in ("", patient.patient_id)
    title = f"{patient.name} ({patient.patient_id})" if is_told_apart else patient.patient_id
    tree.SetItemName(item, title)


def _name_study(tree: Node, item: int, series: SeriesEntry) -> None:
    names = slicer.vtkMRMLSubjectHierarchyConstants
    tree.SetItemAttribute(item, names.GetDICOMStudyInstanceUIDAttributeName(), series.study_uid)
    tree.SetItemName(item, f"Study of {series.date}" if series.date else "Study")
