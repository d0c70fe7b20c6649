"""What can go wrong with an extraction as a whole."""

from __future__ import annotations

from CRLMExplorerLib.errors import CRLMExplorerError


class RadiomicsError(CRLMExplorerError):
    """The extraction cannot be done."""


class ParameterError(RadiomicsError):
    """A parameter file is not usable: names file, line and key, what was found and expected."""


class RegionError(RadiomicsError):
    """A region's expression cannot be read or names no segment."""
