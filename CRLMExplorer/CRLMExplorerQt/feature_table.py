"""The features that were extracted: filtered, sorted, taken into the scene and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt

from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.table_file import save_features
from CRLMExplorerLib.review import radiomics_wording as wording
from CRLMExplorerQt.choices import chosen, offer
from CRLMExplorerQt.dialogs import file_to_save
from CRLMExplorerQt.keeping import put_into_scene
from CRLMExplorerQt.tables import Cell, fill, stretch

if TYPE_CHECKING:
    import pandas as pd

    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel

ROWS_SHOWN = 1000
"""More are not read by scrolling, and take a moment to lay out."""

_COLUMNS = ("feature", "value", "region", "feature_class", "filter")
"""What is read comes first: in a narrow panel, the last are beyond its edge."""

_NONE = -1
_WIDEST_PX = 150
_ALL = {"region": "All regions", "filter": "All filters", "feature_class": "All classes"}


class FeatureTable:
    """The results of the section “Radiomics”.

    Parameters
    ----------
    panel
        The panel it is part of.
    changed
        Called when another feature is selected, or none.
    """

    def __init__(self, panel: Panel, changed: Callable[[], None]) -> None:
        self._panel = panel
        self._changed = changed
        self._shown: list[Any] = []
        self._ui = ui = panel.ui
        self._session: ReviewSession | None = None
        self._sort_key, self._is_descending = "", False
        self._boxes = {
            "region": ui.featureRegionComboBox,
            "filter": ui.featureFilterComboBox,
            "feature_class": ui.featureClassComboBox,
        }
        # None is squeezed: what does not fit is scrolled to.
        stretch(ui.featuresTable, _NONE)
        header = ui.featuresTable.horizontalHeader()
        header.setMaximumSectionSize(_WIDEST_PX)
        header.setSectionsClickable(True)
        header.connect("sectionClicked(int)", self._sort)
        ui.featuresTable.connect("itemSelectionChanged()", changed)
        ui.featureSearchBox.connect("textChanged(QString)", self._show_rows)
        for box in self._boxes.values():
            box.connect("currentIndexChanged(int)", self._show_rows)
        ui.featureTableNodeButton.connect("clicked()", self._make_table_node)
        ui.saveFeaturesButton.connect("clicked()", lambda: self._save(is_wide=False))
        ui.saveWideButton.connect("clicked()", lambda: self._save(is_wide=True))

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session's features from now on."""
        self._session = session
        if session:
            session.radiomics.extraction_changed.connect(self._show)
        self._show()

    @property
    def selected(self) -> Any | None:
        """The row of the feature that is selected."""
        row = self._ui.featuresTable.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _table(self) -> pd.DataFrame | None:
        return self._session.radiomics.table if self._session else None

    def _show(self) -> None:
        table = self._table()
        features = wording.chosen(table, wording.Choice("", "", False))
        for column, box in self._boxes.items():
            values = [] if features is None else features[column].unique().tolist()
            offer(box, [("", _ALL[column]), *((one, one) for one in values)], chosen(box))
            box.enabled = len(values) > 1
        has_features = features is not None and len(features) > 0
        for widget in (self._ui.featureSearchBox, self._ui.featuresTable):
            widget.enabled = has_features
        for button in (
            self._ui.featureTableNodeButton,
            self._ui.saveFeaturesButton,
            self._ui.saveWideButton,
        ):
            button.enabled = table is not None
        self._show_rows()

    def _show_rows(self) -> None:
        only = {column: chosen(box) for column, box in self._boxes.items() if chosen(box)}
        choice = wording.Choice(
            self._ui.featureSearchBox.text, self._sort_key, self._is_descending, only
        )
        rows = wording.chosen(self._table(), choice)
        self._shown = [] if rows is None else list(rows.head(ROWS_SHOWN).itertuples())
        fill(self._ui.featuresTable, [_cells(row) for row in self._shown])
        # What is the same in all rows is said by the boxes above.
        for column in self._boxes:
            is_same = rows is not None and len(rows[column].unique()) == 1
            self._ui.featuresTable.setColumnHidden(_COLUMNS.index(column), is_same)
        note = "" if rows is None else _note(len(self._shown), len(rows))
        self._ui.featuresNoteLabel.text = note
        self._changed()

    def _sort(self, index: int) -> None:
        """Sort by a column, by its other end, and at the third click as extracted."""
        key = _COLUMNS[index]
        if key != self._sort_key:
            self._sort_key, self._is_descending = key, False
        elif not self._is_descending:
            self._is_descending = True
        else:
            self._sort_key, self._is_descending = "", False
        order = qt.Qt.DescendingOrder if self._is_descending else qt.Qt.AscendingOrder
        header = self._ui.featuresTable.horizontalHeader()
        header.setSortIndicatorShown(bool(self._sort_key))
        header.setSortIndicator(index, order)
        self._show_rows()

    def _make_table_node(self) -> None:
        name = f"Features {self._session.case.patient_id}"
        put_into_scene(self._panel, self._table(), name)

    def _save(self, is_wide: bool) -> None:
        radiomics = self._session.radiomics
        suffix = "features.wide.csv" if is_wide else "features.csv"
        file = file_to_save(
            self._panel.widget,
            "Save the features",
            f"{self._session.case.patient_id}.{suffix}",
            "CSV (*.csv);;Parquet (*.parquet)",
        )
        if not file:
            return
        try:
            provenance = save_features(
                radiomics.extraction, radiomics.parameters, Path(file), is_wide
            )
        except RadiomicsError as error:
            self._panel.say(str(error))
            return
        self._panel.say(f"The features are saved in {file}, with {provenance.name} beside it.")


def _cells(row) -> list[Cell]:
    unit = wording.unit_text(row.unit)
    tip = f"{row.region}\n{row.filter} · {row.feature_class} · {row.feature}\n{row.value!r} {unit}"
    value = f"{wording.value_text(row.value)} {unit}".rstrip()
    return [
        Cell(row.feature, tip),
        Cell(value, tip, is_number=True),
        *(Cell(text, tip) for text in (row.region, row.feature_class, row.filter)),
    ]


def _note(shown: int, total: int) -> str:
    if total == 0:
        return "No feature fits."
    if shown < total:
        return f"The first {shown} of {total:,} features; filter to see others.".replace(",", " ")
    return f"{total} features"
