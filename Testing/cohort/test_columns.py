"""The schema: names in the collection's order, two spellings, labels."""

import pytest

from CRLMExplorerLib.cohort.columns import COLUMNS, Group, Kind, column_named

ORDER = """Patient-ID|De-identify Scout Name|age|sex|major_comorbidity|body_mass_index
node_positive_primary|synchronous_crlm|multiple_metastases|clinrisk_score|clinrisk_stratified
carcinoembryonic_antigen|max_tumor_size|bilobar_disease|extrahep_disease
chemo_before_liver_resection|preoperative_pve|steatosis_yesno|presence_sinusoidal_dilata
NASH_score|NASH_yesno|NASH_greater_4|total_response_percent|necrosis_percent|fibrosis_percent
fibrosis_greater_40_percent|mucin_percent|overall_survival_months|vital_status
progression_or_recurrence|months_to_DFS_progression|vital_status_DFS
progression_or_recurrence_liveronly|months_to_liver_DFS_progression|vital_status_liver_DFS
relevant_notes""".replace("\n", "|").split("|")


def test_columns_are_those_of_the_collection_in_its_order():
    assert [column.name for column in COLUMNS] == ORDER


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("patient_id", "Patient-ID"),
        ("Patient-ID", "Patient-ID"),
        ("de_identify_scout_name", "De-identify Scout Name"),
        (" nash_greater_4 ", "NASH_greater_4"),
        ("months_to_liver_dfs_progression", "months_to_liver_DFS_progression"),
    ],
)
def test_a_column_is_found_in_both_spellings(name, original):
    column = column_named(name)
    assert column is not None
    assert column.name == original


def test_no_column_is_found_under_another_name():
    assert column_named("age_years") is None


def test_every_column_says_what_it_is():
    assert all(column.label and column.description for column in COLUMNS)
    assert all(bool(column.labels) == column.kind.is_coded for column in COLUMNS)
    assert {column.group for column in COLUMNS} == set(Group)


def test_percent_columns_are_the_four_shares_of_the_tumor():
    assert [column.name for column in COLUMNS if column.kind is Kind.PERCENT] == [
        "total_response_percent",
        "necrosis_percent",
        "fibrosis_percent",
        "mucin_percent",
    ]
