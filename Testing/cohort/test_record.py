"""A patient's record as it is read, and the recomputed Clinical Risk Score."""

import json

import pytest

from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS
from CRLMExplorerLib.cohort.record import NOT_RECORDED
from CRLMExplorerLib.cohort.risk_score import clinical_risk_score

ITEMS = (
    "node_positive_primary",
    "synchronous_crlm",
    "multiple_metastases",
    "carcinoembryonic_antigen",
    "max_tumor_size",
)


def items(*values):
    return dict(zip(ITEMS, values, strict=True))


def texts_of(record):
    return {row.label: row.text for section in record.sections() for row in section.rows}


@pytest.fixture
def a_record(a_table):
    def make(**values):
        return a_table([["Patient-ID", *values], ["A", *values.values()]]).record("A")

    return make


def test_sections_are_the_groups_in_order(synthetic_table):
    sections = synthetic_table.record("CRLM-CT-1001").sections()
    assert [section.title for section in sections] == [
        "Demographics",
        "Primary and disease",
        "Treatment",
        "Liver pathology",
        "Tumour pathology",
        "Outcome",
    ]
    rows = [row for section in sections for row in section.rows]
    assert {row.column for row in rows} == {column.name for column in VALUE_COLUMNS}
    assert all(row.description for row in rows)


def test_values_are_shown_with_label_and_unit(a_record):
    record = a_record(
        sex="2",
        age="61",
        body_mass_index="21.90",
        clinrisk_score="3",
        clinrisk_stratified="1",
        max_tumor_size="4.2",
        necrosis_percent="90%",
        months_to_DFS_progression="117.4",
        vital_status_DFS="0",
        preoperative_pve="1",
    )
    texts = texts_of(record)
    assert texts["Sex"] == "female"
    assert texts["Age"] == "61 years"
    assert texts["Body mass index"] == "21.9 kg/m²"
    assert texts["Clinical Risk Score"] == "3 of 5"
    assert texts["Clinical risk"] == "high"
    assert texts["Largest tumour"] == "4.2 cm"
    assert texts["Necrosis"] == "90 %"
    assert texts["Disease-free survival"] == "117.4 months"
    assert texts["Disease-free status"] == "alive without recurrence"
    assert texts["Portal vein embolisation"] == "yes"
    assert texts["Steatosis"] == NOT_RECORDED


def test_values_are_plain_python(synthetic_table):
    values = synthetic_table.record("CRLM-CT-1003").values
    assert json.loads(json.dumps(values)) == values
    assert type(values["age"]) is int
    assert type(values["max_tumor_size"]) is float
    assert values["relevant_notes"] == "This patient was scanned on their stomach."


def test_a_value_is_found_in_both_spellings(synthetic_table):
    record = synthetic_table.record("CRLM-CT-1001")
    assert record.value("nash_yesno") == record.value("NASH_yesno") == 0
    with pytest.raises(KeyError):
        record.value("shoe_size")


@pytest.mark.parametrize(
    ("values", "score"),
    [
        (items(1, 1, 1, 201.0, 5.1), (5, 5)),
        (items(0, 1, 0, 200.0, 5.0), (1, 1)),
        (items(0, 0, 0, 10.0, 1.0), (0, 1)),
        (items(1, 1, 1, None, 1.0), (3, 4)),
        (items(None, None, None, None, None), (0, 5)),
    ],
)
def test_the_risk_score_is_as_sure_as_its_items(values, score):
    assert clinical_risk_score(values) == score


@pytest.mark.parametrize(
    ("stated", "synchronous", "shown"),
    [
        ("3", "1", None),
        ("1", "1", "3 of 5"),
        ("3", "0", None),
        ("2", "0", None),
        ("5", "0", "2 to 3 of 5"),
        ("-999", "1", None),
    ],
)
def test_a_recomputed_score_is_shown_only_where_it_differs(a_record, stated, synchronous, shown):
    record = a_record(
        clinrisk_score=stated,
        synchronous_crlm=synchronous,
        node_positive_primary="1",
        multiple_metastases="1",
        carcinoembryonic_antigen="12",
        max_tumor_size="3",
    )
    assert texts_of(record).get("Clinical Risk Score, recomputed") == shown


def test_no_synthetic_patient_contradicts_the_score(synthetic_table):
    labels = {
        label
        for patient in synthetic_table.patient_ids
        for label in texts_of(synthetic_table.record(patient))
    }
    assert "Clinical Risk Score" in labels
    assert "Clinical Risk Score, recomputed" not in labels
