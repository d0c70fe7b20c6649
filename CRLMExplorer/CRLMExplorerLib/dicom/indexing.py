"""How a file's header becomes rows of the DICOM database, the way CTK writes them.

This file knows the tables; it reads no file and decides nothing about which files to take.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.header import FileHeader
from CRLMExplorerLib.dicom.schema import PATIENT_COLUMNS, SERIES_COLUMNS, STUDY_COLUMNS
from CRLMExplorerLib.dicom.timestamps import iso_date


class Outcome(Enum):
    """What became of a file that was offered to the database."""

    INDEXED = "indexed"
    ALREADY_KNOWN = "already known"
    UPDATED = "updated"
    REFUSED = "refused"


class Indexing:
    """One transaction's worth of rows, and how many patients, studies and series it added."""

    def __init__(self, database: CtkDatabase, connection: sqlite3.Connection) -> None:
        self._database = database
        self._connection = connection
        self._now = datetime.now().isoformat(timespec="milliseconds")
        self._owners: dict[str, str | None] = {}
        self._patient_rows: dict[tuple[str, str], int] = {}
        self._touched_series: dict[str, FileHeader] = {}
        self.patients_added = 0
        self.studies_added = 0
        self.series_added = 0

    def add(self, header: FileHeader, file: Path) -> tuple[Outcome, str]:
        """Take a file, or refuse it with the reason for that."""
        name = self._database.stored_path(file)
        # A file that took the place of another one: what it was is no longer there.
        self._connection.execute(
            "DELETE FROM Images WHERE Filename = ? AND SOPInstanceUID <> ?",
            (name, header.sop_instance_uid),
        )
        known = self._connection.execute(
            "SELECT Filename, SeriesInstanceUID FROM Images WHERE SOPInstanceUID = ?",
            (header.sop_instance_uid,),
        ).fetchone()
        if known is not None:
            kept = self._database.absolute_path(known[0] or "")
            if known == (name, header.series_uid) or (kept != file and _same(kept, file)):
                self._connection.execute(
                    "UPDATE Images SET InsertTimestamp = ? WHERE SOPInstanceUID = ?",
                    (self._now, header.sop_instance_uid),
                )
                return Outcome.ALREADY_KNOWN, ""
            if kept != file and kept.is_file():
                return Outcome.REFUSED, f"duplicate of {kept}: the same SOPInstanceUID"
        owner = self._owner_of(header.study_uid)
        if owner not in (None, header.patient_id):
            # A study has one patient in these tables: taking it would give it to the wrong one.
            return (
                Outcome.REFUSED,
                f"says PatientID {header.patient_id}, but its study is {owner}'s in the database",
            )
        self._connection.execute(
            "DELETE FROM Images WHERE SOPInstanceUID = ?", (header.sop_instance_uid,)
        )
        self._insert(header, name)
        return (Outcome.INDEXED if known is None else Outcome.UPDATED), ""

    def finish(self) -> None:
        """Bring what Slicer's browser displays up to date with the rows.

        Slicer does so itself only at the end of an import of its own, and only from its tag
        cache: a patient without these fields would stay nameless there.
        """
        execute = self._connection.execute
        studies = {header.study_uid for header in self._touched_series.values()}
        patients: dict[int, str] = {}
        for series_uid, header in self._touched_series.items():
            size = f"{header.columns}x{header.rows}" if header.rows and header.columns else None
            execute(
                "UPDATE Series SET DisplayedSize = COALESCE(?2, DisplayedSize), DisplayedCount = "
                "(SELECT COUNT(*) FROM Images WHERE SeriesInstanceUID = ?1), "
                "DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP WHERE SeriesInstanceUID = ?1",
                (series_uid, size),
            )
        for study_uid in studies:
            execute(
                "UPDATE Studies SET DisplayedNumberOfSeries = "
                "(SELECT COUNT(*) FROM Series WHERE StudyInstanceUID = ?1), "
                "DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP WHERE StudyInstanceUID = ?1",
                (study_uid,),
            )
            patients.update(
                execute(
                    "SELECT UID, PatientsName FROM Studies JOIN Patients ON UID = PatientsUID "
                    "WHERE StudyInstanceUID = ?",
                    (study_uid,),
                )
            )
        for row_uid, name in patients.items():
            execute(
                "UPDATE Patients SET DisplayedPatientsName = ?2, DisplayedNumberOfStudies = "
                "(SELECT COUNT(*) FROM Studies WHERE PatientsUID = ?1), DisplayedLastStudyDate = "
                "(SELECT MAX(StudyDate) FROM Studies WHERE PatientsUID = ?1), "
                "DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP WHERE UID = ?1",
                (row_uid, readable_name(name)),
            )

    def _insert(self, header: FileHeader, name: str) -> None:
        if header.series_uid not in self._touched_series:
            self._touched_series[header.series_uid] = header
            self.studies_added += self._insert_row(
                "Studies",
                {
                    "StudyInstanceUID": header.study_uid,
                    "PatientsUID": self._patient_row(header),
                    **_column_values(header, STUDY_COLUMNS),
                },
            )
            self.series_added += self._insert_row(
                "Series",
                {
                    "SeriesInstanceUID": header.series_uid,
                    "StudyInstanceUID": header.study_uid,
                    **_column_values(header, SERIES_COLUMNS),
                },
            )
        self._connection.execute(
            "INSERT INTO Images VALUES (?, ?, '', ?, ?, CURRENT_TIMESTAMP)",
            (header.sop_instance_uid, name, header.series_uid, self._now),
        )

    def _owner_of(self, study_uid: str) -> str | None:
        """The PatientID of a study that the database has."""
        if study_uid not in self._owners:
            found = self._connection.execute(
                "SELECT PatientID FROM Studies JOIN Patients ON UID = PatientsUID "
                "WHERE StudyInstanceUID = ?",
                (study_uid,),
            ).fetchone()
            if found is None:
                return None
            self._owners[study_uid] = found[0]
        return self._owners[study_uid]

    def _patient_row(self, header: FileHeader) -> int:
        identity = (header.patient_id, header.patient_name)
        if identity not in self._patient_rows:
            found = self._connection.execute(
                "SELECT UID FROM Patients WHERE PatientID = ? AND PatientsName = ?", identity
            ).fetchone()
            if found is None:
                self.patients_added += self._insert_row(
                    "Patients",
                    {
                        "PatientID": header.patient_id,
                        "PatientsName": header.patient_name,
                        **_column_values(header, PATIENT_COLUMNS),
                    },
                )
                found = self._connection.execute("SELECT last_insert_rowid()").fetchone()
            self._patient_rows[identity] = found[0]
        return self._patient_rows[identity]

    def _insert_row(self, table: str, values: Mapping[str, str | int | None]) -> int:
        values = {**values, "InsertTimestamp": self._now}
        return self._connection.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) "
            f"VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        ).rowcount


def is_up_to_date(database: CtkDatabase, file: Path) -> bool:
    """Whether the database has this file as it lies on disk now, so that it need not be read."""
    inserted = database.insertion_time_of(file)
    if inserted is None:
        return False
    try:
        return datetime.fromtimestamp(file.stat().st_mtime) < inserted
    except OSError:
        return False


def readable_name(person_name: str) -> str:
    """A DICOM PN as Slicer displays it: ``Last, First Middle, Suffix (Prefix)``."""
    parts = [part.strip() for part in person_name.partition("=")[0].split("^")]
    last, first, middle, prefix, suffix = (parts + [""] * 5)[:5]
    given = " ".join(part for part in (first, middle) if part)
    name = ", ".join(part for part in (last, given, suffix) if part)
    return f"{name} ({prefix})" if prefix else name


def _column_values(header: FileHeader, columns: Mapping[str, str]) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for column, keyword in columns.items():
        value = header.values.get(keyword)
        if column.endswith("Date"):
            value = iso_date(value) or None
        values[column] = value
    return values


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
