"""The segment table: eye, colour, name, role, mL, fill and opacity, 3D, jump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.page_state import PageState

if TYPE_CHECKING:
    from CRLMExplorerWeb.app import ReviewApp

_BUTTON = {"size": "x-small", "variant": "text", "density": "comfortable"}


def segments_part(app: ReviewApp, name: PageState) -> None:
    """Lay out the segment table."""
    session = app.session

    def toggle(number: int, visible: bool) -> None:
        session.change_look(number, visible=visible)

    def fill(number: int, filled: bool) -> None:
        session.change_look(number, filled=filled)

    def fade(number: int, percent: float) -> None:
        session.change_look(number, opacity=float(percent) / 100)

    def in_3d(number: int, shown: bool) -> None:
        session.change_look(number, in_3d=shown)

    html.Div(
        "No segments to show.",
        v_if=(f"!{name.segments}.length",),
        classes="pa-4 text-medium-emphasis",
    )
    with html.Table(classes="segment-table mt-1", v_if=(f"{name.segments}.length",)):
        with html.Thead(), html.Tr():
            for title in ("", "", "Segment", "mL", "Fill", "Opacity", "3D", ""):
                html.Th(title, classes="number" if title == "mL" else "")
        with (
            html.Tbody(),
            html.Tr(
                v_for=f"segment in {name.segments}",
                key="segment.number",
                classes="segment",
                raw_attrs=[':data-segment="segment.label"'],
            ),
        ):
            with html.Td():
                v.VBtn(
                    icon=("segment.visible ? 'mdi-eye' : 'mdi-eye-off'",),
                    click=(toggle, "[segment.number, !segment.visible]"),
                    title="Show or hide",
                    disabled=("segment.empty",),
                    classes="segment-eye",
                    **_BUTTON,
                )
            with html.Td():
                html.Span(classes="segment-color", style=("{background: segment.color}",))
            with html.Td(title=("segment.label + (segment.code ? ' · ' + segment.code : '')",)):
                html.Div("{{ segment.label }}", classes="segment-label")
                html.Div("{{ segment.role }}", classes="segment-role")
            html.Td("{{ segment.empty ? 'empty' : segment.volume }}", classes="number")
            with html.Td():
                v.VBtn(
                    icon=("segment.filled ? 'mdi-circle-opacity' : 'mdi-circle-outline'",),
                    click=(fill, "[segment.number, !segment.filled]"),
                    title="Fill, or outline only",
                    **_BUTTON,
                )
            with html.Td():
                html.Input(
                    type="range",
                    min=0,
                    max=100,
                    value=("segment.opacity",),
                    change=(fade, "[segment.number, $event.target.value]"),
                    disabled=("!segment.filled",),
                    classes="segment-opacity",
                    raw_attrs=['aria-label="Opacity of the fill"'],
                )
            with html.Td():
                v.VBtn(
                    icon=("segment.in_3d ? 'mdi-cube' : 'mdi-cube-outline'",),
                    click=(in_3d, "[segment.number, !segment.in_3d]"),
                    title="Show or hide in 3D",
                    disabled=("segment.empty",),
                    **_BUTTON,
                )
            with html.Td():
                v.VBtn(
                    icon="mdi-crosshairs-gps",
                    click=(session.jump_to_segment, "[segment.number]"),
                    title="Centre the views on it",
                    disabled=("segment.empty",),
                    classes="segment-jump",
                    **_BUTTON,
                )
