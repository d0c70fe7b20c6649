"""Parameter files are found in a checkout, and beside the library where Slicer has them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from CRLMExplorerLib.radiomics.errors import ParameterError
from CRLMExplorerLib.radiomics.shipped import parameters_named, shipped_parameters

TOP = Path(__file__).parents[2]
NAMES = ["everything", "ibsi", "portal-venous", "texture-liver"]
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
# A checkout that is installed to be edited comes first otherwise.
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one).lower()]
from CRLMExplorerLib.radiomics.shipped import parameters_named, shipped_parameters
found = {name: str(file) for name, file in shipped_parameters().items()}
print(json.dumps([found, parameters_named("ibsi").sha256]))
"""


@pytest.fixture
def extension(tmp_path) -> Path:
    """The module's folder as an installed extension has it."""
    folder = tmp_path / "lib" / "Slicer-5.12" / "qt-scripted-modules"
    shutil.copytree(
        TOP / "CRLMExplorer" / "CRLMExplorerLib",
        folder / "CRLMExplorerLib",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(TOP / "Resources" / "Parameters", folder / "Resources" / "Parameters")
    return folder


def test_they_are_found_in_a_checkout():
    found = shipped_parameters()
    assert list(found) == NAMES
    assert {file.parent for file in found.values()} == {TOP / "Resources" / "Parameters"}


def test_they_are_found_beside_the_module_in_slicers_extension(extension, tmp_path):
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(extension)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    found, sha256 = json.loads(asked.stdout)
    assert list(found) == NAMES
    assert {Path(file).parent for file in found.values()} == {extension / "Resources/Parameters"}
    assert sha256 == parameters_named("ibsi").sha256


def test_parameters_are_named_or_lie_at_a_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("imageType: {Original: {}}\n", encoding="utf-8")
    assert parameters_named("texture-liver").name == "texture-liver"
    assert parameters_named(file).name == parameters_named(str(file)).name == "mine"
    with pytest.raises(ParameterError, match="nothing-like-it cannot be read"):
        parameters_named("nothing-like-it")
