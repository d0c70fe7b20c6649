"""A run of radiomics ends with what it belongs to; another engine runs beside it; choices stay."""

from __future__ import annotations

import pytest
import slicer
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget

from CRLMExplorerLib.radiomics.runs import FOLDER
from panel.conftest import column
from panel.radiomics_steps import SMALL, begin, install_slicer_radiomics, run, tick
from small_parameters import LONG


def number_of_nodes() -> int:
    return slicer.mrmlScene.GetNumberOfNodes()


def test_a_table_node_stays_when_the_patient_is_closed(own_reader, tmp_path, monkeypatch):
    begin(own_reader, SMALL, tmp_path, monkeypatch)
    run(own_reader)
    own_reader.ui.featureTableNodeButton.click()
    rows = len(own_reader.session.radiomics.table)
    own_reader.panel.close_patient()
    (node,) = slicer.util.getNodesByClass("vtkMRMLTableNode")
    assert node.GetName() == "Features CRLM-CT-1001"
    assert node.GetNumberOfRows() == rows
    assert own_reader.ui.featuresTable.rowCount == own_reader.ui.regionsTable.rowCount == 0
    assert not own_reader.ui.saveFeaturesButton.enabled


def test_file_and_engine_are_kept_in_the_scene(own_reader, tmp_path, monkeypatch):
    desktop, ui = own_reader.desktop, own_reader.ui
    install_slicer_radiomics(own_reader, monkeypatch)
    begin(own_reader, SMALL, tmp_path, monkeypatch)
    ui.slicerRadiomicsButton.click()
    node = own_reader.widget.logic.getParameterNode()
    assert node.parameterFile == str(tmp_path / "parameters.yaml")
    assert node.radiomicsEngine == "SlicerRadiomics"
    new = desktop.reload().panel
    assert new.session.radiomics.name == "parameters"
    assert new.ui.slicerRadiomicsButton.checked
    assert new.ui.parameterFileComboBox.currentText == "parameters (yours)"


def test_a_cancelled_run_leaves_nothing(own_reader, tmp_path, monkeypatch):
    begin(own_reader, LONG, tmp_path, monkeypatch)
    nodes = number_of_nodes()
    own_reader.ui.extractButton.click()
    assert own_reader.ui.cancelExtractionButton.enabled
    assert not own_reader.ui.extractButton.enabled
    assert "runs" in own_reader.ui.extractionLabel.text
    job = own_reader.session.radiomics.job
    own_reader.wait_until(lambda: job.fraction > 0)
    own_reader.ui.cancelExtractionButton.click()
    assert not own_reader.ui.cancelExtractionButton.enabled
    own_reader.wait_for_jobs()
    assert own_reader.session.radiomics.extraction is None
    assert own_reader.ui.extractButton.enabled
    assert own_reader.ui.extractionLabel.text == ""
    assert number_of_nodes() == nodes
    assert not (own_reader.panel.database.directory / FOLDER).exists()


@pytest.mark.parametrize("what", ["patient", "scene"])
def test_a_run_ends_with_what_it_belongs_to(own_reader, tmp_path, monkeypatch, what):
    begin(own_reader, LONG, tmp_path, monkeypatch)
    own_reader.ui.extractButton.click()
    job = own_reader.session.radiomics.job
    own_reader.wait_until(lambda: job.fraction > 0)
    if what == "patient":
        own_reader.panel.close_patient()
    else:
        own_reader.desktop.close_scene()
    assert job.is_cancelled
    own_reader.wait_until(lambda: own_reader.session.radiomics.job is None)
    assert own_reader.session.radiomics.extraction is None
    assert slicer.util.getNodesByClass("vtkMRMLTableNode") == []
    assert not (own_reader.panel.database.directory / FOLDER).exists()


def test_a_run_goes_on_while_the_reader_is_elsewhere(own_reader, tmp_path, monkeypatch):
    begin(own_reader, SMALL, tmp_path, monkeypatch)
    own_reader.ui.extractButton.click()
    own_reader.desktop.panel().exit()
    own_reader.wait_for_jobs()
    assert own_reader.session.radiomics.extraction is not None


