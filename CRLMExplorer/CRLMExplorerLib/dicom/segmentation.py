"""A DICOM segmentation object (DSO) read onto the grid of its CT, one mask a segment.

It knows frames, codes and positions; it knows no database or scene.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from highdicom.color import CIELabColor
from highdicom.seg import Segmentation, SegmentationTypeValues, segread
from numpy.typing import NDArray
from pydicom import Dataset
from scipy import ndimage

from CRLMExplorerLib.anatomy import Coded, Role, role_of
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask, lps_to_ras
from CRLMExplorerLib.progress import Progress, silent

_OFF_GRID_TOLERANCE = 0.05
_OFF_SLICE_TOLERANCE_MM = 0.1


class DsoError(CRLMExplorerError):
    """A DICOM segmentation object cannot be read."""


@dataclass(frozen=True, eq=False)
class Segment:
    """One segment of a DSO on the CT's grid.

    Attributes
    ----------
    number, label, description
        SegmentNumber, SegmentLabel, SegmentDescription.
    role
        What the segment is to the reader.
    mask
        Its voxels on the CT's grid; empty where the segment is.
    color
        Recommended display colour (red, green, blue), 0 to 255.
    category, property_type, modifier, region, region_modifier
        Codes of what was segmented and where; None where the DSO has none.
    algorithm_type, algorithm_name
        SegmentAlgorithmType (MANUAL, SEMIAUTOMATIC, AUTOMATIC) and SegmentAlgorithmName.
    tracking_id, tracking_uid
        TrackingID and TrackingUID, empty where the DSO has none.
    """

    number: int
    label: str
    description: str
    role: Role
    mask: Mask
    color: tuple[int, int, int]
    category: Coded | None
    property_type: Coded | None
    modifier: Coded | None
    region: Coded | None
    region_modifier: Coded | None
    algorithm_type: str
    algorithm_name: str
    tracking_id: str
    tracking_uid: str


@dataclass(frozen=True, eq=False)
class Dso:
    """A DSO read onto its CT.

    Attributes
    ----------
    series_uid, sop_instance_uid, description
        SeriesInstanceUID, SOPInstanceUID and SeriesDescription.
    segments
        In the order of SegmentNumber, empty ones included.
    findings
        What is irregular about how it fits the CT.
    """

    series_uid: str
    sop_instance_uid: str
    description: str
    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...]


def read_dso(file: Path, ct: CtVolume, progress: Progress = silent) -> Dso:
    """Read a DSO onto the grid of its CT.

    Frames are placed by their position, so a DSO that leaves out empty frames or covers part of
    the CT lands where it belongs. Frames of another grid are resampled (nearest neighbour) with a
    finding.

    Raises
    ------
    DsoError
        If the file is not a readable DICOM segmentation.
    """
    try:
        seg = segread(file)
    except Exception as error:
        # highdicom and pydicom raise many types for a broken file; each means the same here.
        raise DsoError(f"{file} is not a readable DICOM segmentation: {error}") from error
    findings: list[Finding] = []
    if ct.frame_of_reference_uid != str(seg.get("FrameOfReferenceUID", "")):
        findings.append(
            Finding(
                Severity.WARNING,
                "dso-frame-of-reference-differs",
                "The DSO's frame of reference "
                f"({seg.get('FrameOfReferenceUID', 'none')}) is not the CT's "
                f"({ct.frame_of_reference_uid}); segments are shown where their positions say.",
            )
        )
    frames = _Frames(seg, ct)
    masks: dict[int, Mask] = {}
    items = list(seg.SegmentSequence)
    for count, item in enumerate(items, 1):
        number = int(item.SegmentNumber)
        masks[number] = frames.mask_of(number)
        progress(count / len(items), "Reading segments")
    findings += frames.findings()
    segments = tuple(
        _segment(item, masks[int(item.SegmentNumber)])
        for item in sorted(items, key=lambda item: int(item.SegmentNumber))
        if not _is_background(seg, item)
    )
    return Dso(
        series_uid=str(seg.SeriesInstanceUID),
        sop_instance_uid=str(seg.SOPInstanceUID),
        description=str(seg.get("SeriesDescription", "")),
        segments=segments,
        findings=tuple(findings),
    )


class _Frames:
    """The frames of a DSO: which segment each holds and where on the CT's grid it lies."""

    def __init__(self, seg: Segmentation, ct: CtVolume) -> None:
        self._seg = seg
        self._ct = ct
        self._labelmap = seg.segmentation_type == SegmentationTypeValues.LABELMAP
        self._fractional = seg.segmentation_type == SegmentationTypeValues.FRACTIONAL
        self._outside: set[int] = set()
        self._resampled = False
        self._placed_slices: set[int] = set()
        self._by_segment: dict[int, list[tuple[int, NDArray[np.float64]]]] = defaultdict(list)
        self._offsets = ct.slice_offsets_mm
        shared = seg.SharedFunctionalGroupsSequence[0]
        per_frame = seg.PerFrameFunctionalGroupsSequence
        numbers = [int(item.SegmentNumber) for item in seg.SegmentSequence]
        for index, groups in enumerate(per_frame):
            affine = _frame_to_ras(groups, shared)
            if self._labelmap:
                for number in numbers:
                    self._by_segment[number].append((index, affine))
            else:
                identification = groups.get("SegmentIdentificationSequence") or shared.get(
                    "SegmentIdentificationSequence"
                )
                number = int(identification[0].ReferencedSegmentNumber)
                self._by_segment[number].append((index, affine))

    def mask_of(self, number: int) -> Mask:
        """The voxels of a segment on the CT's grid."""
        frames = self._by_segment.get(number, [])
        places = [self._place(affine) for _, affine in frames]
        if any(place is None for place in places):
            return self._resampled_mask(number)
        grid = self._ct.grid
        found: list[tuple[int, int, int, NDArray[np.bool_]]] = []
        for (index, _), place in zip(frames, places, strict=True):
            assert place is not None
            k, j, i = place
            inside = self._pixels(index, number)
            if not inside.any():
                continue
            if not self._fits(k, j, i, inside.shape):
                self._outside.add(index)
                continue
            self._placed_slices.add(k)
            found.append((k, j, i, inside))
        if not found:
            return Mask.empty(grid)
        boxes = [_occupied(inside) for *_, inside in found]
        low = [
            min(f[0] for f in found),
            min(f[1] + b[0].start for f, b in zip(found, boxes, strict=True)),
            min(f[2] + b[1].start for f, b in zip(found, boxes, strict=True)),
        ]
        high = [
            max(f[0] for f in found) + 1,
            max(f[1] + b[0].stop for f, b in zip(found, boxes, strict=True)),
            max(f[2] + b[1].stop for f, b in zip(found, boxes, strict=True)),
        ]
        voxels = np.zeros(np.subtract(high, low), dtype=bool)
        for (k, j, i, inside), (rows, columns) in zip(found, boxes, strict=True):
            voxels[
                k - low[0],
                j + rows.start - low[1] : j + rows.stop - low[1],
                i + columns.start - low[2] : i + columns.stop - low[2],
            ] |= inside[rows, columns]
        return Mask(grid, (low[0], low[1], low[2]), voxels)

    def findings(self) -> list[Finding]:
        """What the placing of all frames has shown."""
        found = []
        slices = self._ct.grid.shape_kji[0]
        if self._fractional:
            found.append(
                Finding(
                    Severity.NOTE,
                    "dso-fractional",
                    "The DSO is fractional; voxels of at least half the maximum count as inside.",
                )
            )
        if self._resampled:
            found.append(
                Finding(
                    Severity.WARNING,
                    "dso-resampled",
                    "The DSO's grid is not the CT's; its segments were resampled onto the CT "
                    "(nearest neighbour), so volumes differ slightly from the stored ones.",
                )
            )
        if self._outside:
            found.append(
                Finding(
                    Severity.ALARM,
                    "dso-outside-ct",
                    f"{len(self._outside)} of {int(self._seg.NumberOfFrames)} frames of the DSO "
                    "lie outside the CT and are not shown.",
                )
            )
        placed = self._placed_slices
        if placed and (min(placed) > 0 or max(placed) < slices - 1):
            found.append(
                Finding(
                    Severity.NOTE,
                    "dso-partial-coverage",
                    f"The DSO covers slices {min(placed) + 1} to {max(placed) + 1} of the CT's "
                    f"{slices}.",
                )
            )
        return found

    def _place(self, affine: NDArray[np.float64]) -> tuple[int, int, int] | None:
        """Where a frame's first pixel lies on the CT's grid; None if the grids do not match."""
        grid = self._ct.grid
        if np.abs(affine[:3, :2] - grid.ijk_to_ras[:3, :2]).max() * max(grid.shape_kji[1:]) > (
            _OFF_GRID_TOLERANCE * grid.spacing_mm[0] * 2
        ):
            return None
        k, j, i = grid.kji_of(affine[:3, 3].tolist()).tolist()
        normal = np.cross(grid.ijk_to_ras[:3, 0], grid.ijk_to_ras[:3, 1])
        normal /= np.linalg.norm(normal)
        offset = float((affine[:3, 3] - grid.ijk_to_ras[:3, 3]) @ normal)
        distances = np.abs(self._offsets - offset)
        if np.isfinite(distances).any() and np.nanmin(distances) <= _OFF_SLICE_TOLERANCE_MM:
            k = float(np.nanargmin(distances))
        off = max(abs(value - round(value)) for value in (k, j, i))
        if off > _OFF_GRID_TOLERANCE:
            return None
        return round(k), round(j), round(i)

    def _pixels(self, index: int, number: int) -> NDArray[np.bool_]:
        stored = self._seg.get_stored_frame(index, as_index=True)
        if self._labelmap:
            return stored == number
        if self._fractional:
            return stored >= self._seg.MaximumFractionalValue / 2
        return stored.view(bool)

    def _fits(self, k: int, j: int, i: int, shape: tuple[int, ...]) -> bool:
        slices, rows, columns = self._ct.grid.shape_kji
        inside = min(k, j, i) >= 0 and k < slices
        return inside and j + shape[0] <= rows and i + shape[1] <= columns

    def _thickness(self) -> float:
        measures = (
            self._seg.SharedFunctionalGroupsSequence[0].get("PixelMeasuresSequence")
            or self._seg.PerFrameFunctionalGroupsSequence[0].PixelMeasuresSequence
        )[0]
        return float(measures.get("SpacingBetweenSlices") or measures.get("SliceThickness") or 1.0)

    def _resampled_mask(self, number: int) -> Mask:
        frames = self._by_segment[number]
        origin = frames[0][1]
        normal = np.cross(origin[:3, 0], origin[:3, 1])
        normal /= np.linalg.norm(normal)
        along = np.array([affine[:3, 3] @ normal for _, affine in frames])
        order = np.argsort(along)
        gaps = np.diff(along[order])
        spacing = float(np.min(gaps[gaps > 1e-3])) if (gaps > 1e-3).any() else self._thickness()
        first = frames[int(order[0])][1]
        source_to_ras = first.copy()
        source_to_ras[:3, 2] = normal * spacing
        count = round(float(along.max() - along.min()) / spacing) + 1
        source = np.zeros((count, self._seg.Rows, self._seg.Columns), dtype=np.uint8)
        for index, affine in frames:
            k = round(float(affine[:3, 3] @ normal - along.min()) / spacing)
            source[k] |= self._pixels(index, number)
        self._resampled = True
        grid = self._ct.grid
        grid_to_source = np.linalg.inv(source_to_ras) @ grid.ijk_to_ras
        flip = np.eye(4)[[2, 1, 0, 3]]
        matrix = flip @ grid_to_source @ flip
        placed = ndimage.affine_transform(
            source, matrix, output_shape=grid.shape_kji, order=0, mode="grid-constant"
        )
        mask = Mask.from_array(grid, placed)
        if source.any() and mask.is_empty:
            self._outside.update(index for index, _ in frames)
        elif not mask.is_empty:
            self._placed_slices.update(
                range(mask.start_kji[0], mask.start_kji[0] + mask.voxels.shape[0])
            )
        return mask


