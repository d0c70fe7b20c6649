"""Importing: files are linked and counted, whatever else lies there, and a stop loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from CRLMExplorerLib.dicom import database as database_module
from CRLMExplorerLib.dicom import importer as importer_module
from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.importer import (
    FILES_A_BATCH,
    UNFINISHED,
    NothingToImport,
    import_files,
)
from CRLMExplorerLib.dicom.indexing import readable_name
from CRLMExplorerLib.progress import Cancelled
from dicom.small_files import (
    public_folder,
    uid_of,
    without_privileges,
    write_dso,
    write_series,
    write_slice,
)

LIBRARY = Path(database_module.__file__).parents[2]
SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "database"


@pytest.fixture
def database(folder: Path) -> Iterator[CtkDatabase]:
    with CtkDatabase.create(folder) as database:
        yield database


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two patients: one with CT and DSO, one with a CT in a folder of folders."""
    write_series(tmp_path / "data" / "one" / "ct", 3)
    write_dso(tmp_path / "data" / "one" / "seg.dcm")
    write_series(tmp_path / "data" / "two" / "deep" / "er", 2, "CRLM-CT-2")
    return tmp_path / "data"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0.05)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(importer_module, "FILES_A_BATCH", 4)
    monkeypatch.setattr(importer_module, "_FILES_A_REPORT", 1)
    return 4


def rows(folder: Path, sql: str) -> list[tuple]:
    connection = sqlite3.connect(folder / "ctkDICOM.sql")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def counts(report) -> tuple[int, int, int, int, int]:
    seen = report.files_seen
    return seen, report.indexed, report.already_known, report.updated, report.files_skipped


def test_what_is_found_is_indexed_and_counted(data: Path, database: CtkDatabase):
    report = import_files([data], database)
    assert counts(report) == (6, 6, 0, 0, 0)
    assert (report.patients_added, report.studies_added, report.series_added) == (2, 2, 3)
    assert report.skipped == {}
    assert [patient.patient_id for patient in database.patients()] == ["CRLM-CT-1", "CRLM-CT-2"]
    assert {(s.modality, s.file_count) for s in database.series_of("CRLM-CT-1")} == {
        ("SEG", 1),
        ("CT", 3),
    }


def test_files_are_linked_where_they_lie(data: Path, folder: Path, database: CtkDatabase):
    before = {file: file.read_bytes() for file in data.rglob("*.dcm")}
    import_files([data], database)
    assert {file: file.read_bytes() for file in data.rglob("*.dcm")} == before
    assert [file.name for file in folder.iterdir()] == ["ctkDICOM.sql"]
    names = {name for (name,) in rows(folder, "SELECT Filename FROM Images")}
    assert names == {str(file) for file in before}


def test_files_inside_the_database_folder_are_stored_relative(
    data: Path, folder: Path, database: CtkDatabase
):
    shutil.move(data, folder / "dicom")
    import_files([folder / "dicom"], database)
    names = {name for (name,) in rows(folder, "SELECT Filename FROM Images")}
    assert "dicom/one/seg.dcm" in names
    assert all(name.startswith("dicom/") for name in names)
    database.close()
    moved = folder.rename(folder.with_name("moved"))
    with CtkDatabase.open(moved) as elsewhere:
        files = elsewhere.files_of(uid_of("CRLM-CT-1", "portal"))
        assert [file.exists() for file in files] == [True] * 3


def test_a_folder_that_only_begins_like_the_databases_is_outside_it(
    folder: Path, database: CtkDatabase
):
    file = write_slice(folder.with_name("database-2") / "a.dcm")
    import_files([file], database)
    assert rows(folder, "SELECT Filename FROM Images") == [(str(file),)]


