"""What the readers of a database have said, and what was measured, in a small file beside it.

SQLite with full synchronisation: what was said survives a crash. It never touches the DICOM
database itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from CRLMExplorerLib.errors import CRLMExplorerError

STORE_FILE = "crlm-explorer-review.sqlite"
_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS review (
    patient_id TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS figures (
    patient_id TEXT PRIMARY KEY, figures TEXT NOT NULL);
"""


class ReviewStoreError(CRLMExplorerError):
    """The review file cannot be read or written."""


class ReviewState(str, Enum):
    """How far the review of a patient has come."""

    NOT_SEEN = "not seen"
    SEEN = "seen"
    ACCEPTED = "accepted"
    NEEDS_WORK = "needs work"


@dataclass(frozen=True)
class Review:
    """A reader's word on a patient."""

    state: ReviewState = ReviewState.NOT_SEEN
    note: str = ""


Figures = Mapping[str, float | int | None]
"""What the worklist shows of a patient's volumetry, by name with unit."""


class ReviewStore:
    """The review file of a database folder; it is made when something is first said.

    Parameters
    ----------
    directory
        The database's folder.
    """

    def __init__(self, directory: Path) -> None:
        self.file = directory / STORE_FILE

    def reviews(self) -> dict[str, Review]:
        """What was said, by PatientID."""
        rows = self._read("SELECT patient_id, state, note FROM review")
        return {patient: Review(ReviewState(state), note) for patient, state, note in rows}

    def save_review(self, patient_id: str, review: Review) -> None:
        """Remember a reader's word; on disk when this returns.

        Raises
        ------
        ReviewStoreError
            If the file cannot be written.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._write(
            "INSERT OR REPLACE INTO review VALUES (?, ?, ?, ?)",
            (patient_id, review.state.value, review.note, now),
        )

    def figures(self) -> dict[str, Figures]:
        """What was measured, by PatientID."""
        rows = self._read("SELECT patient_id, figures FROM figures")
        return {patient: json.loads(figures) for patient, figures in rows}

    def save_figures(self, patient_id: str, figures: Figures) -> None:
        """Remember what was measured on a patient's chosen DSO.

        Raises
        ------
        ReviewStoreError
            If the file cannot be written.
        """
        self._write(
            "INSERT OR REPLACE INTO figures VALUES (?, ?)",
            (patient_id, json.dumps(dict(figures))),
        )

    def _read(self, question: str) -> list[tuple]:
        if not self.file.exists():
            return []
        with self._explained("read"), self._opened("ro") as connection:
            return connection.execute(question).fetchall()

    def _write(self, statement: str, values: tuple) -> None:
        with self._explained("written"), self._opened("rwc") as connection:
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                connection.executescript(f"{_TABLES} PRAGMA user_version = {_FORMAT};")
                connection.execute(statement, values)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"{self.file.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(address, uri=True, timeout=2.0)) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found > _FORMAT:
                raise ReviewStoreError(
                    f"{self.file} was written by a newer version: format {found}, expected "
                    f"{_FORMAT} or older."
                )
            yield connection

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise ReviewStoreError(f"{self.file} cannot be {done}: {error}.") from error
