"""The frames of a DSO as the file stores them: which segment each shows, where, and its pixels.

It knows functional groups and pixel encodings; it knows no CT and no roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.utils import iter_pixels

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.geometry import lps_to_ras
from CRLMExplorerLib.progress import Progress


class DsoError(CRLMExplorerError):
    """A DICOM segmentation object cannot be read."""


@dataclass(frozen=True, eq=False)
class Patch:
    """The pixels of one segment in one frame, cropped to where there are any.

    Attributes
    ----------
    ijk_to_ras
        Array of shape (4, 4): column and row in the patch, and frames along the normal, to RAS
        in mm.
    step_is_stated
        Whether the DSO states the distance between frames along the normal; else it is a guess.
    inside
        Boolean array (rows, columns).
    """

    ijk_to_ras: NDArray[np.float64]
    step_is_stated: bool
    inside: NDArray[np.bool_]


def read_patches(dso: Dataset, progress: Progress) -> dict[int, list[Patch]]:
    """Read what each segment has in the frames, by SegmentNumber; frames without it are left out.

    A pixel of a fractional DSO counts as inside from half the maximum on.

    Raises
    ------
    DsoError
        If frames have no position, or name no segment.
    Exception
        Of many types, if the file is damaged.
    """
    affines, step_is_stated = _frames_to_ras(dso)
    patches: dict[int, list[Patch]] = defaultdict(list)
    for number, index, inside in _masks(dso):
        rows, columns = inside.any(axis=1).nonzero()[0], inside.any(axis=0).nonzero()[0]
        if rows.size:
            j, i = int(rows[0]), int(columns[0])
            cropped = inside[j : rows[-1] + 1, i : columns[-1] + 1].copy()
            affine = affines[index].copy()
            affine[:3, 3] = (affine @ [i, j, 0, 1])[:3]
            patches[number].append(Patch(affine, step_is_stated, cropped))
        progress((index + 1) / len(affines), "Reading segments")
    return patches


def _masks(dso: Dataset) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """SegmentNumber, index of the frame, and the frame's pixels of that segment."""
    frames = enumerate(_frames(dso))
    if dso.SegmentationType == "LABELMAP":
        known = {int(item.SegmentNumber) for item in dso.SegmentSequence}
        for index, frame in frames:
            for number in known.intersection(np.flatnonzero(np.bincount(frame.ravel())).tolist()):
                yield number, index, frame == number
        return
    numbers = _segment_numbers(dso)
    maximum = int(dso.MaximumFractionalValue) if dso.SegmentationType == "FRACTIONAL" else 1
    half = (maximum + 1) // 2
    for index, frame in frames:
        yield numbers[index], index, frame >= half


def _frames(dso: Dataset) -> Iterator[NDArray]:
    if dso.BitsAllocated > 1 or dso.file_meta.TransferSyntaxUID.is_encapsulated:
        yield from iter_pixels(dso, raw=True)
        return
    # Frames follow one another bit by bit: pydicom's iterator wants them to end with a byte.
    pixels = dso.Rows * dso.Columns
    packed = np.frombuffer(dso.PixelData, dtype=np.uint8)
    if packed.size * 8 < pixels * dso.NumberOfFrames:
        needed = -(-pixels * dso.NumberOfFrames // 8)
        raise DsoError(f"PixelData is cut short: {packed.size} of {needed} bytes")
    for first in range(0, pixels * dso.NumberOfFrames, pixels):
        bits = np.unpackbits(packed[first // 8 : -(-(first + pixels) // 8)], bitorder="little")
        yield bits[first % 8 : first % 8 + pixels].reshape(dso.Rows, dso.Columns)


def _segment_numbers(dso: Dataset) -> list[int]:
    shared = dso.SharedFunctionalGroupsSequence[0]
    return [
        int(
            _group(
                groups, shared, "SegmentIdentificationSequence", "they name no segment"
            ).ReferencedSegmentNumber
        )
        for groups in dso.PerFrameFunctionalGroupsSequence
    ]


def _frames_to_ras(dso: Dataset) -> tuple[NDArray[np.float64], bool]:
    """Array of shape (frames, 4, 4): column, row, frame along the normal to RAS in mm; and whether
    the DSO states how far apart frames are."""
    shared = dso.SharedFunctionalGroupsSequence[0]
    affines = []
    for groups in dso.PerFrameFunctionalGroupsSequence:
        place = "they have no place in the patient"
        measures = _group(groups, shared, "PixelMeasuresSequence", place)
        orientation = _group(groups, shared, "PlaneOrientationSequence", place)
        position = _group(groups, shared, "PlanePositionSequence", place)
        row_mm, column_mm = measures.PixelSpacing
        axes = np.array(orientation.ImageOrientationPatient, dtype=float)
        affine = np.eye(4)
        affine[:3, 0] = axes[:3] * column_mm
        affine[:3, 1] = axes[3:] * row_mm
        affine[:3, 3] = position.ImagePositionPatient
        affines.append(affine)
    to_lps = np.array(affines)
    normals = np.cross(to_lps[:, :3, 0], to_lps[:, :3, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    gaps_mm = np.diff(np.sort(to_lps[:, :3, 3] @ normals[0]))
    gaps_mm = gaps_mm[gaps_mm > 1e-3]
    stated_mm = abs(float(measures.get("SpacingBetweenSlices") or 0))
    if stated_mm:
        step_mm = min([stated_mm, *gaps_mm.tolist()])
    else:
        step_mm = gaps_mm.min() if gaps_mm.size else float(measures.get("SliceThickness") or 1)
    to_lps[:, :3, 2] = normals * step_mm
    return lps_to_ras(to_lps), stated_mm > 0


def _group(groups: Dataset, shared: Dataset, name: str, without: str) -> Dataset:
    sequence = groups.get(name) or shared.get(name)
    if not sequence:
        raise DsoError(f"the frames have no {name}: {without}")
    return sequence[0]
