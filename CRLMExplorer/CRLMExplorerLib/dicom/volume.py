"""A CT series read from its files into one volume of Hounsfield units on a regular grid.

It puts a stack of slices together; it knows no database, segments or scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from CRLMExplorerLib.dicom.ct_slices import CtError, Stack, read_slices, some, stack
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.progress import Progress, silent

__all__ = ["AIR_HU", "CtError", "CtVolume", "read_ct"]

AIR_HU = -1024


@dataclass(frozen=True, eq=False)
class CtVolume:
    """A CT as a volume.

    Attributes
    ----------
    series_uid, frame_of_reference_uid
        SeriesInstanceUID and FrameOfReferenceUID.
    description
        SeriesDescription.
    patient_position
        PatientPosition, e.g. ``HFS``; ``HFP`` and ``FFP`` are prone.
    hu
        int16 array (slices, rows, columns) in Hounsfield units.
    grid
        Where its voxels lie.
    slice_offsets_mm
        Array of shape (slices,): where each slice truly lies along the slice normal, relative to
        the first; NaN where the slice is missing.
    sop_instance_uids
        SOPInstanceUID of each slice; None where the slice is missing.
    findings
        What is irregular about the series.
    """

    series_uid: str
    frame_of_reference_uid: str
    description: str
    patient_position: str
    hu: NDArray[np.int16]
    grid: Grid
    slice_offsets_mm: NDArray[np.float64]
    sop_instance_uids: tuple[str | None, ...]
    findings: tuple[Finding, ...]


def read_ct(files: Sequence[Path], progress: Progress = silent) -> CtVolume:
    """Read a CT series.

    Slices are sorted by their position along the slice normal and the spacing comes from these
    positions, whatever SliceThickness says. What is irregular becomes a finding: a missing slice,
    or one whose pixels cannot be read, is left as air; a duplicate or a slice of another
    orientation is left out; uneven gaps are given their mean.

    Parameters
    ----------
    files
        The files of one series, in any order.
    progress
        Told after each file, twice: for its header and for its pixels; may cancel.

    Raises
    ------
    CtError
        If no two slices make a volume.
    """
    findings: list[Finding] = []
    slices = read_slices(files, findings, lambda done, text: progress(done / 2, text))
    stacked = stack(slices, findings)
    grid = _grid(stacked)
    hu = _hounsfield(stacked, grid, findings, lambda done, text: progress((1 + done) / 2, text))

    first = stacked.slices[0]
    offsets = np.full(grid.shape_kji[0], np.nan)
    uids: list[str | None] = [None] * grid.shape_kji[0]
    for index, item in zip(stacked.indices.tolist(), stacked.slices, strict=True):
        offsets[index] = float((item.position - first.position) @ first.normal)
        uids[index] = str(item.header.SOPInstanceUID)
    position = str(first.header.get("PatientPosition") or "")
    if position.endswith("P"):
        findings.append(
            Finding(
                Severity.NOTE,
                "ct-prone",
                f"The patient was scanned prone (PatientPosition {position}); "
                "views follow the patient, so anterior stays up.",
            )
        )
    return CtVolume(
        series_uid=str(first.header.SeriesInstanceUID),
        frame_of_reference_uid=str(first.header.get("FrameOfReferenceUID") or ""),
        description=str(first.header.get("SeriesDescription") or ""),
        patient_position=position,
        hu=hu,
        grid=grid,
        slice_offsets_mm=offsets,
        sop_instance_uids=tuple(uids),
        findings=tuple(findings),
    )


def _grid(stacked: Stack) -> Grid:
    first = stacked.slices[0]
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, 0] = first.row_axis * first.column_mm
    ijk_to_lps[:3, 1] = first.column_axis * first.row_mm
    ijk_to_lps[:3, 2] = stacked.step
    ijk_to_lps[:3, 3] = first.position
    shape = (int(stacked.indices[-1]) + 1, first.rows, first.columns)
    return Grid(shape, lps_to_ras(ijk_to_lps))


def _hounsfield(
    stacked: Stack, grid: Grid, findings: list[Finding], progress: Progress
) -> NDArray[np.int16]:
    hu = np.empty(grid.shape_kji, dtype=np.int16)
    hu[np.setdiff1d(np.arange(len(hu)), stacked.indices)] = AIR_HU
    unreadable = []
    for count, (index, item) in enumerate(
        zip(stacked.indices.tolist(), stacked.slices, strict=True), 1
    ):
        try:
            item.read_hounsfield(out=hu[index])
        except Exception as error:
            # pydicom's decoders raise many types; each means that there are no pixels.
            hu[index] = AIR_HU
            unreadable.append((item, f"{item.file.name} at {item.place}: {error}"))
        progress(count / len(stacked.slices), "Reading CT")
    if len(unreadable) == len(stacked.slices):
        raise CtError(f"no slice of the CT has readable pixels: {unreadable[0][1]}")
    if unreadable:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-pixels-unreadable",
                f"The pixels of {len(unreadable)} slices cannot be read and are left as air: "
                + some([text for _, text in unreadable], "; "),
                unreadable[0][0].center_ras_mm,
            )
        )
    bare = [s.file.name for s in stacked.slices if s.header.get("RescaleIntercept") is None]
    if bare:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-rescale-missing",
                f"{len(bare)} slices have no RescaleIntercept; their stored values are taken for "
                "Hounsfield units: " + some(bare),
            )
        )
    return hu
