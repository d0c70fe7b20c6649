"""Reading the spreadsheet: formats, spellings, missing values, and what is wrong with a file."""

import csv
import random

import openpyxl
import pandas as pd
import pytest

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.cohort.columns import COLUMNS, VALUE_COLUMNS
from CRLMExplorerLib.cohort.errors import ClinicalTableError
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Severity

ALL = [column.name for column in COLUMNS]


def findings_of(table, code):
    return [finding.message for finding in table.findings if finding.code == code]


def text_rows(path):
    """The first sheet as the text of a CSV export, percentages as Excel shows them."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [
        [f"{cell.value:.0%}" if "%" in cell.number_format else str(cell.value) for cell in row]
        for row in sheet.iter_rows()
    ]


def test_a_workbook_gives_a_typed_row_per_patient(synthetic_table):
    frame = synthetic_table.frame
    assert frame.shape == (197, 35)
    assert list(frame.columns) == ALL[1:]
    assert frame.index.name == "Patient-ID"
    assert synthetic_table.findings == ()
    assert str(frame["sex"].dtype) == "Int64"
    assert str(frame["max_tumor_size"].dtype) == "float64"
    assert str(frame["relevant_notes"].dtype) == "string"


def test_missing_values_are_those_of_the_collection(synthetic_table):
    recorded = synthetic_table.frame.notna().sum()
    expected = dict.fromkeys(ALL[1:], 197) | {
        "clinrisk_score": 168,
        "clinrisk_stratified": 168,
        "carcinoembryonic_antigen": 168,
        "necrosis_percent": 195,
        "total_response_percent": 194,
        "fibrosis_percent": 194,
        "fibrosis_greater_40_percent": 194,
        "mucin_percent": 194,
        "relevant_notes": 1,
    }
    assert recorded.to_dict() == expected


def test_the_csv_export_reads_as_the_workbook(synthetic_xlsx, synthetic_table, a_csv):
    table = read_clinical(a_csv(text_rows(synthetic_xlsx), encoding="utf-8-sig"))
    assert table.findings == ()
    pd.testing.assert_frame_equal(table.frame, synthetic_table.frame)


def test_the_archive_spelling_and_its_own_columns_read_without_a_finding(
    synthetic_xlsx, synthetic_table, a_csv
):
    header, *rows = text_rows(synthetic_xlsx)
    header = [name.replace("-", "_").replace(" ", "_").lower() for name in header]
    rows = [["dicom_patient_id", "source_batch", *header], *([r[0], "1", *r] for r in rows)]
    table = read_clinical(a_csv(rows))
    assert table.findings == ()
    pd.testing.assert_frame_equal(table.frame, synthetic_table.frame)
    assert table.extra.loc["CRLM-CT-1005", "source_batch"] == "1"


def test_columns_may_come_in_any_order(synthetic_xlsx, synthetic_table, a_csv):
    rows = text_rows(synthetic_xlsx)
    order = list(range(len(rows[0])))
    random.Random(4).shuffle(order)
    table = read_clinical(a_csv([[row[place] for place in order] for row in rows]))
    pd.testing.assert_frame_equal(table.frame, synthetic_table.frame)


def test_a_renamed_column_is_missing_and_kept_aside(a_table):
    table = a_table([["Patient-ID", "age (years)", "sex"], ["A", "61", "1"]])
    (missing,) = findings_of(table, "clinical-column-missing")
    (unknown,) = findings_of(table, "clinical-column-unknown")
    assert "no column De-identify Scout Name, age, major_comorbidity," in missing
    assert "age (years)" in unknown
    assert table.extra.loc["A", "age (years)"] == "61"
    assert table.record("A").value("age") is None
    assert table.record("A").value("sex") == 1


def test_the_first_of_repeated_columns_counts(a_table):
    table = a_table([["Patient-ID", "age", "Age"], ["A", "61", "62"]])
    assert table.record("A").value("age") == 61
    assert len(findings_of(table, "clinical-column-repeated")) == 1


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("age", "sixty", "is not a number"),
        ("age", "61.5", "is not a whole number"),
        ("age", "610", "is above 120 years"),
        ("sex", "3", "is none of 1 (male), 2 (female)"),
        ("bilobar_disease", "0.5", "is none of 0 (no), 1 (yes)"),
        ("overall_survival_months", "-3", "is below 0 months"),
        ("body_mass_index", "26,8", "is not a number"),
        ("body_mass_index", "1_0", "is not a number"),
        ("body_mass_index", "1e999", "is not a number"),
        ("max_tumor_size", "35%", "is not a number"),
        ("mucin_percent", "120%", "is above 100 %"),
        ("mucin_percent", "much", "is not a number"),
    ],
)
def test_a_bad_value_is_named_and_the_rest_goes_on(a_table, column, value, reason):
    table = a_table([["Patient-ID", column, "vital_status"], ["A", "-999", "0"], ["B", value, "1"]])
    (message,) = findings_of(table, "clinical-bad-value")
    assert message == (
        f"Sheet clinical.csv, row 3, column {column}: “{value}” {reason}; taken as missing."
    )
    assert table.record("B").value(column) is None
    assert table.record("B").value("vital_status") == 1


def test_a_bad_value_in_a_workbook_names_sheet_and_excel_row(an_xlsx):
    rows = [[], ["Patient-ID", "age"], ["A", 61], [], ["B", "#DIV/0!"]]
    table = read_clinical(an_xlsx(rows))
    (message,) = findings_of(table, "clinical-bad-value")
    assert message.startswith("Sheet TCIA_n=197, row 5, column age: “#DIV/0!”")
    assert table.patient_ids == ("A", "B")


@pytest.mark.parametrize("value", ["-999", "-999.0", "", " ", "NA", "n/a", "NaN"])
def test_missing_is_minus_999_or_empty(a_table, value):
    table = a_table([["Patient-ID", "age", "relevant_notes"], ["A", value, value.split(".")[0]]])
    assert table.record("A").value("age") is None
    assert table.record("A").value("relevant_notes") is None
    assert findings_of(table, "clinical-bad-value") == []


@pytest.mark.parametrize(
    ("cells", "percents"),
    [
        (["90%", "0%", "7 %", "-999"], [90, 0, 7, None]),
        (["0.9", "1", "0", "-999"], [90, 100, 0, None]),
        (["90", "1", "0", "-999"], [90, 1, 0, None]),
        (["90%", "0.3", "-99900%", ""], [90, 30, None, None]),
    ],
)
def test_percentages_are_text_fractions_or_bare_numbers(a_table, cells, percents):
    rows = [["Patient-ID", "mucin_percent"], *([f"P{i}", cell] for i, cell in enumerate(cells))]
    table = a_table(rows)
    assert findings_of(table, "clinical-bad-value") == []
    assert [table.record(f"P{i}").value("mucin_percent") for i in range(4)] == percents


def test_bare_numbers_that_could_be_fraction_or_percent_are_not_guessed(a_table):
    rows = [["Patient-ID", "mucin_percent"], ["A", "0.5"], ["B", "40"], ["C", "1"], ["D", "0"]]
    table = a_table(rows)
    assert [table.record(p).value("mucin_percent") for p in "ABCD"] == [None, 40, None, 0]
    assert len(findings_of(table, "clinical-bad-value")) == 2


def test_excels_percent_format_makes_a_fraction_a_percentage(an_xlsx):
    rows = [["Patient-ID", "mucin_percent"], ["A", 0.07], ["B", 1], ["C", -999], ["D", "45%"]]
    table = read_clinical(an_xlsx(rows, percent_columns=["mucin_percent"]))
    assert [table.record(p).value("mucin_percent") for p in "ABCD"] == [7, 100, None, 45]


def test_the_files_dictionary_comes_before_our_descriptions(an_xlsx):
    dictionary = [["Name", "Meaning", "Codes"], ["sex", "Sex at birth", "1 M, 2 F"]]
    table = read_clinical(an_xlsx([["Patient-ID", "sex"], ["A", 1]], dictionary))
    assert table.description("sex") == "Sex at birth; 1 M, 2 F"
    assert table.description("vital_status_dfs") == "Event of disease-free survival."
    assert table.description("not_there") == ""


def test_a_patient_who_is_not_in_the_table_has_no_record(synthetic_table):
    assert synthetic_table.record("CRLM-CT-9999") is None


def test_rows_without_patient_are_left_out_and_named(a_table):
    table = a_table([["Patient-ID", "age"], ["A", "61"], ["", "50"], ["", ""], ["B", "62"]])
    assert table.patient_ids == ("A", "B")
    (message,) = findings_of(table, "clinical-row-without-patient")
    assert "row 3" in message


def test_short_rows_are_filled_with_missing(a_table):
    table = a_table([["Patient-ID", "age", "sex"], ["A", "61"]])
    assert table.record("A").value("sex") is None


def test_missing_columns_warn_and_unknown_ones_note(a_table):
    table = a_table([["Patient-ID", "shoe_size"], ["A", "44"]])
    severities = {finding.code: finding.severity for finding in table.findings}
    assert severities == {
        "clinical-column-missing": Severity.WARNING,
        "clinical-column-unknown": Severity.NOTE,
    }
    assert table.frame.isna().all(axis=None)
    assert len(table.frame.columns) == len(VALUE_COLUMNS)


def test_a_csv_of_an_old_windows_reads(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_bytes("Patient-ID,relevant_notes\nA,Übergröße\n".encode("cp1252"))
    assert read_clinical(path).record("A").value("relevant_notes") == "Übergröße"


def test_duplicate_ids_are_an_error_that_names_them(a_csv):
    path = a_csv([["Patient-ID"], ["A"], ["B"], [" A "]])
    with pytest.raises(ClinicalTableError, match=r"found more for A \(rows 2, 4\)"):
        read_clinical(path)


def test_no_patient_column_is_an_error_that_says_what_is_there(a_csv):
    path = a_csv([["ID", "age"], ["A", "61"]])
    with pytest.raises(ClinicalTableError, match=r"no column Patient-ID .* holds ID, age"):
        read_clinical(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"Patient-ID,age\nA,61\n", "is not an Excel workbook"),
        ("a.xlsx", b"PK\x03\x04 torn in half", "is not a readable Excel workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or encrypted"),
        ("a.xlsx", b"", "is empty"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n,,\n", "is empty"),
        ("a.csv", b"\x00\x01\x02\x03", "neither an Excel workbook nor a CSV"),
        ("a.csv", b"Patient-ID,age\n", "no patient below the header"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ClinicalTableError, match=says) as caught:
        read_clinical(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_truncated_workbook_is_an_error(synthetic_xlsx, tmp_path):
    path = tmp_path / "truncated.xlsx"
    path.write_bytes(synthetic_xlsx.read_bytes()[:9000])
    with pytest.raises(ClinicalTableError, match="is not a readable Excel workbook"):
        read_clinical(path)


@pytest.mark.parametrize("name", ["nowhere.xlsx", "."])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, name):
    with pytest.raises(CRLMExplorerError, match="cannot be read"):
        read_clinical(tmp_path / name)


def test_a_csv_with_quoted_line_breaks_counts_rows_as_excel_does(tmp_path):
    path = tmp_path / "clinical.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["Patient-ID", "relevant_notes", "age"], ["A", "two\nlines", "61"], ["B", "", "old"]]
        )
    (message,) = findings_of(read_clinical(path), "clinical-bad-value")
    assert "row 3" in message
