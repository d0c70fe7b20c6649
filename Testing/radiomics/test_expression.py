import pytest

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.radiomics.errors import RegionError
from CRLMExplorerLib.radiomics.expression import (
    Combined,
    EachTumor,
    Labelled,
    LargestTumor,
    Moved,
    Segments,
    is_for_each_tumor,
    parse_expression,
)

LIVER = Segments("liver", (Role.LIVER,))
REMNANT = Segments("remnant", (Role.REMNANT,))
TUMORS = Segments("tumors", (Role.TUMOR,))
VESSELS = Segments("vessels", (Role.HEPATIC_VEIN, Role.PORTAL_VEIN))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("liver", LIVER),
        ("remnant", REMNANT),
        ("FLR", Segments("flr", (Role.REMNANT,))),
        ("hepatic vein", Segments("hepatic vein", (Role.HEPATIC_VEIN,))),
        ("portal   vein", Segments("portal vein", (Role.PORTAL_VEIN,))),
        ("vessels", VESSELS),
        ("Tumours", TUMORS),
        ("each tumour", EachTumor()),
        ("largest tumor", LargestTumor()),
        ("Tumor_1", Labelled("Tumor_1")),
        ("'Tumor 1 (seg. IV)'", Labelled("Tumor 1 (seg. IV)")),
        ('"liver"', Labelled("liver")),
        ("(((liver)))", LIVER),
    ],
)
def test_names(text, expected):
    assert parse_expression(text) == expected


def test_left_to_right():
    assert parse_expression("liver - tumors - vessels") == Combined(
        "-", Combined("-", LIVER, TUMORS), VESSELS
    )
    assert parse_expression("liver - tumors + vessels") == Combined(
        "|", Combined("-", LIVER, TUMORS), VESSELS
    )


def test_both_binds_tighter_than_either_and_without():
    assert parse_expression("liver - tumors & vessels") == Combined(
        "-", LIVER, Combined("&", TUMORS, VESSELS)
    )
    assert parse_expression("liver & tumors | vessels") == Combined(
        "|", Combined("&", LIVER, TUMORS), VESSELS
    )


def test_parentheses_bind_tightest():
    assert parse_expression("liver - (tumors - vessels)") == Combined(
        "-", LIVER, Combined("-", TUMORS, VESSELS)
    )


@pytest.mark.parametrize("distance", ["10", "10 mm", "10mm", "10.0", " 10 mm "])
def test_distances_are_in_mm_whether_said_or_not(distance):
    assert parse_expression(f"ring(tumors,{distance}) & liver") == Combined(
        "&", Moved("ring", TUMORS, 10.0), LIVER
    )


def test_functions_of_functions():
    assert parse_expression("Dilate(erode(liver - tumors, .5), 2.25 mm)") == Moved(
        "dilate", Moved("erode", Combined("-", LIVER, TUMORS), 0.5), 2.25
    )


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("each tumor", True),
        ("liver - ring(each tumor, 3)", True),
        ("largest tumor | tumors", False),
        ("'each tumor'", False),
    ],
)
def test_what_is_made_for_each_tumor(text, each):
    assert is_for_each_tumor(parse_expression(text)) is each


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 1, "found the end, expected a name or ("),
        ("   ", 4, "found the end"),
        ("liver -", 8, "found the end, expected a name or ("),
        ("liver tumors", 1, "“liver tumors” is no role"),
        ("tumros", 1, "did you mean tumors"),
        ("liver - vesels", 9, "did you mean vessels"),
        ("tumor", 1, "did you mean tumors or each tumor?"),
        ("spleen", 1, "there are liver, remnant"),
        ("spleen", 1, "a segment's label stands in quotes"),
        ("(liver", 7, "found the end, expected )"),
        ("liver)", 6, "found “)”, expected +, -, | or &"),
        ("liver * tumors", 7, "“*” has no meaning here"),
        ("'liver", 1, "“'” has no meaning here"),
        ("liver ∪ tumors", 7, "“∪” has no meaning here"),
        ("expand(liver, 3)", 1, "no function is called “expand”; there are erode, dilate, ring"),
        ("dilat(liver, 3)", 1, "did you mean dilate?"),
        ("ring(tumors)", 12, "expected a comma and a distance in mm"),
        ("ring(tumors, )", 14, "found “)”, expected a distance above 0 and up to 100 mm"),
        ("ring(tumors, 0)", 14, "found “0”, expected a distance"),
        ("ring(tumors, -3)", 14, "found “-”, expected a distance"),
        ("ring(tumors, 1000)", 14, "found “1000”, expected a distance"),
        ("ring(tumors, 2,5)", 15, "found “,”, expected mm or )"),
        ("ring(tumors, 1 cm)", 16, "found “cm”, expected mm or )"),
        ("ring(tumors, 1cm)", 14, "found “1cm”, expected a distance"),
        ("ring(tumors, liver)", 14, "found “liver”, expected a distance"),
        ("ring(10, tumors)", 6, "found “10”, expected a name"),
        ("10", 1, "found “10”, expected a name"),
        ("liver & & tumors", 9, "found “&”, expected a name"),
    ],
)
def test_errors_say_where_what_was_found_and_what_expected(text, at, said):
    with pytest.raises(RegionError) as error:
        parse_expression(text)
    assert f"“{text}”, character {at}: " in str(error.value)
    assert said in str(error.value)


def test_what_is_nested_without_end_or_too_long_is_refused():
    with pytest.raises(RegionError, match="at most 20 parentheses in each other"):
        parse_expression("(" * 100 + "liver" + ")" * 100)
    with pytest.raises(RegionError, match="at most 500 characters; found 797"):
        parse_expression(" - ".join(["liver"] * 100))
