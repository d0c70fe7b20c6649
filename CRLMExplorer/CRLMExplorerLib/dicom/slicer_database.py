"""Slicer's open DICOM database, asked through the application instead of behind its back.

This file knows ctkDICOMDatabase's questions, which answer with text and with nothing for what they
do not know. They may be asked on the application's own thread only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from CRLMExplorerLib.dicom.catalog import PatientEntry, SeriesEntry
from CRLMExplorerLib.dicom.database import DatabaseError
from CRLMExplorerLib.dicom.timestamps import iso_date, iso_time


class SlicerDatabase:
    """The `DicomDatabase` that Slicer has open.

    Parameters
    ----------
    database
        The application's ctkDICOMDatabase, ``slicer.dicomDatabase``.
    indexer
        A ctkDICOMIndexer, which takes files in as Slicer's own import does.
    """

    def __init__(self, database: Any, indexer: Any) -> None:
        self._database = database
        self._indexer = indexer

    @property
    def directory(self) -> Path:
        """The folder of the database, absolute."""
        return Path(self._database.databaseDirectory)

    def patients(self) -> list[PatientEntry]:
        """All patients with at least one series, by PatientID; rows of one PatientID are one."""
        rows: dict[str, list[str]] = {}
        for row in sorted(self._database.patients(), key=int):
            if self._series_uids_of_row(row):
                rows.setdefault(self._database.fieldForPatient("PatientID", row), []).append(row)
        return [
            PatientEntry(
                patient_id,
                self._database.fieldForPatient("PatientsName", of_one[0]),
                tuple(int(row) for row in of_one),
            )
            for patient_id, of_one in sorted(rows.items())
        ]

    def series_of(self, patient_id: str) -> list[SeriesEntry]:
        """The series of a patient, oldest first; none for an unknown PatientID."""
        series = [
            self._series(study_uid, series_uid)
            for row in self._database.patients()
            if self._database.fieldForPatient("PatientID", row) == patient_id
            for study_uid in self._database.studiesForPatient(row)
            for series_uid in self._database.seriesForStudy(study_uid)
        ]
        return sorted(series, key=lambda s: (s.date, s.time, s.number or 0, s.series_uid))

    def files_of(self, series_uid: str) -> list[Path]:
        """Absolute paths of a series' files, whether or not they still exist."""
        return sorted(Path(file) for file in self._files(series_uid))

    def series_with_instance(self, sop_instance_uid: str) -> str | None:
        """The SeriesInstanceUID that an instance belongs to, or None if it is not known."""
        file = self._database.fileForInstance(sop_instance_uid)
        return (self._database.seriesForFile(file) or None) if file else None

    def patient_with_series(self, series_uid: str) -> str | None:
        """The PatientID that a series belongs to, or None if it is not known."""
        row = self._database.patientForStudy(self._database.studyForSeries(series_uid))
        return self._database.fieldForPatient("PatientID", row) if row else None

    def add_files(self, files: Sequence[Path]) -> None:
        """Take files in where they lie, as an import of Slicer's that does not copy.

        The database's own ``insert`` would call a file in its folder by a name that it does not
        look it up by.

        Raises
        ------
        DatabaseError
            If no database is open any more, or it has not got one of the files.
        """
        if not self._database.isOpen:
            raise DatabaseError("Slicer's DICOM database was closed: it takes no files.")
        self._indexer.addListOfFiles(self._database, [str(file) for file in files], False)
        self._indexer.waitForImportFinished()
        missing = [str(file) for file in files if not self._database.seriesForFile(str(file))]
        # Whoever watches the database learns of the new files by this.
        self._database.updateDisplayedFields()
        if missing:
            raise DatabaseError(
                f"Slicer's DICOM database in {self.directory} does not take {', '.join(missing)}: "
                "Slicer's log says why."
            )

    def _series_uids_of_row(self, row: str) -> list[str]:
        return [
            series_uid
            for study_uid in self._database.studiesForPatient(row)
            for series_uid in self._database.seriesForStudy(study_uid)
        ]

    def _series(self, study_uid: str, series_uid: str) -> SeriesEntry:
        def field(name: str) -> str:
            return str(self._database.fieldForSeries(name, series_uid))

        number = field("SeriesNumber")
        return SeriesEntry(
            series_uid=series_uid,
            study_uid=study_uid,
            modality=field("Modality"),
            description=field("SeriesDescription"),
            number=int(number) if number.lstrip("-").isdecimal() else None,
            date=iso_date(field("SeriesDate")),
            time=iso_time(field("SeriesTime")),
            frame_of_reference_uid=field("FrameOfReferenceUID"),
            file_count=len(self._files(series_uid)),
        )

    def _files(self, series_uid: str) -> list[str]:
        return [file for file in self._database.filesForSeries(series_uid) if file]
