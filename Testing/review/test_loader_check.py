"""Segments here against those that another loader gives: matched by number, voxel for voxel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from CRLMExplorerLib.dicom.slicer_loader import LoadedSegment
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.review.loader_check import agreement


@pytest.fixture
def segments(session):
    """Liver, remnant and two tumours."""
    session.open("CRLM-CT-1002")
    return session.case.segments


@pytest.fixture
def loaded(segments):
    """The same, as a loader that makes no mistake gives them."""
    return [LoadedSegment(one.number, one.label, one.mask) for one in segments]


def test_the_same_segments_in_any_order_agree(segments, loaded):
    check = agreement(segments, reversed(loaded))
    assert check.agrees
    assert [row.number for row in check.rows] == [1, 2, 3, 4]
    assert {row.dice for row in check.rows} == {1.0}
    assert check.lines == ("Slicer's loader agrees to the voxel in all 4 segments.",)


def test_names_that_are_swapped_are_told_and_do_not_count(segments, loaded):
    third, fourth = loaded[2:]
    loaded[2:] = replace(third, name=fourth.name), replace(fourth, name=third.name)
    check = agreement(segments, loaded)
    assert check.agrees
    assert check.lines[1:] == (
        "Tumor_1 (segment 3): Slicer names it “Tumor_2”.",
        "Tumor_2 (segment 4): Slicer names it “Tumor_1”.",
    )


def test_voxels_of_one_side_only_are_counted_on_both(segments, loaded):
    mask = loaded[2].mask
    moved = np.roll(mask.to_array(), 2, axis=1)
    loaded[2] = LoadedSegment(3, "Tumor_1", Mask.from_array(mask.grid, moved))
    check = agreement(segments, loaded)
    assert not check.agrees
    row = check.rows[2]
    assert row.differing_voxels == int((moved ^ mask.to_array()).sum()) == mask.count
    assert row.volume_ml == row.slicer_volume_ml == mask.volume_ml
    assert row.dice == 0.5
    assert check.lines[0] == "1 of 4 segments differ from Slicer's loader."


def test_a_segment_of_one_side_only_differs_by_all_its_voxels(segments, loaded):
    extra = LoadedSegment(9, "Spleen", loaded[3].mask)
    check = agreement(segments, [*loaded[:3], extra])
    assert [row.differing_voxels for row in check.rows[3:]] == [extra.mask.count] * 2
    assert [(row.label, row.slicer_name) for row in check.rows[3:]] == [
        ("Tumor_2", None),
        (None, "Spleen"),
    ]
    assert "Spleen (segment 9)" in check.lines[2]


def test_an_empty_segment_that_the_loader_leaves_out_agrees(segments, loaded):
    empty = Mask.empty(segments[3].mask.grid)
    check = agreement([*segments[:3], replace(segments[3], mask=empty)], loaded[:3])
    assert check.agrees
    assert check.rows[3].dice is None
