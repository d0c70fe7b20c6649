"""A DICOM segmentation object (DSO) read onto the grid of its CT, one mask a segment.

It knows frames, codes and positions; it knows no database or scene.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from highdicom.color import CIELabColor
from pydicom import Dataset, dcmread
from pydicom.uid import UID, SegmentationStorage

from CRLMExplorerLib.anatomy import Coded, Role, role_of
from CRLMExplorerLib.dicom.ct_slices import some
from CRLMExplorerLib.dicom.frames import DsoError, read_patches
from CRLMExplorerLib.dicom.placement import Placed, place
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.progress import Cancelled, Progress, silent

__all__ = ["Dso", "DsoError", "Segment", "read_dso"]

_LABELMAP_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")
_REQUIRED = (
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SegmentationType",
    "NumberOfFrames",
    "SharedFunctionalGroupsSequence",
)


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
    finding. Binary, fractional and labelmap DSOs are read; of a fractional one, what is at least
    half inside.

    Raises
    ------
    DsoError
        If the file is not a readable DICOM segmentation.
    """
    try:
        return _read(file, ct, progress)
    except Cancelled:
        raise
    except DsoError as error:
        raise DsoError(f"{file}: {error}") from None
    except Exception as error:
        # pydicom raises many types for a damaged file; each means the same here.
        raise DsoError(f"{file} is not a readable DICOM segmentation: {error}") from error


def _read(file: Path, ct: CtVolume, progress: Progress) -> Dso:
    dataset = _open(file)
    patches = read_patches(dataset, lambda done, text: progress(done * 0.8, text))
    items = sorted(_described(dataset), key=lambda item: int(item.SegmentNumber))
    placed: dict[int, Placed] = {}
    segments = []
    for count, item in enumerate(items, 1):
        number = int(item.SegmentNumber)
        placed[number] = place(patches.pop(number, []), ct)
        segments.append(_segment(item, placed[number].mask))
        progress(0.8 + 0.2 * count / len(items), "Placing segments")
    return Dso(
        series_uid=str(dataset.SeriesInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        description=_text(dataset, "SeriesDescription"),
        segments=tuple(segments),
        findings=tuple(_findings(dataset, segments, placed, sorted(patches), ct)),
    )


def _open(file: Path) -> Dataset:
    dataset = dcmread(file)
    if dataset.get("SOPClassUID") not in (SegmentationStorage, _LABELMAP_STORAGE):
        found = dataset.SOPClassUID.name if dataset.get("SOPClassUID") else "no SOPClassUID"
        raise DsoError(f"expected a segmentation, found {found}")
    for tag in (*_REQUIRED, "PixelData"):
        if dataset.get(tag) in (None, ""):
            raise DsoError(f"no {tag}")
    if not dataset.get("SegmentSequence"):
        raise DsoError("it has no segments: SegmentSequence is empty")
    numbers = [int(item.SegmentNumber) for item in dataset.SegmentSequence]
    if len(set(numbers)) < len(numbers):
        raise DsoError(f"SegmentNumber is not unique: found {numbers}")
    groups = len(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    if groups != int(dataset.NumberOfFrames):
        raise DsoError(f"NumberOfFrames is {dataset.NumberOfFrames}, but {groups} are described")
    return dataset


def _described(dataset: Dataset) -> list[Dataset]:
    """The items of SegmentSequence, without the background that a labelmap may describe."""
    if dataset.SegmentationType != "LABELMAP" or "PixelPaddingValue" not in dataset:
        return list(dataset.SegmentSequence)
    background = int(dataset.PixelPaddingValue)
    return [item for item in dataset.SegmentSequence if int(item.SegmentNumber) != background]


def _findings(
    dataset: Dataset,
    segments: list[Segment],
    placed: dict[int, Placed],
    undescribed: list[int],
    ct: CtVolume,
) -> Iterator[Finding]:
    frame_of_reference = _text(dataset, "FrameOfReferenceUID")
    if frame_of_reference != ct.frame_of_reference_uid:
        yield Finding(
            Severity.WARNING,
            "dso-frame-of-reference-differs",
            f"The DSO's frame of reference ({frame_of_reference or 'none'}) is not the CT's "
            f"({ct.frame_of_reference_uid or 'none'}); segments are shown where their positions "
            "say.",
        )
    if dataset.SegmentationType == "FRACTIONAL":
        yield Finding(
            Severity.NOTE,
            "dso-fractional",
            "The DSO is fractional; voxels of at least half the maximum count as inside.",
        )
    if undescribed:
        yield Finding(
            Severity.WARNING,
            "dso-segment-undescribed",
            f"Frames show segment {', '.join(map(str, undescribed))}, which the DSO does not "
            "describe; they are left out.",
        )
    if any(one.resampled for one in placed.values()):
        yield Finding(
            Severity.WARNING,
            "dso-resampled",
            "The DSO's grid is not the CT's; its segments were resampled onto the CT (nearest "
            "neighbour), so volumes differ slightly from the stored ones.",
        )
    outside = [(s.label, placed[s.number].outside) for s in segments if placed[s.number].outside]
    if outside:
        yield Finding(
            Severity.ALARM,
            "dso-outside-ct",
            f"{sum(voxels for _, voxels in outside)} voxels of the DSO lie outside the CT and are "
            "not shown: " + some([f"{voxels} of {label}" for label, voxels in outside]),
        )
    shown = [s.mask.box[0] for s in segments if not s.mask.is_empty]
    slices = ct.grid.shape_kji[0]
    if shown:
        first, last = min(box.start for box in shown) + 1, max(box.stop for box in shown)
        if first > 1 or last < slices:
            yield Finding(
                Severity.NOTE,
                "dso-partial-coverage",
                f"The DSO covers slices {first} to {last} of the CT's {slices}.",
            )


def _segment(item: Dataset, mask: Mask) -> Segment:
    label = _text(item, "SegmentLabel") or f"Segment {item.SegmentNumber}"
    property_type = _code(item, "SegmentedPropertyTypeCodeSequence")
    type_item = (item.get("SegmentedPropertyTypeCodeSequence") or [Dataset()])[0]
    modifier = _code(type_item, "SegmentedPropertyTypeModifierCodeSequence")
    region_item = (item.get("AnatomicRegionSequence") or [Dataset()])[0]
    role = role_of(label, property_type, modifier)
    lab = item.get("RecommendedDisplayCIELabValue")
    return Segment(
        number=int(item.SegmentNumber),
        label=label,
        description=_text(item, "SegmentDescription"),
        role=role,
        mask=mask,
        color=CIELabColor.from_dicom_value(list(lab)).to_rgb(clip=True) if lab else role.color,
        category=_code(item, "SegmentedPropertyCategoryCodeSequence"),
        property_type=property_type,
        modifier=modifier,
        region=_code(item, "AnatomicRegionSequence"),
        region_modifier=_code(region_item, "AnatomicRegionModifierSequence"),
        algorithm_type=_text(item, "SegmentAlgorithmType"),
        algorithm_name=_text(item, "SegmentAlgorithmName"),
        tracking_id=_text(item, "TrackingID"),
        tracking_uid=_text(item, "TrackingUID"),
    )


def _text(item: Dataset, name: str) -> str:
    return str(item.get(name) or "")


def _code(item: Dataset, name: str) -> Coded | None:
    sequence = item.get(name)
    if not sequence:
        return None
    code = sequence[0]
    value = code.get("CodeValue") or code.get("LongCodeValue") or code.get("URNCodeValue") or ""
    return Coded(str(value), _text(code, "CodingSchemeDesignator"), _text(code, "CodeMeaning"))
