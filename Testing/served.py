"""The page's server, run as a user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = Path(sys.executable).with_name("crlm-explorer")


@contextmanager
def served(*options: object) -> Iterator[str]:
    """Start ``crlm-explorer serve`` with options on a free port; gives the address."""
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [str(word) for word in (_PROGRAM, "serve", *options, "--port", 0, "--no-browser")],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(server, log)
        finally:
            server.terminate()
            server.wait(timeout=20)


def _address(server: subprocess.Popen, log) -> str:
    for _ in range(600):
        log.seek(0)
        text = log.read()
        if found := re.search(r"http://\S+", text):
            return found.group()
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {text}")
