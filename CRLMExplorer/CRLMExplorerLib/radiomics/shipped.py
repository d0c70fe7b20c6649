"""Parameter files that come with the program, from a checkout or installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_CHECKOUT = Path(__file__).parents[3] / "Resources" / "Parameters"
_INSTALLED = ("share", "crlm-explorer", "parameters")


def shipped_parameters() -> dict[str, Path]:
    """The parameter files by name, such as ``portal-venous``, in alphabetical order."""
    files = _CHECKOUT.glob("*.yaml") if _CHECKOUT.is_dir() else _installed()
    return {file.stem: file for file in sorted(files)}


def _installed() -> list[Path]:
    try:
        files = distribution("crlm-explorer").files or []
    except PackageNotFoundError:
        return []
    return [
        Path(str(file.locate())).resolve()
        for file in files
        if file.suffix == ".yaml" and file.parts[-4:-1] == _INSTALLED
    ]
