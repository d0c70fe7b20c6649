"""The worklist: filter, order, patients with their figures and review state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.review import ReviewState
from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.panel.styles import FIELD

if TYPE_CHECKING:
    from CRLMExplorerWeb.app import ReviewApp


def worklist_part(app: ReviewApp, name: PageState) -> None:
    """Lay out the worklist."""
    states = [{"value": "", "title": "Every review state"}]
    states += [{"value": s.value, "title": s.value.capitalize()} for s in ReviewState]
    with html.Div(classes="worklist-tools"):
        v.VTextField(
            v_model=(name.worklist_text,),
            placeholder="Patient, name or note",
            prepend_inner_icon="mdi-magnify",
            clearable=True,
            raw_attrs=['aria-label="Filter the worklist"'],
            **FIELD,
        )
        v.VSelect(
            v_model=(name.worklist_state,),
            items=("review_states", states),
            raw_attrs=['aria-label="Review state"'],
            **FIELD,
        )
        with html.Div(classes="worklist-order"):
            v.VSelect(
                v_model=(name.worklist_sort,),
                items=(name.sort_keys,),
                raw_attrs=['aria-label="Order by"'],
                prepend_inner_icon="mdi-sort",
                **FIELD,
            )
            v.VBtn(
                icon=(
                    f"{name.worklist_descending} ? 'mdi-sort-descending' : 'mdi-sort-ascending'",
                ),
                click=f"{name.worklist_descending} = !{name.worklist_descending}",
                size="small",
                variant="text",
                title="Ascending or descending",
            )
    with html.Div(classes="worklist-rows"):
        with html.Button(
            v_for=f"row in {name.patients}",
            key="row.id",
            click=(app.open, "[row.id]"),
            classes=(f"['worklist-row', {{'worklist-row-open': row.id === {name.patient}.id}}]",),
            title=("row.note || row.name",),
            raw_attrs=[':data-patient="row.id"'],
        ):
            with html.Div(classes="worklist-id"):
                html.Span("{{ row.id }}")
                html.Span(
                    "{{ row.state }}",
                    classes=("['state', 'state-' + row.state.replace(' ', '-')]",),
                )
            with html.Div(classes="worklist-figures"):
                with html.Span():
                    html.Span("FLR {{ row.flr }}")
                    v.VIcon(
                        "mdi-alert-circle",
                        v_if=("row.adequate === false",),
                        color="error",
                        size="x-small",
                        title="Below the minimum",
                    )
                html.Span("{{ row.tumors }} tumours")
                with html.Span(v_if=("row.alarms",), classes="text-error"):
                    html.Span("{{ row.alarms }} alarm{{ row.alarms > 1 ? 's' : '' }}")
                html.Span("{{ row.sorted_by }}", v_if=("row.sorted_by",))
        html.Div(
            "No patient fits.",
            v_if=(f"!{name.patients}.length",),
            classes="pa-4 text-medium-emphasis",
        )
