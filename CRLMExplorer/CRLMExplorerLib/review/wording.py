"""The open patient in a reader's words: numbers with units, lines and sentences for every face.

It gives text; colours, icons and layout are a face's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.cohort.survival import SurvivalAnalysis, SurvivalCurve
from CRLMExplorerLib.dicom.choice import DsoCandidate
from CRLMExplorerLib.measure import Volumetry
from CRLMExplorerLib.review.case import Case

DASH = "–"

WORKLIST_ORDERS = {
    "patient_id": "Patient",
    "name": "Name",
    "flr_percent_functional": "FLR % of functional liver",
    "tumor_count": "Tumour count",
    "alarms": "Alarms",
    "review_state": "Review state",
}
"""What a worklist can be ordered by beside the clinical columns: key and title."""


@dataclass(frozen=True)
class Line:
    """A name, its value with unit, and what it means."""

    name: str
    value: str
    tip: str


@dataclass(frozen=True)
class Verdict:
    """Whether the FLR suffices.

    Attributes
    ----------
    percent
        FLR of the functional liver, as text.
    text
        The verdict in a word or two.
    adequate
        Whether it reaches the minimum; None where that is not known.
    rule
        Which minimum applies and why; empty where the FLR is not known.
    """

    percent: str
    text: str
    adequate: bool | None
    rule: str


def number(value: object, unit: str, decimals: int, missing: str = DASH) -> str:
    """A number with its unit; ``missing`` if it is none."""
    if not isinstance(value, (int, float)):
        return missing
    return f"{value:,.{decimals}f} {unit}".replace(",", " ").rstrip()


def order_text(value: object) -> str:
    """What a patient is ordered by, as it is shown beside the patient."""
    if value is None:
        return DASH
    return f"{value:g}" if isinstance(value, float) else str(value)


def who(case: Case) -> str:
    """Age and sex, e.g. ``63 years, male``; empty without a record."""
    if case.record is None:
        return ""
    rows = {row.column: row.text for s in case.record.sections() for row in s.rows}
    return f"{rows['age']}, {rows['sex']}"


def image_line(case: Case) -> str:
    """The CT with its size, spacing and the patient's position; empty without a CT."""
    if case.ct is None:
        return ""
    size = " × ".join(str(n) for n in case.ct.grid.shape_kji[::-1])
    spacing = " × ".join(f"{mm:.2f}" for mm in case.ct.grid.spacing_mm)
    return f"{case.ct.description or 'CT'} · {size} · {spacing} mm · {case.ct.patient_position}"


def is_synthetic(case: Case) -> bool:
    """Whether the patient is made up, by what the files say of themselves."""
    texts = (case.name, case.choice.ct.description if case.choice.ct else "")
    return any("SYNTHETIC" in text.upper() for text in texts)


def dso_title(dso: DsoCandidate) -> str:
    """What a DSO calls itself."""
    return dso.description or "DSO without description"


def dso_subtitle(dso: DsoCandidate) -> str:
    """When a DSO was made, and how many segments it has."""
    return f"{dso.date or 'no date'} · {len(dso.segment_labels)} segments"


def volume_text(voxels: int, volume_ml: float) -> str:
    """A segment's volume in mL, without the unit."""
    return number(volume_ml, "", 1 if voxels else 0)


def size_lines(measured: Volumetry | None) -> tuple[Line, ...]:
    """The volumetry, line by line."""
    if measured is None:
        return ()
    lines = [
        Line("Liver", number(measured.liver_ml, "mL", 0), "Total liver volume: the Liver segment."),
        Line(
            "Functional liver",
            number(measured.functional_liver_ml, "mL", 0),
            "Liver without its tumours.",
        ),
        Line("FLR", number(measured.flr_ml, "mL", 0), "Future liver remnant: the remnant segment."),
        Line(
            "FLR of functional liver",
            number(measured.flr_percent_functional, "%", 1),
            "FLR / (liver − tumours).",
        ),
        Line("FLR of total liver", number(measured.flr_percent_total, "%", 1), "FLR / liver."),
        Line(
            "Resected", number(measured.resected_ml, "mL", 0), "Liver that is not in the remnant."
        ),
        Line(
            "Tumours",
            f"{measured.tumor_count} · {number(measured.tumor_total_ml, 'mL', 1)}",
            "Number of tumour segments; volume of their union, overlaps counted once.",
        ),
        Line(
            "Tumour burden",
            number(measured.tumor_burden_percent, "%", 1),
            "Tumour inside the liver / liver.",
        ),
    ]
    lines += [
        Line(
            tumor.label,
            f"{number(tumor.volume_ml, 'mL', 1)} · {tumor.longest_axial_mm:.0f} mm axial · "
            f"{tumor.longest_3d_mm:.0f} mm 3D",
            "Volume; longest diameter within a slice and in any direction, edge to edge.",
        )
        for tumor in measured.tumors
    ]
    lines += [
        Line(
            f"sFLR, {flr.liver.formula}",
            f"{flr.percent:.1f} %",
            f"FLR / standard liver of {flr.liver.volume_ml:.0f} mL; body surface "
            f"{flr.liver.surface_m2:.2f} m² after {flr.liver.surface_formula}.",
        )
        for flr in measured.standardized_flr
    ]
    if measured.flr_to_body_weight_percent is not None:
        lines.append(
            Line(
                "FLR to body weight",
                f"{measured.flr_to_body_weight_percent:.2f} %",
                "FLR in mL / weight in g; 0.5 % is a common threshold.",
            )
        )
    return tuple(lines)


def verdict(measured: Volumetry | None) -> Verdict:
    """Whether the FLR suffices."""
    if measured is None or measured.flr_percent_functional is None:
        return Verdict(DASH, "FLR unknown", None, "")
    text = {True: "adequate", False: "below minimum", None: "no minimum"}[measured.adequate]
    percent = number(measured.flr_percent_functional, "%", 1)
    return Verdict(percent, text, measured.adequate, measured.minimum_rule or "")


def median_text(curve: SurvivalCurve) -> str:
    """The median in months."""
    return number(curve.median_months, "", 0, missing="not reached")


def interval_text(curve: SurvivalCurve) -> str:
    """The 95 % interval of the median in months; empty without a median."""
    if curve.median_months is None:
        return ""
    low, high = (number(m, "", 0, "not reached") for m in curve.median_interval_months)
    return f"{low} – {high}"


def survival_note(analysis: SurvivalAnalysis) -> str:
    """Test, and who was left out."""
    texts = []
    if analysis.log_rank_p is not None:
        p = analysis.log_rank_p
        texts.append("log-rank p < 0.001" if p < 0.001 else f"log-rank p = {p:.3f}")
    if analysis.left_out:
        texts.append(f"{analysis.left_out} patients without a value left out")
    return " · ".join(texts)
