"""Slicer's DICOM database for jobs that run on other threads than Slicer's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from CRLMExplorerLib.dicom.catalog import DicomDatabase, PatientEntry, SeriesEntry
from CRLMExplorerQt.runner import DesktopRunner


class AskedDatabase:
    """A `DicomDatabase` whose questions are put to another one on Slicer's thread.

    Parameters
    ----------
    database
        It may be asked on Slicer's thread only.
    runner
        Carries the questions there.
    """

    def __init__(self, database: DicomDatabase, runner: DesktopRunner) -> None:
        self._database = database
        self._ask = runner.ask
        self._directory = database.directory

    @property
    def directory(self) -> Path:
        """The folder of the database, absolute; also after the database was closed."""
        return self._directory

    def patients(self) -> list[PatientEntry]:
        """See `DicomDatabase`; so for the others."""
        return self._ask(self._database.patients)

    def series_of(self, patient_id: str) -> list[SeriesEntry]:
        return self._ask(lambda: self._database.series_of(patient_id))

    def files_of(self, series_uid: str) -> list[Path]:
        return self._ask(lambda: self._database.files_of(series_uid))

    def series_with_instance(self, sop_instance_uid: str) -> str | None:
        return self._ask(lambda: self._database.series_with_instance(sop_instance_uid))

    def patient_with_series(self, series_uid: str) -> str | None:
        return self._ask(lambda: self._database.patient_with_series(series_uid))

    def add_files(self, files: Sequence[Path]) -> None:
        self._ask(lambda: self._database.add_files(files))
