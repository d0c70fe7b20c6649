"""The question before an unsaved edit is left: three answers, and to close it is to stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget


@contextmanager
def answering(answer: Callable[[QMessageBox], None]) -> Iterator[list[str]]:
    """Answer the question when it comes up; gives what it said."""
    said: list[str] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            said.append(box.text)
            answer(box)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(10)
    try:
        yield said
    finally:
        timer.stop()


def press(title: str) -> Callable[[QMessageBox], None]:
    return lambda box: next(b for b in box.buttons() if b.text == title).click()


@pytest.mark.parametrize("name", ["STAY", "DISCARD", "KEEP"])
def test_each_button_is_an_answer(empty_desktop, name):
    from CRLMExplorerQt import unsaved

    with answering(press(unsaved.Answer[name].value)) as said:
        assert unsaved.ask(QWidget()) is unsaved.Answer[name]
    assert said == ["The FLR was edited and not saved."]


def test_to_close_the_question_is_to_stay(empty_desktop):
    from CRLMExplorerQt import unsaved

    with answering(lambda box: box.reject()):
        assert unsaved.ask(QWidget()) is unsaved.Answer.STAY


def test_without_an_edit_nobody_is_asked(empty_desktop):
    from CRLMExplorerQt import unsaved

    assert unsaved.may_leave(None, QWidget())
