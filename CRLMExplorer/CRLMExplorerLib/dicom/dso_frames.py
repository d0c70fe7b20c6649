"""The frames of a DSO that is being written: bits, places and the CT slice each was drawn on.

It knows masks on the CT's grid and functional groups; it knows no codes, roles or files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID, CTImageStorage, generate_uid
from pydicom.valuerep import format_number_as_ds

from CRLMExplorerLib.anatomy import Coded
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.geometry import Mask, lps_to_ras

SOURCE_IMAGE = Coded("121322", "DCM", "Source image for image processing operation")
_SEGMENTATION = Coded("113076", "DCM", "Segmentation")
_FRAMES_AT_ONCE = 8
"""Frames follow one another bit by bit: so many of them always end with a byte."""


@dataclass(frozen=True)
class FramePlace:
    """What a frame shows: SegmentNumber, and the index of the CT's slice."""

    segment_number: int
    k: int


def code_item(code: Coded) -> Dataset:
    """A code as an item of a code sequence."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning
    return item


def instance_item(sop_class_uid: UID | str, sop_instance_uid: str) -> Dataset:
    """A reference to an instance."""
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def source_item(sop_class_uid: UID | str, sop_instance_uid: str) -> Dataset:
    """A reference to an image that pixels were derived from."""
    item = instance_item(sop_class_uid, sop_instance_uid)
    item.PurposeOfReferenceCodeSequence = [code_item(SOURCE_IMAGE)]
    return item


def set_frames(
    dso: Dataset, masks: Mapping[int, Mask], ct: CtVolume, slice_thickness_mm: float | None
) -> tuple[FramePlace, ...]:
    """Give a DSO the frames that show its segments: binary, one a segment and slice.

    Frames without a voxel are left out, as in the collection. Where every segment is empty there
    is one empty frame, as DICOM asks for at least one. Frames lie where the CT's slices truly lie.

    Parameters
    ----------
    dso
        What is to be written; its pixels, functional groups and dimensions are set.
    masks
        Masks on the CT's grid by SegmentNumber.
    slice_thickness_mm
        SliceThickness; the distance between slices where it is not known.

    Returns
    -------
    tuple of FramePlace
        The frames in their order: by segment, then by slice.
    """
    places = _places(masks)
    shown = tuple(masks[place.segment_number] for place in places)
    _, dso.Rows, dso.Columns = ct.grid.shape_kji
    dso.SamplesPerPixel = 1
    dso.PhotometricInterpretation = "MONOCHROME2"
    dso.BitsAllocated = dso.BitsStored = 1
    dso.HighBit = dso.PixelRepresentation = 0
    dso.NumberOfFrames = len(places)
    dso.PixelData = _packed(places, shown, (dso.Rows, dso.Columns))
    dso.SharedFunctionalGroupsSequence = [_shared_groups(ct, slice_thickness_mm)]
    dso.PerFrameFunctionalGroupsSequence = list(_frame_groups(places, ct))
    _set_dimensions(dso)
    return places


def _places(masks: Mapping[int, Mask]) -> tuple[FramePlace, ...]:
    places = tuple(
        FramePlace(number, mask.start_kji[0] + int(k))
        for number, mask in sorted(masks.items())
        for k in np.flatnonzero(mask.voxels.any(axis=(1, 2)))
    )
    return places or (FramePlace(min(masks), 0),)


def _packed(places: Sequence[FramePlace], masks: Sequence[Mask], size: tuple[int, int]) -> bytes:
    packed = []
    for first in range(0, len(places), _FRAMES_AT_ONCE):
        some = slice(first, first + _FRAMES_AT_ONCE)
        frames = np.zeros((len(places[some]), *size), dtype=np.bool_)
        for frame, place, mask in zip(frames, places[some], masks[some], strict=True):
            if not mask.is_empty:
                frame[mask.box[1:]] = mask.voxels[place.k - mask.start_kji[0]]
        packed.append(np.packbits(frames, bitorder="little").tobytes())
    pixels = b"".join(packed)
    return pixels + b"\0" * (len(pixels) % 2)


def _shared_groups(ct: CtVolume, slice_thickness_mm: float | None) -> Dataset:
    column_mm, row_mm, _ = ct.grid.spacing_mm
    ijk_to_lps = lps_to_ras(ct.grid.ijk_to_ras)
    along_row, along_column = ijk_to_lps[:3, 0] / column_mm, ijk_to_lps[:3, 1] / row_mm
    step_mm = abs(float(ijk_to_lps[:3, 2] @ np.cross(along_row, along_column)))
    measures = Dataset()
    measures.PixelSpacing = _decimals((row_mm, column_mm))
    measures.SliceThickness = _decimals([slice_thickness_mm or step_mm])[0]
    measures.SpacingBetweenSlices = _decimals([step_mm])[0]
    orientation = Dataset()
    orientation.ImageOrientationPatient = _decimals((*along_row, *along_column))
    shared = Dataset()
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    return shared


def _frame_groups(places: Sequence[FramePlace], ct: CtVolume) -> Iterator[Dataset]:
    positions = _slice_positions_lps(ct)
    slices = sorted({place.k for place in places})
    of_slice = {
        k: (rank, _derivation(ct, k), _plane(positions[k])) for rank, k in enumerate(slices, 1)
    }
    for place in places:
        rank, derivation, plane = of_slice[place.k]
        content = Dataset()
        content.DimensionIndexValues = [place.segment_number, rank]
        segment = Dataset()
        segment.ReferencedSegmentNumber = place.segment_number
        groups = Dataset()
        if derivation:
            groups.DerivationImageSequence = [derivation]
        groups.FrameContentSequence = [content]
        groups.PlanePositionSequence = [plane]
        groups.SegmentIdentificationSequence = [segment]
        yield groups


def _slice_positions_lps(ct: CtVolume) -> NDArray[np.float64]:
    """Array of shape (slices, 3): where each slice's first voxel truly lies, LPS in mm."""
    ijk_to_lps = lps_to_ras(ct.grid.ijk_to_ras)
    step = ijk_to_lps[:3, 2]
    normal = np.cross(ijk_to_lps[:3, 0], ijk_to_lps[:3, 1])
    evenly = np.arange(ct.grid.shape_kji[0], dtype=np.float64)
    steps = ct.slice_offsets_mm / (step @ normal / np.linalg.norm(normal))
    steps = np.where(np.isnan(steps), evenly, steps)
    return ijk_to_lps[:3, 3] + steps[:, np.newaxis] * step


