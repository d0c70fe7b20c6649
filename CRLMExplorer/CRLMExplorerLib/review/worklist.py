"""The patients of a database as a list to work through: what a row holds, filter and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from CRLMExplorerLib.cohort.values import Value
from CRLMExplorerLib.review.store import Figures, Review, ReviewState


@dataclass(frozen=True)
class WorklistRow:
    """A patient in the worklist.

    Attributes
    ----------
    patient_id, name
        PatientID and PatientName.
    review
        The reader's word on the patient.
    figures
        What was measured, by name with unit; empty before the patient was measured.
    clinical
        The clinical record by column; empty without one.
    """

    patient_id: str
    name: str
    review: Review
    figures: Figures
    clinical: dict[str, Value]

    def value(self, key: str) -> Value:
        """What the row holds under a figure's, a clinical column's or one of its own names."""
        own: dict[str, Value] = {
            "patient_id": self.patient_id,
            "name": self.name,
            "review_state": self.review.state.value,
        }
        for source in (own, self.figures, self.clinical):
            if key in source:
                return source[key]
        return None


@dataclass(frozen=True)
class WorklistView:
    """Which rows a reader wants to see, and in which order.

    Attributes
    ----------
    text
        Part of PatientID, PatientName or note; upper and lower case are the same.
    state
        Only patients in this review state; None for all.
    sort_key
        See `WorklistRow.value`.
    descending
        Greatest first. Rows without a value come last either way.
    """

    text: str = ""
    state: ReviewState | None = None
    sort_key: str = "patient_id"
    descending: bool = False

    def of(self, rows: Sequence[WorklistRow]) -> list[WorklistRow]:
        """The rows wanted, in the order wanted."""
        text = self.text.casefold().strip()
        wanted = [
            row
            for row in rows
            if (self.state is None or row.review.state is self.state)
            and text in f"{row.patient_id}\n{row.name}\n{row.review.note}".casefold()
        ]
        known = [row for row in wanted if row.value(self.sort_key) is not None]
        unknown = [row for row in wanted if row.value(self.sort_key) is None]
        known.sort(key=lambda row: row.value(self.sort_key), reverse=self.descending)  # type: ignore[arg-type, return-value]
        return known + unknown
