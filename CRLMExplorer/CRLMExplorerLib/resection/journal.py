"""Edits that are not saved yet, on disk beside the database, so that a crash loses but the last.

It keeps a plan for each edit as text; it does not know what a plan says.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.files import written_whole

JOURNAL_FOLDER = "crlm-explorer-unsaved"
_FORMAT = 1
_DAMAGED = ".damaged"
_LOCK = ".lock"
_LOCK_TIMEOUT_S = 1.0


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
    file
        Where it is kept.
    """

    plan_json: str
    when: datetime
    file: Path


class Journal:
    """The unsaved edits of a database's patients.

    Each edit has an entry of its own, which belongs to whoever works on it: two programs that edit
    one patient take nothing from each other.

    Parameters
    ----------
    directory
        The database's folder.
    """

    def __init__(self, directory: Path) -> None:
        self._folder = directory / JOURNAL_FOLDER

    def begin(self, patient_id: str) -> JournalEntry:
        """An entry for a new edit; nothing is on disk before something is recorded."""
        file = self._folder / f"{_stem(patient_id)}-{secrets.token_hex(4)}.json"
        return JournalEntry(patient_id, file)

    def take_up(self, patient_id: str, pending: PendingEdit) -> JournalEntry:
        """Go on with an edit that was not saved; it is nobody else's from now on.

        Raises
        ------
        JournalError
            If another program has taken it up meanwhile, or saved or forgotten it.
        """
        entry = JournalEntry(patient_id, pending.file)
        entry.claim(pending)
        return entry

    def pending(self, patient_id: str) -> PendingEdit | None:
        """The newest edit that was not saved and that nobody works on; None where there is none.

        A damaged file is kept aside, under its name with ``.damaged`` behind it.

        Raises
        ------
        JournalError
            If a file cannot be read, or there is none but such of a newer version.
        """
        newer: JournalError | None = None
        found = []
        for file in self._files(patient_id):
            if not _is_locked(file):
                try:
                    found.append(_read(file))
                except NewerJournal as error:
                    newer = error
        edits = [edit for edit in found if edit]
        if newer and not edits:
            raise newer
        return max(edits, key=lambda edit: edit.when, default=None)

    def is_at_work(self, patient_id: str) -> bool:
        """Whether somebody works on an edit of the patient and has done something."""
        return any(_is_locked(file) for file in self._files(patient_id))

    def _files(self, patient_id: str) -> Iterator[Path]:
        # A version before kept one edit a patient, under the stem alone.
        yield from sorted(self._folder.glob(f"{_stem(patient_id)}*.json"))


class JournalEntry:
    """An edit in the journal.

    Each record takes the place of the one before in one step, so that a kill at any moment leaves
    one of the two. While somebody works on the edit SQLite holds a lock beside it, as it does so on
    every system and lets go of it when its process dies.

    Parameters
    ----------
    patient_id
        Whose it is.
    file
        Where it is kept.
    """

    def __init__(self, patient_id: str, file: Path) -> None:
        self._patient_id = patient_id
        self._file = file
        self._lock: sqlite3.Connection | None = None

    def claim(self, pending: PendingEdit) -> None:
        """Make it nobody else's until it is closed.

        Raises
        ------
        JournalError
            If it is somebody's, or not what was read before.
        """
        self._hold()
        if _read(self._file) != pending:
            self.close()
            raise JournalError(
                "The edit is not there as it was: it was changed, saved or forgotten elsewhere."
            )

    def record(self, plan_json: str) -> None:
        """Keep a plan; on disk when this returns. Meant to be called at most once a second.

        Raises
        ------
        JournalError
            If it cannot be written; what was recorded before is kept.
        """
        entry = {
            "format": _FORMAT,
            "patient_id": self._patient_id,
            "when": datetime.now(timezone.utc).isoformat(),
            "plan": plan_json,
        }
        try:
            self._file.parent.mkdir(exist_ok=True)
            self._hold()
            with written_whole(self._file) as temporary:
                temporary.write_text(json.dumps(entry), encoding="utf-8")
        except OSError as error:
            raise JournalError(
                f"The edit cannot be kept in {self._file}: {error.strerror or error}. It is not "
                "lost as long as the program runs; save it, or make room."
            ) from error

    def discard(self, plan_json: str | None = None) -> None:
        """Forget the edit, as it was saved or is not wanted, and what kills left unfinished of it.

        Parameters
        ----------
        plan_json
            Forget it only if this is the plan that was recorded last.

        Raises
        ------
        JournalError
            If somebody else works on it, or its file cannot be removed.
        """
        if not self._file.exists():
            return
        self._hold()
        if plan_json is not None:
            kept = _read(self._file)
            if kept is None or kept.plan_json != plan_json:
                return
        try:
            for forgotten in (self._file, *self._file.parent.glob(f".*-{self._file.name}")):
                forgotten.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                f"{self._file} cannot be removed: {error.strerror or error}."
            ) from error
        self.close()
        with suppress(OSError):
            _lock_of(self._file).unlink(missing_ok=True)

    def close(self) -> None:
        """Leave it to whoever takes it up."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def _hold(self) -> None:
        if self._lock is None:
            self._lock = _locked(self._file, _LOCK_TIMEOUT_S)


class NewerJournal(JournalError):
    """An unsaved edit was written by a newer version."""


def _stem(patient_id: str) -> str:
    """A name that a person can tell, and that no two patients share on any system."""
    digest = hashlib.sha256(patient_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{quote(patient_id, safe=' ', errors='replace')[:80]}-{digest}"


def _read(file: Path) -> PendingEdit | None:
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
            return PendingEdit(str(entry["plan"]), datetime.fromisoformat(entry["when"]), file)
    except (ValueError, TypeError, KeyError):
        _put_aside(file)
        return None
    raise NewerJournal(
        f"{file} was written by a newer version: format {found}, expected {_FORMAT}."
    )


def _put_aside(file: Path) -> None:
    try:
        file.replace(file.with_name(file.name + _DAMAGED))
    except OSError as error:
        raise JournalError(
            f"{file} is damaged and cannot be put aside: {error.strerror or error}."
        ) from error


def _lock_of(file: Path) -> Path:
    return file.with_name(file.name + _LOCK)


def _is_locked(file: Path) -> bool:
    if not _lock_of(file).exists():
        return False
    try:
        lock = _locked(file, timeout_s=0.0)
    except JournalError:
        return True
    if lock:
        lock.close()
    return False


def _locked(file: Path, timeout_s: float) -> sqlite3.Connection | None:
    """Hold the lock of an entry; None where the folder cannot be written to.

    Raises
    ------
    JournalError
        If somebody else holds it.
    """
    lock: sqlite3.Connection | None = None
    try:
        lock = sqlite3.connect(_lock_of(file), timeout=timeout_s, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if lock:
            lock.close()
        if "locked" in str(error):
            raise JournalError(
                "Another CRLM Explorer works on this edit now; it is kept there."
            ) from error
        return None
    return lock
