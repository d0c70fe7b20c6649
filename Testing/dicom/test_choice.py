"""Which CT and DSO are opened for a patient, and what the reader is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.choice import (
    DsoNotFound,
    PatientNotFound,
    SeriesChoice,
    choose_series,
)
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.findings import Severity
from dicom.small_files import COLLECTION_LABELS, uid_of, write_dso, write_series

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
PATIENT = "CRLM-CT-1"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the CT of one patient."""
    write_series(tmp_path / "data" / "ct", 3)
    return tmp_path / "data"


@pytest.fixture
def choose(tmp_path: Path, data: Path) -> Iterator[Callable[..., SeriesChoice]]:
    """Import what lies in the folder by now, and choose."""
    with CtkDatabase.create(tmp_path / "database") as database:

        def import_and_choose(patient_id: str = PATIENT, **options) -> SeriesChoice:
            import_files([data], database)
            return choose_series(database, patient_id, **options)

        yield import_and_choose


def codes(choice: SeriesChoice) -> list[str]:
    return [finding.code for finding in choice.findings]


def chosen(choice: SeriesChoice) -> str:
    assert choice.dso is not None
    return choice.dso.description


def test_the_dso_and_its_ct_are_taken(data: Path, choose):
    file = write_dso(data / "seg.dcm")
    choice = choose()
    assert (choice.patient_id, choice.findings, choice.alternatives) == (PATIENT, (), ())
    assert choice.ct is not None
    assert (choice.ct.series_uid, choice.ct.file_count) == (uid_of(PATIENT, "portal"), 3)
    assert choice.dso is not None
    assert (choice.dso.file, choice.dso.series_uid) == (file, uid_of(PATIENT, "dso"))
    assert (choice.dso.description, choice.dso.date, choice.dso.time) == (
        "dso",
        "2026-01-06",
        "10:11:12",
    )
    assert choice.dso.segment_labels == COLLECTION_LABELS
    assert choice.dso.roles == (
        Role.LIVER,
        Role.REMNANT,
        Role.HEPATIC_VEIN,
        Role.PORTAL_VEIN,
        Role.TUMOR,
        Role.TUMOR,
    )
    assert choice.dso.ct_series_uid == choice.ct.series_uid


def test_most_roles_win_over_newest(data: Path, choose):
    write_dso(data / "ai.dcm", series="ai", labels=["Liver", "Tumor"], ContentDate="20270101")
    write_dso(data / "full.dcm", series="full", ContentDate="20200101")
    choice = choose()
    assert chosen(choice) == "full"
    assert [dso.description for dso in choice.alternatives] == ["ai"]


def test_many_tumours_are_one_role(data: Path, choose):
    many = ["Liver", *(f"Tumor_{number}" for number in range(1, 36))]
    write_dso(data / "many.dcm", series="many", labels=many)
    write_dso(data / "few.dcm", series="few", labels=["Liver", "Liver Remnant", "Tumor_1"])
    assert chosen(choose()) == "few"


def test_unknown_segments_count_for_nothing(data: Path, choose):
    write_dso(data / "a.dcm", series="organs", labels=["Spleen", "Kidney", "Colon", "Liver"])
    write_dso(data / "b.dcm", series="liver", labels=["Liver", "Tumor_1"])
    assert chosen(choose()) == "liver"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"ContentDate": "20260107"}, {"ContentDate": "20260106"}),
        ({"ContentTime": "101113"}, {"ContentTime": "101112.9"}),
        ({}, {"ContentDate": None, "SeriesDate": "20250101"}),
    ],
)
def test_newest_wins_among_equals(data: Path, choose, newer: dict, older: dict):
    write_dso(data / "a.dcm", series="newer", **newer)
    write_dso(data / "b.dcm", series="older", **older)
    choice = choose()
    assert (chosen(choice), choice.alternatives[0].description) == ("newer", "older")


def test_the_user_may_name_another_one(data: Path, choose):
    write_dso(data / "a.dcm", series="full")
    write_dso(data / "b.dcm", series="ai", labels=["Liver"])
    choice = choose(dso_series_uid=uid_of(PATIENT, "ai"))
    assert chosen(choice) == "ai"
    assert [dso.description for dso in choice.alternatives] == ["full"]
    assert choice.ct is not None


