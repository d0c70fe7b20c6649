"""Starting planes: on the right side, roughly in the right place, with or without vessels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from CRLMExplorerLib.anatomy import Role, role_of
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.phantom import DEMO_PATIENTS, demo_anatomy
from CRLMExplorerLib.phantom.anatomy import DemoPatient
from CRLMExplorerLib.resection import (
    WHOLE_LIVER,
    Hepatectomy,
    Resection,
    ResectionError,
    starting_cut,
)
from measure.shapes import box, grid_of


@dataclass(frozen=True)
class Segment:
    number: int
    label: str
    role: Role
    mask: Mask


@cache
def segments_of(patient: DemoPatient) -> tuple[Segment, ...]:
    anatomy = demo_anatomy(patient)
    return tuple(
        Segment(number, label, role_of(label), Mask.from_array(anatomy.grid, voxels))
        for number, (label, voxels) in enumerate(anatomy.masks.items(), start=1)
    )


@pytest.fixture(params=DEMO_PATIENTS, ids=lambda patient: patient.patient_id)
def segments(request) -> tuple[Segment, ...]:
    return segments_of(request.param)


def without(segments, *roles: Role) -> tuple[Segment, ...]:
    return tuple(segment for segment in segments if segment.role not in roles)


def flr_of(segments, hepatectomy: Hepatectomy) -> tuple[float, float | None]:
    """FLR in percent, and its Dice with the released one."""
    resection = Resection.of_segments("P1", None, segments)
    cut = starting_cut(hepatectomy, segments).cut
    figures = resection.figures(resection.new_plan(WHOLE_LIVER).then(cut))
    return figures.flr_percent_total, figures.dice


@pytest.mark.parametrize("vessels_known", [True, False])
def test_each_leaves_about_what_it_usually_leaves(segments, vessels_known):
    if not vessels_known:
        segments = without(segments, Role.HEPATIC_VEIN, Role.PORTAL_VEIN)
    left = {kind: flr_of(segments, kind)[0] for kind in Hepatectomy}
    assert 18 < left[Hepatectomy.RIGHT] < 50
    assert left[Hepatectomy.LEFT] == pytest.approx(100 - left[Hepatectomy.RIGHT], abs=1.0)
    assert 5 < left[Hepatectomy.EXTENDED_RIGHT] < left[Hepatectomy.RIGHT]
    assert 15 < left[Hepatectomy.EXTENDED_LEFT] < left[Hepatectomy.LEFT]
    lateral = 100 - left[Hepatectomy.EXTENDED_RIGHT]
    assert left[Hepatectomy.LEFT_LATERAL] == pytest.approx(lateral, abs=1.0)


def test_a_right_hepatectomy_of_the_first_demo_patient_is_like_its_released_one():
    percent, dice = flr_of(segments_of(DEMO_PATIENTS[0]), Hepatectomy.RIGHT)
    assert percent == pytest.approx(25.0, abs=4.0)
    assert dice > 0.9


def test_the_removed_side_is_the_patients_own(segments):
    for kind, right_goes in (
        (Hepatectomy.RIGHT, True),
        (Hepatectomy.EXTENDED_RIGHT, True),
        (Hepatectomy.LEFT, False),
        (Hepatectomy.EXTENDED_LEFT, False),
        (Hepatectomy.LEFT_LATERAL, False),
    ):
        to_the_right = starting_cut(kind, segments).cut.normal_ras[0]
        assert (to_the_right > 0) == right_goes


def test_every_plane_says_that_it_is_approximate_and_why_it_is_there(segments):
    bare = without(segments, Role.HEPATIC_VEIN)
    for kind in Hepatectomy:
        assert starting_cut(kind, segments).note.startswith("Approximate")
        assert "the vessels do not tell" in starting_cut(kind, bare).note


def test_vessels_in_an_impossible_place_are_not_followed():
    grid = grid_of((40, 60, 80), (2.0, 2.0, 2.0))
    liver = box(grid, (2, 2, 2), (36, 56, 76))
    edge = box(grid, (3, 3, 3), (4, 4, 4))
    segments = [
        Segment(1, "Liver", Role.LIVER, liver),
        Segment(2, "Hepatic", Role.HEPATIC_VEIN, edge),
        Segment(3, "Portal", Role.PORTAL_VEIN, edge),
    ]
    for kind in Hepatectomy:
        placed = starting_cut(kind, segments)
        assert "the vessels do not tell" in placed.note
        assert np.isfinite(placed.cut.point_ras_mm).all()


def test_without_a_liver_there_is_no_plane(segments):
    with pytest.raises(ResectionError, match="no liver segment"):
        starting_cut(Hepatectomy.RIGHT, without(segments, Role.LIVER))
