"""A patient's liver, ready to be cut: plans in, remnants and their figures out.

The state of each step is remembered, so that moving the last cut carries out this cut alone. It
knows nothing of files, the scene, or who edits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import BoolArray
from CRLMExplorerLib.measure import (
    LiverCounts,
    MeasuredSegment,
    MinimumRule,
    by_severity,
    remnant_volumes,
)
from CRLMExplorerLib.measure.checks.containment import tumor_left_behind
from CRLMExplorerLib.measure.segment import filled, mask_of
from CRLMExplorerLib.resection.comparison import Comparison, compare
from CRLMExplorerLib.resection.errors import ResectionError
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.liver_box import LiverBox
from CRLMExplorerLib.resection.margins import TumorMargin, TumorStatus, TumorSurface
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER, ResectionPlan
from CRLMExplorerLib.resection.replay import Replay, State
from CRLMExplorerLib.resection.steps import describe
from CRLMExplorerLib.resection.transection import Transection, transection_of


class Resection:
    """One patient's liver, tumours and remnants to start from.

    A cut removes remnant wherever it reaches, also what a released remnant has outside the liver;
    what is added is confined to the liver. No other segment changes.

    Parameters
    ----------
    patient_id, ct_series_uid
        Whose plans are taken.
    liver
        The liver's voxels.
    tumors
        Label to voxels, in the order of the segments; empty ones are left out.
    starts
        Remnants to start from: `RELEASED` where there is one, and revisions by their
        SeriesInstanceUID. The whole liver is there always.

    Raises
    ------
    ResectionError
        If the liver has no voxel.
    """

    def __init__(
        self,
        patient_id: str,
        ct_series_uid: str | None,
        liver: Mask,
        tumors: Mapping[str, Mask],
        starts: Mapping[str, Mask],
    ) -> None:
        if liver.is_empty:
            raise ResectionError(f"patient {patient_id} has an empty liver segment: nothing to cut")
        self.patient_id = patient_id
        self.ct_series_uid = ct_series_uid
        self.liver = liver
        self.tumors = {label: mask for label, mask in tumors.items() if not mask.is_empty}
        self._starts = {**starts, WHOLE_LIVER: liver}
        self.box = LiverBox.around(liver, list(starts.values()))
        self._surfaces = [TumorSurface(t, mask, self.box) for t, mask in self.tumors.items()]
        diseased = Mask.union(liver.grid, self.tumors.values())
        self._counts = LiverCounts(liver.count, liver.overlap(diseased))
        self._released = starts.get(RELEASED)
        self._released_in_box = (
            None if self._released is None else self._released.within(self.box.box)
        )
        self._replay = Replay(self.box, self.tumors, self._starts)

    @classmethod
    def of_segments(
        cls,
        patient_id: str,
        ct_series_uid: str | None,
        segments: Sequence[MeasuredSegment],
        revisions: Mapping[str, Mask] | None = None,
    ) -> Resection:
        """Take liver, tumours and the released remnant from a patient's segments.

        Raises
        ------
        ResectionError
            If there is no liver segment with voxels.
        """
        liver = mask_of(segments, Role.LIVER)
        if liver is None:
            raise ResectionError(
                f"patient {patient_id} has no liver segment with voxels: nothing to cut"
            )
        released = mask_of(segments, Role.REMNANT)
        starts = {RELEASED: released} if released else {}
        return cls(
            patient_id,
            ct_series_uid,
            liver,
            tumors_by_label(segments),
            {**starts, **(revisions or {})},
        )

    @property
    def starts(self) -> tuple[str, ...]:
        """What a plan can start from."""
        return tuple(self._starts)

    def new_plan(self, start: str = RELEASED) -> ResectionPlan:
        """A plan for this patient, without a step yet."""
        return ResectionPlan(self.patient_id, self.ct_series_uid, start)

    def flr(self, plan: ResectionPlan) -> Mask:
        """The future liver remnant that a plan leaves.

        Raises
        ------
        PlanError
            If the plan is for another patient or CT, starts from what is not there, names a tumour
            that is not there, or a curve of it cannot be cut along.
        """
        return self.box.mask_of(self.remnant(plan))

    def remnant(self, plan: ResectionPlan) -> BoolArray:
        """The same as a boolean array of the liver's box; not to be written to."""
        return self._state(plan).remnant

    def figures(self, plan: ResectionPlan, rule: MinimumRule | None = None) -> ResectionFigures:
        """All numbers of a plan that follow the hand.

        Parameters
        ----------
        rule
            The minimum that the remnant is held against.

        Raises
        ------
        PlanError
            As for `flr`.
        """
        state = self._state(plan)
        remnant = state.remnant
        in_liver = int(np.count_nonzero(remnant & self.box.liver))
        flr = int(np.count_nonzero(remnant))
        volumes = remnant_volumes(flr, in_liver, self._counts, self.box.grid.voxel_ml, rule)
        transection = self._transection(state)
        margins = tuple(tumor.margin(remnant, transection) for tumor in self._surfaces)
        change = similarity = None
        if self._released and self._released_in_box is not None:
            change = (flr - self._released.count) * self.box.grid.voxel_ml
            shared = int(np.count_nonzero(remnant & self._released_in_box))
            similarity = 2 * shared / (flr + self._released.count)
        return ResectionFigures(
            **vars(volumes),
            margins=margins,
            volume_change_ml=change,
            dice=similarity,
            findings=by_severity(self._findings(state, margins)),
        )

    def compare_with_released(self, plan: ResectionPlan) -> Comparison | None:
        """How far a plan's remnant differs from the released one; None where there is none.

        Raises
        ------
        PlanError
            As for `flr`.
        """
        return compare(self.flr(plan), self._released) if self._released is not None else None

    def transection(self, plan: ResectionPlan) -> Transection:
        """The surface along which a plan parts specimen and remnant.

        Raises
        ------
        PlanError
            As for `flr`.
        """
        return self._transection(self._state(plan))

    def _transection(self, state: State) -> Transection:
        return transection_of(self.box, state.remnant, self._replay.crossings(state))

    def _state(self, plan: ResectionPlan) -> State:
        plan.require_patient(self.patient_id, self.ct_series_uid)
        return self._replay.state(plan.start, plan.steps)

    def _findings(self, state: State, margins: Sequence[TumorMargin]) -> Iterator[Finding]:
        remnant = self.box.mask_of(state.remnant)
        for margin in margins:
            if margin.status is not TumorStatus.SPECIMEN:
                tumor = self.tumors[margin.tumor]
                yield tumor_left_behind(margin.tumor, tumor, tumor & remnant)
        for number in state.idle:
            yield Finding(
                Severity.WARNING,
                "step-without-effect",
                f"Step {number} ({describe(state.steps[number - 1])}) changes no voxel of the "
                "remnant.",
            )
        if remnant.is_empty:
            yield Finding(
                Severity.ALARM, "nothing-remains", "Nothing of the liver remains: no FLR is left."
            )
        elif self.liver.overlap(remnant) == self.liver.count:
            yield Finding(
                Severity.WARNING,
                "nothing-resected",
                "Nothing of the liver is resected: the FLR is the whole liver.",
            )


def tumors_by_label(segments: Sequence[MeasuredSegment]) -> dict[str, Mask]:
    """Tumours that have voxels, by a label that no two share."""
    tumors = filled(segments, Role.TUMOR)
    labels = Counter(tumor.label for tumor in tumors)
    return {
        t.label if labels[t.label] == 1 else f"{t.label} (segment {t.number})": t.mask
        for t in tumors
    }
