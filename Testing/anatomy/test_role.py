import pytest

from CRLMExplorerLib.anatomy import Coded, Role, role_of

LIVER = Coded("10200004", "SCT", "Liver")
MASS = Coded("4147007", "SCT", "Mass")
HEPATIC_VEIN = Coded("8993003", "SCT", "Hepatic vein")
PORTAL_VEIN = Coded("32764006", "SCT", "Portal vein")
ORGAN = Coded("113343008", "SCT", "Organ")
RESIDUAL = Coded("any", "99LOCAL", "Residual")


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Liver", Role.LIVER),
        ("Liver Remnant", Role.REMNANT),
        ("Liver_Remnant", Role.REMNANT),
        ("Hepatic", Role.HEPATIC_VEIN),
        ("Portal", Role.PORTAL_VEIN),
        ("Tumor_1", Role.TUMOR),
        ("Tumor_35", Role.TUMOR),
    ],
)
def test_the_collections_own_labels_need_no_codes(label, role):
    assert role_of(label) is role


@pytest.mark.parametrize(
    ("label", "property_type", "role"),
    [
        ("Liver", LIVER, Role.LIVER),
        ("Tumor_1", MASS, Role.TUMOR),
        ("Hepatic", HEPATIC_VEIN, Role.HEPATIC_VEIN),
        ("Portal", PORTAL_VEIN, Role.PORTAL_VEIN),
        ("Liver Remnant", LIVER, Role.REMNANT),
    ],
)
def test_the_collections_labels_with_their_codes(label, property_type, role):
    assert role_of(label, property_type) is role


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("liver", Role.LIVER),
        (" Liver_ ", Role.LIVER),
        ("FLR", Role.REMNANT),
        ("Future_liver_remnant", Role.REMNANT),
        ("flr edited", Role.REMNANT),
        ("residual liver", Role.REMNANT),
        ("Tumour 2", Role.TUMOR),
        ("Metastasis segment VII", Role.TUMOR),
        ("Liver tumor", Role.TUMOR),
        ("CRLM", Role.TUMOR),
        ("hepatic veins", Role.HEPATIC_VEIN),
        ("Left hepatic vein", Role.HEPATIC_VEIN),
        ("Hepatic_2", Role.HEPATIC_VEIN),
        ("PORTAL_VEIN", Role.PORTAL_VEIN),
        ("right portal vein", Role.PORTAL_VEIN),
    ],
)
def test_other_spellings(label, role):
    assert role_of(label) is role


@pytest.mark.parametrize(
    "label",
    [
        "Spleen",
        "Hepatic artery",
        "Hepatic duct",
        "Hepatic flexure",
        "muscle mass",
        "Portal hilum",
        "",
    ],
)
def test_what_is_none_of_these_is_other(label):
    assert role_of(label) is Role.OTHER


def test_a_tumour_that_is_residual_is_not_the_remnant():
    assert role_of("Residual tumor") is Role.TUMOR
    assert role_of("Tumor_1", MASS, RESIDUAL) is Role.TUMOR


def test_a_residual_liver_is_the_remnant_whatever_its_code():
    assert role_of("Segment 3", LIVER, RESIDUAL) is Role.REMNANT
    assert role_of("Liver", LIVER, RESIDUAL) is Role.REMNANT


@pytest.mark.parametrize(
    ("property_type", "role"),
    [
        (LIVER, Role.LIVER),
        (MASS, Role.TUMOR),
        (Coded("108369006", "SCT", "Neoplasm"), Role.TUMOR),
        (HEPATIC_VEIN, Role.HEPATIC_VEIN),
        (PORTAL_VEIN, Role.PORTAL_VEIN),
        (ORGAN, Role.OTHER),
        (Coded("76015000", "SCT", "Hepatic artery"), Role.OTHER),
        (None, Role.OTHER),
    ],
)
def test_a_label_that_says_nothing_leaves_it_to_the_type(property_type, role):
    assert role_of("Segment_1", property_type) is role


def test_the_label_goes_before_the_type():
    assert role_of("Liver", ORGAN) is Role.LIVER
    assert role_of("Portal", HEPATIC_VEIN) is Role.PORTAL_VEIN


def test_each_role_has_a_colour_of_its_own():
    colors = {role.color for role in Role}
    assert len(colors) == len(Role)
    assert all(0 <= channel <= 255 for color in colors for channel in color)
