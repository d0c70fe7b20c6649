"""A new DSO made from another one: every segment carried over, the remnant drawn anew.

It knows DICOM's segmentation object and what it must say of its origin; it knows no database, no
plan, and no file but the one that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Literal

from highdicom.color import CIELabColor
from pydicom import Dataset
from pydicom.filereader import read_partial
from pydicom.uid import SegmentationStorage, generate_uid

from CRLMExplorerLib.anatomy import Coded, Role, role_of
from CRLMExplorerLib.dicom.dso_frames import code_item, set_frames
from CRLMExplorerLib.dicom.dso_provenance import PROGRAM, identify, name_program, name_sources
from CRLMExplorerLib.dicom.segmentation import Dso
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.version import VERSION

AlgorithmType = Literal["MANUAL", "SEMIAUTOMATIC"]

_ANATOMICAL_STRUCTURE = Coded("123037004", "SCT", "Anatomical Structure")
_LIVER = Coded("10200004", "SCT", "Liver")
_RESIDUAL = Coded("65320000", "SCT", "Residual")

_PER_FRAME_GROUPS = 0x52009230
_OF_THE_PIXELS_BEFORE = (
    "MaximumFractionalValue",
    "SegmentationFractionalType",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "PaletteColorLookupTableUID",
    "ICCProfile",
    "ColorSpace",
    "PlanarConfiguration",
    "DimensionOrganizationType",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)
_OF_THE_FILE_BEFORE = (
    "ConcatenationUID",
    "ConcatenationFrameOffsetNumber",
    "InConcatenationNumber",
    "InConcatenationTotalNumber",
    "SOPInstanceUIDOfConcatenationSource",
    "StudiesContainingOtherReferencedInstancesSequence",
    "DerivationDescription",
    "MACParametersSequence",
)


class DsoNotWritten(CRLMExplorerError):
    """No DSO can be made of what was given."""


@dataclass(frozen=True, eq=False)
class NewDso:
    """A DSO ready to be written.

    Attributes
    ----------
    dataset
        All of it, with its file meta information.
    findings
        What could not be carried over as it was.
    """

    dataset: Dataset
    findings: tuple[Finding, ...]


def with_new_remnant(
    file: Path,
    dso: Dso,
    ct: CtVolume,
    remnant: Mask,
    algorithm_type: AlgorithmType,
    now: datetime,
    start_file: Path | None = None,
) -> NewDso:
    """Make a DSO that differs from another one in its remnant, and is binary on the CT's grid.

    Patient, study, equipment that contributed, and each segment's description go over as they
    are; segments without tracking identifiers are given some. The remnant keeps its codes where
    they say that it is one; else, or where there was none, it is a residual liver. A DSO that was
    fractional, a labelmap or on another grid is carried over as it was read onto the CT.

    Parameters
    ----------
    file, dso
        The DSO whose segments are carried over, and what was read from it onto the CT.
    remnant
        The new remnant on the CT's grid; may be empty.
    algorithm_type
        Whether the remnant was drawn by hand alone.
    now
        When it was made, with its time zone; told in the DSO's own where that states one.
    start_file
        The DSO that the remnant was drawn from, if it is another; named first among the sources.

    Raises
    ------
    DsoNotWritten
        If a file cannot be read or is not the DSO that was read, or the mask is not on the CT's
        grid.
    """
    if not remnant.grid.same_as(ct.grid):
        raise DsoNotWritten(
            f"The remnant lies on a grid of shape {remnant.grid.shape_kji}, expected the CT's of "
            f"shape {ct.grid.shape_kji}."
        )
    before = _header(file)
    start = _header(start_file) if start_file else before
    if str(before.get("SOPInstanceUID")) != dso.sop_instance_uid:
        raise DsoNotWritten(
            f"{file} is not the DSO that was opened: found SOPInstanceUID "
            f"{before.get('SOPInstanceUID')}, expected {dso.sop_instance_uid}. Open it again."
        )
    if offset := before.get("TimezoneOffsetFromUTC"):
        now = now.astimezone(datetime.strptime(offset, "%z").tzinfo)
    new = _copied(before)
    new.SegmentationType = "BINARY"
    new.SOPClassUID = SegmentationStorage
    items, masks = _segments(before, dso, remnant, algorithm_type)
    new.SegmentSequence = items
    overlap = any(one.overlap(other) for one, other in combinations(masks.values(), 2))
    new.SegmentsOverlap = "YES" if overlap else "NO"
    new.ImageType = ["DERIVED", "PRIMARY"]
    new.LossyImageCompression = before.get("LossyImageCompression") or "00"
    if ct.frame_of_reference_uid:
        new.FrameOfReferenceUID = ct.frame_of_reference_uid
    if "PositionReferenceIndicator" not in new:
        new.PositionReferenceIndicator = ""
    if "ClinicalTrialSeriesID" in new and "ClinicalTrialCoordinatingCenterName" not in new:
        # dcmqi leaves it out, but the module has it as Type 2.
        new.ClinicalTrialCoordinatingCenterName = ""
    places = set_frames(new, masks, ct, _slice_thickness_mm(before, dso))
    name_sources(new, (start, before), ct, places)
    name_program(new, before, now)
    identify(new, now)
    return NewDso(new, tuple(_findings(before, dso)))


def _header(file: Path) -> Dataset:
    """What a DSO says before its frames."""
    try:
        with file.open("rb") as opened:
            header = read_partial(
                opened, stop_when=lambda tag, vr, length: tag >= _PER_FRAME_GROUPS
            )
    except OSError as error:
        raise DsoNotWritten(f"{file} cannot be read: {error.strerror or error}.") from error
    header.decode()
    return header


def _copied(before: Dataset) -> Dataset:
    new = Dataset()
    for element in before:
        if element.keyword not in (*_OF_THE_PIXELS_BEFORE, *_OF_THE_FILE_BEFORE):
            new[element.tag] = deepcopy(element)
    # Names and notes may have letters that the set before lacks.
    new.SpecificCharacterSet = "ISO_IR 192"
    return new


def _segments(
    before: Dataset, dso: Dso, remnant: Mask, algorithm_type: AlgorithmType
) -> tuple[list[Dataset], dict[int, Mask]]:
    """The items of SegmentSequence, numbered from 1 on as a binary DSO must be, and their masks."""
    described = {int(item.SegmentNumber): item for item in before.SegmentSequence}
    items, masks = [], {}
    is_drawn = False
    for number, segment in enumerate(dso.segments, 1):
        item = deepcopy(described[segment.number])
        item.SegmentNumber = number
        masks[number] = segment.mask
        if segment.role is Role.REMNANT:
            # A second remnant would still count as one: it goes empty.
            masks[number] = Mask.empty(remnant.grid) if is_drawn else remnant
            if not is_drawn:
                _describe_remnant(item, algorithm_type)
            is_drawn = True
        items.append(item)
    if not is_drawn:
        item = _added_remnant(len(items) + 1)
        _describe_remnant(item, algorithm_type)
        items.append(item)
        masks[len(items)] = remnant
    for item in items:
        # One is meaningless without the other.
        if not (item.get("TrackingID") and item.get("TrackingUID")):
            item.TrackingID = item.get("TrackingID") or item.get("SegmentLabel") or "Segment"
            item.TrackingUID = item.get("TrackingUID") or generate_uid(prefix=None)
    return items, masks


def _added_remnant(number: int) -> Dataset:
    item = Dataset()
    item.SegmentNumber = number
    red, green, blue = Role.REMNANT.color
    item.RecommendedDisplayCIELabValue = list(CIELabColor.from_rgb(red, green, blue).value)
    item.SegmentDescription = Role.REMNANT.value
    return item


def _describe_remnant(item: Dataset, algorithm_type: AlgorithmType) -> None:
    item.SegmentLabel = Role.REMNANT.value
    if not _is_coded_as_remnant(item):
        type_item = code_item(_LIVER)
        type_item.SegmentedPropertyTypeModifierCodeSequence = [code_item(_RESIDUAL)]
        item.SegmentedPropertyCategoryCodeSequence = [code_item(_ANATOMICAL_STRUCTURE)]
        item.SegmentedPropertyTypeCodeSequence = [type_item]
    item.SegmentAlgorithmType = algorithm_type
    for name in ("SegmentAlgorithmName", "SegmentationAlgorithmIdentificationSequence"):
        if name in item:
            delattr(item, name)
    if algorithm_type != "MANUAL":  # DICOM allows no name for what was drawn by hand
        item.SegmentAlgorithmName = f"{PROGRAM} {VERSION}"


def _is_coded_as_remnant(item: Dataset) -> bool:
    type_items = item.get("SegmentedPropertyTypeCodeSequence") or [Dataset()]
    modifiers = type_items[0].get("SegmentedPropertyTypeModifierCodeSequence") or [Dataset()]
    meant = [
        Coded("", "", str(code.get("CodeMeaning") or "")) for code in (type_items[0], modifiers[0])
    ]
    return role_of("", *meant) is Role.REMNANT


def _slice_thickness_mm(before: Dataset, dso: Dso) -> float | None:
    if any(finding.code == "dso-resampled" for finding in dso.findings):
        return None
    shared = (before.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    measures = (shared.get("PixelMeasuresSequence") or [Dataset()])[0]
    return float(measures.get("SliceThickness") or 0) or None


_CARRIED_OVER: dict[str, Callable[[Finding], str]] = {
    "dso-outside-ct": lambda finding: f"Left out of the revision: {finding.message}",
    "dso-resampled": lambda finding: (
        "The DSO's grid is not the CT's; the revision has its segments as they were resampled."
    ),
    "dso-fractional": lambda finding: (
        "The DSO was fractional; the revision is binary, with voxels of at least half inside."
    ),
    "dso-frame-of-reference-differs": lambda finding: (
        "The DSO's frame of reference was not the CT's; the revision has the CT's."
    ),
}


def _findings(before: Dataset, dso: Dso) -> Iterator[Finding]:
    for finding in dso.findings:
        if finding.code in _CARRIED_OVER:
            yield Finding(
                Severity.WARNING,
                f"revision-{finding.code.removeprefix('dso-')}",
                _CARRIED_OVER[finding.code](finding),
            )
    if [segment.number for segment in dso.segments] != list(range(1, len(dso.segments) + 1)):
        yield Finding(
            Severity.NOTE,
            "revision-renumbered",
            "The DSO's SegmentNumbers were not 1, 2, 3, …; the revision's are, in the same order.",
        )
    remnants = [segment.label for segment in dso.segments if segment.role is Role.REMNANT]
    if len(remnants) > 1:
        yield Finding(
            Severity.WARNING,
            "revision-several-remnants",
            f"The DSO had several remnants ({', '.join(remnants)}); the revision's is the first, "
            "the others are empty.",
        )
