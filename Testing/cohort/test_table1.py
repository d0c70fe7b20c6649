"""Table 1: the published figures from the synthetic cohort, and a cohort with gaps."""

from CRLMExplorerLib.cohort.table1 import summarise

PUBLISHED = {
    "age": "61 (30–88)",
    "male": "117",
    "major_comorbidity": "109",
    "body_mass_index": "26.8 (17.2–44.3)",
    "node_positive_primary": "69",
    "synchronous_crlm": "111",
    "multiple_metastases": "114",
    "clinrisk_score_low": "117",
    "cea_above_200": "3",
    "max_tumor_size": "3.5 ± 2.6",
    "bilobar_disease": "86",
    "extrahep_disease": "17",
    "chemo_before_liver_resection": "122",
    "preoperative_pve": "23",
    "steatosis": "68",
    "sinusoidal_dilatation": "26",
    "nash_grade_4": "7",
    "total_response_above_75": "38",
    "fibrosis_above_40": "24",
    "necrosis": "30 (0–90)",
    "fibrosis": "10 (0–100)",
    "mucin": "0 (0–100)",
    "event_free_overall": "90",
    "event_free_hepatic_disease_free": "75",
    "event_free_disease_free": "59",
    "median_overall": "76",
    "median_hepatic_disease_free": "53",
    "median_disease_free": "22",
    "follow_up": "102",
}


def test_the_synthetic_cohort_gives_the_published_figures(synthetic_table):
    assert {row.key: row.text for row in summarise(synthetic_table)} == PUBLISHED


def test_the_published_figures_stand_beside(synthetic_table):
    assert {row.key: row.published for row in summarise(synthetic_table)} == PUBLISHED


def test_figures_count_only_what_is_recorded(a_table):
    table = a_table(
        [["Patient-ID", "age", "sex", "max_tumor_size"], ["A", "40", "1", "2"], ["B", "51", "", ""]]
    )
    rows = {row.key: row for row in summarise(table)}
    assert (rows["age"].text, rows["age"].recorded) == ("46 (40–51)", 2)
    assert (rows["male"].text, rows["male"].recorded) == ("1", 1)
    assert rows["max_tumor_size"].text == "–"
    assert (rows["body_mass_index"].text, rows["body_mass_index"].recorded) == ("–", 0)
    assert rows["median_overall"].text == rows["follow_up"].text == "–"