def test_a_dso_that_the_patient_does_not_have_is_an_error(data: Path, choose):
    write_dso(data / "a.dcm", series="full")
    with pytest.raises(DsoNotFound, match=r"no readable DSO .* 1\.2\.3\. There are: 'full' \("):
        choose(dso_series_uid="1.2.3")


def test_every_file_of_a_series_is_a_dso(data: Path, choose):
    write_dso(data / "a.dcm", SOPInstanceUID="1.2.1", labels=["Liver"])
    full = write_dso(data / "b.dcm", SOPInstanceUID="1.2.2")
    choice = choose(dso_series_uid=uid_of(PATIENT, "dso"))
    assert choice.dso is not None
    assert choice.dso.file == full
    assert [dso.file.name for dso in choice.alternatives] == ["a.dcm"]


def test_a_ct_without_a_dso_is_opened_and_said(choose):
    choice = choose()
    assert choice.ct is not None
    assert choice.dso is None
    assert codes(choice) == ["ct-without-dso"]


def test_a_dso_without_its_ct_is_said(data: Path, choose):
    for file in (data / "ct").iterdir():
        file.unlink()
    write_dso(data / "seg.dcm")
    choice = choose()
    assert (choice.ct, chosen(choice)) == (None, "dso")
    assert codes(choice) == ["dso-without-ct"]
    assert choice.findings[0].severity is Severity.ALARM
    assert uid_of(PATIENT, "portal") in choice.findings[0].message


def test_a_ct_in_another_frame_of_reference_is_not_its_ct(data: Path, choose):
    write_dso(data / "seg.dcm", drawn_on="lost", FrameOfReferenceUID="1.2.3")
    choice = choose()
    assert choice.ct is None
    assert codes(choice) == ["dso-without-ct"]


def test_a_dso_of_another_ct_is_shown_on_the_one_in_its_frame_of_reference(data: Path, choose):
    write_dso(data / "seg.dcm", drawn_on="lost")
    choice = choose()
    assert choice.ct is not None
    assert choice.ct.series_uid == uid_of(PATIENT, "portal")
    assert codes(choice) == ["dso-of-another-ct"]
    assert uid_of(PATIENT, "lost") in choice.findings[0].message


def test_a_dso_whose_ct_is_here_wins_over_more_roles(data: Path, choose):
    write_dso(data / "a.dcm", series="stray", drawn_on="lost", FrameOfReferenceUID="1.2.3")
    write_dso(data / "b.dcm", series="at home", labels=["Liver"])
    choice = choose()
    assert chosen(choice) == "at home"
    assert choice.findings == ()


def test_of_several_cts_the_one_it_was_drawn_on_is_taken(data: Path, choose):
    write_series(data / "arterial", 5, series="arterial")
    write_dso(data / "seg.dcm")
    choice = choose()
    assert choice.ct is not None
    assert choice.ct.description == "portal"
    assert codes(choice) == ["several-cts"]
    assert "the DSO was drawn on it" in choice.findings[0].message


def test_of_several_cts_without_a_dso_the_largest_is_taken(data: Path, choose):
    write_series(data / "arterial", 5, series="arterial")
    choice = choose()
    assert choice.ct is not None
    assert choice.ct.description == "arterial"
    assert codes(choice) == ["ct-without-dso", "several-cts"]
    assert "it has the most files" in choice.findings[1].message


def test_a_dso_that_says_it_is_another_patients_is_not_chosen(data: Path, choose):
    """Its study is this patient's: our import refuses such a file, Slicer's does not."""
    write_dso(data / "seg.dcm")
    choose()
    write_dso(data / "seg.dcm", PatientID="CRLM-CT-2")
    choice = choose()
    assert choice.dso is None
    assert choice.ct is not None
    assert codes(choice) == ["dso-of-another-patient", "ct-without-dso"]
    assert choice.findings[0].severity is Severity.ALARM
    assert "its PatientID is CRLM-CT-2" in choice.findings[0].message
    assert [dso.description for dso in choice.alternatives] == ["dso"]
    assert chosen(choose(dso_series_uid=choice.alternatives[0].series_uid)) == "dso"


def test_a_dso_of_another_patient_is_the_last_alternative(data: Path, choose):
    write_dso(data / "a.dcm", series="right")
    write_dso(data / "b.dcm", series="poor", labels=["Liver"])
    write_dso(data / "c.dcm", series="wrong", ContentDate="20270101")
    choose()
    write_dso(data / "c.dcm", series="wrong", ContentDate="20270101", PatientID="CRLM-CT-2")
    choice = choose()
    assert chosen(choice) == "right"
    assert [dso.description for dso in choice.alternatives] == ["poor", "wrong"]


