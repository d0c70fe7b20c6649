"""What the page shows of radiomics, as typed values that travel to the browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from CRLMExplorerWeb.page_state import Items


@dataclass
class RadiomicsState:
    """The state of the radiomics part; every field is plain data.

    Attributes
    ----------
    files, file
        Parameter files to choose from, and the chosen one.
    text, problem, is_editor_open
        The file's text, what is wrong with it, and whether the reader sees it.
    regions, regions_note
        Rows of the open patient's regions, and why there are none.
    run
        Title, message and percentage of the extraction under way; empty while none is.
    summary
        What was extracted, when and how long it took; empty where nothing was.
    omissions
        What gave no values, and what there is to know of the images.
    text_filter, sort_key, is_descending, page
        What the reader wants to see of the table.
    rows, rows_note, page_count
        That part of the table, where it lies in the whole, and how many pages there are.
    feature_key
        Key of the row whose distribution is shown; -1 while none is.
    feature_figure, feature_note, cohort_note
        The distribution, what it says of the open patient, and who was extracted.
    kernel_radius, is_kernel_masked
        How a map is made.
    map, is_mapping
        Title, extremes and visibility of the map; empty without; whether one is in the making.
    """

    files: Items = field(default_factory=list)
    file: str = ""
    text: str = ""
    problem: str = ""
    is_editor_open: bool = False
    regions: Items = field(default_factory=list)
    regions_note: str = ""
    run: dict[str, Any] = field(default_factory=dict)
    summary: str = ""
    omissions: Items = field(default_factory=list)
    text_filter: str = ""
    sort_key: str = ""
    is_descending: bool = False
    page: int = 1
    rows: Items = field(default_factory=list)
    rows_note: str = ""
    page_count: int = 0
    feature_key: int = -1
    feature_figure: dict[str, Any] = field(default_factory=dict)
    feature_note: str = ""
    cohort_note: str = ""
    kernel_radius: int = 1
    is_kernel_masked: bool = True
    map: dict[str, Any] = field(default_factory=dict)
    is_mapping: bool = False
