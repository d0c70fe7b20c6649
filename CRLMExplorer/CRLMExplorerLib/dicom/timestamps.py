"""DICOM dates and times as text that a reader knows and that sorts.

This file knows DICOM's and ISO 8601's spelling; it knows no time zone and no calendar.
"""

from __future__ import annotations

import re

_DATE = re.compile(r"(\d{4})[-.]?(\d\d)[-.]?(\d\d)")
_TIME = re.compile(r"(\d\d):?(\d\d):?(\d\d)?")


def iso_date(value: str | int | None) -> str:
    """A DICOM DA as ``YYYY-MM-DD``; empty where it is none.

    SQLite gives a DA back as a number where it was put into a column of type DATE as it is.
    """
    match = _DATE.match(str(value or ""))
    return "-".join(match.groups()) if match else ""


def iso_time(value: str | None) -> str:
    """A DICOM TM as ``HH:MM:SS``; empty where it is none."""
    match = _TIME.match(value or "")
    return ":".join(part or "00" for part in match.groups()) if match else ""
