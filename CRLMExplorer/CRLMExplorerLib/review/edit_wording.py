"""An FLR edit in a reader's words: choices, lines and sentences for every face.

It gives text; colours, icons and layout are a face's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.findings import PointRAS, Severity
from CRLMExplorerLib.resection.comparison import Comparison
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.margins import TumorStatus
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER
from CRLMExplorerLib.resection.revision import Revision
from CRLMExplorerLib.resection.steps import EVERY_TUMOR
from CRLMExplorerLib.review.editing import Editing
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerLib.review.wording import DASH, Line, Verdict, number

SPHERE = "@"
"""Among the tumours to cut out: a sphere at the crosshair instead."""

Choice = tuple[str, str]
"""A value and its title."""

_R1_MM = 1.0
_VERDICTS = {True: "adequate", False: "below minimum", None: "no minimum"}


@dataclass(frozen=True)
class RevisionLine:
    """A revision, as a list shows it."""

    number: str
    when: str
    reader: str
    flr: str
    note: str
    series_uid: str


@dataclass(frozen=True)
class MarginLine:
    """A tumour: where it goes, and how far the transection is from it.

    Attributes
    ----------
    is_left
        Whether any of it stays in the patient.
    is_close
        Whether the margin is below 1 mm.
    """

    tumor: str
    status: str
    margin: str
    is_left: bool
    is_close: bool


def start_choices(editing: Editing) -> list[Choice]:
    """What an edit can start from, the latest revision first."""
    choices = [(RELEASED, "Released FLR"), (WHOLE_LIVER, "Whole liver")]
    return choices + [(str(one.number), _named(one)) for one in reversed(editing.revisions)]


def pending_sentence(editing: Editing) -> str:
    """What was not saved, and when; empty where nothing waits."""
    if editing.pending is None or editing.edit is not None:
        return ""
    when = editing.pending.when.astimezone()
    return f"An edit of {when:%d %b %Y, %H:%M} was not saved."


def elsewhere_sentence(editing: Editing) -> str:
    """That another reader is at work on the same patient; empty while none is."""
    if not editing.is_edited_elsewhere:
        return ""
    return "Another CRLM Explorer edits this FLR now; each edit is kept and saved by itself."


def revision_lines(editing: Editing) -> list[RevisionLine]:
    """The revisions, newest first."""
    return [
        RevisionLine(
            str(revision.number),
            f"{revision.date_time:%Y-%m-%d %H:%M}",
            revision.reader or DASH,
            number(revision.flr_ml, "mL", 0),
            revision.note,
            revision.series_uid,
        )
        for revision in reversed(editing.revisions)
    ]


def tumor_choices(edit: FlrEdit) -> list[Choice]:
    """What a wedge can be made around."""
    return [
        (EVERY_TUMOR, "Every tumour"),
        *((label, label) for label in edit.resection.tumors),
        (SPHERE, "Sphere at the crosshair"),
    ]


def figure_lines(figures: ResectionFigures) -> tuple[Line, ...]:
    """The numbers that follow the hand."""
    return (
        Line("FLR", number(figures.flr_ml, "mL", 0), "Future liver remnant: what the plan leaves."),
        Line("FLR of total liver", number(figures.flr_percent_total, "%", 1), "FLR / liver."),
        Line("Resected", number(figures.resected_ml, "mL", 0), "Liver that is not in the remnant."),
        Line(
            "Change against released",
            _signed(figures.volume_change_ml),
            "Volume of this FLR less that of the released one.",
        ),
    )


def margin_lines(figures: ResectionFigures) -> list[MarginLine]:
    """Each tumour: where it goes and how far the transection is from it."""
    return [
        MarginLine(
            margin.tumor,
            margin.status.value,
            number(margin.margin_mm, "mm", 1),
            margin.status is not TumorStatus.SPECIMEN,
            margin.margin_mm is not None and margin.margin_mm < _R1_MM,
        )
        for margin in figures.margins
    ]


def has_alarm(figures: ResectionFigures) -> bool:
    """Whether the plan must not be carried out as it is, e.g. leaves a tumour."""
    return any(finding.severity is Severity.ALARM for finding in figures.findings)


def verdict(figures: ResectionFigures) -> Verdict:
    """Whether the edited FLR suffices; with an alarm it does not."""
    percent, rule = number(figures.flr_percent_functional, "%", 1), figures.minimum_rule or ""
    if has_alarm(figures):
        return Verdict(percent, "tumour left", False, rule)
    return Verdict(percent, _VERDICTS[figures.adequate], figures.adequate, rule)


def comparison_sentence(comparison: Comparison | None) -> str:
    """How far two remnants differ; empty where they are not compared."""
    if comparison is None:
        return ""
    dice = DASH if comparison.dice is None else f"{comparison.dice:.3f}"
    return (
        f"Dice {dice} · 95 % Hausdorff {number(comparison.hd95_mm, 'mm', 1)} · mean surface "
        f"distance {number(comparison.mean_surface_distance_mm, 'mm', 1)} · "
        f"{_signed(comparison.volume_change_ml)}"
    )


def triple(values: PointRAS, decimals: int) -> str:
    """Three numbers as the reader types them."""
    return ", ".join(f"{value:.{decimals}f}" for value in values)


def _named(revision: Revision) -> str:
    reader = f", {revision.reader}" if revision.reader else ""
    return f"Revision {revision.number}{reader}, {revision.date_time:%d %b %Y}"


def _signed(ml: float | None) -> str:
    return DASH if ml is None else f"{ml:+,.0f} mL".replace(",", " ").replace("-", "−")
