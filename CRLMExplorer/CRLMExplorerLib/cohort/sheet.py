"""The raw cells of a clinical spreadsheet, from Excel or CSV.

This knows file formats; it must not know what a column means.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from CRLMExplorerLib.cohort.columns import archive_spelling
from CRLMExplorerLib.cohort.errors import ClinicalTableError

_ZIP_MAGIC = b"PK"
_OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
_EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True)
class Cell:
    """What a cell holds, and whether Excel shows it as a percentage."""

    value: Any
    shown_as_percent: bool = False

    @property
    def text(self) -> str:
        """The value as text without blanks around it; empty for an empty cell."""
        if self.value is None:
            return ""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value).strip()


@dataclass(frozen=True)
class Row:
    """A row of cells under its number as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.text for cell in self.cells)

    def cell(self, position: int) -> Cell:
        """The cell at that position; an empty one where the row has ended."""
        return self.cells[position] if position < len(self.cells) else Cell(None)


@dataclass(frozen=True)
class Sheet:
    """The data of a spreadsheet.

    Attributes
    ----------
    name
        Name of the worksheet, or of the CSV file.
    header
        The cells of the first row that holds anything.
    rows
        The rows below it that hold anything.
    dictionary
        Description of each column the data dictionary knows, by the column's archive spelling.
    """

    name: str
    header: Row
    rows: tuple[Row, ...]
    dictionary: dict[str, str]


def read_sheet(path: Path) -> Sheet:
    """Read an Excel workbook (first sheet data, second data dictionary) or a CSV file.

    Raises
    ------
    ClinicalTableError
        If the file cannot be read, is not what its name says, or is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ClinicalTableError(f"{path} cannot be read: {error.strerror}.") from error
    if content.startswith(_ZIP_MAGIC):
        return _from_workbook(path, content)
    if content.startswith(_OLD_EXCEL_MAGIC):
        raise ClinicalTableError(
            f"{path} is in Excel's old or encrypted format; save it as .xlsx without a password."
        )
    if content and path.suffix.lower() in _EXCEL_SUFFIXES:
        raise ClinicalTableError(f"{path} is not an Excel workbook, though its name says so.")
    return _from_csv(path, content)


def _from_workbook(path: Path, content: bytes) -> Sheet:
    try:
        with warnings.catch_warnings():
            # openpyxl warns about features it drops, none of which hold data.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        sheets = [_rows_of(sheet.iter_rows()) for sheet in book.worksheets]
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise ClinicalTableError(f"{path} is not a readable Excel workbook: {error}.") from error
    if not sheets:
        raise ClinicalTableError(f"{path} holds no worksheet.")
    dictionary = _dictionary(sheets[1]) if len(sheets) > 1 else {}
    return _sheet(path, book.worksheets[0].title, sheets[0], dictionary)


def _rows_of(rows: Iterable[Sequence[Any]]) -> list[Row]:
    return [
        Row(number, tuple(Cell(cell.value, "%" in (cell.number_format or "")) for cell in cells))
        for number, cells in enumerate(rows, start=1)
    ]


def _from_csv(path: Path, content: bytes) -> Sheet:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ClinicalTableError(f"{path} is neither an Excel workbook nor a CSV file.")
    try:
        rows = [
            Row(number, tuple(Cell(value) for value in values))
            for number, values in enumerate(csv.reader(io.StringIO(text, newline="")), start=1)
        ]
    except csv.Error as error:
        raise ClinicalTableError(f"{path} is not a readable CSV file: {error}.") from error
    return _sheet(path, path.name, rows, {})


def _sheet(path: Path, name: str, rows: list[Row], dictionary: dict[str, str]) -> Sheet:
    filled = [row for row in rows if not row.is_empty]
    if not filled:
        raise ClinicalTableError(f"{path} is empty: expected a header row and a row per patient.")
    return Sheet(name, filled[0], tuple(filled[1:]), dictionary)


def _dictionary(rows: list[Row]) -> dict[str, str]:
    """What follows a column's name in its row is its description."""
    descriptions = {}
    for row in rows:
        name, *words = [cell.text for cell in row.cells if cell.text] or [""]
        if words:
            descriptions[archive_spelling(name)] = "; ".join(words)
    return descriptions
