"""Beginning, leaving, taking up and saving an edit; what a crash or a full disk leaves of it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom import database as database_module
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.dicom.segmentation import read_dso
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.phantom import PhantomSegment, write_ct, write_dso
from CRLMExplorerLib.resection import RELEASED, WHOLE_LIVER, KeepLargestIsland, WedgeCut
from CRLMExplorerLib.resection import journal as journal_module
from CRLMExplorerLib.resection.history import index_waiting
from CRLMExplorerLib.resection.journal import JOURNAL_FOLDER, Journal
from CRLMExplorerLib.resection.plan_json import plan_from_json, plan_to_json
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review.remnants import RemnantNotFound
from dicom.small_ct import grid_of, noise_hu
from dicom.small_files import public_folder, without_privileges
from review.redrawing import LIVER, at, eraser, plane, remnant, voxels
from review.runners import HeldRunner

PATIENT, OTHER = "CRLM-CT-1001", "CRLM-CT-1002"
LIBRARY = Path(database_module.__file__).parents[2]
TESTING = Path(__file__).parents[1]


@pytest.fixture
def opened(session):
    session.open(PATIENT)
    return session


@pytest.fixture
def editing(opened):
    return opened.editing


@pytest.fixture
def saved(editing) -> list:
    """The revisions that were saved."""
    revisions: list = []
    editing.saved.connect(revisions.append)
    return revisions


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0.05)


@pytest.fixture
def odd(host, tmp_path) -> Iterator[ReviewSession]:
    """A session on patients that lack what an edit needs."""
    shape = (12, 48, 48)
    liver, tumor = np.zeros((2, *shape), dtype=bool)
    liver[LIVER] = True
    tumor[4:7, 8:12, 6:9] = True
    files = tmp_path / "odd"
    segments = {
        "NO-DSO": [],
        "NO-LIVER": [PhantomSegment("Tumor_1", tumor)],
        "NO-REMNANT": [PhantomSegment("Liver", liver), PhantomSegment("Tumor_1", tumor)],
        "NO-CT": [PhantomSegment("Liver", liver)],
    }
    for patient_id, drawn in segments.items():
        ct = write_ct(files / patient_id / "ct", noise_hu(shape), grid_of(shape=shape), patient_id)
        if drawn:
            write_dso(files / patient_id / "seg.dcm", ct, drawn)
    shutil.rmtree(files / "NO-CT" / "ct")
    with CtkDatabase.create(tmp_path / "odd database") as database:
        import_files([files], database)
        yield ReviewSession(host, database)


def hashes(folder: Path) -> dict[Path, str]:
    return {
        file: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.dcm"))
    }


def journalled(folder: Path, patient_id: str = PATIENT):
    """The plan of the patient's one edit on disk, be it under way or not."""
    kept = [json.loads(file.read_text()) for file in (folder / JOURNAL_FOLDER).glob("*.json")]
    plans = [entry["plan"] for entry in kept if entry["patient_id"] == patient_id]
    assert len(plans) <= 1
    return plan_from_json(plans[0]) if plans else None


# Beginning


@pytest.mark.parametrize(("start", "first"), [(RELEASED, 34), (WHOLE_LIVER, 4)])
def test_an_edit_begins_from_a_start(opened, editing, start, first):
    told = []
    editing.begun_or_ended.connect(lambda: told.append(editing.edit))
    editing.begin(start)
    assert told == [editing.edit]
    assert editing.edit.plan.start == start
    assert np.array_equal(remnant(opened), voxels(first, 44))


def test_an_edit_begins_from_a_revision(opened, editing, saved):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.save("Doe^Jane", "")
    for name in ("1", saved[0].series_uid):
        editing.begin(name)
        assert editing.edit.plan.start == saved[0].series_uid
        assert np.array_equal(remnant(opened), voxels(38, 44))
        editing.edit.restart(RELEASED)
        assert np.array_equal(remnant(opened), voxels(34, 44))
        editing.leave(keep=False)


def test_a_start_that_is_not_there_leaves_the_edit_under_way(opened, editing, complaints):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    edit = editing.edit
    editing.begin("7")
    assert complaints == [f"Patient {PATIENT} has no revision 7; there are: none."]
    assert editing.edit is edit
    edit.undo()
    assert edit.plan.steps == ()


