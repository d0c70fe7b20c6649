"""The session's state in the page's words: numbers with units, colours, sentences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS
from CRLMExplorerLib.cohort.grouping import grouping_columns
from CRLMExplorerLib.cohort.survival import SurvivalAnalysis
from CRLMExplorerLib.cohort.variables import variable_title
from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.measure import Volumetry
from CRLMExplorerLib.review import Case, ReviewSession, wording
from CRLMExplorerLib.review.wording import number
from CRLMExplorerWeb.page_state import Items

_ICONS = {
    Severity.ALARM: ("mdi-alert-octagon", "error"),
    Severity.WARNING: ("mdi-alert", "warning"),
    Severity.NOTE: ("mdi-information-outline", "info"),
}


def patient_rows(session: ReviewSession) -> Items:
    """The worklist as rows."""
    return [
        {
            "id": row.patient_id,
            "name": row.name,
            "flr": number(row.figures.get("flr_percent_functional"), "%", 0),
            "adequate": row.figures.get("adequate"),
            "tumors": number(row.figures.get("tumor_count"), "", 0),
            "alarms": row.figures.get("alarms") or 0,
            "state": row.review.state.value,
            "note": row.review.note,
            "sorted_by": _sorted_by(session, row.value(session.view.sort_key)),
        }
        for row in session.worklist
    ]


def sort_keys(session: ReviewSession) -> Items:
    """What the worklist can be ordered by."""
    keys = [{"value": key, "title": title} for key, title in wording.WORKLIST_ORDERS.items()]
    if session.table:
        keys += [{"value": c.name, "title": c.label} for c in VALUE_COLUMNS]
    return keys


def patient_header(case: Case | None) -> dict[str, Any]:
    """Who is open, on which CT."""
    if case is None:
        return {}
    return {
        "id": case.patient_id,
        "name": case.name if case.name != case.patient_id else "",
        "details": wording.who(case),
        "image": wording.image_line(case),
        "synthetic": wording.is_synthetic(case),
        "has_dso": case.dso is not None,
    }


def dso_choices(case: Case | None) -> Items:
    """The DSOs to switch between, the shown one first."""
    if case is None or case.choice.dso is None:
        return []
    return [
        {
            "value": dso.series_uid,
            "title": wording.dso_title(dso),
            "props": {"subtitle": wording.dso_subtitle(dso)},
        }
        for dso in (case.choice.dso, *case.choice.alternatives)
    ]


def segment_rows(session: ReviewSession) -> Items:
    """The segment table."""
    rows = []
    for segment in session.case.segments if session.case else ():
        look = session.look_of(segment)
        rows.append(
            {
                "number": segment.number,
                "label": segment.label,
                "role": segment.role.value,
                "volume": wording.volume_text(segment.mask.count, segment.mask.volume_ml),
                "empty": segment.mask.is_empty,
                "color": "#{:02x}{:02x}{:02x}".format(*segment.color),
                "code": segment.property_type.meaning if segment.property_type else "",
                "visible": look.visible,
                "filled": look.filled,
                "opacity": round(100 * look.opacity),
                "in_3d": look.in_3d,
            }
        )
    return rows


def size_rows(measured: Volumetry | None) -> Items:
    """The volumetry as pairs of name and value."""
    return [asdict(line) for line in wording.size_lines(measured)]


def verdict(measured: Volumetry | None) -> dict[str, Any]:
    """Whether the FLR suffices, in a word, a colour and the rule."""
    said = wording.verdict(measured)
    color = {True: "success", False: "error", None: "grey"}[said.adequate]
    return {"percent": said.percent, "text": said.text, "color": color, "rule": said.rule}


def finding_rows(case: Case | None) -> Items:
    """The findings, worst first."""
    rows: Items = []
    for index, finding in enumerate(case.findings if case else ()):
        icon, color = _ICONS[finding.severity]
        rows.append(
            {
                "index": index,
                "icon": icon,
                "color": color,
                "severity": finding.severity.value,
                "code": finding.code,
                "message": finding.message,
                "can_jump": finding.position_ras_mm is not None,
            }
        )
    return rows


def clinical_sections(case: Case | None) -> Items:
    """The clinical record, grouped."""
    if case is None or case.record is None:
        return []
    return [
        {
            "title": section.title,
            "rows": [
                {"label": row.label, "text": row.text, "tip": row.description, "key": row.column}
                for row in section.rows
            ],
        }
        for section in case.record.sections()
    ]


def groupings(session: ReviewSession, chosen: str) -> Items:
    """What survival can be grouped by: clinical columns, and the variable chosen elsewhere."""
    if session.table is None:
        return []
    choices = [{"value": "", "title": "All patients"}] + [
        {"value": column.name, "title": column.label} for column in grouping_columns(session.table)
    ]
    if all(choice["value"] != chosen for choice in choices):
        choices.append({"value": chosen, "title": variable_title(chosen)})
    return choices


def survival_rows(analysis: SurvivalAnalysis) -> Items:
    """Patients, events, medians and numbers at risk of each group."""
    rows = []
    for curve in analysis.curves:
        rows.append(
            {
                "label": curve.label,
                "patients": curve.patients,
                "events": curve.events,
                "median": wording.median_text(curve),
                "interval": wording.interval_text(curve),
                "at_risk": list(curve.at_risk),
            }
        )
    return rows


def _sorted_by(session: ReviewSession, value: object) -> str:
    return "" if session.view.sort_key in wording.WORKLIST_ORDERS else wording.order_text(value)
