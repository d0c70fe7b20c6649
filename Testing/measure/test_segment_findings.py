import numpy as np
import pytest

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.measure import by_severity, segment_findings
from measure.shapes import (
    CT_SPACING_MM,
    Segment,
    box,
    grid_of,
    hepatic,
    liver,
    portal,
    remnant,
    rotation,
    tumor,
    voxels,
)


@pytest.fixture
def grid():
    return grid_of((20, 60, 60), CT_SPACING_MM, rotation(4), (30.0, -80.0, 400.0))


@pytest.fixture
def sound(grid):
    """Five segments without a fault: liver, remnant, two veins, a tumour."""
    return {
        "liver": liver(box(grid, (5, 5, 5), (10, 50, 40))),
        "remnant": remnant(box(grid, (5, 5, 5), (10, 50, 20))),
        "hepatic": hepatic(box(grid, (6, 20, 20), (8, 2, 2))),
        "portal": portal(box(grid, (6, 30, 20), (8, 2, 2))),
        "tumor": tumor(1, box(grid, (8, 20, 30), (2, 10, 10))),
    }


def findings(segments: dict, code: str) -> list[Finding]:
    return [f for f in segment_findings(list(segments.values())) if f.code == code]


def only(segments: dict, code: str) -> Finding:
    (finding,) = findings(segments, code)
    return finding


def assert_lies_in(finding: Finding, mask: Mask) -> None:
    index = mask.grid.kji_of(finding.position_ras_mm)
    k, j, i = np.rint(index).astype(int)
    assert index == pytest.approx((k, j, i))
    assert mask.to_array()[k, j, i]


def test_sound_segments_have_no_findings(sound):
    assert segment_findings(list(sound.values())) == ()


def test_a_tumour_wholly_in_the_remnant_is_an_alarm(grid, sound):
    inside = box(grid, (8, 20, 10), (2, 5, 5))
    finding = only({**sound, "tumor": tumor(1, inside)}, "tumor-in-remnant")
    assert finding.severity is Severity.ALARM
    assert finding.message == "Tumor_1 (0.16 mL) lies wholly in the liver remnant."
    assert_lies_in(finding, inside)


def test_a_tumour_partly_in_the_remnant_is_an_alarm(grid, sound):
    crossing = box(grid, (8, 20, 20), (2, 5, 20))
    finding = only({**sound, "tumor": tumor(1, crossing)}, "tumor-in-remnant")
    assert finding.severity is Severity.ALARM
    assert finding.message == (
        "Tumor_1 lies partly in the liver remnant: 0.16 mL of 0.64 mL (25.0 %, 50 voxels)."
    )
    assert_lies_in(finding, crossing & sound["remnant"].mask)


def test_one_voxel_in_the_remnant_is_an_alarm_still(grid, sound):
    touching = sound["tumor"].mask | voxels(grid, (9, 25, 24))
    finding = only({**sound, "tumor": tumor(1, touching)}, "tumor-in-remnant")
    assert finding.severity is Severity.ALARM
    assert "(0.5 %, 1 voxel)" in finding.message


def test_a_tumour_partly_outside_the_liver_is_a_warning(grid, sound):
    protruding = box(grid, (8, 20, 40), (2, 10, 10))
    finding = only({**sound, "tumor": tumor(1, protruding)}, "tumor-outside-liver")
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "Tumor_1 lies partly outside the liver: 0.32 mL of 0.64 mL (50.0 %, 100 voxels)."
    )
    assert_lies_in(finding, protruding - sound["liver"].mask)


def test_a_tumour_wholly_outside_the_liver_is_a_warning(grid, sound):
    finding = only(
        {**sound, "tumor": tumor(1, box(grid, (8, 20, 48), (2, 10, 10)))}, "tumor-outside-liver"
    )
    assert finding.severity is Severity.WARNING
    assert finding.message == "Tumor_1 (0.64 mL) lies wholly outside the liver."


def test_a_tumour_with_less_than_a_hundredth_outside_is_a_note(grid, sound):
    mask = box(grid, (8, 20, 30), (2, 10, 15)) | voxels(grid, (8, 20, 45))
    finding = only({**sound, "tumor": tumor(1, mask)}, "tumor-outside-liver")
    assert finding.severity is Severity.NOTE
    assert "1 voxel" in finding.message


@pytest.mark.parametrize(
    ("outside", "severity"),
    [((1, 1, 3), Severity.NOTE), ((10, 50, 5), Severity.WARNING)],
)
def test_a_remnant_outside_the_liver(grid, sound, outside, severity):
    part = box(grid, (5, 5, 5 - outside[2]), outside)
    finding = only(
        {**sound, "remnant": remnant(sound["remnant"].mask | part)}, "remnant-outside-liver"
    )
    assert finding.severity is severity
    assert_lies_in(finding, part)
    if severity is Severity.NOTE:
        assert "less than 0.01 mL of 32.01 mL (less than 0.1 %, 3 voxels)" in finding.message


@pytest.mark.parametrize(("name", "make"), [("hepatic", hepatic), ("portal", portal)])
def test_a_vessel_outside_the_liver_is_a_note(grid, sound, name, make):
    vessel = make(box(grid, (6, 25, 0), (2, 2, 20)))
    finding = only({**sound, name: vessel}, "vessel-outside-liver")
    assert finding.severity is Severity.NOTE
    assert finding.message.startswith(f"{vessel.label} lies partly outside the liver: 0.06 mL")


