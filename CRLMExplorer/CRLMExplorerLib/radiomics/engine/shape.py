"""pyradiomics' shape class with a mesh that is counted instead of searched."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from radiomics.shape import RadiomicsShape

from CRLMExplorerLib.radiomics.engine.mesh import mesh_size


class CountedShape(RadiomicsShape):
    """Its features are pyradiomics'; only what they start from is found in another way."""

    # It logs by the name of its module; see `quiet`.
    __module__ = RadiomicsShape.__module__

    def __init__(self, image: sitk.Image, mask: sitk.Image, **settings: Any) -> None:
        super().__init__(image, mask, **settings)

    def _initSegmentBasedCalculation(self) -> None:
        self.pixelSpacing = np.array(self.inputImage.GetSpacing()[::-1])
        voxels = sitk.GetArrayViewFromImage(self.inputMask) == self.label
        size = mesh_size(voxels, tuple(self.pixelSpacing.tolist()))
        self.SurfaceArea, self.Volume, self.diameters = (
            size.area_mm2,
            size.volume_mm3,
            size.diameters_mm,
        )
        # With pyradiomics' margin of one voxel and order in memory, even the rounding is its own,
        # which is all there is of the least eigenvalue of a flat region.
        self.labelledVoxelCoordinates = tuple(index + 1 for index in np.nonzero(voxels))
        self.eigenValues = _principal_variances(
            np.array(self.labelledVoxelCoordinates).T * self.pixelSpacing
        )


def _principal_variances(positions_mm: np.ndarray) -> np.ndarray:
    """Eigenvalues of the covariance of positions, smallest first; rounding errors count as 0."""
    positions_mm -= np.mean(positions_mm, axis=0)
    positions_mm /= np.sqrt(len(positions_mm))
    values = np.linalg.eigvals(np.dot(positions_mm.T.copy(), positions_mm))
    values[(values < 0) & (values > -1e-10)] = 0
    values.sort()
    return values
