"""A revision is saved whole or not at all, never touches the original, and says all of itself."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from textwrap import dedent
from time import perf_counter, sleep

import pytest
from pydicom import Dataset, dcmread

from CRLMExplorerLib import __version__
from CRLMExplorerLib.dicom import database as database_module
from CRLMExplorerLib.dicom import dso_files as dso_files_module
from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.dso_files import DsoNotSaved, saving_alone
from CRLMExplorerLib.dicom.dso_header import DsoUnreadable
from CRLMExplorerLib.resection.dso_reference import DsoReference
from CRLMExplorerLib.resection.history import index_waiting, revisions_of
from CRLMExplorerLib.resection.revision import read_revision
from CRLMExplorerLib.resection.revision_elements import RevisionError
from dicom.small_ct import edit
from dicom.small_files import public_folder, without_privileges
from resection.redrawn_patient import (
    NOTE,
    PATIENT,
    PLAN,
    REDRAWN,
    REMNANT,
    Opened,
    assert_whole,
    make_patient,
    opened,
)

LIBRARY = Path(database_module.__file__).parents[2]


@pytest.fixture(scope="session")
def patient_files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("revision")
    make_patient(folder)
    return folder


@pytest.fixture
def folder(patient_files, tmp_path) -> Path:
    """A database folder of one's own."""
    return Path(shutil.copytree(patient_files / "database", tmp_path / "database"))


@pytest.fixture
def patient(folder) -> Iterator[Opened]:
    with opened(folder) as patient:
        yield patient


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0.05)


