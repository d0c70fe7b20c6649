"""The worklist shows the rows a reader wants, in the order wanted."""

from __future__ import annotations

import pytest

from CRLMExplorerLib.review.store import Review, ReviewState
from CRLMExplorerLib.review.worklist import WorklistRow, WorklistView

ROWS = [
    WorklistRow(
        "CRLM-CT-1003",
        "Weiß^Ann",
        Review(ReviewState.ACCEPTED, "good"),
        {"flr_percent_functional": 35.5, "tumor_count": 3, "adequate": True},
        {"age": 61, "max_tumor_size": None, "sex": 1},
    ),
    WorklistRow(
        "CRLM-CT-1001",
        "Berg^Bo",
        Review(ReviewState.NOT_SEEN),
        {},
        {"age": None, "max_tumor_size": 4.5, "sex": 2},
    ),
    WorklistRow(
        "CRLM-CT-1002",
        "Able^Cy",
        Review(ReviewState.SEEN, "Check the Margin"),
        {"flr_percent_functional": 25.0, "tumor_count": 1, "adequate": False},
        {"age": 44, "max_tumor_size": 10.0, "sex": 1},
    ),
    WorklistRow(
        "CRLM-CT-1004",
        "Dorn^Di",
        Review(ReviewState.NEEDS_WORK),
        {"flr_percent_functional": None, "tumor_count": 0, "adequate": None},
        {},
    ),
]


def ids(**view) -> list[int]:
    return [int(row.patient_id[-1]) for row in WorklistView(**view).of(ROWS)]


@pytest.mark.parametrize(
    ("key", "upwards", "downwards"),
    [
        ("patient_id", [1, 2, 3, 4], [4, 3, 2, 1]),
        ("name", [2, 1, 4, 3], [3, 4, 1, 2]),
        ("review_state", [1, 2, 3, 4], [4, 3, 2, 1]),
        ("flr_percent_functional", [2, 3, 1, 4], [3, 2, 1, 4]),
        ("tumor_count", [4, 2, 3, 1], [3, 2, 4, 1]),
        ("adequate", [2, 3, 1, 4], [3, 2, 1, 4]),
        ("age", [2, 3, 1, 4], [3, 2, 1, 4]),
        ("max_tumor_size", [1, 2, 3, 4], [2, 1, 3, 4]),
        ("sex", [3, 2, 1, 4], [1, 3, 2, 4]),
        ("no such column", [3, 1, 2, 4], [3, 1, 2, 4]),
    ],
)
def test_order(key, upwards, downwards):
    assert ids(sort_key=key) == upwards
    assert ids(sort_key=key, descending=True) == downwards


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [1, 2, 3, 4]),
        ("1002", [2]),
        ("crlm-ct", [1, 2, 3, 4]),
        (" margin ", [2]),
        ("WEISS", [3]),
        ("nobody", []),
    ],
)
def test_text_is_found_in_id_name_and_note(text, found):
    assert ids(text=text) == found


def test_filter_by_state_and_text():
    assert ids(state=ReviewState.SEEN) == [2]
    assert ids(state=ReviewState.SEEN, text="1003") == []
