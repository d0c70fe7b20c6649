"""What a DSO says of itself before its pixels: its segments, and the images it was drawn on.

This file reads one SEG header cheaply; it knows no database and no voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.uid import UID

from CRLMExplorerLib.anatomy import Coded, Role, role_of
from CRLMExplorerLib.dicom.timestamps import iso_date, iso_time
from CRLMExplorerLib.errors import CRLMExplorerError

_SEGMENTATION_CLASSES = (
    UID("1.2.840.10008.5.1.4.1.1.66.4"),
    UID("1.2.840.10008.5.1.4.1.1.66.7"),
)
_SHARED_GROUPS = 0x52009229
_PIXELS = 0x7FE00000


class DsoUnreadable(CRLMExplorerError):
    """A DSO's header cannot be read; the message names the file."""


@dataclass(frozen=True)
class DsoHeader:
    """A DSO without its voxels.

    Attributes
    ----------
    file
        Where it was read.
    series_uid, sop_instance_uid
        Its SeriesInstanceUID and SOPInstanceUID.
    patient_id
        Its PatientID.
    description
        SeriesDescription, else ContentDescription, else ContentLabel.
    date, time
        When its content was made, ``YYYY-MM-DD`` and ``HH:MM:SS`` with as much of a second as is
        told, or empty.
    frame_of_reference_uid
        FrameOfReferenceUID, or empty.
    segment_labels, roles
        SegmentLabel and role of each segment, by SegmentNumber.
    referenced_series_uids
        The series it says it was drawn on, the one with most of its images first.
    referenced_instance_uid
        An image it was drawn on, where it names no series; else None.
    """

    file: Path
    series_uid: str
    sop_instance_uid: str
    patient_id: str
    description: str
    date: str
    time: str
    frame_of_reference_uid: str
    segment_labels: tuple[str, ...]
    roles: tuple[Role, ...]
    referenced_series_uids: tuple[str, ...]
    referenced_instance_uid: str | None


def read_dso_header(file: Path) -> DsoHeader:
    """Read what a DSO says of itself.

    Raises
    ------
    DsoUnreadable
        The file is missing, is not DICOM or is not a segmentation.
    """
    try:
        dataset = _read(file, up_to=_SHARED_GROUPS)
        if dataset.get("SOPClassUID") not in _SEGMENTATION_CLASSES:
            found = UID(dataset.get("SOPClassUID") or "").name or "no SOPClassUID"
            raise DsoUnreadable(f"{file} is not a segmentation: expected a SEG, found {found}.")
        return _header(file, dataset)
    except DsoUnreadable:
        raise
    except InvalidDicomError:
        raise DsoUnreadable(f"{file} is not a DICOM file: no DICM at byte 128.") from None
    except OSError as error:
        raise DsoUnreadable(f"{file} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a parser meets a damaged file: whatever it says, the file is bad
        raise DsoUnreadable(f"{file} has a damaged header: {error}.") from error


def _read(file: Path, up_to: int) -> Dataset:
    with file.open("rb") as opened:
        return read_partial(opened, stop_when=lambda tag, vr, length: tag >= up_to)


def _header(file: Path, dataset: Dataset) -> DsoHeader:
    segments = sorted(
        dataset.get("SegmentSequence") or [], key=lambda item: int(item.get("SegmentNumber") or 0)
    )
    series = sorted(
        dataset.get("ReferencedSeriesSequence") or [],
        key=lambda item: -len(item.get("ReferencedInstanceSequence") or []),
    )
    series_uids = tuple(
        str(item.SeriesInstanceUID) for item in series if item.get("SeriesInstanceUID")
    )
    description = (
        dataset.get("SeriesDescription")
        or dataset.get("ContentDescription")
        or dataset.get("ContentLabel")
    )
    return DsoHeader(
        file=file,
        series_uid=str(dataset.get("SeriesInstanceUID") or ""),
        sop_instance_uid=str(dataset.get("SOPInstanceUID") or ""),
        patient_id=str(dataset.get("PatientID") or ""),
        description=str(description or ""),
        date=iso_date(dataset.get("ContentDate") or dataset.get("SeriesDate")),
        time=_exact_time(dataset.get("ContentTime") or dataset.get("SeriesTime")),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        segment_labels=tuple(_label(segment) for segment in segments),
        roles=tuple(_role(segment) for segment in segments),
        referenced_series_uids=series_uids,
        referenced_instance_uid=None if series_uids else _source_instance(file, dataset),
    )


def _exact_time(value: str | None) -> str:
    """A DICOM TM with its fraction: two revisions may be saved within one second."""
    fraction = str(value or "").partition(".")[2]
    time = iso_time(value)
    return f"{time}.{fraction}" if time and fraction else time


def _label(segment: Dataset) -> str:
    return str(segment.get("SegmentLabel") or "")


def _role(segment: Dataset) -> Role:
    property_type = _item(segment, "SegmentedPropertyTypeCodeSequence")
    modifier = _item(property_type, "SegmentedPropertyTypeModifierCodeSequence")
    return role_of(_label(segment), _coded(property_type), _coded(modifier))


def _item(dataset: Dataset | None, keyword: str) -> Dataset | None:
    items = dataset.get(keyword) if dataset is not None else None
    return items[0] if items else None


def _coded(item: Dataset | None) -> Coded | None:
    if item is None:
        return None
    return Coded(
        str(item.get("CodeValue") or ""),
        str(item.get("CodingSchemeDesignator") or ""),
        str(item.get("CodeMeaning") or ""),
    )


def _source_instance(file: Path, dataset: Dataset) -> str | None:
    """The first image that the DSO or one of its frames was derived from."""
    source = _item(dataset, "SourceImageSequence")
    if source is None:
        groups = _read(file, up_to=_PIXELS)
        frames = [
            *(groups.get("SharedFunctionalGroupsSequence") or []),
            *(groups.get("PerFrameFunctionalGroupsSequence") or []),
        ]
        derivations = (_item(frame, "DerivationImageSequence") for frame in frames)
        sources = (_item(derivation, "SourceImageSequence") for derivation in derivations)
        source = next((item for item in sources if item is not None), None)
    uid = source.get("ReferencedSOPInstanceUID") if source is not None else None
    return str(uid) if uid else None
