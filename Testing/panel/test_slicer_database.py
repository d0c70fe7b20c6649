"""Slicer's open database gives the same answers as its file, by the application's questions."""

from __future__ import annotations

from pathlib import Path

import pytest
import slicer

from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.database import CtkDatabase, DatabaseError
from CRLMExplorerLib.dicom.slicer_database import SlicerDatabase
from CRLMExplorerLib.review import open_case


@pytest.fixture
def of_slicer(desktop) -> DicomDatabase:
    import ctk

    return SlicerDatabase(slicer.dicomDatabase, ctk.ctkDICOMIndexer())


@pytest.fixture
def of_file(desktop, database_folder):
    with CtkDatabase.open(database_folder) as database:
        yield database


def test_patients_series_and_files_are_the_same(of_slicer, of_file):
    assert of_slicer.directory == of_file.directory
    assert of_slicer.patients() == of_file.patients()
    for patient in of_file.patients():
        series = of_file.series_of(patient.patient_id)
        assert of_slicer.series_of(patient.patient_id) == series
        assert len(series) >= 2
        for one in series:
            assert of_slicer.files_of(one.series_uid) == of_file.files_of(one.series_uid)
            assert of_slicer.patient_with_series(one.series_uid) == patient.patient_id


def test_instances_are_found_by_their_uid(of_slicer, of_file):
    patient = of_file.patients()[0].patient_id
    series = of_file.series_of(patient)[0]
    instance = slicer.dicomDatabase.instancesForSeries(series.series_uid)[0]
    assert of_slicer.series_with_instance(instance) == series.series_uid


@pytest.mark.parametrize("unknown", ["1.2.3", ""])
def test_what_is_unknown_is_none(of_slicer, unknown):
    assert of_slicer.series_of(unknown) == []
    assert of_slicer.files_of(unknown) == []
    assert of_slicer.series_with_instance(unknown) is None
    assert of_slicer.patient_with_series(unknown) is None


def test_a_case_is_the_same(of_slicer, of_file):
    cases = [open_case(database, "CRLM-CT-1002") for database in (of_slicer, of_file)]
    assert cases[0].volumetry == cases[1].volumetry
    assert cases[0].choice == cases[1].choice


def test_a_file_that_slicer_indexes_is_there_at_once(of_slicer, tmp_path: Path):
    from dicom.small_files import write_series

    folder = write_series(tmp_path / "new", 2)[0]
    for file in sorted(Path(folder).rglob("*.dcm")) if Path(folder).is_dir() else [Path(folder)]:
        slicer.dicomDatabase.insert(str(file), False)
    assert len(of_slicer.patients()) == 4


def new_file(tmp_path: Path) -> Path:
    from dicom.small_files import write_series

    first = Path(write_series(tmp_path / "new", 2)[0])
    return sorted(first.rglob("*.dcm"))[0] if first.is_dir() else first


def test_files_are_added_where_they_lie_and_whoever_watches_is_told(of_slicer, of_file, tmp_path):
    told = []
    slicer.dicomDatabase.connect("databaseChanged()", lambda: told.append(1))
    file = new_file(tmp_path)
    of_slicer.add_files([file])
    series_uid = slicer.dicomDatabase.seriesForFile(str(file))
    assert told and of_slicer.files_of(series_uid) == [file] == of_file.files_of(series_uid)


def test_what_is_not_taken_is_named(of_slicer, tmp_path):
    file = tmp_path / "no.dcm"
    file.write_text("no DICOM", encoding="utf-8")
    with pytest.raises(DatabaseError, match=r"does not take .*no\.dcm"):
        of_slicer.add_files([file])


def test_a_database_that_was_closed_takes_nothing(of_slicer, tmp_path):
    slicer.dicomDatabase.closeDatabase()
    with pytest.raises(DatabaseError, match="was closed"):
        of_slicer.add_files([new_file(tmp_path)])