def hashes(folder: Path) -> dict[Path, str]:
    return {
        file: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def dsos_in(folder: Path) -> list[Path]:
    return sorted((folder / "dicom").rglob("flr-revision-*.dcm"))


def leftovers_in(folder: Path) -> list[Path]:
    return sorted((folder / "dicom").rglob(".*"))


# ---- saving


def test_a_revision_is_a_series_of_its_own_beside_the_original(patient_files, folder, patient):
    before = {file: sha for file, sha in hashes(patient_files).items() if file.suffix == ".dcm"}
    saved = patient.save()
    assert (saved.number, saved.is_indexed, saved.findings) == (1, True, ())
    assert saved.path.is_relative_to(folder / "dicom")
    after = {file: sha for file, sha in hashes(patient_files).items() if file.suffix == ".dcm"}
    assert after == before
    assert_whole(saved.path, patient.ct)
    header = dcmread(saved.path, stop_before_pixels=True)
    assert header.SeriesInstanceUID == saved.series_uid != patient.dso.series_uid
    assert header.SOPInstanceUID == saved.sop_instance_uid
    assert header.SeriesDescription == "FLR revision 1"
    assert header.SeriesNumber == 301
    assert str(header.ContentCreatorName) == "Doe^Jane"


def test_it_is_in_the_database_at_once_and_chosen_next(patient):
    saved = patient.save()
    entry = patient.database.series_of(PATIENT)[-1]
    assert (entry.series_uid, entry.modality) == (saved.series_uid, "SEG")
    assert (entry.description, entry.number) == ("FLR revision 1", 301)
    assert entry.frame_of_reference_uid == patient.ct.frame_of_reference_uid
    assert patient.database.files_of(saved.series_uid) == [saved.path]
    choice = choose_series(patient.database, PATIENT)
    assert choice.dso is not None
    assert choice.dso.series_uid == saved.series_uid
    assert choice.dso.ct_series_uid == patient.ct.series_uid
    assert choice.findings == ()


def test_slicer_s_rule_for_paths_inside_the_folder_holds(folder, patient):
    saved = patient.save()
    connection = sqlite3.connect(folder / "ctkDICOM.sql")
    (row,) = connection.execute(
        "SELECT Filename FROM Images WHERE SOPInstanceUID = ?", (saved.sop_instance_uid,)
    ).fetchall()
    connection.close()
    study, series = (
        hashlib.md5(uid.encode()).hexdigest()[:8]
        for uid in (dcmread(patient.file).StudyInstanceUID, saved.series_uid)
    )
    assert row == (f"dicom/{study}/{series}/flr-revision-1.dcm",)


def test_revisions_of_a_ct_are_counted(patient):
    assert [patient.save().number for _ in range(3)] == [1, 2, 3]
    numbers = [entry.number for entry in patient.database.series_of(PATIENT)]
    assert sorted(n for n in numbers if n is not None and n >= 300) == [300, 301, 302, 303]


def test_a_number_is_not_given_again_after_one_was_removed(patient):
    first, second = patient.save(), patient.save()
    first.path.unlink()
    assert (second.number, patient.save().number) == (2, 3)


def test_nothing_unfinished_is_left(folder, patient):
    patient.save()
    assert leftovers_in(folder) == []


def test_what_a_killed_save_left_is_cleaned_away(folder, patient):
    leftover = folder / "dicom" / ".crlm-explorer-unfinished-0123"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    patient.save()
    assert leftovers_in(folder) == []


# ---- reading


def test_what_was_said_is_read_back(patient):
    saved = patient.save()
    revision = read_revision(saved.path)
    assert revision is not None
    assert (revision.number, revision.file) == (1, saved.path)
    assert (revision.patient_id, revision.ct_series_uid) == (PATIENT, patient.ct.series_uid)
    assert revision.series_uid == saved.series_uid
    assert revision.sop_instance_uid == saved.sop_instance_uid
    assert revision.reader == "Doe^Jane"
    assert revision.note == NOTE.strip()
    assert revision.plan_json == PLAN
    assert revision.flr_ml == pytest.approx(REDRAWN.sum() * 0.8 * 0.7 * 5 / 1000)
    assert revision.software_version == __version__
    original = DsoReference(patient.dso.series_uid, patient.dso.sop_instance_uid)
    assert revision.predecessor == revision.released == original


def test_a_revision_of_a_revision_names_both(folder, patient):
    first = patient.save()
    with opened(folder, first.series_uid) as again:
        second = read_revision(again.save(REMNANT, plan_json=None).path)
    assert second is not None
    assert second.number == 2
    assert second.predecessor == DsoReference(first.series_uid, first.sop_instance_uid)
    assert second.released == DsoReference(patient.dso.series_uid, patient.dso.sop_instance_uid)
    assert second.plan_json is None
    assert_whole(second.file, patient.ct, REMNANT)


@pytest.mark.parametrize(
    ("said", "reader"),
    [
        ("", ""),
        ("Jörg Müller", "Jörg Müller"),
        ("山田^太郎", "山田^太郎"),
        ("a\\b=c\nd", "a/b c d"),
        ("x" * 99, "x" * 64),
    ],
)
def test_any_reader_s_name_can_be_kept(patient, said, reader):
    revision = read_revision(patient.save(reader_name=said).path)
    assert revision is not None
    assert revision.reader == reader


def test_the_note_s_beginning_is_public(patient):
    header = dcmread(patient.save().path, stop_before_pixels=True)
    assert (
        header.ContentDescription
        == "First line, with a / and = in it. Second line: größer, π, 😀. Lon"
    )
    assert len(header.ContentDescription) == 64


def test_the_private_elements_are_declared(patient):
    header = dcmread(patient.save().path, stop_before_pixels=True)
    block = header.private_block(0x0063, "CRLM EXPLORER")
    (declaration,) = header.PrivateDataElementCharacteristicsSequence
    assert declaration.PrivateCreatorReference == "CRLM EXPLORER"
    assert {
        item.PrivateDataElement: item.PrivateDataElementValueRepresentation
        for item in declaration.PrivateDataElementDefinitionSequence
    } == {element: block[element].VR for element in (1, 2, 3, 4, 5)}


def test_without_its_private_elements_it_is_still_a_revision(patient):
    saved = patient.save(note="short")
    edit(saved.path, lambda dataset: dataset.remove_private_tags())
    revision = read_revision(saved.path)
    assert revision is not None
    assert (revision.number, revision.reader, revision.note) == (1, "Doe^Jane", "short")
    assert (revision.plan_json, revision.flr_ml) == (None, None)
    assert revision.released == revision.predecessor


def test_another_program_s_dso_is_no_revision(patient):
    assert read_revision(patient.file) is None
    named_alike = edit(
        patient.save().path, lambda dataset: setattr(dataset, "ManufacturerModelName", "Other")
    )
    assert read_revision(named_alike) is None


def test_a_damaged_or_missing_file_is_said(patient, tmp_path):
    whole = patient.save().path.read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:300])
    (tmp_path / "text.dcm").write_text("none")
    for name in ("cut.dcm", "text.dcm", "missing.dcm"):
        with pytest.raises(DsoUnreadable, match=name):
            read_revision(tmp_path / name)


