"""CTK's DICOM database on disk, the one that Slicer's DICOM browser keeps.

This file opens, makes and asks it; it reads no DICOM file and does not know what a CT or a DSO is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from CRLMExplorerLib.dicom.catalog import PatientEntry, SeriesEntry
from CRLMExplorerLib.dicom.schema import (
    DATABASE_FILE,
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    creation_script,
)
from CRLMExplorerLib.dicom.timestamps import iso_date, iso_time
from CRLMExplorerLib.errors import CRLMExplorerError

_BUSY_TIMEOUT_S = 2.0


class DatabaseError(CRLMExplorerError):
    """The DICOM database cannot be found, opened, read or written."""


class CtkDatabase:
    """A ``ctkDICOM.sql`` and the folder it lies in.

    Made by `open`, `create` or `open_or_create`; a context manager that closes it. Threads may
    share one: each question or transaction runs alone.
    """

    def __init__(self, file: Path, connection: sqlite3.Connection, writable: bool) -> None:
        self._file = file
        self._connection = connection
        self._writable = writable
        self._alone = threading.RLock()

    @classmethod
    def open(cls, path: Path | str, writable: bool = False) -> CtkDatabase:
        """Open an existing database, for reading unless asked to write.

        Parameters
        ----------
        path
            The database folder, or the ``ctkDICOM.sql`` in it.
        writable
            Whether it will be written to; reading goes on beside another program that has it open.

        Raises
        ------
        DatabaseError
            There is none, it is not one or is damaged, its schema is not one we know, another
            program is writing to it, or it cannot be written to although that was asked.
        """
        file = _database_file(path)
        if not file.is_file():
            raise DatabaseError(
                f"No DICOM database in {file.parent}: expected a file {DATABASE_FILE} there."
            )
        with _errors_explained(file):
            connection = _connect(file, "rw" if writable else "ro")
            try:
                try:
                    version = _schema_version(connection)
                except sqlite3.OperationalError as error:
                    if writable or "readonly" not in str(error):
                        raise
                    _roll_back_what_a_kill_left(file)
                    version = _schema_version(connection)
                _require_version(file, version, writable)
                if writable:
                    _require_writable(connection)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection, writable)

    @classmethod
    def create(cls, directory: Path | str) -> CtkDatabase:
        """Make an empty database in a folder, and the folder if it is not there.

        Raises
        ------
        DatabaseError
            There is a database already, or the folder cannot be written to.
        """
        file = _database_file(directory)
        if file.exists():
            raise DatabaseError(f"{file} exists already: open it, or choose another folder.")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"The folder {file.parent} cannot be made: {error.strerror}."
            ) from error
        with _errors_explained(file):
            connection = _connect(file, "rwc")
            try:
                connection.executescript(creation_script())
            finally:
                connection.close()
        return cls.open(file, writable=True)

    @classmethod
    def open_or_create(cls, directory: Path | str) -> CtkDatabase:
        """Open a folder's database for writing, or make it where there is none."""
        if _database_file(directory).exists():
            return cls.open(directory, writable=True)
        return cls.create(directory)

    def close(self) -> None:
        """Let go of the file."""
        with self._alone:
            self._connection.close()

    def __enter__(self) -> CtkDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def directory(self) -> Path:
        """The folder of the database, absolute."""
        return self._file.parent

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._writable

    def patients(self) -> list[PatientEntry]:
        """All patients with at least one series, by PatientID; rows of one PatientID are one."""
        names: dict[str, str] = {}
        rows: dict[str, list[int]] = {}
        for uid, patient_id, name in self._ask(
            "SELECT UID, PatientID, PatientsName FROM Patients WHERE EXISTS ("
            "SELECT 1 FROM Studies JOIN Series USING (StudyInstanceUID) WHERE PatientsUID = UID) "
            "ORDER BY PatientID, UID"
        ):
            names.setdefault(patient_id or "", name or "")
            rows.setdefault(patient_id or "", []).append(uid)
        return [PatientEntry(key, name, tuple(rows[key])) for key, name in names.items()]

    def series_of(self, patient_id: str) -> list[SeriesEntry]:
        """The series of a patient, oldest first; none for an unknown PatientID."""
        series = [
            SeriesEntry(
                series_uid=series_uid,
                study_uid=study_uid,
                modality=modality or "",
                description=description or "",
                number=number if isinstance(number, int) else None,
                date=iso_date(date),
                time=iso_time(time),
                frame_of_reference_uid=frame_of_reference_uid or "",
                file_count=file_count,
            )
            for (
                series_uid,
                study_uid,
                modality,
                description,
                number,
                date,
                time,
                frame_of_reference_uid,
                file_count,
            ) in self._ask(
                "SELECT SeriesInstanceUID, StudyInstanceUID, Modality, SeriesDescription, "
                "SeriesNumber, SeriesDate, SeriesTime, FrameOfReferenceUID, ("
                "SELECT COUNT(NULLIF(Filename, '')) FROM Images "
                "WHERE Images.SeriesInstanceUID = Series.SeriesInstanceUID) "
                "FROM Patients JOIN Studies ON PatientsUID = UID "
                "JOIN Series USING (StudyInstanceUID) WHERE PatientID = ?",
                patient_id,
            )
        ]
        return sorted(series, key=lambda s: (s.date, s.time, s.number or 0, s.series_uid))

    def files_of(self, series_uid: str) -> list[Path]:
        """Absolute paths of a series' files, whether or not they still exist."""
        return [
            self.absolute_path(filename)
            for (filename,) in self._ask(
                "SELECT Filename FROM Images "
                "WHERE SeriesInstanceUID = ? AND Filename <> '' ORDER BY Filename",
                series_uid,
            )
        ]

    def series_with_instance(self, sop_instance_uid: str) -> str | None:
        """The SeriesInstanceUID that an instance belongs to, or None if it is not known."""
        return self._ask_one(
            "SELECT SeriesInstanceUID FROM Images WHERE SOPInstanceUID = ?", sop_instance_uid
        )

    def patient_with_series(self, series_uid: str) -> str | None:
        """The PatientID that a series belongs to, or None if it is not known."""
        return self._ask_one(
            "SELECT PatientID FROM Series JOIN Studies USING (StudyInstanceUID) "
            "JOIN Patients ON UID = PatientsUID WHERE SeriesInstanceUID = ?",
            series_uid,
        )

    def add_files(self, files: Sequence[Path]) -> None:
        """Take files in where they lie, in one transaction of a connection of its own.

        Raises
        ------
        DatabaseError
            If another program is writing to the database, it cannot be written to, or it refuses
            one of the files.
        """
        # The importer works on this class.
        from CRLMExplorerLib.dicom.importer import import_files

        with CtkDatabase.open(self._file, writable=True) as database:
            report = import_files(files, database)
        if report.skipped:
            reasons = "; ".join(f"{file}: {reason}" for file, reason in report.skipped.items())
            raise DatabaseError(f"The database in {self.directory} does not take {reasons}.")

    def insertion_time_of(self, file: Path) -> datetime | None:
        """When a file was indexed, local time, or None if it is not in the database."""
        stamp = self._ask_one(
            "SELECT InsertTimestamp FROM Images WHERE Filename = ?", self.stored_path(file)
        )
        try:
            return datetime.fromisoformat(stamp) if stamp else None
        except ValueError:
            return None

    def absolute_path(self, filename: str) -> Path:
        """Where a file is that the database calls by this name."""
        return self.directory / filename

    def stored_path(self, file: Path) -> str:
        """What the database calls a file: relative inside its folder, absolute elsewhere."""
        if file.is_relative_to(self.directory):
            return file.relative_to(self.directory).as_posix()
        return file.as_posix()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is kept, or on an exception none of it.

        Raises
        ------
        DatabaseError
            Another program is writing, or the database cannot be written to.
        """
        with self._alone, _errors_explained(self._file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._alone, _errors_explained(self._file):
            return self._connection.execute(sql, values).fetchall()

    def _ask_one(self, sql: str, *values: object) -> Any:
        rows = self._ask(sql, *values)
        return rows[0][0] if rows else None


def _database_file(path: Path | str) -> Path:
    file = Path(path).absolute()
    return file if file.suffix == ".sql" and not file.is_dir() else file / DATABASE_FILE


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _schema_version(connection: sqlite3.Connection) -> str | None:
    if not connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'SchemaInfo'"
    ).fetchone():
        return None
    row = connection.execute("SELECT Version FROM SchemaInfo").fetchone()
    return str(row[0]) if row else None


def _roll_back_what_a_kill_left(file: Path) -> None:
    """Let SQLite undo a half-written transaction, which a read-only connection may not do."""
    connection = _connect(file, "rw")
    try:
        _schema_version(connection)
    except sqlite3.OperationalError as error:
        raise DatabaseError(
            f"{file} was left in the middle of a change by a program that was killed: it must be "
            "opened once by somebody who may write to it and its folder."
        ) from error
    finally:
        connection.close()


def _require_version(file: Path, version: str | None, writable: bool) -> None:
    if version is None:
        raise DatabaseError(f"{file} is not a DICOM database: it has no schema version.")
    if version == SCHEMA_VERSION or (version in READABLE_VERSIONS and not writable):
        return
    advice = (
        "open it in Slicer 5.8 or newer, which offers to update it"
        if _numbers(version) < _numbers(SCHEMA_VERSION)
        else "a newer CRLM Explorer is needed, or a folder of its own"
    )
    raise DatabaseError(
        f"{file} has DICOM database schema {version}; expected {SCHEMA_VERSION}"
        f"{' to write to it' if version in READABLE_VERSIONS else ''}: {advice}."
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _require_writable(connection: sqlite3.Connection) -> None:
    """Write and undo: permissions of file and folder, locks and full disks show only then."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("ROLLBACK")


@contextmanager
def _errors_explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseError(_explanation(file, str(error))) from error


def _explanation(file: Path, message: str) -> str:
    if "locked" in message:
        return (
            f"{file} is in use by another program, e.g. Slicer: close the database there, or try "
            "again when it has finished."
        )
    if "readonly" in message or "unable to open" in message:
        return (
            f"{file} cannot be opened the way it was asked for ({message}): check the permissions "
            "of the file and of its folder, which must both be writable to change it."
        )
    if "not a database" in message or "malformed" in message:
        return f"{file} is damaged or not an SQLite database ({message}): restore it from a copy."
    return f"{file} could not be used as a DICOM database: {message}."
