"""The synthetic spreadsheet: marked, deterministic, published totals, no contradiction in a row."""

import datetime
import zipfile

import openpyxl
import pytest

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.cohort.columns import COLUMNS
from CRLMExplorerLib.cohort.table1 import summarise
from CRLMExplorerLib.phantom.spreadsheet import (
    DEMO_PATIENTS,
    PATIENT_IDS,
    PRONE_NOTE,
    PRONE_PATIENT,
    write_synthetic_spreadsheet,
)


@pytest.fixture(scope="module")
def spreadsheet(tmp_path_factory):
    path = tmp_path_factory.mktemp("phantom") / "clinical.xlsx"
    write_synthetic_spreadsheet(path)
    return path


@pytest.fixture(scope="module")
def cohort(spreadsheet):
    return read_clinical(spreadsheet).frame


def test_it_follows_the_schema_and_says_what_is_missing(spreadsheet):
    data, dictionary, _ = openpyxl.load_workbook(spreadsheet).worksheets
    assert [cell.value for cell in data[1]] == [column.name for column in COLUMNS]
    assert data.max_row == 198
    assert [row[0].value for row in dictionary.iter_rows(2)] == [c.name for c in COLUMNS]
    missing = sum(cell.value == -999 for row in data.iter_rows(2) for cell in row)
    assert missing == 3 * 29 + 2 + 4 * 3 + 196
    assert not any(cell.value is None for row in data.iter_rows() for cell in row)


def test_nobody_can_mistake_it(spreadsheet):
    book = openpyxl.load_workbook(spreadsheet)
    assert "SYNTHETIC" in book.properties.title
    assert book.worksheets[0].title.startswith("SYNTHETIC")
    assert book["SYNTHETIC"]["A1"].value.startswith("SYNTHETIC")
    names = [row[1].value for row in book.worksheets[0].iter_rows(2)]
    assert names[0] == "001_SYNTHETIC_preop"
    assert all("SYNTHETIC" in name for name in names)


def test_ids_are_the_collections_but_for_one_number(cohort):
    assert tuple(cohort.index) == PATIENT_IDS
    assert len(set(PATIENT_IDS)) == 197
    assert (PATIENT_IDS[0], PATIENT_IDS[-1]) == ("CRLM-CT-1001", "CRLM-CT-1198")


def test_no_time_of_writing_is_kept(spreadsheet):
    properties = openpyxl.load_workbook(spreadsheet).properties
    assert {properties.created, properties.modified} == {datetime.datetime(2024, 1, 1)}
    with zipfile.ZipFile(spreadsheet) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2024, 1, 1, 0, 0, 0)}


def test_the_same_seed_gives_the_same_bytes(spreadsheet, tmp_path):
    again, other = tmp_path / "again.xlsx", tmp_path / "other.xlsx"
    write_synthetic_spreadsheet(again)
    write_synthetic_spreadsheet(other, seed=2)
    assert again.read_bytes() == spreadsheet.read_bytes()
    assert other.read_bytes() != spreadsheet.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.xlsx", "other.xlsx"]


@pytest.mark.parametrize("seed", [2, 3, 20240211])
def test_the_published_totals_hold_for_other_seeds(tmp_path, seed):
    path = tmp_path / "clinical.xlsx"
    write_synthetic_spreadsheet(path, seed)
    rows = summarise(read_clinical(path))
    assert [row.text for row in rows] == [row.published for row in rows]


def test_the_demo_patients_are_as_their_images(cohort):
    for patient_id, pinned in DEMO_PATIENTS.items():
        assert cohort.loc[patient_id, list(pinned)].to_dict() == pinned
    assert cohort["relevant_notes"].dropna().to_dict() == {PRONE_PATIENT: PRONE_NOTE}


def test_events_are_as_published(cohort):
    events = cohort[["vital_status", "vital_status_liver_DFS", "vital_status_DFS"]].sum()
    assert events.tolist() == [107, 122, 138]


def test_endpoints_follow_from_one_another(cohort):
    overall, hepatic, disease_free = (
        cohort[name]
        for name in (
            "overall_survival_months",
            "months_to_liver_DFS_progression",
            "months_to_DFS_progression",
        )
    )
    assert (disease_free > 0).all()
    assert (disease_free <= hepatic).all()
    assert (hepatic <= overall).all()
    died, recurred = cohort["vital_status"], cohort["progression_or_recurrence"]
    liver_recurred = cohort["progression_or_recurrence_liveronly"]
    assert (cohort["vital_status_DFS"] == (died | recurred)).all()
    assert (cohort["vital_status_liver_DFS"] == (died | liver_recurred)).all()
    assert (liver_recurred <= recurred).all()
    assert (disease_free[recurred == 0] == overall[recurred == 0]).all()
    assert (hepatic[liver_recurred == 0] == overall[liver_recurred == 0]).all()


def test_scores_follow_from_their_items(cohort):
    score = (
        cohort["node_positive_primary"]
        + cohort["synchronous_crlm"]
        + cohort["multiple_metastases"]
        + (cohort["carcinoembryonic_antigen"] > 200)
        + (cohort["max_tumor_size"] > 5)
    )
    recorded = cohort["carcinoembryonic_antigen"].notna()
    assert (cohort["clinrisk_score"].notna() == recorded).all()
    assert (cohort["clinrisk_score"] == score)[recorded].all()
    assert ((score >= 3) == (cohort["clinrisk_stratified"] == 1))[recorded].all()


def test_pathology_does_not_contradict_itself(cohort):
    grade = cohort["NASH_score"]
    assert ((grade > 0) == (cohort["NASH_yesno"] == 1)).all()
    assert ((grade >= 4) == (cohort["NASH_greater_4"] == 1)).all()
    assert (cohort["NASH_yesno"] <= cohort["steatosis_yesno"]).all()
    assert (cohort["bilobar_disease"] <= cohort["multiple_metastases"]).all()
    response = cohort.dropna(subset=["fibrosis_percent"])
    parts = response[["necrosis_percent", "fibrosis_percent", "mucin_percent"]].sum(axis=1)
    assert (parts == response["total_response_percent"]).all()
    assert parts.max() <= 100
    is_fibrous = response["fibrosis_percent"] > 40
    assert (is_fibrous == (response["fibrosis_greater_40_percent"] == 1)).all()
