"""What can be asked of a DICOM database: its patients, their series and the series' files.

This file knows no SQL and no Slicer, so that either side can answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class PatientEntry:
    """A patient as the database knows them.

    Attributes
    ----------
    patient_id
        DICOM PatientID.
    name
        DICOM PatientName, as it was met first.
    row_uids
        The database's own rows: one for each name that this PatientID was met under.
    """

    patient_id: str
    name: str
    row_uids: tuple[int, ...]


@dataclass(frozen=True)
class SeriesEntry:
    """A series as the database knows it.

    Attributes
    ----------
    series_uid, study_uid
        SeriesInstanceUID and StudyInstanceUID.
    modality
        DICOM Modality, e.g. ``CT`` or ``SEG``.
    description
        SeriesDescription, or empty.
    number
        SeriesNumber, or None.
    date, time
        Series date and time, ``YYYY-MM-DD`` and ``HH:MM:SS``, or empty.
    frame_of_reference_uid
        FrameOfReferenceUID, or empty.
    file_count
        How many files of it are on this machine's disk by the database's knowledge.
    """

    series_uid: str
    study_uid: str
    modality: str
    description: str
    number: int | None
    date: str
    time: str
    frame_of_reference_uid: str
    file_count: int


class DicomDatabase(Protocol):
    """What opening a patient asks of a DICOM database, and how a new DSO gets into it."""

    @property
    def directory(self) -> Path:
        """The folder of the database."""

    def patients(self) -> list[PatientEntry]:
        """All patients with at least one series, by PatientID; rows of one PatientID are one."""

    def series_of(self, patient_id: str) -> list[SeriesEntry]:
        """The series of a patient, oldest first; none for an unknown PatientID."""

    def files_of(self, series_uid: str) -> list[Path]:
        """Absolute paths of a series' files, whether or not they still exist."""

    def series_with_instance(self, sop_instance_uid: str) -> str | None:
        """The SeriesInstanceUID that an instance belongs to, or None if it is not known."""

    def patient_with_series(self, series_uid: str) -> str | None:
        """The PatientID that a series belongs to, or None if it is not known."""

    def add_files(self, files: Sequence[Path]) -> None:
        """Take files in where they lie; the database has them when this returns.

        Raises
        ------
        DatabaseError
            If it cannot be written to, or refuses one of the files.
        """
