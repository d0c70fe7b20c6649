"""Processes that share the work give the same, can be stopped at any time, and leave nothing."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.engine import extract, run, workers
from CRLMExplorerLib.radiomics.parameters import Parameters
from measure.shapes import CT_SPACING_MM, grid_of
from pyradiomics_reference import lesion, soft_tissue

GRID = grid_of((20, 70, 70), CT_SPACING_MM)
PARAMETERS = Parameters(
    "test",
    {"binWidth": 25},
    {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0, -1.0]}},
    {"shape": [], "firstorder": [], "glcm": []},
)
MASKS = {
    "one": lesion(GRID, (3, 12, 12), (8, 22, 24)),
    "other": lesion(GRID, (10, 40, 40), (18, 60, 61), seed=1),
}
LONG_WORK = """
import sys, threading
import numpy as np
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from measure.shapes import grid_of
grid = grid_of((40, 120, 120))
image = np.random.default_rng(0).integers(0, 500, grid.shape_kji).astype(np.int16)
mask = Mask.from_array(grid, np.ones(grid.shape_kji, dtype=bool))
parameters = Parameters("long", {}, {"Wavelet": {}}, {"glrlm": []})
extract(image, {"all": mask}, grid, parameters, lambda *_: print("at work", flush=True), 2)
"""


@pytest.fixture
def always(monkeypatch):
    """Start processes for the least work."""
    monkeypatch.setattr(run, "_WORTH_PROCESSES_S", 0.0)


@pytest.fixture(scope="module")
def image():
    return soft_tissue(GRID.shape_kji)


@pytest.fixture(scope="module")
def alone(image):
    return extract(image, MASKS, GRID, PARAMETERS, workers=1)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_two_processes_give_what_one_gives(image, alone, always):
    before = children()
    seen = set()
    told = []

    def progress(fraction, message):
        seen.update(children() - before)
        told.append((fraction, message))

    assert extract(image, MASKS, GRID, PARAMETERS, progress, workers=2) == alone
    assert len(seen) == 2
    assert children() == before
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert {message.split(", ")[0] for _, message in told} >= {"one", "other"}


def test_little_work_starts_no_process(image, alone):
    before = children()

    def progress(fraction, message):
        assert children() == before

    assert extract(image, MASKS, GRID, PARAMETERS, progress, workers=2) == alone


@pytest.mark.parametrize("when", ["starting", "wavelet"])
def test_a_cancel_ends_the_processes(image, always, when):
    before = children()

    def cancel(fraction, message):
        if when in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(image, MASKS, GRID, PARAMETERS, cancel, workers=2)
    assert children() == before


def test_a_cancel_in_this_process(image):
    def cancel(fraction, message):
        if message == "other, wavelet-LLH":
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(image, MASKS, GRID, PARAMETERS, cancel, workers=1)


def test_a_process_that_dies_costs_only_what_it_was_at(image, alone, always):
    before = children()
    killed = []

    def kill_one(fraction, message):
        if "preparing" not in message and message != "starting" and not killed:
            killed.extend(children() - before)
            psutil.Process(killed[0]).kill()

    found = extract(image, MASKS, GRID, PARAMETERS, kill_one, workers=2)
    assert killed
    assert set(found.values) <= set(alone.values)
    lost = {(o.region, o.filter) for o in found.omissions} - {
        (o.region, o.filter) for o in alone.omissions
    }
    missing = set(alone.values) - set(found.values)
    assert {(value.region, value.filter) for value in missing} == lost
    assert len(lost) <= 2
    for omission in found.omissions:
        if (omission.region, omission.filter) in lost:
            assert "its process ended" in omission.reason


@pytest.mark.parametrize("executable", [None, "/nowhere/python", sys.executable + "-none"])
def test_where_no_python_can_be_started_this_process_does_it(
    image, alone, always, monkeypatch, executable
):
    monkeypatch.setattr(workers, "python", lambda: executable)
    assert extract(image, MASKS, GRID, PARAMETERS, workers=2) == alone


def test_a_python_is_found_within_an_application(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/SlicerApp-real")
    found = workers.python()
    assert found is not None
    assert subprocess.run([found, "-c", "print(7)"], capture_output=True).stdout.strip() == b"7"


def test_nothing_outlives_a_parent_that_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", LONG_WORK],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        orphans = []
        while len(orphans) < 2:
            assert parent.stdout.readline() == b"at work\n"
            orphans = psutil.Process(parent.pid).children(recursive=True)
    finally:
        parent.kill()
        parent.communicate()
    gone, left = psutil.wait_procs(orphans, timeout=30)
    assert left == []
    assert len(gone) == 2
