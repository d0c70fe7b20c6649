"""The program as it is called: in this process for most tests, as a process of its own for some."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from CRLMExplorerLib.cli import main
from dicom.small_ct import ct_files
from dicom.small_dso import blocks, dcmqi_dso

PROGRAM = Path(sys.executable).with_name("crlm-explorer")


@dataclass(frozen=True)
class Ended:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys) -> Call:
    """Call the program in this process."""

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def call_process() -> Call:
    """Call the program as a process of its own."""

    def run(*arguments: object) -> Ended:
        ended = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def dicom_files(tmp_path_factory) -> Path:
    """A small patient P1: a CT of 6 slices, and a DSO of a liver and two tumours."""
    folder = tmp_path_factory.mktemp("files")
    liver, *tumors = blocks(3)
    labels = {"Liver": liver, "Tumor_1": tumors[0], "Tumor [2] :liver: “ö”": tumors[1]}
    dcmqi_dso(folder / "seg.dcm", ct_files(folder / "ct"), labels)
    return folder


@pytest.fixture
def database(call, dicom_files, tmp_path) -> Path:
    folder = tmp_path / "database"
    assert call("import", dicom_files, "--database", folder).code == 0
    return folder
