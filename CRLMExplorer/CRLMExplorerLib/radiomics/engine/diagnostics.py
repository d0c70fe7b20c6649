"""pyradiomics' diagnostics: versions, hashes and statistics of the whole image and mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.radiomics.engine.prepare import whole_image
from CRLMExplorerLib.radiomics.parameters import Parameters

_IMAGE_TYPES = "diagnostics_Configuration_EnabledImageTypes"


def diagnostics(image: NDArray, mask: Mask, parameters: Parameters) -> dict[str, str]:
    """Ask pyradiomics for a region's diagnostics on the whole CT, and for no feature."""
    # The tolerance would stay with SimpleITK after the extraction.
    settings = {k: v for k, v in parameters.settings.items() if k != "geometryTolerance"}
    extractor = RadiomicsFeatureExtractor(**settings)
    extractor.disableAllFeatures()
    extractor.disableAllImageTypes()
    found = extractor.execute(
        whole_image(image, mask.grid), whole_image(mask.to_array().astype(np.uint8), mask.grid), 1
    )
    found[_IMAGE_TYPES] = {name: dict(own) for name, own in parameters.image_types.items()}
    return {name: str(value) for name, value in found.items()}
