"""Edits that are not saved yet, on disk beside the database, so that a crash loses but the last.

It keeps one plan a patient as text; it does not know what a plan says.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.files import written_whole

JOURNAL_FOLDER = "crlm-explorer-unsaved"
_FORMAT = 1
_DAMAGED = ".damaged"


class JournalError(CRLMExplorerError):
    """Unsaved edits cannot be kept or read."""


@dataclass(frozen=True)
class PendingEdit:
    """What was not saved.

    Attributes
    ----------
    plan_json
        The plan as it was last recorded.
    when
        When that was, in UTC.
    """

    plan_json: str
    when: datetime


class Journal:
    """The unsaved edits of a database's patients, one a patient: the last one recorded counts.

    What was recorded is on disk; each record takes the place of the one before in one step, so
    that a kill at any moment leaves one of the two.

    Parameters
    ----------
    directory
        The database's folder.
    """

    def __init__(self, directory: Path) -> None:
        self._folder = directory / JOURNAL_FOLDER

    def record(self, patient_id: str, plan_json: str) -> None:
        """Keep a plan; on disk when this returns. Meant to be called at most once a second.

        Raises
        ------
        JournalError
            If it cannot be written; what was recorded before is kept.
        """
        entry = {
            "format": _FORMAT,
            "patient_id": patient_id,
            "when": datetime.now(timezone.utc).isoformat(),
            "plan": plan_json,
        }
        file = self._file(patient_id)
        try:
            self._folder.mkdir(exist_ok=True)
            with written_whole(file) as temporary:
                temporary.write_text(json.dumps(entry), encoding="utf-8")
        except OSError as error:
            raise JournalError(
                f"The edit cannot be kept in {file}: {error.strerror or error}. It is not lost as "
                "long as the program runs; save it, or make room."
            ) from error

    def pending(self, patient_id: str) -> PendingEdit | None:
        """The edit that was not saved; None where there is none or its file is damaged.

        A damaged file is kept aside, under its name with ``.damaged`` behind it.

        Raises
        ------
        JournalError
            If the file cannot be read, or was written by a newer version.
        """
        file = self._file(patient_id)
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            text = ""
        except OSError as error:
            raise JournalError(f"{file} cannot be read: {error.strerror or error}.") from error
        try:
            entry = json.loads(text)
            found = int(entry["format"])
            if found <= _FORMAT:
                return PendingEdit(str(entry["plan"]), datetime.fromisoformat(entry["when"]))
        except (ValueError, TypeError, KeyError):
            self._put_aside(file)
            return None
        raise JournalError(
            f"{file} was written by a newer version: format {found}, expected {_FORMAT}."
        )

    def discard(self, patient_id: str) -> None:
        """Forget the edit, as it was saved or is not wanted, and what kills left unfinished of it.

        Raises
        ------
        JournalError
            If its file cannot be removed.
        """
        file = self._file(patient_id)
        try:
            for forgotten in (file, *self._folder.glob(f".*-{file.name}")):
                forgotten.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(f"{file} cannot be removed: {error.strerror or error}.") from error

    def _file(self, patient_id: str) -> Path:
        """A name that a person can tell, and that no two patients share on any system."""
        digest = hashlib.sha256(patient_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        readable = quote(patient_id, safe=" ", errors="replace")[:80]
        return self._folder / f"{readable}-{digest}.json"

    @staticmethod
    def _put_aside(file: Path) -> None:
        try:
            file.replace(file.with_name(file.name + _DAMAGED))
        except OSError as error:
            raise JournalError(
                f"{file} is damaged and cannot be put aside: {error.strerror or error}."
            ) from error