def test_without_a_released_remnant_the_whole_liver_is_begun_with(odd):
    odd.open("NO-REMNANT")
    odd.editing.begin()
    edit = odd.editing.edit
    assert edit.plan.start == WHOLE_LIVER
    assert (edit.figures.dice, edit.figures.volume_change_ml, edit.comparison) == (None,) * 3
    edit.add(WedgeCut("Tumor_1", 4.0))
    odd.editing.save("Doe^Jane", "")
    assert [revision.number for revision in odd.editing.revisions] == [1]


@pytest.mark.parametrize(
    ("patient_id", "said"),
    [
        ("NO-DSO", "has no liver segment with voxels"),
        ("NO-LIVER", "has no liver segment with voxels"),
        ("NO-CT", "has no CT that can be read"),
    ],
)
def test_a_patient_that_lacks_something_cannot_be_edited(odd, host, patient_id, said):
    complaints: list[str] = []
    odd.failed.connect(complaints.append)
    odd.open(patient_id)
    nodes = host.scene.GetNumberOfNodes()
    odd.editing.begin()
    odd.editing.begin(WHOLE_LIVER)
    odd.editing.resume()
    odd.editing.leave(keep=True)
    odd.editing.save("Doe^Jane", "")
    assert odd.editing.edit is None
    assert len(complaints) == 2
    assert all(said in complaint for complaint in complaints)
    assert host.scene.GetNumberOfNodes() == nodes


def test_nothing_can_be_edited_before_a_patient_is_open(session, complaints):
    editing = session.editing
    editing.begin()
    editing.resume()
    editing.discard_pending()
    editing.leave(keep=False)
    editing.save("Doe^Jane", "")
    with pytest.raises(RemnantNotFound):
        editing.compare(RELEASED, "1")
    assert (editing.edit, editing.pending, editing.revisions, complaints) == (None, None, (), [])


# Leaving, and taking up again


def test_leaving_takes_everything_out_of_the_scene(opened, editing, host):
    nodes = host.scene.GetNumberOfNodes()
    editing.begin()
    editing.edit.add(plane(opened, 38))
    assert host.scene.GetNumberOfNodes() == nodes + 4
    editing.leave(keep=False)
    assert host.scene.GetNumberOfNodes() == nodes


def test_an_edit_that_is_kept_is_taken_up_as_it_was(opened, editing):
    editing.begin(WHOLE_LIVER)
    editing.edit.add(WedgeCut("Tumor_1", 3.0))
    editing.edit.draw(*eraser(opened))
    editing.edit.rest()
    plan, figures = editing.edit.plan, editing.edit.figures
    editing.leave(keep=True)
    assert editing.edit is None
    assert plan_from_json(editing.pending.plan_json) == plan
    editing.resume()
    assert (editing.edit.plan, editing.edit.figures) == (plan, figures)
    assert editing.edit.is_dirty


def test_an_edit_that_was_taken_up_is_kept_until_it_is_saved_or_forgotten(opened, editing, folder):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    plan = editing.edit.plan
    for _ in range(2):
        editing.leave(keep=True)
        editing.resume()
    assert journalled(folder) == plan
    editing.leave(keep=False)
    assert (editing.pending, journalled(folder)) == (None, None)


def test_an_edit_that_is_forgotten_is_not_offered_again(opened, editing, folder):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.leave(keep=False)
    assert (editing.pending, journalled(folder)) == (None, None)
    opened.open(PATIENT)
    assert editing.pending is None


def test_what_was_undone_whole_is_not_offered_again(opened, editing, folder):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    assert journalled(folder).steps == (plane(opened, 38),)
    editing.edit.undo()
    assert journalled(folder) is None
    editing.edit.redo()
    assert journalled(folder).steps == (plane(opened, 38),)


def test_undo_is_journalled(opened, editing, folder):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.edit.add(KeepLargestIsland())
    editing.edit.undo()
    assert journalled(folder).steps == (plane(opened, 38),)


def test_beginning_without_doing_anything_forgets_nothing(opened, editing, folder):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.leave(keep=True)
    editing.begin(WHOLE_LIVER)
    editing.leave(keep=False)
    assert editing.pending is not None
    assert journalled(folder).steps == (plane(opened, 38),)


