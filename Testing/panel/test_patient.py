"""The open patient: header, review, note, findings and the choice of the DSO."""

from __future__ import annotations

from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.review import ReviewState, ReviewStore


def test_the_header_says_who_and_on_which_ct(reader, case):
    text = reader.ui.patientLabel.text
    assert "CRLM-CT-1001" in text and "made up" in text
    assert " × ".join(str(n) for n in case.ct.grid.shape_kji[::-1]) in text


def test_review_and_note_are_on_disk_at_once(reader):
    reader.choose(reader.ui.reviewComboBox, "Accepted")
    reader.ui.noteLineEdit.setText("Rand gut, 2. Lesung – ß")
    reader.ui.noteLineEdit.editingFinished.emit()
    review = ReviewStore(reader.panel.database.directory).reviews()["CRLM-CT-1001"]
    assert (review.state, review.note) == (ReviewState.ACCEPTED, "Rand gut, 2. Lesung – ß")


def test_findings_are_listed_with_notes_folded_and_a_double_click_goes_there(reader, case):
    tree = reader.ui.findingsTree
    notes = [f for f in case.findings if f.severity is Severity.NOTE]
    loud = [f for f in case.findings if f.severity is not Severity.NOTE]
    assert tree.topLevelItemCount == len(loud) + bool(notes)
    folder = tree.topLevelItem(len(loud))
    assert not folder.isExpanded()
    assert [folder.child(i).text(0) for i in range(folder.childCount())] == [
        f.message for f in notes
    ]
    reader.open("CRLM-CT-1003")
    placed = next(f for f in reader.session.case.findings if f.position_ras_mm)
    item = next(one for one in items(tree) if one.text(0) == placed.message)
    tree.itemDoubleClicked.emit(item, 0)
    assert reader.session.crosshair_ras_mm == placed.position_ras_mm


def test_another_dso_is_opened_by_choosing_it(reader):
    for patient_id in ("CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"):
        reader.open(patient_id)
        if reader.ui.dsoComboBox.count > 1:
            break
    box = reader.ui.dsoComboBox
    assert box.count > 1
    other = box.itemData(1)
    box.setCurrentIndex(1)
    reader.wait_for_jobs()
    assert reader.session.case.patient_id == patient_id
    assert reader.session.case.dso.series_uid == other
    assert box.itemData(box.currentIndex) == other


def items(tree):
    tops = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount)]
    return tops + [top.child(i) for top in tops for i in range(top.childCount())]