def _frame_to_ras(groups: Dataset, shared: Dataset) -> NDArray[np.float64]:
    """Column, row and (unset) slice axes and position of a frame: pixel index to RAS in mm."""

    def of(name: str) -> Dataset:
        sequence = groups.get(name) or shared.get(name)
        if not sequence:
            raise DsoError(f"the DSO has no {name}: its frames have no position in the patient")
        return sequence[0]

    row_mm, column_mm = (float(x) for x in of("PixelMeasuresSequence").PixelSpacing)
    axes = np.array(of("PlaneOrientationSequence").ImageOrientationPatient, dtype=float)
    affine = np.eye(4)
    affine[:3, 0] = axes[:3] * column_mm
    affine[:3, 1] = axes[3:] * row_mm
    affine[:3, 3] = np.array(of("PlanePositionSequence").ImagePositionPatient, dtype=float)
    return lps_to_ras(affine)


def _occupied(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows = np.flatnonzero(inside.any(axis=1))
    columns = np.flatnonzero(inside[rows[0] : rows[-1] + 1].any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _is_background(seg: Segmentation, item: Dataset) -> bool:
    # In a LABELMAP the segment whose number is the padding value is the background.
    return "PixelPaddingValue" in seg and int(item.SegmentNumber) == int(seg.PixelPaddingValue)


def _segment(item: Dataset, mask: Mask) -> Segment:
    label = str(item.get("SegmentLabel", "")) or f"Segment {item.SegmentNumber}"
    property_type = _code(item, "SegmentedPropertyTypeCodeSequence")
    type_item = (item.get("SegmentedPropertyTypeCodeSequence") or [Dataset()])[0]
    modifier = _code(type_item, "SegmentedPropertyTypeModifierCodeSequence")
    region_item = (item.get("AnatomicRegionSequence") or [Dataset()])[0]
    role = role_of(label, property_type, modifier)
    lab = item.get("RecommendedDisplayCIELabValue")
    return Segment(
        number=int(item.SegmentNumber),
        label=label,
        description=str(item.get("SegmentDescription", "")),
        role=role,
        mask=mask,
        color=CIELabColor.from_dicom_value(list(lab)).to_rgb(clip=True) if lab else role.color,
        category=_code(item, "SegmentedPropertyCategoryCodeSequence"),
        property_type=property_type,
        modifier=modifier,
        region=_code(item, "AnatomicRegionSequence"),
        region_modifier=_code(region_item, "AnatomicRegionModifierSequence"),
        algorithm_type=str(item.get("SegmentAlgorithmType", "")),
        algorithm_name=str(item.get("SegmentAlgorithmName", "")),
        tracking_id=str(item.get("TrackingID", "")),
        tracking_uid=str(item.get("TrackingUID", "")),
    )


def _code(item: Dataset, name: str) -> Coded | None:
    sequence = item.get(name)
    if not sequence:
        return None
    code = sequence[0]
    value = code.get("CodeValue") or code.get("LongCodeValue") or code.get("URNCodeValue") or ""
    return Coded(
        str(value), str(code.get("CodingSchemeDesignator", "")), str(code.get("CodeMeaning", ""))
    )
