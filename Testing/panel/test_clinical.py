"""The clinical record is shown whole, grouped, with the dictionary's words."""

from __future__ import annotations


def test_every_line_of_the_record_is_there_with_its_meaning(reader, case):
    tree = reader.ui.clinicalTree
    sections = case.record.sections()
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount)] == [
        section.title for section in sections
    ]
    for index, section in enumerate(sections):
        heading = tree.topLevelItem(index)
        rows = [heading.child(i) for i in range(heading.childCount())]
        assert [(row.text(0), row.text(1)) for row in rows] == [
            (line.label, line.text) for line in section.rows
        ]
        assert all(
            line.description in row.toolTip(0) for row, line in zip(rows, section.rows, strict=True)
        )


def test_without_a_spreadsheet_it_says_that_there_is_no_record(reader):
    file = reader.ui.clinicalFileLineEdit.currentPath
    reader.ui.clinicalFileLineEdit.currentPath = ""
    reader.wait_for_jobs()
    assert reader.session.case.record is None
    assert reader.ui.clinicalTree.topLevelItemCount == 0
    assert reader.ui.noRecordLabel.text == "There is no clinical record of this patient."
    reader.ui.clinicalFileLineEdit.currentPath = file
    reader.wait_for_jobs()
    assert reader.session.case.record is not None


def test_what_is_no_spreadsheet_is_said_and_the_panel_goes_on(reader, tmp_path):
    file = reader.ui.clinicalFileLineEdit.currentPath
    wrong = tmp_path / "Größe ß.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")
    reader.ui.clinicalFileLineEdit.currentPath = str(wrong)
    assert str(wrong) in reader.ui.messageLabel.text
    reader.wait_for_jobs()
    reader.ui.clinicalFileLineEdit.currentPath = file
    reader.wait_for_jobs()
    assert reader.ui.messageLabel.text == ""
