"""The volumetry says what the library measures, follows the reader's figures and can be taken."""

from __future__ import annotations

import io

import pandas as pd
import pytest
import slicer
from PySide6.QtWidgets import QApplication, QFileDialog

from CRLMExplorerLib.measure import BodySize, MinimumRule
from CRLMExplorerLib.review import wording
from CRLMExplorerLib.review.volumetry_table import volumetry_table
from panel.conftest import column


@pytest.fixture(autouse=True)
def nothing_added(reader):
    yield
    for box in (reader.ui.minimumSpinBox, reader.ui.heightSpinBox, reader.ui.weightSpinBox):
        box.value = 0.0


def test_verdict_rule_and_sizes_are_the_librarys(reader, case):
    said = wording.verdict(case.volumetry)
    assert f"{case.volumetry.flr_percent_functional:.1f} %" in reader.ui.verdictLabel.text
    assert said.text in reader.ui.verdictLabel.text
    assert reader.ui.ruleLabel.text == case.rule.reason
    assert column(reader.ui.sizesTable, 1) == [
        line.value for line in wording.size_lines(case.volumetry)
    ]


def test_the_readers_own_minimum_changes_the_verdict_and_0_takes_it_back(reader, case):
    percent = case.volumetry.flr_percent_functional
    reader.ui.minimumSpinBox.value = int(percent) - 1
    assert "adequate" in reader.ui.verdictLabel.text
    reader.ui.minimumSpinBox.value = int(percent) + 1
    assert "below minimum" in reader.ui.verdictLabel.text
    assert reader.session.case.rule == MinimumRule.chosen(int(percent) + 1)
    reader.ui.minimumSpinBox.value = 0
    assert reader.session.case.rule == case.rule


def test_height_and_weight_give_the_standardised_flr(reader, case):
    before = reader.ui.sizesTable.rowCount
    reader.ui.heightSpinBox.value = 175
    assert reader.ui.sizesTable.rowCount == before
    reader.ui.weightSpinBox.value = 80
    measured = case.measured_with(case.rule, BodySize(175, 80)).volumetry
    shown = dict(zip(column(reader.ui.sizesTable, 0), column(reader.ui.sizesTable, 1), strict=True))
    assert shown["FLR to body weight"] == f"{measured.flr_to_body_weight_percent:.2f} %"
    assert reader.ui.sizesTable.rowCount == before + 5


def test_an_impossible_height_is_said_and_shows_nothing(reader):
    reader.ui.heightSpinBox.value = 20
    reader.ui.weightSpinBox.value = 80
    assert "height 20 cm is not plausible" in reader.ui.messageLabel.text
    assert reader.session.case.body is None


def test_it_is_copied_saved_and_put_into_the_scene(reader, case, tmp_path, monkeypatch):
    expected = volumetry_table(case.volumetry)
    reader.ui.copyButton.click()
    copied = pd.read_csv(io.StringIO(QApplication.clipboard().text()), sep="\t")
    assert copied["value"].tolist() == pytest.approx(expected["value"].tolist(), nan_ok=True)
    file = tmp_path / "Größe und Volumen.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    reader.ui.csvButton.click()
    saved = pd.read_csv(file)
    assert saved["quantity"].tolist() == expected["quantity"].tolist()
    reader.ui.tableNodeButton.click()
    table = slicer.util.getNode("Volumetry CRLM-CT-1001")
    column_of_values = table.GetTable().GetColumnByName("value")
    assert column_of_values.GetValue(2) == case.volumetry.flr_ml


def test_a_folder_that_is_not_there_is_said(reader, tmp_path, monkeypatch):
    file = tmp_path / "missing" / "volumetry.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    reader.ui.csvButton.click()
    assert "there is no folder" in reader.ui.messageLabel.text
