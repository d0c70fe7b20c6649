"""Features by Slicer's own SlicerRadiomics, to hold against this library's.

It gives the extension cropped nodes of its own, one region at a time, and takes everything out of
the scene again. It blocks the application during each, as the extension's synchronous mode does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from numpy.typing import NDArray

from CRLMExplorerLib.dicom.nodes import add_array_node, add_label_node, node_ids, nodes_beside
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.progress import Progress, silent
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Extraction, FeatureValue, Omission
from CRLMExplorerLib.radiomics.parameter_file import parameters_to_text
from CRLMExplorerLib.radiomics.parameters import Parameters

_MARGIN_VOXELS = 2
_DIAGNOSTICS = "diagnostics"
_ORIGINAL = "original"
_TEXT_COLUMNS = 3
_MISSING_SHOWN = 3

Rows = dict[tuple[str, ...], str]
"""Text cells by filter, class and feature."""

Ask = Callable[[Callable[[], Rows]], Rows]
"""Calls a function on the thread that owns the scene, and gives what it gives."""


class Logic(Protocol):
    """The part of ``SlicerRadiomics.SlicerRadiomicsLogic`` that is used."""

    runSync: bool

    def runCLIWithParameterFile(
        self, image: Node, mask: Node, table: Node, parameter_file: str, callback: Any = None
    ) -> None:
        """Extract every label of the mask into columns of the table."""


class NoSlicerRadiomics(RadiomicsError):
    """The extension is not installed in this Slicer."""


def slicer_radiomics_logic() -> Logic:
    """A new logic of the extension.

    Raises
    ------
    NoSlicerRadiomics
        If it is not installed.
    """
    try:
        import SlicerRadiomics  # type: ignore[import-not-found]
    except ImportError as error:
        raise NoSlicerRadiomics(
            "SlicerRadiomics is not installed: get it in Slicer by View, Extensions Manager, and "
            "start Slicer again. It is not offered for macOS."
        ) from error
    return SlicerRadiomics.SlicerRadiomicsLogic()


class SlicerRadiomicsEngine:
    """Features by the extension SlicerRadiomics.

    Parameters
    ----------
    scene
        The application's vtkMRMLScene.
    logic
        The extension's logic.
    ask
        Needed where the engine is called on another thread than the scene's.
    """

    name = "SlicerRadiomics"

    def __init__(self, scene: Node, logic: Logic, ask: Ask = lambda work: work()) -> None:
        self._scene = scene
        self._logic = logic
        self._ask = ask

    def __call__(
        self,
        image_hu: NDArray,
        regions: Mapping[str, Mask],
        grid: Grid,
        parameters: Parameters,
        progress: Progress = silent,
        workers: int | None = None,
    ) -> Extraction:
        """Extract the features of regions of a CT; see `radiomics.engine.extract`.

        A region that fails is an omission. A cancel takes effect between regions, and ``workers``
        has no meaning, for the extension has neither.
        """
        values: list[FeatureValue] = []
        omissions: list[Omission] = []
        diagnostics: dict[str, dict[str, str]] = {}
        for index, (name, mask) in enumerate(regions.items()):
            progress(index / len(regions), f"{name}, SlicerRadiomics")
            try:
                rows = self._ask(partial(self._rows_of, image_hu, mask, grid, parameters))
                _require_original(rows, parameters)
                values += _values(name, rows)
            except RadiomicsError as error:
                omissions.append(Omission(name, "", "failed", str(error)))
                continue
            if parameters.settings.get("additionalInfo"):
                diagnostics[name] = {
                    "_".join(key): text for key, text in rows.items() if key[0] == _DIAGNOSTICS
                }
        progress(1.0, "Extracted")
        return Extraction(tuple(values), tuple(omissions), diagnostics)

    def _rows_of(self, image_hu: NDArray, mask: Mask, grid: Grid, parameters: Parameters) -> Rows:
        """What the extension tells of one region."""
        if mask.is_empty:
            raise RadiomicsError("The region is empty.")
        box = tuple(
            slice(max(0, s.start - margin), min(size, s.stop + margin))
            for s, size, margin in zip(
                mask.box, grid.shape_kji, _margins(parameters, grid), strict=True
            )
        )
        part = _part_of(grid, box)
        with _nothing_left_in(self._scene), TemporaryDirectory() as folder:
            # A file of our own: the extension's own would be shared by all that run at once.
            file = Path(folder) / "parameters.yaml"
            file.write_text(_for_pyradiomics(parameters), encoding="utf-8")
            image = add_array_node(self._scene, image_hu[box], part, "Radiomics image")
            label = add_label_node(self._scene, mask.within(box), part, "Radiomics region")  # type: ignore[arg-type]
            table = self._scene.AddNewNodeByClass("vtkMRMLTableNode", "Radiomics result")
            self._logic.runSync = True
            self._logic.runCLIWithParameterFile(image, label, table, str(file))
            return _cells(table)


def _margins(parameters: Parameters, grid: Grid) -> tuple[int, ...]:
    """How many voxels around a region decide its features: all, unless nothing looks around."""
    settings = parameters.settings
    looks_around = (
        set(parameters.image_types) - {"Original"}
        or settings.get("normalize")
        or settings.get("resampledPixelSpacing") is not None
    )
    return grid.shape_kji if looks_around else (_MARGIN_VOXELS,) * 3


def _for_pyradiomics(parameters: Parameters) -> str:
    """The parameter file without regions, which pyradiomics would refuse."""
    # Diagnostics are a third of the time of a small region, and pyradiomics' default.
    settings = {"additionalInfo": False, **parameters.settings}
    return parameters_to_text(replace(parameters, settings=settings, regions=()))


def _part_of(grid: Grid, box: tuple[slice, ...]) -> Grid:
    ijk_to_ras = grid.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] = grid.ras_of([s.start for s in box])
    k, j, i = (s.stop - s.start for s in box)
    return Grid((k, j, i), ijk_to_ras)


@contextmanager
def _nothing_left_in(scene: Node) -> Iterator[None]:
    """Take out of the scene whatever is put into it, the extension's leavings too."""
    before = node_ids(scene)
    try:
        yield
    finally:
        for node in nodes_beside(scene, before):
            if not node.GetSingletonTag():
                scene.RemoveNode(node)


