"""A resection plan: what the remnant starts from, and the cuts and edits that follow in order.

It is data that can be stored and replayed; applying it is `Resection`'s work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from CRLMExplorerLib.resection.dso_reference import DsoReference
from CRLMExplorerLib.resection.errors import PlanError
from CRLMExplorerLib.resection.steps import Step

RELEASED = "released"
"""Start from the collection's Liver Remnant."""

WHOLE_LIVER = "liver"
"""Start from the whole liver."""


@dataclass(frozen=True)
class ResectionPlan:
    """An ordered list of cuts and edits; the FLR is what remains.

    Attributes
    ----------
    patient_id
        PatientID that the plan was made for; None for a plan that fits any patient.
    ct_series_uid
        SeriesInstanceUID of the CT that it was made on; None likewise.
    start
        `RELEASED`, `WHOLE_LIVER`, or the SeriesInstanceUID of an earlier revision.
    steps
        Applied from the first on.
    start_dso
        The DSO that the start was taken from; None where that is not known yet.
    """

    patient_id: str | None = None
    ct_series_uid: str | None = None
    start: str = RELEASED
    steps: tuple[Step, ...] = ()
    start_dso: DsoReference | None = None

    def __post_init__(self) -> None:
        if not self.start:
            raise PlanError(
                f"a plan must start from {RELEASED!r}, {WHOLE_LIVER!r} or a revision's UID"
            )

    def then(self, step: Step) -> ResectionPlan:
        """The plan with one more step."""
        return replace(self, steps=(*self.steps, step))

    def with_step(self, index: int, step: Step) -> ResectionPlan:
        """The plan with another step in a place, e.g. after a plane was moved.

        Raises
        ------
        IndexError
            If the plan has no such step.
        """
        if not 0 <= index < len(self.steps):
            raise IndexError(f"the plan has {len(self.steps)} steps, none with index {index}")
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))

    def without_step(self, index: int) -> ResectionPlan:
        """The plan without one of its steps.

        Raises
        ------
        IndexError
            If the plan has no such step.
        """
        if not 0 <= index < len(self.steps):
            raise IndexError(f"the plan has {len(self.steps)} steps, none with index {index}")
        return replace(self, steps=(*self.steps[:index], *self.steps[index + 1 :]))

    def require_patient(self, patient_id: str, ct_series_uid: str | None = None) -> None:
        """Make sure that the plan is for this patient and CT.

        Raises
        ------
        PlanError
            If it was made for another patient or on another CT.
        """
        if self.patient_id not in (None, patient_id):
            raise PlanError(f"the plan is for patient {self.patient_id}, not for {patient_id}")
        if ct_series_uid and self.ct_series_uid not in (None, ct_series_uid):
            raise PlanError(
                f"the plan was made on the CT series {self.ct_series_uid}, not on {ct_series_uid}"
            )

    def started_from(self, dso: DsoReference) -> ResectionPlan:
        """The plan with the DSO named that its start is taken from.

        Raises
        ------
        PlanError
            If it was made from another one.
        """
        if self.start_dso not in (None, dso):
            raise PlanError(
                f"the plan starts from {self.start!r} of the DSO {self.start_dso.series_uid}, not "
                f"of {dso.series_uid}: open the patient with the DSO it was made from"
            )
        return replace(self, start_dso=dso)
