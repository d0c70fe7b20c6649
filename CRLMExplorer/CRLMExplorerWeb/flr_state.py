"""What the page shows of an FLR edit, as typed values that travel to the browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from CRLMExplorerWeb.page_state import Items


@dataclass
class FlrState:
    """The state of the FLR part; every field is plain data.

    Attributes
    ----------
    is_editing, is_dirty, can_undo, can_redo
        Whether an edit is under way, has something to save, and what can be undone.
    pending
        A sentence on an edit that was not saved; empty where there is none.
    elsewhere
        A sentence on another program that edits the same patient; empty while none does.
    start, starts
        What an edit starts from, and the choices.
    tool, brush_mm, is_ball
        What the left button does in slices: look, paint, erase, scissors or curve; the brush.
    is_colored
        Whether the remnant's surface is coloured by its distance to the nearest tumour.
    point, normal
        The plane, as the reader types it: three numbers each.
    curve_points, new_point
        Rows of the curve's points, and the next one, as the reader types them.
    islands_ml
        Islands below this volume are small.
    wedge_tumor, wedge_margin_mm, tumors
        The wedge, and the tumours to choose from.
    hepatectomies, hint
        The resections there is a starting plane for, and how that was estimated.
    steps, figures, margins, alarms, comparison
        Rows of the part.
    reader, note
        What is saved with a revision.
    revisions, compare_one, compare_other, compared
        The revisions there are, the two to compare, and how they differ.
    leaving_for
        The patient the reader wants to leave an unsaved edit for; empty while nobody asks.
    """

    is_editing: bool = False
    is_dirty: bool = False
    can_undo: bool = False
    can_redo: bool = False
    pending: str = ""
    elsewhere: str = ""
    start: str = "released"
    starts: Items = field(default_factory=list)
    tool: str = "look"
    brush_mm: int = 10
    is_ball: bool = False
    is_colored: bool = False
    point: str = ""
    normal: str = ""
    curve_points: Items = field(default_factory=list)
    new_point: str = ""
    islands_ml: str = "1"
    wedge_tumor: str = "*"
    wedge_margin_mm: str = "10"
    tumors: Items = field(default_factory=list)
    hepatectomies: Items = field(default_factory=list)
    hint: str = ""
    steps: Items = field(default_factory=list)
    figures: Items = field(default_factory=list)
    margins: Items = field(default_factory=list)
    alarms: Items = field(default_factory=list)
    comparison: str = ""
    reader: str = ""
    note: str = ""
    revisions: Items = field(default_factory=list)
    compare_one: str = "released"
    compare_other: str = ""
    compared: str = ""
    leaving_for: str = ""