def _cells(table: Node) -> Rows:
    """The last column by the three text columns before it.

    The extension tells of no failure: it leaves the table without rows or without the column.
    """
    column = table.GetNumberOfColumns() - 1
    rows = {
        tuple(table.GetCellText(row, name) for name in range(_TEXT_COLUMNS)): table.GetCellText(
            row, column
        )
        for row in range(table.GetNumberOfRows())
    }
    if column < _TEXT_COLUMNS or not any(key[0] != _DIAGNOSTICS for key in rows):
        raise RadiomicsError(
            "SlicerRadiomics gave no features; Slicer's log and Python console say why."
        )
    return rows


def _require_original(rows: Rows, parameters: Parameters) -> None:
    """Make sure that the unfiltered image gave all that was asked for by name, and of each class.

    Which features a class has where none is named is for the extension's pyradiomics to say.
    """
    if "Original" not in parameters.image_types:
        return
    found = {"_".join(key) for key in rows} | {"_".join(key[:2]) for key in rows}
    wanted = [
        "_".join(filter(None, (_ORIGINAL, feature_class, feature)))
        for feature_class, features in parameters.feature_classes.items()
        for feature in features or [""]
    ]
    missing = [name for name in wanted if name not in found]
    if missing:
        more = len(missing) - _MISSING_SHOWN
        names = ", ".join(missing[:_MISSING_SHOWN]) + (f" and {more} more" if more > 0 else "")
        raise RadiomicsError(
            f"SlicerRadiomics gave no {names}; Slicer's log and Python console say why."
        )


def _values(region: str, rows: Rows) -> list[FeatureValue]:
    values = []
    for (filter_, feature_class, feature), text in rows.items():
        if filter_ == _DIAGNOSTICS:
            continue
        try:
            value = float(text)
        except ValueError as error:
            raise RadiomicsError(
                f"SlicerRadiomics gave “{text}” as {filter_} {feature_class} {feature}, expected a "
                "number."
            ) from error
        values.append(FeatureValue(region, filter_, feature_class, feature, value))
    return values
