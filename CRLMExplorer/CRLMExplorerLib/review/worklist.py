"""The patients of a database as a list to work through: its rows, filter and order.

It keeps the rows in step with the review file; it opens no patient and shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.cohort.values import Value
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.review.store import Figures, Review, ReviewState, ReviewStore, ReviewStoreError

_REVIEW_STATE = "review_state"
_STATES = [state.value for state in ReviewState]


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
    clinical: Mapping[str, Value]

    def value(self, key: str) -> Value:
        """What the row holds under a figure's, a clinical column's or one of its own names."""
        own: dict[str, Value] = {
            "patient_id": self.patient_id,
            "name": self.name,
            _REVIEW_STATE: self.review.state.value,
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
        See `WorklistRow.value`. Review states are ordered as a review goes on.
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
        return sorted(known, key=self._rank, reverse=self.descending) + unknown

    def _rank(self, row: WorklistRow) -> Any:
        value = row.value(self.sort_key)
        return _STATES.index(str(value)) if self.sort_key == _REVIEW_STATE else value


class Worklist:
    """The patients of a database, in step with the review file beside it.

    Parameters
    ----------
    database
        The patients.
    table
        The cohort's clinical table, if there is one.

    Attributes
    ----------
    view
        Which rows the reader wants to see, and in which order.
    problem
        Why the review file cannot be read; empty if it can. Nothing is written while it stands.
    """

    def __init__(self, database: DicomDatabase, table: ClinicalTable | None) -> None:
        self.view = WorklistView()
        self.problem = ""
        self._database = database
        self._table = table
        self._store = ReviewStore(database.directory)
        self._rows: dict[str, WorklistRow] = {}
        self.reload()

    @property
    def rows(self) -> list[WorklistRow]:
        """The patients the reader wants to see, in the order wanted."""
        return self.view.of(list(self._rows.values()))

    @property
    def patient_ids(self) -> list[str]:
        """All patients, whatever the view."""
        return list(self._rows)

    def review_of(self, patient_id: str) -> Review:
        """What was said of a patient."""
        return self._rows[patient_id].review if patient_id in self._rows else Review()

    def figures_of(self, patient_id: str) -> Figures:
        """What was measured of a patient; empty if nothing was."""
        return self._rows[patient_id].figures if patient_id in self._rows else {}

    def reload(self) -> None:
        """Read patients, reviews and figures again."""
        self._rows = {}
        for entry in self._database.patients():
            record = self._table.record(entry.patient_id) if self._table else None
            self._rows[entry.patient_id] = WorklistRow(
                entry.patient_id, entry.name, Review(), {}, record.values if record else {}
            )
        self.refresh()

    def refresh(self) -> None:
        """Read the review file again; another program may have written it."""
        try:
            reviews, figures = self._store.reviews(), self._store.figures()
        except ReviewStoreError as error:
            self.problem = str(error)
            return
        self.problem = ""
        for patient_id, row in self._rows.items():
            self._change(
                patient_id,
                review=reviews.get(patient_id, row.review),
                figures=figures.get(patient_id, row.figures),
            )

    def say(self, patient_id: str, review: Review) -> None:
        """Keep what a reader says of a patient; it is on disk when this returns.

        Raises
        ------
        ReviewStoreError
            If it cannot be kept, or the reader could not know what it would have replaced.
        """
        if self.problem:
            self.refresh()
            raise ReviewStoreError(
                self.problem
                or f"The review file can be read again, and {patient_id} was not changed: open the "
                "patient again to see what was said before."
            )
        self._store.save_review(patient_id, review)
        self._change(patient_id, review=review)

    def remember(self, patient_id: str, figures: Figures) -> None:
        """Keep what was measured of a patient."""
        # Figures can be measured again: that they are not kept is no news for a reader.
        with suppress(ReviewStoreError):
            if not self.problem:
                self._store.save_figures(patient_id, figures)
        self._change(patient_id, figures=figures)

    def _change(self, patient_id: str, **changes: Any) -> None:
        if patient_id in self._rows:
            self._rows[patient_id] = replace(self._rows[patient_id], **changes)
