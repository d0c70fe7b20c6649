"""What a remnant of given size means: its shares of the liver, and whether it suffices.

The formulas are in one place, so that a remnant under edit is judged as a released one.
"""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.measure.minimum import MinimumRule


@dataclass(frozen=True)
class LiverCounts:
    """Voxels of the liver.

    Attributes
    ----------
    total
        Of the Liver segment.
    diseased
        Those of them that belong to a tumour.
    """

    total: int
    diseased: int

    @property
    def functional(self) -> int:
        """Liver voxels that belong to no tumour."""
        return self.total - self.diseased


@dataclass(frozen=True)
class RemnantVolumes:
    """A remnant held against the liver and a minimum.

    Attributes
    ----------
    flr_ml
        FLRV: voxel count times voxel volume.
    flr_percent_functional, flr_percent_total
        FLRV of the functional and of the total liver.
    resected_ml
        Liver voxels that are not in the remnant.
    minimum_flr_percent
        The least FLR that is held safe, in per cent of the functional liver.
    minimum_rule
        Which minimum applies and why, in a sentence.
    adequate
        Whether `flr_percent_functional` reaches the minimum.
    """

    flr_ml: float | None
    flr_percent_functional: float | None
    flr_percent_total: float | None
    resected_ml: float | None
    minimum_flr_percent: float | None
    minimum_rule: str | None
    adequate: bool | None


def remnant_volumes(
    flr: int | None,
    flr_in_liver: int | None,
    liver: LiverCounts | None,
    voxel_ml: float,
    rule: MinimumRule | None,
) -> RemnantVolumes:
    """Judge a remnant; what cannot be told without liver or remnant is None.

    Parameters
    ----------
    flr, flr_in_liver
        Voxels of the remnant, and those of them that lie in the liver.
    rule
        The minimum that it is held against.
    """
    percent_functional = percent(flr, liver.functional if liver else None)
    minimum = rule.percent if rule else None
    known = percent_functional is not None and minimum is not None
    resected = liver.total - flr_in_liver if liver and flr_in_liver is not None else None
    return RemnantVolumes(
        flr_ml=None if flr is None else flr * voxel_ml,
        flr_percent_functional=percent_functional,
        flr_percent_total=percent(flr, liver.total if liver else None),
        resected_ml=None if resected is None else resected * voxel_ml,
        minimum_flr_percent=minimum,
        minimum_rule=rule.reason if rule else None,
        adequate=percent_functional >= minimum if known else None,  # type: ignore[operator]
    )


def percent(part: float | None, whole: float | None) -> float | None:
    """A share in per cent; None where either is unknown or the whole is nothing."""
    return 100 * part / whole if part is not None and whole else None
