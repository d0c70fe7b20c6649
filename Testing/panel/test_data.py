"""Databases that are missing, empty, closed or changed; imports, the demo and a real patient."""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path

import pytest
import slicer
from PySide6.QtWidgets import QFileDialog, QMessageBox

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.schema import DATABASE_FILE
from panel.conftest import Reader, column, running
from slicer_desktop import sample_data
from slicer_desktop.application import answering
from slicer_desktop.desktop import Desktop

NO_DATABASE = "Open a DICOM database in the DICOM module first."


@pytest.fixture
def lonely_reader(tmp_path):
    """A reader with an empty database, in a folder with a space and letters beyond ASCII."""
    folder = tmp_path / "Bilder und Größen"
    folder.mkdir()
    CtkDatabase.create(folder).close()
    for desktop in running(Desktop(tmp_path, folder)):
        yield Reader(desktop)


def test_without_a_database_the_panel_says_so_and_does_nothing(empty_desktop):
    reader = Reader(empty_desktop)
    assert reader.ui.messageLabel.text == NO_DATABASE
    reader.ui.nextButton.click()
    reader.ui.measureAllButton.click()
    reader.panel.shortcuts.keys["N"].activated.emit()
    reader.panel.shortcuts.keys["V"].activated.emit()
    assert reader.session is None
    assert not reader.ui.importButton.enabled


def test_an_empty_database_is_an_empty_list(lonely_reader):
    assert lonely_reader.ui.worklistTable.rowCount == 0
    assert "Bilder und Größen" in lonely_reader.ui.databaseLabel.text
    assert not lonely_reader.ui.nextButton.enabled


def test_a_folder_is_imported_and_its_patients_listed(lonely_reader, demo, monkeypatch):
    dicom = demo.database.parent / "dicom"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(dicom))
    lonely_reader.ui.importButton.click()
    assert lonely_reader.ui.messageLabel.text == "3 new patients in the database."
    assert lonely_reader.ui.worklistTable.rowCount == 3


def test_the_demo_is_offered_in_sample_data_and_made_where_the_database_is(lonely_reader, demo):
    folder = Path(slicer.dicomDatabase.databaseDirectory) / "crlm-explorer-demo"
    shutil.copytree(demo.database.parent, folder)
    offer = sample_data.offered[-1]
    offer.customDownloader(offer)
    lonely_reader.wait_until(lambda: lonely_reader.ui.worklistTable.rowCount == 3)
    table = lonely_reader.ui.clinicalFileLineEdit.currentPath
    assert table == str(folder / "SYNTHETIC-clinical-data.xlsx")


def test_a_database_that_closes_takes_its_patients_along(idle_reader):
    file = slicer.dicomDatabase.databaseFilename
    slicer.dicomDatabase.closeDatabase()
    idle_reader.wait_until(lambda: idle_reader.session is None)
    assert idle_reader.ui.messageLabel.text == NO_DATABASE
    assert idle_reader.ui.worklistTable.rowCount == 0
    slicer.dicomDatabase.openDatabase(file)
    idle_reader.wait_until(lambda: idle_reader.ui.worklistTable.rowCount == 3)
    assert idle_reader.ui.messageLabel.text == ""


def test_a_database_that_closes_while_a_patient_is_opened_is_said(idle_reader):
    idle_reader.ui.nextButton.click()
    slicer.dicomDatabase.closeDatabase()
    idle_reader.wait_until(lambda: idle_reader.session is None)
    assert not idle_reader.panel.progress.jobs


def test_a_patient_who_was_removed_meanwhile_is_said_not_to_be_there(idle_reader):
    database = slicer.dicomDatabase
    database._connection.execute("DELETE FROM Patients WHERE PatientID = 'CRLM-CT-1002'")
    database._connection.commit()
    idle_reader.open("CRLM-CT-1002")
    assert "CRLM-CT-1002" in idle_reader.ui.messageLabel.text
    database.databaseChanged.emit()
    idle_reader.wait_until(lambda: idle_reader.ui.worklistTable.rowCount == 2)
    assert column(idle_reader.ui.worklistTable, 0) == ["CRLM-CT-1001", "CRLM-CT-1003"]


def test_another_database_shows_other_patients(idle_reader, tmp_path):
    other = tmp_path / "other"
    CtkDatabase.create(other).close()
    slicer.dicomDatabase.closeDatabase()
    slicer.dicomDatabase.openDatabase(str(other / DATABASE_FILE))
    idle_reader.wait_until(lambda: idle_reader.ui.worklistTable.rowCount == 0)
    assert idle_reader.ui.databaseLabel.text == str(other)


@pytest.mark.parametrize("agrees", [False, True])
def test_a_real_patient_is_fetched_only_after_size_and_licence_were_agreed_to(
    lonely_reader, monkeypatch, agrees
):
    asked = []
    monkeypatch.setattr(slicer.packaging, "pip_ensure", lambda *a, **k: asked.append(a))
    monkeypatch.setitem(sys.modules, "idc_index", None)
    button = QMessageBox.StandardButton.Ok if agrees else QMessageBox.StandardButton.Cancel
    with answering(button) as said:
        lonely_reader.ui.realPatientButton.click()
    assert "MB" in said[0] and "CC BY 4.0" in said[0]
    assert asked == ([("idc-index",)] if agrees else [])
    assert ("idc-index cannot be had" in lonely_reader.ui.messageLabel.text) == agrees


def test_long_work_is_shown_in_a_dialog_that_can_stop_it(idle_reader):
    def work(progress):
        for step in itertools.count():
            progress(0.25, f"step {step}")
            idle_reader.panel.runner.ask(lambda: None)

    given = []
    idle_reader.panel.progress.run("Counting", work, given.append)
    idle_reader.wait_until(lambda: idle_reader.panel.progress.dialog is not None)
    dialog = idle_reader.panel.progress.dialog
    assert dialog.labelText.startswith("Counting\nstep")
    assert dialog.value == 25
    dialog.canceled.emit()
    idle_reader.wait_for_jobs()
    idle_reader.wait_until(lambda: idle_reader.panel.progress.dialog is None)
    assert given == []
