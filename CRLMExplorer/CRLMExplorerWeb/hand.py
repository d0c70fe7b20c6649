"""The left button in slices: it points, paints, cuts out, or places a curve."""

from __future__ import annotations

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerWeb.flr_actions import FlrActions


class ReaderHand:
    """Moves the crosshair, unless the reader has a tool in hand or holds a plane or curve."""

    def __init__(self, session: ReviewSession, flr: FlrActions) -> None:
        self._session, self._flr = session, flr
        self._way: list[PointRAS] = []
        self._normal: PointRAS = (0.0, 0.0, 1.0)

    def takes_hold(self) -> bool:
        """Whether it does anything; dragging a handle is the handle's own business."""
        self._way = []
        edit = self._session.editing.edit
        return edit is None or not edit.is_handle_touched

    def touch(self, position_ras_mm: PointRAS, slice_normal_ras: PointRAS) -> None:
        """Do what the tool does at a position of a slice."""
        self._way.append(position_ras_mm)
        self._normal = slice_normal_ras
        if self._flr.draws:
            self._flr.draw(position_ras_mm, slice_normal_ras)
        elif self._flr.places_curve:
            if len(self._way) == 1:
                self._flr.place_curve_point(position_ras_mm)
        elif not self._flr.cuts_out:
            self._session.point_at(position_ras_mm)

    def let_go(self) -> None:
        """End a stroke, or cut out what was gone around."""
        if self._flr.draws:
            self._flr.lift()
        elif self._flr.cuts_out:
            self._flr.cut_out(self._way, self._normal)