def test_a_relative_path_is_stored_absolute(
    data: Path, folder: Path, database: CtkDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(data)
    import_files(["one/seg.dcm"], database)
    assert rows(folder, "SELECT Filename FROM Images") == [(str(data / "one" / "seg.dcm"),)]


def test_rows_are_what_slicer_would_have_written(folder: Path, database: CtkDatabase):
    file = write_slice(
        folder.with_name("a.dcm"),
        PatientName="van Dyck^Ann^B^Dr^MD",
        PatientBirthDate="19650203",
        PatientID="CRLM-CT-7",
        InstitutionName="MSK",
    )
    import_files([file], database)
    (patient,) = rows(
        folder,
        "SELECT PatientsName, PatientID, PatientsBirthDate, PatientsSex, DisplayedPatientsName, "
        "DisplayedNumberOfStudies, DisplayedLastStudyDate, InsertTimestamp FROM Patients",
    )
    assert patient[:-1] == (
        "van Dyck^Ann^B^Dr^MD",
        "CRLM-CT-7",
        "1965-02-03",
        "F",
        "van Dyck, Ann B, MD (Dr)",
        1,
        "2026-01-05",
    )
    assert len(patient[-1]) == len("2026-11-23T08:06:32.767")
    assert rows(
        folder,
        "SELECT PatientsUID, StudyDate, StudyTime, InstitutionName, AccessionNumber, "
        "DisplayedNumberOfSeries FROM Studies",
    ) == [(1, "2026-01-05", "101112", "MSK", None, 1)]
    assert rows(
        folder,
        "SELECT SeriesNumber, SeriesDate, SeriesDescription, Modality, FrameOfReferenceUID, "
        "DisplayedCount, DisplayedSize FROM Series",
    ) == [(2, "2026-01-06", "portal", "CT", uid_of("CRLM-CT-1", "frame"), 1, "16x16")]
    ((url, displayed),) = rows(folder, "SELECT URL, DisplayedFieldsUpdatedTimestamp FROM Images")
    assert url == ""
    assert displayed is not None


def test_displayed_counts_follow_later_imports(data: Path, folder: Path, database: CtkDatabase):
    import_files([data / "one" / "ct" / "0001.dcm"], database)
    import_files([data], database)
    assert rows(
        folder,
        "SELECT DisplayedCount FROM Series WHERE SeriesNumber = 2 AND Modality = 'CT' ORDER BY 1",
    ) == [(2,), (3,)]
    assert rows(folder, "SELECT DisplayedNumberOfSeries FROM Studies ORDER BY 1") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("person_name", "readable"),
    [
        ("Doe", "Doe"),
        ("Doe^John", "Doe, John"),
        ("^John", "John"),
        ("Yamada^Tarou=山田^太郎", "Yamada, Tarou"),
        ("", ""),
    ],
)
def test_names_are_displayed_as_slicer_displays_them(person_name: str, readable: str):
    assert readable_name(person_name) == readable


def test_importing_again_changes_nothing(data: Path, folder: Path, database: CtkDatabase):
    import_files([data], database)
    tables = ("Images", "Series", "Studies", "Patients")
    before = [rows(folder, f"SELECT * FROM {table}") for table in tables]
    report = import_files([data, data / "one", data / "one" / "seg.dcm"], database)
    assert (report.indexed, report.updated, report.files_skipped) == (0, 0, 0)
    assert report.already_known == report.files_seen == 7
    assert report.patients_added == report.studies_added == report.series_added == 0
    assert [rows(folder, f"SELECT * FROM {table}") for table in tables] == before


def test_the_first_of_two_copies_is_kept(data: Path, folder: Path, database: CtkDatabase):
    copy = shutil.copy(data / "one" / "seg.dcm", data / "two" / "copy.dcm")
    report = import_files([data], database)
    assert counts(report) == (7, 6, 0, 0, 1)
    assert report.skipped == {
        Path(copy): f"duplicate of {data / 'one' / 'seg.dcm'}: the same SOPInstanceUID"
    }
    assert database.files_of(uid_of("CRLM-CT-1", "dso")) == [data / "one" / "seg.dcm"]
    assert counts(import_files([data], database)) == (7, 0, 6, 0, 1)


def test_a_file_that_was_moved_is_found_again(data: Path, database: CtkDatabase):
    import_files([data], database)
    moved = data.rename(data.with_name("moved"))
    report = import_files([moved], database)
    assert counts(report) == (6, 0, 0, 6, 0)
    assert report.series_added == 0
    assert database.files_of(uid_of("CRLM-CT-1", "dso")) == [moved / "one" / "seg.dcm"]


def test_a_file_that_became_another_one_is_read_again(data: Path, database: CtkDatabase):
    import_files([data], database)
    file = write_slice(data / "one" / "seg.dcm", series="arterial")
    os.utime(file, (2**31, 2**31))
    report = import_files([data], database)
    assert counts(report) == (6, 1, 5, 0, 0)
    assert database.files_of(uid_of("CRLM-CT-1", "arterial")) == [file]
    assert database.files_of(uid_of("CRLM-CT-1", "dso")) == []


def test_a_changed_file_of_the_same_instance_is_read_again(data: Path, database: CtkDatabase):
    import_files([data], database)
    file = write_dso(data / "one" / "seg.dcm", SeriesInstanceUID="1.2.3")
    os.utime(file, (2**31, 2**31))
    assert counts(import_files([data], database)) == (6, 0, 5, 1, 0)
    assert database.files_of("1.2.3") == [file]
    assert database.files_of(uid_of("CRLM-CT-1", "dso")) == []


