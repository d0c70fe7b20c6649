"""The snippets and examples of the documentation run as they stand, on the demo patients."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import slicer

import slicer_desktop  # noqa: F401  (it must come before PySide6)
from CRLMExplorerLib.phantom import write_ct
from dicom.small_ct import grid_of, noise_hu
from dicom.small_dso import blocks, dcmqi_dso
from panel.conftest import running
from slicer_desktop.desktop import Desktop

RESOURCES = Path(__file__).parents[2] / "Resources"
SNIPPETS = RESOURCES / "Documentation" / "script-repository.md"
EXAMPLE = RESOURCES / "Examples" / "extract_cohort.py"
PARAMETERS = """
imageType: {Original: {}}
featureClass: {firstorder: [Mean]}
regions: ["each tumor"]
"""


def snippets(file: Path) -> list[tuple[int, str]]:
    """The Python blocks of a page, with the line that each begins at."""
    text = file.read_text(encoding="utf-8")
    return [
        (text[: block.start()].count("\n") + 2, block[1])
        for block in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)
    ]


@pytest.fixture
def desktop(demo, tmp_path, monkeypatch) -> Iterator[Desktop]:
    """Slicer with the demo patients, its working folder holding the files that snippets name."""
    database = Path(shutil.copytree(demo.database, tmp_path / "database"))
    shutil.copy(demo.spreadsheet, tmp_path / "clinical.xlsx")
    write_ct(tmp_path / "new", noise_hu(), grid_of(), "NEW-PATIENT")
    monkeypatch.chdir(tmp_path)
    yield from running(Desktop(tmp_path, database))


def test_the_script_repository_runs_from_top_to_bottom(desktop, tmp_path, capsys):
    widget = desktop.load()
    names: dict = {"__name__": "__main__"}
    for line, code in snippets(SNIPPETS):
        exec(compile("\n" * (line - 1) + code, str(SNIPPETS), "exec"), names)
        desktop.wait_until(lambda: not widget.panel.progress.jobs)
    assert names["saved"].number == 1
    assert names["check"].agrees
    assert {value.region for value in names["rings"].extraction.values} == {  # noqa: PD011
        f"Ring of Tumor_{number}" for number in range(1, 5)
    }
    assert len(pd.read_csv(tmp_path / "cohort.csv")) == 3
    assert len(pd.read_csv(tmp_path / "rings.csv")) == 8
    assert widget.panel.session.case.patient_id == "CRLM-CT-1001"
    said = capsys.readouterr().out
    assert "8 values were kept" in said and "4 patients" in said


@pytest.fixture
def small_database(tmp_path) -> Path:
    """Two small patients, the second without a DSO."""
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.dicom.importer import import_files

    masks = dict(zip(("Liver", "Liver Remnant", "Tumor_1"), blocks(3), strict=True))
    files = write_ct(tmp_path / "dicom" / "A", noise_hu(), grid_of(), "A")
    dcmqi_dso(tmp_path / "dicom" / "a.dcm", files, masks)
    write_ct(tmp_path / "dicom" / "B", noise_hu(), grid_of(), "B")
    with CtkDatabase.create(tmp_path / "database") as database:
        import_files([tmp_path / "dicom"], database)
    (tmp_path / "mean.yaml").write_text(PARAMETERS, encoding="utf-8")
    return tmp_path / "database"


def run_example(monkeypatch, *arguments: object) -> int:
    """Run the example as `Slicer --python-script` does; gives the status it exits with."""
    status = []
    monkeypatch.setattr(slicer.util, "exit", status.append)
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *map(str, arguments)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    return status[0]


def test_the_cohort_example_writes_a_row_a_region_and_tells_who_gave_none(
    small_database, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "features.csv"
    arguments = (small_database, out, tmp_path / "mean.yaml")
    assert run_example(monkeypatch, *arguments) == 1
    assert "A: 1 values" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert list(table["patient_id"]) == ["A", "B"]
    hu, tumor = noise_hu(), blocks(3)[2]
    assert table["original_firstorder_Mean"][0] == pytest.approx(hu[tumor].mean(), rel=1e-12)
    assert "no DSO" in table["omitted"][1]
    written = out.read_bytes()
    run_example(monkeypatch, *arguments)
    assert out.read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "DATABASE is the folder"),
        (("nowhere", "out.csv"), 1, "nowhere"),
        (("database", "nowhere/out.csv", "mean.yaml"), 1, "no folder nowhere"),
        (("database", "out.csv", "no-such.yaml"), 1, "no-such.yaml"),
    ],
)
def test_the_cohort_example_says_what_it_cannot_do(
    small_database, tmp_path, monkeypatch, capsys, arguments, status, said
):
    monkeypatch.chdir(tmp_path)
    assert run_example(monkeypatch, *arguments) == status
    assert said in capsys.readouterr().out
