"""Keeps pyradiomics' log off the terminal while it works for us, and listens to it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np

_LOGGER = logging.getLogger("radiomics")


class _Listener(logging.Handler):
    """Keeps the last warning of every thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.last = record.getMessage()

    def forget(self) -> None:
        self._heard.last = ""

    @property
    def last(self) -> str:
        return getattr(self._heard, "last", "")


_LISTENER = _Listener()
_lock = threading.Lock()
_users = 0
_before: tuple[list[logging.Handler], bool] = ([], True)
_warnings: AbstractContextManager[object] = warnings.catch_warnings()


@contextmanager
def quiet() -> Iterator[None]:
    """Let pyradiomics warn nobody but this module; afterwards its log is as it was.

    Divisions by zero, of which pyradiomics makes NaN, are not told either.
    """
    global _users
    with _lock:
        if not _users:
            _hush()
        _users += 1
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _LOGGER.handlers, _LOGGER.propagate = _before
                _warnings.__exit__(None, None, None)


def _hush() -> None:
    """Turn the log to the listener; both it and the warnings are the whole process's."""
    global _before, _warnings
    _before = (_LOGGER.handlers, _LOGGER.propagate)
    _LOGGER.handlers, _LOGGER.propagate = [_LISTENER], False
    _warnings = warnings.catch_warnings()
    _warnings.__enter__()
    warnings.simplefilter("ignore")


def forget_warnings() -> None:
    """From now on, only later warnings of this thread count."""
    _LISTENER.forget()


def last_warning() -> str:
    """What pyradiomics warned of last in this thread, or nothing."""
    return _LISTENER.last
