"""One patient's clinical record, and how it is read.

This knows the schema and a patient's values; it must not know where they came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS, Column, Group, column_named
from CRLMExplorerLib.cohort.risk_score import clinical_risk_score
from CRLMExplorerLib.cohort.values import Value

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class RecordRow:
    """A line of the record.

    Attributes
    ----------
    column
        Name of the column it comes from.
    label, text
        What a reader sees: the name, and the value with its unit.
    description
        What the column means.
    """

    column: str
    label: str
    text: str
    description: str


@dataclass(frozen=True)
class RecordSection:
    """The lines under one heading."""

    title: str
    rows: tuple[RecordRow, ...]


@dataclass(frozen=True)
class PatientRecord:
    """A patient's row of the clinical table.

    Attributes
    ----------
    patient_id
        The id, as in DICOM.
    values
        Value by column name in original spelling, as plain Python (JSON-able); None is missing.
    descriptions
        What each column means.
    """

    patient_id: str
    values: Mapping[str, Value]
    descriptions: Mapping[str, str]

    def value(self, column: str) -> Value:
        """The value in a column, in original or archive spelling; None is missing.

        Raises
        ------
        KeyError
            If the schema has no such column.
        """
        known = column_named(column)
        return self.values[known.name if known else column]

    def sections(self) -> tuple[RecordSection, ...]:
        """The record grouped for reading."""
        return tuple(RecordSection(group.value, tuple(self._rows(group))) for group in Group)

    def _rows(self, group: Group) -> Iterator[RecordRow]:
        for column in VALUE_COLUMNS:
            if column.group is not group:
                continue
            value = self.value(column.name)
            yield RecordRow(
                column.name,
                column.label,
                display_text(column, value),
                self.descriptions[column.name],
            )
            if column.name == "clinrisk_score" and (text := self._other_score()):
                yield RecordRow(
                    column.name,
                    "Clinical Risk Score, recomputed",
                    text,
                    "The score from the record's own items; shown because the spreadsheet's "
                    "score differs.",
                )

    def _other_score(self) -> str | None:
        """The recomputed score where it contradicts the spreadsheet's."""
        stated = self.value("clinrisk_score")
        least, greatest = clinical_risk_score(self.values)
        if stated is None or least <= int(stated) <= greatest:
            return None
        return f"{least} of 5" if least == greatest else f"{least} to {greatest} of 5"


def display_text(column: Column, value: Value) -> str:
    """A value as a reader sees it, with its unit, e.g. ``21.9 kg/m²`` or ``yes``."""
    if value is None:
        return NOT_RECORDED
    if column.labels:
        return column.labels[int(value)]
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {column.unit}" if column.unit else text
