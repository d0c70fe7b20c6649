"""The help sheet: keys and gestures."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.review.display import Window
from CRLMExplorerWeb.page_state import PageState

_ROWS = (
    ("n  p", "next, previous patient of the worklist"),
    ("v", "hide or show all segments"),
    ("t", "go to the next tumour"),
    ("1 – 5", "window: " + ", ".join(window.label.lower() for window in Window)),
    ("r", "fit all views"),
    ("z  y", "undo and redo an edit of the FLR"),
    ("b  e  x  c  Escape", "paint, erase, cut out, place a curve, look"),
    ("[  ]", "smaller and larger brush"),
    ("?", "this sheet"),
    ("left button", "in a slice view: move the crosshair; the other views follow"),
    ("wheel", "scroll through slices"),
    ("right button", "drag to zoom; in 3D too"),
    ("middle button", "drag to move the picture"),
    ("left button", "in 3D: rotate"),
)


def help_sheet(name: PageState) -> None:
    """Lay out the help sheet."""
    with v.VDialog(v_model=(name.is_help_open,), width=520), v.VCard(title="Keys and gestures"):
        with v.VCardText(), html.Table(classes="keys"), html.Tbody():
            for keys, meaning in _ROWS:
                with html.Tr():
                    with html.Td(style="white-space: nowrap"):
                        for key in keys.split("  "):
                            html.Span(key, classes="key mr-1")
                    html.Td(meaning)
        with v.VCardActions():
            v.VSpacer()
            v.VBtn("Close", click=f"{name.is_help_open} = false")
