"""What a reader does with radiomics on the page, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib
import pandas as pd
from trame_server.utils.typed_state import TypedState

from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.radiomics.provenance import of_case
from CRLMExplorerLib.radiomics.table import csv_text, tidy, wide
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerLib.review.cohort_features import FeatureKey
from CRLMExplorerLib.review.feature_map_display import COLORS
from CRLMExplorerLib.review.feature_maps import ShownMap
from CRLMExplorerWeb import radiomics_presenter as presenter
from CRLMExplorerWeb.figures import distribution_figure
from CRLMExplorerWeb.radiomics_state import RadiomicsState

_LARGEST_FILE = 200_000
"""Characters; parameter files have a few thousand."""


class RadiomicsActions:
    """Binds the radiomics part of the page to the session's `RadiomicsSession`.

    Parameters
    ----------
    session
        The review session.
    typed
        The part's state.
    fail
        Shows a sentence on what could not be done.
    redraw_slices
        Draws the slice views anew.
    """

    def __init__(
        self,
        session: ReviewSession,
        typed: TypedState[RadiomicsState],
        fail: Callable[[str], None],
        redraw_slices: Callable[[], None],
    ) -> None:
        self._session = session
        self._radiomics = radiomics = session.radiomics
        self._fail = fail
        self._redraw_slices = redraw_slices
        self.name = name = typed.name
        self._page = typed.data
        self._is_dark = True
        self._feature_row: pd.Series | None = None
        self._seen_map: ShownMap | None = None
        radiomics.parameters_changed.connect(self._show_parameters)
        radiomics.outlook_changed.connect(self._show_regions)
        radiomics.extraction_changed.connect(self._show_extraction)
        radiomics.job_changed.connect(self.show_run)
        radiomics.cohort_changed.connect(self._show_feature)
        radiomics.maps.changed.connect(self._show_map)
        typed.bind_changes(
            {
                name.text: radiomics.edit,
                (name.text_filter, name.sort_key, name.is_descending): self._show_first_rows,
                name.page: self._show_rows,
            }
        )
        self._show_parameters()

    # Parameters

    def choose(self, file: str) -> None:
        """Take a parameter file that comes along."""
        if file in self._radiomics.shipped:
            self._radiomics.choose(file)

    def load(self, file: str, text: str) -> None:
        """Take a parameter file from the reader's disk."""
        if len(text) > _LARGEST_FILE:
            self._fail(f"{file} is too large for a parameter file.")
            return
        self._radiomics.load(file.rsplit(".", 1)[0] or file, text)

    # Extraction

    def watch(self, is_watched: bool) -> None:
        """Whether the reader sees this part."""
        self._radiomics.watch(is_watched)

    def extract(self, again: bool) -> None:
        """Extract the open patient's features."""
        self._radiomics.extract(again)

    def extract_all(self) -> None:
        """Extract all patients' features."""
        self._radiomics.extract_all()

    def cancel(self) -> None:
        """Stop the extraction."""
        self._radiomics.cancel()
        self.show_run()

    def jump_to(self, region: str) -> None:
        """Centre the views on a region."""
        outlook = self._radiomics.outlook
        if outlook and region in outlook.masks:
            self._session.jump_to(Runs.of(outlook.masks[region]).central_voxel_ras_mm())

    # Files for the reader

    def tidy_csv(self) -> bytes:
        """The table, a row a value."""
        extraction, parameters = self._radiomics.extraction, self._radiomics.parameters
        if extraction is None or parameters is None:
            return b""
        return csv_text(tidy(extraction, parameters.settings)).encode()

    def wide_csv(self) -> bytes:
        """The table, a row a region."""
        extraction = self._radiomics.extraction
        return csv_text(wide(extraction)).encode() if extraction else b""

    def provenance(self) -> bytes:
        """Where the table comes from."""
        extraction, parameters = self._radiomics.extraction, self._radiomics.parameters
        if extraction is None or parameters is None:
            return b""
        return of_case(extraction, parameters).text().encode()

    # One feature

    def show_feature(self, key: int) -> None:
        """Show a row's feature in the cohort."""
        table = self._radiomics.table
        if table is None:
            return
        self._feature_row = table.loc[key]
        self._page.feature_key = key
        if self._radiomics.cohort is None:
            self._radiomics.read_cohort()
        self._show_feature()

    def hide_feature(self) -> None:
        """Close the distribution."""
        self._feature_row = None
        self._page.feature_key = -1
        self._show_feature()

    def be_dark(self, is_dark: bool) -> None:
        """Draw the distribution for a dark page, or a light one."""
        self._is_dark = is_dark
        self._show_feature()

    def map_feature(self, key: int, kernel_radius: int, is_masked: bool) -> None:
        """Map a row's feature."""
        table = self._radiomics.table
        if table is None:
            return
        row = table.loc[key]
        region = str(row["region"])
        self._radiomics.map(region, _feature_of(row), int(kernel_radius), is_masked)

    def set_map_visible(self, is_visible: bool) -> None:
        """Show or hide the map."""
        self._radiomics.maps.set_visible(is_visible)

    def remove_map(self) -> None:
        """Take the map away."""
        self._radiomics.maps.remove()

    @staticmethod
    def map_gradient() -> str:
        """The map's colours as CSS."""
        colors = matplotlib.colormaps[COLORS]
        stops = (matplotlib.colors.to_hex(colors(step / 8)) for step in range(9))
        return f"linear-gradient(to right, {', '.join(stops)})"

    # Session to page

    def _show_parameters(self) -> None:
        radiomics, page = self._radiomics, self._page
        page.files = presenter.file_choices(radiomics)
        page.file = radiomics.name
        page.text = radiomics.text
        page.problem = radiomics.problem

    def _show_regions(self) -> None:
        self._page.regions = presenter.region_rows(self._radiomics)
        self._page.regions_note = wording.regions_note(self._radiomics)

    def _show_extraction(self) -> None:
        extraction = self._radiomics.extraction
        self._page.summary = wording.summary(extraction)
        self._page.omissions = presenter.omission_rows(self._radiomics)
        self._show_first_rows()
        self.hide_feature()

    def show_run(self) -> None:
        """Show how far the extraction is."""
        self._page.run = presenter.run_row(self._radiomics)
        self._page.is_mapping = self._radiomics.maps.job is not None

    def _show_first_rows(self, *_: object) -> None:
        self._page.page = 1
        self._show_rows()

    def _show_rows(self, *_: object) -> None:
        page = self._page
        choice = wording.Choice(page.text_filter or "", page.sort_key, page.is_descending)
        rows = wording.chosen(self._radiomics.table, choice)
        page.rows = presenter.feature_rows(rows, page.page)
        page.rows_note = presenter.rows_note(rows, page.page)
        count = 0 if rows is None else len(rows)
        page.page_count = -(-count // presenter.ROWS_A_PAGE)

    def _show_feature(self) -> None:
        page, radiomics = self._page, self._radiomics
        page.cohort_note = presenter.cohort_note(radiomics)
        row, extraction = self._feature_row, radiomics.extraction
        if row is None or extraction is None:
            page.feature_figure, page.feature_note = {}, ""
            return
        region, unit = str(row["region"]), wording.unit_text(str(row["unit"]))
        values = radiomics.distribution(region, _feature_of(row))
        patient_id = extraction.origin.patient_id
        page.feature_figure = distribution_figure(values, patient_id, region, unit, self._is_dark)
        page.feature_note = presenter.feature_note(values, patient_id, region, unit)

    def _show_map(self) -> None:
        maps = self._radiomics.maps
        self._page.map = presenter.map_row(maps)
        self._page.is_mapping = maps.job is not None
        if maps.shown and maps.shown is not self._seen_map:
            self.jump_to(maps.shown.region)
        self._seen_map = maps.shown
        self._redraw_slices()


def _feature_of(row: pd.Series) -> FeatureKey:
    return str(row["filter"]), str(row["feature_class"]), str(row["feature"])
