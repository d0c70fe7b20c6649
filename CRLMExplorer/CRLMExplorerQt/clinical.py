"""The clinical record, grouped, with the data dictionary's words as tooltips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qt

from CRLMExplorerLib.cohort.record import NOT_RECORDED, RecordSection
from CRLMExplorerQt.section import Section

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


_NO_RECORD = "There is no clinical record of this patient."


class ClinicalSection(Section):
    """The section “Clinical record”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        header = self.ui.clinicalTree.header()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
        header.stretchLastSection = False

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        case = self.session.case if self.session else None
        record = case.record if case else None
        tree = self.ui.clinicalTree
        tree.clear()
        for section in record.sections() if record else ():
            self._add(section)
        tree.expandAll()
        # Hiding it would not last: a section shows all it has when it is unfolded.
        self.ui.noRecordLabel.text = "" if record else _NO_RECORD

    def _add(self, section: RecordSection) -> None:
        heading = qt.QTreeWidgetItem()
        heading.setText(0, section.title)
        font = heading.font(0)
        font.setBold(True)
        heading.setFont(0, font)
        self.ui.clinicalTree.addTopLevelItem(heading)
        heading.setFirstColumnSpanned(True)
        for row in section.rows:
            item = qt.QTreeWidgetItem()
            item.setText(0, row.label)
            item.setText(1, row.text)
            for column in (0, 1):
                item.setToolTip(column, f"{row.column}: {row.description}")
            if row.text == NOT_RECORDED:
                font = item.font(1)
                font.setItalic(True)
                item.setFont(1, font)
            heading.addChild(item)
