"""The question before an edit is left that was not saved."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import qt

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession


class Answer(Enum):
    """What the reader wants to do with the edit."""

    STAY = "Stay"
    DISCARD = "Discard"
    KEEP = "Keep for later"


def may_leave(session: ReviewSession | None, parent: Any) -> bool:
    """Whether the reader may turn away from the edit; one that has something to save is left so.

    Parameters
    ----------
    session
        The reader's session.
    parent
        The widget that the question belongs to.
    """
    edit = session.editing.edit if session else None
    if session is None or edit is None or not edit.is_dirty:
        return True
    answer = ask(parent)
    if answer is not Answer.STAY:
        session.editing.leave(keep=answer is Answer.KEEP)
    return answer is not Answer.STAY


def ask(parent: Any) -> Answer:
    """Ask what is to become of the edit; to close the question is to stay."""
    box = qt.QMessageBox(parent)
    box.windowTitle = "CRLM Explorer"
    box.icon = qt.QMessageBox.Question
    box.text = "The FLR was edited and not saved."
    box.informativeText = "Keep the edit to take it up again later, or discard it?"
    buttons = {
        Answer.STAY: box.addButton(Answer.STAY.value, qt.QMessageBox.RejectRole),
        Answer.DISCARD: box.addButton(Answer.DISCARD.value, qt.QMessageBox.DestructiveRole),
        Answer.KEEP: box.addButton(Answer.KEEP.value, qt.QMessageBox.AcceptRole),
    }
    box.setDefaultButton(buttons[Answer.KEEP])
    box.exec_()
    clicked = box.clickedButton()
    box.deleteLater()
    return next((answer for answer, button in buttons.items() if button == clicked), Answer.STAY)
