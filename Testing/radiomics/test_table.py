"""Extractions as tables: the columns, what is missing, and values that stay what they are."""

from __future__ import annotations

import io
from math import isnan, pi

import pandas as pd
import pytest

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.radiomics.case_extraction import Origin, failed
from CRLMExplorerLib.radiomics.difference import NotComparable, compare_tables, side_by_side
from CRLMExplorerLib.radiomics.table import (
    COLUMNS,
    TableNotReadable,
    csv_text,
    joined,
    read_tidy,
    tidy,
    wide,
)
from CRLMExplorerLib.radiomics.units import unit_of
from made_up_features import PARAMETERS, RUN, extraction_of

SETTINGS = PARAMETERS.settings
FAILED = failed(Origin("P9"), RUN, "There is no CT.")


def test_the_tidy_table_has_a_row_a_value_and_a_row_for_what_is_missing():
    table = tidy(extraction_of("P1", revision=2), SETTINGS)
    assert tuple(table.columns) == COLUMNS
    first, mean, skewness, _, one_filter, region = table.to_dict("records")
    assert first == {
        "patient_id": "P1",
        "ct_series_uid": "1.2.P1.1",
        "dso_series_uid": "1.2.P1.2",
        "revision": 2,
        "region": "tumours",
        "filter": "original",
        "feature_class": "shape",
        "feature": "MeshVolume",
        "value": 1e-300,
        "unit": "mm3",
    }
    assert (mean["value"], mean["unit"]) == (pi, "HU")
    assert isnan(skewness["value"])
    assert (one_filter["filter"], one_filter["feature_class"]) == ("log-sigma-1-0-mm-3D", "omitted")
    assert one_filter["feature"] == "one-slice: It has one slice, “rim”."
    assert (region["region"], region["filter"], region["feature_class"]) == ("FLR", "", "omitted")
    assert isnan(region["value"])


def test_a_patient_who_failed_is_one_row():
    (row,) = tidy(FAILED, SETTINGS).to_dict("records")
    assert (row["patient_id"], row["region"], row["feature_class"]) == ("P9", "", "omitted")
    assert row["feature"] == "failed: There is no CT."
    assert FAILED.failure == "There is no CT."
    assert extraction_of("P1").failure == ""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_is_read_as_it_was_written(tmp_path, suffix):
    table = pd.concat(
        [tidy(case, SETTINGS) for case in (extraction_of("P1", 2), extraction_of("P2"), FAILED)],
        ignore_index=True,
    )
    file = tmp_path / f"features.{suffix}"
    if suffix == "csv":
        file.write_text(csv_text(table), encoding="utf-8", newline="")
        table["feature"] = table["feature"].str.replace("\n", " ")
    else:
        table.to_parquet(file)
    pd.testing.assert_frame_equal(read_tidy(file), table, check_exact=True)


def test_a_row_of_csv_is_a_line():
    text = csv_text(tidy(extraction_of("P1"), SETTINGS))
    assert text.count("\r\n") == text.count("\n") == 1 + 6
    assert text.startswith(",".join(COLUMNS) + "\r\n")


@pytest.mark.parametrize(
    "content", [b"", b"a,b\r\n1,2\r\n", b"\xff\xfe\x00", b",".join([c.encode() for c in COLUMNS])]
)
def test_what_is_no_table_is_said_in_a_sentence(tmp_path, content):
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    if content.startswith(b"patient_id"):
        assert len(read_tidy(file)) == 0
        return
    with pytest.raises(TableNotReadable, match=r"other\.csv"):
        read_tidy(file)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_missing_table_is_said_in_a_sentence(tmp_path, name):
    with pytest.raises(TableNotReadable, match=name):
        read_tidy(tmp_path / name)


