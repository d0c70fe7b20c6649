"""Everything that decides a feature's value: pyradiomics' parameter file with its regions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from CRLMExplorerLib.radiomics.region import Region


@dataclass(frozen=True, eq=False)
class Parameters:
    """A validated parameter file.

    Attributes
    ----------
    name
        The file's stem, to be shown.
    settings
        pyradiomics' ``setting`` block.
    image_types
        Filters by pyradiomics' names (``Original``, ``LoG``, …) with their own settings.
    feature_classes
        Feature names by class (``shape``, ``firstorder``, ``glcm``, …); an empty sequence stands
        for all of pyradiomics' default features of the class.
    regions
        Regions of interest in the file's order; each tumour counts as one, so there may be more
        rows than regions.
    """

    name: str
    settings: Mapping[str, Any]
    image_types: Mapping[str, Mapping[str, Any]]
    feature_classes: Mapping[str, Sequence[str]]
    regions: tuple[Region, ...] = field(default=())

    @cached_property
    def sha256(self) -> str:
        """Hash of all that decides a value; the name and the file's layout do not."""
        facts = {
            "setting": dict(self.settings),
            "imageType": {name: dict(own) for name, own in self.image_types.items()},
            "featureClass": {name: list(some) for name, some in self.feature_classes.items()},
            "regions": [[region.name, region.expression] for region in self.regions],
        }
        return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
