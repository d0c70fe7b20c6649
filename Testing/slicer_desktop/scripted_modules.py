"""Stand-ins for Slicer's modules that are written in Python, as far as the panel imports them."""

from __future__ import annotations

import logging
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer


def dicom_lib() -> ModuleType:
    """`DICOMLib`, with the import of a folder. Its indexer is the stand-in database's."""
    module = ModuleType("DICOMLib")
    module.DICOMUtils = SimpleNamespace(importDicom=_import_dicom)
    return module


def _import_dicom(dicomDataDir: str, dicomDatabase: Any = None, copyFiles: bool = False) -> bool:
    try:
        (dicomDatabase or slicer.dicomDatabase).insert(dicomDataDir, copyFiles)
    except Exception:
        logging.exception("Failed to import DICOM folder %s", dicomDataDir)
        return False
    return True