def _derivation(ct: CtVolume, k: int) -> Dataset | None:
    """What a frame was drawn on; None on a slice that the CT lacks."""
    uid = ct.sop_instance_uids[k]
    if uid is None:
        return None
    derivation = Dataset()
    derivation.SourceImageSequence = [source_item(CTImageStorage, uid)]
    derivation.DerivationCodeSequence = [code_item(_SEGMENTATION)]
    return derivation


def _plane(position_lps: NDArray[np.float64]) -> Dataset:
    plane = Dataset()
    plane.ImagePositionPatient = _decimals(position_lps)
    return plane


def _set_dimensions(dso: Dataset) -> None:
    organization = Dataset()
    organization.DimensionOrganizationUID = generate_uid(prefix=None)
    dso.DimensionOrganizationSequence = [organization]
    indices = []
    for label, pointer, group in (
        ("ReferencedSegmentNumber", 0x0062000B, 0x0062000A),
        ("ImagePositionPatient", 0x00200032, 0x00209113),
    ):
        index = Dataset()
        index.DimensionOrganizationUID = organization.DimensionOrganizationUID
        index.DimensionIndexPointer = pointer
        index.FunctionalGroupPointer = group
        index.DimensionDescriptionLabel = label
        indices.append(index)
    dso.DimensionIndexSequence = indices


def _decimals(values: Sequence[float] | NDArray[np.float64]) -> list[str]:
    """Numbers as DICOM spells them, without what arithmetic left behind the tenth place."""
    return [format_number_as_ds(round(float(value), 10) + 0.0) for value in values]
