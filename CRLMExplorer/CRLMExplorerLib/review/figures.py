"""What the worklist remembers of a case, and whether it still holds.

Figures spare measuring a patient anew; they are trusted only as long as what they rest on is the
same.
"""

from __future__ import annotations

from CRLMExplorerLib.dicom.choice import SeriesChoice
from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.measure import MinimumRule
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.store import Figures
from CRLMExplorerLib.version import VERSION


def figures_of(case: Case) -> Figures:
    """What the worklist shows of a case, None where it could not be measured."""
    measured = case.volumetry
    return {
        "flr_percent_functional": measured.flr_percent_functional if measured else None,
        "flr_ml": measured.flr_ml if measured else None,
        "liver_ml": measured.liver_ml if measured else None,
        "tumor_count": measured.tumor_count if measured else None,
        "tumor_total_ml": measured.tumor_total_ml if measured else None,
        "adequate": measured.adequate if measured else None,
        "alarms": sum(finding.severity is Severity.ALARM for finding in case.findings),
        **_basis(case.choice, case.rule),
    }


def still_hold(figures: Figures, choice: SeriesChoice, rule: MinimumRule) -> bool:
    """Whether figures are of this DSO, held against this minimum, by this version."""
    return _basis(choice, rule).items() <= figures.items()


def _basis(choice: SeriesChoice, rule: MinimumRule) -> Figures:
    return {
        "dso_series_uid": choice.dso.series_uid if choice.dso else None,
        "minimum_flr_percent": rule.percent,
        "version": VERSION,
    }
