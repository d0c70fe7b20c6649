"""CTK's database: what is asked of it, who else has the file, and every way it can be bad."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from CRLMExplorerLib.dicom import database as database_module
from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.importer import import_files
from dicom.small_files import public_folder, uid_of, without_privileges, write_dso, write_series

LIBRARY = Path(database_module.__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A database folder with one patient of three slices."""
    with CtkDatabase.create(tmp_path / "database") as database:
        import_files(write_series(tmp_path / "ct", 3), database)
    return tmp_path / "database"


@pytest.fixture
def sql(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the same file."""
    connection = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None, timeout=0)
    yield connection
    connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0.05)


def test_a_new_database_is_ctks(tmp_path: Path):
    CtkDatabase.create(tmp_path / "new" / "folder").close()
    connection = sqlite3.connect(tmp_path / "new" / "folder" / "ctkDICOM.sql")
    assert connection.execute("SELECT Version FROM SchemaInfo").fetchall() == [("0.8.1",)]
    columns = {
        table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    connection.close()
    assert set(columns) - {"sqlite_sequence"} == {
        "SchemaInfo",
        "Images",
        "Patients",
        "Studies",
        "Series",
        "Directories",
        "ColumnDisplayProperties",
        "DisplayedFieldGeneratorRules",
    }
    assert columns["Images"] == [
        "SOPInstanceUID",
        "Filename",
        "URL",
        "SeriesInstanceUID",
        "InsertTimestamp",
        "DisplayedFieldsUpdatedTimestamp",
    ]
    assert columns["Patients"][-1] == "Connections"


def test_every_column_that_slicer_shows_is_described(tmp_path: Path):
    CtkDatabase.create(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ctkDICOM.sql")
    for table in ("Patients", "Studies", "Series"):
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        described = connection.execute(
            "SELECT FieldName FROM ColumnDisplayProperties WHERE TableName = ?", (table,)
        )
        assert {name for (name,) in described} == columns
    shown = connection.execute(
        "SELECT FieldName FROM ColumnDisplayProperties "
        "WHERE TableName = 'Patients' AND Visibility ORDER BY Weight"
    ).fetchall()
    connection.close()
    assert [name for (name,) in shown] == [
        "DisplayedPatientsName",
        "PatientID",
        "PatientsBirthDate",
        "PatientsSex",
        "DisplayedNumberOfStudies",
        "DisplayedLastStudyDate",
        "InsertTimestamp",
    ]


def test_it_is_found_by_its_folder_and_by_its_file(folder: Path):
    for path in (folder, str(folder), folder / "ctkDICOM.sql"):
        with CtkDatabase.open(path) as database:
            assert database.directory == folder
            assert not database.writable
            assert [patient.patient_id for patient in database.patients()] == ["CRLM-CT-1"]


def test_questions_are_answered(folder: Path):
    with CtkDatabase.open(folder) as database:
        (patient,) = database.patients()
        assert (patient.name, patient.row_uids) == ("Doe^CRLM-CT-1", (1,))
        (series,) = database.series_of("CRLM-CT-1")
        assert series.series_uid == uid_of("CRLM-CT-1", "portal")
        assert series.study_uid == uid_of("CRLM-CT-1", "study")
        assert (series.modality, series.description, series.number) == ("CT", "portal", 2)
        assert (series.date, series.time) == ("2026-01-06", "10:11:12")
        assert series.frame_of_reference_uid == uid_of("CRLM-CT-1", "frame")
        assert series.file_count == 3
        ct = folder.parent / "ct"
        assert database.files_of(series.series_uid) == sorted(ct.iterdir())
        slice_uid = uid_of("CRLM-CT-1", "portal", "CT", 2)
        assert database.series_with_instance(slice_uid) == series.series_uid
        assert database.patient_with_series(series.series_uid) == "CRLM-CT-1"


def test_questions_on_what_is_not_there_are_answered(folder: Path):
    with CtkDatabase.open(folder) as database:
        assert database.series_of("CRLM-CT-9") == []
        assert database.files_of("1.2.3") == []
        assert database.series_with_instance("1.2.3") is None
        assert database.patient_with_series("1.2.3") is None


def test_files_are_taken_in_where_they_lie_by_who_only_reads(folder: Path, tmp_path: Path):
    dso = write_dso(tmp_path / "revision.dcm")
    before = dso.read_bytes()
    with CtkDatabase.open(folder) as database:
        database.add_files([dso])
        added = [s for s in database.series_of("CRLM-CT-1") if s.modality == "SEG"]
        assert [database.files_of(series.series_uid) for series in added] == [[dso]]
    assert dso.read_bytes() == before


def test_a_file_that_is_refused_is_said(folder: Path, tmp_path: Path):
    letter = tmp_path / "letter.dcm"
    letter.write_text("Dear colleague")
    with CtkDatabase.open(folder) as database:
        with pytest.raises(DatabaseError, match=r"does not take .*letter\.dcm"):
            database.add_files([letter])
        assert len(database.series_of("CRLM-CT-1")) == 1


def test_files_that_are_gone_are_still_told(folder: Path):
    (folder.parent / "ct" / "0002.dcm").unlink()
    with CtkDatabase.open(folder) as database:
        files = database.files_of(uid_of("CRLM-CT-1", "portal"))
        assert [file.exists() for file in files] == [True, False, True]


def test_one_patient_under_two_names_is_one(folder: Path, sql: sqlite3.Connection):
    sql.execute(
        "INSERT INTO Patients (PatientsName, PatientID, InsertTimestamp) VALUES (?, ?, '')",
        ("DOE, C", "CRLM-CT-1"),
    )
    sql.execute(
        "INSERT INTO Studies (StudyInstanceUID, PatientsUID, InsertTimestamp) VALUES ('1.2', 2, '')"
    )
    sql.execute(
        "INSERT INTO Series (SeriesInstanceUID, StudyInstanceUID, InsertTimestamp) "
        "VALUES ('1.2.3', '1.2', '')"
    )
    with CtkDatabase.open(folder) as database:
        (patient,) = database.patients()
        assert (patient.name, patient.row_uids) == ("Doe^CRLM-CT-1", (1, 2))
        assert {series.series_uid for series in database.series_of("CRLM-CT-1")} == {
            "1.2.3",
            uid_of("CRLM-CT-1", "portal"),
        }


def test_rows_as_slicer_leaves_them_are_understood(folder: Path, sql: sqlite3.Connection):
    """Slicer copies into its folder, writes dates both ways, lists series it has not fetched."""
    series_uid = uid_of("CRLM-CT-1", "portal")
    sql.execute("UPDATE Images SET Filename = 'dicom/ab/cd/' || substr(Filename, -8)")
    sql.execute("UPDATE Series SET SeriesDate = '20260107', SeriesTime = '101112.500'")
    sql.execute(
        "INSERT INTO Images VALUES ('1.2.9', NULL, 'DIMSE://far', ?, '', NULL)", (series_uid,)
    )
    sql.execute(
        "INSERT INTO Patients (PatientsName, PatientID, InsertTimestamp) "
        "VALUES ('Nobody', 'NO-STUDY', '')"
    )
    with CtkDatabase.open(folder) as database:
        (series,) = database.series_of("CRLM-CT-1")
        assert (series.file_count, series.date, series.time) == (3, "2026-01-07", "10:11:12")
        assert database.files_of(series_uid) == [
            folder / "dicom" / "ab" / "cd" / f"000{number}.dcm" for number in (1, 2, 3)
        ]
        assert [patient.patient_id for patient in database.patients()] == ["CRLM-CT-1"]


def test_a_folder_without_a_database_is_an_error(tmp_path: Path):
    with pytest.raises(DatabaseError, match=r"No DICOM database in .*expected a file ctkDICOM"):
        CtkDatabase.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_create_leaves_an_existing_database_alone(folder: Path):
    before = (folder / "ctkDICOM.sql").read_bytes()
    with pytest.raises(DatabaseError, match="exists already"):
        CtkDatabase.create(folder)
    assert (folder / "ctkDICOM.sql").read_bytes() == before


def test_open_or_create_does_either(folder: Path, tmp_path: Path):
    with CtkDatabase.open_or_create(folder) as database:
        assert database.writable
        assert len(database.patients()) == 1
    with CtkDatabase.open_or_create(tmp_path / "other") as database:
        assert database.writable
        assert database.patients() == []


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be made"):
        CtkDatabase.create(tmp_path / "file" / "database")


@pytest.mark.parametrize("contents", [b"not sqlite at all " * 100, b"SQLite format 3\0" * 200])
def test_what_is_not_sqlite_is_an_error(tmp_path: Path, contents: bytes):
    (tmp_path / "ctkDICOM.sql").write_bytes(contents)
    for writable in (False, True):
        with pytest.raises(DatabaseError, match="damaged or not an SQLite database"):
            CtkDatabase.open(tmp_path, writable)
    assert (tmp_path / "ctkDICOM.sql").read_bytes() == contents


@pytest.mark.parametrize("make", ["", "CREATE TABLE Images (Filename)"])
def test_sqlite_without_a_schema_version_is_an_error(tmp_path: Path, make: str):
    connection = sqlite3.connect(tmp_path / "ctkDICOM.sql")
    connection.execute(make or "VACUUM")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError, match="not a DICOM database"):
        CtkDatabase.open(tmp_path)


def test_damage_met_while_asking_is_an_error(folder: Path):
    file = folder / "ctkDICOM.sql"
    contents = bytearray(file.read_bytes())
    contents[8192:] = b"\xff" * (len(contents) - 8192)
    file.write_bytes(contents)
    with (
        pytest.raises(DatabaseError, match="damaged or not an SQLite database"),
        CtkDatabase.open(folder) as database,
    ):
        database.patients()
        database.series_of("CRLM-CT-1")


@pytest.mark.parametrize("version", ["0.9.0", "0.10.0", "1.0"])
@pytest.mark.parametrize("writable", [False, True])
def test_a_newer_schema_is_refused(
    folder: Path, sql: sqlite3.Connection, version: str, writable: bool
):
    sql.execute("UPDATE SchemaInfo SET Version = ?", (version,))
    with pytest.raises(DatabaseError, match=rf"schema {version}; expected 0\.8\.1: a newer CRLM"):
        CtkDatabase.open(folder, writable)


@pytest.mark.parametrize("version", ["0.7.0", "0.8.0"])
def test_an_older_schema_is_read_but_not_written(
    folder: Path, sql: sqlite3.Connection, version: str
):
    sql.execute("UPDATE SchemaInfo SET Version = ?", (version,))
    sql.execute("ALTER TABLE Patients DROP COLUMN Connections")
    if version == "0.7.0":
        sql.execute("ALTER TABLE Images DROP COLUMN URL")
    with CtkDatabase.open(folder) as database:
        (series,) = database.series_of("CRLM-CT-1")
        assert len(database.files_of(series.series_uid)) == 3
    with pytest.raises(DatabaseError, match=r"expected 0\.8\.1 to write to it: open it in Slicer"):
        CtkDatabase.open(folder, writable=True)


def test_a_much_older_schema_is_refused(folder: Path, sql: sqlite3.Connection):
    sql.execute("UPDATE SchemaInfo SET Version = '0.6.3'")
    with pytest.raises(DatabaseError, match=r"schema 0\.6\.3; expected 0\.8\.1: open it in Slicer"):
        CtkDatabase.open(folder)


def test_reading_goes_on_while_another_program_writes(
    folder: Path, sql: sqlite3.Connection, impatient: None
):
    sql.execute("BEGIN IMMEDIATE")
    sql.execute("DELETE FROM Images")
    with CtkDatabase.open(folder) as database:
        assert database.series_of("CRLM-CT-1")[0].file_count == 3
        sql.execute("COMMIT")
        assert database.series_of("CRLM-CT-1")[0].file_count == 0


def test_writing_while_another_program_writes_is_an_error(
    folder: Path, sql: sqlite3.Connection, impatient: None
):
    sql.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match=r"in use by another program, e\.g\. Slicer"):
        CtkDatabase.open(folder, writable=True)
    sql.execute("ROLLBACK")
    CtkDatabase.open(folder, writable=True).close()


def test_a_database_locked_for_reading_too_is_an_error(
    folder: Path, sql: sqlite3.Connection, impatient: None
):
    sql.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseError, match="in use by another program"):
        CtkDatabase.open(folder)


def test_permissions_are_respected():
    with public_folder() as parent:
        folder = parent / "database"
        CtkDatabase.create(folder).close()
        folder.chmod(0o555)
        for mode in (0o444, 0o666):  # in the second case only the folder refuses
            (folder / "ctkDICOM.sql").chmod(mode)
            with without_privileges():
                with CtkDatabase.open(folder) as database:
                    assert database.patients() == []
                with pytest.raises(DatabaseError, match="check the permissions"):
                    CtkDatabase.open(folder, writable=True)
                with pytest.raises(DatabaseError, match="cannot be made"):
                    CtkDatabase.create(folder / "new")
        (folder / "ctkDICOM.sql").chmod(0o000)
        with without_privileges(), pytest.raises(DatabaseError, match="check the permissions"):
            CtkDatabase.open(folder)
        folder.chmod(0o755)
        assert [file.name for file in folder.iterdir()] == ["ctkDICOM.sql"]


def test_creating_in_a_folder_that_refuses_is_an_error():
    with public_folder() as folder:
        folder.chmod(0o555)
        with without_privileges(), pytest.raises(DatabaseError, match="check the permissions"):
            CtkDatabase.create(folder)
        folder.chmod(0o755)
        assert list(folder.iterdir()) == []


def test_what_is_opened_for_reading_is_never_changed(folder: Path):
    file = folder / "ctkDICOM.sql"
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    with CtkDatabase.open(folder) as database:
        database.patients()
        with (
            pytest.raises(DatabaseError, match="check the permissions"),
            database.transaction() as connection,
        ):
            connection.execute("DELETE FROM Images")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert [entry.name for entry in folder.iterdir()] == ["ctkDICOM.sql"]


def test_a_transaction_that_fails_leaves_nothing(folder: Path):
    with CtkDatabase.open(folder, writable=True) as database:
        with pytest.raises(ZeroDivisionError), database.transaction() as connection:
            connection.execute("DELETE FROM Images")
            raise ZeroDivisionError
        assert database.series_of("CRLM-CT-1")[0].file_count == 3


HALF_WRITTEN = """
import os, sys
from CRLMExplorerLib.dicom.database import CtkDatabase
with CtkDatabase.open(sys.argv[1], writable=True).transaction() as connection:
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("UPDATE Images SET Filename = Filename || hex(zeroblob(4000))")
    connection.execute("DELETE FROM Series")
    os.kill(os.getpid(), 9)
"""


def test_a_change_that_a_kill_cut_short_is_undone_on_opening(folder: Path):
    """With so small a cache SQLite has written half the change when it is killed."""
    before = (folder / "ctkDICOM.sql").read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", HALF_WRITTEN, folder],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (folder / "ctkDICOM.sql-journal").exists()
    assert (folder / "ctkDICOM.sql").read_bytes() != before
    with CtkDatabase.open(folder) as database:
        (series,) = database.series_of("CRLM-CT-1")
        assert all(file.exists() for file in database.files_of(series.series_uid))
    assert (folder / "ctkDICOM.sql").read_bytes() == before


def test_threads_may_share_it(folder: Path):
    answers: list[int] = []
    with CtkDatabase.open(folder) as database:

        def ask() -> None:
            for _ in range(50):
                answers.append(len(database.series_of("CRLM-CT-1")))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [1] * 200