def test_overlapping_tumours_are_named_by_pair(grid, sound):
    two = box(grid, (9, 20, 30), (2, 10, 2))
    far = box(grid, (6, 45, 40), (1, 3, 3))
    finding = only({**sound, "two": tumor(2, two), "far": tumor(3, far)}, "tumors-overlap")
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "Tumor_1 and Tumor_2 overlap in 20 voxels (0.06 mL, 50.0 % of Tumor_2); "
        "the total tumour volume counts them once."
    )
    assert_lies_in(finding, sound["tumor"].mask & two)


def test_a_slight_overlap_of_tumours_is_a_note(grid, sound):
    two = box(grid, (9, 29, 39), (4, 5, 5))
    assert only({**sound, "two": tumor(2, two)}, "tumors-overlap").severity is Severity.NOTE


def test_three_tumours_in_one_place_are_three_pairs(sound):
    mask = sound["tumor"].mask
    pairs = findings({**sound, "two": tumor(2, mask), "three": tumor(3, mask)}, "tumors-overlap")
    assert [f.message[:19] for f in pairs] == [
        "Tumor_1 and Tumor_2",
        "Tumor_1 and Tumor_3",
        "Tumor_2 and Tumor_3",
    ]


def test_a_speck_beside_the_liver_is_a_note_that_leads_to_it(grid, sound):
    speck = box(grid, (1, 1, 1), (1, 2, 2))
    finding = only({**sound, "liver": liver(sound["liver"].mask | speck)}, "stray-components")
    assert finding.severity is Severity.NOTE
    assert finding.message == (
        "Liver falls into 2 parts; beside the largest lies 1 part of 4 voxels "
        "(0.01 mL, less than 0.1 %)."
    )
    assert_lies_in(finding, speck)


def test_a_tumour_in_pieces_is_a_warning_that_leads_to_the_largest_stray_piece(grid, sound):
    strays = [
        box(grid, (12, j, i), (1, 2, n)) for j, i, n in ((10, 30, 2), (30, 30, 3), (50, 40, 4))
    ]
    mask = Mask.union(grid, (sound["tumor"].mask, *strays))
    finding = only({**sound, "tumor": tumor(1, mask)}, "stray-components")
    assert finding.severity is Severity.WARNING
    assert "falls into 4 parts; beside the largest lie 3 parts of 18 voxels" in finding.message
    assert_lies_in(finding, strays[2])


def test_a_vein_of_a_hundred_parts_is_a_note(grid, sound):
    vein = voxels(grid, *[(7, 6 + 2 * a, 6 + 2 * b) for a in range(10) for b in range(10)])
    finding = only({**sound, "portal": portal(vein)}, "stray-components")
    assert finding.severity is Severity.NOTE
    assert finding.message.startswith("Portal falls into 100 parts")


def test_parts_that_touch_by_a_corner_are_one(grid, sound):
    corner = voxels(grid, (4, 4, 4))
    assert not findings({**sound, "liver": liver(sound["liver"].mask | corner)}, "stray-components")


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("liver", Severity.WARNING),
        ("remnant", Severity.WARNING),
        ("tumor", Severity.WARNING),
        ("hepatic", Severity.NOTE),
        ("portal", Severity.NOTE),
    ],
)
def test_missing_and_empty_segments(grid, sound, name, severity):
    segment = sound.pop(name)
    (missing,) = segment_findings(list(sound.values()))
    assert (missing.code, missing.severity) == ("segment-missing", severity)
    assert f"No segment has the role {segment.role.value}: " in missing.message
    assert missing.position_ras_mm is None
    sound[name] = Segment(segment.number, segment.label, segment.role, Mask.empty(grid))
    (empty,) = segment_findings(list(sound.values()))
    assert (empty.code, empty.severity) == ("segment-empty", severity)
    assert empty.message == f"Segment {segment.number}, {segment.label}, has no voxel."


def test_no_segments_at_all_are_five_missing_roles():
    found = segment_findings([])
    assert {f.code for f in found} == {"segment-missing"}
    assert [f.severity.value for f in found] == ["warning"] * 3 + ["note"] * 2


def test_unknown_segments_are_left_alone(grid, sound):
    specks = voxels(grid, (0, 0, 0), (19, 59, 59))
    sound["other"] = Segment(9, "Spleen", Role.OTHER, specks)
    assert segment_findings(list(sound.values())) == ()


def test_label_text_is_repeated_as_it_is(grid, sound):
    odd = Segment(7, 'Tumör "3"/b', Role.TUMOR, box(grid, (8, 20, 10), (1, 2, 2)))
    finding = only({**sound, "odd": odd}, "tumor-in-remnant")
    assert finding.message.startswith('Tumör "3"/b (')


def test_the_worst_comes_first_and_equals_keep_their_order():
    found = [
        Finding(severity, f"code-{n}", "")
        for n, severity in enumerate(
            [Severity.NOTE, Severity.WARNING, Severity.NOTE, Severity.ALARM, Severity.WARNING]
        )
    ]
    assert [f.code[-1] for f in by_severity(found)] == ["3", "1", "4", "0", "2"]


def test_many_faults_are_sorted(grid, sound):
    sound["tumor"] = tumor(1, box(grid, (8, 20, 0), (2, 5, 10)))
    sound["liver"] = liver(sound["liver"].mask | voxels(grid, (1, 1, 1)))
    codes = [f.code for f in segment_findings(list(sound.values()))]
    assert codes == ["tumor-in-remnant", "tumor-outside-liver", "stray-components"]
