"""What the module says where Slicer is too old, pip has no network, or the reader declines."""

from __future__ import annotations

import subprocess
import sys

import pytest
import slicer

from panel.conftest import SCREENSHOTS
from slicer_desktop import packaging_module
from slicer_desktop.application import QMessageBox, answering
from slicer_desktop.desktop import MODULE_FILE

LACKING = "lifelines<0.31,>=0.30"
OK, CANCEL = QMessageBox.StandardButton.Ok, QMessageBox.StandardButton.Cancel


@pytest.fixture
def without_lifelines(desktop, monkeypatch):
    """A Slicer that lacks a package until it has installed it."""
    is_there = packaging_module.pip_check

    def pip_check(requirement):
        if requirement.name == "lifelines":
            return bool(packaging_module.installed)
        return is_there(requirement)

    monkeypatch.setattr(slicer.packaging, "pip_check", pip_check)
    monkeypatch.setattr(packaging_module, "pip_check", pip_check)
    monkeypatch.setattr(packaging_module, "installed", [])
    return desktop


@pytest.fixture
def slicer_5_10(desktop, monkeypatch):
    """A Slicer of the time before `slicer.packaging`."""
    monkeypatch.delitem(sys.modules, "CRLMExplorerQt.needs", raising=False)
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.delattr(slicer, "packaging")
    monkeypatch.setattr(type(slicer.app), "minorVersion", 10)
    yield desktop
    # The panel of the tests to come asks its own Slicer.
    sys.modules.pop("CRLMExplorerQt.needs", None)


def said(widget) -> str:
    return widget._needs._label.text


def test_an_older_slicer_shows_what_it_lacks_instead_of_the_panel(slicer_5_10):
    widget = slicer_5_10.load()
    assert widget.panel is None
    assert "needs Slicer 5.12 or newer; this is Slicer 5.10" in said(widget)
    assert "slicer.packaging" in said(widget) and "lifelines" in said(widget)
    assert not widget._needs.button.visible
    widget.enter()
    widget.exit()
    slicer_5_10.close_scene()


def test_a_reader_who_declines_can_try_again(without_lifelines):
    widget = without_lifelines.load()
    assert said(widget).endswith(f"not in this Slicer yet: {LACKING}")
    with answering(CANCEL):
        widget._needs.button.click()
    assert widget.panel is None
    assert said(widget).endswith("Not installed: User declined package installation.")
    assert widget._needs.button.text == "Try again…"
    with answering(OK):
        widget._needs.button.click()
    assert widget.panel is not None
    assert not widget._needs.widget.visible


def test_pip_without_network_is_told_and_can_be_tried_again(without_lifelines, monkeypatch):
    monkeypatch.setattr(packaging_module, "is_online", False)
    widget = without_lifelines.load()
    with answering(OK) as boxes:
        widget._needs.button.click()
    assert boxes[-1] == "Package installation failed."
    assert len(boxes) == 2
    assert widget.panel is None
    assert said(widget).endswith(
        "Not installed: Command 'pip install' returned non-zero exit status 1."
    )
    without_lifelines.window.resize(400, 300)
    without_lifelines.screenshot(SCREENSHOTS / "qt-needs.png")
    monkeypatch.setattr(packaging_module, "is_online", True)
    with answering(OK):
        widget._needs.button.click()
    assert widget.panel is not None


def test_a_slicer_that_installs_nothing_while_testing_shows_no_broken_panel(
    without_lifelines, monkeypatch
):
    monkeypatch.setattr(type(slicer.app), "testingEnabled", lambda self: True)
    widget = without_lifelines.load()
    widget._needs.button.click()
    assert widget.panel is None
    assert said(widget).endswith("Not installed: Slicer installed nothing.")


def test_what_cannot_be_imported_yet_asks_for_a_restart(without_lifelines, monkeypatch):
    widget = without_lifelines.load()

    def not_yet():
        raise ImportError("numpy was upgraded")

    monkeypatch.setattr(widget._needs, "_ready", not_yet)
    with answering(OK):
        widget._needs.button.click()
    assert widget._needs.widget.visible
    assert "after a restart of Slicer only: numpy was upgraded." in said(widget)


def test_the_entry_and_the_needs_load_where_no_package_is(tmp_path):
    """In a Python without site-packages, as Slicer's is before anything was installed."""
    (tmp_path / "slicer").mkdir()
    for name, text in {
        "qt.py": "",
        "slicer/__init__.py": "class vtkMRMLScalarVolumeNode: pass\n"
        "class vtkMRMLSegmentationNode: pass\n",
        "slicer/i18n.py": "def tr(t): return t\ndef translate(c, t): return t\n",
        "slicer/util.py": "class VTKObservationMixin: pass\n",
        "slicer/parameterNodeWrapper.py": "def parameterNodeWrapper(c): return c\n"
        "def WithinRange(a, b): return None\n",
        "slicer/ScriptedLoadableModule.py": "".join(
            f"class ScriptedLoadableModule{part}: pass\n"
            for part in ("", "Logic", "Test", "Widget")
        ),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(MODULE_FILE.parent)!r}]\n"
        "import CRLMExplorer, CRLMExplorerQt.needs as needs\n"
        "print(needs.IS_SLICER_TOO_OLD, *needs.missing("
        f"{str(MODULE_FILE.parent / 'Resources' / 'requirements.txt')!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("True scipy") and "lifelines" in done.stdout