def test_opening_another_patient_keeps_the_edit(opened, editing, host):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    plan = editing.edit.plan
    opened.open(OTHER)
    assert (editing.edit, editing.pending, editing.revisions) == (None, None, ())
    assert host.scene.GetFirstNodeByName("FLR edit") is None
    opened.open(PATIENT)
    assert plan_from_json(editing.pending.plan_json) == plan
    editing.resume()
    assert editing.edit.plan == plan
    opened.close()
    assert host.scene.GetFirstNodeByName("FLR edit") is None


def test_the_next_session_offers_what_was_not_saved(opened, editing, host, database, table):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    opened.close()
    later = ReviewSession(host, database, table)
    later.open(PATIENT)
    assert later.editing.pending is not None
    later.editing.discard_pending()
    assert later.editing.pending is None
    later.open(PATIENT)
    assert later.editing.pending is None


def test_two_sessions_edit_one_patient_and_keep_both(opened, editing, database, table, folder):
    later = ReviewSession(HeadlessHost(), database, table)
    editing.begin()
    editing.edit.add(plane(opened, 38))
    later.open(PATIENT)
    assert (later.editing.pending, later.editing.is_edited_elsewhere) == (None, True)
    later.editing.begin()
    later.editing.edit.add(plane(later, 40))
    opened.close()
    later.editing.leave(keep=True)
    assert later.editing.is_edited_elsewhere is False
    offered = []
    while later.editing.pending:
        offered.append(plan_from_json(later.editing.pending.plan_json).steps)
        later.editing.discard_pending()
    assert offered == [(plane(later, 40),), (plane(later, 38),)]


def test_saving_leaves_the_edit_of_another_session(opened, editing, database, table, folder):
    later = ReviewSession(HeadlessHost(), database, table)
    editing.begin()
    editing.edit.add(plane(opened, 38))
    later.open(PATIENT)
    later.editing.begin()
    later.editing.edit.add(plane(later, 40))
    later.editing.save("Roe^Richard", "")
    assert len(later.editing.revisions) == 1
    assert journalled(folder) == editing.edit.plan


def test_what_another_session_has_taken_up_is_not_taken_up_again(
    opened, editing, database, table, complaints, monkeypatch
):
    monkeypatch.setattr(journal_module, "_LOCK_TIMEOUT_S", 0.0)
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.leave(keep=True)
    later = ReviewSession(HeadlessHost(), database, table)
    later.open(PATIENT)
    later.editing.resume()
    editing.resume()
    editing.discard_pending()
    assert editing.edit is None
    assert (editing.pending, editing.is_edited_elsewhere) == (None, True)
    assert "Another CRLM Explorer works on this edit" in complaints[0]
    assert later.editing.edit.plan.steps == (plane(opened, 38),)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda plan: plan.replace("Tumor_1", "Tumor_9"), "no tumour segment 'Tumor_9'"),
        (lambda plan: plan.replace('"liver"', '"1.2.3"'), "has no revision 1.2.3"),
        (lambda plan: plan.replace(PATIENT, OTHER), f"for patient {OTHER}, not for {PATIENT}"),
        (lambda plan: plan.replace('"version": 1', '"version": 2'), "newer than this program"),
        (lambda plan: plan[:-20], "it may be cut off"),
    ],
)
def test_an_edit_that_cannot_be_taken_up_is_not_lost(opened, editing, complaints, damage, said):
    editing.begin(WHOLE_LIVER)
    editing.edit.add(WedgeCut("Tumor_1", 3.0))
    kept = damage(plan_to_json(editing.edit.plan))
    editing.leave(keep=True)
    editing.discard_pending()
    journal = Journal(opened._database.directory)
    entry = journal.begin(PATIENT)
    entry.record(kept)
    entry.close()
    opened.open(PATIENT)
    editing.resume()
    assert editing.edit is None
    assert len(complaints) == 1
    assert said in complaints[0]
    assert editing.pending.plan_json == kept
    assert journal.pending(PATIENT).plan_json == kept


def test_a_journal_of_a_newer_version_is_said_and_left(opened, editing, folder, complaints):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.leave(keep=True)
    (file,) = (folder / JOURNAL_FOLDER).glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))
    before = file.read_bytes()
    opened.open(PATIENT)
    assert "was written by a newer version" in complaints[0]
    assert (editing.pending, file.read_bytes()) == (None, before)


