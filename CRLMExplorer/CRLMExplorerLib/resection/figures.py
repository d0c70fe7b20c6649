"""What a reader sees while editing: volumes, margins, verdict and alarms of a remnant."""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.measure import RemnantVolumes
from CRLMExplorerLib.resection.margins import TumorMargin, TumorStatus


@dataclass(frozen=True)
class ResectionFigures(RemnantVolumes):
    """All numbers that follow the hand; distances to the released surface take longer (`compare`).

    Attributes
    ----------
    margins
        Each tumour that has voxels, in the order of the segments.
    volume_change_ml, dice
        Against the released remnant; None where the patient has none.
    findings
        What a reader must know of the plan, worst first.
    """

    margins: tuple[TumorMargin, ...]
    volume_change_ml: float | None
    dice: float | None
    findings: tuple[Finding, ...]

    def tumors(self, status: TumorStatus) -> tuple[str, ...]:
        """Labels of the tumours with a status."""
        return tuple(margin.tumor for margin in self.margins if margin.status is status)

    @property
    def least_margin_mm(self) -> float | None:
        """The least margin of all tumours."""
        known = [m.margin_mm for m in self.margins if m.margin_mm is not None]
        return min(known, default=None)
