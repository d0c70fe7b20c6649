"""The left button in slices: it points, or draws with the brush."""

from __future__ import annotations

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerWeb.flr_actions import FlrActions


class ReaderHand:
    """Moves the crosshair, unless the reader paints or holds the plane's handles."""

    def __init__(self, session: ReviewSession, flr: FlrActions) -> None:
        self._session, self._flr = session, flr

    def takes_hold(self) -> bool:
        """Whether it points or draws; dragging the plane is the plane's own business."""
        edit = self._session.editing.edit
        return edit is None or not edit.is_plane_touched

    def touch(self, position_ras_mm: PointRAS, slice_normal_ras: PointRAS) -> None:
        """Point at a position, or draw there."""
        if self._flr.draws:
            self._flr.draw(position_ras_mm, slice_normal_ras)
        else:
            self._session.point_at(position_ras_mm)

    def let_go(self) -> None:
        """End a stroke."""
        if self._flr.draws:
            self._flr.lift()
