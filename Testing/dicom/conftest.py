"""A small CT and masks on it, as most tests of this room need them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from dicom.small_ct import ct_files
from dicom.small_dso import blocks


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """The CT's slices."""
    return ct_files(tmp_path / "ct")


@pytest.fixture
def ct(files) -> CtVolume:
    return read_ct(files)


@pytest.fixture
def masks() -> list[np.ndarray]:
    """Four boxes that overlap one another."""
    return blocks(4)
