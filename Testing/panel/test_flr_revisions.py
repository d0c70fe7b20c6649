"""Keeping what was redrawn: revisions in Slicer's database, the journal, leaving, coming back."""

from __future__ import annotations

import pandas as pd
import pytest
import slicer
from PySide6.QtWidgets import QFileDialog

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.resection import PlaneCut
from CRLMExplorerLib.resection.history import revisions_of
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.remnants import remnant_named
from panel.conftest import OPENED, column
from panel.redrawing import begin, draw, edit_of, node, remnant, rest, shown


@pytest.fixture
def answered(monkeypatch):
    """Answers the question before an edit is left, and counts how often it is asked."""

    def answer(with_: str) -> list[object]:
        from CRLMExplorerQt import unsaved

        asked: list[object] = []

        def ask(parent):
            asked.append(parent)
            return unsaved.Answer[with_]

        monkeypatch.setattr(unsaved, "ask", ask)
        return asked

    return answer


def cut(reader, shift_mm: float = 0.0, start: str = "liver") -> None:
    """Begin, and put a plane through the liver."""
    edit = begin(reader, start)
    r, a, s = reader.session.case.segments[0].mask.center_ras_mm()
    edit.add(PlaneCut((r + shift_mm, a, s), (1.0, 0.0, 0.0)))
    rest(reader)


def save(reader, name: str = "Reader", note: str = "") -> None:
    reader.ui.flrReaderLineEdit.text = name
    reader.ui.flrRevisionNoteLineEdit.text = note
    reader.ui.flrSaveButton.click()
    reader.wait_for_jobs()
    rest(reader)


def touchable() -> list[str]:
    """What of an edit can be dragged, placed or drawn in."""
    classes = ("vtkMRMLMarkupsPlaneNode", "vtkMRMLMarkupsCurveNode", "vtkMRMLSegmentEditorNode")
    return [name for name in classes if node(name)]


def test_a_revision_is_saved_and_slicers_database_has_it_at_once(own_reader, database_of):
    assert "No revision yet" in own_reader.ui.flrHistoryLabel.text
    cut(own_reader)
    kept, flr_ml = remnant(own_reader), edit_of(own_reader).figures.flr_ml
    own_reader.ui.flrSaveButton.click()
    assert "name of its reader" in own_reader.ui.flrNoteLabel.text
    changes = []
    slicer.dicomDatabase.connect("databaseChanged()", lambda: changes.append(1))
    save(own_reader, "A Reader", "First try")
    (revision,) = own_reader.session.editing.revisions
    assert edit_of(own_reader) is None and changes
    assert own_reader.ui.messageLabel.text == "FLR revision 1 is saved."
    assert slicer.dicomDatabase.seriesForFile(str(revision.file)) == revision.series_uid
    assert own_reader.session.case.dso.series_uid == revision.series_uid
    box = own_reader.ui.dsoComboBox
    assert box.itemData(box.currentIndex) == revision.series_uid and box.count == 2
    row = [own_reader.ui.flrRevisionsTable.item(0, i).text() for i in range(4)]
    assert (row[0], row[2], row[3]) == ("1", "A Reader", wording.number(flr_ml, "mL", 0))
    with database_of(own_reader) as database:
        (found,) = revisions_of(database, OPENED)
        assert (found.note, found.flr_ml) == ("First try", pytest.approx(flr_ml, abs=0.01))
        assert database.series_with_instance(found.sop_instance_uid) == found.series_uid
        mask = remnant_named(database, own_reader.session.case, "1")
    assert (mask.to_array() == kept).all()


def test_revisions_are_compared_opened_exported_and_drawn_on(own_reader, tmp_path, monkeypatch):
    ui = own_reader.ui
    cut(own_reader)
    save(own_reader, "A")
    cut(own_reader, -15, start="1")
    assert edit_of(own_reader).plan.start == own_reader.session.editing.revisions[0].series_uid
    save(own_reader, "B")
    assert column(ui.flrRevisionsTable, 0) == ["2", "1"]

    own_reader.choose(ui.flrOneComboBox, "Released FLR")
    ui.flrCompareButton.click()
    outlined = own_reader.session.editing.compare("released", "2")
    assert ui.flrComparedLabel.text == wording.comparison_sentence(outlined)
    segmentations = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    ui.flrOutlinesButton.click()
    assert not ui.flrComparedLabel.visible
    now = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    assert now == segmentations - 1

    file = tmp_path / "revisions.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    ui.flrCsvButton.click()
    table = pd.read_csv(file)
    assert list(table["number"]) == [1, 2] and list(table["reader"]) == ["A", "B"]
    assert str(file) in ui.messageLabel.text

    ui.flrRevisionsTable.selectRow(1)
    ui.flrOpenButton.click()
    own_reader.wait_for_jobs()
    first = own_reader.session.editing.revisions[0].series_uid
    assert own_reader.session.case.dso.series_uid == first


