"""Raw cells to typed values, a column at a time.

This knows what a value may look like; it must not know files or patients.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from CRLMExplorerLib.cohort.columns import Column, Kind
from CRLMExplorerLib.cohort.sheet import Cell

Value = int | float | str | None

_MISSING = -999
_MISSING_TEXT = {"", "na", "n/a", "nan"}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)", re.IGNORECASE)
_PERCENT_DECIMALS = 6


@dataclass(frozen=True)
class BadValue:
    """A value that is none, and why."""

    text: str
    reason: str


@dataclass(frozen=True)
class _Number:
    value: float
    is_percentage: bool

    @property
    def is_missing(self) -> bool:
        # -999 under a percent format is exported to CSV as -99900%.
        return self.value == (_MISSING * 100 if self.is_percentage else _MISSING)


def parse_column(column: Column, cells: Sequence[Cell]) -> list[Value | BadValue]:
    """Turn a column's cells into values: int for codes and integers, float, str, None if missing.

    Percentages come out in percent, 0 to 100. They are written as text (``90%``), as a fraction
    under Excel's percent format, or as a bare number. Bare numbers are fractions if no bare number
    of the column lies above 1, else percent; where a column has bare numbers both between 0 and 1
    and above 1, those of up to 1 could mean either and are bad values.
    """
    if column.kind is Kind.PERCENT:
        return _parse_percentages(column, cells)
    return [_parse(column, cell) for cell in cells]


def _parse(column: Column, cell: Cell) -> Value | BadValue:
    if cell.text.lower() in _MISSING_TEXT:
        return None
    if column.kind in (Kind.TEXT, Kind.ID):
        return None if cell.text == str(_MISSING) else cell.text
    if column.kind is Kind.YES_NO and isinstance(cell.value, bool):
        return int(cell.value)
    number = _number_of(cell)
    if number is None or number.is_percentage:
        return BadValue(cell.text, "is not a number")
    if number.is_missing:
        return None
    if column.kind.is_coded and number.value not in column.labels:
        meanings = ", ".join(f"{code} ({label})" for code, label in column.labels.items())
        return BadValue(cell.text, f"is none of {meanings}")
    if reason := _beyond(column, number.value):
        return BadValue(cell.text, reason)
    if column.kind.is_coded or column.kind is Kind.INTEGER:
        if not number.value.is_integer():
            return BadValue(cell.text, "is not a whole number")
        return int(number.value)
    return number.value


def _parse_percentages(column: Column, cells: Sequence[Cell]) -> list[Value | BadValue]:
    numbers = [_percentage_of(cell) for cell in cells]
    bare = [n.value for n in numbers if n and not n.is_percentage and 0 <= n.value <= 100]
    has_fractions = any(0 < value < 1 for value in bare)
    has_percents = any(value > 1 for value in bare)

    def parse(cell: Cell, number: _Number | None) -> Value | BadValue:
        if cell.text.lower() in _MISSING_TEXT:
            return None
        if number is None:
            return BadValue(cell.text, "is not a number")
        if number.is_missing:
            return None
        percent = number.value
        if not number.is_percentage:
            if has_fractions and has_percents and 0 < percent <= 1:
                return BadValue(cell.text, "is a fraction or a percentage: the column has both")
            percent = percent if has_percents else percent * 100
        percent = round(percent, _PERCENT_DECIMALS)
        if reason := _beyond(column, percent):
            return BadValue(cell.text, reason)
        return percent

    return [parse(cell, number) for cell, number in zip(cells, numbers, strict=True)]


def _number_of(cell: Cell) -> _Number | None:
    """The number a cell holds; None if it holds something else."""
    if isinstance(cell.value, bool):
        return None
    if isinstance(cell.value, int | float):
        return _Number(float(cell.value), False) if math.isfinite(cell.value) else None
    match = _NUMBER.fullmatch(cell.text)
    if match is None or not math.isfinite(value := float(match[1])):
        return None
    return _Number(value, bool(match[2]))


def _percentage_of(cell: Cell) -> _Number | None:
    number = _number_of(cell)
    if number and cell.shown_as_percent and not isinstance(cell.value, str):
        return _Number(number.value * 100, True)
    return number


def _beyond(column: Column, value: float) -> str | None:
    unit = f" {column.unit}" if column.unit else ""
    if column.minimum is not None and value < column.minimum:
        return f"is below {column.minimum:g}{unit}"
    if column.maximum is not None and value > column.maximum:
        return f"is above {column.maximum:g}{unit}"
    return None
