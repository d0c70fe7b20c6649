"""What a reader should know about a patient's data although the work went on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PointRAS = tuple[float, float, float]


class Severity(str, Enum):
    """How soon a reader must see a finding."""

    ALARM = "alarm"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One observation on the data.

    Attributes
    ----------
    severity
        How soon a reader must see it.
    code
        Stable identifier in kebab-case, e.g. ``tumor-in-remnant``.
    message
        A sentence that says what was found, where, and what was expected.
    position_ras_mm
        Where to look, RAS in mm, or None where no place belongs to it.
    """

    severity: Severity
    code: str
    message: str
    position_ras_mm: PointRAS | None = None
