"""What tests of the radiomics section have in common: parameter files, and a reader's steps."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import slicer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from panel.conftest import Reader, column
from slicer_radiomics_stand_in import SlicerRadiomicsLogic
from small_parameters import TUMORS

SMALL = f"{TUMORS}  - Other: \"'no such label'\"\n"


def take(reader: Reader, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Open… and choose a parameter file."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    reader.ui.parameterFileButton.click()


def begin(reader: Reader, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unfold the section, take a parameter file and wait for the regions."""
    file = folder / "parameters.yaml"
    file.write_text(text, encoding="utf-8")
    reader.ui.radiomicsSection.collapsed = False
    take(reader, file, monkeypatch)
    radiomics = reader.session.radiomics
    reader.wait_until(lambda: radiomics.outlook is not None and not radiomics.is_looking)


def run(reader: Reader) -> None:
    """Press Run and wait."""
    reader.ui.extractButton.click()
    reader.wait_for_jobs()


def tick(reader: Reader, region: str, is_ticked: bool) -> None:
    """Tick a region, or not."""
    table = reader.ui.regionsTable
    item = table.item(column(table, 0).index(region), 0)
    item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)


def install_slicer_radiomics(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> list[SlicerRadiomicsLogic]:
    """Stand in for the extension, which the module finds when it is entered; gives its logics."""
    made: list[SlicerRadiomicsLogic] = []

    def logic() -> Any:
        made.append(SlicerRadiomicsLogic(slicer.mrmlScene))
        return made[-1]

    module = SimpleNamespace(SlicerRadiomicsLogic=logic)
    monkeypatch.setitem(sys.modules, "SlicerRadiomics", module)
    reader.desktop.panel().exit()
    reader.desktop.panel().enter()
    return made
