"""Unsaved edits: the last one is there after a crash, and a damaged file harms nobody."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic, sleep

import pytest

from CRLMExplorerLib.resection import journal as journal_module
from CRLMExplorerLib.resection.journal import JOURNAL_FOLDER, Journal, JournalEntry, JournalError
from dicom.small_files import public_folder, without_privileges

LIBRARY = Path(journal_module.__file__).parents[2]
PATIENT = "CRLM-CT-1001"
PLAN = '{"cuts": ["größer", "\\\\", "\\n", "😀"]}'


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path)


def only_file(folder: Path) -> Path:
    (file,) = (f for f in (folder / JOURNAL_FOLDER).iterdir() if f.suffix != ".lock")
    return file


def keep(journal: Journal, plan_json: str, patient_id: str = PATIENT) -> JournalEntry:
    """Record an edit and leave it to whoever takes it up."""
    entry = journal.begin(patient_id)
    entry.record(plan_json)
    entry.close()
    return entry


def plan_of(journal: Journal, patient_id: str = PATIENT) -> str | None:
    edit = journal.pending(patient_id)
    return edit.plan_json if edit else None


def test_nothing_is_pending_at_first_and_no_folder_is_made(journal, tmp_path):
    assert journal.pending(PATIENT) is None
    assert not journal.is_at_work(PATIENT)
    journal.begin(PATIENT).discard()
    assert list(tmp_path.iterdir()) == []


def test_an_edit_is_offered_again_as_it_was(journal, tmp_path):
    keep(journal, PLAN)
    edit = Journal(tmp_path).pending(PATIENT)
    assert edit is not None
    assert edit.plan_json == PLAN
    assert timedelta() <= datetime.now(timezone.utc) - edit.when < timedelta(seconds=10)


def test_the_last_record_counts_until_it_is_discarded(journal, tmp_path):
    entry = journal.begin(PATIENT)
    for number in range(5):
        entry.record(f"plan {number}")
    entry.close()
    assert plan_of(journal) == "plan 4"
    only_file(tmp_path)
    entry.discard()
    assert plan_of(journal) is None
    assert list((tmp_path / JOURNAL_FOLDER).iterdir()) == []


def test_each_patient_has_an_edit_of_their_own(journal, tmp_path):
    ids = [
        "a",
        "A",
        "a/b",
        "..",
        "",
        "ä" * 64,
        "ä" * 63,
        "CON",
        "a b",
        "a%20b",
        "\\",
        "a\0b",
        "[a]*",
    ]
    for patient_id in ids:
        keep(journal, f"plan of {patient_id!r}", patient_id)
    assert [plan_of(journal, i) for i in ids] == [f"plan of {i!r}" for i in ids]
    names = [file.name for file in (tmp_path / JOURNAL_FOLDER).glob("*.json")]
    assert len({name.lower() for name in names}) == len(ids)
    assert [file.name for file in tmp_path.iterdir()] == [JOURNAL_FOLDER]


# ---- several at once


def test_what_somebody_works_on_is_not_offered_to_others(journal, tmp_path):
    entry, other = journal.begin(PATIENT), Journal(tmp_path)
    assert not other.is_at_work(PATIENT)
    entry.record(PLAN)
    assert (plan_of(other), other.is_at_work(PATIENT)) == (None, True)
    assert not other.is_at_work("another")
    entry.close()
    assert (plan_of(other), other.is_at_work(PATIENT)) == (PLAN, False)


def test_two_that_edit_one_patient_take_nothing_from_each_other(tmp_path):
    mine, yours = (Journal(tmp_path).begin(PATIENT) for _ in range(2))
    for number in range(3):
        mine.record(f"mine {number}")
        yours.record(f"yours {number}")
    mine.discard()
    yours.close()
    assert plan_of(Journal(tmp_path)) == "yours 2"


def test_the_newest_is_offered_first_and_the_others_after_it(journal):
    for number in range(3):
        keep(journal, f"plan {number}")
    for number in (2, 1, 0):
        pending = journal.pending(PATIENT)
        assert pending.plan_json == f"plan {number}"
        journal.take_up(PATIENT, pending).discard()
    assert journal.pending(PATIENT) is None


def test_an_edit_is_taken_up_once(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "_LOCK_TIMEOUT_S", 0.0)
    keep(journal, PLAN)
    pending, other = journal.pending(PATIENT), Journal(tmp_path)
    entry = journal.take_up(PATIENT, pending)
    assert plan_of(other) is None
    with pytest.raises(JournalError, match="Another CRLM Explorer works on this edit"):
        other.take_up(PATIENT, pending)
    entry.record("further")
    entry.close()
    with pytest.raises(JournalError, match="was changed, saved or forgotten elsewhere"):
        other.take_up(PATIENT, pending)
    assert plan_of(other) == "further"
    other.take_up(PATIENT, other.pending(PATIENT)).discard()
    with pytest.raises(JournalError, match="was changed, saved or forgotten elsewhere"):
        journal.take_up(PATIENT, pending)


def test_what_was_saved_is_forgotten_only_if_nothing_came_after_it(journal):
    entry = keep(journal, "saved")
    entry.record("done meanwhile")
    entry.discard("saved")
    entry.close()
    assert plan_of(journal) == "done meanwhile"
    entry.discard("done meanwhile")
    assert plan_of(journal) is None


def test_an_edit_of_a_version_before_is_offered(journal, tmp_path):
    """It kept one a patient, without a name for the edit."""
    keep(journal, PLAN)
    file = only_file(tmp_path)
    file.replace(file.with_name(file.name[: -len("-01234567.json")] + ".json"))
    assert plan_of(journal) == PLAN


# ---- damage


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
def test_a_cut_file_is_put_aside_and_no_edit(journal, tmp_path, kept):
    keep(journal, PLAN)
    file = only_file(tmp_path)
    cut = file.read_bytes()[: int(len(file.read_bytes()) * kept)]
    file.write_bytes(cut)
    assert plan_of(journal) is None
    aside = only_file(tmp_path)
    assert aside.name == f"{file.name}.damaged"
    assert aside.read_bytes() == cut
    keep(journal, "new")
    assert plan_of(journal) == "new"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[]", b"{}", b'{"format": "x"}', b'{"format": 1}', b"null"]
)
def test_a_file_of_something_else_is_put_aside(journal, tmp_path, content):
    keep(journal, PLAN)
    only_file(tmp_path).write_bytes(content)
    assert plan_of(journal) is None
    assert only_file(tmp_path).name.endswith(".damaged")


def test_a_newer_version_s_edit_is_said_and_kept(journal, tmp_path):
    keep(journal, PLAN)
    file = only_file(tmp_path)
    newer = file.read_bytes().replace(b'"format": 1', b'"format": 2')
    file.write_bytes(newer)
    with pytest.raises(JournalError, match="by a newer version: format 2, expected 1"):
        journal.pending(PATIENT)
    assert file.read_bytes() == newer
    keep(journal, "this version's")
    assert plan_of(journal) == "this version's"


def test_a_folder_that_may_not_be_written_is_said():
    with public_folder() as place:
        journal = Journal(place)
        entry = keep(journal, "before")
        (place / JOURNAL_FOLDER).chmod(0o555)
        only_file(place).chmod(0o644)
        with without_privileges():
            with pytest.raises(JournalError, match=r"cannot be kept in .*: Permission denied"):
                entry.record("after")
            with pytest.raises(JournalError, match="cannot be removed: Permission denied"):
                entry.discard()
            assert plan_of(journal) == "before"
            assert journal.take_up(PATIENT, journal.pending(PATIENT))


FORKING = """
import os, sys
from itertools import count
from pathlib import Path
from CRLMExplorerLib.resection.journal import Journal
while last := sys.stdin.readline():
    if os.fork():
        os.wait()
        os.write(1, b"ended\\n")
    else:
        entry = Journal(Path(sys.argv[1])).begin("P")
        os.write(1, b"%d\\n" % os.getpid())
        for number in count(int(last) + 1):
            entry.record(f"{number:012d}" * 2000)
            os.write(1, b"%d\\n" % number)
