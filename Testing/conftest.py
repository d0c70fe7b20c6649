"""What the tests of several rooms share: the demo cohort, and the reference data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from CRLMExplorerLib.phantom.demo import Demo, make_demo

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
_LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs the reference data in a checkout without it, but never in CI."""
    if SHARED_DATA.is_dir() or "CI" in os.environ:
        return
    left_out = [item for item in items if item.get_closest_marker("shared")]
    items[:] = [item for item in items if not item.get_closest_marker("shared")]
    config.hook.pytest_deselected(items=left_out)
    config.stash[_LEFT_OUT] = len(left_out)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Say how many tests were left out."""
    if count := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{count} tests were left out: they need the reference data in {SHARED_DATA}."
        )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo cohort, made once. Copy its database folder to write beside it."""
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The reference data beside the project."""
    if not SHARED_DATA.is_dir():
        raise FileNotFoundError(f"no reference data: expected the folder {SHARED_DATA}")
    return SHARED_DATA
