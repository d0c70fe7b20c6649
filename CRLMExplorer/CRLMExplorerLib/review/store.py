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
_BUSY_TIMEOUT_S = 2.0
_CREATION = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS review (
    patient_id TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS figures (
    patient_id TEXT PRIMARY KEY, figures TEXT NOT NULL);
PRAGMA user_version = {_FORMAT};
COMMIT;
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


Figures = Mapping[str, float | int | str | None]
"""What the worklist shows of a patient's volumetry, by name with unit, and what it rests on."""


class ReviewStore:
    """The review file of a database folder; it is made when something is first said.

    Threads and programs may use it at once: each question and each word opens the file anew.

    Parameters
    ----------
    directory
        The database's folder.
    """

    def __init__(self, directory: Path) -> None:
        self.file = directory / STORE_FILE

    def reviews(self) -> dict[str, Review]:
        """What was said, by PatientID.

        Raises
        ------
        ReviewStoreError
            If the file cannot be read or was written by a newer version.
        """
        with self._explained("read"):
            return {
                patient: Review(ReviewState(state), note)
                for patient, state, note in self._ask("SELECT patient_id, state, note FROM review")
            }

    def save_review(self, patient_id: str, review: Review) -> None:
        """Remember a reader's word; on disk when this returns.

        Raises
        ------
        ReviewStoreError
            If the file cannot be written or was written by a newer version.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with self._explained("written"):
            self._tell(
                "INSERT OR REPLACE INTO review VALUES (?, ?, ?, ?)",
                patient_id,
                review.state.value,
                review.note,
                now,
            )

    def figures(self) -> dict[str, Figures]:
        """What was measured, by PatientID.

        Raises
        ------
        ReviewStoreError
            If the file cannot be read or was written by a newer version.
        """
        with self._explained("read"):
            return {
                patient: json.loads(figures)
                for patient, figures in self._ask("SELECT patient_id, figures FROM figures")
            }

    def save_figures(self, patient_id: str, figures: Figures) -> None:
        """Remember what was measured on a patient's chosen DSO.

        Raises
        ------
        ReviewStoreError
            If the file cannot be written or was written by a newer version.
        """
        with self._explained("written"):
            self._tell(
                "INSERT OR REPLACE INTO figures VALUES (?, ?)",
                patient_id,
                json.dumps(dict(figures)),
            )

    def _ask(self, question: str) -> list[tuple]:
        if not self.file.exists():
            return []
        # Not "ro": only who may write can take back what a kill left half-written.
        with self._opened("rw") as (connection, is_new):
            return [] if is_new else connection.execute(question).fetchall()

    def _tell(self, statement: str, *values: str) -> None:
        with self._opened("rwc") as (connection, is_new):
            # EXTRA also survives a power cut right after the commit.
            connection.execute("PRAGMA synchronous = EXTRA")
            if is_new:
                connection.executescript(_CREATION)
            with connection:
                connection.execute(statement, values)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[tuple[sqlite3.Connection, bool]]:
        address = f"{self.file.absolute().as_uri()}?mode={mode}"
        connecting = sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S)
        with closing(connecting) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found > _FORMAT:
                raise ReviewStoreError(
                    f"{self.file} was written by a newer version: format {found}, expected "
                    f"{_FORMAT} or older."
                )
            yield connection, found == 0

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise ReviewStoreError(f"{self.file} cannot be {done}: {error}.") from error