def test_one_patient_id_under_two_names_is_two_rows_as_in_slicer(
    data: Path, folder: Path, database: CtkDatabase
):
    write_slice(data / "x.dcm", series="x", PatientName="Other", StudyInstanceUID="1.2.3")
    report = import_files([data], database)
    assert report.patients_added == 3
    assert [patient.row_uids for patient in database.patients()] == [(1, 2), (3,)]


@pytest.mark.parametrize("dso_first", [True, False])
def test_a_file_of_another_patients_study_is_refused(
    tmp_path: Path, database: CtkDatabase, dso_first: bool
):
    """Else, met first, it would draw the whole study to the patient it names."""
    ct = write_series(tmp_path / "ct", 3)
    dso = write_dso(tmp_path / "seg.dcm", PatientID="CRLM-CT-2")
    report = import_files([dso, *ct] if dso_first else [*ct, dso], database)
    if dso_first:
        reason = "says PatientID CRLM-CT-1, but its study is CRLM-CT-2's in the database"
        assert report.skipped == dict.fromkeys(ct, reason)
    else:
        reason = "says PatientID CRLM-CT-2, but its study is CRLM-CT-1's in the database"
        assert report.skipped == {dso: reason}
    assert report.patients_added == len(database.patients()) == 1


def test_an_empty_folder_is_no_error(tmp_path: Path, database: CtkDatabase):
    (tmp_path / "empty").mkdir()
    assert counts(import_files([tmp_path / "empty"], database)) == (0, 0, 0, 0, 0)


def test_a_path_that_does_not_exist_is_an_error(data: Path, database: CtkDatabase):
    with pytest.raises(NothingToImport, match=r"nowhere does not exist: nothing was imported"):
        import_files([data, data / "nowhere"], database)
    assert database.patients() == []


def test_what_cannot_be_taken_is_skipped_and_named(data: Path, database: CtkDatabase):
    whole = (data / "one" / "seg.dcm").read_bytes()
    bad = data / "bad"
    bad.mkdir()
    (bad / "empty").write_bytes(b"")
    (bad / "notes.txt").write_text("none of them")
    (bad / "half.dcm").write_bytes(whole[: len(whole) // 2])
    (bad / "broken link").symlink_to(bad / "nowhere")
    (bad / "link to itself").symlink_to(bad / "link to itself")
    os.mkfifo(bad / "pipe")
    write_slice(bad / "no uid.dcm", SeriesInstanceUID="")
    report = import_files([data], database)
    assert counts(report) == (13, 6, 0, 0, 7)
    assert {file.name: reason for file, reason in report.skipped.items()} == {
        "empty": "not a DICOM file: no DICM at byte 128",
        "notes.txt": "not a DICOM file: no DICM at byte 128",
        "half.dcm": "cut short: its pixel data is missing or not all there",
        "broken link": "not a regular file",
        "link to itself": "not a regular file",
        "pipe": "not a regular file",
        "no uid.dcm": "no valid SeriesInstanceUID",
    }


def test_our_own_file_that_is_being_written_is_passed_over(data: Path, database: CtkDatabase):
    before = import_files([data], database).files_seen
    (data / "one" / f"{UNFINISHED}0123").write_bytes((data / "one" / "seg.dcm").read_bytes()[:300])
    report = import_files([data], database)
    assert (report.files_seen, report.files_skipped, report.skipped) == (before, 0, {})


def test_links_that_lead_round_in_a_circle_end(data: Path, database: CtkDatabase):
    (data / "one" / "back").symlink_to(data, target_is_directory=True)
    (data / "two" / "across").symlink_to(data / "one", target_is_directory=True)
    assert counts(import_files([data], database)) == (6, 6, 0, 0, 0)


def test_what_may_not_be_read_is_skipped_and_named():
    with public_folder() as parent:
        write_series(parent / "data", 3)
        write_series(parent / "data" / "closed", 2, series="closed")
        write_series(parent / "data" / "listed", 1, series="listed")
        (parent / "database").mkdir()
        (parent / "database").chmod(0o777)
        (parent / "data" / "0002.dcm").chmod(0o000)
        (parent / "data" / "closed").chmod(0o000)
        (parent / "data" / "listed").chmod(0o444)
        with without_privileges(), CtkDatabase.create(parent / "database") as database:
            report = import_files([parent / "data"], database)
        (parent / "data" / "closed").chmod(0o755)
        (parent / "data" / "listed").chmod(0o755)
    assert counts(report) == (4, 2, 0, 0, 2)
    assert {file.name: reason for file, reason in report.skipped.items()} == {
        "0002.dcm": "cannot be read: Permission denied",
        "closed": "folder cannot be entered: Permission denied",
        "0001.dcm": "cannot be read: Permission denied",
    }


def test_a_report_names_only_so_many_skipped_files(
    tmp_path: Path, database: CtkDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importer_module, "SKIPPED_NAMED_AT_MOST", 5)
    for number in range(9):
        (tmp_path / f"{number}.txt").write_text("")
    report = import_files(sorted(tmp_path.glob("*.txt")), database)
    assert (report.files_skipped, len(report.skipped)) == (9, 5)


def test_a_database_open_for_reading_is_refused(data: Path, folder: Path, database: CtkDatabase):
    with (
        CtkDatabase.open(folder) as reading,
        pytest.raises(DatabaseError, match="for reading only"),
    ):
        import_files([data], reading)


def test_progress_rises_from_nothing_to_all(data: Path, database: CtkDatabase, small_batches: int):
    reports: list[tuple[float, str]] = []
    import_files([data], database, lambda fraction, message: reports.append((fraction, message)))
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1], len(fractions)) == (0.0, 1.0, 7)
    assert reports[0][1] == "Reading seg.dcm"
    assert reports[-1][1] == "6 files read, 6 of them new"