# ---- when it cannot be saved


def nothing_was_saved(folder: Path) -> bool:
    return not dsos_in(folder) and not leftovers_in(folder)


def test_another_patient_s_dso_is_refused(folder, patient, tmp_path):
    def give_away(dataset: Dataset) -> None:
        dataset.PatientID = "CRLM-CT-1002"

    file = edit(Path(shutil.copy(patient.file, tmp_path / "other.dcm")), give_away)
    other = Opened(patient.database, file, patient.dso, patient.ct)
    with pytest.raises(RevisionError, match=r"is CRLM-CT-1002's, but the CT is CRLM-CT-1001's"):
        other.save()
    assert nothing_was_saved(folder)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As if the disk were full: no file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_and_it_can_be_saved_later(folder, patient):
    before = hashes(folder)
    with files_of_at_most(3000), pytest.raises(DsoNotSaved, match=r"File too large.*save again"):
        patient.save()
    assert nothing_was_saved(folder)
    left = hashes(folder)
    assert {file: left.get(file) for file in before} == before
    assert_whole(patient.save().path, patient.ct)


def test_a_read_only_folder_is_said():
    with public_folder() as place:
        make_patient(place)
        for path in (place / "database").rglob("*"):
            path.chmod(0o644)
        (place / "database").chmod(0o555)
        with (
            without_privileges(),
            opened(place / "database") as patient,
            pytest.raises(DsoNotSaved, match="Permission denied"),
        ):
            patient.save()
        assert [file.name for file in (place / "database").iterdir()] == ["ctkDICOM.sql"]


def test_a_database_that_another_program_writes_to_costs_only_the_entry(impatient, folder, patient):
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN IMMEDIATE")
    saved = patient.save()
    slicer.execute("ROLLBACK")
    slicer.close()
    assert not saved.is_indexed
    (finding,) = saved.findings
    assert finding.code == "revision-not-indexed"
    assert str(saved.path) in finding.message
    assert "in use by another program" in finding.message
    assert_whole(saved.path, patient.ct)
    assert patient.database.files_of(saved.series_uid) == []
    assert patient.save().number == 2


def test_a_database_that_cannot_even_be_read_is_said(impatient, folder, patient):
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseError, match="in use by another program"):
        patient.save()
    slicer.execute("ROLLBACK")
    slicer.close()
    assert nothing_was_saved(folder)
    assert patient.save().is_indexed


def test_another_program_that_goes_on_saving_is_said(folder, patient, monkeypatch):
    monkeypatch.setattr(dso_files_module, "_LOCK_TIMEOUT_S", 0.05)
    with (
        saving_alone(folder),
        pytest.raises(DsoNotSaved, match="Another CRLM Explorer is saving"),
    ):
        patient.save()
    assert nothing_was_saved(folder)
    assert patient.save().is_indexed


def test_two_programs_that_save_at_once_take_turns(folder, patient):
    saving = [_a_process(SAVING, folder) for _ in range(3)]
    for process in saving:
        process.communicate(b"go\n", timeout=60)
        assert process.returncode == 0
    files = dsos_in(folder)
    assert [file.name for file in sorted(files, key=lambda f: f.name)] == [
        f"flr-revision-{number}.dcm" for number in (1, 2, 3)
    ]
    for file in files:
        assert_whole(file, patient.ct)


# ---- when it is killed

SAVING = """
    sys.stdin.readline()
    with opened(Path(sys.argv[1])) as patient:
        patient.save()
"""

