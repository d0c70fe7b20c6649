"""An FLR edit in the page's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from CRLMExplorerLib.findings import PointRAS, Severity
from CRLMExplorerLib.resection.comparison import Comparison
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.margins import TumorStatus
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER
from CRLMExplorerLib.resection.revision import Revision
from CRLMExplorerLib.resection.steps import EVERY_TUMOR
from CRLMExplorerLib.review.editing import Editing
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerLib.review.wording import number
from CRLMExplorerWeb.page_state import Items

_STATUS_COLORS = {
    TumorStatus.SPECIMEN: "success",
    TumorStatus.REMNANT: "error",
    TumorStatus.CUT: "error",
}
R1_MM = 1.0
SPHERE = "@"


def start_choices(editing: Editing) -> Items:
    """What an edit can start from, the latest revision first."""
    choices = [
        {"value": RELEASED, "title": "Released FLR"},
        {"value": WHOLE_LIVER, "title": "Whole liver"},
    ]
    for revision in reversed(editing.revisions):
        choices.append({"value": str(revision.number), "title": _named(revision)})
    return choices


def pending_sentence(editing: Editing) -> str:
    """What was not saved, and when."""
    if editing.pending is None or editing.edit is not None:
        return ""
    when = editing.pending.when.astimezone()
    return f"An edit of {when:%d %b %Y, %H:%M} was not saved."


def elsewhere_sentence(editing: Editing) -> str:
    """That another reader is at work on the same patient."""
    if not editing.is_edited_elsewhere:
        return ""
    return "Another CRLM Explorer edits this FLR now; each edit is kept and saved by itself."


def revision_rows(editing: Editing) -> Items:
    """The revisions, newest first."""
    return [
        {
            "number": str(revision.number),
            "when": f"{revision.date_time:%Y-%m-%d %H:%M}",
            "reader": revision.reader or "–",
            "flr": number(revision.flr_ml, "mL", 0),
            "note": revision.note,
            "series_uid": revision.series_uid,
        }
        for revision in reversed(editing.revisions)
    ]


def tumor_choices(edit: FlrEdit) -> Items:
    """What a wedge can be made around."""
    return [
        {"value": EVERY_TUMOR, "title": "Every tumour"},
        *({"value": label, "title": label} for label in edit.resection.tumors),
        {"value": SPHERE, "title": "Sphere at the crosshair"},
    ]


def step_rows(edit: FlrEdit) -> Items:
    """Every state that was gone through."""
    return [
        {"position": position, "label": label, "is_current": position == edit.history.position}
        for position, label in enumerate(edit.history.labels)
    ]


def figure_rows(figures: ResectionFigures) -> Items:
    """The numbers that follow the hand."""
    rows = (
        ("FLR", number(figures.flr_ml, "mL", 0)),
        ("FLR of total liver", number(figures.flr_percent_total, "%", 1)),
        ("Resected", number(figures.resected_ml, "mL", 0)),
        ("Change against released", _signed(figures.volume_change_ml)),
    )
    return [{"name": name, "value": value} for name, value in rows]


def margin_rows(figures: ResectionFigures) -> Items:
    """Each tumour: where it goes and how far the transection is from it."""
    return [
        {
            "tumor": margin.tumor,
            "status": margin.status.value,
            "color": _STATUS_COLORS[margin.status],
            "margin": number(margin.margin_mm, "mm", 1),
            "is_close": margin.margin_mm is not None and margin.margin_mm < R1_MM,
        }
        for margin in figures.margins
    ]


def alarm_rows(figures: ResectionFigures) -> Items:
    """What a reader must know of the plan, worst first."""
    return [
        {"message": finding.message, "is_alarm": finding.severity is Severity.ALARM}
        for finding in figures.findings
    ]


def verdict(figures: ResectionFigures) -> dict[str, Any]:
    """Whether the edited FLR suffices."""
    text, color = {
        True: ("adequate", "success"),
        False: ("below minimum", "error"),
        None: ("no minimum", "grey"),
    }[figures.adequate]
    if any(finding.severity is Severity.ALARM for finding in figures.findings):
        text, color = "tumour left", "error"
    return {
        "percent": number(figures.flr_percent_functional, "%", 1),
        "text": text,
        "color": color,
        "rule": figures.minimum_rule or "",
    }


def comparison_sentence(comparison: Comparison | None) -> str:
    """How far two remnants differ."""
    if comparison is None:
        return ""
    dice = "–" if comparison.dice is None else f"{comparison.dice:.3f}"
    return (
        f"Dice {dice} · 95 % Hausdorff {number(comparison.hd95_mm, 'mm', 1)} · mean surface "
        f"distance {number(comparison.mean_surface_distance_mm, 'mm', 1)} · "
        f"{_signed(comparison.volume_change_ml)}"
    )


def point_rows(points_ras_mm: Sequence[PointRAS]) -> Items:
    """The points of a curve, as the reader types them."""
    return [{"index": index, "text": triple(point, 1)} for index, point in enumerate(points_ras_mm)]


def triple(values: tuple[float, float, float], decimals: int) -> str:
    """Three numbers as the reader types them."""
    return ", ".join(f"{value:.{decimals}f}" for value in values)


def _named(revision: Revision) -> str:
    reader = f", {revision.reader}" if revision.reader else ""
    return f"Revision {revision.number}{reader}, {revision.date_time:%d %b %Y}"


def _signed(ml: float | None) -> str:
    return "–" if ml is None else f"{ml:+,.0f} mL".replace(",", " ").replace("-", "−")
