"""What a reader said is on disk when it was said, and a file that is not ours is left alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from CRLMExplorerLib.review.store import Review, ReviewState, ReviewStore, ReviewStoreError
from dicom.small_files import public_folder, without_privileges

ACCEPTED = Review(ReviewState.ACCEPTED, "Größe “ok”; 100 % 'sicher'\nzweite Zeile")

KILLED_AFTER_SAYING = """
import os, signal, sys
from pathlib import Path
from CRLMExplorerLib.review.store import Review, ReviewState, ReviewStore
ReviewStore(Path(sys.argv[1])).save_review("P1", Review(ReviewState.NEEDS_WORK, "margin"))
os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED_IN_MID_WRITE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE review SET note = 'half'")
for number in range(2000):
    connection.execute("INSERT INTO figures VALUES (?, ?)", (str(number), "x" * 2000))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def store(tmp_path) -> ReviewStore:
    return ReviewStore(tmp_path)


def killed(program: str, *arguments: object) -> None:
    ended = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=False)
    assert ended.returncode == -signal.SIGKILL


def user_version(store: ReviewStore, version: int) -> None:
    with closing(sqlite3.connect(store.file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def test_nothing_said_is_no_file(store):
    assert store.reviews() == {}
    assert store.figures() == {}
    assert not store.file.exists()


def test_what_was_said_is_read_again(store):
    store.save_review("P1", Review(ReviewState.SEEN))
    store.save_review("P1", ACCEPTED)
    store.save_review("P'2", Review(ReviewState.NEEDS_WORK, ""))
    again = ReviewStore(store.file.parent)
    assert again.reviews() == {"P1": ACCEPTED, "P'2": Review(ReviewState.NEEDS_WORK, "")}


def test_figures_are_read_again(store):
    figures = {"flr_ml": 0.1 + 0.2, "tumor_count": 3, "adequate": None, "dso_series_uid": "1.2"}
    store.save_figures("P1", figures)
    assert store.figures() == {"P1": figures}
    assert store.reviews() == {}


def test_a_kill_right_after_loses_nothing(store):
    killed(KILLED_AFTER_SAYING, store.file.parent)
    assert store.reviews() == {"P1": Review(ReviewState.NEEDS_WORK, "margin")}


def test_a_kill_in_mid_write_leaves_what_was_said_before(store):
    store.save_review("P1", ACCEPTED)
    killed(KILLED_IN_MID_WRITE, store.file)
    journal = store.file.with_name(store.file.name + "-journal")
    assert journal.exists()
    assert store.reviews() == {"P1": ACCEPTED}
    assert store.figures() == {}


def test_a_kill_before_the_tables_are_made_is_as_if_nothing_was_said(store):
    store.file.touch()
    assert store.reviews() == {}
    store.save_review("P1", ACCEPTED)
    assert store.reviews() == {"P1": ACCEPTED}


def test_threads_may_speak_at_once(store):
    with ThreadPoolExecutor(8) as threads:
        said = [
            threads.submit(store.save_review, f"P{n}", Review(ReviewState.SEEN, str(n)))
            for n in range(24)
        ]
    assert [future.exception() for future in said] == [None] * 24
    assert {int(review.note) for review in store.reviews().values()} == set(range(24))


@pytest.mark.parametrize("content", [b"not a database" * 100, os.urandom(5000)])
def test_a_file_that_is_no_database_is_left_as_it_is(store, content):
    store.file.write_bytes(content)
    for ask in (store.reviews, store.figures, lambda: store.save_review("P1", ACCEPTED)):
        with pytest.raises(ReviewStoreError, match=r"crlm-explorer-review\.sqlite cannot be"):
            ask()
    assert store.file.read_bytes() == content


def test_a_file_of_a_newer_version_is_left_as_it_is(store):
    store.save_review("P1", ACCEPTED)
    user_version(store, 2)
    content = store.file.read_bytes()
    for ask in (store.reviews, store.figures, lambda: store.save_review("P1", Review())):
        with pytest.raises(ReviewStoreError, match="newer version: format 2, expected 1 or older"):
            ask()
    assert store.file.read_bytes() == content


def test_an_unknown_state_is_an_error(store):
    store.save_review("P1", ACCEPTED)
    with closing(sqlite3.connect(store.file)) as connection, connection:
        connection.execute("UPDATE review SET state = 'perhaps'")
    with pytest.raises(ReviewStoreError, match="'perhaps' is not a valid ReviewState"):
        store.reviews()


def test_a_locked_file_is_an_error_until_it_is_let_go(store):
    store.save_review("P1", ACCEPTED)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ReviewStoreError, match="locked"):
            store.save_review("P1", Review())
    assert store.reviews() == {"P1": ACCEPTED}


def test_a_folder_that_may_not_be_written_is_read():
    with public_folder() as folder:
        store = ReviewStore(folder)
        store.save_review("P1", ACCEPTED)
        store.file.chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            assert store.reviews() == {"P1": ACCEPTED}
            with pytest.raises(ReviewStoreError, match="cannot be written"):
                store.save_review("P1", Review())
        folder.chmod(0o755)
        assert store.reviews() == {"P1": ACCEPTED}
