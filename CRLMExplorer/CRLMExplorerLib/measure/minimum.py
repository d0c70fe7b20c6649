"""The least future liver remnant that is held safe, and why it applies to a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from CRLMExplorerLib.errors import CRLMExplorerError

_FLAGS: dict[object, bool] = {0: False, 1: True}

_INJURIES = {
    "chemo_before_liver_resection": "chemotherapy before the resection",
    "steatosis_yesno": "steatosis",
    "NASH_yesno": "steatohepatitis",
    "NASH_greater_4": "steatohepatitis of grade 4 or more",
}
_NEEDED_FOR_NORMAL = ("chemo_before_liver_resection", "steatosis_yesno")

# The collection's fibrosis columns describe the tumour's response to treatment, never the liver.
_NO_CIRRHOSIS_COLUMN = "no column records fibrosis or cirrhosis of the liver, which would ask 40 %"


class ImpossibleMinimum(CRLMExplorerError):
    """The minimum asked for is no percentage of a liver."""


class Basis(str, Enum):
    """What a minimum rests on."""

    NORMAL = "normal liver"
    INJURED = "chemotherapy-treated or steatotic liver"
    CHOSEN = "chosen by the reader"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class MinimumRule:
    """Which minimum applies.

    Attributes
    ----------
    percent
        The least FLR in percent of the functional liver; None where the record does not tell.
    basis
        What it rests on.
    reason
        A sentence for the reader.
    fields
        Columns of the clinical record that decided.
    """

    percent: float | None
    basis: Basis
    reason: str
    fields: tuple[str, ...] = ()

    @classmethod
    def chosen(cls, percent: float) -> MinimumRule:
        """The reader's own minimum, e.g. 40 % for a cirrhotic liver.

        Raises
        ------
        ImpossibleMinimum
            If it is not above 0 and at most 100 %.
        """
        if not 0 < percent <= 100:
            raise ImpossibleMinimum(
                f"a minimum FLR of {percent:g} % is impossible: expected above 0 and at most 100 %"
            )
        return cls(percent, Basis.CHOSEN, f"{percent:g} %, chosen by the reader.")


def minimum_flr(record: Mapping[str, object] | None) -> MinimumRule:
    """Derive the minimum from the clinical record: 20 % normal, 30 % injured liver.

    Common practice after Kishi 2009 (normal) and Shindoh 2013 (more than three months of
    chemotherapy; the record does not tell how long). The 40 % for fibrosis or cirrhosis (Azoulay
    2000, Kubota 1997) no column can call for; see `MinimumRule.chosen`.

    Parameters
    ----------
    record
        Column of the spreadsheet to value, None where missing; None for a patient without record.
    """
    if record is None:
        return MinimumRule(
            None, Basis.UNKNOWN, "The patient has no clinical record, so no minimum is applied."
        )
    flags = {column: _FLAGS.get(record.get(column)) for column in _INJURIES}
    present = tuple(column for column, flag in flags.items() if flag)
    if present:
        named = "; ".join(f"{_INJURIES[column]} ({column} = 1)" for column in present)
        return MinimumRule(30.0, Basis.INJURED, f"30 % because of {named}.", present)
    missing = tuple(column for column in _NEEDED_FOR_NORMAL if flags[column] is None)
    if missing:
        return MinimumRule(
            None,
            Basis.UNKNOWN,
            f"The clinical record lacks {' and '.join(missing)}, so no minimum is applied.",
            missing,
        )
    return MinimumRule(
        20.0,
        Basis.NORMAL,
        "20 % because there was no chemotherapy (chemo_before_liver_resection = 0) and no "
        f"steatosis (steatosis_yesno = 0); {_NO_CIRRHOSIS_COLUMN}.",
        _NEEDED_FOR_NORMAL,
    )
