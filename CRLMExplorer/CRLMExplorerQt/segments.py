"""The segments: role and volume, how they are shown, and the views they are shown in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt

from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.review import wording
from CRLMExplorerLib.review.display import Window
from CRLMExplorerQt import views
from CRLMExplorerQt.choices import choose, chosen, offer
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import Cell, fill, silent, stretch

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel

_NAME, _ROLE, _VOLUME, _FILL, _IN_3D = range(5)


class SegmentsSection(Section):
    """The section “Segments”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self._watched: tuple[Any, int] | None = None
        stretch(ui.segmentsTable)
        offer(
            ui.windowComboBox,
            [(w.name, f"{w.label} ({w.width_hu:g} / {w.level_hu:g} HU)") for w in Window],
            Window.PORTAL_VENOUS.name,
        )
        offer(
            ui.layoutComboBox,
            [("", "Another")] + [(str(v), k) for k, v in views.LAYOUTS.items()],
            "",
        )
        ui.segmentsTable.connect("itemChanged(QTableWidgetItem*)", self._ticked)
        ui.segmentsTable.connect("itemSelectionChanged()", self._show_selected)
        ui.segmentsTable.connect("cellDoubleClicked(int,int)", self._jump)
        ui.opacitySlider.connect("valueChanged(double)", self._fade)
        ui.toggleAllButton.connect("clicked()", self.toggle_all)
        ui.jumpButton.connect("clicked()", self._jump)
        ui.nextTumorButton.connect("clicked()", self.next_tumor)
        ui.center3dButton.connect("clicked()", views.center_3d)
        ui.windowComboBox.connect("currentIndexChanged(int)", self._set_window)
        ui.layoutComboBox.connect("currentIndexChanged(int)", self._set_layout)

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        if session:
            session.case_changed.connect(self._case_changed)
            session.window_changed.connect(self._show_window)
            session.set_window(Window[chosen(self.ui.windowComboBox)])
        self._case_changed()

    def restore(self, parameters: Any) -> None:
        if parameters.window in Window.__members__:
            self.set_window(Window[parameters.window])

    def enter(self) -> None:
        slicer_layouts = self.panel.layout_manager
        slicer_layouts.connect("layoutChanged(int)", self._show_layout)
        self._show_layout()
        self._watch()
        self._show()

    def exit(self) -> None:
        self.panel.layout_manager.disconnect("layoutChanged(int)", self._show_layout)
        self._stop_watching()

    # What keys do, too

    def toggle_all(self) -> None:
        """Hide all segments if any is visible, else show all."""
        if self.session:
            self.session.toggle_all()
            self._show()

    def next_tumor(self) -> None:
        """Centre the views on each tumour in turn."""
        if self.session:
            self.session.jump_to_next_tumor()

    def set_window(self, window: Window) -> None:
        """Show the CT in another window."""
        choose(self.ui.windowComboBox, window.name)
        self._set_window()

    # Session to widgets

    def _segments(self) -> tuple[Segment, ...]:
        return self.session.case.segments if self.session and self.session.case else ()

    def _case_changed(self) -> None:
        self._watch()
        self._show()

    def _watch(self) -> None:
        """Segments can be shown in another way elsewhere in Slicer."""
        self._stop_watching()
        display = self.session.display if self.session else None
        if self.panel.is_entered and display and display.dso_node:
            node = display.dso_node.GetDisplayNode()
            tag = node.AddObserver("ModifiedEvent", lambda caller, event: self._show())
            self._watched = node, tag

    def _stop_watching(self) -> None:
        if self._watched:
            node, tag = self._watched
            node.RemoveObserver(tag)
            self._watched = None

    def _show(self) -> None:
        segments = self._segments()
        fill(self.ui.segmentsTable, [self._cells(segment) for segment in segments])
        for button in (self.ui.toggleAllButton, self.ui.nextTumorButton, self.ui.center3dButton):
            button.enabled = bool(segments)
        self._show_selected()

    def _cells(self, segment: Segment) -> list[Cell]:
        look = self.session.look_of(segment)
        code = segment.property_type.meaning if segment.property_type else ""
        tip = f"{segment.label} · {code}" if code else segment.label
        volume = wording.volume_text(segment.mask.count, segment.mask.volume_ml)
        return [
            Cell(segment.label, tip, checked=look.visible, color=segment.color),
            Cell(segment.role.value, tip),
            Cell("empty" if segment.mask.is_empty else volume, tip, is_number=True),
            Cell("", "Fill its area in slices, or outline it only", checked=look.filled),
            Cell("", "Show its surface in 3D", checked=look.in_3d),
        ]

    def _show_selected(self) -> None:
        segment = self._selected()
        self.ui.jumpButton.enabled = bool(segment and not segment.mask.is_empty)
        self.ui.opacitySlider.enabled = bool(segment and self.session.look_of(segment).filled)
        if segment:
            with silent(self.ui.opacitySlider):
                self.ui.opacitySlider.value = round(100 * self.session.look_of(segment).opacity)

    def _show_window(self) -> None:
        choose(self.ui.windowComboBox, self.session.window.name)

    def _show_layout(self) -> None:
        choose(self.ui.layoutComboBox, str(views.layout()))

    # Widgets to session

    def _selected(self) -> Segment | None:
        row = self.ui.segmentsTable.currentRow()
        segments = self._segments()
        return segments[row] if 0 <= row < len(segments) else None

    def _ticked(self, item: Any) -> None:
        number = self._segments()[item.row()].number
        is_ticked = item.checkState() == qt.Qt.Checked
        name = {_NAME: "visible", _FILL: "filled", _IN_3D: "in_3d"}.get(item.column())
        if name:
            self.session.change_look(number, **{name: is_ticked})
            self._show_selected()

    def _fade(self, percent: float) -> None:
        if segment := self._selected():
            self.session.change_look(segment.number, opacity=percent / 100)

    def _jump(self) -> None:
        if segment := self._selected():
            self.session.jump_to_segment(segment.number)

    def _set_window(self) -> None:
        name = chosen(self.ui.windowComboBox)
        self.panel.remember(window=name)
        if self.session:
            self.session.set_window(Window[name])

    def _set_layout(self) -> None:
        if value := chosen(self.ui.layoutComboBox):
            views.set_layout(int(value))
