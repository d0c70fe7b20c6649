"""What an extraction gives: feature values, and the regions or filters that gave none, with why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class FeatureValue:
    """One number.

    Attributes
    ----------
    region
        Name of the region.
    filter
        pyradiomics' name of the filtered image: ``original``, ``wavelet-LLH``,
        ``log-sigma-1-0-mm-3D``.
    feature_class, feature
        ``firstorder``, ``Entropy``.
    value
        pyradiomics' value; NaN where pyradiomics gives NaN.
    """

    region: str
    filter: str
    feature_class: str
    feature: str
    value: float


@dataclass(frozen=True)
class Omission:
    """A region, or a filter of a region, without values.

    Attributes
    ----------
    region, filter
        Where; an empty filter stands for the whole region.
    code
        Stable: ``empty``, ``too-small``, ``one-slice``, ``no-such-segment``, ``not-finite``,
        ``failed``, ``left-out``.
    reason
        A sentence.
    """

    region: str
    filter: str
    code: str
    reason: str


@dataclass(frozen=True)
class Extraction:
    """The features of one CT and its regions.

    Attributes
    ----------
    values
        In the order of the regions, then of pyradiomics' filters, classes and features.
    omissions
        What gave no values.
    diagnostics
        pyradiomics' ``diagnostics_…`` entries by region; empty unless asked for by the setting
        ``additionalInfo``.
    """

    values: tuple[FeatureValue, ...]
    omissions: tuple[Omission, ...]
    diagnostics: dict[str, dict[str, str]]


def left_out(region: str) -> Omission:
    """That a region was not asked for."""
    return Omission(region, "", "left-out", "The region was not asked for.")


def narrowed(extraction: Extraction, regions: Collection[str]) -> Extraction:
    """An extraction as if only some of its regions had been asked for."""
    others = dict.fromkeys(one.region for one in extraction.values if one.region not in regions)
    return replace(
        extraction,
        values=tuple(one for one in extraction.values if one.region in regions),
        omissions=(
            *(one for one in extraction.omissions if one.region not in others),
            *map(left_out, others),
        ),
        diagnostics={name: d for name, d in extraction.diagnostics.items() if name in regions},
    )
