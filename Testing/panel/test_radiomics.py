"""Features are extracted, read, saved and compared in the panel, with the library's values."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from CRLMExplorerLib.radiomics.parameter_file import parameters_from_text
from CRLMExplorerLib.radiomics.table import read_tidy, tidy
from CRLMExplorerLib.review.extraction import extract_case
from panel.conftest import column
from panel.radiomics_steps import SMALL, begin, run, take, tick


@pytest.fixture
def small(reader, tmp_path, monkeypatch):
    """The reader with the section unfolded and the small parameter file."""
    begin(reader, SMALL, tmp_path, monkeypatch)
    return reader


def shown_value(reader, feature: str, region: str) -> str:
    table = reader.ui.featuresTable
    rows = zip(column(table, 2), column(table, 0), column(table, 1), strict=True)
    (value,) = [text for one, name, text in rows if (one, name) == (region, feature)]
    return value


def test_regions_are_listed_with_their_voxels_or_why_there_are_none(small, case):
    table = small.ui.regionsTable
    tumors = [one for one in case.segments if one.label.startswith("Tumor")]
    assert column(table, 0)[:-1] == [one.label for one in tumors]
    assert column(table, 2)[:-1] == [f"{one.mask.count:,}".replace(",", " ") for one in tumors]
    assert column(table, 0)[-1].startswith("Other\nThere is no segment for “no such label”")
    assert table.item(len(tumors), 0).data(Qt.ItemDataRole.CheckStateRole) is None
    table.cellDoubleClicked.emit(1, 0)
    place = case.ct.grid.kji_of(small.session.crosshair_ras_mm)
    assert tumors[1].mask.holds(np.round(place).astype(int)[None]).all()


def test_values_are_the_librarys(small, case):
    run(small)
    parameters = parameters_from_text(SMALL, "small")
    expected = tidy(extract_case(case, parameters), parameters.settings)
    features = expected[expected["feature_class"] != "omitted"]
    assert small.ui.featuresTable.rowCount == len(features) == 4 * len(set(features.region))
    region = features.region.iloc[0]
    for feature, unit in (("Mean", " HU"), ("Entropy", ""), ("MeshVolume", " mm³")):
        row = features[(features.region == region) & (features.feature == feature)].iloc[0]
        text = shown_value(small, feature, region)
        assert text.endswith(unit)
        digits = text.removesuffix(unit).replace(" ", "")
        assert float(digits) == pytest.approx(row.value, rel=1e-4)
    pd.testing.assert_frame_equal(small.session.radiomics.table, expected)
    assert "extracted" in small.ui.extractionLabel.text
    assert "Of the DSO “" in small.ui.extractionLabel.text


def test_a_kept_run_is_shown_and_can_be_made_again(small):
    run(small)
    first = small.session.radiomics.extraction.run
    run(small)
    assert small.session.radiomics.extraction.run == first
    assert "Kept from before" in small.ui.extractionLabel.text
    small.ui.extractAgainButton.click()
    small.wait_for_jobs()
    assert small.session.radiomics.extraction.run.started > first.started
    assert "Kept from before" not in small.ui.extractionLabel.text


def test_only_ticked_regions_are_extracted(small):
    run(small)
    names = small.session.radiomics.outlook.masks
    first, *others = names
    for name in others:
        tick(small, name, False)
    run(small)
    assert set(small.session.radiomics.table.query("feature_class != 'omitted'").region) == {first}
    assert f"{others[0]}: The region was not asked for." in small.ui.extractionLabel.text
    tick(small, first, False)
    assert not small.ui.extractButton.enabled
    for name in names:
        tick(small, name, True)
    run(small)
    assert set(small.session.radiomics.table.region) >= set(names)


def test_the_table_is_filtered_and_sorted(small):
    run(small)
    ui = small.ui
    total = ui.featuresTable.rowCount
    assert not ui.featuresTable.isColumnHidden(2) and ui.featuresTable.isColumnHidden(4)
    small.choose(ui.featureRegionComboBox, "Tumor_2")
    assert ui.featuresTable.rowCount == 4
    assert ui.featuresTable.isColumnHidden(2)
    small.choose(ui.featureClassComboBox, "firstorder")
    assert column(ui.featuresTable, 0) == ["Mean", "Entropy"]
    ui.featureSearchBox.text = "MEAN"
    assert column(ui.featuresTable, 0) == ["Mean"]
    ui.featureSearchBox.text = "nothing"
    assert ui.featuresNoteLabel.text == "No feature fits."
    ui.featureSearchBox.text = ""
    ui.featureRegionComboBox.setCurrentIndex(0)
    ui.featureClassComboBox.setCurrentIndex(0)
    assert ui.featuresNoteLabel.text == f"{total} features"
    as_extracted = column(ui.featuresTable, 0)
    header = ui.featuresTable.horizontalHeader()
    header.sectionClicked.emit(0)
    assert column(ui.featuresTable, 0) == sorted(as_extracted)
    header.sectionClicked.emit(0)
    assert column(ui.featuresTable, 0) == sorted(as_extracted, reverse=True)
    header.sectionClicked.emit(0)
    assert column(ui.featuresTable, 0) == as_extracted


def test_it_is_saved_with_its_provenance(small, tmp_path, monkeypatch):
    run(small)
    radiomics = small.session.radiomics
    saved = {}
    for name, button in (
        ("Werte der Läsionen.csv", small.ui.saveFeaturesButton),
        ("features.parquet", small.ui.saveFeaturesButton),
        ("features.wide.csv", small.ui.saveWideButton),
    ):
        saved[name] = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, n=name: (str(saved[n]), ""))
        button.click()
        assert f"{saved[name].stem}.provenance.json beside it" in small.ui.messageLabel.text
    for name in ("Werte der Läsionen.csv", "features.parquet"):
        pd.testing.assert_frame_equal(read_tidy(saved[name]), radiomics.table)
    wide = pd.read_csv(saved["features.wide.csv"], float_precision="round_trip")
    means = radiomics.table.query("feature == 'Mean'").set_index("region")["value"]
    found = wide.set_index("region")["original_firstorder_Mean"].dropna()
    assert found.to_dict() == means.to_dict()
    facts = json.loads((tmp_path / "features.provenance.json").read_text(encoding="utf-8"))
    assert facts["parameters"]["sha256"] == radiomics.parameters.sha256
    assert facts["patients"][0]["engine"] == "CRLM Explorer"


def test_what_cannot_be_saved_is_said(small, tmp_path, monkeypatch):
    run(small)
    for name, said in (("missing/a.csv", "there is no folder"), ("a.xlsx", ".csv or .parquet")):
        file = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, f=file: (str(f), ""))
        small.ui.saveFeaturesButton.click()
        assert said in small.ui.messageLabel.text
        assert list(tmp_path.glob("*.provenance.json")) == []


def test_an_erroneous_file_is_told_with_line_and_key(small, tmp_path, monkeypatch):
    file = tmp_path / "wrong.yaml"
    file.write_text(SMALL.replace("25", "wide"), encoding="utf-8")
    take(small, file, monkeypatch)
    problem = small.ui.regionsNoteLabel
    assert "line 2" in problem.text
    assert "binWidth" in problem.text
    assert not small.ui.extractButton.enabled
    assert small.ui.featuresTable.rowCount == 0
    file.write_text(SMALL, encoding="utf-8")
    take(small, file, monkeypatch)
    small.wait_until(lambda: problem.text == "")
    take(small, tmp_path / "missing.yaml", monkeypatch)
    assert "cannot be read" in problem.text
    small.choose(small.ui.parameterFileComboBox, "ibsi")
    assert small.session.radiomics.name == "ibsi"
    assert "missing" not in problem.text


def test_without_slicer_radiomics_it_is_said_how_to_get_it(small):
    run(small)
    ui = small.ui
    assert not ui.slicerRadiomicsButton.enabled and not ui.compareButton.enabled
    for button in (ui.slicerRadiomicsButton, ui.compareButton):
        assert "Extensions Manager" in button.toolTip
        assert "macOS" in button.toolTip
