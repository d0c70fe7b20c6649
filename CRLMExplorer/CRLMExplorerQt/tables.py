"""Filling tables without making their items anew, so that one may change while it is told of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import qt


@dataclass(frozen=True)
class Cell:
    """What a cell shows.

    Attributes
    ----------
    text, tip
        Its text and tooltip.
    is_number
        Whether it is aligned as numbers are.
    checked
        Whether its box is ticked; None for a cell without one.
    color
        Red, green and blue of its swatch, 0 to 255; None for none.
    is_loud
        Whether it is to be seen first.
    is_editable
        Whether the reader may type something else.
    """

    text: str
    tip: str = ""
    is_number: bool = False
    checked: bool | None = None
    color: tuple[int, int, int] | None = None
    is_loud: bool = False
    is_editable: bool = False


def fill(table: Any, rows: Sequence[Sequence[Cell]]) -> None:
    """Show rows of cells in a QTableWidget; it tells nobody of it, and keeps its selection."""
    with silent(table):
        table.rowCount = len(rows)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                item = table.item(row, column)
                if item is None:
                    item = qt.QTableWidgetItem()
                    _show(item, cell)
                    table.setItem(row, column, item)
                else:
                    _show(item, cell)


def stretch(table: Any, column: int = 0) -> None:
    """Give a column what the others, as wide as their content, leave."""
    header = table.horizontalHeader()
    for each in range(table.columnCount):
        mode = qt.QHeaderView.Stretch if each == column else qt.QHeaderView.ResizeToContents
        header.setSectionResizeMode(each, mode)
    header.highlightSections = False
    header.minimumSectionSize = 24
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)


def fit(table: Any, most_rows: int) -> None:
    """Make a table as high as its rows, of which it shows so many at most."""
    header = table.horizontalHeader()
    rows = sum(table.rowHeight(row) for row in range(min(table.rowCount, most_rows)))
    height = rows + 2 * table.frameWidth + (0 if header.isHidden() else header.sizeHint.height())
    table.minimumHeight = height
    table.maximumHeight = height


@contextmanager
def silent(widget: Any):
    """Keep a widget from telling of its changes."""
    was_blocked = widget.blockSignals(True)
    try:
        yield
    finally:
        widget.blockSignals(was_blocked)


def _show(item: Any, cell: Cell) -> None:
    item.setText(cell.text)
    item.setToolTip(cell.tip or cell.text)
    side = qt.Qt.AlignRight if cell.is_number else qt.Qt.AlignLeft
    item.setTextAlignment(side | qt.Qt.AlignVCenter)
    font = item.font()
    font.setBold(cell.is_loud)
    item.setFont(font)
    flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
    if cell.checked is not None:
        flags |= qt.Qt.ItemIsUserCheckable
        item.setCheckState(qt.Qt.Checked if cell.checked else qt.Qt.Unchecked)
    if cell.is_editable:
        flags |= qt.Qt.ItemIsEditable
    item.setFlags(flags)
    if cell.color is not None:
        item.setData(qt.Qt.DecorationRole, qt.QColor(*cell.color))