_READER = """
import sys, time
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.host import HeadlessHost
from CRLMExplorerLib.resection import WHOLE_LIVER
from CRLMExplorerLib.review import ReviewSession
from review.redrawing import at, eraser

with CtkDatabase.open(sys.argv[1]) as database:
    session = ReviewSession(HeadlessHost(), database)
    session.open(sys.argv[2])
    session.editing.begin(WHOLE_LIVER)
    edit = session.editing.edit
    _, stroke = eraser(session)
    done = 0
    while True:
        edit.draw(at(session, 5, 20, 36 + done % 50 / 10), stroke)
        done += 1
        print(done, time.time(), flush=True)
        if done % 40 == 0:
            edit.rest()
        time.sleep(0.03)
"""


def test_a_kill_loses_at_most_two_seconds(folder, session, complaints):
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, str(folder), PATIENT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(LIBRARY), str(TESTING)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    first = reader.stdout.readline()
    time.sleep(random.uniform(2.5, 3.5))
    reader.send_signal(signal.SIGKILL)
    killed = time.time()
    lines = [first, *reader.stdout.read().splitlines()]
    reader.wait()
    done = [line.split() for line in lines if len(line.split()) == 2]
    expected = max(int(count) for count, when in done if float(when) < killed - 2)
    session.open(PATIENT)
    session.editing.resume()
    strokes = session.editing.edit.plan.steps
    assert sum(len(stroke.points_ras_mm) for stroke in strokes) >= expected > 0
    assert complaints == []


# Saving


def test_a_revision_is_the_remnant_beside_the_original(opened, editing, cohort, saved, folder):
    originals = hashes(cohort / PATIENT)
    case = opened.case
    editing.begin()
    editing.edit.add(plane(opened, 38))
    editing.edit.draw(*eraser(opened, 42))
    editing.edit.rest()
    drawn, plan = remnant(opened), editing.edit.plan
    editing.save("Doe^Jane", "A note.")
    (revision,) = saved
    dso = read_dso(revision.path, case.ct)
    for before, after in zip(case.segments, dso.segments, strict=True):
        expected = drawn if before.role is Role.REMNANT else before.mask.to_array()
        assert np.array_equal(after.mask.to_array(), expected), before.label
    assert hashes(cohort / PATIENT) == originals
    assert revision.is_indexed
    with CtkDatabase.open(folder) as anew:
        assert anew.files_of(revision.series_uid) == [revision.path]
    (listed,) = editing.revisions
    assert (listed.number, listed.reader, listed.note) == (1, "Doe^Jane", "A note.")
    assert plan_from_json(listed.plan_json) == plan
    assert listed.flr_ml == pytest.approx(drawn.sum() * case.ct.grid.voxel_ml)
    assert (editing.edit, editing.pending, journalled(folder)) == (None, None, None)


def test_saving_again_and_again_counts_on(opened, editing, saved):
    for column in (38, 40, 36):
        editing.begin()
        editing.edit.add(plane(opened, column))
        editing.save("Doe^Jane", "")
    assert [revision.number for revision in editing.revisions] == [1, 2, 3]
    assert len({revision.series_uid for revision in saved}) == 3
    compared = editing.compare("1", "2")
    voxel_ml = opened.case.ct.grid.voxel_ml
    assert compared.volume_change_ml == pytest.approx(8 * 40 * 2 * voxel_ml)
    assert compared.dice == pytest.approx(2 * 4 / (4 + 6))
    assert editing.compare(RELEASED, "3").hausdorff_mm == pytest.approx(2 * 0.8)


@pytest.mark.parametrize(("column", "columns_left"), [(44, 0), (0, 40)])
def test_nothing_and_everything_can_be_saved(
    opened, editing, saved, complaints, column, columns_left
):
    editing.begin(WHOLE_LIVER)
    editing.edit.add(plane(opened, column))
    editing.save("Doe^Jane", "")
    opened.open(PATIENT, saved[0].series_uid)
    editing.begin("1")
    assert remnant(opened).sum() == 8 * 40 * columns_left
    assert complaints == []


def test_a_locked_database_costs_only_the_entry(impatient, opened, editing, folder, complaints):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    drawn = remnant(opened)
    with closing(sqlite3.connect(folder / "ctkDICOM.sql")) as slicer:
        slicer.execute("BEGIN IMMEDIATE")
        editing.save("Doe^Jane", "")
    assert len(complaints) == 1
    assert "saved whole" in complaints[0]
    (revision,) = editing.revisions
    (kept,) = (s for s in read_dso(revision.file, opened.case.ct).segments if "Rem" in s.label)
    assert np.array_equal(kept.mask.to_array(), drawn)
    assert (editing.edit, editing.pending) == (None, None)
    assert index_waiting(opened._database) == (revision.file,)
    opened.open(PATIENT)
    assert opened.case.dso.series_uid == revision.series_uid


