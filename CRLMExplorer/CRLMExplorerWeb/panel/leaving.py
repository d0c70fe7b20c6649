"""The question before an unsaved edit is left."""

from __future__ import annotations

from collections.abc import Callable

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.flr_state import FlrState


def leaving_question(name: FlrState, leave: Callable[[bool], None]) -> None:
    """Lay out the question; ``leave`` is told whether the edit is kept."""
    with (
        v.VDialog(model_value=(f"!!{name.leaving_for}",), persistent=True, width=440),
        v.VCard(title="The FLR was edited and not saved", classes="leaving"),
    ):
        with v.VCardText():
            html.Span("Keep the edit to take it up again later, or discard it?")
        with v.VCardActions():
            v.VBtn("Stay", click=f"{name.leaving_for} = ''")
            v.VSpacer()
            v.VBtn("Discard", color="error", click=(leave, "[false]"))
            v.VBtn("Keep for later", color="primary", variant="flat", click=(leave, "[true]"))
