"""What the edit means: alarms, verdict, figures, and the margin of each tumour."""

from __future__ import annotations

from html import escape

from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerQt.flr_part import FlrPart
from CRLMExplorerQt.tables import Cell, fill, fit, silent, stretch
from CRLMExplorerQt.verdict import verdict_html

_LOUD = "background-color: #c62828; color: white; font-weight: bold; padding: 6px;"

_TUMORS = 8
"""Rows of the table before it scrolls."""


class FlrFigures(FlrPart):
    """The numbers that follow the hand."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        stretch(self.ui.flrFiguresTable)
        stretch(self.ui.flrMarginsTable)
        self.ui.flrDistanceCheckBox.connect("toggled(bool)", self._color)

    def begin(self) -> None:
        """Another edit is shown from now on."""
        with silent(self.ui.flrDistanceCheckBox):
            self.ui.flrDistanceCheckBox.checked = False

    def show(self, edit: FlrEdit) -> None:
        """Show what holds now."""
        ui, figures = self.ui, edit.figures
        label = ui.flrAlarmLabel
        label.text = "<br>".join(escape(finding.message) for finding in figures.findings)
        label.styleSheet = _LOUD if wording.has_alarm(figures) else ""
        label.visible = bool(figures.findings)
        said = wording.verdict(figures)
        ui.flrVerdictLabel.text = verdict_html(said)
        ui.flrRuleLabel.text = said.rule
        lines = wording.figure_lines(figures)
        fill(
            ui.flrFiguresTable,
            [[Cell(line.name, line.tip), Cell(line.value, is_number=True)] for line in lines],
        )
        fit(ui.flrFiguresTable, len(lines))
        ui.flrChangeLabel.text = wording.comparison_sentence(edit.comparison)
        fill(
            ui.flrMarginsTable,
            [
                [
                    Cell(line.tumor, is_loud=line.is_left),
                    Cell(line.status, is_loud=line.is_left),
                    Cell(line.margin, is_number=True, is_loud=line.is_close),
                ]
                for line in wording.margin_lines(figures)
            ],
        )
        fit(ui.flrMarginsTable, _TUMORS)

    def _color(self, wanted: bool) -> None:
        if self.edit:
            self.edit.color_by_distance(wanted)