def test_a_database_that_cannot_be_read_leaves_the_edit(
    impatient, opened, editing, folder, complaints, saved
):
    editing.begin()
    editing.edit.add(plane(opened, 38))
    edit = editing.edit
    with closing(sqlite3.connect(folder / "ctkDICOM.sql")) as slicer:
        slicer.execute("BEGIN EXCLUSIVE")
        editing.save("Doe^Jane", "")
    assert len(complaints) == 1
    assert editing.edit is edit
    assert journalled(folder) == edit.plan
    editing.save("Doe^Jane", "")
    assert [revision.number for revision in saved] == [1]


def test_a_read_only_folder_leaves_the_edit(host, cohort):
    complaints: list[str] = []
    with public_folder() as public:
        files = shutil.copytree(cohort / PATIENT, public / "files")
        with CtkDatabase.create(public / "database") as database:
            import_files([files], database)
        for path in [public, *public.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            with CtkDatabase.open(public / "database") as database, without_privileges():
                session = ReviewSession(host, database)
                session.open(PATIENT)
                session.failed.connect(complaints.append)
                session.editing.begin()
                session.editing.edit.add(plane(session, 38))
                session.editing.edit.add(plane(session, 40))
                plan = session.editing.edit.plan
                session.editing.save("Doe^Jane", "")
                assert session.editing.edit.plan == plan
                assert np.array_equal(remnant(session), voxels(40, 44))
                assert session.editing.revisions == ()
        finally:
            for path in [public, *public.rglob("*")]:
                path.chmod(0o755)
    assert any("The edit cannot be kept" in complaint for complaint in complaints)
    assert "The DSO cannot be written" in complaints[-1]


def test_a_dso_that_was_replaced_meanwhile_leaves_the_edit(opened, editing, cohort, complaints):
    file = opened.case.choice.dso.file
    content = file.read_bytes()
    editing.begin()
    editing.edit.add(plane(opened, 38))
    edit = editing.edit
    file.unlink()
    try:
        editing.save("Doe^Jane", "")
    finally:
        file.write_bytes(content)
    assert "cannot be read" in complaints[0]
    assert editing.edit is edit


def test_what_is_done_while_saving_is_not_lost(host, database, table, folder):
    held = HeldRunner()
    session = ReviewSession(host, database, table, held)
    session.open(PATIENT)
    while held.held:
        held.run()
    session.editing.begin()
    session.editing.edit.add(plane(session, 38))
    while held.held:
        held.run()
    session.editing.save("Doe^Jane", "")
    session.editing.save("Doe^Jane", "again, in haste")
    session.editing.edit.add(plane(session, 40))
    while held.held:
        held.run()
    assert [revision.number for revision in session.editing.revisions] == [1]
    assert len(session.editing.edit.plan.steps) == 2
    assert journalled(folder) == session.editing.edit.plan


def test_a_patient_who_is_left_while_saving(host, database, table, folder):
    held, told = HeldRunner(), []
    session = ReviewSession(host, database, table, held)
    session.editing.saved.connect(told.append)
    session.open(PATIENT)
    while held.held:
        held.run()
    session.editing.begin()
    session.editing.edit.add(plane(session, 38))
    while held.held:
        held.run()
    session.open(OTHER)
    session.editing.save("Doe^Jane", "")
    while held.held:
        held.run()
    assert session.case.patient_id == OTHER
    assert (session.editing.revisions, told) == ((), [])
    assert journalled(folder) is None
    session.open(PATIENT)
    while held.held:
        held.run()
    assert [revision.number for revision in session.editing.revisions] == [1]
    assert session.editing.pending is None


def test_comparing_with_what_is_not_there(opened, editing):
    with pytest.raises(RemnantNotFound, match="has no revision 1; there are: none"):
        editing.compare(RELEASED, "1")


def test_the_point_of_a_plane_is_where_the_voxel_is(opened):
    assert at(opened, 0, 0, 0) == pytest.approx((12.5, -33.25, -101.0))
