"""Radiomics in a session: parameters, regions, extraction, cohort, table node."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from CRLMExplorerLib.radiomics.runs import FOLDER
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review.radiomics import RadiomicsSession
from review.conftest import COHORT, filled, tumor_at
from review.runners import HeldRunner, ThreadRunner

SMALL = """\
setting:
  binWidth: 100
imageType:
  Original: {}
featureClass:
  firstorder: [Mean, Entropy]
  glcm: [Contrast]
regions:
  - "{tumor}": each tumor
  - Parenchyma: liver - tumors
  - Veins: hepatic vein
"""


def with_text(session: ReviewSession, text: str = SMALL) -> RadiomicsSession:
    session.radiomics.load("small", text)
    return session.radiomics


def opened(session: ReviewSession, patient_id: str = "CRLM-CT-1001") -> RadiomicsSession:
    radiomics = with_text(session)
    session.open(patient_id)
    radiomics.watch(True)
    return radiomics


def value_of(radiomics: RadiomicsSession, region: str, feature: str) -> float:
    table = radiomics.table
    assert table is not None
    (row,) = table[(table.region == region) & (table.feature == feature)].itertuples()
    return row.value


def test_a_shipped_parameter_file_is_there_to_begin_with(session):
    radiomics = session.radiomics
    assert radiomics.name in radiomics.shipped
    assert radiomics.problem == ""
    assert radiomics.parameters is not None
    assert radiomics.text == radiomics.shipped[radiomics.name].read_text()


def test_regions_are_looked_up_for_who_looks(session):
    radiomics = with_text(session)
    session.open("CRLM-CT-1001")
    assert radiomics.outlook is None
    radiomics.watch(True)
    assert list(radiomics.outlook.masks) == [*(f"Tumor_{n}" for n in (1, 2, 3, 4)), "Parenchyma"]
    assert radiomics.outlook.masks["Tumor_1"].count == np.count_nonzero(filled(tumor_at(1)))
    (veins,) = radiomics.outlook.omissions
    assert veins.region == "Veins"
    assert "hepatic vein" in veins.reason
    session.open("CRLM-CT-1002")
    assert "Tumor_3" not in radiomics.outlook.masks


def test_a_patient_without_a_dso_says_so(session):
    radiomics = opened(session)
    radiomics.take_case(replace(session.case, dso=None))
    assert radiomics.outlook is None
    assert "no DSO" in radiomics.outlook_problem
    session.close()
    assert radiomics.outlook_problem == ""


def test_values_are_those_of_pyradiomics(session):
    radiomics = opened(session)
    radiomics.extract()
    case = session.case
    extractor = RadiomicsFeatureExtractor(binWidth=100)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(firstorder=["Mean", "Entropy"], glcm=["Contrast"])
    image = sitk.GetImageFromArray(case.ct.hu)
    mask = sitk.GetImageFromArray(filled(tumor_at(2)).astype(np.uint8))
    for one in (image, mask):
        one.SetSpacing(case.ct.grid.spacing_mm)
    expected = extractor.execute(image, mask)
    for name in ("firstorder_Mean", "firstorder_Entropy", "glcm_Contrast"):
        value = value_of(radiomics, "Tumor_2", name.split("_")[1])
        assert value == pytest.approx(float(expected[f"original_{name}"]), rel=1e-9)
    assert len(radiomics.table) == 5 * 3 + 1
    assert radiomics.job is None
    assert session.jobs == []


def test_what_was_kept_is_there_when_the_patient_is_opened_again(session, database):
    radiomics = opened(session)
    radiomics.extract()
    first = radiomics.extraction
    session.open("CRLM-CT-1002")
    assert radiomics.extraction is None
    session.open("CRLM-CT-1001")
    assert radiomics.extraction == first
    radiomics.extract()
    assert radiomics.extraction == first
    radiomics.extract(again=True)
    assert radiomics.extraction.run.started > first.run.started
    assert radiomics.extraction.extraction == first.extraction


def test_other_parameters_hide_the_features_and_the_same_bring_them_back(session):
    radiomics = opened(session)
    radiomics.extract()
    radiomics.edit(SMALL.replace("100", "50"))
    assert radiomics.extraction is None
    assert radiomics.table is None
    radiomics.edit(SMALL + "# a remark\n")
    assert radiomics.extraction is not None


def test_a_wrong_text_is_a_sentence_with_its_line(session, complaints):
    radiomics = opened(session)
    radiomics.extract()
    radiomics.edit(SMALL.replace("binWidth: 100", "binWidth: wide"))
    assert radiomics.parameters is None
    assert "line 2" in radiomics.problem
    assert "binWidth" in radiomics.problem
    assert radiomics.extraction is None
    radiomics.extract()
    assert radiomics.job is None
    radiomics.edit(SMALL)
    assert radiomics.problem == ""
    assert radiomics.extraction is not None
    assert complaints == []


def test_a_damaged_run_is_made_anew_and_said(session, database):
    radiomics = opened(session)
    radiomics.extract()
    (file,) = (database.directory / FOLDER).iterdir()
    file.write_bytes(b"damaged")
    session.open("CRLM-CT-1001")
    assert radiomics.extraction is None
    radiomics.extract()
    assert [finding.code for finding in radiomics.extraction.findings] == ["run-damaged"]


def test_the_table_is_a_node_of_the_scene(session, host):
    radiomics = opened(session)
    radiomics.extract()
    node = host.scene.GetFirstNodeByClass("vtkMRMLTableNode")
    table = radiomics.table
    assert node.GetName() == "Radiomics of CRLM-CT-1001"
    assert node.GetNumberOfRows() == len(table)
    columns = {
        node.GetColumnName(index): node.GetTable().GetColumn(index)
        for index in range(node.GetNumberOfColumns())
    }
    assert list(columns) == list(table.columns)
    assert columns["value"].GetValue(0) == table.value[0]
    assert columns["feature"].GetValue(0) == table.feature[0]
    assert columns["revision"].GetValue(0) == ""
    session.close()
    assert host.scene.GetFirstNodeByClass("vtkMRMLTableNode") is None


def test_an_extraction_goes_on_when_another_patient_is_opened(host, database, table):
    runner = HeldRunner()
    session = ReviewSession(host, database, table, runner)
    radiomics = opened(session)
    while runner.held:
        runner.run()
    radiomics.extract()
    session.open("CRLM-CT-1002")
    runner.run(1)
    assert radiomics.job is not None
    while runner.held:
        runner.run()
    assert radiomics.job is None
    assert radiomics.extraction is None
    session.open("CRLM-CT-1001")
    while runner.held:
        runner.run()
    assert radiomics.extraction.origin.patient_id == "CRLM-CT-1001"


def test_a_cancelled_extraction_leaves_nothing(host, database, table):
    runner = HeldRunner()
    session = ReviewSession(host, database, table, runner)
    radiomics = opened(session)
    while runner.held:
        runner.run()
    radiomics.extract()
    radiomics.cancel()
    runner.run()
    assert radiomics.job is None
    assert radiomics.extraction is None
    assert not (database.directory / FOLDER).exists()


def test_all_patients_are_extracted_and_shown_together(host, database, table):
    runner = ThreadRunner()
    session = ReviewSession(host, database, table, runner)
    radiomics = opened(session)
    radiomics.extract_all()
    runner.run_until_idle()
    assert radiomics.cohort_note == ""
    assert radiomics.cohort.patient_count() == radiomics.patient_count == 3
    entropy = ("original", "firstorder", "Entropy")
    parenchyma = radiomics.distribution("Parenchyma", entropy)
    assert [one.patient_id for one in parenchyma] == list(COHORT)
    tumors = radiomics.distribution("Tumor_2", entropy)
    assert len(tumors) == sum(len(boxes) for _, boxes in COHORT.values())
    mine = {one.region: one.value for one in tumors if one.patient_id == "CRLM-CT-1001"}
    assert mine["Tumor_2"] == value_of(radiomics, "Tumor_2", "Entropy")
    assert radiomics.cohort.is_for_each_tumor("Tumor_2")
    assert not radiomics.cohort.is_for_each_tumor("Parenchyma")


def test_the_cohort_counts_who_was_extracted(session):
    radiomics = opened(session)
    radiomics.read_cohort()
    assert radiomics.cohort.patient_count() == 0
    radiomics.extract()
    assert radiomics.cohort.patient_count() == 1
    radiomics.edit(SMALL.replace("100", "50"))
    assert radiomics.cohort is None


def test_only_some_regions_are_extracted_and_not_kept(session, database):
    radiomics = opened(session)
    radiomics.extract(only=["Tumor_2"])
    shown = radiomics.extraction.extraction
    assert {one.region for one in shown.values} == {"Tumor_2"}
    assert [one.region for one in shown.omissions if one.code == "left-out"] == [
        *(f"Tumor_{n}" for n in (1, 3, 4)),
        "Parenchyma",
    ]
    assert not radiomics.is_reused
    assert not (database.directory / FOLDER).exists()


def test_of_a_kept_extraction_only_some_regions_are_shown(session):
    radiomics = opened(session)
    radiomics.extract()
    whole = radiomics.extraction
    assert not radiomics.is_reused
    radiomics.extract(only=["Tumor_2"])
    assert radiomics.is_reused
    assert radiomics.extraction.run == whole.run
    assert set(radiomics.table.query("feature_class != 'omitted'").region) == {"Tumor_2"}
    radiomics.extract()
    assert radiomics.extraction == whole
    session.open("CRLM-CT-1001")
    assert radiomics.is_reused


def test_a_file_of_the_readers_is_read_and_what_is_wrong_is_said(session, tmp_path):
    radiomics = session.radiomics
    file = tmp_path / "mine.yaml"
    file.write_text(SMALL, encoding="utf-8")
    radiomics.load_file(file)
    assert (radiomics.name, radiomics.problem) == ("mine", "")
    assert radiomics.text == SMALL
    file.write_bytes(b"setting:\n  binWidth: \xff")
    radiomics.load_file(file)
    assert "line 2: found the byte 0xFF" in radiomics.problem
    assert radiomics.parameters is None
    radiomics.load_file(tmp_path / "missing.yaml")
    assert "missing.yaml cannot be read" in radiomics.problem


def test_another_patient_ends_what_needs_the_scene(host, database, table):
    runner = HeldRunner()
    session = ReviewSession(host, database, table, runner)
    radiomics = opened(session)
    while runner.held:
        runner.run()
    engine = NeverCalled()
    radiomics.extract_by(engine)
    job = radiomics.job
    session.open("CRLM-CT-1002")
    while runner.held:
        runner.run(len(runner.held) - 1)
    assert job.is_cancelled
    assert radiomics.job is None
    assert session.case.patient_id == "CRLM-CT-1002"


class NeverCalled:
    """An engine that is stopped before it begins."""

    name = "never"

    def __call__(self, *_):
        raise AssertionError("it was called")
