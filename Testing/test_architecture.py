"""The rooms of the library import downwards only, and none of them knows a widget or a page."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "CRLMExplorer"
LIBRARY = sorted((SOURCE / "CRLMExplorerLib").rglob("*.py"))
BROWSER = sorted((SOURCE / "CRLMExplorerWeb").rglob("*.py"))
DESKTOP = [SOURCE / "CRLMExplorer.py", *sorted((SOURCE / "CRLMExplorerQt").rglob("*.py"))]
NEEDS = SOURCE / "CRLMExplorerQt" / "needs.py"

BELOW_ALL = {"errors", "findings", "progress", "files", "version"}
BELOW = {
    "geometry": set(),
    "host": set(),
    "anatomy": {"geometry"},
    "dicom": {"anatomy", "geometry", "host"},
    "cohort": {"anatomy", "geometry"},
    "measure": {"dicom", "cohort", "anatomy", "geometry"},
    "radiomics": {"measure", "dicom", "cohort", "anatomy", "geometry"},
    "resection": {"measure", "dicom", "cohort", "anatomy", "geometry"},
    "review": {
        "resection",
        "radiomics",
        "measure",
        "dicom",
        "cohort",
        "anatomy",
        "geometry",
        "host",
    },
    "phantom": {"dicom", "cohort", "anatomy", "geometry"},
    "cli": {
        "review",
        "phantom",
        "resection",
        "radiomics",
        "measure",
        "dicom",
        "cohort",
        "anatomy",
        "geometry",
    },
}
"""What each room of the library may import, beside itself and what is below all."""

FACES = {"qt", "ctk", "trame", "PythonQt", "CRLMExplorerQt", "CRLMExplorerWeb"}
ROOMS = SOURCE / "CRLMExplorerLib"
KNOWS_THE_SCENE = [
    ROOMS / name
    for name in (
        "host/desktop.py",
        "host/headless.py",
        "dicom/nodes.py",
        "dicom/slicer_loader.py",
        "dicom/subject_hierarchy.py",
        "review/display.py",
        "review/edit_display.py",
        "review/curve_display.py",
        "review/drawing_display.py",
        "review/margin_surface.py",
        "review/outlines.py",
        "review/plane_preview.py",
        "review/surface.py",
        "review/feature_table_node.py",
        "review/survival_chart.py",
        "review/feature_map_display.py",
    )
]
SERVE = ROOMS / "cli" / "serve.py"
OF_SLICER = {"util", "mrmlScene", "modules"}


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of the modules that a source imports, within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def wrong_attributes(tree: ast.AST) -> list[str]:
    """What a source takes from `slicer` that only the wheel has there."""
    taken = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "slicer"
    ]
    taken += [
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "slicer"
        for name in node.names
    ]
    return [name for name in taken if not name.startswith("vtk") and name not in OF_SLICER]


def room_of(file: Path) -> str:
    return file.relative_to(ROOMS).parts[0].removesuffix(".py")


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def relative(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("file", LIBRARY, ids=relative)
def test_the_library_imports_downwards(file):
    room = room_of(file)
    allowed = BELOW.get(room, set()) | BELOW_ALL | {room}
    names = [
        name.split(".") for name in imports(parsed(file)) if name.startswith("CRLMExplorerLib")
    ]
    used = {parts[1] for parts in names if len(parts) > 1}
    assert used <= allowed
    assert ["CRLMExplorerLib"] not in names


def test_every_room_is_known():
    rooms = {room_of(file) for file in LIBRARY} - {"__init__"}
    assert rooms <= set(BELOW) | BELOW_ALL


@pytest.mark.parametrize("file", [file for file in LIBRARY if file != SERVE], ids=relative)
def test_the_library_knows_no_face(file):
    assert not FACES & {re.split(r"[._]", name)[0] for name in imports(parsed(file))}


def test_the_browser_face_is_loaded_only_when_it_is_served():
    functions = [node for node in parsed(SERVE).body if isinstance(node, ast.FunctionDef)]
    others = [node for node in parsed(SERVE).body if not isinstance(node, ast.FunctionDef)]
    assert "CRLMExplorerWeb.server" in {name for node in functions for name in imports(node)}
    assert not FACES & {name.split(".")[0] for node in others for name in imports(node)}


@pytest.mark.parametrize(
    "file", [file for file in LIBRARY if file not in KNOWS_THE_SCENE], ids=relative
)
def test_few_files_know_the_scene(file):
    assert "slicer" not in {name.split(".")[0] for name in imports(parsed(file))}


@pytest.mark.parametrize("file", [*LIBRARY, *BROWSER], ids=relative)
def test_nothing_is_taken_from_slicer_that_the_desktop_lacks(file):
    assert wrong_attributes(parsed(file)) == []


@pytest.mark.parametrize("file", DESKTOP, ids=relative)
def test_the_desktop_face_knows_no_other_face_and_the_phantom_only_to_make_the_demo(file):
    names = {name.split(".")[0] for name in imports(parsed(file))}
    assert not names & {"trame", "trame_slicer", "PySide6", "PythonQt", "CRLMExplorerWeb"}
    rooms = {name.split(".")[1] for name in imports(parsed(file)) if "Lib." in name}
    assert not rooms & ({"cli"} if file.name == "demo.py" else {"cli", "phantom"})


@pytest.mark.parametrize("file", [SOURCE / "CRLMExplorer.py", NEEDS], ids=relative)
def test_slicer_can_load_the_module_before_its_packages_are_there(file):
    """At the top, nothing but Slicer and Python: the library needs packages that Slicer lacks."""
    tops = [node for node in parsed(file).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {name.split(".")[0] for node in tops for name in imports(node)}
    assert names <= {"slicer", "qt", "ctk", "vtk"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("file", [*LIBRARY, *BROWSER, *DESKTOP], ids=relative)
def test_imports_are_absolute(file):
    assert not [name for name in imports(parsed(file)) if name.startswith(".")]


@pytest.mark.parametrize("file", BROWSER, ids=relative)
def test_the_browser_face_knows_neither_the_commands_nor_the_phantom(file):
    names = set(imports(parsed(file)))
    assert not [
        n for n in names if n.startswith(("CRLMExplorerLib.cli", "CRLMExplorerLib.phantom"))
    ]


def test_what_is_looked_for_is_found():
    tree = ast.parse(
        "import slicer\nfrom slicer import getNode, vtkSegment\n"
        "def f():\n    import trame_slicer.core\n    slicer.util.getNode('x')\n"
        "    return slicer.arrayFromVolume(slicer.vtkMRMLScene())\n"
    )
    assert set(imports(tree)) == {"slicer", "trame_slicer.core"}
    assert wrong_attributes(tree) == ["arrayFromVolume", "getNode"]
