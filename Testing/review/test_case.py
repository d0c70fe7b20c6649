"""A patient is opened with all there is; what is missing or damaged is said, not fatal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CRLMExplorerLib.dicom.choice import DsoNotFound, PatientNotFound
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.measure import BodySize, MinimumRule
from CRLMExplorerLib.phantom import write_ct
from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.review import Case, open_case
from CRLMExplorerLib.review.figures import figures_of, still_hold
from dicom.small_ct import ct_files, edit, grid_of, noise_hu
from dicom.small_dso import blocks, dcmqi_dso, dcmqi_masks

COUNTS_OF_1004 = {
    "Liver": 402012,
    "Liver Remnant": 393508,
    "Hepatic": 5299,
    "Portal": 4223,
    "Tumor_1": 203,
    "Tumor_2": 165,
}


@pytest.fixture
def opened(tmp_path):
    """Import files and open patient P1."""

    def import_and_open(*files: Path, patient_id: str = "P1", **how) -> Case:
        with CtkDatabase.open_or_create(tmp_path / "database") as database:
            import_files(files, database)
            return open_case(database, patient_id, **how)

    return import_and_open


@pytest.fixture
def ct(tmp_path) -> list[Path]:
    return ct_files(tmp_path / "ct")


@pytest.fixture
def dso(tmp_path, ct) -> Path:
    liver, tumor = blocks(2)
    return dcmqi_dso(tmp_path / "seg.dcm", ct, {"Liver": liver, "Tumor_1": tumor})


def codes(case: Case) -> set[str]:
    return {finding.code for finding in case.findings}


def test_a_patient_is_read_measured_and_held_against_the_record(database, table):
    case = open_case(database, "CRLM-CT-1001", table)
    voxel_ml = 0.8 * 0.7 * 5.0 / 1000
    tumors = [3 * 4 * (2 + n) for n in (1, 2, 3, 4)]
    liver, remnant = 8 * 40 * 40, 8 * 40 * 10
    assert case.name == "SYNTHETIC^CRLM-CT-1001"
    assert [s.mask.count for s in case.segments] == [liver, remnant, *tumors]
    assert case.volumetry.liver_ml == pytest.approx(liver * voxel_ml, rel=1e-12)
    assert case.volumetry.flr_percent_total == 25.0
    assert case.volumetry.flr_percent_functional == 100 * remnant / (liver - sum(tumors))
    assert case.volumetry.minimum_flr_percent == 30.0
    assert case.volumetry.adequate is False
    assert case.record.patient_id == "CRLM-CT-1001"


def test_the_worst_finding_comes_first(database, table):
    case = open_case(database, "CRLM-CT-1003", table)
    severities = [finding.severity.value for finding in case.findings]
    assert case.findings[0].code == "tumor-in-remnant"
    assert severities == sorted(severities, key=["alarm", "warning", "note"].index)
    assert {"alarm", "warning", "note"} == set(severities)


@pytest.mark.parametrize(
    ("patient_id", "tumors", "flr_percent", "adequate", "code"),
    [
        ("CRLM-CT-1001", 4, 25.18, False, "tumors-overlap"),
        ("CRLM-CT-1002", 2, 53.97, True, "dso-partial-coverage"),
        ("CRLM-CT-1003", 3, 35.67, True, "ct-prone"),
    ],
)
def test_a_patient_of_the_demo(demo, table, patient_id, tumors, flr_percent, adequate, code):
    with CtkDatabase.open(demo.database) as database:
        case = open_case(database, patient_id, table)
    assert case.volumetry.tumor_count == tumors
    assert case.volumetry.flr_percent_functional == pytest.approx(flr_percent, abs=0.005)
    assert case.volumetry.adequate is adequate
    assert code in codes(case)


def test_the_ai_s_dso_is_taken_when_asked_for(database):
    best = open_case(database, "CRLM-CT-1002")
    (other,) = best.choice.alternatives
    case = open_case(database, "CRLM-CT-1002", dso_series_uid=other.series_uid)
    assert [segment.label for segment in case.segments] == ["Liver", "Tumor"]
    assert case.dso.series_uid == other.series_uid
    assert [dso.series_uid for dso in case.choice.alternatives] == [best.dso.series_uid]


def test_without_a_spreadsheet_there_is_no_record(database):
    case = open_case(database, "CRLM-CT-1001")
    assert case.record is None
    assert case.volumetry.adequate is None
    assert "patient-not-in-spreadsheet" not in codes(case)


def test_progress_never_goes_back_and_ends_at_one(database):
    seen = []
    open_case(database, "CRLM-CT-1001", progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[0] >= 0.0
    assert seen[-1] == 1.0


@pytest.mark.parametrize("stop_at", [0.1, 0.8, 0.95])
def test_opening_stops_when_asked(database, stop_at):
    def stop(fraction: float, message: str) -> None:
        if fraction >= stop_at:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_case(database, "CRLM-CT-1001", progress=stop)


def test_an_unknown_patient_is_an_error(database):
    with pytest.raises(PatientNotFound, match=r"No patient CRLM-CT-101.*Did you mean CRLM-CT-1001"):
        open_case(database, "CRLM-CT-101")


def test_an_unknown_dso_is_an_error(database):
    with pytest.raises(DsoNotFound, match=r"has no readable DSO with SeriesInstanceUID 1\.2\.3"):
        open_case(database, "CRLM-CT-1001", dso_series_uid="1.2.3")


def test_a_patient_not_in_the_spreadsheet_is_said_once(opened, ct, dso, table):
    case = opened(*ct, dso, table=table)
    assert [f.code for f in case.findings].count("patient-not-in-spreadsheet") == 1
    assert case.volumetry.adequate is None


def test_a_ct_without_dso(opened, ct, table):
    case = opened(*ct, table=table)
    assert case.ct.hu.shape == (6, 11, 13)
    assert (case.dso, case.volumetry, case.segments) == (None, None, ())
    assert codes(case) == {"ct-without-dso", "patient-not-in-spreadsheet"}


def test_a_dso_without_ct(opened, dso):
    case = opened(dso)
    assert (case.ct, case.dso, case.volumetry) == (None, None, None)
    assert case.choice.dso.segment_labels == ("Liver", "Tumor_1")
    assert codes(case) == {"dso-without-ct"}


def test_several_cts(opened, ct, dso, tmp_path):
    shape = (9, 11, 13)
    larger = write_ct(
        tmp_path / "late", noise_hu(shape), grid_of(shape=shape), "P1", series_description="late"
    )
    case = opened(*ct, *larger, dso)
    assert case.ct.grid.shape_kji == (6, 11, 13)
    assert "several-cts" in codes(case)
    assert [segment.mask.count for segment in case.segments] == [m.sum() for m in blocks(2)]


def test_a_ct_whose_files_are_gone(opened, ct, dso):
    assert opened(*ct, dso).volumetry is not None
    for file in ct:
        file.unlink()
    case = opened(dso)
    assert (case.ct, case.volumetry) == (None, None)
    assert "ct-unreadable" in codes(case)


def test_a_ct_that_is_damaged_after_its_import(opened, ct, dso):
    opened(*ct, dso)
    for file in ct:
        file.write_bytes(file.read_bytes()[:300])
    case = opened(dso)
    assert case.ct is None
    assert case.findings[0].code == "ct-unreadable"


def test_a_ct_of_one_slice(opened, ct):
    case = opened(ct[0])
    assert case.ct is None
    assert "ct-unreadable" in codes(case)


def test_a_dso_that_is_damaged_after_its_import(opened, ct, dso):
    opened(*ct, dso)
    edit(dso, lambda image: delattr(image, "PixelData"))
    case = opened(*ct)
    assert case.ct is not None
    assert (case.dso, case.volumetry) == (None, None)
    assert "dso-unreadable" in codes(case)


def test_another_minimum_and_body_size_change_nothing_else(database, table):
    case = open_case(database, "CRLM-CT-1001", table)
    body = BodySize(170, 70)
    changed = case.measured_with(MinimumRule.chosen(25), body)
    assert changed.volumetry.adequate is True
    assert changed.volumetry.minimum_flr_percent == 25
    assert len(changed.volumetry.standardized_flr) == 4
    assert changed.measured_with(case.rule, None).volumetry == case.volumetry
    assert changed.findings is case.findings


def test_figures_hold_as_long_as_what_they_rest_on(database, table):
    case = open_case(database, "CRLM-CT-1002", table)
    figures = figures_of(case)
    assert figures["flr_ml"] == case.volumetry.flr_ml
    assert figures["tumor_count"] == 2
    assert figures["alarms"] == 0
    assert still_hold(figures, case.choice, case.rule)
    other = open_case(database, "CRLM-CT-1002", table, case.choice.alternatives[0].series_uid)
    assert not still_hold(figures, other.choice, case.rule)
    assert not still_hold(figures, case.choice, MinimumRule.chosen(20))
    assert not still_hold({}, case.choice, case.rule)


@pytest.mark.shared
def test_the_collection_s_patient(opened, shared_data):
    case = opened(shared_data / "CRLM-CT-1004", patient_id="CRLM-CT-1004")
    assert {s.label: s.mask.count for s in case.segments} == COUNTS_OF_1004
    assert case.ct.grid.shape_kji == (41, 512, 512)
    assert round(case.volumetry.liver_ml, 2) == 1276.41
    assert round(case.volumetry.flr_ml, 2) == 1249.41
    assert codes(case) == {"dso-partial-coverage", "stray-components"}


@pytest.mark.shared
def test_dcmqi_s_patient_is_read_as_dcmqi_reads_it(opened, shared_data):
    case = opened(shared_data / "dcmqi", patient_id="99000")
    (liver,) = case.segments
    reference = dcmqi_masks(shared_data / "dcmqi/segmentations/liver.dcm", case.ct.grid)[1]
    whole = np.zeros(case.ct.grid.shape_kji, dtype=bool)
    whole[liver.mask.box] = liver.mask.voxels
    assert liver.mask.count == 107098
    assert np.array_equal(whole, reference)
    assert case.volumetry.flr_ml is None
    assert "segment-missing" in codes(case)
