"""A region of interest as data: a name and the expression that makes it from segments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """What a parameter file says of a region.

    Attributes
    ----------
    name
        What rows of the result call it, e.g. ``FLR parenchyma``.
    expression
        What it is made of, e.g. ``remnant - tumors - vessels``.
    """

    name: str
    expression: str