"""


def test_a_kill_while_recording_loses_none_that_was_recorded(journal, tmp_path):
    """What `record` has returned from is there, and the file is whole, whenever the kill comes."""
    forking = subprocess.Popen(
        [sys.executable, "-c", FORKING, tmp_path],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert forking.stdin is not None and forking.stdout is not None
    rng = random.Random(7)
    last = 0
    for _ in range(60):
        forking.stdin.write(b"%d\n" % last)
        forking.stdin.flush()
        recording = int(forking.stdout.readline())
        sleep(rng.uniform(0, 0.06))
        os.kill(recording, signal.SIGKILL)
        recorded = [int(line) for line in iter(forking.stdout.readline, b"ended\n")]
        plan = plan_of(journal, "P")
        if plan is not None:
            assert plan == plan[:12] * 2000
            last = int(plan[:12])
        assert last >= max(recorded, default=0)
    forking.stdin.close()
    assert forking.wait() == 0
    assert last > 20, "kills must have met programs at work"
    while pending := journal.pending("P"):
        journal.take_up("P", pending).discard()
    assert not [f for f in (tmp_path / JOURNAL_FOLDER).glob("*.json") if f.name[0] != "."]


def test_recording_is_cheap_enough_to_do_it_each_second(journal):
    plan, entry = "x" * 200_000, journal.begin(PATIENT)
    started = monotonic()
    for _ in range(10):
        entry.record(plan)
    assert (monotonic() - started) / 10 < 0.5
