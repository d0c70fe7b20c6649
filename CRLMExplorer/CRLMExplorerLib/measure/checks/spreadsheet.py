"""Where the segmentation and the patient's clinical record disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Real

from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.measure.volumetry import Volumetry

SIZE_TOLERANCE_MM = 10.0
SIZE_TOLERANCE_PERCENT = 25.0
"""A size disagrees if it is off by more than both; the per cent are of the recorded size."""


def patient_not_in_spreadsheet(patient_id: str) -> Finding:
    """The spreadsheet has no row for the patient."""
    return Finding(
        Severity.WARNING,
        "patient-not-in-spreadsheet",
        f"The spreadsheet has no row with Patient-ID {patient_id}.",
    )


def tumor_count(measured: Volumetry, record: Mapping[str, object]) -> Iterator[Finding]:
    """One tumour segment although metastases are multiple, or the reverse."""
    multiple = record.get("multiple_metastases")
    if multiple not in (0, 1) or measured.tumor_count == 0:
        return
    if multiple and measured.tumor_count == 1:
        said, found = "several metastases (multiple_metastases = 1)", "1 tumour segment"
    elif not multiple and measured.tumor_count > 1:
        said = "a single metastasis (multiple_metastases = 0)"
        found = f"{measured.tumor_count} tumour segments"
    else:
        return
    yield Finding(
        Severity.WARNING,
        "tumor-count-disagrees",
        f"The spreadsheet records {said}, but {found} {'has' if multiple else 'have'} voxels.",
    )


def tumor_size(measured: Volumetry, record: Mapping[str, object]) -> Iterator[Finding]:
    """Largest tumour measured against `max_tumor_size`.

    The recorded size may be taken in any direction, so everything from the longest axial to the
    longest 3D diameter agrees with it; the tolerance comes on top, because a specimen is not
    measured on the CT.
    """
    recorded_cm = record.get("max_tumor_size")
    recorded_mm = 10.0 * float(recorded_cm) if isinstance(recorded_cm, Real) else 0.0
    if not recorded_mm > 0 or not measured.tumors:
        return
    axial = max(measured.tumors, key=lambda tumor: tumor.longest_axial_mm)
    longest_3d_mm = max(tumor.longest_3d_mm for tumor in measured.tumors)
    off_mm = max(axial.longest_axial_mm - recorded_mm, recorded_mm - longest_3d_mm)
    if off_mm <= max(SIZE_TOLERANCE_MM, SIZE_TOLERANCE_PERCENT / 100 * recorded_mm):
        return
    yield Finding(
        Severity.WARNING,
        "tumor-size-disagrees",
        f"The spreadsheet's largest tumour measures {recorded_mm / 10:.1f} cm (max_tumor_size), "
        f"the largest segmented one, {axial.label}, {axial.longest_axial_mm / 10:.1f} cm in a "
        f"slice (longest 3D diameter of any: {longest_3d_mm / 10:.1f} cm): off by more than "
        f"{SIZE_TOLERANCE_MM / 10:g} cm and {SIZE_TOLERANCE_PERCENT:g} %.",
        axial.center_ras_mm,
    )
