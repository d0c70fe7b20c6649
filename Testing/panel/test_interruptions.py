"""What happens to the panel when scene, files or module go away in the middle of the work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import slicer

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.phantom import write_ct
from dicom.small_ct import grid_of, noise_hu
from dicom.small_dso import blocks, dcmqi_dso
from panel.conftest import Reader, column, running
from panel.test_scene import count
from slicer_desktop.desktop import Desktop

LABELS = ("Liver", "Liver Remnant", "Tumor_1")
PATIENTS = ("P1", "P2", "P3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small patients in a folder with a space and letters beyond ASCII."""
    folder = tmp_path / "Bilder und Größen"
    masks = dict(zip(LABELS, blocks(3), strict=True))
    for name in PATIENTS:
        files = write_ct(folder / "dicom" / name / "ct", noise_hu(), grid_of(), name)
        dcmqi_dso(folder / "dicom" / name / "seg.dcm", files, masks)
    with CtkDatabase.create(folder / "database") as database:
        import_files([folder / "dicom"], database)
    return folder


@pytest.fixture
def reader(folder: Path, tmp_path: Path) -> Iterator[Reader]:
    for desktop in running(Desktop(tmp_path, folder / "database")):
        yield Reader(desktop)


def test_patients_are_opened_from_any_folder(reader):
    reader.open("P2")
    assert [s.label for s in reader.session.case.segments] == list(LABELS)
    assert reader.ui.messageLabel.text == ""


def test_a_scene_that_closes_while_all_are_measured_ends_that_and_no_more(reader):
    reader.ui.measureAllButton.click()
    assert reader.session.jobs
    reader.desktop.close_scene()
    reader.wait_for_jobs()
    reader.desktop.settle(20)
    assert column(reader.ui.worklistTable, 0) == list(PATIENTS)
    reader.ui.measureAllButton.click()
    reader.wait_for_jobs()
    assert "–" not in column(reader.ui.worklistTable, 1)
    assert count("vtkMRMLScalarVolumeNode") == 0


def test_a_panel_that_is_reloaded_while_it_opens_a_patient_leaves_nothing(reader):
    reader.ui.nextButton.click()
    assert reader.session.jobs
    new = reader.desktop.reload().panel
    reader.desktop.settle(20)
    assert count("vtkMRMLScalarVolumeNode") == 0
    new.ui.nextButton.click()
    reader.desktop.wait_until(lambda: new.session.case and not new.session.is_drawing)
    assert new.session.case.patient_id == "P1"
    assert count("vtkMRMLSegmentationNode") == 1


def test_a_patient_whose_files_are_gone_is_told_and_the_next_one_opens(reader, folder):
    shutil.rmtree(folder / "dicom" / "P1")
    reader.open("P1")
    assert reader.session.case is None or reader.session.case.ct is None
    said = reader.ui.messageLabel.text + " ".join(
        finding.message for finding in (reader.session.case.findings if reader.session.case else ())
    )
    assert "P1" in said
    assert not reader.ui.checkLoaderButton.enabled
    reader.open("P2")
    assert reader.session.case.volumetry is not None


def test_a_database_whose_folder_is_gone_is_told_when_something_is_to_be_kept(reader, folder):
    reader.open("P1")
    shutil.rmtree(folder / "database")
    reader.choose(reader.ui.reviewComboBox, "Accepted")
    assert "cannot be" in reader.ui.messageLabel.text
    assert str(folder / "database") in reader.ui.messageLabel.text
    assert reader.session.case.patient_id == "P1"


def test_the_ct_that_is_deleted_while_another_is_opened_closes_its_patient_only(reader):
    reader.open("P1")
    reader.ui.nextButton.click()
    slicer.mrmlScene.RemoveNode(reader.session.display.ct_node)
    reader.wait_for_jobs()
    reader.desktop.settle(20)
    case = reader.session.case
    assert case is None or reader.session.display.ct_node is not None
    reader.open("P3")
    assert reader.session.case.patient_id == "P3"
