"""A patient's body size, and the liver volume that would be standard for it.

Height and weight are not in the collection; a reader types them in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from CRLMExplorerLib.errors import CRLMExplorerError

_HEIGHT_CM = (50.0, 250.0)
_WEIGHT_KG = (10.0, 400.0)


class ImplausibleBodySize(CRLMExplorerError):
    """Height or weight is not that of a patient, often because of a mistaken unit."""


@dataclass(frozen=True)
class BodySize:
    """Height in cm and weight in kg.

    Raises
    ------
    ImplausibleBodySize
        If height is outside 50 to 250 cm or weight outside 10 to 400 kg.
    """

    height_cm: float
    weight_kg: float

    def __post_init__(self) -> None:
        for name, value, (low, high), unit in (
            ("height", self.height_cm, _HEIGHT_CM, "cm"),
            ("weight", self.weight_kg, _WEIGHT_KG, "kg"),
        ):
            if not low <= value <= high:
                raise ImplausibleBodySize(
                    f"{name} {value:g} {unit} is not plausible: expected {low:g} to {high:g} {unit}"
                )

    @property
    def mosteller_m2(self) -> float:
        """Body surface area after Mosteller 1987."""
        return math.sqrt(self.height_cm * self.weight_kg / 3600)

    @property
    def dubois_m2(self) -> float:
        """Body surface area after DuBois 1916."""
        return 0.007184 * self.weight_kg**0.425 * self.height_cm**0.725


@dataclass(frozen=True)
class StandardLiver:
    """A standard liver volume and the formulas it comes from."""

    formula: str
    surface_formula: str
    surface_m2: float
    volume_ml: float


def standard_livers(body: BodySize) -> tuple[StandardLiver, ...]:
    """Standard liver volumes after Vauthey 2002 and Urata 1995, each with both surface areas.

    A formula that yields no positive volume for so small a body is left out.
    """
    livers = (
        StandardLiver(formula, surface_formula, surface, offset + slope * surface)
        for formula, offset, slope in (
            ("Vauthey 2002", -794.41, 1267.28),
            ("Urata 1995", 2.4, 706.2),
        )
        for surface_formula, surface in (
            ("Mosteller 1987", body.mosteller_m2),
            ("DuBois 1916", body.dubois_m2),
        )
    )
    return tuple(liver for liver in livers if liver.volume_ml > 0)
