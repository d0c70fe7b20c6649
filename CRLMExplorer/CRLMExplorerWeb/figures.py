"""Survival curves and distributions as Plotly figures, drawn by the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from CRLMExplorerLib.cohort.palette import OKABE_ITO
from CRLMExplorerLib.cohort.survival import PatientPosition, SurvivalAnalysis, SurvivalCurve
from CRLMExplorerLib.review.cohort_features import CohortValue

_PATIENT_COLOR = "#E5484D"


def survival_figure(
    analysis: SurvivalAnalysis, position: PatientPosition | None, dark: bool
) -> dict[str, Any]:
    """Step curves with their 95 % bands, censor marks, and the open patient.

    Parameters
    ----------
    analysis
        The curves.
    position
        The open patient on them, if on one.
    dark
        Whether the page is dark.
    """
    traces: list[dict[str, Any]] = []
    for curve, color in zip(analysis.curves, OKABE_ITO, strict=False):
        traces += _curve(curve, color, grouped=len(analysis.curves) > 1)
    if position:
        traces.append(_patient(position))
    ink, grid = _ink_and_grid(dark)
    axis = {"gridcolor": grid, "linecolor": grid, "zeroline": False, "fixedrange": False}
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink, "size": 12},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
        "height": 300,
        "showlegend": len(analysis.curves) > 1,
        "legend": {"orientation": "h", "y": 1.12, "x": 0},
        "xaxis": {
            **axis,
            "title": {"text": "Months after resection"},
            "rangemode": "tozero",
            "tickvals": list(analysis.ticks_months),
        },
        "yaxis": {**axis, "range": [0, 1.02], "tickformat": ".0%"},
        "hovermode": "closest",
    }
    return {"data": traces, "layout": layout}


def _curve(curve: SurvivalCurve, color: str, grouped: bool) -> list[dict[str, Any]]:
    months = list(curve.timeline_months)
    common = {"x": months, "mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    edge = {"shape": "hv", "width": 0, "color": color}
    fill = f"rgba({int(color[1:3], 16)},{int(color[3:5], 16)},{int(color[5:7], 16)},0.16)"
    return [
        {**common, "y": list(curve.upper), "line": edge},
        {**common, "y": list(curve.lower), "line": edge, "fill": "tonexty", "fillcolor": fill},
        {
            "x": months,
            "y": list(curve.survival),
            "mode": "lines",
            "name": curve.label,
            "line": {"shape": "hv", "width": 2, "color": color},
            "hovertemplate": "%{x:.1f} months: %{y:.0%}<extra>"
            + (curve.label if grouped else "")
            + "</extra>",
        },
        {
            "x": list(curve.censored_months),
            "y": [curve.survival_at(month) for month in curve.censored_months],
            "mode": "markers",
            "showlegend": False,
            "marker": {"symbol": "line-ns-open", "size": 6, "color": color},
            "hovertemplate": "censored at %{x:.1f} months<extra></extra>",
        },
    ]


def _patient(position: PatientPosition) -> dict[str, Any]:
    end = "event" if position.event else "last follow-up"
    return {
        "x": [position.months],
        "y": [position.survival],
        "mode": "markers",
        "name": position.patient_id,
        "showlegend": False,
        "marker": {
            "symbol": "circle" if position.event else "circle-open",
            "size": 13,
            "color": _PATIENT_COLOR,
            "line": {"width": 3, "color": _PATIENT_COLOR},
        },
        "hovertemplate": f"{position.patient_id}: {end} at %{{x:.1f}} months, cohort at %{{y:.0%}}"
        "<extra></extra>",
    }


def distribution_figure(
    values: Sequence[CohortValue], patient_id: str, region: str, unit: str, dark: bool
) -> dict[str, Any]:
    """A feature's values in the cohort as points with their box, the open patient's marked.

    Parameters
    ----------
    values
        All values.
    patient_id, region
        The open patient, whose other regions are marked open, and the region.
    unit
        The feature's unit; empty without.
    dark
        Whether the page is dark.
    """
    if not values:
        return {}
    mine = [one for one in values if one.patient_id == patient_id]
    ink, grid = _ink_and_grid(dark)
    box = {
        "type": "box",
        "x": [one.value for one in values],
        "y0": 0,
        "text": [f"{one.patient_id}, {one.region}" for one in values],
        "hovertemplate": "%{text}: %{x:.5g}<extra></extra>",
        "boxpoints": "all",
        "jitter": 0.6,
        "pointpos": 0,
        "marker": {"size": 5, "color": OKABE_ITO[0], "opacity": 0.7},
        "line": {"color": OKABE_ITO[0], "width": 1},
        "fillcolor": "rgba(0,114,178,0.12)",
        "showlegend": False,
    }
    marks = {
        "x": [one.value for one in mine],
        "y": [0] * len(mine),
        "text": [one.region for one in mine],
        "mode": "markers",
        "showlegend": False,
        "marker": {
            "symbol": ["diamond" if one.region == region else "diamond-open" for one in mine],
            "size": [13 if one.region == region else 8 for one in mine],
            "color": _PATIENT_COLOR,
            "line": {"width": 2, "color": _PATIENT_COLOR},
        },
        "hovertemplate": f"{patient_id}, %{{text}}: %{{x:.5g}}<extra></extra>",
    }
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink, "size": 11},
        "margin": {"l": 12, "r": 12, "t": 4, "b": 34 if unit else 20},
        "height": 130,
        "xaxis": {"gridcolor": grid, "linecolor": grid, "zeroline": False, "title": {"text": unit}},
        "yaxis": {"visible": False, "range": [-0.6, 0.6], "fixedrange": True},
        "hovermode": "closest",
    }
    return {"data": [box, marks], "layout": layout}


def _ink_and_grid(dark: bool) -> tuple[str, str]:
    return ("#c9d1d9", "#30363d") if dark else ("#24292f", "#d8dee4")