def test_a_value_that_is_no_number_is_said_in_a_sentence(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text(csv_text(tidy(extraction_of("P1"), SETTINGS)).replace("1e-300", "much"))
    with pytest.raises(TableNotReadable, match="much"):
        read_tidy(file)


def test_the_wide_table_has_a_row_a_region_and_pyradiomics_names():
    table = wide(extraction_of("P1", revision=2)).set_index("region")
    assert list(table.index) == ["tumours", "rim", "FLR"]
    assert table.loc["tumours", "original_firstorder_Mean"] == pi
    assert table.loc["rim", "original_firstorder_Mean"] == 0.1 + 0.2
    assert table.loc["FLR"].filter(like="_firstorder_").isna().all()
    assert list(table["omitted"]) == [
        "",
        "log-sigma-1-0-mm-3D: one-slice: It has one slice, “rim”.",
        "empty: FLR has\nno voxels, none.",
    ]
    assert list(table.columns)[-3:] == [
        "original_shape_MeshVolume",
        "original_firstorder_Mean",
        "log-sigma-1-0-mm-3D_firstorder_Skewness",
    ]


def test_the_wide_table_joins_the_clinical_record(demo):
    clinical = read_clinical(demo.spreadsheet)
    known = clinical.patient_ids[4]
    patients = [wide(extraction_of(known)), wide(FAILED), wide(extraction_of("P2"))]
    table = joined(patients, clinical)
    assert list(table["patient_id"]) == [known] * 3 + ["P9"] + ["P2"] * 3
    months = clinical.frame.loc[known, "overall_survival_months"]
    assert list(table["overall_survival_months"][:3]) == [months] * 3
    assert table["overall_survival_months"][3:].isna().all()
    assert table["original_firstorder_Mean"].notna().tolist() == (
        [True, True, False, False, True, True, False]
    )
    names = list(table.columns)
    assert names.index("omitted") < names.index("overall_survival_months")
    assert names.index("overall_survival_months") < names.index("original_shape_MeshVolume")
    read = pd.read_csv(io.StringIO(csv_text(table)), float_precision="round_trip")
    assert read["original_firstorder_Mean"][1] == 0.1 + 0.2


def test_without_a_spreadsheet_the_wide_table_is_the_features():
    pd.testing.assert_frame_equal(joined([wide(FAILED)], None), wide(FAILED))


@pytest.mark.parametrize(
    ("filter", "feature_class", "feature", "unit"),
    [
        ("original", "firstorder", "Median", "HU"),
        ("original", "firstorder", "Energy", "HU2"),
        ("original", "firstorder", "TotalEnergy", "HU2.mm3"),
        ("original", "firstorder", "Entropy", ""),
        ("wavelet-LLH", "firstorder", "Range", "HU"),
        ("log-sigma-2-0-mm-3D", "firstorder", "Variance", "HU2"),
        ("square", "firstorder", "Mean", ""),
        ("original", "shape", "SurfaceVolumeRatio", "mm-1"),
        ("original", "shape", "Maximum3DDiameter", "mm"),
        ("original", "shape", "Sphericity", ""),
        ("original", "shape2D", "Perimeter", "mm"),
        ("original", "glcm", "Contrast", ""),
    ],
)
def test_units_follow_from_the_definitions(filter, feature_class, feature, unit):
    assert unit_of(filter, feature_class, feature, {}) == unit


def test_a_normalised_image_has_no_hounsfield_units():
    assert unit_of("original", "firstorder", "Mean", {"normalize": True}) == ""
    assert unit_of("original", "shape", "MeshVolume", {"normalize": True}) == "mm3"


def test_every_feature_with_a_unit_is_one_of_pyradiomics():
    from CRLMExplorerLib.radiomics import units
    from radiomics import firstorder, shape, shape2D

    def names(kind: type) -> set[str]:
        return {n[3:-12] for n in dir(kind) if n.startswith("get") and n.endswith("FeatureValue")}

    shapes = names(shape.RadiomicsShape) | names(shape2D.RadiomicsShape2D)
    assert set(units._SHAPE) <= shapes
    assert shapes - set(units._SHAPE) == {
        "Compactness1",
        "Compactness2",
        "Elongation",
        "Flatness",
        "Sphericity",
        "SphericalDisproportion",
    }
    known = names(firstorder.RadiomicsFirstOrder)
    assert units._DIMENSIONLESS | set(units._SQUARED) <= known


def test_tables_are_compared_value_by_value():
    a = tidy(extraction_of("P1", revision=1, mean=2.0), SETTINGS)
    b = tidy(extraction_of("P1", revision=2, mean=1.5), SETTINGS)
    same = compare_tables(a, a, 0.0)
    assert (same.is_equal, same.equal, same.largest_relative) == (True, 6, 0.0)
    found = compare_tables(a, b, 1e-9)
    (one,) = found.different
    assert (one.region, one.feature, one.a, one.b, one.relative) == (
        "tumours",
        "Mean",
        2.0,
        1.5,
        0.25,
    )
    assert (found.equal, found.is_equal, found.largest_relative) == (5, False, 0.25)
    within = compare_tables(a, b, 0.25)
    assert (within.is_equal, within.largest_relative) == (True, 0.25)


def test_rows_of_one_table_only_are_differences():
    a = tidy(extraction_of("P1"), SETTINGS)
    found = compare_tables(a, a.iloc[1:], 0.0)
    assert [one.feature for one in found.only_a] == ["MeshVolume"]
    assert (found.only_b, found.different, found.is_equal) == ((), (), False)
    assert [one.b for one in found.only_a] == [None]


def test_no_number_against_a_number_is_a_difference():
    a = tidy(extraction_of("P1"), SETTINGS)
    b = a.copy()
    b.loc[2, "value"] = 1.0
    (one,) = compare_tables(a, b, 1.0).different
    assert (one.feature, one.a, one.b, one.relative) == ("Skewness", None, 1.0, None)


def test_a_row_twice_cannot_be_compared():
    a = tidy(extraction_of("P1"), SETTINGS)
    with pytest.raises(NotComparable, match="second table has a row twice: P1 tumours"):
        compare_tables(a, pd.concat([a, a]), 0.0)


def test_tables_lie_side_by_side_the_furthest_apart_first():
    a = tidy(extraction_of("P1"), PARAMETERS.settings)
    b = tidy(extraction_of("P1", mean=4.0), PARAMETERS.settings).iloc[1:]
    extra = b.iloc[[0]].assign(feature="Median")
    found = side_by_side(a, pd.concat([b, extra]))
    assert found["side"].tolist() == ["both", "both", "both", "a", "b"]
    first = found.iloc[0]
    assert (first.region, first.feature) == ("tumours", "Mean")
    assert (first.value_a, first.value_b) == (pi, 4.0)
    assert first.difference == 4.0 - pi
    assert first.relative == (4.0 - pi) / 4.0
    # The same, and no number in both.
    assert found["relative"].tolist()[1:3] == [0.0, 0.0]
    assert found["feature"].tolist()[3:] == ["MeshVolume", "Median"]
    assert found[["difference", "relative"]].iloc[3:].isna().all(axis=None)


def test_a_number_and_none_are_further_apart_than_any_numbers():
    a = tidy(extraction_of("P1"), PARAMETERS.settings)
    b = tidy(extraction_of("P1", mean=float("nan")), PARAMETERS.settings)
    first = side_by_side(a, b).iloc[0]
    assert first.feature == "Mean"
    assert first.relative == float("inf")