def test_slicer_radiomics_extracts_and_both_are_compared(own_reader, tmp_path, monkeypatch):
    ui, panel = own_reader.ui, own_reader.panel
    logics = install_slicer_radiomics(own_reader, monkeypatch)
    begin(own_reader, SMALL, tmp_path, monkeypatch)
    for name in list(own_reader.session.radiomics.outlook.masks)[2:]:
        tick(own_reader, name, False)
    ui.slicerRadiomicsButton.click()
    nodes = number_of_nodes()
    run(own_reader)
    theirs = own_reader.session.radiomics.table
    assert "extracted by SlicerRadiomics" in ui.extractionLabel.text
    assert not ui.extractAgainButton.enabled
    assert len(logics[-1].runs) == 2
    assert number_of_nodes() == nodes + 1
    ui.ownEngineButton.click()
    run(own_reader)
    ours = own_reader.session.radiomics.table
    assert list(ours.feature) == list(theirs.feature)
    assert ours.value.tolist() == pytest.approx(theirs.value.tolist(), rel=1e-6, nan_ok=True)
    ui.compareButton.click()
    own_reader.wait_for_jobs()
    dialog = panel_dialog(panel)
    sentence = dialog.findChild(QLabel, "comparisonLabel").text
    assert sentence.startswith("8 features compared")
    table = dialog.findChild(QTableWidget, "comparisonTable")
    titles = [table.horizontalHeaderItem(index).text() for index in range(table.columnCount)]
    assert titles[4:] == ["CRLM Explorer", "SlicerRadiomics", "Difference", "Relative"]
    assert table.rowCount == 8
    apart = [float(text) for text in column(table, 7)]
    assert apart == sorted(apart, reverse=True)
    assert max(apart) < 1e-6
    dialog.findChild(QPushButton, "comparisonTableNodeButton").click()
    node = slicer.util.getNode("Comparison CRLM-CT-1001")
    assert node.GetNumberOfRows() == 8
    panel.close_patient()
    assert comparison_of(panel).dialog is None


def comparison_of(panel):
    (section,) = [one for one in panel.sections if hasattr(one, "comparison")]
    return section.comparison


def panel_dialog(panel):
    return comparison_of(panel).dialog


def test_the_selected_feature_is_mapped_over_the_ct(own_reader, tmp_path, monkeypatch):
    begin(own_reader, SMALL, tmp_path, monkeypatch)
    ui = own_reader.ui
    nodes = number_of_nodes()
    assert not ui.mapButton.enabled
    run(own_reader)
    rows = list(zip(column(ui.featuresTable, 0), column(ui.featuresTable, 2), strict=True))
    ui.featuresTable.selectRow(rows.index(("MeshVolume", "Tumor_4")))
    assert not ui.mapButton.enabled
    ui.featuresTable.selectRow(rows.index(("Mean", "Tumor_4")))
    ui.mapButton.click()
    assert not ui.mapButton.enabled
    assert ui.extractionLabel.text == "Mapping Mean of Tumor_4 runs …"
    ui.cancelExtractionButton.click()
    own_reader.wait_for_jobs()
    assert own_reader.session.radiomics.maps.shown is None
    ui.mapButton.click()
    own_reader.wait_for_jobs()
    shown = own_reader.session.radiomics.maps.shown
    assert (shown.region, shown.request.feature) == ("Tumor_4", "Mean")
    assert "Mean · firstorder · original\nTumor_4, 3×3×3" in ui.mapLabel.text
    case = own_reader.session.case
    (mask,) = [one.mask for one in case.segments if one.label == "Tumor_4"]
    hu = case.ct.hu[mask.to_array()]
    assert hu.min() <= shown.low < hu.mean() < shown.high <= hu.max()
    assert ui.mapButton.text == "Remove map"
    ui.mapButton.click()
    assert (ui.mapButton.text, ui.mapLabel.text) == ("Map", "")
    # The table of features.
    assert number_of_nodes() == nodes + 1
