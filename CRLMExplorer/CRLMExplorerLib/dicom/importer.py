"""Bring DICOM files into the database: find them, read their headers, link them.

Files are never copied, moved or changed. This file knows folders and counts, no tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.header import FileHeader, NotIndexable, read_header
from CRLMExplorerLib.dicom.indexing import Indexing, Outcome, is_up_to_date
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Progress, silent

FILES_A_BATCH = 250
"""Files that are committed together: what a kill can lose, and what is held in memory."""

SKIPPED_NAMED_AT_MOST = 1000
"""How many skipped files a report names, so that a wrong folder cannot fill the memory."""

UNFINISHED = ".crlm-explorer-unfinished-"
"""How the names of our own files begin while they are written; they are no files to import."""

_FILES_A_REPORT = 25


class NothingToImport(CRLMExplorerError):
    """A path that was to be imported does not exist."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did; every file seen is in exactly one of the four counts after it.

    Attributes
    ----------
    files_seen
        Files found under the paths.
    indexed
        New in the database.
    already_known
        In the database before, unchanged.
    updated
        In the database before, but under a path that is gone or with other contents.
    files_skipped
        Not taken: not DICOM, damaged, unreadable, a duplicate of a file that is in the database, or
        of a study that is another patient's there.
    skipped
        Path -> reason, of the first `SKIPPED_NAMED_AT_MOST` skipped files and of folders that
        could not be entered.
    patients_added, studies_added, series_added
        New in the database.
    """

    files_seen: int
    indexed: int
    already_known: int
    updated: int
    files_skipped: int
    skipped: Mapping[Path, str]
    patients_added: int
    studies_added: int
    series_added: int


def import_files(
    paths: Iterable[Path | str], database: CtkDatabase, progress: Progress = silent
) -> ImportReport:
    """Index files, and folders with all below them, where they lie.

    A file is known by its SOPInstanceUID: the first path it was met under is kept as long as that
    file exists. Each batch is one transaction, so that a stop at any moment, a kill included,
    leaves a valid database that holds whole batches.

    Parameters
    ----------
    paths
        Files and folders. Symbolic links are followed, each folder is entered once.
    database
        Opened for writing.
    progress
        Called every few files; may raise `Cancelled`, after which what was committed stays.

    Raises
    ------
    NothingToImport
        One of the paths does not exist; nothing has been imported.
    DatabaseError
        The database is read-only, or another program is writing to it.
    """
    if not database.writable:
        raise DatabaseError(
            f"The database in {database.directory} is open for reading only: open it for writing."
        )
    roots = [Path(path).absolute() for path in paths]
    for root in roots:
        if not _exists(root):
            raise NothingToImport(f"{root} does not exist: nothing was imported.")

    total = 0
    for _ in _files_below(roots, {}):
        total += 1
        if total % 1000 == 0:
            progress(0.0, f"Looking for files: {total} so far")
    tally = _Tally()
    files = _files_below(roots, tally.skipped)
    while batch := list(islice(files, FILES_A_BATCH)):
        headers = list(_new_headers(batch, database, tally, total, progress))
        if headers:
            _index(headers, database, tally)
    progress(1.0, f"{tally.files_seen} files read, {tally.indexed} of them new")
    return tally.report()


class _Tally:
    def __init__(self) -> None:
        self.files_seen = self.files_skipped = 0
        self.indexed = self.already_known = self.updated = 0
        self.patients_added = self.studies_added = self.series_added = 0
        self.skipped: dict[Path, str] = {}

    def skip(self, file: Path, reason: str) -> None:
        self.files_skipped += 1
        if len(self.skipped) < SKIPPED_NAMED_AT_MOST:
            self.skipped[file] = reason

    def report(self) -> ImportReport:
        return ImportReport(**vars(self))


def _new_headers(
    batch: list[Path], database: CtkDatabase, tally: _Tally, total: int, progress: Progress
) -> Iterator[tuple[FileHeader, Path]]:
    for file in batch:
        if tally.files_seen % _FILES_A_REPORT == 0:
            progress(min(tally.files_seen / max(total, 1), 1.0), f"Reading {file.name}")
        tally.files_seen += 1
        if is_up_to_date(database, file):
            tally.already_known += 1
            continue
        try:
            yield read_header(file), file
        except NotIndexable as reason:
            tally.skip(file, str(reason))


def _index(headers: list[tuple[FileHeader, Path]], database: CtkDatabase, tally: _Tally) -> None:
    with database.transaction() as connection:
        indexing = Indexing(database, connection)
        outcomes = [(*indexing.add(header, file), file) for header, file in headers]
        indexing.finish()
    for outcome, reason, file in outcomes:
        if outcome is Outcome.INDEXED:
            tally.indexed += 1
        elif outcome is Outcome.UPDATED:
            tally.updated += 1
        elif outcome is Outcome.ALREADY_KNOWN:
            tally.already_known += 1
        else:
            tally.skip(file, reason)
    tally.patients_added += indexing.patients_added
    tally.studies_added += indexing.studies_added
    tally.series_added += indexing.series_added


def _files_below(roots: list[Path], unentered: dict[Path, str]) -> Iterator[Path]:
    """Files under the roots, folder by folder in the order of names; each folder once."""
    entered: set[tuple[int, int]] = set()
    waiting = list(reversed(roots))
    while waiting:
        path = waiting.pop()
        if not _is_folder(path):
            yield path
            continue
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                names = sorted(
                    (not _is_folder(entry), entry.name)
                    for entry in entries
                    if not entry.name.startswith(UNFINISHED)
                )
        except OSError as error:
            unentered[path] = f"folder cannot be entered: {error.strerror}"
            continue
        waiting.extend(path / name for is_file, name in reversed(names) if not is_file)
        yield from (path / name for is_file, name in names if is_file)


def _is_folder(entry: os.DirEntry[str] | Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # no permission to look, or a symbolic link to itself
        return False


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True
