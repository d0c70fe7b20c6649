"""Parameter files that come with the program: from a checkout, a wheel or Slicer's extension."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from CRLMExplorerLib.radiomics.parameter_file import read_parameters
from CRLMExplorerLib.radiomics.parameters import Parameters

_BESIDE_THE_LIBRARY = Path(__file__).parents[2]
_PLACES = (
    # In Slicer's extension, where CMake puts them beside the module.
    _BESIDE_THE_LIBRARY / "Resources" / "Parameters",
    # In a checkout.
    _BESIDE_THE_LIBRARY.parent / "Resources" / "Parameters",
)
_OF_WHEEL = ("share", "crlm-explorer", "parameters")


def shipped_parameters() -> dict[str, Path]:
    """The parameter files by name, such as ``portal-venous``, in alphabetical order."""
    found = (sorted(place.glob("*.yaml")) for place in _PLACES)
    files = next(filter(None, found), None) or sorted(_of_wheel())
    return {file.stem: file for file in files}


def parameters_named(named: str | Path) -> Parameters:
    """The parameters of a file, or of one that comes along by its name.

    Raises
    ------
    ParameterError
        If there is no such file or it is not usable.
    """
    return read_parameters(shipped_parameters().get(str(named), Path(named)))


def _of_wheel() -> Iterator[Path]:
    try:
        files = distribution("crlm-explorer").files or []
    except PackageNotFoundError:
        return
    for file in files:
        if file.suffix == ".yaml" and file.parts[-4:-1] == _OF_WHEEL:
            yield Path(str(file.locate())).resolve()
