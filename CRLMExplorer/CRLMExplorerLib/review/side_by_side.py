"""The open patient's features by two engines, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.difference import KEY, side_by_side
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.table import tidy


@dataclass(frozen=True)
class SideBySide:
    """Two extractions of the same images and parameters.

    Attributes
    ----------
    a, b
        The extractions, each by the engine that its run names.
    table
        See `difference.side_by_side`.
    """

    a: CaseExtraction
    b: CaseExtraction
    table: pd.DataFrame

    @classmethod
    def of(cls, a: CaseExtraction, b: CaseExtraction, parameters: Parameters) -> SideBySide:
        """Hold two extractions against each other."""
        tables = (tidy(one, parameters.settings) for one in (a, b))
        return cls(a, b, side_by_side(*tables))

    @property
    def count(self) -> int:
        """How many features both have."""
        return int((self.table["side"] == "both").sum())

    @property
    def furthest(self) -> Any | None:
        """The row of the feature that differs most; None where there is nothing to compare."""
        return next(self.table.itertuples(), None) if self.count else None

    @property
    def only(self) -> dict[str, list[str]]:
        """Names of the features that one lacks, by the engine that has them."""
        names = self.table[list(KEY[1:])].agg(" ".join, axis="columns")
        return {
            one.run.engine: names[self.table["side"] == side].tolist()
            for side, one in (("a", self.a), ("b", self.b))
        }