def test_cancelling_keeps_whole_batches(
    tmp_path: Path, folder: Path, database: CtkDatabase, small_batches: int
):
    write_series(tmp_path / "ct", 11)

    def cancel_at_the_tenth(fraction: float, message: str) -> None:
        if message == "Reading 0010.dcm":
            raise Cancelled

    with pytest.raises(Cancelled):
        import_files([tmp_path / "ct"], database, cancel_at_the_tenth)
    assert database.series_of("CRLM-CT-1")[0].file_count == 2 * small_batches
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert counts(import_files([tmp_path / "ct"], database)) == (11, 3, 8, 0, 0)


def test_another_program_that_starts_to_write_ends_it_between_batches(
    tmp_path: Path,
    folder: Path,
    impatient: None,
    database: CtkDatabase,
    small_batches: int,
):
    write_series(tmp_path / "ct", 11)
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)

    def lock_at_the_tenth(fraction: float, message: str) -> None:
        if message == "Reading 0010.dcm":
            slicer.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseError, match="in use by another program"):
        import_files([tmp_path / "ct"], database, lock_at_the_tenth)
    slicer.execute("ROLLBACK")
    slicer.close()
    assert database.series_of("CRLM-CT-1")[0].file_count == 8
    assert counts(import_files([tmp_path / "ct"], database)) == (11, 3, 8, 0, 0)


IMPORT = """
import sys
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
with CtkDatabase.open(sys.argv[1], writable=True) as database:
    import_files([sys.argv[2]], database, lambda done, message: print(message, flush=True))
"""


@pytest.mark.parametrize("killed_at", [FILES_A_BATCH - 25, FILES_A_BATCH, 2 * FILES_A_BATCH + 25])
def test_a_kill_leaves_whole_batches(
    tmp_path: Path, folder: Path, database: CtkDatabase, killed_at: int
):
    database.close()
    count = 2 * FILES_A_BATCH + 50
    write_series(tmp_path / "ct", count)
    importing = subprocess.Popen(
        [sys.executable, "-c", IMPORT, folder, tmp_path / "ct"],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert importing.stdout is not None
    for line in importing.stdout:
        if line == f"Reading {killed_at + 1:04d}.dcm\n":
            importing.kill()
            break
    importing.stdout.close()
    assert importing.wait() == -signal.SIGKILL

    with CtkDatabase.open(folder) as reading:
        indexed = sum(series.file_count for series in reading.series_of("CRLM-CT-1"))
    # The other process may have got a little further before the kill reached it.
    assert indexed in {0, FILES_A_BATCH, 2 * FILES_A_BATCH, count}
    assert indexed >= killed_at // FILES_A_BATCH * FILES_A_BATCH
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    with CtkDatabase.open(folder, writable=True) as again:
        assert counts(import_files([tmp_path / "ct"], again)) == (
            count,
            count - indexed,
            indexed,
            0,
            0,
        )


@pytest.mark.shared
def test_the_reference_data_are_taken(folder: Path, database: CtkDatabase):
    report = import_files([SHARED], database)
    assert (report.indexed, report.patients_added, report.series_added) == (46, 2, 4)
    assert {file.suffix for file in report.skipped} == {".md", ".mha"}
    assert [
        (series.modality, series.description, series.file_count)
        for series in database.series_of("CRLM-CT-1004")
    ] == [("CT", "CT CH/AB/PEL", 41), ("SEG", "Segmentation", 1)]
    assert rows(folder, "SELECT COUNT(*) FROM Images") == [(46,)]
