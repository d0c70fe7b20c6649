"""The demo's folder: what is not the demo's is never touched, and what was said is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from CRLMExplorerLib.phantom.demo import Demo, DemoFolderTaken, make_demo
from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.review.store import Review, ReviewState, ReviewStore

SAID = Review(ReviewState.ACCEPTED, "mine")


@pytest.fixture
def copied(demo, tmp_path) -> Demo:
    """The demo in a folder of one's own."""
    folder = shutil.copytree(demo.database.parent, tmp_path / "copied")
    return Demo(folder / demo.database.name, folder / demo.spreadsheet.name)


def cancel(fraction: float, message: str) -> None:
    raise Cancelled


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_complete_demo_is_used_as_it_is(copied):
    before = content(copied.database.parent)
    assert make_demo(copied.database.parent, cancel) == copied
    assert content(copied.database.parent) == before


def test_a_folder_with_a_reader_s_own_dicom_is_not_touched(tmp_path):
    for name in ("dicom/scan.dcm", "database/ctkDICOM.sql"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("mine")
    before = content(tmp_path)
    with pytest.raises(DemoFolderTaken, match="holds database, dicom, which is not the demo's"):
        make_demo(tmp_path)
    assert content(tmp_path) == before


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DemoFolderTaken, match="is a file"):
        make_demo(tmp_path / "file")


def test_an_unfinished_demo_is_known_as_one_and_made_anew(tmp_path):
    for _ in range(2):
        with pytest.raises(Cancelled):
            make_demo(tmp_path / "demo", cancel)


def test_what_was_said_survives_a_demo_made_anew(copied):
    ReviewStore(copied.database).save_review("CRLM-CT-1001", SAID)
    (mark,) = copied.database.parent.glob("*.txt")
    mark.write_text("0.0.0")
    with pytest.raises(Cancelled):
        make_demo(copied.database.parent, cancel)
    assert ReviewStore(copied.database).reviews() == {"CRLM-CT-1001": SAID}
    assert mark.read_text() == "unfinished"
    assert not (copied.database / "ctkDICOM.sql").exists()
