"""The regions that a parameter file gives for the open patient, to be ticked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.radiomics.extraction import Omission
from CRLMExplorerLib.review.wording import DASH, number
from CRLMExplorerQt.tables import Cell, fill, stretch

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


class RegionTable:
    """The regions of the section “Radiomics”.

    Parameters
    ----------
    panel
        The panel it is part of.
    changed
        Called when other regions are there or ticked.
    """

    def __init__(self, panel: Panel, changed: Callable[[], None]) -> None:
        self._table = panel.ui.regionsTable
        self._changed = changed
        self._session: ReviewSession | None = None
        self._unticked: set[str] = set()
        stretch(self._table)
        self._table.connect("itemChanged(QTableWidgetItem*)", self._tick)
        self._table.connect("cellDoubleClicked(int,int)", self._jump)

    def take_session(self, session: ReviewSession | None) -> None:
        """Show another session's regions from now on."""
        self._session = session
        if session:
            session.radiomics.outlook_changed.connect(self._show)
            session.case_changed.connect(self._show)
        self._show()

    def tick_all(self) -> None:
        """Want all regions again, those of the next parameter file too."""
        self._unticked.clear()

    @property
    def ticked(self) -> list[str]:
        """Names of the regions that are wanted."""
        return [name for name in self._masks() if name not in self._unticked]

    @property
    def only(self) -> list[str] | None:
        """The same; None for all of them."""
        return self.ticked if len(self.ticked) < len(self._masks()) else None

    def jump_to(self, name: str) -> None:
        """Centre the views on a region."""
        if name in self._masks():
            self._session.jump_to(Runs.of(self._masks()[name]).central_voxel_ras_mm())

    def _masks(self) -> dict[str, Mask]:
        outlook = self._session.radiomics.outlook if self._session else None
        return outlook.masks if outlook else {}

    def _show(self) -> None:
        outlook = self._session.radiomics.outlook if self._session else None
        rows = [self._cells(name, mask) for name, mask in self._masks().items()]
        rows += [_reason(one) for one in (outlook.omissions if outlook else ())]
        fill(self._table, rows)
        self._changed()

    def _cells(self, name: str, mask: Mask) -> list[Cell]:
        return [
            Cell(name, checked=name not in self._unticked),
            Cell(number(mask.volume_ml, "", 1), is_number=True),
            Cell(number(mask.count, "", 0), is_number=True),
        ]

    def _tick(self, item: Any) -> None:
        names = list(self._masks())
        if item.column() == 0 and item.row() < len(names):
            is_ticked = item.checkState() == qt.Qt.Checked
            (self._unticked.discard if is_ticked else self._unticked.add)(names[item.row()])
            self._changed()

    def _jump(self, row: int) -> None:
        names = list(self._masks())
        if row < len(names):
            self.jump_to(names[row])


def _reason(one: Omission) -> list[Cell]:
    return [Cell(f"{one.region}\n{one.reason}"), Cell(DASH, is_number=True), Cell("")]