def test_leaving_an_unsaved_edit_asks(own_reader, answered):
    cut(own_reader)
    asked = answered("STAY")
    own_reader.ui.nextButton.click()
    own_reader.panel.open_previous()
    assert own_reader.panel.open("CRLM-CT-1002") is False
    assert len(asked) == 3 and edit_of(own_reader) and not own_reader.session.jobs
    answered("KEEP")
    own_reader.ui.nextButton.click()
    own_reader.wait_for_jobs()
    assert own_reader.session.case.patient_id == "CRLM-CT-1002"
    own_reader.open(OPENED)
    assert own_reader.ui.flrPendingFrame.visible
    assert "was not saved" in own_reader.ui.flrPendingLabel.text
    assert not own_reader.ui.flrBeginButton.enabled
    own_reader.ui.flrResumeButton.click()
    rest(own_reader)
    assert len(edit_of(own_reader).plan.steps) == 1
    answered("DISCARD")
    own_reader.ui.flrLeaveButton.click()
    rest(own_reader)
    assert edit_of(own_reader) is None and own_reader.session.editing.pending is None
    asked = answered("STAY")
    begin(own_reader)
    own_reader.ui.flrLeaveButton.click()
    assert edit_of(own_reader) is None and asked == []


def test_elsewhere_nothing_of_the_edit_can_be_touched_and_it_goes_on_afterwards(own_reader):
    cut(own_reader)
    own_reader.ui.flrDrawSection.collapsed = False
    own_reader.ui.flrToolTabs.setCurrentWidget(own_reader.ui.flrCurveTab)
    rest(own_reader)
    own_reader.ui.flrCurvePlaceWidget.setPlaceModeEnabled(True)
    before = remnant(own_reader)
    assert len(touchable()) == 3
    own_reader.desktop.panel().exit()
    own_reader.desktop.settle(10)
    assert touchable() == []
    assert not own_reader.ui.flrCurvePlaceWidget.placeModeEnabled
    assert own_reader.panel.shortcuts.keys == {}
    assert (remnant(own_reader) == before).all() and (shown(own_reader) == before).all()
    draw(own_reader, edit_of(own_reader).resection.liver.to_array())
    assert len(edit_of(own_reader).plan.steps) == 1
    own_reader.desktop.panel().enter()
    rest(own_reader)
    assert len(touchable()) == 3
    assert node("vtkMRMLMarkupsPlaneNode").GetOriginWorld() == pytest.approx(
        edit_of(own_reader).plan.steps[-1].point_ras_mm
    )
    stroke = edit_of(own_reader).resection.liver.to_array()
    draw(own_reader, stroke)
    assert len(edit_of(own_reader).plan.steps) == 2


def test_a_scene_that_closes_in_the_middle_of_an_edit_loses_nothing(own_reader):
    cut(own_reader)
    own_reader.ui.flrDrawSection.collapsed = False
    rest(own_reader)
    plane = node("vtkMRMLMarkupsPlaneNode")
    r, a, s = plane.GetOriginWorld()
    plane.SetOriginWorld(r - 7, a, s)
    plane.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    plan = edit_of(own_reader).plan
    own_reader.desktop.close_scene()
    rest(own_reader)
    assert own_reader.session.case is None and touchable() == []
    assert not own_reader.ui.flrEditFrame.visible
    own_reader.open(OPENED)
    own_reader.ui.flrResumeButton.click()
    rest(own_reader)
    assert edit_of(own_reader).plan.steps == plan.steps


@pytest.mark.parametrize("class_name", ["vtkMRMLMarkupsPlaneNode", "vtkMRMLSegmentationNode"])
def test_taking_a_part_of_the_edit_out_of_the_scene_keeps_the_edit(own_reader, class_name):
    cut(own_reader)
    found = slicer.util.getNodesByClass(class_name, slicer.mrmlScene)
    slicer.mrmlScene.RemoveNode(found[-1])
    own_reader.desktop.settle(5)
    assert edit_of(own_reader) is None and own_reader.session.case is not None
    assert "kept for later" in own_reader.ui.messageLabel.text
    assert own_reader.ui.flrPendingFrame.visible


def test_a_patient_who_is_removed_from_the_database_meanwhile_is_still_saved(own_reader):
    cut(own_reader)
    (row,) = [
        uid
        for uid in slicer.dicomDatabase.patients()
        if slicer.dicomDatabase.fieldForPatient("PatientID", uid) == OPENED
    ]
    assert slicer.dicomDatabase.removePatient(row)
    own_reader.desktop.settle(5)
    save(own_reader)
    assert edit_of(own_reader) is None or own_reader.ui.messageLabel.text
    assert list(own_reader.session._database.directory.glob("dicom/*/*/*.dcm"))


def test_a_database_that_closes_in_the_middle_of_an_edit_leaves_it_in_the_journal(own_reader):
    cut(own_reader)
    file = slicer.dicomDatabase.databaseFilename
    slicer.dicomDatabase.closeDatabase()
    own_reader.wait_until(lambda: own_reader.session is None)
    own_reader.desktop.settle(5)
    assert touchable() == []
    assert not own_reader.ui.flrEditFrame.visible
    slicer.dicomDatabase.openDatabase(file)
    own_reader.wait_until(lambda: own_reader.session is not None)
    own_reader.open(OPENED)
    assert own_reader.ui.flrPendingFrame.visible


@pytest.fixture
def database_of():
    """Reads the reader's database as another program does."""
    return lambda reader: CtkDatabase.open(reader.session._database.directory)
