"""``crlm-explorer import``: what was indexed is counted, and nothing is made for nothing."""

from __future__ import annotations

import pytest


def test_an_import_counts_what_it_did(call, dicom_files, tmp_path):
    (tmp_path / "notes.txt").write_text("not DICOM")
    ended = call(
        "import", dicom_files, tmp_path / "notes.txt", "--database", tmp_path / "db", "--json"
    )
    assert (ended.code, ended.err) == (0, "")
    facts = ended.facts
    assert {name: facts[name] for name in facts if name != "skipped"} == {
        "files_seen": 8,
        "indexed": 7,
        "already_known": 0,
        "updated": 0,
        "files_skipped": 1,
        "patients_added": 1,
        "studies_added": 1,
        "series_added": 2,
    }
    assert list(facts["skipped"]) == [str(tmp_path / "notes.txt")]


def test_a_second_import_adds_nothing(call, dicom_files, database):
    facts = call("import", dicom_files, "--database", database, "--json").facts
    assert (facts["indexed"], facts["already_known"], facts["series_added"]) == (0, 7, 0)


def test_without_json_it_is_a_sentence_with_the_skipped_files(call, tmp_path, dicom_files):
    notes = tmp_path / "notes"
    notes.mkdir()
    for n in range(12):
        (notes / f"{n:02}.txt").write_text("x")
    ended = call("import", dicom_files, notes, "-d", tmp_path / "db")
    assert ended.code == 0
    assert ended.out.startswith("19 files seen: 7 indexed, 0 updated, 0 already known, 12 skipped")
    assert f"skipped {notes / '00.txt'}: " in ended.out
    assert "and 2 more (--json names them)" in ended.out


def test_an_empty_folder_is_said(call, tmp_path):
    (tmp_path / "empty").mkdir()
    ended = call("import", tmp_path / "empty", "--database", tmp_path / "db", "--json")
    assert ended.code == 1
    assert ended.facts["files_seen"] == 0
    assert "None of the 0 files" in ended.err


def test_what_does_not_exist_makes_no_database(call, tmp_path):
    ended = call("import", tmp_path / "nowhere", "--database", tmp_path / "db")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"crlm-explorer: {tmp_path / 'nowhere'} does not exist: nothing was imported.\n"
    )
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize("arguments", [(), ("x.dcm",)], ids=["no path", "no database"])
def test_a_call_without_what_it_needs_is_a_wrong_call(call, arguments):
    ended = call("import", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Missing" in ended.err


def test_damaged_files_are_skipped_without_a_word_of_their_headers(
    call_process, dicom_files, tmp_path
):
    whole = next((dicom_files / "ct").glob("*.dcm")).read_bytes()
    files = tmp_path / "files"
    files.mkdir()
    (files / "cut.dcm").write_bytes(whole[:900])
    (files / "wrong.dcm").write_bytes(whole.replace(b"20260105", b"SECRET^N", 3))
    ended = call_process("import", files, "--database", tmp_path / "db")
    assert ended.err == ""
    assert "SECRET" not in ended.out
    assert "SECRET" not in call_process("show", "P1", "--database", tmp_path / "db").err
