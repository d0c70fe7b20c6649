"""Write segments on a CT as a DICOM segmentation object, for the demo and for tests.

dcmqi makes the object, as it did for the collection; UIDs and dates are then made to follow from
the content. It does not know how the segments came to be.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import dcmqi
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from CRLMExplorerLib.anatomy import Coded, Role, role_of
from CRLMExplorerLib.errors import CRLMExplorerError

ANATOMICAL_STRUCTURE = Coded("123037004", "SCT", "Anatomical Structure")
ALTERED_STRUCTURE = Coded("49755003", "SCT", "Morphologically Altered Structure")
LIVER = Coded("10200004", "SCT", "Liver")
HEPATIC_VEIN = Coded("8993003", "SCT", "Hepatic vein")
PORTAL_VEIN = Coded("32764006", "SCT", "Portal vein")
MASS = Coded("4147007", "SCT", "Mass")
RESIDUAL = Coded("65320000", "SCT", "Residual")


class DsoNotWritten(CRLMExplorerError):
    """dcmqi refused to write a segmentation object."""


@dataclass(frozen=True)
class PropertyCodes:
    """What a segment shows, in DICOM's terms."""

    category: Coded
    property_type: Coded
    modifier: Coded | None = None
    region: Coded | None = None


COLLECTION_CODES = {
    Role.LIVER: PropertyCodes(ANATOMICAL_STRUCTURE, LIVER),
    Role.REMNANT: PropertyCodes(ANATOMICAL_STRUCTURE, LIVER, modifier=RESIDUAL),
    Role.HEPATIC_VEIN: PropertyCodes(ANATOMICAL_STRUCTURE, HEPATIC_VEIN),
    Role.PORTAL_VEIN: PropertyCodes(ANATOMICAL_STRUCTURE, PORTAL_VEIN),
    Role.TUMOR: PropertyCodes(ALTERED_STRUCTURE, MASS, region=LIVER),
    Role.OTHER: PropertyCodes(ANATOMICAL_STRUCTURE, ANATOMICAL_STRUCTURE),
}


@dataclass(frozen=True, eq=False)
class PhantomSegment:
    """One segment to write.

    Attributes
    ----------
    label
        SegmentLabel; any text of up to 64 characters without a backslash.
    voxels
        Array of shape (slices, rows, columns) of the CT, true inside; may be empty of voxels.
    codes
        Category, type, modifier and region; those of the collection for the label's role if None.
    color
        Recommended display colour (red, green, blue), 0 to 255; the role's if None.
    algorithm_type, algorithm_name
        How it was drawn: ``MANUAL``, ``SEMIAUTOMATIC`` or ``AUTOMATIC``, and with what.
    """

    label: str
    voxels: NDArray
    codes: PropertyCodes | None = None
    color: tuple[int, int, int] | None = None
    algorithm_type: str = "SEMIAUTOMATIC"
    algorithm_name: str = "CRLM Explorer phantom"


