"""``show`` and ``volumetry``: the facts of a patient, complete and as JSON."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dicom.small_dso import blocks

COUNTS = [int(mask.sum()) for mask in blocks(3)]
VOXEL_ML = 0.8 * 0.7 * 5.0 / 1000

KEYS = {
    "ct": {"series_uid", "dimensions", "spacing_mm"},
    "dso": {"series_uid", "description", "alternatives"},
    "volumetry": {
        "liver_ml",
        "tumor_count",
        "tumor_total_ml",
        "functional_liver_ml",
        "flr_ml",
        "flr_percent_functional",
        "flr_percent_total",
        "minimum_flr_percent",
        "minimum_rule",
        "adequate",
    },
}


@pytest.fixture
def spreadsheet(tmp_path) -> Path:
    file = tmp_path / "clinical.csv"
    file.write_text(
        "Patient-ID,age,chemo_before_liver_resection,steatosis_yesno,overall_survival_months,"
        "vital_status\nP1,61,1,0,30.5,1\nP2,-999,0,0,12,1\nP3,50,0,0,60,0\n"
    )
    return file


def test_show_has_every_fact(call, database, spreadsheet):
    ended = call("show", "P1", "--database", database, "--clinical", spreadsheet, "--json")
    facts = ended.facts
    assert ended.code == 0
    assert facts["patient_id"] == "P1"
    for part, keys in KEYS.items():
        assert keys <= set(facts[part]), part
    assert facts["ct"]["dimensions"] == [13, 11, 6]
    assert facts["ct"]["spacing_mm"] == pytest.approx([0.8, 0.7, 5.0])
    assert facts["dso"]["alternatives"] == []
    assert [segment["voxels"] for segment in facts["segments"]] == COUNTS
    assert facts["segments"][2] == {
        "number": 3,
        "name": "Tumor [2] :liver: “ö”",
        "role": "Tumor",
        "voxels": COUNTS[2],
        "volume_ml": pytest.approx(COUNTS[2] * VOXEL_ML, rel=1e-12),
        "empty": False,
    }
    assert facts["volumetry"]["tumor_count"] == 2
    assert facts["volumetry"]["minimum_flr_percent"] == 30
    assert facts["clinical"]["age"] == 61
    assert facts["clinical"]["sex"] is None
    assert facts["survival"]["overall"] == {
        "months": 30.5,
        "event": True,
        "cohort_median_months": 30.5,
    }
    assert facts["survival"]["disease_free"] == {
        "months": None,
        "event": None,
        "cohort_median_months": None,
    }
    assert {"severity", "code", "message"} <= set(facts["findings"][0])


def test_show_without_a_spreadsheet(call, database):
    facts = call("show", "P1", "-d", database, "--json").facts
    assert (facts["clinical"], facts["survival"]) == (None, None)
    assert facts["volumetry"]["adequate"] is None


def test_show_for_readers_prints_labels_as_they_are(call, database, spreadsheet):
    ended = call("show", "P1", "-d", database, "-c", spreadsheet)
    assert ended.code == 0
    assert "Tumor [2] :liver: “ö”" in ended.out
    assert "13 × 11 × 6 voxels of 0.800 × 0.700 × 5.000 mm" in ended.out
    assert "WARNING" in ended.out


def test_show_takes_the_dso_asked_for(call, demo):
    best = call("show", "CRLM-CT-1002", "-d", demo.database, "--json").facts
    (other,) = best["dso"]["alternatives"]
    ended = call("show", "CRLM-CT-1002", "-d", demo.database, "--dso", other["series_uid"])
    assert "AIMI" in ended.out
    assert f"--dso {best['dso']['series_uid']}\n" in ended.out
    facts = call(
        "show", "CRLM-CT-1002", "-d", demo.database, "--dso", other["series_uid"], "--json"
    ).facts
    assert [segment["name"] for segment in facts["segments"]] == ["Liver", "Liver Tumor"]
    assert facts["dso"]["series_uid"] == other["series_uid"]


def test_show_of_an_unknown_dso(call, database):
    ended = call("show", "P1", "-d", database, "--dso", "1.2", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "has no readable DSO with SeriesInstanceUID 1.2." in ended.err


def test_show_of_an_unknown_patient(call, database):
    ended = call("show", "p1x", "-d", database, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert ended.err.startswith(f"crlm-explorer: No patient p1x in {database}.")


def test_show_without_images_says_so(call, database, dicom_files, tmp_path):
    folder = tmp_path / "seg only"
    call("import", dicom_files / "seg.dcm", "-d", folder)
    facts = call("show", "P1", "-d", folder, "--json").facts
    assert (facts["ct"], facts["segments"], facts["volumetry"]) == (None, [], None)
    assert [finding["code"] for finding in facts["findings"]] == ["dso-without-ct"]
    assert call("show", "P1", "-d", folder).code == 0


def test_volumetry_of_named_patients(call, database):
    ended = call("volumetry", "P1", "--database", database, "--json")
    (row,) = ended.facts
    assert ended.code == 0
    assert row["patient_id"] == "P1"
    assert row["liver_ml"] == pytest.approx(COUNTS[0] * VOXEL_ML, rel=1e-12)
    assert row["error"] is None


def test_volumetry_of_all_as_csv(call, demo, tmp_path):
    file = tmp_path / "volumes.csv"
    ended = call("volumetry", "--all", "-d", demo.database, "-c", demo.spreadsheet, "--csv", file)
    assert (ended.code, ended.out) == (0, "")
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["patient_id"][-4:] for row in rows] == ["1001", "1002", "1003"]
    assert [row["tumor_count"] for row in rows] == ["4", "2", "3"]
    assert [row["adequate"] for row in rows] == ["False", "True", "True"]
    assert [path.name for path in tmp_path.iterdir()] == ["volumes.csv"]


def test_volumetry_goes_on_after_an_unknown_patient(call, database):
    ended = call("volumetry", "nobody", "P1", "-d", database, "--json")
    assert ended.code == 1
    first, second = ended.facts
    assert first["error"].startswith("No patient nobody in ")
    assert first["liver_ml"] is None
    assert set(first) == set(second)
    assert second["tumor_count"] == 2
    assert ended.err.startswith("crlm-explorer: nobody: No patient nobody in ")


@pytest.mark.parametrize("patients", [(), ("P1", "--all")], ids=["neither", "both"])
def test_volumetry_of_whom_must_be_clear(call, database, patients):
    ended = call("volumetry", *patients, "-d", database)
    assert (ended.code, ended.out) == (2, "")
    assert "Name patients, or say --all." in ended.err


def test_a_csv_into_no_folder_is_a_sentence(call, database, tmp_path):
    ended = call("volumetry", "P1", "-d", database, "--csv", tmp_path / "none" / "x.csv")
    assert ended.code == 1
    assert ended.err.endswith(f"x.csv cannot be written: there is no folder {tmp_path / 'none'}.\n")


def test_a_csv_replaces_one_whole_and_keeps_its_permissions(call, database, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("old")
    file.chmod(0o600)
    assert call("volumetry", "P1", "-d", database, "--csv", file).code == 0
    assert file.read_text().startswith("patient_id,dso_series_uid,liver_ml")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.shared
def test_the_collection_s_patient(call, shared_data, tmp_path):
    folder = tmp_path / "db"
    ended = call("import", shared_data / "CRLM-CT-1004", "--database", folder, "--json")
    assert ended.facts["series_added"] == 2
    facts = call("show", "CRLM-CT-1004", "--database", folder, "--json").facts
    assert {segment["name"]: segment["voxels"] for segment in facts["segments"]} == {
        "Liver": 402012,
        "Liver Remnant": 393508,
        "Hepatic": 5299,
        "Portal": 4223,
        "Tumor_1": 203,
        "Tumor_2": 165,
    }
    assert facts["ct"]["dimensions"] == [512, 512, 41]
    assert facts["ct"]["spacing_mm"] == pytest.approx([0.796875, 0.796875, 5.0])
    assert round(facts["volumetry"]["liver_ml"], 2) == 1276.41
