"""A stand-in for ctkDICOMDatabase, reading the same SQLite file with the same questions."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from PySide6.QtCore import Property, QObject, Signal

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.dicom.schema import DATABASE_FILE, SCHEMA_VERSION
from CRLMExplorerLib.errors import CRLMExplorerError

_STUDIES = "SELECT StudyInstanceUID FROM Studies WHERE PatientsUID = ?"
_SERIES = f"SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID IN ({_STUDIES})"
_REMOVING_A_PATIENT = (
    f"DELETE FROM Images WHERE SeriesInstanceUID IN ({_SERIES})",
    f"DELETE FROM Series WHERE StudyInstanceUID IN ({_STUDIES})",
    "DELETE FROM Studies WHERE PatientsUID = ?",
    "DELETE FROM Patients WHERE UID = ?",
)


class ctkDICOMDatabase(QObject):
    """`slicer.dicomDatabase`: what is not there reads as empty text, rows are named by text."""

    databaseChanged = Signal()
    opened = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._file = ""
        self._connection: sqlite3.Connection | None = None

    isOpen = Property(bool, lambda self: self._connection is not None)
    databaseFilename = Property(str, lambda self: self._file)
    databaseDirectory = Property(
        str, lambda self: str(Path(self._file).parent) if self._file else ""
    )

    def schemaVersion(self) -> str:
        return SCHEMA_VERSION

    def openDatabase(self, file: str) -> bool:
        if not Path(file).exists():
            CtkDatabase.create(Path(file).parent).close()
        self._connection = sqlite3.connect(file)
        self._file = file
        self.opened.emit()
        self.databaseChanged.emit()
        return True

    def closeDatabase(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
        self._file = ""
        self.closed.emit()

    def patients(self) -> tuple[str, ...]:
        return self._texts("SELECT UID FROM Patients")

    def studiesForPatient(self, patient_uid: str) -> tuple[str, ...]:
        return self._texts(
            "SELECT StudyInstanceUID FROM Studies WHERE PatientsUID = ?", patient_uid
        )

    def seriesForStudy(self, study_uid: str) -> tuple[str, ...]:
        return self._texts(
            "SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID=?", study_uid
        )

    def instancesForSeries(self, series_uid: str) -> tuple[str, ...]:
        return self._texts(
            "SELECT SOPInstanceUID FROM Images WHERE SeriesInstanceUID=?", series_uid
        )

    def filesForSeries(self, series_uid: str) -> tuple[str, ...]:
        names = self._texts("SELECT Filename FROM Images WHERE SeriesInstanceUID=?", series_uid)
        return tuple(self._absolute(name) for name in names)

    def fileForInstance(self, sop_uid: str) -> str:
        name = self._text("SELECT Filename FROM Images WHERE SOPInstanceUID=?", sop_uid)
        return self._absolute(name)

    def seriesForFile(self, file: str) -> str:
        return self._text(
            "SELECT SeriesInstanceUID FROM Images WHERE Filename=?", self._stored(file)
        )

    def instanceForFile(self, file: str) -> str:
        return self._text("SELECT SOPInstanceUID FROM Images WHERE Filename=?", self._stored(file))

    def studyForSeries(self, series_uid: str) -> str:
        return self._text(
            "SELECT StudyInstanceUID FROM Series WHERE SeriesInstanceUID=?", series_uid
        )

    def patientForStudy(self, study_uid: str) -> str:
        return self._text("SELECT PatientsUID FROM Studies WHERE StudyInstanceUID=?", study_uid)

    def nameForPatient(self, patient_uid: str) -> str:
        return self.fieldForPatient("PatientsName", patient_uid)

    def descriptionForSeries(self, series_uid: str) -> str:
        return self.fieldForSeries("SeriesDescription", series_uid)

    def fieldForPatient(self, field: str, patient_uid: str) -> str:
        return self._text(f"SELECT {field} FROM Patients WHERE UID= ?", patient_uid)

    def fieldForStudy(self, field: str, study_uid: str) -> str:
        return self._text(f"SELECT {field} FROM Studies WHERE StudyInstanceUID= ?", study_uid)

    def fieldForSeries(self, field: str, series_uid: str) -> str:
        return self._text(f"SELECT {field} FROM Series WHERE SeriesInstanceUID= ?", series_uid)

    def insert(self, file: str, storeFile: bool = True, generateThumbnail: bool = True) -> None:
        """Index a file where it lies; `storeFile` must be False, for it is not copied here."""
        if storeFile:
            raise NotImplementedError("the stand-in copies no files: insert(file, False)")
        with CtkDatabase.open(Path(self._file), writable=True) as database:
            import_files([Path(file)], database)
        self.databaseChanged.emit()

    def removePatient(self, patient_uid: str) -> bool:
        """Forget a patient; the files stay where they are."""
        assert self._connection is not None
        with self._connection:
            for sql in _REMOVING_A_PATIENT:
                self._connection.execute(sql, (patient_uid,))
        self.databaseChanged.emit()
        return True

    def updateDisplayedFields(self) -> None:
        """Only tells of the change: the stand-in's indexer has filled the fields already."""
        self.databaseChanged.emit()

    def _texts(self, sql: str, *values: str) -> tuple[str, ...]:
        if self._connection is None:
            return ()
        try:
            rows = self._connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError:
            # CTK logs a failed question and answers with nothing.
            return ()
        return tuple("" if row[0] is None else str(row[0]) for row in rows)

    def _text(self, sql: str, *values: str) -> str:
        return next(iter(self._texts(sql, *values)), "")

    def _absolute(self, name: str) -> str:
        return str(Path(self._file).parent / name) if name else ""

    def _stored(self, file: str) -> str:
        folder = Path(self._file).parent
        return (
            Path(file).relative_to(folder).as_posix() if Path(file).is_relative_to(folder) else file
        )


class ctkDICOMIndexer(QObject):
    """Takes files into a database where they lie; done when it returns.

    As in CTK, the database's own signals are not sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self._database: ctkDICOMDatabase | None = None

    def setDatabase(self, database: ctkDICOMDatabase) -> None:
        self._database = database

    def database(self) -> ctkDICOMDatabase | None:
        return self._database

    def addListOfFiles(
        self, database: ctkDICOMDatabase, files: list[str], copyFile: bool = False
    ) -> None:
        """Index files; `copyFile` must be False, for they are not copied here."""
        if copyFile:
            raise NotImplementedError("the stand-in copies no files")
        self._database = database
        try:
            with CtkDatabase.open(Path(database.databaseFilename), writable=True) as writable:
                import_files([Path(file) for file in files], writable)
        except CRLMExplorerError as error:
            # CTK logs what it cannot do and goes on.
            logging.warning("%s", error)

    def waitForImportFinished(self, msecTimeout: int = -1) -> None:
        """Does nothing: there is nothing to wait for."""


def opened(folder: Path) -> ctkDICOMDatabase:
    """The database of a folder, open as Slicer has it."""
    database = ctkDICOMDatabase()
    database.openDatabase(str(folder / DATABASE_FILE))
    return database
