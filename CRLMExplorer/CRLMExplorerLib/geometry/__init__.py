"""Voxel grids and the masks on them: where voxels lie in RAS millimetres.

This room knows nothing of anatomy, DICOM or the scene.
"""

from CRLMExplorerLib.geometry.grid import Grid, lps_to_ras
from CRLMExplorerLib.geometry.mask import Mask

__all__ = ["Grid", "Mask", "lps_to_ras"]
