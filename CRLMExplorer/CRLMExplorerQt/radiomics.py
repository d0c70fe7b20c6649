"""Radiomics of the open patient: parameters, regions, engine, and the run."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.dialogs import file_to_open
from CRLMExplorerQt.engine_choice import EngineChoice
from CRLMExplorerQt.feature_comparison import FeatureComparison
from CRLMExplorerQt.feature_map import FeatureMap
from CRLMExplorerQt.feature_table import FeatureTable
from CRLMExplorerQt.region_table import RegionTable
from CRLMExplorerQt.section import Section

if TYPE_CHECKING:
    from CRLMExplorerLib.review import Job, ReviewSession
    from CRLMExplorerLib.review.radiomics import RadiomicsSession
    from CRLMExplorerQt.panel import Panel

_KEPT = "Kept from before: same images, parameters and versions."
_NOBODY = "Open a patient to see the regions."
_PROBLEM = "<span style='color:#c62828'>{}</span>"


class RadiomicsSection(Section):
    """The section “Radiomics”.

    Attributes
    ----------
    comparison
        The dialog with both engines' features.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self.comparison = FeatureComparison(panel)
        self._engines = EngineChoice(panel, self._show_run)
        self._regions = RegionTable(panel, self._show_regions)
        self._features = FeatureTable(panel, self._show_map)
        self._map = FeatureMap(panel, self._features, self._regions)
        self._file = ""
        ui.radiomicsSection.connect("contentsCollapsed(bool)", self._watch)
        ui.parameterFileComboBox.connect("currentIndexChanged(int)", self._choose)
        ui.parameterFileButton.connect("clicked()", self._open_file)
        ui.extractButton.connect("clicked()", lambda: self._extract(again=False))
        ui.extractAgainButton.connect("clicked()", lambda: self._extract(again=True))
        ui.cancelExtractionButton.connect("clicked()", self._cancel)
        ui.compareButton.connect("clicked()", self._compare)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            radiomics = session.radiomics
            radiomics.parameters_changed.connect(self._show_parameters)
            radiomics.extraction_changed.connect(self._show_run)
            radiomics.job_changed.connect(self._show_run)
            radiomics.maps.changed.connect(self._show_run)
            session.editing.begun_or_ended.connect(self._show_run)
            session.editing.changed.connect(self._show_run)
            file, self._file = self._file or radiomics.name, radiomics.name
            self._take(file)
        for part in (self._regions, self._map, self._features, self.comparison):
            part.take_session(session)
        self._show_parameters()
        self._watch()

    def restore(self, parameters: Any) -> None:
        if parameters.parameterFile:
            self._take(parameters.parameterFile)
        self._engines.look()
        self._engines.restore(parameters.radiomicsEngine)
        self._show_run()

    def enter(self) -> None:
        self._watch()

    def exit(self) -> None:
        self._watch()

    @property
    def _radiomics(self) -> RadiomicsSession | None:
        return self.session.radiomics if self.session else None

    @property
    def _job(self) -> Job | None:
        """The extraction, comparison or map under way."""
        radiomics = self._radiomics
        return (radiomics.job or radiomics.maps.job) if radiomics else None

    # Widgets to session

    def _watch(self) -> None:
        """Regions are made for who looks."""
        if self._radiomics:
            is_open = not self.ui.radiomicsSection.collapsed
            self._radiomics.watch(self.panel.is_entered and is_open)

    def _choose(self) -> None:
        self.panel.say("")
        self._take(chosen(self.ui.parameterFileComboBox))
        self.panel.remember(parameterFile=self._file)

    def _open_file(self) -> None:
        file = file_to_open(
            self.panel.widget, "A parameter file of your own", "pyradiomics (*.yaml *.yml *.json)"
        )
        if file:
            # Read anew even if it is the same.
            self._file = ""
            self._take(file)
            self.panel.remember(parameterFile=file)

    def _take(self, file: str) -> None:
        """Take a parameter file by its name among those that come along, or by its path."""
        if file == self._file:
            return
        self._file = file
        self._regions.tick_all()
        radiomics = self._radiomics
        if radiomics and file in radiomics.shipped:
            radiomics.choose(file)
        elif radiomics:
            radiomics.load_file(Path(file))

    def _extract(self, again: bool) -> None:
        self.panel.say("")
        if self._engines.is_own:
            self._radiomics.extract(again, self._regions.only)
        elif engine := self._engines.slicer_radiomics():
            self._radiomics.extract_by(engine, self._regions.only)

    def _compare(self) -> None:
        self.panel.say("")
        if engine := self._engines.slicer_radiomics():
            self._radiomics.compare(engine)

    def _cancel(self) -> None:
        self._radiomics.cancel()
        self._radiomics.maps.cancel()
        self._show_run()

    # Session to widgets

    def _show_parameters(self) -> None:
        radiomics, box = self._radiomics, self.ui.parameterFileComboBox
        choices = [(name, name) for name in radiomics.shipped] if radiomics else []
        if self._file and self._file not in dict(choices):
            choices.append((self._file, f"{Path(self._file).stem} (yours)"))
        offer(box, choices, self._file)
        for widget in (box, self.ui.parameterFileButton):
            widget.enabled = radiomics is not None
        self._show_regions()

    def _show_regions(self) -> None:
        radiomics, label = self._radiomics, self.ui.regionsNoteLabel
        if radiomics and radiomics.problem:
            label.text = _PROBLEM.format(escape(radiomics.problem))
        elif radiomics and self.session.case:
            label.text = escape(wording.regions_note(radiomics))
        else:
            label.text = _NOBODY
        self._show_run()

    def _show_map(self) -> None:
        self._map.show()

    def _show_run(self) -> None:
        ui, radiomics, engines = self.ui, self._radiomics, self._engines
        job = self._job
        has_features = bool(radiomics and radiomics.extraction)
        can_run = bool(radiomics and radiomics.parameters and self._regions.ticked and not job)
        ui.extractButton.enabled = can_run
        ui.extractAgainButton.enabled = can_run and has_features and engines.is_own
        ui.cancelExtractionButton.enabled = bool(job and not job.is_cancelled)
        ui.compareButton.enabled = can_run and has_features and engines.has_slicer_radiomics
        ui.extractionLabel.text = "<br>".join(map(escape, self._lines()))

    def _lines(self) -> list[str]:
        """What is running, or where the features come from and what there is to know of them."""
        radiomics = self._radiomics
        if job := self._job:
            return [f"{job.title} {'ends' if job.is_cancelled else 'runs'} …"]
        if radiomics is None or radiomics.extraction is None or self.session.case is None:
            return []
        return [
            wording.summary(radiomics.extraction),
            wording.source_line(self.session.case, self.session.editing.edit),
            *([_KEPT] if radiomics.is_reused else []),
            *map(str, wording.remarks(radiomics)),
        ]
