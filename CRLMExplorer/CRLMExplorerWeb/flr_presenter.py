"""An FLR edit as the page lists it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from CRLMExplorerLib.findings import PointRAS, Severity
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.review import edit_wording as wording
from CRLMExplorerLib.review.editing import Editing
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerWeb.page_state import Items

_COLORS = {True: "success", False: "error", None: "grey"}


def choices(pairs: Sequence[wording.Choice]) -> Items:
    """Values and titles, as a list to choose from has them."""
    return [{"value": value, "title": title} for value, title in pairs]


def revision_rows(editing: Editing) -> Items:
    """The revisions, newest first."""
    return [asdict(line) for line in wording.revision_lines(editing)]


def step_rows(edit: FlrEdit) -> Items:
    """Every state that was gone through."""
    return [
        {"position": position, "label": label, "is_current": position == edit.history.position}
        for position, label in enumerate(edit.history.labels)
    ]


def figure_rows(figures: ResectionFigures) -> Items:
    """The numbers that follow the hand."""
    return [{"name": line.name, "value": line.value} for line in wording.figure_lines(figures)]


def margin_rows(figures: ResectionFigures) -> Items:
    """Each tumour: where it goes and how far the transection is from it."""
    return [
        {**asdict(line), "color": _COLORS[not line.is_left]}
        for line in wording.margin_lines(figures)
    ]


def alarm_rows(figures: ResectionFigures) -> Items:
    """What a reader must know of the plan, worst first."""
    return [
        {"message": finding.message, "is_alarm": finding.severity is Severity.ALARM}
        for finding in figures.findings
    ]


def verdict(figures: ResectionFigures) -> dict[str, Any]:
    """Whether the edited FLR suffices."""
    said = wording.verdict(figures)
    return {
        "percent": said.percent,
        "text": said.text,
        "color": _COLORS[said.adequate],
        "rule": said.rule,
    }


def point_rows(points_ras_mm: Sequence[PointRAS]) -> Items:
    """The points of a curve, as the reader types them."""
    return [
        {"index": index, "text": wording.triple(point, 1)}
        for index, point in enumerate(points_ras_mm)
    ]
