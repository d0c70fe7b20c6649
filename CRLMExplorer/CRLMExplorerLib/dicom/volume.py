"""A CT series read from its files into one volume of Hounsfield units on a regular grid.

It knows slices and their positions; it knows no database, segments or scene.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.progress import Progress, silent

AIR_HU = -1024
_POSITION_TOLERANCE = 0.02
_TILT_TOLERANCE_MM = 0.5
_GEOMETRY_TAGS = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


class CtError(CRLMExplorerError):
    """A CT series cannot be read as a volume."""


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


@dataclass(frozen=True, eq=False)
class _Slice:
    """A slice on its way into the volume; position and axes are LPS in mm."""

    file: Path
    header: Dataset
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int, float, float]:
        row_mm, column_mm = (float(x) for x in self.header.PixelSpacing)
        return self.header.Rows, self.header.Columns, row_mm, column_mm

    @property
    def instance(self) -> int:
        return int(self.header.get("InstanceNumber") or 0)


def read_ct(files: Sequence[Path], progress: Progress = silent) -> CtVolume:
    """Read a CT series.

    Slices are sorted by their position along the slice normal and the spacing comes from these
    positions, whatever SliceThickness says. What is irregular becomes a finding: a missing slice
    is left as air, a duplicate or a slice of another orientation is left out, uneven gaps are
    given their mean.

    Parameters
    ----------
    files
        The files of one series, in any order.
    progress
        Told after each file; may cancel.

    Raises
    ------
    CtError
        If no two slices make a volume.
    """
    findings: list[Finding] = []
    slices = _read_slices(files, findings, progress)
    slices = _of_one_orientation(slices, findings)
    normal = np.cross(slices[0].orientation[:3], slices[0].orientation[3:])
    slices.sort(key=lambda s: (float(s.position @ normal), s.instance))
    slices = _without_duplicates(slices, normal, findings)
    if len(slices) < 2:
        raise CtError(
            f"series {slices[0].header.SeriesInstanceUID} has one slice only "
            f"({slices[0].file}); a volume needs two or more"
        )
    indices, step = _places(slices, normal, findings)
    first = slices[0]
    rows, columns, row_mm, column_mm = first.shape
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, 0] = first.orientation[:3] * column_mm
    ijk_to_lps[:3, 1] = first.orientation[3:] * row_mm
    ijk_to_lps[:3, 2] = step
    ijk_to_lps[:3, 3] = first.position
    count = int(indices[-1]) + 1
    grid = Grid((count, rows, columns), lps_to_ras(ijk_to_lps))

    hu = (
        np.full(grid.shape_kji, AIR_HU, dtype=np.int16)
        if count > len(slices)
        else np.empty(grid.shape_kji, dtype=np.int16)
    )
    offsets = np.full(count, np.nan)
    uids: list[str | None] = [None] * count
    for index, item in zip(indices.tolist(), slices, strict=True):
        hu[index] = _hounsfield(item)
        offsets[index] = float((item.position - first.position) @ normal)
        uids[index] = str(item.header.SOPInstanceUID)
        del item.header.PixelData
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
        frame_of_reference_uid=str(first.header.get("FrameOfReferenceUID", "")),
        description=str(first.header.get("SeriesDescription", "")),
        patient_position=position,
        hu=hu,
        grid=grid,
        slice_offsets_mm=offsets,
        sop_instance_uids=tuple(uids),
        findings=tuple(findings),
    )


def _read_slices(
    files: Sequence[Path], findings: list[Finding], progress: Progress
) -> list[_Slice]:
    slices, refused = [], []
    for count, file in enumerate(files, 1):
        try:
            slices.append(_read_slice(file))
        except (OSError, InvalidDicomError, CtError) as error:
            refused.append(str(error) if isinstance(error, CtError) else f"{file}: {error}")
        progress(count / len(files), "Reading CT")
    if not slices:
        raise CtError(
            "no slice of the CT could be read: " + (refused[0] if refused else "no files given")
        )
    if refused:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-file-unreadable",
                f"{len(refused)} of {len(files)} CT files could not be read: "
                + _some(refused, "; "),
            )
        )
    return slices


def _read_slice(file: Path) -> _Slice:
    header = dcmread(file)
    for tag in (*_GEOMETRY_TAGS, "Rows", "Columns", "PixelData"):
        if header.get(tag) is None:
            raise CtError(f"{file}: no {tag}")
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise CtError(f"{file}: {header.NumberOfFrames} frames in a file, expected one slice")
    transfer = getattr(header.file_meta, "TransferSyntaxUID", None)
    if transfer is not None and not transfer.is_compressed:
        expected = header.Rows * header.Columns * header.BitsAllocated // 8
        if len(header.PixelData) < expected:
            raise CtError(
                f"{file}: PixelData is cut short, {len(header.PixelData)} of {expected} bytes"
            )
    orientation = np.array(header.ImageOrientationPatient, dtype=float)
    return _Slice(file, header, np.array(header.ImagePositionPatient, dtype=float), orientation)


def _of_one_orientation(slices: list[_Slice], findings: list[Finding]) -> list[_Slice]:
    def kind(s: _Slice) -> tuple:
        return (*np.round(s.orientation, 3).tolist(), *np.round(s.shape, 4).tolist())

    common, _ = Counter(kind(s) for s in slices).most_common(1)[0]
    kept = [s for s in slices if kind(s) == common]
    if len(kept) < len(slices):
        others = [s.file.name for s in slices if kind(s) != common]
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-orientation-mixed",
                f"{len(others)} slices have another orientation, size or pixel spacing than the "
                f"{len(kept)} others and are left out: " + _some(others),
            )
        )
    return kept


def _without_duplicates(
    slices: list[_Slice], normal: NDArray, findings: list[Finding]
) -> list[_Slice]:
    kept: list[_Slice] = slices[:1]
    doubled: list[str] = []
    gaps = np.diff([s.position @ normal for s in slices])
    typical = float(np.median(gaps[gaps > 1e-3])) if (gaps > 1e-3).any() else 1.0
    for item in slices[1:]:
        if float((item.position - kept[-1].position) @ normal) < _POSITION_TOLERANCE * typical:
            doubled.append(f"{item.file.name} at {_place(item, normal)}")
        else:
            kept.append(item)
    if doubled:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-slices-duplicated",
                f"{len(doubled)} slices lie where another one lies and are left out: "
                + _some(doubled),
            )
        )
    return kept


def _places(
    slices: list[_Slice], normal: NDArray, findings: list[Finding]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index of each slice on the regular grid, and the step from slice to slice (LPS, mm)."""
    along = np.array([s.position @ normal for s in slices])
    gaps = np.diff(along)
    typical = float(np.median(gaps))
    steps = np.rint(gaps / typical).astype(np.int64)
    off_grid = np.abs(gaps / typical - steps) > _POSITION_TOLERANCE
    if off_grid.any() or (steps < 1).any():
        worst = int(np.argmax(np.abs(gaps - typical)))
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-spacing-uneven",
                f"{int(off_grid.sum())} gaps between slices differ from the usual "
                f"{typical:.3f} mm, most between {_place(slices[worst], normal)} and "
                f"{_place(slices[worst + 1], normal)} ({gaps[worst]:.3f} mm); distances along the "
                f"slices and volumes use the mean, {gaps.mean():.3f} mm.",
            )
        )
        steps = np.ones_like(steps)
    indices = np.concatenate([[0], np.cumsum(steps)])
    missing = [
        f"{n - 1} after {_place(slices[i], normal)}" for i, n in enumerate(steps.tolist()) if n > 1
    ]
    if missing:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-slices-missing",
                f"{int(indices[-1]) + 1 - len(slices)} slices are missing and left as air: "
                + _some(missing),
            )
        )
    step = (slices[-1].position - slices[0].position) / indices[-1]
    sideways = step - (step @ normal) * normal
    if np.linalg.norm(sideways) * indices[-1] > _TILT_TOLERANCE_MM:
        angle = np.degrees(np.arctan2(np.linalg.norm(sideways), step @ normal))
        findings.append(
            Finding(
                Severity.NOTE,
                "ct-tilted",
                f"The slices are stacked at {angle:.1f}° to their normal (gantry tilt); "
                "positions and volumes take it into account.",
            )
        )
    else:
        step = (step @ normal) * normal
    return indices, step


def _hounsfield(item: _Slice) -> NDArray[np.int16]:
    header = item.header
    slope = float(header.get("RescaleSlope", 1) or 1)
    intercept = float(header.get("RescaleIntercept", 0) or 0)
    pixels = header.pixel_array
    if slope == 1 and intercept == int(intercept):
        shifted = pixels.astype(np.int32) + int(intercept)
    else:
        shifted = np.rint(pixels * slope + intercept)
    limits = np.iinfo(np.int16)
    return np.clip(shifted, limits.min, limits.max).astype(np.int16)


def _place(item: _Slice, normal: NDArray) -> str:
    axis = int(np.argmax(np.abs(normal)))
    return f"{'LPS'[axis]} {item.position[axis]:.2f} mm"


def _some(texts: list[str], separator: str = ", ", most: int = 5) -> str:
    more = len(texts) - most
    return separator.join(texts[:most]) + (f" and {more} more" if more > 0 else "")
