"""Tidy tables of features: what is read, and what a reader is told when it is wrong."""

import pandas as pd
import pytest

from CRLMExplorerLib.cohort.errors import FeatureTableError
from CRLMExplorerLib.cohort.features import read_features
from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.radiomics.table import csv_text, tidy
from made_up_features import PARAMETERS, extraction_of

COLUMNS = [
    "patient_id",
    "ct_series_uid",
    "dso_series_uid",
    "revision",
    "region",
    "filter",
    "feature_class",
    "feature",
    "value",
    "unit",
]
MEAN, AREA = "tumours: original_firstorder_Mean", "FLR: original_shape_SurfaceArea"


def mean_of(patient, value, dso="1.3"):
    row = (patient, "1.2", dso, "", "tumours", "original", "firstorder", "Mean", value, "HU")
    return dict(zip(COLUMNS, row, strict=True))


def area_of(patient, value):
    row = (patient, "1.2", "1.3", "", "FLR", "original", "shape", "SurfaceArea", value, "mm²")
    return dict(zip(COLUMNS, row, strict=True))


def omitted_of(patient):
    row = (patient, "1.2", "1.3", "", "FLR", "", "omitted", "empty: FLR has no voxels.", "", "")
    return dict(zip(COLUMNS, row, strict=True))


@pytest.fixture
def three(a_table):
    """A cohort of P1, P2 and P3."""
    return a_table([["Patient-ID", "age"], ["P1", "50"], ["P2", "60"], ["P3", "70"]])


@pytest.fixture
def a_file(tmp_path):
    """Write rows as a tidy CSV, or as Parquet."""

    def write(rows, name="features.csv"):
        path = tmp_path / name
        table = pd.DataFrame(rows, columns=COLUMNS)
        if path.suffix == ".parquet":
            table.assign(value=pd.to_numeric(table["value"])).to_parquet(path, index=False)
        else:
            table.to_csv(path, index=False, lineterminator="\r\n")
        return path

    return write


def codes(features):
    return [finding.code for finding in features.findings]


@pytest.mark.parametrize("name", ["features.csv", "features.parquet"])
def test_a_row_a_value_becomes_a_row_a_patient(three, a_file, name):
    rows = [mean_of("P2", "1.5"), area_of("P2", "200"), mean_of("P1", "-3e-7"), mean_of("P3", "0")]
    features = read_features(a_file([*rows, area_of("P3", "7"), omitted_of("P1")], name), three)
    assert list(features.frame) == [MEAN, AREA]
    assert list(features.frame.index) == ["P2", "P1", "P3"]
    assert features.frame[MEAN].to_dict() == {"P2": 1.5, "P1": -3e-7, "P3": 0}
    assert features.frame[AREA].dropna().to_dict() == {"P2": 200, "P3": 7}
    assert features.units == {MEAN: "HU", AREA: "mm²"}
    assert features.findings == ()
    assert features.value("P2", MEAN) == 1.5
    assert features.value("P1", AREA) is None
    assert features.value("P9", MEAN) is None


def test_patients_who_are_not_in_the_spreadsheet_are_told_and_left_out(three, a_file):
    rows = [mean_of(patient, "1") for patient in ("P1", "P9", "P2", "X", "P3", "")]
    features = read_features(a_file(rows), three)
    assert list(features.frame.index) == ["P1", "P2", "P3"]
    nobody, unknown = features.findings
    assert (nobody.code, unknown.code) == (
        "features-row-without-patient",
        "features-patient-unknown",
    )
    assert "rows 7;" in nobody.message
    assert unknown.message == "2 patients are not in clinical.csv and are left out: P9, X."
    assert unknown.severity is Severity.WARNING


def test_patients_without_features_are_a_note(three, a_file):
    features = read_features(
        a_file([mean_of("P1", "1"), mean_of("P2", ""), omitted_of("P3")]), three
    )
    (note,) = features.findings
    assert (note.code, note.severity) == ("features-patient-without-values", Severity.NOTE)
    assert note.message == "2 patients of clinical.csv have no features: P2, P3."


