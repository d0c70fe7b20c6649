"""The three demo patients, and their anatomy as an image and masks.

It puts torso, organs and liver together; it knows nothing of DICOM.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.phantom.canvas import COLUMNS, ROWS, Body, Canvas, upsampled
from CRLMExplorerLib.phantom.liver import (
    CANTLIE,
    Liver,
    Metastasis,
    Resection,
    at_full_resolution,
    paint_liver,
)
from CRLMExplorerLib.phantom.organs import paint_cava, paint_gallbladder, paint_organs
from CRLMExplorerLib.phantom.torso import paint_torso

NOISE_HU = 9.0
TISSUE_TEXTURE_HU = 3.0


@dataclass(frozen=True)
class DemoPatient:
    """A patient who never was.

    Attributes
    ----------
    patient_id
        In the collection's scheme.
    sex, age
        As DICOM writes them.
    with_ai_dso
        Whether a second, AI-like segmentation is there.
    """

    patient_id: str
    sex: str
    age: str
    body: Body
    resection: Resection
    metastases: tuple[Metastasis, ...]
    with_ai_dso: bool = False


DEMO_PATIENTS = (
    DemoPatient(
        "CRLM-CT-1001",
        "F",
        "065Y",
        Body(seed=1001),
        Resection(remnant_is_left=True, remnant_percent=25.3, normal=CANTLIE),
        (
            Metastasis(42.0),
            Metastasis(26.0, overlaps_previous=True),
            Metastasis(17.0),
            Metastasis(12.0),
        ),
    ),
    DemoPatient(
        "CRLM-CT-1002",
        "M",
        "063Y",
        Body(seed=1002, width=1.05, depth=1.06, height=1.03, fat=1.35),
        Resection(remnant_is_left=False, remnant_percent=54.0, normal=(0.80, -0.60, 0.0)),
        (Metastasis(30.0), Metastasis(15.0)),
        with_ai_dso=True,
    ),
    DemoPatient(
        "CRLM-CT-1003",
        "F",
        "052Y",
        Body(seed=1003, width=1.02, depth=0.97, height=0.98, fat=1.1, prone=True),
        Resection(remnant_is_left=True, remnant_percent=36.0, normal=CANTLIE),
        (Metastasis(55.0), Metastasis(24.0, at_cut=True), Metastasis(14.0)),
    ),
)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What was made: the ground truth of the DICOM files.

    Attributes
    ----------
    grid
        The CT's voxels.
    hu_kji
        Array of shape (slices, rows, columns), int16, Hounsfield units.
    masks
        The segments by label, in the DSO's order: boolean arrays like ``hu_kji``.
    ai_masks
        The same of the AI-like DSO; empty where the patient has none.
    """

    grid: Grid
    hu_kji: NDArray[np.int16]
    masks: dict[str, NDArray[np.bool_]]
    ai_masks: dict[str, NDArray[np.bool_]]


def demo_anatomy(patient: DemoPatient) -> Anatomy:
    """Make a demo patient's image and masks; the same every time."""
    canvas = Canvas(patient.body)
    torso = paint_torso(canvas)
    paint_organs(canvas, torso)
    liver = paint_liver(canvas, torso, patient.resection, patient.metastases)
    paint_gallbladder(canvas)
    paint_cava(canvas)
    masks = liver.masks(canvas.hu.shape)
    ai_masks = _ai_masks(canvas, liver) if patient.with_ai_dso else {}
    hu = _scanned(canvas)
    if patient.body.prone:
        # the scanner's rows and columns run the other way in such a patient
        hu = hu[:, ::-1, ::-1]
        masks = {label: mask[:, ::-1, ::-1] for label, mask in masks.items()}
        ai_masks = {label: mask[:, ::-1, ::-1] for label, mask in ai_masks.items()}
    return Anatomy(_grid(patient.body), np.ascontiguousarray(hu), masks, ai_masks)


def _scanned(canvas: Canvas) -> NDArray[np.int16]:
    """The painted image with the mottle of tissue and the scanner's noise."""
    rng = canvas.rng(100)
    texture = np.float32(TISSUE_TEXTURE_HU) * canvas.noise(101, 5.0)
    out = np.empty(canvas.hu.shape, dtype=np.int16)
    for k, hu in enumerate(canvas.hu):
        noise = rng.standard_normal((ROWS + 2, COLUMNS + 2), dtype=np.float32)
        noise = noise[:-2] + 1.6 * noise[1:-1] + noise[2:]
        noise = noise[:, :-2] + 1.6 * noise[:, 1:-1] + noise[:, 2:]
        body = np.clip((hu + 900.0) / 500.0, 0.0, 1.0)
        hu = hu + upsampled(texture[k]) * body
        hu += noise * (NOISE_HU / 4.56) * (0.55 + 0.45 * body)
        out[k] = np.clip(np.rint(hu), -1024, 3071)
    return out


def _ai_masks(canvas: Canvas, liver: Liver) -> dict[str, NDArray[np.bool_]]:
    """What a network might have drawn: close, but not the same."""
    wobble = canvas.noise(110, 10.0, liver.box)
    outline = liver.outline + 1.2 * wobble - 0.6
    tumor = np.minimum.reduce(liver.tumors) + 0.9 * wobble + 0.5
    return {
        "Liver": at_full_resolution(outline, liver.box, canvas.hu.shape),
        "Liver Tumor": at_full_resolution(tumor, liver.box, canvas.hu.shape),
    }


def _grid(body: Body) -> Grid:
    half = (COLUMNS - 1) / 2 * body.pixel_mm
    turned = -1.0 if body.prone else 1.0
    ijk_to_lps = np.diag([turned * body.pixel_mm, turned * body.pixel_mm, body.slice_mm, 1.0])
    ijk_to_lps[:3, 3] = [-turned * half, -turned * half, -body.slices * body.slice_mm]
    return Grid((body.slices, ROWS, COLUMNS), lps_to_ras(ijk_to_lps))
