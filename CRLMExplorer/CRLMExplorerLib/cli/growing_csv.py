"""A CSV file that gains a row at a time, so that a long run that is killed can be gone on with.

It knows rows and the disk; what they mean is for the command that writes them.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from CRLMExplorerLib.errors import CRLMExplorerError

_END = b"\r\n"


class NotResumable(CRLMExplorerError):
    """A file holds something else than the table to go on with; it is not touched."""


class CsvNotWritten(CRLMExplorerError):
    """A row cannot be written; those before are on disk."""


class GrowingCsv:
    """A table of which each row is on disk when `add` returns.

    Parameters
    ----------
    file
        Where it is written.
    columns
        Their names, the first line of the file.
    resume
        Go on with what the file has, but for a row that was not written whole; else begin anew.

    Attributes
    ----------
    rows
        What was there already, as text.

    Raises
    ------
    NotResumable
        If the file to go on with is another table.
    CsvNotWritten
        If it cannot be written.
    """

    def __init__(self, file: Path, columns: Sequence[str], resume: bool) -> None:
        self._file = file
        self._columns = tuple(columns)
        self.rows: list[dict[str, str]] = []
        header = self._line(columns)
        written = file.read_bytes() if resume and file.exists() else b""
        if header.startswith(written):
            self._write("wb", header)
            return
        if not written.startswith(header):
            raise NotResumable(
                f"{file} has other columns than this run: expected {', '.join(columns)}. Name "
                "another file, or leave out --resume to write it anew."
            )
        whole = written[: written.rindex(_END) + len(_END)]
        text = io.StringIO(whole.decode("utf-8"), newline="")
        self.rows = list(csv.DictReader(text))
        if whole != written:
            os.truncate(file, len(whole))

    def add(self, row: Mapping[str, object]) -> None:
        """Write a row; a column that it lacks stays empty."""
        self._write("ab", self._line([row.get(name) for name in self._columns]))

    def _write(self, mode: str, line: bytes) -> None:
        try:
            with self._file.open(mode) as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            reason = error.strerror or error
            raise CsvNotWritten(f"{self._file} cannot be written: {reason}.") from error

    @staticmethod
    def _line(cells: Sequence[object]) -> bytes:
        text = io.StringIO(newline="")
        # A line break within a cell would pass for the end of a row.
        plain = [" ".join(cell.split()) if isinstance(cell, str) else cell for cell in cells]
        csv.writer(text).writerow(plain)
        return text.getvalue().encode("utf-8")
