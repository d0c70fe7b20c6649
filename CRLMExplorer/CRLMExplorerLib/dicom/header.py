"""The part of a DICOM file that a database keeps: who, which study, which series, which instance.

This file reads headers up to the pixels and no further; it knows no database.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, MediaStorageDirectoryStorage
from pydicom.values import convert_string

from CRLMExplorerLib.dicom.schema import PATIENT_COLUMNS, SERIES_COLUMNS, STUDY_COLUMNS
from CRLMExplorerLib.errors import CRLMExplorerError

_IDENTIFIERS = (
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "StudyInstanceUID",
    "PatientID",
    "PatientName",
    "Rows",
    "Columns",
)
_KEYWORDS = (
    *_IDENTIFIERS,
    *PATIENT_COLUMNS.values(),
    *STUDY_COLUMNS.values(),
    *SERIES_COLUMNS.values(),
)
_TAGS = {keyword: BaseTag(tag_for_keyword(keyword) or 0) for keyword in _KEYWORDS}
_SPECIFIC_TAGS: list[BaseTag | int] = list(_TAGS.values())
_SPECIFIC_CHARACTER_SET = BaseTag(0x00080005)
_FILE_SET_GROUP = 0x0004
_PIXEL_DATA = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_UNDEFINED_LENGTH = 0xFFFFFFFF
# Letters are not allowed in a UID, but some writers have put them there.
_UID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_MODALITIES_WITH_PIXELS = ("CT", "SEG")
_ENCODING_ENDS_AT = set(b"\r\n\t\f\\^=")


class NotIndexable(CRLMExplorerError):
    """A file that a DICOM database cannot take; the message is the reason, without the path."""


@dataclass(frozen=True)
class FileHeader:
    """What a database keeps of one DICOM file.

    Attributes
    ----------
    sop_instance_uid, series_uid, study_uid
        What the file is and where it belongs; never empty.
    patient_id
        PatientID; StudyInstanceUID where the file has none, as Slicer does.
    patient_name
        PatientName; `patient_id` where the file has none.
    values
        DICOM keyword -> first value as text, for the database's other columns; absent ones left
        out.
    rows, columns
        Size of an image in pixels, or None where the file is none.
    """

    sop_instance_uid: str
    series_uid: str
    study_uid: str
    patient_id: str
    patient_name: str
    values: Mapping[str, str]
    rows: int | None
    columns: int | None


def read_header(path: Path) -> FileHeader:
    """Read what a database keeps of a file.

    Raises
    ------
    NotIndexable
        The file cannot be read, is not DICOM, is cut short, is a DICOMDIR or lacks a UID.
    """
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            raise NotIndexable("not a regular file")
        with path.open("rb") as file:
            return _header(*_read_up_to_pixels(file))
    except NotIndexable:
        raise
    except InvalidDicomError:
        raise NotIndexable("not a DICOM file: no DICM at byte 128") from None
    except OSError as error:
        raise NotIndexable(f"cannot be read: {error.strerror or error}") from error
    except zlib.error as error:
        raise NotIndexable("cut short: its deflated part does not end") from error
    except Exception as error:  # a parser meets a damaged file: whatever it says, the file is bad
        raise NotIndexable(f"damaged DICOM: {error or type(error).__name__}") from error


def _read_up_to_pixels(file: BinaryIO) -> tuple[Dataset, bool]:
    """The header, and whether pixel data follow that reach to their stated end."""
    ends: list[int] = []

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag in _PIXEL_DATA:
            ends.append(file.tell() + (0 if length == _UNDEFINED_LENGTH else length))
        return bool(ends) or tag.group == _FILE_SET_GROUP

    dataset = read_partial(file, stop_when=at_pixels, specific_tags=_SPECIFIC_TAGS)
    # A deflated file was read whole, and its end checked, before it was inflated.
    deflated = dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    return dataset, bool(ends) and (deflated or ends[0] <= os.fstat(file.fileno()).st_size)


def _header(dataset: Dataset, complete: bool) -> FileHeader:
    values = _values(dataset)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        if not _UID.fullmatch(values.get(keyword, "")):
            raise NotIndexable(_without(keyword, dataset))
    rows, columns = (_size(dataset, keyword) for keyword in ("Rows", "Columns"))
    if not complete and (rows or values.get("Modality") in _MODALITIES_WITH_PIXELS):
        raise NotIndexable("cut short: its pixel data is missing or not all there")
    patient_id = values.get("PatientID") or values["StudyInstanceUID"]
    return FileHeader(
        sop_instance_uid=values["SOPInstanceUID"],
        series_uid=values["SeriesInstanceUID"],
        study_uid=values["StudyInstanceUID"],
        patient_id=patient_id,
        patient_name=values.get("PatientName") or patient_id,
        values=values,
        rows=rows,
        columns=columns,
    )


def _without(keyword: str, dataset: Dataset) -> str:
    if dataset.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        return "a DICOMDIR: it lists files and is none of them"
    return f"no valid {keyword}"


def _values(dataset: Dataset) -> dict[str, str]:
    encodings = None
    values = {}
    for keyword, tag in _TAGS.items():
        if tag not in dataset or keyword in ("Rows", "Columns"):
            continue
        raw = dataset.get_item(tag)
        value = (raw.value if raw is not None else None) or b""
        if not isinstance(value, bytes):
            continue
        if value.isascii() and b"\x1b" not in value:
            text = value.decode("ascii")
        else:
            encodings = encodings or _encodings(dataset)
            text = decode_bytes(value, encodings, _ENCODING_ENDS_AT)
        if keyword != "PatientComments":  # free text: the others may have several values
            text = text.partition("\\")[0]
        values[keyword] = text.strip(" \0")
    return values


def _encodings(dataset: Dataset) -> list[str]:
    raw = dataset.get_item(_SPECIFIC_CHARACTER_SET)
    stated = raw.value if raw is not None else None
    if isinstance(stated, bytes):
        stated = convert_string(stated, is_little_endian=True)
    return convert_encodings(stated or None)


def _size(dataset: Dataset, keyword: str) -> int | None:
    raw = dataset.get_item(_TAGS[keyword]) if _TAGS[keyword] in dataset else None
    if raw is None or not isinstance(raw.value, bytes) or len(raw.value) != 2:
        return None
    return int.from_bytes(raw.value, "little" if dataset.original_encoding[1] else "big")
