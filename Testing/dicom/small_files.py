"""Small DICOM files for the tests of the database: CT slices and DSO headers, each as asked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    SegmentationStorage,
    generate_uid,
)

COLLECTION_LABELS = ("Liver", "Liver Remnant", "Hepatic", "Portal", "Tumor_1", "Tumor_2")


def uid_of(*words: object) -> UID:
    """The same UID for the same words."""
    return generate_uid(entropy_srcs=[str(word) for word in words])


def write_slice(
    file: Path,
    patient_id: str = "CRLM-CT-1",
    series: str = "portal",
    number: int = 1,
    syntax: UID = ExplicitVRLittleEndian,
    **tags,
) -> Path:
    """One 16 x 16 CT slice. A tag given as None is left out."""
    dataset = _image(patient_id, CTImageStorage, "CT", series, number)
    dataset.update(_plane())
    dataset.ImagePositionPatient = [-8, -8, 5 * number]
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.PixelData = np.full((16, 16), number, dtype="<i2").tobytes()
    return _save(dataset, file, tags, syntax)


def write_series(
    folder: Path, count: int, patient_id: str = "CRLM-CT-1", series: str = "portal", **tags
) -> list[Path]:
    """A CT series of so many slices."""
    return [
        write_slice(folder / f"{number:04d}.dcm", patient_id, series, number, **tags)
        for number in range(1, count + 1)
    ]


def write_dso(
    file: Path,
    patient_id: str = "CRLM-CT-1",
    series: str = "dso",
    labels: Sequence[str] = COLLECTION_LABELS,
    drawn_on: str | None = "portal",
    drawn_on_patient: str | None = None,
    **tags,
) -> Path:
    """A DSO of one empty frame a segment, drawn on a series; on none that it names if None."""
    dataset = _image(patient_id, SegmentationStorage, "SEG", series, 1)
    dataset.SegmentationType = "BINARY"
    dataset.SegmentSequence = [_segment(number + 1, label) for number, label in enumerate(labels)]
    source = Dataset()
    source.ReferencedSOPClassUID = CTImageStorage
    source.ReferencedSOPInstanceUID = uid_of(
        drawn_on_patient or patient_id, drawn_on or "portal", "CT", 1
    )
    if drawn_on is not None:
        referenced = Dataset()
        referenced.SeriesInstanceUID = uid_of(drawn_on_patient or patient_id, drawn_on)
        referenced.ReferencedInstanceSequence = [source]
        dataset.ReferencedSeriesSequence = [referenced]
    derivation = Dataset()
    derivation.SourceImageSequence = [source]
    frame = Dataset()
    frame.DerivationImageSequence = [derivation]
    dataset.PerFrameFunctionalGroupsSequence = [frame] * len(labels)
    dataset.NumberOfFrames = len(labels)
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.PixelData = bytes(32 * len(labels))
    return _save(dataset, file, tags)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Run as a user whom permissions bind, which they do not bind for root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="crlm-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _image(patient_id: str, sop_class: UID, modality: str, series: str, number: int) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = uid_of(patient_id, series, modality, number)
    dataset.StudyInstanceUID = uid_of(patient_id, "study")
    dataset.SeriesInstanceUID = uid_of(patient_id, series)
    dataset.FrameOfReferenceUID = uid_of(patient_id, "frame")
    dataset.PatientID = patient_id
    dataset.PatientName = f"Doe^{patient_id}"
    dataset.PatientSex = "F"
    dataset.Modality = modality
    dataset.StudyDate = "20260105"
    dataset.SeriesDate = dataset.ContentDate = "20260106"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "101112"
    dataset.SeriesDescription = series
    dataset.SeriesNumber = 2
    dataset.InstanceNumber = number
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = dataset.Columns = 16
    return dataset


def _plane() -> Dataset:
    plane = Dataset()
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    plane.PixelSpacing = [1, 1]
    plane.SliceThickness = 5
    plane.RescaleIntercept, plane.RescaleSlope = -1024, 1
    return plane


def _segment(number: int, label: str) -> Dataset:
    segment = Dataset()
    segment.SegmentNumber = number
    segment.SegmentLabel = label
    segment.SegmentAlgorithmType = "MANUAL"
    return segment


def _save(
    dataset: Dataset, file: Path, tags: dict[str, object], syntax: UID = ExplicitVRLittleEndian
) -> Path:
    for keyword, value in tags.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or uid_of("none")
    file.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(file, enforce_file_format=True)
    return file
