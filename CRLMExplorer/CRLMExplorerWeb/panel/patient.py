"""The patient's header: who, which CT, which DSO, and the reader's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.review import ReviewState
from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.panel.styles import FIELD

if TYPE_CHECKING:
    from CRLMExplorerWeb.app import ReviewApp


def patient_part(app: ReviewApp, name: PageState) -> None:
    """Lay out the patient's header."""
    with html.Div(classes="patient"):
        with html.Div(classes="d-flex align-baseline ga-3"):
            html.Span(f"{{{{ {name.patient}.id }}}}", classes="patient-id")
            html.Span(f"{{{{ {name.patient}.details }}}}")
        html.Div(f"{{{{ {name.patient}.name }}}}", classes="patient-image")
        html.Div(f"{{{{ {name.patient}.image }}}}", classes="patient-image mb-2")
        v.VSelect(
            v_model=(name.dso,),
            items=(name.dsos,),
            v_if=(f"{name.dsos}.length",),
            label="Segmentation (DSO)",
            item_props=True,
            classes="dso mb-2",
            **FIELD,
        )
        with html.Div(classes="d-flex ga-2"):
            v.VSelect(
                v_model=(name.review_state,),
                items=("reader_states", [s.value for s in ReviewState]),
                label="Review",
                style="max-width: 140px",
                **FIELD,
            )
            v.VTextField(
                v_model_lazy=(name.review_note,),
                label="Note",
                classes="review-note",
                **FIELD,
            )
