"""Slicer loads the module, shows its panel, closes scenes under it, saves, and reloads it."""

from __future__ import annotations

import sys
import unittest

import pytest
import slicer

from CRLMExplorerLib.radiomics.errors import ParameterError
from panel.conftest import SCREENSHOTS
from slicer_desktop import packaging_module
from slicer_desktop.application import QMessageBox, answering
from slicer_desktop.desktop import MODULE_FILE

SELF_TEST = MODULE_FILE.parent / "Testing" / "Python" / "CRLMExplorerSelfTest.py"


def count(class_name: str) -> int:
    return slicer.mrmlScene.GetNumberOfNodesByClass(class_name)


def test_the_module_says_what_slicer_lists(desktop):
    desktop.load()
    module = slicer.modules.crlmexplorer
    assert module.title == "CRLM Explorer"
    assert module.categories == ("Quantification",)
    assert not module.icon.isNull()
    assert "Not a medical device" in module.helpText
    assert "CC BY 4.0" in module.acknowledgementText


def test_the_panel_lists_the_patients_of_slicers_database(desktop, panel):
    table = panel.ui.worklistTable
    ids = [table.item(row, 0).text() for row in range(table.rowCount)]
    assert ids == ["CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"]
    desktop.screenshot(SCREENSHOTS / "qt-module.png")


def test_without_a_database_the_panel_says_so(empty_desktop):
    ui = empty_desktop.load().panel.ui
    assert ui.messageLabel.text == "Open a DICOM database in the DICOM module first."


def open_row(desktop, panel, row: int) -> None:
    """Open a patient of the worklist, and wait for the images."""
    panel.ui.worklistTable.selectRow(row)
    panel.ui.openButton.click()
    desktop.wait_until(lambda: panel.session.case and not panel.session.is_drawing)


def test_what_the_reader_chose_is_kept_in_a_saved_scene(own_reader, demo, tmp_path):
    ui, scene = own_reader.ui, slicer.mrmlScene
    own_reader.choose(ui.endpointComboBox, "Disease-free survival")
    own_reader.choose(ui.groupComboBox, "Sex")
    own_reader.panel.shortcuts.keys["5"].activated.emit()
    ui.minimumSpinBox.value = 35
    scene.SetRootDirectory(str(tmp_path))
    scene.SetURL(str(tmp_path / "Szene ß.mrml"))
    assert scene.Commit()
    own_reader.desktop.close_scene()
    node = own_reader.widget.logic.getParameterNode()
    assert (node.patientId, node.minimumFlrPercent) == ("", 0)
    assert (node.clinicalFile, node.endpoint) == (str(demo.spreadsheet), "disease_free")
    own_reader.choose(ui.endpointComboBox, "Overall survival")
    own_reader.choose(ui.groupComboBox, "All patients")
    scene.SetURL(str(tmp_path / "Szene ß.mrml"))
    assert scene.Connect()
    own_reader.desktop.settle()
    assert ui.endpointComboBox.currentText == "Disease-free survival"
    assert ui.groupComboBox.currentText == "Sex"
    assert "Bone" in ui.windowComboBox.currentText
    assert "CRLM-CT-1001 was open when this scene was saved" in ui.messageLabel.text
    ui.openButton.click()
    own_reader.wait_for_jobs()
    assert own_reader.session.case.rule.percent == 35


def test_the_logic_opens_and_measures_without_the_panel(desktop, demo):
    logic = desktop.load().logic
    case = logic.openPatient("CRLM-CT-1001", str(demo.spreadsheet))
    assert case.record is not None
    assert logic.volumetry(case).flr_percent_functional > 0


def test_the_logic_extracts_by_a_parameter_files_name_or_path(desktop, tmp_path):
    logic = desktop.load().logic
    case = logic.openPatient("CRLM-CT-1001")
    file = tmp_path / "mine.yaml"
    file.write_text("featureClass: {firstorder: [Mean]}\nregions: [liver]\n", encoding="utf-8")
    (mean,) = logic.extractRadiomics(case, str(file)).extraction.values
    assert (mean.region, mean.feature) == ("liver", "Mean")
    liver = next(one.mask for one in case.segments if one.label == "Liver").to_array()
    assert mean.value == pytest.approx(case.ct.hu[liver].mean(), rel=1e-9)
    assert logic.extractRadiomics(case, file).extraction.values == (mean,)
    textures = logic.extractRadiomics(case, "texture-liver").extraction.values
    assert {one.feature_class for one in textures} == {"glcm"}
    with pytest.raises(ParameterError, match="no-such-file"):
        logic.extractRadiomics(case, "no-such-file")


@pytest.mark.parametrize("agrees", [True, False])
def test_missing_packages_are_installed_only_when_the_reader_agrees(desktop, monkeypatch, agrees):
    lacking = {"lifelines", "pandas"}
    is_there = packaging_module.pip_check

    def pip_check(requirement):
        if requirement.name in lacking:
            return str(requirement) in packaging_module.installed
        return is_there(requirement)

    monkeypatch.setattr(slicer.packaging, "pip_check", pip_check)
    monkeypatch.setattr(packaging_module, "pip_check", pip_check)
    monkeypatch.setattr(packaging_module, "installed", [])
    widget = desktop.load()
    assert widget.panel is None
    button = QMessageBox.StandardButton.Ok if agrees else QMessageBox.StandardButton.Cancel
    with answering(button, QMessageBox.StandardButton.Ok) as said:
        widget._needs.button.click()
    assert "lifelines<0.31,>=0.30" in said[0]
    assert [r.split("<")[0] for r in packaging_module.installed] == (
        ["pandas", "lifelines"] if agrees else []
    )
    assert (widget.panel is not None) == agrees


def test_loading_the_module_imports_nothing_that_slicer_lacks(desktop, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("CRLMExplorer")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(slicer.packaging, "pip_check", lambda requirement: False)
    desktop.load()
    assert {name for name in sys.modules if name.startswith("CRLMExplorer")} == {
        "CRLMExplorer",
        "CRLMExplorerQt",
        "CRLMExplorerQt.needs",
    }


def self_test(demo) -> unittest.TestResult:
    """Run the file that ctest runs inside Slicer."""
    namespace: dict = {"__name__": SELF_TEST.stem}
    exec(compile(SELF_TEST.read_text(encoding="utf-8"), str(SELF_TEST), "exec"), namespace)
    namespace[SELF_TEST.stem].demo_folder = demo.spreadsheet.parent
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(namespace[SELF_TEST.stem]).run(result)
    return result


def test_the_tests_that_slicer_runs_pass_here_too(desktop, demo):
    desktop.load()
    sys.modules["CRLMExplorer"].CRLMExplorerTest().runTest()
    slicers = slicer.dicomDatabase
    result = self_test(demo)
    assert result.wasSuccessful(), "\n".join(text for _, text in result.errors + result.failures)
    assert (result.testsRun, result.skipped) == (6, [])
    assert slicer.dicomDatabase is slicers and slicers.isOpen


def test_slicers_tests_fail_where_a_package_is_missing(desktop, demo, monkeypatch):
    desktop.load()
    monkeypatch.setattr(slicer.packaging, "pip_check", lambda requirement: False)
    result = self_test(demo)
    assert not result.wasSuccessful()
    assert "PythonSlicer -m pip install scipy" in result.errors[0][1]
