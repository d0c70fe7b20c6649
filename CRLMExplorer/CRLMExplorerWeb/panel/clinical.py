"""The clinical record, grouped, with the dictionary's words as tooltips."""

from __future__ import annotations

from trame.widgets import html

from CRLMExplorerWeb.page_state import PageState


def clinical_part(name: PageState) -> None:
    """Lay out the clinical record."""
    html.Div(
        "There is no clinical record of this patient.",
        v_if=(f"!{name.clinical}.length",),
        classes="pa-4 text-medium-emphasis",
    )
    with html.Div(v_for=f"section in {name.clinical}", key="section.title"):
        html.Div("{{ section.title }}", classes="clinical-title")
        with html.Div(
            v_for="row in section.rows",
            key="row.label",
            classes="clinical-row",
            title=("row.tip",),
            raw_attrs=[':data-column="row.key"'],
        ):
            html.Span("{{ row.label }}")
            html.Span(
                "{{ row.text }}",
                classes=("['clinical-text', {'clinical-missing': row.text === 'not recorded'}]",),
            )
