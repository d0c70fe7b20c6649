"""The slices of a CT series: read from their files and sorted out into one regular stack.

It knows where slices lie and what is irregular about that; it knows no volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, PointRAS, Severity
from CRLMExplorerLib.geometry import lps_to_ras
from CRLMExplorerLib.progress import Progress

OFF_SLICE_TOLERANCE_MM = 0.1
"""How far a slice may lie from where a regular series would have it."""

_SAME_PLACE = 0.02
_TILT_TOLERANCE_MM = 0.5
_DEFERRED_BYTES = 16384
_REQUIRED = (
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
)
_OPTIONAL = (
    "FrameOfReferenceUID",
    "InstanceNumber",
    "PatientPosition",
    "RescaleIntercept",
    "RescaleSlope",
    "SeriesDescription",
)

Vector = NDArray[np.float64]


class CtError(CRLMExplorerError):
    """A CT series cannot be read as a volume."""


@dataclass(frozen=True, eq=False)
class CtSlice:
    """One slice; its pixels stay in the file until they are asked for.

    Attributes
    ----------
    file, header
        Where it was read, and its tags.
    position
        Centre of its first pixel, LPS in mm.
    row_axis, column_axis
        Unit vectors along a row and down a column, LPS.
    row_mm, column_mm
        Distance between rows and between columns.
    rows, columns
        Number of rows and columns.
    instance_number
        InstanceNumber; 0 where there is none.
    """

    file: Path
    header: Dataset
    position: Vector
    row_axis: Vector
    column_axis: Vector
    row_mm: float
    column_mm: float
    rows: int
    columns: int
    instance_number: int

    @property
    def normal(self) -> Vector:
        """Unit vector along which slices are stacked, LPS."""
        return np.cross(self.row_axis, self.column_axis)

    @property
    def kind(self) -> Vector:
        """What slices of one stack have in common: axes, pixel spacing and size."""
        size = (self.row_mm, self.column_mm, self.rows, self.columns)
        return np.concatenate([self.row_axis, self.column_axis, size])

    @property
    def place(self) -> str:
        """Where it lies, for a reader: the position along the patient's nearest axis."""
        axis = int(np.argmax(np.abs(self.normal)))
        return f"{'LPS'[axis]} {self.position[axis]:.2f} mm"

    @property
    def center_ras_mm(self) -> PointRAS:
        """Its middle."""
        across = self.row_axis * self.column_mm * (self.columns - 1) / 2
        down = self.column_axis * self.row_mm * (self.rows - 1) / 2
        r, a, s, _ = (lps_to_ras(np.eye(4)) @ [*(self.position + across + down), 1.0]).tolist()
        return r, a, s

    def read_hounsfield(self, out: NDArray[np.int16]) -> None:
        """Write its pixels in HU, clipped to int16, into an array of shape (rows, columns).

        Raises
        ------
        Exception
            Of many types, if the pixels are cut short or cannot be decoded.
        """
        slope = float(self.header.get("RescaleSlope") or 1)
        intercept = float(self.header.get("RescaleIntercept") or 0)
        stored = pixel_array(self.header, raw=True, view_only=True)
        if slope == 1 and intercept.is_integer():
            rescaled = stored.astype(np.int32)
            rescaled += int(intercept)
        else:
            rescaled = np.rint(stored * slope + intercept)
        limits = np.iinfo(np.int16)
        np.clip(rescaled, limits.min, limits.max, out=out, casting="unsafe")
        # Reading the pixels has put them into the header; one volume in memory is enough.
        del self.header.PixelData


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in order on a regular grid.

    Attributes
    ----------
    slices
        Sorted along the normal, no two at one place.
    indices
        Array of shape (slices,): the index of each on the grid; the first has 0.
    step
        From one index to the next, LPS in mm.
    """

    slices: Sequence[CtSlice]
    indices: NDArray[np.int64]
    step: Vector


def read_slices(
    files: Sequence[Path], findings: list[Finding], progress: Progress
) -> list[CtSlice]:
    """Read what the files say of their slices; those that are no CT slice become a finding.

    Raises
    ------
    CtError
        If none is a slice.
    """
    slices: list[CtSlice] = []
    refused: list[str] = []
    for count, file in enumerate(files, 1):
        try:
            slices.append(_read_slice(file))
        except CtError as error:
            refused.append(str(error))
        except Exception as error:
            # pydicom raises many types for a damaged file; each means the same here.
            refused.append(f"{file}: {error}")
        progress(count / len(files), "Reading CT headers")
    if not slices:
        raise CtError(
            "no slice of the CT could be read: " + (some(refused, "; ") or "no files given")
        )
    if refused:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-file-unreadable",
                f"{len(refused)} of {len(files)} CT files could not be read: "
                + some(refused, "; "),
            )
        )
    return slices


def stack(slices: list[CtSlice], findings: list[Finding]) -> Stack:
    """Sort slices along their normal and find each one's index on a regular grid.

    A slice of another orientation or a duplicate is left out, a gap of several steps leaves
    indices free, uneven gaps get their mean; each becomes a finding.

    Raises
    ------
    CtError
        If fewer than two slices are left.
    """
    slices = _of_one_kind(slices, findings)
    normal = slices[0].normal
    slices.sort(key=lambda s: (float(s.position @ normal), s.instance_number))
    slices = _without_duplicates(slices, findings)
    if len(slices) < 2:
        raise CtError(
            f"series {slices[0].header.SeriesInstanceUID} has one slice only "
            f"({slices[0].file}); a volume needs two or more"
        )
    positions = np.array([s.position for s in slices])
    along = positions @ normal
    steps = _steps(np.diff(along))
    _find_missing(slices, steps, findings)
    indices = np.concatenate([[0], np.cumsum(steps)])
    step = (positions[-1] - positions[0]) / indices[-1]
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
        step = step - sideways
    off = positions - positions[0] - indices[:, None] * step
    _find_uneven(slices, off @ normal, along, findings)
    _find_shifted(slices, np.linalg.norm(off - np.outer(off @ normal, normal), axis=1), findings)
    return Stack(slices, indices, step)


def some(texts: list[str], separator: str = ", ", most: int = 5) -> str:
    """The first few of many texts, and how many more there are."""
    more = len(texts) - most
    return separator.join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def _read_slice(file: Path) -> CtSlice:
    header = dcmread(file, defer_size=_DEFERRED_BYTES)
    if header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        # pydicom finds deferred values by their place in the file, which deflating moves.
        header = dcmread(file)
    frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise CtError(f"{file}: {frames} frames in a file, expected one slice")
    # pydicom decodes a value when it is first asked for: what is damaged must show here.
    values = {tag: header.get(tag) for tag in (*_REQUIRED, *_OPTIONAL)}
    for tag in _REQUIRED:
        if values[tag] in (None, ""):
            raise CtError(f"{file}: no {tag}")
    if int(header.get("SamplesPerPixel") or 1) != 1:
        raise CtError(f"{file}: {header.SamplesPerPixel} samples a pixel, expected 1")
    position = np.array(header.ImagePositionPatient, dtype=float).reshape(3)
    axes = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
    row_mm, column_mm = (float(mm) for mm in header.PixelSpacing)
    if not np.isfinite(position).all() or not np.allclose(axes @ axes.T, np.eye(2), atol=1e-3):
        raise CtError(
            f"{file}: ImageOrientationPatient {header.ImageOrientationPatient} or "
            f"ImagePositionPatient {header.ImagePositionPatient} is impossible, expected two "
            "perpendicular unit vectors and a point"
        )
    rows, columns = int(header.Rows), int(header.Columns)
    if not min(row_mm, column_mm, rows, columns) > 0:
        raise CtError(
            f"{file}: {rows} rows and {columns} columns with PixelSpacing {header.PixelSpacing}, "
            "expected numbers above 0"
        )
    return CtSlice(
        file=file,
        header=header,
        position=position,
        row_axis=axes[0],
        column_axis=axes[1],
        row_mm=row_mm,
        column_mm=column_mm,
        rows=rows,
        columns=columns,
        instance_number=int(values["InstanceNumber"] or 0),
    )


def _of_one_kind(slices: list[CtSlice], findings: list[Finding]) -> list[CtSlice]:
    """The slices that most others agree with."""
    kinds = np.array([s.kind for s in slices])
    alike = np.array([(np.abs(kinds - kind) < 1e-3).all(axis=1) for kind in kinds])
    common = alike[int(np.argmax(alike.sum(axis=1)))]
    kept = [s for s, is_common in zip(slices, common, strict=True) if is_common]
    others = [s.file.name for s, is_common in zip(slices, common, strict=True) if not is_common]
    if others:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-orientation-mixed",
                f"{len(others)} slices have another orientation, size or pixel spacing than the "
                f"{len(kept)} others and are left out: " + some(others),
            )
        )
    return kept


def _without_duplicates(slices: list[CtSlice], findings: list[Finding]) -> list[CtSlice]:
    along = np.array([s.position for s in slices]) @ slices[0].normal
    gaps = np.diff(along)
    real_gaps = gaps[gaps > 1e-3]
    same_place = _SAME_PLACE * float(np.median(real_gaps)) if real_gaps.size else 1e-3
    first_at_its_place = np.concatenate([[True], gaps > same_place])
    doubled = [s for s, first in zip(slices, first_at_its_place, strict=True) if not first]
    if doubled:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-slices-duplicated",
                f"{len(doubled)} slices lie where another one lies and are left out: "
                + some([f"{s.file.name} at {s.place}" for s in doubled]),
                doubled[0].center_ras_mm,
            )
        )
    return [s for s, first in zip(slices, first_at_its_place, strict=True) if first]


def _steps(gaps_mm: Vector) -> NDArray[np.int64]:
    """How many steps of a regular grid each gap is."""
    usual = float(np.quantile(gaps_mm, 0.5, method="lower"))
    steps = np.maximum(1, np.rint(gaps_mm / usual)).astype(np.int64)
    # Where more slices would be missing than are there, the gaps are not multiples of anything.
    return steps if steps.sum() <= 2 * len(steps) + 2 else np.ones_like(steps)


def _find_missing(slices: list[CtSlice], steps: NDArray[np.int64], findings: list[Finding]) -> None:
    before = [(n - 1, slices[i]) for i, n in enumerate(steps.tolist()) if n > 1]
    if before:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-slices-missing",
                f"{sum(n for n, _ in before)} slices are missing and left as air: "
                + some([f"{n} after {s.place}" for n, s in before]),
                before[0][1].center_ras_mm,
            )
        )


def _find_uneven(
    slices: list[CtSlice], off_mm: Vector, along_mm: Vector, findings: list[Finding]
) -> None:
    if np.abs(off_mm).max() <= OFF_SLICE_TOLERANCE_MM:
        return
    jumps = np.abs(np.diff(off_mm))
    worst = int(np.argmax(jumps))
    gap = along_mm[worst + 1] - along_mm[worst]
    findings.append(
        Finding(
            Severity.WARNING,
            "ct-spacing-uneven",
            f"The gaps between slices are uneven, most between {slices[worst].place} and "
            f"{slices[worst + 1].place} ({gap:.3f} mm); the slices are shown evenly spaced, up to "
            f"{np.abs(off_mm).max():.2f} mm from their place, and volumes use the mean gap.",
            slices[worst].center_ras_mm,
        )
    )


def _find_shifted(slices: list[CtSlice], off_mm: Vector, findings: list[Finding]) -> None:
    shifted = [s for s, off in zip(slices, off_mm.tolist(), strict=True) if off > 0.5]
    if shifted:
        findings.append(
            Finding(
                Severity.WARNING,
                "ct-slices-shifted",
                f"{len(shifted)} slices lie up to {off_mm.max():.1f} mm beside the line of the "
                "others and are shown on it: " + some([s.place for s in shifted]),
                shifted[0].center_ras_mm,
            )
        )
