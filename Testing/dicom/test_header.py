"""Reading what a database keeps of a file: equal to pydicom's reading, and sure on bad files."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from CRLMExplorerLib.dicom.dso_header import DsoUnreadable, read_dso_header
from CRLMExplorerLib.dicom.header import NotIndexable, read_header
from CRLMExplorerLib.dicom.schema import PATIENT_COLUMNS, SERIES_COLUMNS, STUDY_COLUMNS
from dicom.small_files import uid_of, write_dso, write_slice

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def ct_slice(tmp_path: Path) -> Path:
    return write_slice(tmp_path / "slice.dcm")


def test_a_slice_says_who_and_what_it_is(ct_slice: Path):
    header = read_header(ct_slice)
    assert header.sop_instance_uid == uid_of("CRLM-CT-1", "portal", "CT", 1)
    assert header.series_uid == uid_of("CRLM-CT-1", "portal")
    assert header.study_uid == uid_of("CRLM-CT-1", "study")
    assert (header.patient_id, header.patient_name) == ("CRLM-CT-1", "Doe^CRLM-CT-1")
    assert (header.rows, header.columns) == (16, 16)
    assert header.values["SeriesDescription"] == "portal"
    assert "AccessionNumber" not in header.values


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_transfer_syntaxes_read_the_same(ct_slice: Path, syntax):
    other = write_slice(ct_slice.with_name("other.dcm"), syntax=syntax)
    assert read_header(other) == read_header(ct_slice)


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Müller^Jürgen"),
        ("ISO_IR 192", "Nguyễn^Văn"),
        ("GB18030", "王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ],
)
def test_names_of_other_alphabets(tmp_path: Path, character_set, name: str):
    file = write_slice(tmp_path / "a.dcm", SpecificCharacterSet=character_set, PatientName=name)
    assert read_header(file).patient_name == name


def test_of_several_values_the_first_counts(tmp_path: Path):
    file = write_slice(tmp_path / "a.dcm", ScanningSequence=["SE", "IR"], EchoNumbers=[3, 4])
    values = read_header(file).values
    assert (values["ScanningSequence"], values["EchoNumbers"]) == ("SE", "3")


def test_an_anonymous_patient_is_called_after_the_study(tmp_path: Path):
    header = read_header(write_slice(tmp_path / "a.dcm", PatientID="", PatientName=None))
    assert header.patient_id == header.patient_name == uid_of("CRLM-CT-1", "study")


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"])
def test_a_file_without_a_uid_is_refused(tmp_path: Path, keyword: str):
    file = write_slice(tmp_path / "a.dcm", **{keyword: None})
    with pytest.raises(NotIndexable, match=f"no valid {keyword}"):
        read_header(file)


@pytest.mark.parametrize("contents", [b"", b"\0" * 500, b"Patient-ID,age\n", os.urandom(4096)])
def test_what_is_not_dicom_is_refused(tmp_path: Path, contents: bytes):
    file = tmp_path / "not.dcm"
    file.write_bytes(contents)
    with pytest.raises(NotIndexable, match="not a DICOM file"):
        read_header(file)


def test_a_dicomdir_is_refused(tmp_path: Path, ct_slice: Path):
    file_set = FileSet()
    file_set.add(dcmread(write_slice(tmp_path / "a.dcm", StudyID="1", AccessionNumber="")))
    file_set.write(tmp_path / "disc")
    with pytest.raises(NotIndexable, match="DICOMDIR"):
        read_header(tmp_path / "disc" / "DICOMDIR")


def test_a_pipe_is_refused_without_waiting(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotIndexable, match="not a regular file"):
        read_header(tmp_path / "pipe")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("write", [write_slice, write_dso])
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, write):
    whole = write(tmp_path / "whole.dcm").read_bytes()
    cut = tmp_path / "cut.dcm"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(NotIndexable):
            read_header(cut)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_file_gives_a_header_or_a_refusal(tmp_path: Path):
    chance = random.Random(7)
    damaged = tmp_path / "damaged.dcm"
    for write, read, refusal in (
        (write_slice, read_header, NotIndexable),
        (write_dso, read_header, NotIndexable),
        (write_dso, read_dso_header, DsoUnreadable),
    ):
        whole = write(tmp_path / "whole.dcm").read_bytes()
        refused = 0
        for _ in range(400):
            contents = bytearray(whole)
            for _ in range(chance.randint(1, 20)):
                contents[chance.randrange(len(contents))] = chance.randrange(256)
            damaged.write_bytes(contents)
            try:
                read(damaged)
            except refusal:
                refused += 1
        assert 0 < refused < 400


@pytest.mark.shared
@pytest.mark.parametrize("name", ["CRLM-CT-1004/ct/1-01.dcm", "CRLM-CT-1004/seg.dcm", "dcmqi"])
def test_real_files_read_as_pydicom_reads_them(name: str):
    path = SHARED / name
    files = sorted(path.rglob("*.dcm")) if path.is_dir() else [path]
    assert files
    for file in files:
        header, dataset = read_header(file), dcmread(file, stop_before_pixels=True)
        assert header.patient_name == str(dataset.PatientName)
        assert (header.rows, header.columns) == (dataset.Rows, dataset.Columns)
        for columns in (PATIENT_COLUMNS, STUDY_COLUMNS, SERIES_COLUMNS):
            for keyword in columns.values():
                expected = str(dataset[keyword].value or "") if keyword in dataset else None
                assert header.values.get(keyword) == expected, keyword
