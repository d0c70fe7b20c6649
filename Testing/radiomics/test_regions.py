import math

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from CRLMExplorerLib.anatomy import Role, role_of
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.radiomics.errors import RegionError
from CRLMExplorerLib.radiomics.extraction import Omission
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.radiomics.regions import DEFAULT_REGIONS, checked_region, regions_of
from measure.shapes import Segment

SHAPE = (24, 40, 44)
SPACING_KJI_MM = (2.5, 0.8, 0.8)
GRID = Grid(SHAPE, np.diag([-0.8, -0.8, 2.5, 1.0]))


def ball(center_mm: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Voxels within a radius of a point in mm along slices, rows, columns."""
    kji = np.moveaxis(np.indices(SHAPE), 0, -1) * SPACING_KJI_MM
    return np.linalg.norm(kji - center_mm, axis=-1) <= radius_mm


LIVER = ball((30, 16, 17), 15)
REMNANT = LIVER & (np.arange(SHAPE[2]) < 24)
HEPATIC = ball((30, 10, 14), 2.5)
PORTAL = ball((35, 20, 14), 2.5)
SMALL = ball((28, 14, 24), 3)
LARGE = ball((34, 20, 22), 4.5)
NOWHERE = np.zeros(SHAPE, dtype=bool)


def segment(number: int, label: str, voxels: np.ndarray) -> Segment:
    return Segment(number, label, role_of(label), Mask.from_array(GRID, voxels))


@pytest.fixture
def segments():
    return [
        segment(1, "Liver", LIVER),
        segment(2, "Liver Remnant", REMNANT),
        segment(3, "Hepatic", HEPATIC),
        segment(4, "Portal", PORTAL),
        segment(5, "Tumor_1", SMALL),
        segment(6, "Tumor_2", LARGE),
        segment(7, "Cyst (seg. II)", ball((30, 8, 10), 3)),
    ]


def without(segments, *roles):
    return [one for one in segments if one.role not in roles]


def made(expression: str, segments) -> np.ndarray | Omission:
    """The voxels of one region."""
    masks, omissions = regions_of([Region("x", expression)], segments, GRID)
    return omissions[0] if omissions else masks["x"].to_array()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("liver", LIVER),
        ("flr", REMNANT),
        ("remnant", REMNANT),
        ("hepatic vein", HEPATIC),
        ("portal vein", PORTAL),
        ("vessels", HEPATIC | PORTAL),
        ("tumors", SMALL | LARGE),
        ("largest tumor", LARGE),
        ("Tumor_1", SMALL),
        ("'Cyst (seg. II)'", ball((30, 8, 10), 3)),
        ("liver - tumors - vessels", LIVER & ~(SMALL | LARGE | HEPATIC | PORTAL)),
        ("liver - (tumors - Tumor_1)", LIVER & ~(LARGE & ~SMALL)),
        ("liver & tumors | vessels", (LIVER & (SMALL | LARGE)) | HEPATIC | PORTAL),
        ("remnant + Tumor_2", REMNANT | LARGE),
    ],
)
def test_regions_are_made_of_segments(segments, expression, expected):
    assert np.array_equal(made(expression, segments), expected)


@pytest.mark.parametrize("radius_mm", [0.8, 2.5, 5.0, 9.3])
def test_rings_and_the_like_go_by_exact_distance(segments, radius_mm):
    tumors = SMALL | LARGE
    outside_mm = distance_transform_edt(~tumors, sampling=SPACING_KJI_MM)
    inside_mm = distance_transform_edt(LIVER, sampling=SPACING_KJI_MM)
    near = outside_mm <= radius_mm + 1e-6
    assert np.array_equal(
        made(f"ring(tumors, {radius_mm}) & liver", segments), near & LIVER & ~tumors
    )
    assert np.array_equal(made(f"dilate(tumors, {radius_mm} mm)", segments), near)
    assert np.array_equal(
        made(f"erode(liver, {radius_mm})", segments), inside_mm > radius_mm + 1e-6
    )


def test_a_ring_around_a_sphere_has_the_volume_of_a_shell():
    grid = Grid((60, 120, 120), np.diag([0.5, 0.5, 1.0, 1.0]))
    kji_mm = np.moveaxis(np.indices(grid.shape_kji), 0, -1) * grid.spacing_kji_mm
    sphere = np.linalg.norm(kji_mm - (30, 30, 30), axis=-1) <= 10
    tumor = Segment(1, "Tumor", Role.TUMOR, Mask.from_array(grid, sphere))
    masks, _ = regions_of([Region("Ring", "ring(tumors, 10 mm)")], [tumor], grid)
    shell_ml = 4 / 3 * math.pi * (20**3 - 10**3) / 1000
    # The sphere's outermost centres lie up to a voxel within it, and so does the shell's surface.
    assert masks["Ring"].volume_ml == pytest.approx(shell_ml, rel=0.04)


def test_each_tumor_is_a_region_named_by_its_label(segments):
    regions = [
        Region("Liver", "liver"),
        Region("{tumor}", "each tumor"),
        Region("Ring of {tumor}", "ring(each tumor, 4 mm) & liver - tumors"),
        Region("Tumors", "tumors"),
    ]
    masks, omissions = regions_of(regions, segments, GRID)
    assert list(masks) == [
        "Liver",
        "Tumor_1",
        "Tumor_2",
        "Ring of Tumor_1",
        "Ring of Tumor_2",
        "Tumors",
    ]
    assert omissions == ()
    assert np.array_equal(masks["Tumor_2"].to_array(), LARGE)
    for name, tumor in (("Tumor_1", SMALL), ("Tumor_2", LARGE)):
        near = distance_transform_edt(~tumor, sampling=SPACING_KJI_MM) <= 4
        assert np.array_equal(masks[f"Ring of {name}"].to_array(), near & LIVER & ~(SMALL | LARGE))


def test_where_nothing_is_said_tumors_and_parenchyma_are_measured(segments):
    masks, omissions = regions_of(DEFAULT_REGIONS, segments, GRID)
    assert list(masks) == ["Tumor_1", "Tumor_2", "Tumors", "Liver parenchyma", "FLR parenchyma"]
    others = SMALL | LARGE | HEPATIC | PORTAL
    assert np.array_equal(masks["FLR parenchyma"].to_array(), REMNANT & ~others)
    assert omissions == ()


def test_what_the_patient_does_not_have_is_nothing_to_take_away(segments):
    bare = without(segments, Role.TUMOR, Role.HEPATIC_VEIN)
    masks, omissions = regions_of(DEFAULT_REGIONS, bare, GRID)
    assert np.array_equal(masks["Liver parenchyma"].to_array(), LIVER & ~PORTAL)
    assert omissions == (
        Omission("each tumor", "", "no-such-segment", "There is no segment for tumors."),
        Omission("Tumors", "", "no-such-segment", "There is no segment for tumors."),
    )


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("liver - tumors", "There is no segment for liver."),
        ("tumors & liver", "There is no segment for liver."),
        ("erode(liver, 3) | remnant", "There is no segment for liver and remnant."),
        ("largest tumor & remnant", "There is no segment for remnant."),
        ("'Cyst'", "There is no segment for “Cyst” (labels: “Hepatic”, "),
    ],
)
def test_a_region_without_what_it_starts_from_is_an_omission(segments, expression, reason):
    omission = made(expression, without(segments, Role.LIVER, Role.REMNANT))
    assert (omission.region, omission.filter, omission.code) == ("x", "", "no-such-segment")
    assert omission.reason.startswith(reason)


def test_of_two_parts_the_one_there_is_suffices(segments):
    bare = without(segments, Role.PORTAL_VEIN)
    assert np.array_equal(made("portal vein | hepatic vein", bare), HEPATIC)
    assert np.array_equal(made("hepatic vein | portal vein", bare), HEPATIC)
    assert np.array_equal(made("vessels", bare), HEPATIC)


def test_a_region_without_a_voxel_is_an_omission(segments):
    segments.append(segment(8, "Tumor_3", NOWHERE))
    regions = [Region("{tumor}", "each tumor"), Region("None", "liver - dilate(liver, 1 mm)")]
    masks, omissions = regions_of(regions, segments, GRID)
    assert list(masks) == ["Tumor_1", "Tumor_2"]
    assert omissions == (
        Omission("Tumor_3", "", "empty", "“each tumor” has no voxels for Tumor_3."),
        Omission("None", "", "empty", "“liver - dilate(liver, 1 mm)” has no voxels."),
    )


def test_no_segments_at_all():
    masks, omissions = regions_of(DEFAULT_REGIONS, [], GRID)
    assert masks == {}
    assert [one.code for one in omissions] == ["no-such-segment"] * 4


def test_tumors_of_one_label_are_told_apart(segments):
    segments += [segment(8, "Tumor_1", LIVER), segment(9, "Tumors", PORTAL)]
    masks, _ = regions_of(
        [Region("{tumor}", "each tumor"), Region("Tumors", "tumors")], segments, GRID
    )
    assert list(masks) == ["Tumor_1", "Tumor_2", "Tumor_1 (2)", "Tumors", "Tumors (2)"]
    assert np.array_equal(masks["Tumor_1 (2)"].to_array(), LIVER)
    assert np.array_equal(masks["Tumors"].to_array(), PORTAL)


def test_two_segments_of_a_role_are_that_role_together(segments):
    other = ball((30, 16, 30), 4)
    assert np.array_equal(made("liver", [*segments, segment(8, "liver", other)]), LIVER | other)


def test_a_region_is_called_like_its_expression_where_it_has_no_name():
    assert checked_region("", "each tumour") == Region("{tumor}", "each tumour")
    assert checked_region("", " liver - tumors ") == Region("liver - tumors", "liver - tumors")
    assert checked_region("", "ring(Each  tumor, 5)").name == "ring({tumor}, 5)"


@pytest.mark.parametrize(
    ("name", "expression", "said"),
    [
        ("Ring", "ring(each tumor, 3)", "its name must contain {tumor}"),
        ("{tumor}", "tumors", "is not made of “each tumor”"),
        ("a\nb", "tumors", "cannot be printed"),
        ("a", "tumros", "did you mean tumors"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(name, expression, said):
    with pytest.raises(RegionError, match=said):
        checked_region(name, expression)
