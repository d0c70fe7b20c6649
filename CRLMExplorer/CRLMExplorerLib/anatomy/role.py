"""The role a segment plays, read from its label and its property codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_REMNANT = re.compile(
    r"remnant|\bflr\b|future liver|residual(?! (tumou?r|disease|metasta|lesion))", re.IGNORECASE
)
_TUMOR_LABEL = re.compile(r"tumou?r|metasta|lesion|\bcrlm\b", re.IGNORECASE)
_TUMOR_MEANING = re.compile(r"mass|neoplasm|tumou?r|metasta|lesion", re.IGNORECASE)
_HEPATIC_VEIN = re.compile(r"^hepatic( \d+)?$|hepatic (vein|venous|vessel)", re.IGNORECASE)
_PORTAL_VEIN = re.compile(r"^portal( \d+)?$|portal (vein|venous|vessel)", re.IGNORECASE)
_LIVER = re.compile(r"^liver$", re.IGNORECASE)


class Role(str, Enum):
    """What a segment is to the reader of a liver resection."""

    LIVER = "Liver"
    REMNANT = "Liver Remnant"
    HEPATIC_VEIN = "Hepatic vein"
    PORTAL_VEIN = "Portal vein"
    TUMOR = "Tumor"
    OTHER = "Other"

    @property
    def color(self) -> tuple[int, int, int]:
        """Display colour (red, green, blue), 0 to 255."""
        return _COLORS[self]


_COLORS = {
    Role.LIVER: (205, 133, 100),
    Role.REMNANT: (102, 194, 120),
    Role.HEPATIC_VEIN: (66, 135, 245),
    Role.PORTAL_VEIN: (171, 99, 250),
    Role.TUMOR: (250, 204, 21),
    Role.OTHER: (160, 160, 160),
}


@dataclass(frozen=True)
class Coded:
    """A DICOM code: value, scheme designator and meaning."""

    value: str
    scheme: str
    meaning: str


def role_of(label: str, property_type: Coded | None = None, modifier: Coded | None = None) -> Role:
    """Read a segment's role.

    The remnant's code is not one fixed code in the collection, so label and meanings decide; a
    label that says nothing leaves the decision to the type's meaning.

    Parameters
    ----------
    label
        SegmentLabel, e.g. ``Liver Remnant`` or ``Tumor_1``; spaces and underscores are the same.
    property_type, modifier
        Segmented property type and its modifier, where the DSO has them.
    """
    words = label.replace("_", " ").strip()
    meaning = property_type.meaning if property_type else ""
    if _REMNANT.search(words):
        return Role.REMNANT
    if _TUMOR_LABEL.search(words):
        return Role.TUMOR
    if modifier and _REMNANT.search(modifier.meaning):
        return Role.REMNANT
    for text in (words, meaning):
        for role, pattern in (
            (Role.HEPATIC_VEIN, _HEPATIC_VEIN),
            (Role.PORTAL_VEIN, _PORTAL_VEIN),
            (Role.LIVER, _LIVER),
        ):
            if pattern.search(text):
                return role
    return Role.TUMOR if _TUMOR_MEANING.search(meaning) else Role.OTHER
