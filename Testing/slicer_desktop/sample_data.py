"""A stand-in for Slicer's module Sample Data: it keeps what is offered there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

offered: list[SampleDataSource] = []
"""What modules have offered, in their order."""


@dataclass
class SampleDataSource:
    """A data set in the module Sample Data."""

    sampleName: str
    category: str
    customDownloader: Callable[[SampleDataSource], Any] | None


class SampleDataLogic:
    """What a module calls to offer data."""

    @staticmethod
    def registerCustomSampleDataCategory(category: str, title: str) -> None:
        """The title is not shown here."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFiles: Any = None,
        loadFileProperties: Any = None,
        checksums: Any = None,
        loadFileType: Any = None,
    ) -> None:
        offered.append(SampleDataSource(sampleName or "", category, customDownloader))


def module() -> ModuleType:
    """`SampleData`."""
    found = ModuleType("SampleData")
    found.SampleDataLogic = SampleDataLogic  # type: ignore[attr-defined]
    offered.clear()
    return found
