"""The cohort's survival with the open patient on it: curves in Slicer's plot view, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.cohort.grouping import grouping_columns
from CRLMExplorerLib.cohort.survival import SurvivalAnalysis
from CRLMExplorerLib.review import wording
from CRLMExplorerLib.review.survival_chart import SurvivalChart
from CRLMExplorerQt import views
from CRLMExplorerQt.choices import choose, chosen, offer
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import Cell, fill, stretch

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


_NO_TABLE = "Survival needs the clinical spreadsheet: choose it under Data."


class SurvivalSection(Section):
    """The section “Survival”.

    Attributes
    ----------
    chart
        The chart in the scene; None before the reader asked for it.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self.chart: SurvivalChart | None = None
        self._group_by = ""
        stretch(ui.survivalTable)
        endpoints = [(endpoint.value, endpoint.label) for endpoint in Endpoint]
        offer(ui.endpointComboBox, endpoints, Endpoint.OVERALL.value)
        ui.endpointComboBox.connect("currentIndexChanged(int)", self._chosen)
        ui.groupComboBox.connect("currentIndexChanged(int)", self._chosen)
        ui.plotButton.connect("clicked()", self._plot)
        ui.survivalSection.connect("contentsCollapsed(bool)", self._show)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        groups = [("", "All patients")]
        if session and session.table:
            groups += [(c.name, c.label) for c in grouping_columns(session.table)]
        offer(self.ui.groupComboBox, groups, self._group_by)
        if session:
            session.case_changed.connect(self._show)
        self._show()

    def restore(self, parameters: Any) -> None:
        self._group_by = parameters.groupBy
        choose(self.ui.endpointComboBox, parameters.endpoint)
        choose(self.ui.groupComboBox, self._group_by)
        self._show()

    def remove_chart(self) -> None:
        """Take the chart out of the scene."""
        if self.chart:
            self.chart.remove()
            self.chart = None

    def _chosen(self) -> None:
        self._group_by = chosen(self.ui.groupComboBox)
        self.panel.remember(endpoint=chosen(self.ui.endpointComboBox), groupBy=self._group_by)
        self._show()

    def _analysis(self) -> SurvivalAnalysis | None:
        if self.session is None:
            return None
        try:
            endpoint = Endpoint(chosen(self.ui.endpointComboBox))
            return self.session.survival(endpoint, chosen(self.ui.groupComboBox) or None)
        except SurvivalError as error:
            self.panel.say(str(error))
            return None

    def _show(self) -> None:
        has_table = bool(self.session and self.session.table)
        ui = self.ui
        is_open = not ui.survivalSection.collapsed
        ui.noSurvivalLabel.text = "" if has_table else _NO_TABLE
        for widget in (ui.endpointComboBox, ui.groupComboBox, ui.plotButton, ui.survivalTable):
            widget.enabled = has_table
        # Curves take a moment: they are not estimated for who does not look.
        if not (is_open or self.chart):
            return
        analysis = self._analysis()
        curves = analysis.curves if analysis else ()
        fill(
            ui.survivalTable,
            [
                [
                    Cell(curve.label),
                    Cell(str(curve.patients), is_number=True),
                    Cell(str(curve.events), is_number=True),
                    Cell(wording.median_text(curve), is_number=True),
                    Cell(wording.interval_text(curve), is_number=True),
                ]
                for curve in curves
            ],
        )
        ui.survivalNoteLabel.text = wording.survival_note(analysis) if analysis else ""
        if self.chart and analysis:
            self.chart.show(analysis, self.session.position_on(analysis))
        elif self.chart:
            self.remove_chart()

    def _plot(self) -> None:
        if self.chart is None:
            self.chart = SurvivalChart(slicer.mrmlScene)
        self._show()
        if self.chart:
            views.show_chart(self.chart.node)
