"""Synthetic patients, made on the spot: images, segmentations and a cohort's spreadsheet.

What this room makes is marked SYNTHETIC and made of formulas; no person's data is in it.
"""

from CRLMExplorerLib.phantom.anatomy import DEMO_PATIENTS, Anatomy, DemoPatient, demo_anatomy
from CRLMExplorerLib.phantom.ct_series import write_ct
from CRLMExplorerLib.phantom.dso import PhantomSegment, PropertyCodes, write_dso
from CRLMExplorerLib.phantom.patients import write_demo_patients

__all__ = [
    "DEMO_PATIENTS",
    "Anatomy",
    "DemoPatient",
    "PhantomSegment",
    "PropertyCodes",
    "demo_anatomy",
    "write_ct",
    "write_demo_patients",
    "write_dso",
]
