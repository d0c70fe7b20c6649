"""DSOs that are added to a DICOM database's folder: each whole or not there, whatever happens.

It knows folders, locks and the order of writing; it knows nothing of what a DSO holds but its UIDs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydicom import Dataset

from CRLMExplorerLib.dicom.importer import UNFINISHED
from CRLMExplorerLib.errors import CRLMExplorerError

_LOCK_FILE = "crlm-explorer-saving.lock"
_LOCK_TIMEOUT_S = 20.0


class DsoNotSaved(CRLMExplorerError):
    """A DSO could not be written; nothing of it is left."""


@contextmanager
def saving_alone(directory: Path) -> Iterator[None]:
    """Save to a database's folder while no other CRLM Explorer does.

    What a killed one left unfinished is cleaned away. SQLite holds the lock, as it does so on
    every system and lets go of it when its process dies.

    Parameters
    ----------
    directory
        The database's folder.

    Raises
    ------
    DsoNotSaved
        If the folder cannot be written to, or another program has been saving to it for long.
    """
    try:
        (directory / "dicom").mkdir(exist_ok=True)
        with closing(sqlite3.connect(directory / _LOCK_FILE, timeout=_LOCK_TIMEOUT_S)) as lock:
            lock.isolation_level = None
            lock.execute("BEGIN EXCLUSIVE")
            for leftover in (directory / "dicom").glob(f"{UNFINISHED}*"):
                leftover.unlink(missing_ok=True)
            yield
    except OSError as error:
        raise _not_saved(directory, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise DsoNotSaved(
                f"Another CRLM Explorer is saving to {directory}: nothing was written, try again."
            ) from error
        raise _not_saved(directory, str(error)) from error


def write_dso_file(directory: Path, dataset: Dataset, name: str) -> Path:
    """Write a DSO into a database's folder, where Slicer keeps what it copies there.

    The file is on disk, whole and under its name, when this returns; before that there is none.

    Parameters
    ----------
    directory
        The database's folder.
    name
        The file's name; its folder is new, so any name will do.

    Raises
    ------
    DsoNotSaved
        If it cannot be written, e.g. for want of space.
    """
    root = directory / "dicom"
    study = study_folder(directory, dataset.StudyInstanceUID)
    file = study / _short(dataset.SeriesInstanceUID) / name
    unfinished = root / f"{UNFINISHED}{secrets.token_hex(4)}"
    try:
        with unfinished.open("xb") as stream:
            dataset.save_as(stream, enforce_file_format=True)
            stream.flush()
            os.fsync(stream.fileno())
        file.parent.mkdir(parents=True)
        unfinished.replace(file)
        for folder in (file.parent, study, root, directory):
            _settle(folder)
    except OSError as error:
        raise _not_saved(directory, error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def study_folder(directory: Path, study_uid: str) -> Path:
    """Where a study's files are that were written into a database's folder, a folder a series."""
    return directory / "dicom" / _short(study_uid)


def _short(uid: str) -> str:
    """Slicer's name for the folder of a study or series."""
    return hashlib.md5(str(uid).encode("ascii"), usedforsecurity=False).hexdigest()[:8]


def _settle(folder: Path) -> None:
    """See to it that a new name in a folder survives a power cut; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_saved(directory: Path, reason: str) -> DsoNotSaved:
    return DsoNotSaved(
        f"The DSO cannot be written to {directory}: {reason}. Nothing of it was left there; make "
        "room or ask for permission, then save again."
    )
