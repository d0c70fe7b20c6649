"""The volumetry: verdict on the FLR, sizes, and what the reader adds."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.page_state import PageState

_FIELD = {"density": "compact", "variant": "outlined", "hide_details": True}


def volumetry_part(name: PageState) -> None:
    """Lay out the volumetry."""
    with html.Div(v_if=(f"{name.sizes}.length",)):
        with html.Div(classes="verdict"):
            with html.Div(classes="d-flex align-center justify-space-between"):
                with html.Div():
                    html.Div("FLR of functional liver", classes="text-caption")
                    html.Div(
                        f"{{{{ {name.verdict}.percent }}}}",
                        classes="verdict-percent",
                        id="flr-percent",
                    )
                v.VChip(
                    f"{{{{ {name.verdict}.text }}}}",
                    color=(f"{name.verdict}.color",),
                    variant="flat",
                    classes="verdict-text",
                )
            html.Div(f"{{{{ {name.verdict}.rule }}}}", classes="verdict-rule")
        with (
            html.Div(classes="sizes"),
            html.Div(
                v_for=f"size in {name.sizes}", key="size.name", classes="size", title=("size.tip",)
            ),
        ):
            html.Span("{{ size.name }}")
            html.Span("{{ size.value }}", classes="number")
        with html.Div(classes="reader-figures"):
            for label, field in (
                ("Minimum FLR, %", name.minimum_percent),
                ("Height, cm", name.height_cm),
                ("Weight, kg", name.weight_kg),
            ):
                v.VTextField(v_model_lazy=(field,), label=label, inputmode="decimal", **_FIELD)
