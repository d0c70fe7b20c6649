"""pyradiomics' numbers, sooner: only what surrounds a region is filtered, and only once.

pyradiomics itself filters, bins and counts, on a part of the CT that gives the same numbers as the
whole; only the mesh of a shape is measured by other means. This room knows arrays, masks and
settings; it knows no files and no patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from CRLMExplorerLib.progress import Progress, silent
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Extraction
from CRLMExplorerLib.radiomics.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from CRLMExplorerLib.geometry import Grid, Mask

__all__ = ["extract"]


def extract(
    image_hu: NDArray,
    regions: Mapping[str, Mask],
    grid: Grid,
    parameters: Parameters,
    progress: Progress = silent,
    workers: int | None = None,
) -> Extraction:
    """Extract the features of regions of a CT.

    Every value is the one that pyradiomics gives for the whole CT and the region's mask on it.

    Parameters
    ----------
    image_hu
        Array (slices, rows, columns) in Hounsfield units, of a type that SimpleITK knows. A
        filter's result can depend on the type, as it does in pyradiomics.
    regions
        Masks on the CT's grid by the region's name.
    grid
        The CT's grid.
    parameters
        What to extract. Of pyradiomics' settings, `label` and `geometryTolerance` have no meaning
        here; `additionalInfo` is off unless it is set, as it costs more than the features.
    progress
        Told the fraction and ``region, filter``; `Cancelled` ends all work within two seconds.
    workers
        Processes to share the work among when there is much of it; all cores if None. With 1,
        everything is done in this process.

    Raises
    ------
    RadiomicsError
        If pyradiomics is not installed, or the image is of another shape than the grid.
    """
    if image_hu.shape != grid.shape_kji:
        raise RadiomicsError(
            f"The image has {image_hu.shape} slices, rows and columns; expected those of its "
            f"grid, {grid.shape_kji}."
        )
    try:
        from CRLMExplorerLib.radiomics.engine.run import run
    except ImportError as error:
        raise RadiomicsError(
            f"Radiomics needs pyradiomics, which is missing ({error}): install it with pip install "
            f"'crlm-explorer[radiomics]'."
        ) from error
    return run(image_hu, regions, grid, parameters, progress, workers)
