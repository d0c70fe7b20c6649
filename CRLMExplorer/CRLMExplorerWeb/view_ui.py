"""What lies over each view's picture: its name, orientation, slice slider and reset button."""

from __future__ import annotations

from trame_client.widgets.html import Div, Span
from trame_server import Server
from trame_slicer.app.logic.slice_view_logic import connect_slice_view_slider_to_state
from trame_slicer.views import SliceView, ThreeDView
from trame_vuetify.widgets.vuetify3 import VBtn, VSlider

_TITLES = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}
_EDGES = {
    # Radiological convention: the patient's right is on the left, anterior is up.
    "Red": ("A", "L", "P", "R"),
    "Green": ("S", "L", "I", "R"),
    "Yellow": ("S", "P", "I", "A"),
}
# Letters for slices on the positive and on the negative side of the origin.
_SIDES = {"Red": ("S", "I"), "Green": ("A", "P"), "Yellow": ("L", "R")}


def slice_view_ui(server: Server, view_id: str, view: SliceView) -> None:
    """Lay title, orientation letters, reset button and slice slider over a slice view."""
    tag = view.get_singleton_tag()
    slider = connect_slice_view_slider_to_state(server, view)
    value, (positive, negative) = slider.name.value, _SIDES[tag]
    side = f"({value} < 0 ? '{negative} ' : '{positive} ')"
    with Div(classes="view-title"):
        Span(_TITLES[tag])
        Span(f"{{{{ {side} + Math.abs({value}).toFixed(1) + ' mm' }}}}", classes="view-position")
    for place, letter in zip(("top", "right", "bottom", "left"), _EDGES[tag], strict=True):
        Div(letter, classes=f"view-edge view-edge-{place}")
    _reset_button(view)
    VSlider(
        v_model=(slider.name.value,),
        min=(slider.name.min_value,),
        max=(slider.name.max_value,),
        step=(slider.name.step,),
        hide_details=True,
        density="compact",
        theme="dark",
        direction="vertical",
        classes="view-slider",
        thumb_size=12,
        track_size=2,
        raw_attrs=[f'aria-label="{_TITLES[tag]} slice position"'],
    )


def threed_view_ui(server: Server, view_id: str, view: ThreeDView) -> None:
    """Lay title and reset button over the 3D view."""
    with Div(classes="view-title"):
        Span("3D")
    _reset_button(view)


def _reset_button(view: SliceView | ThreeDView) -> None:
    VBtn(
        icon="mdi-fit-to-screen-outline",
        size="x-small",
        variant="text",
        theme="dark",
        classes="view-reset",
        click=view.reset_view,
        title="Fit to view",
    )
