"""Kept extractions: read as they were written, of the right images only, and never half."""

from __future__ import annotations

import errno
import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from CRLMExplorerLib.radiomics import runs
from CRLMExplorerLib.radiomics.case_extraction import Origin, failed
from CRLMExplorerLib.radiomics.extraction import Omission, left_out, narrowed
from CRLMExplorerLib.radiomics.runs import FOLDER, RunDamaged, RunNotKept, RunStore
from made_up_features import PARAMETERS, RUN, extraction_of

CASE = extraction_of("P1", revision=2)
OTHER_PARAMETERS = replace(PARAMETERS, settings={"binWidth": 10})


@pytest.fixture
def store(tmp_path) -> RunStore:
    store = RunStore(tmp_path)
    store.keep(CASE, PARAMETERS)
    return store


def test_nothing_is_made_by_asking(tmp_path):
    assert RunStore(tmp_path).find(CASE.origin, PARAMETERS) is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_found_as_it_was_kept(store, tmp_path):
    found = RunStore(tmp_path).find(CASE.origin, PARAMETERS)
    # NaN is not even itself, but its text is.
    assert repr(found.extraction) == repr(CASE.extraction)
    assert replace(found, extraction=CASE.extraction) == CASE


@pytest.mark.parametrize(
    "change",
    [
        {"dso_sop_instance_uid": "1.2.4"},
        {"ct_series_uid": "1.2.5"},
        {"ct_files": 40},
        {"patient_id": "P2"},
        {"revision": None},
    ],
)
def test_other_images_are_another_run(store, change):
    assert store.find(replace(CASE.origin, **change), PARAMETERS) is None


def test_other_parameters_or_versions_are_another_run(store, monkeypatch):
    assert store.find(CASE.origin, OTHER_PARAMETERS) is None
    assert store.find(CASE.origin, replace(PARAMETERS, name="renamed")) is not None
    monkeypatch.setattr(runs, "versions", lambda: {"pyradiomics": "9"})
    assert store.find(CASE.origin, PARAMETERS) is None


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "json", "zeros"])
def test_a_damaged_run_is_said_and_can_be_kept_anew(store, damage):
    file = store.file_of(CASE.origin, PARAMETERS)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "empty": b"",
            "cut": whole[: len(whole) // 2],
            "text": b"text",
            "json": gzip.compress(b"[]"),
            "zeros": bytes(len(whole)),
        }[damage]
    )
    with pytest.raises(RunDamaged, match="of P1 cannot be read and is made anew"):
        store.find(CASE.origin, PARAMETERS)
    store.keep(CASE, PARAMETERS)
    assert store.find(CASE.origin, PARAMETERS).origin == CASE.origin


def test_another_patients_file_is_not_taken_for_it(store):
    other = extraction_of("P2")
    store.keep(other, PARAMETERS)
    file = store.file_of(other.origin, PARAMETERS)
    file.replace(store.file_of(CASE.origin, PARAMETERS))
    with pytest.raises(RunDamaged, match="P2's other images, expected P1's"):
        store.find(CASE.origin, PARAMETERS)


def test_what_failed_is_not_kept(tmp_path):
    store = RunStore(tmp_path)
    store.keep(failed(Origin("P1"), RUN, "No CT."), PARAMETERS)
    extraction = replace(
        CASE.extraction, omissions=(Omission("rim", "square", "failed", "No memory."),)
    )
    store.keep(replace(CASE, extraction=extraction), PARAMETERS)
    assert not (tmp_path / FOLDER).exists()


def test_a_full_disk_leaves_what_was_kept(store, monkeypatch):
    def full(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(store.folder.iterdir())
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunNotKept, match=r"of P2 cannot be kept .*: No space left on device"):
        store.keep(extraction_of("P2"), PARAMETERS)
    monkeypatch.undo()
    assert sorted(store.folder.iterdir()) == before
    assert store.find(CASE.origin, PARAMETERS) is not None


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / FOLDER).write_text("")
    with pytest.raises(RunNotKept):
        RunStore(tmp_path).keep(CASE, PARAMETERS)


def test_a_run_without_some_of_the_regions_is_not_kept(tmp_path):
    store = RunStore(tmp_path)
    some = narrowed(CASE.extraction, ["rim"])
    assert {one.region for one in some.values} == {"rim"}
    assert left_out("tumours") in some.omissions
    assert some.diagnostics == {}
    assert repr(narrowed(CASE.extraction, ["rim", "tumours"])) == repr(CASE.extraction)
    store.keep(replace(CASE, extraction=some), PARAMETERS)
    assert store.find(CASE.origin, PARAMETERS) is None
