"""The catalog entry keeps the rules of Slicer's schema 1.0.2, and agrees with CMake and pip."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ENTRY = json.loads((ROOT / "CRLMExplorer.json").read_text(encoding="utf-8"))
TOP = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")

SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/"
    "slicer-extension-catalog-entry-schema-v1.0.2.json#"
)
TYPES = {
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "dicom_support_rule": str,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
"""All that the schema allows; the first three are required."""


def test_the_entry_keeps_the_schema():
    assert {"$schema", "category", "scm_url"} <= set(ENTRY) <= set(TYPES)
    assert [key for key, value in ENTRY.items() if not isinstance(value, TYPES[key])] == []
    assert ENTRY["$schema"] == SCHEMA
    assert all(isinstance(name, str) for name in ENTRY["build_dependencies"])
    assert 1 <= ENTRY["tier"] <= 5


def test_the_entry_agrees_with_cmake():
    (depends,) = re.findall(r'EXTENSION_DEPENDS "([^"]*)"', TOP)
    assert ENTRY["build_dependencies"] == depends.split()
    (name,) = re.findall(r"project\((\w+)\)", TOP)
    assert (ROOT / f"{name}.json").is_file()
    assert ENTRY["scm_url"].rsplit("/", 1)[1] == f"Slicer{name}.git"


def test_a_catalog_of_tier_1_wants_a_licence():
    assert "Apache License" in (ROOT / "LICENSE.txt").read_text(encoding="utf-8")


@pytest.fixture
def of_pip() -> dict[str, Requirement]:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (written,) = re.findall(r"^dependencies = (\[.*?^\])", project, re.M | re.S)
    return {r.name: r for r in map(Requirement, ast.literal_eval(written))}


def test_slicer_is_asked_for_what_pip_is(of_pip):
    file = ROOT / "CRLMExplorer" / "Resources" / "requirements.txt"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    asked = {r.name: r for r in map(Requirement, lines)}
    assert {name: str(r) for name, r in asked.items()} == {
        name: str(of_pip[name]) for name in asked
    }
    # In Slicer, or of use to the command line only.
    assert set(of_pip) - set(asked) == {"slicer-core", "vtk", "numpy", "dcmqi", "typer", "rich"}
