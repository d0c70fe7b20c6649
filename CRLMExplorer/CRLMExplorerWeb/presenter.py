"""The session's state in the page's words: numbers with units, colours, sentences."""

from __future__ import annotations

from typing import Any

from CRLMExplorerLib.cohort.columns import VALUE_COLUMNS
from CRLMExplorerLib.cohort.grouping import grouping_columns
from CRLMExplorerLib.cohort.survival import SurvivalAnalysis
from CRLMExplorerLib.findings import Severity
from CRLMExplorerLib.measure import Volumetry
from CRLMExplorerLib.review import Case, ReviewSession
from CRLMExplorerWeb.page_state import Items

_ICONS = {
    Severity.ALARM: ("mdi-alert-octagon", "error"),
    Severity.WARNING: ("mdi-alert", "warning"),
    Severity.NOTE: ("mdi-information-outline", "info"),
}
_DASH = "–"
_OWN_SORT_KEYS = {
    "patient_id": "Patient",
    "name": "Name",
    "flr_percent_functional": "FLR % of functional liver",
    "tumor_count": "Tumour count",
    "alarms": "Alarms",
    "review_state": "Review state",
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
    keys = [{"value": key, "title": title} for key, title in _OWN_SORT_KEYS.items()]
    if session.table:
        keys += [{"value": c.name, "title": c.label} for c in VALUE_COLUMNS]
    return keys


def patient_header(case: Case | None) -> dict[str, Any]:
    """Who is open, on which CT."""
    if case is None:
        return {}
    details = []
    if case.record:
        rows = {row.column: row.text for s in case.record.sections() for row in s.rows}
        details = [f"{rows['age']}", rows["sex"]]
    ct = case.ct
    texts = [case.name, case.choice.ct.description if case.choice.ct else ""]
    image = ""
    if ct:
        size = " × ".join(str(n) for n in ct.grid.shape_kji[::-1])
        spacing = " × ".join(f"{mm:.2f}" for mm in ct.grid.spacing_mm)
        image = f"{ct.description or 'CT'} · {size} · {spacing} mm · {ct.patient_position}"
    return {
        "id": case.patient_id,
        "name": case.name if case.name != case.patient_id else "",
        "details": ", ".join(details),
        "image": image,
        "synthetic": any("SYNTHETIC" in text.upper() for text in texts),
        "has_dso": case.dso is not None,
    }


def dso_choices(case: Case | None) -> Items:
    """The DSOs to switch between, the shown one first."""
    if case is None or case.choice.dso is None:
        return []
    return [
        {
            "value": dso.series_uid,
            "title": dso.description or "DSO without description",
            "props": {"subtitle": f"{dso.date or 'no date'} · {len(dso.segment_labels)} segments"},
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
                "volume": number(segment.mask.volume_ml, "", 1 if segment.mask.count else 0),
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
    if measured is None:
        return []
    rows = [
        ("Liver", number(measured.liver_ml, "mL", 0), "Total liver volume: the Liver segment."),
        (
            "Functional liver",
            number(measured.functional_liver_ml, "mL", 0),
            "Liver without its tumours.",
        ),
        ("FLR", number(measured.flr_ml, "mL", 0), "Future liver remnant: the remnant segment."),
        (
            "FLR of functional liver",
            number(measured.flr_percent_functional, "%", 1),
            "FLR / (liver − tumours).",
        ),
        ("FLR of total liver", number(measured.flr_percent_total, "%", 1), "FLR / liver."),
        (
            "Resected",
            number(measured.resected_ml, "mL", 0),
            "Liver that is not in the remnant.",
        ),
        (
            "Tumours",
            f"{measured.tumor_count} · {number(measured.tumor_total_ml, 'mL', 1)}",
            "Number of tumour segments; volume of their union, overlaps counted once.",
        ),
        (
            "Tumour burden",
            number(measured.tumor_burden_percent, "%", 1),
            "Tumour inside the liver / liver.",
        ),
    ]
    for tumor in measured.tumors:
        rows.append(
            (
                tumor.label,
                f"{number(tumor.volume_ml, 'mL', 1)} · {tumor.longest_axial_mm:.0f} mm axial · "
                f"{tumor.longest_3d_mm:.0f} mm 3D",
                "Volume; longest diameter within a slice and in any direction, edge to edge.",
            )
        )
    for flr in measured.standardized_flr:
        liver = flr.liver
        rows.append(
            (
                f"sFLR, {liver.formula}",
                f"{flr.percent:.1f} %",
                f"FLR / standard liver of {liver.volume_ml:.0f} mL; body surface "
                f"{liver.surface_m2:.2f} m² after {liver.surface_formula}.",
            )
        )
    if measured.flr_to_body_weight_percent is not None:
        rows.append(
            (
                "FLR to body weight",
                f"{measured.flr_to_body_weight_percent:.2f} %",
                "FLR in mL / weight in g; 0.5 % is a common threshold.",
            )
        )
    return [{"name": name, "value": value, "tip": tip} for name, value, tip in rows]


def verdict(measured: Volumetry | None) -> dict[str, Any]:
    """Whether the FLR suffices, in a word, a colour and the rule."""
    if measured is None or measured.flr_percent_functional is None:
        return {"percent": _DASH, "text": "FLR unknown", "color": "grey", "rule": ""}
    text, color = {
        True: ("adequate", "success"),
        False: ("below minimum", "error"),
        None: ("no minimum", "grey"),
    }[measured.adequate]
    return {
        "percent": f"{measured.flr_percent_functional:.1f} %",
        "text": text,
        "color": color,
        "rule": measured.minimum_rule or "",
    }


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


def groupings(session: ReviewSession) -> Items:
    """What survival can be grouped by."""
    if session.table is None:
        return []
    return [{"value": "", "title": "All patients"}] + [
        {"value": column.name, "title": column.label} for column in grouping_columns(session.table)
    ]


def survival_rows(analysis: SurvivalAnalysis) -> Items:
    """Patients, events, medians and numbers at risk of each group."""
    rows = []
    for curve in analysis.curves:
        low, high = (number(m, "", 0, "not reached") for m in curve.median_interval_months)
        rows.append(
            {
                "label": curve.label,
                "patients": curve.patients,
                "events": curve.events,
                "median": number(curve.median_months, "", 0, missing="not reached"),
                "interval": f"{low} – {high}" if curve.median_months is not None else "",
                "at_risk": list(curve.at_risk),
            }
        )
    return rows


def survival_note(analysis: SurvivalAnalysis) -> str:
    """Test, ticks and who was left out."""
    texts = []
    if analysis.log_rank_p is not None:
        p = analysis.log_rank_p
        texts.append("log-rank p < 0.001" if p < 0.001 else f"log-rank p = {p:.3f}")
    if analysis.left_out:
        texts.append(f"{analysis.left_out} patients without a value left out")
    return " · ".join(texts)


def _sorted_by(session: ReviewSession, value: object) -> str:
    key = session.view.sort_key
    if key in _OWN_SORT_KEYS:
        return ""
    return _DASH if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def number(value: object, unit: str, decimals: int, missing: str = _DASH) -> str:
    """A number with its unit; ``missing`` if it is none."""
    if not isinstance(value, int | float):
        return missing
    return f"{value:,.{decimals}f} {unit}".replace(",", " ").rstrip()
