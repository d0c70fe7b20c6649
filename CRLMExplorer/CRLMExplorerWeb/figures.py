"""Survival curves as a Plotly figure, drawn by the page itself."""

from __future__ import annotations

from typing import Any

from CRLMExplorerLib.cohort.survival import PatientPosition, SurvivalAnalysis, SurvivalCurve

# Okabe and Ito's colours can be told apart by readers with any colour vision.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
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
    for curve, color in zip(analysis.curves, _COLORS, strict=False):
        traces += _curve(curve, color, grouped=len(analysis.curves) > 1)
    if position:
        traces.append(_patient(position))
    ink = "#c9d1d9" if dark else "#24292f"
    grid = "#30363d" if dark else "#d8dee4"
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
