"""Keeping a remnant as a revision, and the revisions there are."""

from __future__ import annotations

from html import escape

from CRLMExplorerLib.resection import WHOLE_LIVER
from CRLMExplorerLib.resection.saving import SavedRevision
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerLib.review.revision_table import revision_table
from CRLMExplorerQt import unsaved
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.flr_part import FlrPart
from CRLMExplorerQt.keeping import save_csv
from CRLMExplorerQt.tables import Cell, fill, fit, stretch

_READER = 2
_REVISIONS = 6
"""Rows of the table before it scrolls."""


class FlrRevisions(FlrPart):
    """Save, history and comparison."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        stretch(ui.flrRevisionsTable, _READER)
        ui.flrSaveButton.connect("clicked()", self._save)
        ui.flrLeaveButton.connect("clicked()", self._leave)
        ui.flrRevisionsTable.connect("itemSelectionChanged()", self._show_selected)
        ui.flrRevisionsTable.connect("cellDoubleClicked(int,int)", self._open)
        ui.flrOpenButton.connect("clicked()", self._open)
        ui.flrCsvButton.connect("clicked()", self._save_csv)
        ui.flrCompareButton.connect("clicked()", lambda: self.attempt(self._compare))
        ui.flrOutlinesButton.connect("clicked()", self._hide_outlines)

    def show(self) -> None:
        """Show the revisions there are."""
        ui, editing = self.ui, self.editing
        lines = wording.revision_lines(editing) if editing else []
        fill(
            ui.flrRevisionsTable,
            [
                [
                    Cell(line.number, is_number=True),
                    Cell(line.when),
                    Cell(line.reader, line.note),
                    Cell(line.flr, is_number=True),
                ]
                for line in lines
            ],
        )
        fit(ui.flrRevisionsTable, _REVISIONS)
        ui.flrHistoryLabel.text = (
            "<b>Revisions</b>" if lines else "No revision yet: the released FLR is all there is."
        )
        remnants = wording.start_choices(editing) if editing else []
        remnants = [choice for choice in remnants if choice[0] != WHOLE_LIVER]
        offer(ui.flrOneComboBox, remnants, "")
        offer(ui.flrOtherComboBox, remnants, lines[0].number if lines else "")
        for widget in (
            ui.flrRevisionsTable,
            ui.flrOpenButton,
            ui.flrCsvButton,
            ui.flrOneComboBox,
            ui.flrWithLabel,
            ui.flrOtherComboBox,
            ui.flrCompareButton,
        ):
            widget.visible = bool(lines)
        self._show_compared("")
        self._show_selected()

    def show_edit(self, edit: FlrEdit) -> None:
        """Show whether there is something to save."""
        self.ui.flrSaveButton.enabled = edit.is_dirty

    def saved(self, revision: SavedRevision) -> None:
        """A revision is on disk: open it."""
        session = self.panel.session
        self.ui.flrRevisionNoteLineEdit.text = ""
        if session and session.case:
            session.open(session.case.patient_id, revision.series_uid)
        if revision.is_indexed:
            self.panel.say(f"FLR revision {revision.number} is saved.")

    def _save(self) -> None:
        reader = self.ui.flrReaderLineEdit.text.strip()
        if not reader:
            self.tell("A revision needs the name of its reader.")
            self.ui.flrReaderLineEdit.setFocus()
            return
        self.tell("")
        self.editing.save(reader, self.ui.flrRevisionNoteLineEdit.text.strip())

    def _leave(self) -> None:
        if self.edit and unsaved.may_leave(self.panel.session, self.panel.widget) and self.edit:
            self.editing.leave(keep=False)

    def _show_selected(self) -> None:
        self.ui.flrOpenButton.enabled = self.ui.flrRevisionsTable.currentRow() >= 0

    def _open(self) -> None:
        row = self.ui.flrRevisionsTable.currentRow()
        lines = wording.revision_lines(self.editing)
        if self.panel.session.case and 0 <= row < len(lines):
            self.panel.open(self.panel.session.case.patient_id, lines[row].series_uid)

    def _compare(self) -> None:
        one, other = chosen(self.ui.flrOneComboBox), chosen(self.ui.flrOtherComboBox)
        self._show_compared(wording.comparison_sentence(self.editing.compare(one, other)))

    def _hide_outlines(self) -> None:
        self.editing.hide_outlines()
        self._show_compared("")

    def _show_compared(self, sentence: str) -> None:
        self.ui.flrComparedLabel.text = escape(sentence)
        self.ui.flrComparedLabel.visible = bool(sentence)
        self.ui.flrOutlinesButton.visible = bool(sentence)

    def _save_csv(self) -> None:
        save_csv(
            self.panel,
            revision_table(self.editing.revisions),
            f"{self.panel.session.case.patient_id}-revisions.csv",
            "Save the revisions",
            "The revisions are saved",
        )