def write_dso(
    path: Path,
    ct_files: Sequence[Path],
    segments: Sequence[PhantomSegment],
    *,
    series_description: str = "Segmentation",
    series_number: int = 300,
    content_date: str = "20260106",
    content_creator: str = "Phantom",
) -> Path:
    """Write a binary DSO with dcmqi; frames without a voxel are left out.

    dcmqi drops a segment without voxels; here it keeps its number and description and has no
    frame. Where every segment is empty, the object has the one empty frame that DICOM asks for.

    Parameters
    ----------
    path
        The file to write; its folder is made if it is not there.
    ct_files
        The CT the segments lie on, one file a slice, in the order of the masks' slices.
    segments
        At least one; they may overlap.
    content_date
        Series and content date, YYYYMMDD.

    Raises
    ------
    DsoNotWritten
        If dcmqi fails; the message has what it printed last.
    ValueError
        If there is no segment, or one does not have the CT's shape.
    """
    headers = [dcmread(file, stop_before_pixels=True) for file in ct_files]
    shape = (len(headers), headers[0].Rows, headers[0].Columns)
    if not segments:
        raise ValueError("dcmqi writes no DSO without a segment")
    for segment in segments:
        if segment.voxels.shape != shape:
            raise ValueError(f"{segment.label}: shape {segment.voxels.shape}, the CT's is {shape}")
    masks, has_voxels = _with_a_stand_in([segment.voxels for segment in segments])
    series_uid = generate_uid(
        entropy_srcs=["DSO", headers[0].SeriesInstanceUID, series_description, content_date]
    )

    with TemporaryDirectory(prefix="dso-") as scratch:
        folder = Path(scratch)
        for file, header in zip(ct_files, headers, strict=True):
            shutil.copyfile(file, folder / f"{header.SOPInstanceUID}.dcm")
        mask_files = [folder / f"{number}.nrrd" for number in range(1, len(masks) + 1)]
        for file, mask in zip(mask_files, masks, strict=True):
            _write_nrrd(file, mask, headers)
        metadata = {
            "ContentCreatorName": content_creator,
            "SeriesDescription": series_description,
            "SeriesNumber": str(series_number),
            "InstanceNumber": "1",
            "BodyPartExamined": "LIVER",
            "segmentAttributes": [
                [_attributes(number, segment, series_uid)]
                for number, segment in enumerate(segments, start=1)
            ],
        }
        (folder / "metadata.json").write_text(json.dumps(metadata))
        dso = _run_dcmqi(folder, mask_files)

    _drop_frames_of_empty_segments(dso, has_voxels)
    _describe(dso, segments)
    dso.SeriesDescription = series_description
    _make_reproducible(dso, series_uid, content_date)
    path.parent.mkdir(parents=True, exist_ok=True)
    dso.save_as(path, enforce_file_format=True)
    return path


def _with_a_stand_in(masks: Sequence[NDArray]) -> tuple[list[NDArray], list[bool]]:
    # On a slice that other segments are on, so that the DSO covers no slice more for it.
    has_voxels = [bool(mask.any()) for mask in masks]
    covered = next((mask for mask in masks if mask.any()), None)
    k = 0 if covered is None else int(np.flatnonzero(covered.any(axis=(1, 2)))[0])
    stand_in = np.zeros(masks[0].shape, dtype=bool)
    stand_in[k, 0, 0] = True
    return [
        mask if filled else stand_in for mask, filled in zip(masks, has_voxels, strict=True)
    ], has_voxels


def _write_nrrd(path: Path, mask: NDArray, headers: Sequence[Dataset]) -> None:
    first, last = headers[0], headers[-1]
    origin = np.array(first.ImagePositionPatient, dtype=float)
    along_row, along_column = np.array(first.ImageOrientationPatient, dtype=float).reshape(2, 3)
    row_mm, column_mm = (float(mm) for mm in first.PixelSpacing)
    if len(headers) > 1:
        step = (np.array(last.ImagePositionPatient, dtype=float) - origin) / (len(headers) - 1)
    else:
        step = np.cross(along_row, along_column) * float(first.SliceThickness)
    directions = " ".join(map(_vector, (along_row * column_mm, along_column * row_mm, step)))
    slices, rows, columns = mask.shape
    header = (
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {columns} {rows} {slices}\nspace directions: {directions}\n"
        f"kinds: domain domain domain\nencoding: raw\nspace origin: {_vector(origin)}\n\n"
    )
    path.write_bytes(header.encode("ascii") + mask.astype(bool).tobytes())


def _vector(lps_mm: NDArray[np.float64]) -> str:
    return "(" + ",".join(repr(float(mm)) for mm in lps_mm) + ")"


