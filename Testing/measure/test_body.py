import pytest

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.measure import BodySize, ImplausibleBodySize
from CRLMExplorerLib.measure.body import standard_livers


def test_body_surface_area():
    body = BodySize(180, 80)
    assert body.mosteller_m2 == 2.0
    assert body.dubois_m2 == pytest.approx(1.996, abs=5e-4)


def test_standard_liver_volumes():
    volumes = {
        (s.formula, s.surface_formula): s.volume_ml for s in standard_livers(BodySize(180, 80))
    }
    assert volumes == {
        ("Vauthey 2002", "Mosteller 1987"): pytest.approx(1740.15),
        ("Vauthey 2002", "DuBois 1916"): pytest.approx(1735.3, abs=1),
        ("Urata 1995", "Mosteller 1987"): pytest.approx(1414.8),
        ("Urata 1995", "DuBois 1916"): pytest.approx(1412.1, abs=1),
    }


def test_a_formula_without_a_positive_volume_is_left_out():
    assert {s.formula for s in standard_livers(BodySize(90, 12))} == {"Urata 1995"}


@pytest.mark.parametrize(
    ("height_cm", "weight_kg", "found"),
    [
        (1.75, 80, "height 1.75 cm"),
        (175, 80000, "weight 80000 kg"),
        (0, 80, "height 0 cm"),
        (175, 0, "weight 0 kg"),
        (float("nan"), 80, "height nan cm"),
    ],
)
def test_a_mistaken_unit_is_refused(height_cm, weight_kg, found):
    with pytest.raises(ImplausibleBodySize, match=f"{found} is not plausible: expected .* to"):
        BodySize(height_cm, weight_kg)
    assert issubclass(ImplausibleBodySize, CRLMExplorerError)
