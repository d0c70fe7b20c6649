"""The four views: how they are laid out, linked and reset."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from trame_server import Server
from trame_slicer.core import LayoutManager
from trame_slicer.views import (
    Layout,
    LayoutDirection,
    ScheduledRenderStrategy,
    SliceView,
    ViewLayoutDefinition,
)
from vtkmodules.vtkCommonCore import vtkCommand

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerWeb.host import ServedHost

_BEFORE_VIEW_INTERACTION = 10.0
_MOMENT_S = 0.005


class Hand(Protocol):
    """What the left button does in slice views."""

    def takes_hold(self) -> bool:
        """Whether it does anything where it is pressed."""

    def touch(self, position_ras_mm: PointRAS, slice_normal_ras: PointRAS) -> None:
        """It is pressed, or was dragged, to a position of a slice."""

    def let_go(self) -> None:
        """It is released."""


class Views:
    """Axial, sagittal, coronal and 3D views of the scene.

    Parameters
    ----------
    hand
        What the left button does in slice views.
    point_at
        Shows the slices through a position, RAS in mm.
    """

    def __init__(
        self, server: Server, host: ServedHost, hand: Hand, point_at: Callable[[PointRAS], None]
    ) -> None:
        self._host = host
        self._point_at = point_at
        self.layouts = LayoutManager(host.scene, host.app.view_manager, server)
        self.layouts.register_layout_dict(_layouts())
        self.layouts.set_layout(next(iter(_layouts())))
        for view in host.app.view_manager.get_views():
            # Multisampling by the CPU doubles the time of a picture, and depth peeling under it
            # drops translucent surfaces.
            view.render_window().SetMultiSamples(0)
            # Depth peeling by the CPU takes five times as long as the picture itself, and that of
            # a plane's handles doubles the time of a slice.
            for renderer in view.render_window().GetRenderers():
                renderer.SetUseDepthPeeling(False)
            view.set_scheduled_render(_Awhile(view._scheduled_render))
        for view in host.app.view_manager.get_threed_views():
            view.get_view_node().SetUseDepthPeeling(False)
        for view in host.app.view_manager.get_slice_views():
            for renderer in view.render_window().GetRenderers():
                renderer.SetUseOIT(False)
            _draw_ct_below_segments(view)
            _leave_models_out(view)
            _LeftButton(view, hand)

    @staticmethod
    def names() -> list[str]:
        """The layouts to choose from."""
        return list(_layouts())

    def show_volume(self, volume_node: object | None) -> None:
        """Show a CT in the slice views and fit all views to the scene."""
        self._host.app.display_manager.show_volume_in_slice_background(volume_node)
        self.reset()

    def reset(self) -> None:
        """Fit all views to what they show; slices stay where the crosshair is."""
        self._host.app.display_manager.reset_views()
        crosshair = self._host.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        self._point_at(crosshair.GetCrosshairRAS())

    def redraw_slices(self) -> None:
        """Draw the slice views anew, as after a change of the window."""
        for view in self._host.app.view_manager.get_slice_views():
            view.schedule_render()

    def reset_3d(self) -> None:
        """Fit the 3D view to the surfaces."""
        for view in self._host.app.view_manager.get_threed_views():
            view.reset_view()


class _Awhile(ScheduledRenderStrategy):
    """Waits a moment before it asks for a picture, for what an event leads to to be in it.

    A plane that was moved would else be drawn before and after the remnant follows it.
    """

    def __init__(self, strategy: ScheduledRenderStrategy) -> None:
        super().__init__()
        self._strategy = strategy
        self._is_waiting = False

    def schedule_render(self) -> None:
        if self._is_waiting:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the server has not started
            self._strategy.schedule_render()
            return
        self._is_waiting = True
        loop.call_later(_MOMENT_S, self._ask)

    def did_render(self) -> None:
        self._strategy.did_render()

    def _ask(self) -> None:
        self._is_waiting = False
        self._strategy.schedule_render()


class _LeftButton:
    """Tells the hand where the left button is pressed and dragged in a slice view."""

    def __init__(self, view: SliceView, hand: Hand) -> None:
        self._view, self._hand = view, hand
        self._is_pressed = False
        interactor = view.interactor()
        for event, method in (
            (vtkCommand.LeftButtonPressEvent, self._press),
            (vtkCommand.MouseMoveEvent, self._move),
            (vtkCommand.LeftButtonReleaseEvent, self._release),
        ):
            interactor.AddObserver(event, method, _BEFORE_VIEW_INTERACTION)

    def _press(self, interactor, _event) -> None:
        is_plain = not (interactor.GetShiftKey() or interactor.GetControlKey())
        if is_plain and self._hand.takes_hold():
            self._is_pressed = True
            self._touch()

    def _move(self, _interactor, _event) -> None:
        if self._is_pressed:
            self._touch()

    def _release(self, _interactor, _event) -> None:
        if self._is_pressed:
            self._is_pressed = False
            self._hand.let_go()

    def _touch(self) -> None:
        x, y = self._view.interactor().GetEventPosition()
        node = self._view.get_view_node()
        r, a, s, _ = node.GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))
        to_ras = node.GetSliceToRAS()
        normal = tuple(to_ras.GetElement(row, 2) for row in range(3))
        self._hand.touch((r, a, s), normal)


def _draw_ct_below_segments(view: SliceView) -> None:
    # Both are 2D actors of one renderer, drawn in the order they were added, each hiding what is
    # drawn later behind it. trame-slicer adds the CT with the first volume, after the segments'
    # actors, so a translucent fill blacked out the CT. Adding it first lets the fill blend.
    view.first_renderer().AddViewProp(view._render_manager.image_actor)


def _leave_models_out(view: SliceView) -> None:
    # It takes every moved slice for a changed model and draws the other slice views anew, which
    # halves the frame rate. There are no models to cut here; but nothing else notices that the
    # CT's window changed, see `Views.redraw_slices`.
    manager = view.get_displayable_manager_by_class("vtkMRMLModelSliceDisplayableManager")
    manager.SetMRMLScene(None)


def _layouts() -> dict[str, Layout]:
    axial = ViewLayoutDefinition.axial_view()
    coronal = ViewLayoutDefinition.coronal_view()
    sagittal = ViewLayoutDefinition.sagittal_view()
    threed = ViewLayoutDefinition.threed_view(background_color=("#0d1117", "#1c2430"))
    row, column = LayoutDirection.Horizontal, LayoutDirection.Vertical
    return {
        "Four-up": Layout(
            row, [Layout(column, [axial, coronal]), Layout(column, [threed, sagittal])]
        ),
        "Axial": Layout(
            row, [axial, Layout(column, [threed, coronal, sagittal])], flex_sizes=["2", "1"]
        ),
        "3D": Layout(
            row, [threed, Layout(column, [axial, coronal, sagittal])], flex_sizes=["2", "1"]
        ),
        "Axial only": Layout(column, [axial]),
    }
