"""CMake installs every file of the module, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from static.list_files import (
    CMAKE,
    MODULE,
    PARAMETER_FILES,
    PARAMETERS,
    RESOURCES,
    SCRIPTS,
    files,
    listed,
)

TOP = (MODULE.parent / "CMakeLists.txt").read_text(encoding="utf-8")
ADVICE = "run python Testing/static/list_files.py"


def test_every_script_is_listed():
    assert listed("MODULE_PYTHON_SCRIPTS") == files(SCRIPTS), ADVICE


def test_every_resource_is_listed():
    assert listed("MODULE_PYTHON_RESOURCES") == files(RESOURCES), ADVICE


def test_every_parameter_file_is_listed_and_put_where_the_library_looks():
    assert listed("MODULE_PARAMETER_FILES") == files(PARAMETER_FILES, PARAMETERS), ADVICE
    copied = re.search(r"configure_file\((.*?)\)", CMAKE.read_text(encoding="utf-8"), re.S)
    source, target, how = copied[1].split()
    assert source == "${CMAKE_CURRENT_SOURCE_DIR}/../Resources/Parameters/${file}"
    assert target.endswith("{Slicer_QTSCRIPTEDMODULES_LIB_DIR}/Resources/Parameters/${file}")
    assert how == "COPYONLY"


def test_every_test_inside_slicer_is_listed():
    folder = MODULE / "Testing" / "Python"
    lists = (folder / "CMakeLists.txt").read_text(encoding="utf-8")
    assert re.findall(r"SCRIPT (\S+)\)", lists) == sorted(f.name for f in folder.glob("*.py"))
    assert "add_subdirectory(Python)" in (MODULE / "Testing" / "CMakeLists.txt").read_text()
    assert "add_subdirectory(CRLMExplorer)" in TOP


def test_slicer_finds_one_module_in_the_folder():
    """Slicer takes each .py that lies at the top for a module."""
    assert [file.name for file in MODULE.glob("*.py")] == ["CRLMExplorer.py"]


def test_the_extension_says_all_that_the_catalog_wants():
    said = dict(re.findall(r'set\(EXTENSION_(\w+) "([^"]+)"\)', TOP))
    assert set(said) == {
        "HOMEPAGE",
        "CONTRIBUTORS",
        "DESCRIPTION",
        "ICONURL",
        "SCREENSHOTURLS",
        "DEPENDS",
    }
    assert said["DEPENDS"] == "SlicerRadiomics QuantitativeReporting"
    for url in (said["ICONURL"], *said["SCREENSHOTURLS"].split()):
        path = url.split("/main/", 1)[1]
        assert (MODULE.parent / Path(path)).is_file()
