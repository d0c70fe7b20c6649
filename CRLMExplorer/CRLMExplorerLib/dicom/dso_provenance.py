"""What a new DSO says of where it came from: its sources, the programs that worked on it, itself.

It knows DICOM's attributes for that; it knows no masks and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from CRLMExplorerLib.anatomy import Coded
from CRLMExplorerLib.dicom.dso_frames import FramePlace, code_item, instance_item, source_item
from CRLMExplorerLib.dicom.volume import CtVolume
from CRLMExplorerLib.version import VERSION

PROGRAM = "CRLM Explorer"

_PROCESSING_EQUIPMENT = Coded("109102", "DCM", "Processing Equipment")


def name_sources(
    new: Dataset, sources: Sequence[Dataset], ct: CtVolume, places: tuple[FramePlace, ...]
) -> None:
    """Name the CT's slices that have frames, and the DSOs that went in, each once.

    Parameters
    ----------
    sources
        First the DSO that the remnant was drawn from, then the one that gave all other segments.
    """
    slices = [ct.sop_instance_uids[k] for k in sorted({place.k for place in places})]
    distinct = {str(dso.SOPInstanceUID): dso for dso in sources}.values()
    by_series: dict[str, list[Dataset]] = {}
    for dso in distinct:
        item = instance_item(dso.SOPClassUID, dso.SOPInstanceUID)
        by_series.setdefault(str(dso.SeriesInstanceUID), []).append(item)
    new.ReferencedSeriesSequence = [
        _series_item(
            ct.series_uid, [instance_item(CTImageStorage, uid) for uid in slices if uid is not None]
        ),
        *(_series_item(series_uid, instances) for series_uid, instances in by_series.items()),
    ]
    new.SourceImageSequence = [source_item(dso.SOPClassUID, dso.SOPInstanceUID) for dso in distinct]


def _series_item(series_uid: str, instances: list[Dataset]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = series_uid
    item.ReferencedInstanceSequence = instances
    return item


def name_program(new: Dataset, before: Dataset, now: datetime) -> None:
    """Say which program made this, and keep who made what was before."""
    contributors = list(new.get("ContributingEquipmentSequence") or [])
    if before.get("Manufacturer") and before.get("ManufacturerModelName") != PROGRAM:
        maker = _equipment(before.Manufacturer, before.get("ManufacturerModelName"))
        if before.get("SoftwareVersions"):
            maker.SoftwareVersions = before.SoftwareVersions
        maker.ContributionDescription = "Made the segmentation that this one is a revision of"
        contributors.append(maker)
    program = _equipment(PROGRAM, PROGRAM)
    program.SoftwareVersions = VERSION
    program.ContributionDateTime = now.strftime("%Y%m%d%H%M%S.%f")
    program.ContributionDescription = "Drew the future liver remnant anew"
    new.ContributingEquipmentSequence = [*contributors, program]
    new.Manufacturer = new.ManufacturerModelName = PROGRAM
    new.DeviceSerialNumber = "0"
    new.SoftwareVersions = VERSION


def _equipment(manufacturer: str, model: str | None) -> Dataset:
    item = Dataset()
    item.Manufacturer = manufacturer
    if model:
        item.ManufacturerModelName = model
    item.PurposeOfReferenceCodeSequence = [code_item(_PROCESSING_EQUIPMENT)]
    return item


def identify(new: Dataset, now: datetime) -> None:
    """Make it an instance and a series of its own."""
    new.SeriesInstanceUID = generate_uid(prefix=None)
    new.SOPInstanceUID = generate_uid(prefix=None)
    new.InstanceNumber = 1
    new.SeriesDate = new.ContentDate = new.InstanceCreationDate = now.strftime("%Y%m%d")
    new.SeriesTime = new.ContentTime = new.InstanceCreationTime = now.strftime("%H%M%S.%f")
    new.file_meta = FileMetaDataset()
    new.file_meta.MediaStorageSOPClassUID = new.SOPClassUID
    new.file_meta.MediaStorageSOPInstanceUID = new.SOPInstanceUID
    new.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
