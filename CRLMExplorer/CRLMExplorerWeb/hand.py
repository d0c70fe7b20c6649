"""The left button in slices: it points, draws with the brush, or places a curve."""

from __future__ import annotations

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerWeb.flr_actions import FlrActions


class ReaderHand:
    """Moves the crosshair, unless the reader draws or holds a handle of plane or curve."""

    def __init__(self, session: ReviewSession, flr: FlrActions) -> None:
        self._session, self._flr = session, flr
        self._has_placed = False

    def takes_hold(self) -> bool:
        """Whether it does anything; dragging a handle is the handle's own business."""
        edit = self._session.editing.edit
        return edit is None or not edit.is_handle_touched

    def touch(self, position_ras_mm: PointRAS, slice_normal_ras: PointRAS) -> None:
        """Point at a position, draw there, or place one point of a curve."""
        if self._flr.draws:
            self._flr.draw(position_ras_mm, slice_normal_ras)
        elif not self._flr.places_curve:
            self._session.point_at(position_ras_mm)
        elif not self._has_placed:
            self._has_placed = True
            self._flr.place_curve_point(position_ras_mm)

    def let_go(self) -> None:
        """End a stroke, or the placing of a point."""
        self._has_placed = False
        if self._flr.draws:
            self._flr.lift()
