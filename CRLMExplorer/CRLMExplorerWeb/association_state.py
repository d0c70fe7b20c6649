"""What the page shows of associations, as typed values that travel to the browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from CRLMExplorerWeb.page_state import Items


@dataclass
class AssociationState:
    """The state of the associations part; every field is plain data.

    Attributes
    ----------
    text_filter, sort_key
        What the reader wants to see of the table.
    rows, rows_note
        That part of the table, and how much of it that is.
    is_testing, is_tested
        Whether the table of the endpoint is in the making, or there.
    has_features
        Whether features of images are among the variables.
    sources
        Where the variables come from.
    """

    text_filter: str = ""
    sort_key: str = "p"
    rows: Items = field(default_factory=list)
    rows_note: str = ""
    is_testing: bool = False
    is_tested: bool = False
    has_features: bool = False
    sources: str = ""
