"""Kaplan–Meier curves as a figure for paper and screen.

This draws each `SurvivalAnalysis`; it must not compute one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from CRLMExplorerLib.cohort.palette import OKABE_ITO
from CRLMExplorerLib.cohort.record import PatientRecord
from CRLMExplorerLib.cohort.survival import (
    PatientPosition,
    SurvivalAnalysis,
    SurvivalCurve,
    patient_position,
)
from CRLMExplorerLib.files import written_whole

_INK, _FAINT = "#1f2933", "#7b8794"
_WIDTH_IN, _PLOT_HEIGHT_IN, _ROW_HEIGHT_IN = 7.6, 3.7, 0.22
_LEFT_IN, _RIGHT_IN, _TOP_IN, _AXIS_IN = 1.25, 0.3, 0.78, 0.92
_BOTTOM_IN = 0.16
_ROW_LABEL_X = -0.035
_DPI = 200


def save_survival_png(
    analyses: Sequence[SurvivalAnalysis], path: Path | str, record: PatientRecord | None = None
) -> None:
    """Write the figure as a PNG; the file appears only when it is complete.

    Parameters
    ----------
    analyses
        What to draw, one panel each from left to right.
    path
        The .png file; one that exists is replaced.
    record
        A patient to mark on each curve the patient belongs to.
    """
    path = Path(path)
    image = io.BytesIO()
    survival_figure(analyses, record).savefig(image, format="png", dpi=_DPI)
    with written_whole(path) as temporary:
        temporary.write_bytes(image.getvalue())


def survival_figure(
    analyses: Sequence[SurvivalAnalysis], record: PatientRecord | None = None
) -> Figure:
    """A panel per analysis: curves with 95 % band, censored patients, numbers at risk."""
    rows = max(len(analysis.curves) for analysis in analyses)
    size = (
        _WIDTH_IN * len(analyses),
        _TOP_IN + _PLOT_HEIGHT_IN + _AXIS_IN + _ROW_HEIGHT_IN * rows + _BOTTOM_IN,
    )
    figure = Figure(figsize=size, facecolor="white")
    FigureCanvasAgg(figure)
    for place, analysis in enumerate(analyses):
        patient = patient_position(analysis, record) if record else None
        _draw_panel(figure, place * _WIDTH_IN, analysis, patient)
    return figure


def _draw_panel(
    figure: Figure, start_in: float, analysis: SurvivalAnalysis, patient: PatientPosition | None
) -> None:
    """One analysis in the figure, from `start_in` inches on, aligned at the top."""
    figure_width, figure_height = figure.get_size_inches()
    left_in, width_in = start_in + _LEFT_IN, _WIDTH_IN - _LEFT_IN - _RIGHT_IN
    table_in = _ROW_HEIGHT_IN * len(analysis.curves)

    def box(top_in: float, height_in: float) -> tuple[float, float, float, float]:
        return (
            left_in / figure_width,
            1 - (top_in + height_in) / figure_height,
            width_in / figure_width,
            height_in / figure_height,
        )

    axes = figure.add_axes(box(_TOP_IN, _PLOT_HEIGHT_IN))
    table = figure.add_axes(box(_TOP_IN + _PLOT_HEIGHT_IN + _AXIS_IN, table_in), sharex=axes)
    for curve, color in zip(analysis.curves, _colors(analysis), strict=True):
        _draw_curve(axes, curve, color)
    _dress(axes, analysis)
    if patient is not None:
        _mark(axes, patient)
    _legend(axes, analysis)
    _draw_table(table, analysis)
    x = left_in / figure_width
    figure.text(
        x,
        1 - 0.3 / figure_height,
        analysis.endpoint.label,
        fontsize=13,
        fontweight="bold",
        color=_INK,
        va="center",
    )
    figure.text(
        x, 1 - 0.55 / figure_height, _subtitle(analysis), fontsize=9, color=_FAINT, va="center"
    )


def _colors(analysis: SurvivalAnalysis) -> list[str]:
    return [OKABE_ITO[i % len(OKABE_ITO)] for i in range(len(analysis.curves))]


def _draw_curve(axes: Axes, curve: SurvivalCurve, color: str) -> None:
    months = np.concatenate([[0.0], curve.timeline_months])
    estimate, lower, upper = (
        np.concatenate([[1.0], values]) * 100
        for values in (curve.survival, curve.lower, curve.upper)
    )
    axes.fill_between(months, lower, upper, step="post", color=color, alpha=0.13, linewidth=0)
    axes.step(months, estimate, where="post", color=color, linewidth=1.8)
    axes.plot(
        curve.censored_months,
        [100 * curve.survival_at(month) for month in curve.censored_months],
        linestyle="none",
        marker="|",
        markersize=6,
        markeredgewidth=0.9,
        color=color,
    )


def _mark(axes: Axes, patient: PatientPosition) -> None:
    """A patient's point: filled for an event, open where follow-up ended."""
    height = 100 * patient.survival
    axes.plot([patient.months] * 2, [0, height], color=_INK, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.plot(
        patient.months,
        height,
        marker="o",
        markersize=8,
        markerfacecolor=_INK if patient.event else "white",
        markeredgecolor=_INK,
        markeredgewidth=1.6,
        zorder=5,
    )
    is_late = patient.months > 0.6 * axes.get_xlim()[1]
    what = "event" if patient.event else "follow-up ended"
    # At the foot of the line, where curves seldom come.
    axes.annotate(
        f"{patient.patient_id}\n{what} at {patient.months:g} months",
        (patient.months, 0),
        xytext=(-6 if is_late else 6, 6),
        textcoords="offset points",
        ha="right" if is_late else "left",
        fontsize=8.5,
        color=_INK,
        zorder=6,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def _dress(axes: Axes, analysis: SurvivalAnalysis) -> None:
    last = max(max(curve.timeline_months) for curve in analysis.curves)
    axes.set_xlim(0, max(last, analysis.ticks_months[-1], 1) * 1.02)
    axes.set_ylim(0, 103)
    axes.set_xticks(analysis.ticks_months)
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlabel("Months after resection", fontsize=9.5, color=_INK, labelpad=6)
    axes.set_ylabel("Patients without event (%)", fontsize=9.5, color=_INK, labelpad=8)
    axes.tick_params(labelsize=9, colors=_INK, length=3.5, width=0.8)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_INK)
        axes.spines[side].set_linewidth(0.8)


def _legend(axes: Axes, analysis: SurvivalAnalysis) -> None:
    lines = [Line2D([], [], color=color, linewidth=2.2) for color in _colors(analysis)]
    legend = axes.legend(
        lines,
        [_legend_text(curve) for curve in analysis.curves],
        title=analysis.grouping.title if analysis.grouping else None,
        loc="upper right",
        fontsize=8.5,
        title_fontsize=9,
        alignment="left",
        frameon=True,
        framealpha=0.85,
        edgecolor="none",
        borderaxespad=0.2,
        labelcolor=_INK,
    )
    legend.get_title().set_fontweight("bold")
    legend.get_title().set_color(_INK)


def _legend_text(curve: SurvivalCurve) -> str:
    if curve.median_months is None:
        return f"{curve.label}: median not reached"
    low, high = (
        "not reached" if limit is None else f"{limit:.0f}" for limit in curve.median_interval_months
    )
    return f"{curve.label}: median {curve.median_months:.0f} months (95 % CI {low}–{high})"


def _subtitle(analysis: SurvivalAnalysis) -> str:
    patients = sum(curve.patients for curve in analysis.curves)
    events = sum(curve.events for curve in analysis.curves)
    parts = [f"{patients} patients, {events} events"]
    if analysis.left_out:
        parts.append(f"{analysis.left_out} left out for missing values")
    if analysis.log_rank_p is not None:
        parts.append(f"log-rank {p_text(analysis.log_rank_p)}")
    return "  ·  ".join(parts)


def _draw_table(table: Axes, analysis: SurvivalAnalysis) -> None:
    rows = len(analysis.curves)
    table.set_ylim(rows, 0)
    table.axis("off")
    table.text(
        _ROW_LABEL_X,
        1 + 0.55 / rows,
        "At risk",
        transform=table.transAxes,
        fontsize=8.5,
        fontweight="bold",
        color=_INK,
        ha="right",
        va="center",
    )
    for row, (curve, color) in enumerate(zip(analysis.curves, _colors(analysis), strict=True)):
        table.text(
            _ROW_LABEL_X,
            row + 0.5,
            curve.label,
            transform=table.get_yaxis_transform(),
            fontsize=8.5,
            color=color,
            fontweight="bold",
            ha="right",
            va="center",
        )
        for month, count in zip(analysis.ticks_months, curve.at_risk, strict=True):
            table.text(
                month, row + 0.5, str(count), fontsize=8.5, color=_INK, ha="center", va="center"
            )


def p_text(p: float) -> str:
    """A p value as it is printed, e.g. ``p = 0.03`` or ``p < 0.001``."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.01 else f"p = {p:.2f}"
