"""What the page shows, as typed values that travel to the browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Items = list[dict[str, Any]]


@dataclass
class PageState:
    """The state of the page; every field is plain data.

    Attributes
    ----------
    patients, worklist_text, worklist_state, worklist_sort, worklist_descending, sort_keys
        The worklist, its filter and order, and what it can be ordered by.
    patient
        Header of the open patient; empty before one is open.
    dso, dsos
        SeriesInstanceUID of the shown DSO, and the choices.
    segments, sizes, verdict, findings, clinical
        Rows of the panel's parts.
    are_notes_open
        Whether findings that are mere notes are shown.
    minimum_percent, height_cm, weight_kg
        What the reader typed in.
    endpoint, group_by, groupings, survival_figure, survival_rows, survival_note
        The survival part.
    review_state, review_note
        The reader's word on the patient.
    window, layout, dark, tab, is_worklist_open, is_help_open, error, jobs
        The page itself.
    """

    patients: Items = field(default_factory=list)
    worklist_text: str = ""
    worklist_state: str = ""
    worklist_sort: str = "patient_id"
    worklist_descending: bool = False
    sort_keys: Items = field(default_factory=list)
    patient: dict[str, Any] = field(default_factory=dict)
    dso: str = ""
    dsos: Items = field(default_factory=list)
    segments: Items = field(default_factory=list)
    sizes: Items = field(default_factory=list)
    verdict: dict[str, Any] = field(default_factory=dict)
    findings: Items = field(default_factory=list)
    are_notes_open: bool = False
    clinical: Items = field(default_factory=list)
    minimum_percent: str = ""
    height_cm: str = ""
    weight_kg: str = ""
    endpoint: str = "overall"
    group_by: str = ""
    groupings: Items = field(default_factory=list)
    survival_figure: dict[str, Any] = field(default_factory=dict)
    survival_rows: Items = field(default_factory=list)
    survival_note: str = ""
    review_state: str = "not seen"
    review_note: str = ""
    window: str = "PORTAL_VENOUS"
    layout: str = "Four-up"
    dark: bool = True
    tab: str = "segments"
    is_worklist_open: bool = True
    is_help_open: bool = False
    error: str = ""
    jobs: Items = field(default_factory=list)
