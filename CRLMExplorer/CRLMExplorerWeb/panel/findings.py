"""The findings, worst first; one with a place jumps there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.page_state import PageState

if TYPE_CHECKING:
    from CRLMExplorerWeb.app import ReviewApp


def findings_part(app: ReviewApp, name: PageState) -> None:
    """Lay out the findings; mere notes fold away."""
    notes = f"{name.findings}.filter(finding => finding.severity === 'note').length"
    with html.Div(classes="findings", v_if=(f"{name.findings}.length",)):
        with html.Button(
            v_for=f"finding in {name.findings}",
            v_show=(f"finding.severity !== 'note' || {name.are_notes_open}",),
            key="finding.index",
            click=(app.jump_to_finding, "[finding.index]"),
            disabled=("!finding.can_jump",),
            classes=(
                "['finding', 'finding-' + finding.severity, "
                "{'finding-can-jump': finding.can_jump}]",
            ),
            title=("finding.can_jump ? 'Show it in the views' : ''",),
            raw_attrs=[':data-code="finding.code"'],
        ):
            v.VIcon("{{ finding.icon }}", color=("finding.color",), size="small")
            html.Span("{{ finding.message }}", style="flex: 1")
            v.VIcon(
                "mdi-crosshairs-gps",
                v_if=("finding.can_jump",),
                size="x-small",
                classes="finding-jump",
            )
        with html.Button(
            v_if=(notes,),
            click=f"{name.are_notes_open} = !{name.are_notes_open}",
            classes="finding finding-can-jump notes",
        ):
            v.VIcon(
                f"{{{{ {name.are_notes_open} ? 'mdi-chevron-up' : 'mdi-chevron-down' }}}}",
                size="small",
            )
            html.Span(
                f"{{{{ {notes} }}}} note{{{{ {notes} > 1 ? 's' : '' }}}}",
                classes="text-medium-emphasis",
            )