FORKING = """
    # A process that has everything loaded starts one after another that saves at once.
    while sys.stdin.readline():
        if child := os.fork():
            print(child, flush=True)
            sys.stdin.readline()  # until then it can be killed, be it that it has ended
            _, status = os.waitpid(child, 0)
            print(os.WTERMSIG(status), flush=True)
        else:
            with opened(Path(sys.argv[1])) as patient:
                os.write(1, b"saving\\n")
                patient.save()
                os.write(1, b"saved\\n")
            os._exit(0)
"""


def _a_process(script: str, folder: Path) -> subprocess.Popen:
    preamble = (
        "import os, sys\nfrom pathlib import Path\nfrom resection.redrawn_patient import opened\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", preamble + dedent(script), folder],
        env={**os.environ, "PYTHONPATH": f"{LIBRARY}{os.pathsep}{Path(__file__).parents[1]}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_kill_at_any_moment_leaves_no_dso_or_a_whole_one(patient_files, folder, patient):
    """Sixty processes are killed while they save, each at another moment."""
    before = {file: sha for file, sha in hashes(patient_files).items() if file.suffix == ".dcm"}
    rng = random.Random(5)
    forking = _a_process(FORKING, folder)
    assert forking.stdin is not None and forking.stdout is not None
    seen: set[Path] = set()
    lasted: list[float] = []
    killed = without_file = 0
    while killed < 60:
        forking.stdin.write(b"start\n")
        forking.stdin.flush()
        child = int(forking.stdout.readline())
        assert forking.stdout.readline() == b"saving\n"
        if len(lasted) < 5:
            started = perf_counter()
            assert forking.stdout.readline() == b"saved\n"
            lasted.append(perf_counter() - started)
        else:
            sleep(rng.uniform(0, 1.2 * median(lasted)))
            os.kill(child, signal.SIGKILL)
        forking.stdin.write(b"reap\n")
        forking.stdin.flush()
        while (line := forking.stdout.readline()) == b"saved\n":
            pass
        was_killed = int(line) == signal.SIGKILL

        new = set(dsos_in(folder)) - seen
        assert len(new) <= 1 if was_killed else len(new) == 1
        for file in new:
            assert_whole(file, patient.ct)
        seen |= new
        assert indexed_in(folder) <= seen
        killed += was_killed
        without_file += was_killed and not new
    forking.stdin.close()
    assert forking.wait() == 0

    assert without_file >= 10, "kills must have met saves that had not got to the file's name"
    assert_whole(patient.save().path, patient.ct)
    assert leftovers_in(folder) == []
    index_waiting(patient.database)
    assert indexed_in(folder) == set(dsos_in(folder))
    revisions = revisions_of(patient.database, PATIENT)
    assert [r.number for r in revisions] == list(range(1, len(seen) + 2))
    assert {(r.plan_json, r.note) for r in revisions} == {(PLAN, NOTE.strip())}
    assert {f: sha for f, sha in hashes(patient_files).items() if f in before} == before


def test_a_kill_before_the_entry_leaves_a_whole_dso_that_can_be_indexed(folder, patient):
    """The saving process waits for the database, which another program writes to."""
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN IMMEDIATE")
    saving = _a_process(SAVING, folder)
    assert saving.stdin is not None
    saving.stdin.write(b"go\n")
    saving.stdin.flush()
    while not dsos_in(folder):
        assert saving.poll() is None
        sleep(0.01)
    saving.kill()
    saving.communicate()
    assert saving.returncode == -signal.SIGKILL
    slicer.execute("ROLLBACK")
    slicer.close()
    (file,) = dsos_in(folder)
    assert_whole(file, patient.ct)
    assert indexed_in(folder) == set()
    assert index_waiting(patient.database) == (file,)
    assert indexed_in(folder) == {file}


def indexed_in(folder: Path) -> set[Path]:
    """The revisions that the database has, which must be sound."""
    with (
        CtkDatabase.open(folder) as database,
        closing(sqlite3.connect(folder / "ctkDICOM.sql")) as connection,
    ):
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        files = {
            file
            for entry in database.series_of(PATIENT)
            for file in database.files_of(entry.series_uid)
        }
    return {file for file in files if file.is_relative_to(folder)}
