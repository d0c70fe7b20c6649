"""A patient's revisions in their order, what they go back to, and those that wait."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset

from CRLMExplorerLib.dicom import database as database_module
from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.phantom import PhantomSegment, write_dso
from CRLMExplorerLib.resection.history import index_waiting, released_of, revisions_of
from dicom.small_ct import edit
from resection.redrawn_patient import (
    LIVER,
    PATIENT,
    PLAN,
    REDRAWN,
    REMNANT,
    Opened,
    make_patient,
    opened,
)


@pytest.fixture(scope="session")
def patient_files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    make_patient(folder)
    return folder


@pytest.fixture
def folder(patient_files, tmp_path) -> Path:
    """A database folder of one's own."""
    return Path(shutil.copytree(patient_files / "database", tmp_path / "database"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0.05)


@pytest.fixture
def patient(folder) -> Iterator[Opened]:
    with opened(folder) as patient:
        yield patient


def saved_while_locked(patient: Opened, folder: Path) -> Path:
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN IMMEDIATE")
    path = patient.save().path
    slicer.execute("ROLLBACK")
    slicer.close()
    return path


def test_without_revisions_there_is_no_history(patient):
    assert revisions_of(patient.database, PATIENT) == ()
    assert revisions_of(patient.database, "CRLM-CT-1999") == ()


def test_revisions_come_oldest_first_with_who_and_how_much(patient):
    before = datetime.now()
    patient.save(REDRAWN, reader_name="One")
    patient.save(REMNANT, reader_name="Two", plan_json=None)
    one, two = revisions_of(patient.database, PATIENT)
    voxel_ml = patient.ct.grid.voxel_ml
    assert [(r.number, r.reader, r.plan_json) for r in (one, two)] == [
        (1, "One", PLAN),
        (2, "Two", None),
    ]
    assert [r.flr_ml for r in (one, two)] == pytest.approx(
        [np.count_nonzero(REDRAWN) * voxel_ml, np.count_nonzero(REMNANT) * voxel_ml]
    )
    assert before <= one.date_time < two.date_time < before + timedelta(minutes=1)


def test_the_time_of_saving_decides_not_the_number(patient):
    first, second = patient.save(), patient.save()
    edit(first.path, lambda dataset: setattr(dataset, "ContentDate", "20990101"))
    edit(second.path, lambda dataset: setattr(dataset, "ContentTime", "101112"))
    two, one = revisions_of(patient.database, PATIENT)
    assert (two.number, one.number) == (2, 1)
    assert two.date_time.time().isoformat() == "10:11:12"


def test_a_revision_that_is_gone_or_damaged_is_left_out(patient):
    gone, damaged, whole = (patient.save() for _ in range(3))
    gone.path.unlink()
    damaged.path.write_bytes(damaged.path.read_bytes()[:200])
    assert [r.number for r in revisions_of(patient.database, PATIENT)] == [whole.number]


def test_a_revision_imported_from_elsewhere_belongs_to_it(patient, folder, tmp_path):
    saved = patient.save()
    copy = Path(shutil.copy(saved.path, tmp_path / "sent by a colleague.dcm"))
    edit(copy, lambda dataset: setattr(dataset, "SOPInstanceUID", "1.2.3"))
    edit(copy, lambda dataset: setattr(dataset, "SeriesInstanceUID", "1.2"))
    edit(copy, lambda dataset: setattr(dataset, "SeriesDescription", "FLR revision 7"))
    with CtkDatabase.open(folder, writable=True) as database:
        import_files([copy], database)
    assert [r.file for r in revisions_of(patient.database, PATIENT)] == [saved.path, copy]
    assert patient.save().number == 8


def test_revisions_of_another_ct_do_not_count(patient, folder, tmp_path):
    def redraw_on_another_ct(dataset: Dataset) -> None:
        dataset.SOPInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2"
        dataset.SeriesDescription = "FLR revision 7"
        dataset.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.9"

    copy = Path(shutil.copy(patient.save().path, tmp_path / "other.dcm"))
    with CtkDatabase.open(folder, writable=True) as database:
        import_files([edit(copy, redraw_on_another_ct)], database)
    assert [r.ct_series_uid == "1.9" for r in revisions_of(patient.database, PATIENT)] == [
        False,
        True,
    ]
    assert patient.save().number == 2


def test_another_patient_s_revisions_are_not_taken(patient, folder, tmp_path):
    patient.save()
    make_patient(tmp_path / "other", "CRLM-CT-1002")
    with CtkDatabase.open(folder, writable=True) as database:
        import_files([tmp_path / "other" / "ct", tmp_path / "other" / "seg.dcm"], database)
    assert revisions_of(patient.database, "CRLM-CT-1002") == ()
    assert len(revisions_of(patient.database, PATIENT)) == 1


# ---- the released one


def test_the_released_dso_is_found_from_any_revision(folder, patient):
    first = patient.save()
    with opened(folder, first.series_uid) as again:
        second = again.save(REMNANT)
    for series_uid in (patient.dso.series_uid, first.series_uid, second.series_uid):
        released = released_of(choose_series(patient.database, PATIENT, series_uid))
        assert released is not None
        assert released.file == patient.file


def test_the_released_dso_is_the_one_it_was_made_of_not_the_best(folder, patient, tmp_path):
    ct = patient.database.files_of(patient.ct.series_uid)
    better = [PhantomSegment("Liver", LIVER), PhantomSegment("Liver Remnant", REMNANT)]
    better += [PhantomSegment(label, LIVER) for label in ("Hepatic", "Portal", "Tumor_1")]
    order = sorted(ct, key=lambda file: (len(file.name), file.name))
    file = write_dso(tmp_path / "better.dcm", order, better, series_description="Better")
    with CtkDatabase.open(folder, writable=True) as database:
        import_files([file], database)
    saved = patient.save()
    choice = choose_series(patient.database, PATIENT, saved.series_uid)
    released = released_of(choice)
    assert released is not None
    assert released.file == patient.file
    assert choice.alternatives[0].file == file


def test_a_line_is_followed_where_a_revision_between_is_gone(folder, patient):
    first = patient.save()
    with opened(folder, first.series_uid) as again:
        second = again.save()
    first.path.unlink()
    released = released_of(choose_series(patient.database, PATIENT, second.series_uid))
    assert released is not None
    assert released.file == patient.file


def test_without_any_other_dso_there_is_no_released_one(tmp_path):
    make_patient(tmp_path)
    with opened(tmp_path / "database") as patient:
        saved = patient.save()
        (tmp_path / "seg.dcm").unlink()
        assert released_of(choose_series(patient.database, PATIENT, saved.series_uid)) is None


def test_without_any_dso_there_is_no_released_one(tmp_path):
    make_patient(tmp_path)
    with CtkDatabase.open(tmp_path / "database") as database:
        (tmp_path / "seg.dcm").unlink()
        assert released_of(choose_series(database, PATIENT)) is None


# ---- those that wait


def test_a_revision_that_waits_is_in_the_history_and_can_be_indexed(impatient, patient, folder):
    path = saved_while_locked(patient, folder)
    assert [r.file for r in revisions_of(patient.database, PATIENT)] == [path]
    assert len(patient.database.series_of(PATIENT)) == 2
    assert index_waiting(patient.database) == (path,)
    assert len(patient.database.series_of(PATIENT)) == 3
    assert index_waiting(patient.database) == ()


def test_while_the_database_is_locked_it_goes_on_waiting(impatient, patient, folder):
    path = saved_while_locked(patient, folder)
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="in use by another program"):
        index_waiting(patient.database)
    slicer.execute("ROLLBACK")
    slicer.close()
    assert index_waiting(patient.database) == (path,)


def test_where_nothing_waits_the_database_is_not_written_to(folder, patient):
    patient.save()
    slicer = sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)
    slicer.execute("BEGIN IMMEDIATE")
    assert index_waiting(patient.database) == ()
    slicer.execute("ROLLBACK")
    slicer.close()
