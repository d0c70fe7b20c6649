"""Files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a path beside a file, with the same suffix, to write to; it takes the file's place.

    A crash or an error in the block leaves what was there before. The permissions of a file that
    is replaced are kept.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{file} cannot be written: there is no folder {file.parent}.")
    temporary = file.with_name(f".{secrets.token_hex(4)}-{file.name}")
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        if file.exists():
            temporary.chmod(file.stat().st_mode)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
