"""The open patient: who, on which CT and DSO, the reader's word, and the findings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import qt

from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.review import ReviewState, wording
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import silent

if TYPE_CHECKING:
    from CRLMExplorerLib.review import Case, ReviewSession
    from CRLMExplorerQt.panel import Panel

_ICONS = {
    Severity.ALARM: qt.QStyle.SP_MessageBoxCritical,
    Severity.WARNING: qt.QStyle.SP_MessageBoxWarning,
    Severity.NOTE: qt.QStyle.SP_MessageBoxInformation,
}


class PatientSection(Section):
    """The section “Patient”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self._findings: tuple[Finding, ...] = ()
        ui.dsoComboBox.connect("currentIndexChanged(int)", self._switch_dso)
        ui.reviewComboBox.connect("currentIndexChanged(int)", self._say)
        ui.noteLineEdit.connect("editingFinished()", self._say)
        ui.findingsTree.connect("itemDoubleClicked(QTreeWidgetItem*,int)", self._jump)
        offer(ui.reviewComboBox, [(s.value, s.value.capitalize()) for s in ReviewState], "")

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._show)
            session.worklist_changed.connect(self._show_review)
        self._show()

    def _show(self) -> None:
        case = self.session.case if self.session else None
        self.ui.patientLabel.text = _header(case) if case else "No patient is open."
        offer(self.ui.dsoComboBox, _dsos(case), case.dso.series_uid if case and case.dso else "")
        for widget in (self.ui.dsoComboBox, self.ui.reviewComboBox, self.ui.noteLineEdit):
            widget.enabled = case is not None
        self._findings = case.findings if case else ()
        self._show_findings()
        self._show_review()
        if case:
            self.panel.remember(patientId=case.patient_id)

    def _show_review(self) -> None:
        review = self.session.review if self.session else None
        states = [state.value for state in ReviewState]
        with silent(self.ui.reviewComboBox):
            self.ui.reviewComboBox.setCurrentIndex(
                states.index(review.state.value) if review else 0
            )
        if not self.ui.noteLineEdit.modified:
            self.ui.noteLineEdit.text = review.note if review else ""

    def _show_findings(self) -> None:
        tree = self.ui.findingsTree
        tree.clear()
        notes = [f for f in self._findings if f.severity is Severity.NOTE]
        tree.rootIsDecorated = bool(notes)
        for index, finding in enumerate(self._findings):
            if finding.severity is not Severity.NOTE:
                tree.addTopLevelItem(self._item(index, finding))
        if notes:
            folder = qt.QTreeWidgetItem()
            folder.setText(0, f"{len(notes)} note{'s' if len(notes) > 1 else ''}")
            tree.addTopLevelItem(folder)
            for index, finding in enumerate(self._findings):
                if finding.severity is Severity.NOTE:
                    folder.addChild(self._item(index, finding))

    def _item(self, index: int, finding: Finding):
        item = qt.QTreeWidgetItem()
        item.setText(0, finding.message)
        item.setIcon(0, self.ui.findingsTree.style().standardIcon(_ICONS[finding.severity]))
        item.setData(0, qt.Qt.UserRole, index)
        can_jump = finding.position_ras_mm is not None
        item.setToolTip(0, finding.message + ("\nDouble-click to go there." if can_jump else ""))
        return item

    def _jump(self, item) -> None:
        index = item.data(0, qt.Qt.UserRole)
        if self.session and index is not None:
            position = self._findings[index].position_ras_mm
            if position:
                self.session.jump_to(position)

    def _switch_dso(self) -> None:
        case = self.session.case if self.session else None
        series_uid = chosen(self.ui.dsoComboBox)
        if case is None or not series_uid or case.dso is None or series_uid == case.dso.series_uid:
            return
        if not self.panel.open(case.patient_id, series_uid):
            self._show()

    def _say(self) -> None:
        self.ui.noteLineEdit.modified = False
        if self.session and self.session.case:
            state = ReviewState(chosen(self.ui.reviewComboBox))
            self.session.set_review(state, self.ui.noteLineEdit.text)


def _header(case: Case) -> str:
    name = case.name if case.name != case.patient_id else ""
    lines = [f"<b>{escape(case.patient_id)}</b> &nbsp;{escape(wording.who(case))}"]
    if wording.is_synthetic(case):
        lines[0] += " &nbsp;<i>made up</i>"
    lines += [escape(text) for text in (name, wording.image_line(case)) if text]
    return "<br>".join(lines)


def _dsos(case: Case | None) -> list[tuple[str, str]]:
    if case is None or case.choice.dso is None:
        return []
    return [
        (dso.series_uid, f"{wording.dso_title(dso)} · {wording.dso_subtitle(dso)}")
        for dso in (case.choice.dso, *case.choice.alternatives)
    ]