def _attributes(number: int, segment: PhantomSegment, series_uid: str) -> dict[str, object]:
    # The label goes in afterwards: dcmqi refuses what is not in the CT's character set.
    role = role_of(segment.label)
    codes = segment.codes or COLLECTION_CODES[role]
    attributes: dict[str, object] = {
        "labelID": 1,
        "SegmentLabel": f"Segment {number}",
        "SegmentAlgorithmType": segment.algorithm_type,
        "SegmentAlgorithmName": segment.algorithm_name,
        "recommendedDisplayRGBValue": list(segment.color or role.color),
        "SegmentedPropertyCategoryCodeSequence": _code(codes.category),
        "SegmentedPropertyTypeCodeSequence": _code(codes.property_type),
        "TrackingIdentifier": f"Segment {number}",
        "TrackingUniqueIdentifier": generate_uid(
            entropy_srcs=["segment", series_uid, str(number), segment.label]
        ),
    }
    if codes.modifier:
        attributes["SegmentedPropertyTypeModifierCodeSequence"] = _code(codes.modifier)
    if codes.region:
        attributes["AnatomicRegionSequence"] = _code(codes.region)
    return attributes


def _code(code: Coded) -> dict[str, str]:
    return {
        "CodeValue": code.value,
        "CodingSchemeDesignator": code.scheme,
        "CodeMeaning": code.meaning,
    }


def _run_dcmqi(folder: Path, mask_files: Sequence[Path]) -> Dataset:
    binaries = Path(dcmqi.__file__).with_name("bin")
    program = shutil.which("itkimage2segimage", path=str(binaries))
    if program is None:
        raise DsoNotWritten(f"itkimage2segimage of the package dcmqi is not in {binaries}")
    result = subprocess.run(
        [
            program,
            *("--inputDICOMDirectory", "."),
            *("--inputImageList", ",".join(file.name for file in mask_files)),
            *("--inputMetadata", "metadata.json"),
            *("--outputDICOM", "dso.dcm"),
            *("--skip", "1"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    output = folder / "dso.dcm"
    if result.returncode or not output.exists():
        last_words = (result.stdout + result.stderr).strip()[-400:]
        raise DsoNotWritten(f"itkimage2segimage ended with {result.returncode}: {last_words}")
    return dcmread(output)


def _drop_frames_of_empty_segments(dso: Dataset, has_voxels: Sequence[bool]) -> None:
    if all(has_voxels):
        return
    frames = dso.PerFrameFunctionalGroupsSequence
    pixels = np.unpackbits(np.frombuffer(dso.PixelData, dtype=np.uint8), bitorder="little")
    bits = pixels[: len(frames) * dso.Rows * dso.Columns].reshape(len(frames), -1)
    kept = [
        index
        for index, frame in enumerate(frames)
        if has_voxels[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1]
    ]
    if not kept:
        kept, bits = [0], np.zeros_like(bits)
    packed = np.packbits(bits[kept], bitorder="little").tobytes()
    dso.PixelData = packed + b"\0" * (len(packed) % 2)
    dso.NumberOfFrames = len(kept)
    dso.PerFrameFunctionalGroupsSequence = [frames[index] for index in kept]


def _describe(dso: Dataset, segments: Sequence[PhantomSegment]) -> None:
    dso.SpecificCharacterSet = "ISO_IR 192"
    for item, segment in zip(dso.SegmentSequence, segments, strict=True):
        item.SegmentLabel = segment.label
        item.SegmentDescription = segment.label
        item.TrackingID = segment.label


def _make_reproducible(dso: Dataset, series_uid: str, content_date: str) -> None:
    instance_uid = generate_uid(entropy_srcs=["instance", series_uid])
    dimensions_uid = generate_uid(entropy_srcs=["dimensions", series_uid])
    dso.SeriesInstanceUID = series_uid
    dso.SOPInstanceUID = instance_uid
    dso.file_meta.MediaStorageSOPInstanceUID = instance_uid
    for item in (*dso.DimensionOrganizationSequence, *dso.DimensionIndexSequence):
        item.DimensionOrganizationUID = dimensions_uid
    dso.SeriesDate = dso.ContentDate = content_date
    dso.SeriesTime = dso.ContentTime = "120000"
