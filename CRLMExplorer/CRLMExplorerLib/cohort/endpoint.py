"""What a cohort is followed up for, and in which columns of its table that stands.

This must stay quick to load: the command line asks it which endpoints there are.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from CRLMExplorerLib.cohort.clinical import ClinicalTable


class Endpoint(str, Enum):
    """What ends the time after the resection (Simpson 2024, Sci Data 11:172)."""

    OVERALL = "overall"
    DISEASE_FREE = "disease_free"
    HEPATIC_DISEASE_FREE = "hepatic_disease_free"

    @property
    def label(self) -> str:
        """What a reader sees."""
        return _ENDPOINTS[self][0]

    @property
    def months_column(self) -> str:
        """Column of the months to the event, or to last follow-up."""
        return _ENDPOINTS[self][1]

    @property
    def event_column(self) -> str:
        """Column that says whether the event came: 1, or 0 for censored."""
        return _ENDPOINTS[self][2]

    def times(self, table: ClinicalTable) -> tuple[pd.Series, pd.Series]:
        """Months and events of each patient, under the patients' ids; NA where missing."""
        return table.frame[self.months_column], table.frame[self.event_column]


_ENDPOINTS = {
    Endpoint.OVERALL: ("Overall survival", "overall_survival_months", "vital_status"),
    Endpoint.DISEASE_FREE: (
        "Disease-free survival",
        "months_to_DFS_progression",
        "vital_status_DFS",
    ),
    Endpoint.HEPATIC_DISEASE_FREE: (
        "Hepatic disease-free survival",
        "months_to_liver_DFS_progression",
        "vital_status_liver_DFS",
    ),
}
