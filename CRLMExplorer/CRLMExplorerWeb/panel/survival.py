"""The cohort's survival with the open patient on it."""

from __future__ import annotations

from trame.widgets import html, plotly
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerWeb.association_actions import AssociationActions
from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.panel.associations import associations_part
from CRLMExplorerWeb.panel.styles import FIELD


def survival_part(name: PageState, associations: AssociationActions) -> None:
    """Lay out the survival part: curves, their figures, and what goes with them."""
    html.Div(
        "Survival needs the clinical spreadsheet: start with --clinical.",
        v_if=(f"!{name.groupings}.length",),
        classes="pa-4 text-medium-emphasis",
    )
    with html.Div(v_if=(f"{name.groupings}.length",)):
        with html.Div(classes="survival-choices"):
            v.VSelect(
                v_model=(name.endpoint,),
                items=("endpoints", [{"value": e.value, "title": e.label} for e in Endpoint]),
                label="Endpoint",
                classes="endpoint",
                **FIELD,
            )
            v.VSelect(
                v_model=(name.group_by,),
                items=(name.groupings,),
                label="Groups",
                classes="group-by",
                **FIELD,
            )
        with html.Div(classes="survival-figure"):
            plotly.Figure(
                state_variable_name=name.survival_figure,
                display_mode_bar=("false",),
                responsive=True,
            )
        with html.Table(classes="survival-table"):
            with html.Thead(), html.Tr():
                for title in ("", "patients", "events", "median, months", "95 %"):
                    html.Th(title)
            with (
                html.Tbody(),
                html.Tr(v_for=f"row in {name.survival_rows}", key="row.label"),
            ):
                for field in ("label", "patients", "events", "median", "interval"):
                    html.Td(f"{{{{ row.{field} }}}}")
        html.Div("At risk", classes="clinical-title")
        with html.Table(classes="survival-table"):
            with html.Thead(), html.Tr():
                html.Th("months")
                html.Th(
                    "{{ tick }}",
                    v_for=f"tick in {name.survival_figure}.layout?.xaxis.tickvals",
                    key="tick",
                )
            with (
                html.Tbody(),
                html.Tr(v_for=f"row in {name.survival_rows}", key="row.label"),
            ):
                html.Td("{{ row.label }}")
                html.Td("{{ count }}", v_for="(count, place) in row.at_risk", key="place")
        html.Div(f"{{{{ {name.survival_note} }}}}", classes="px-4 pt-2 text-caption")
        associations_part(associations, name.group_by)
