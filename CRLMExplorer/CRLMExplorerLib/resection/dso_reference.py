"""Which DSO is meant, by its identifiers alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from CRLMExplorerLib.dicom.dso_header import read_dso_header


@dataclass(frozen=True)
class DsoReference:
    """A DSO by its SeriesInstanceUID and SOPInstanceUID; the first is empty where unknown."""

    series_uid: str
    sop_instance_uid: str


def reference_to(file: Path) -> DsoReference:
    """The DSO that a file is.

    Raises
    ------
    DsoUnreadable
        If the file is missing or is no DSO.
    """
    header = read_dso_header(file)
    return DsoReference(header.series_uid, header.sop_instance_uid)
