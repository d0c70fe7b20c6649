"""The steps of an edit, and going back and forth among them."""

from __future__ import annotations

from CRLMExplorerLib.resection import RELEASED
from CRLMExplorerLib.review.flr_edit import FlrEdit
from CRLMExplorerQt.flr_part import FlrPart
from CRLMExplorerQt.tables import silent


class FlrSteps(FlrPart):
    """Every state that was gone through."""

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        ui.flrStepsList.connect("currentRowChanged(int)", self._jump)
        ui.flrUndoButton.connect("clicked()", self.undo)
        ui.flrRedoButton.connect("clicked()", self.redo)
        ui.flrRevertButton.connect("clicked()", self._revert)

    def undo(self) -> None:
        """Go back by one step."""
        if self.edit:
            self.edit.undo()

    def redo(self) -> None:
        """Go forward again."""
        if self.edit:
            self.edit.redo()

    def show(self, edit: FlrEdit) -> None:
        """Show the states and which holds."""
        ui, history = self.ui, edit.history
        with silent(ui.flrStepsList):
            ui.flrStepsList.clear()
            ui.flrStepsList.addItems(list(history.labels))
            ui.flrStepsList.setCurrentRow(history.position)
        ui.flrUndoButton.enabled = history.can_undo
        ui.flrRedoButton.enabled = history.can_redo
        ui.flrRevertButton.enabled = RELEASED in edit.resection.starts

    def _jump(self, row: int) -> None:
        if self.edit and row >= 0:
            self.edit.jump(row)

    def _revert(self) -> None:
        if self.edit:
            self.edit.restart(RELEASED)
