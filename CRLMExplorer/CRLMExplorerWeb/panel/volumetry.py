"""The volumetry: verdict on the FLR, sizes, and what the reader adds."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.panel.styles import FIELD


def verdict_part(name: PageState) -> None:
    """Lay out the FLR and whether it suffices, always in sight."""
    with html.Div(
        v_if=(f"{name.sizes}.length",), classes="verdict", title=(f"{name.verdict}.rule",)
    ):
        html.Span(f"{{{{ {name.verdict}.percent }}}}", classes="verdict-percent")
        with html.Div(classes="verdict-words"):
            html.Div("FLR of functional liver")
            html.Div(f"{{{{ {name.verdict}.rule }}}}", classes="verdict-rule")
        v.VChip(
            f"{{{{ {name.verdict}.text }}}}",
            color=(f"{name.verdict}.color",),
            variant="flat",
            size="small",
            classes="verdict-text",
        )


def volumetry_part(name: PageState) -> None:
    """Lay out the sizes and what the reader adds."""
    with html.Div(v_if=(f"{name.sizes}.length",)):
        with (
            html.Div(classes="sizes mt-3"),
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
                v.VTextField(v_model_lazy=(field,), label=label, inputmode="decimal", **FIELD)