@pytest.mark.parametrize("bad", ["many", "1,5", "inf", "-1e999"])
def test_a_value_that_is_no_finite_number_is_missing_and_told(three, a_file, bad):
    rows = [mean_of("P1", "1"), mean_of("P2", bad), mean_of("P3", "nan")]
    features = read_features(a_file(rows), three)
    assert features.frame[MEAN].dropna().to_dict() == {"P1": 1}
    assert codes(features) == ["features-bad-value", "features-patient-without-values"]
    assert f"“{bad}” in row 3:" in features.findings[0].message or bad == "-1e999"


def test_rows_that_say_the_same_are_one(three, a_file):
    rows = [mean_of("P1", "1"), mean_of("P1", "1"), mean_of("P2", "2"), mean_of("P3", "3")]
    features = read_features(a_file(rows), three)
    assert features.frame[MEAN].to_dict() == {"P1": 1, "P2": 2, "P3": 3}
    assert features.findings == ()


def test_of_rows_that_differ_none_is_taken(three, a_file):
    rows = [mean_of("P1", "1"), mean_of("P1", "1.1", dso="1.4"), area_of("P1", "5")]
    features = read_features(a_file([*rows, mean_of("P2", "2"), mean_of("P3", "3")]), three)
    assert features.value("P1", MEAN) is None
    assert features.value("P1", AREA) == 5
    (told,) = features.findings
    assert told.code == "features-repeated"
    assert f"first {MEAN}, and have none of these: P1. Expected one DSO" in told.message


def test_other_columns_may_be_missing_or_there(three, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "value,patient_id,reader,region,feature,feature_class,filter\n"
        "2, P1 ,me,tumours,Mean,firstorder,original\n",
        encoding="utf-8-sig",
    )
    features = read_features(path, three)
    assert features.frame.to_dict() == {MEAN: {"P1": 2}}
    assert features.units == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"patient_id,region,omitted,original_firstorder_Mean\nP1,FLR,,2\n",
            "no column filter, fea",
        ),
        (b"", "is no table of features"),
        (b"\xff\xfe\x00PK\x03\x04", "is no table of features|no column"),
        (b"a,b\n1,2,3\n", "no column patient_id"),
        (
            ",".join(COLUMNS).encode(),
            "has no value of a patient of .*clinical.csv, whose first is P1",
        ),
    ],
    ids=["wide", "empty", "binary", "ragged", "no rows"],
)
def test_what_is_no_tidy_table_is_a_sentence(three, tmp_path, content, sentence):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(FeatureTableError, match=sentence):
        read_features(path, three)


def test_a_file_that_is_not_there_or_no_parquet_is_a_sentence(three, tmp_path):
    with pytest.raises(FeatureTableError, match=r"none.csv cannot be read: No such file"):
        read_features(tmp_path / "none.csv", three)
    (tmp_path / "x.parquet").write_text("no parquet")
    with pytest.raises(FeatureTableError, match=r"x.parquet is no table of features"):
        read_features(tmp_path / "x.parquet", three)


def test_strangers_only_is_a_sentence(three, a_file):
    with pytest.raises(FeatureTableError, match="whose first is P1"):
        read_features(a_file([mean_of("P8", "1"), mean_of("P9", "2")]), three)


def test_the_file_that_an_extraction_writes_is_read(three, tmp_path):
    tables = [
        tidy(extraction_of(p, mean=m), PARAMETERS.settings) for p, m in (("P1", 1), ("P2", 2.5))
    ]
    path = tmp_path / "features.csv"
    path.write_text(csv_text(pd.concat(tables)), encoding="utf-8")
    features = read_features(path, three)
    assert features.frame[MEAN].to_dict() == {"P1": 1, "P2": 2.5}
    assert features.frame["rim: original_firstorder_Mean"].to_dict() == {
        "P1": 0.1 + 0.2,
        "P2": 0.1 + 0.2,
    }
    assert codes(features) == ["features-patient-without-values"]