def test_a_dso_drawn_on_another_patients_ct_is_not_chosen(data: Path, choose):
    write_series(data / "other", 2, "CRLM-CT-2")
    write_dso(data / "a.dcm", series="wrong", drawn_on_patient="CRLM-CT-2")
    write_dso(data / "b.dcm", series="right", labels=["Liver"])
    choice = choose()
    assert chosen(choice) == "right"
    assert codes(choice) == ["dso-of-another-patient"]
    assert "the CT it was drawn on is CRLM-CT-2's" in choice.findings[0].message


def test_a_dso_that_names_no_series_is_placed_by_its_images(data: Path, choose):
    write_series(data / "arterial", 5, series="arterial")
    write_dso(data / "seg.dcm", drawn_on=None)
    choice = choose()
    assert choice.ct is not None
    assert choice.ct.description == "portal"
    assert choice.dso is not None
    assert choice.dso.ct_series_uid == uid_of(PATIENT, "portal")


def test_a_dso_that_names_nothing_is_placed_by_its_frame_of_reference(data: Path, choose):
    write_dso(data / "seg.dcm", drawn_on=None, PerFrameFunctionalGroupsSequence=None)
    choice = choose()
    assert choice.ct is not None
    assert choice.dso is not None
    assert choice.dso.ct_series_uid is None
    assert codes(choice) == ["dso-of-another-ct"]
    assert "drawn on no series that it names" in choice.findings[0].message


def test_a_dso_without_segments_is_a_candidate(data: Path, choose):
    write_dso(data / "seg.dcm", labels=[])
    choice = choose()
    assert choice.dso is not None
    assert choice.dso.segment_labels == ()


@pytest.mark.parametrize("contents", [None, b"", b"\0" * 4096])
def test_a_dso_that_cannot_be_read_is_left_out_and_said(data: Path, choose, contents):
    write_dso(data / "a.dcm", series="good", labels=["Liver"])
    lost = write_dso(data / "b.dcm", series="lost")
    choose()
    lost.unlink()
    if contents is not None:
        lost.write_bytes(contents)
    choice = choose()
    assert chosen(choice) == "good"
    assert codes(choice) == ["dso-unreadable"]
    assert str(lost) in choice.findings[0].message


def test_something_else_called_seg_is_left_out(data: Path, choose):
    write_dso(data / "a.dcm", SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    choice = choose()
    assert codes(choice) == ["dso-unreadable", "ct-without-dso"]
    assert "expected a SEG, found CT Image Storage" in choice.findings[0].message


def test_labels_of_any_letters_are_kept(data: Path, choose):
    labels = ["Liver", 'Tumor "1" / left', "Läsion ä", "肝転移"]
    write_dso(data / "seg.dcm", labels=labels)
    choice = choose()
    assert choice.dso is not None
    assert choice.dso.segment_labels == tuple(labels)


def test_a_patient_without_ct_and_dso_is_said(data: Path, choose):
    write_series(data / "mr", 2, "CRLM-MR-1", Modality="MR")
    choice = choose("CRLM-MR-1")
    assert (choice.ct, choice.dso, codes(choice)) == (None, None, ["no-ct"])


@pytest.mark.parametrize("asked", ["crlm-ct-1", "CRLM-CT-11", "CRLM_CT_1"])
def test_an_unknown_patient_is_an_error_with_near_names(choose, asked: str):
    with pytest.raises(PatientNotFound, match=rf"No patient {asked} .*Did you mean CRLM-CT-1\?"):
        choose(asked)


def test_a_patient_like_no_other_is_an_error(choose):
    with pytest.raises(PatientNotFound, match="nor one spelt like it among its 1 patients"):
        choose("xyz")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("patient_id", "slices", "labels"),
    [("CRLM-CT-1004", 41, COLLECTION_LABELS), ("99000", 3, ("Liver",))],
)
def test_the_reference_patients(tmp_path: Path, patient_id: str, slices: int, labels):
    with CtkDatabase.create(tmp_path) as database:
        import_files([SHARED], database)
        choice = choose_series(database, patient_id)
    assert choice.findings == ()
    assert choice.ct is not None
    assert choice.ct.file_count == slices
    assert choice.dso is not None
    assert choice.dso.segment_labels == labels
