"""The private elements of a revision, and their declaration in the file.

It knows how they are kept; what they mean is said in `revision`.
"""

from __future__ import annotations

from pydicom import Dataset
from pydicom.dataset import PrivateBlock
from pydicom.valuerep import format_number_as_ds

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.resection.dso_reference import DsoReference

_GROUP = 0x0063
_CREATOR = "CRLM EXPLORER"
PLAN, NOTE, FLR_ML, RELEASED_SERIES, RELEASED_INSTANCE = 0x01, 0x02, 0x03, 0x04, 0x05
_ELEMENTS = {
    PLAN: ("UT", "Resection Plan", "ResectionPlan", "The plan as JSON"),
    NOTE: ("UT", "Reader Note", "ReaderNote", "What the reader said of it"),
    FLR_ML: ("DS", "FLR Volume", "FLRVolume", "Volume of the future liver remnant in mL"),
    RELEASED_SERIES: (
        "UI",
        "Released Series Instance UID",
        "ReleasedSeriesInstanceUID",
        "Series of the DSO that the first revision was made of",
    ),
    RELEASED_INSTANCE: (
        "UI",
        "Released SOP Instance UID",
        "ReleasedSOPInstanceUID",
        "The DSO that the first revision was made of",
    ),
}


class RevisionError(CRLMExplorerError):
    """A revision cannot be made of what was given; nothing was written."""


def set_private(
    dataset: Dataset, plan_json: str | None, note: str, flr_ml: float, released: DsoReference
) -> None:
    """Put into private elements what DICOM has no place for, and declare them.

    Raises
    ------
    RevisionError
        If all blocks of the private group are taken.
    """
    values = {
        PLAN: plan_json,
        NOTE: note,
        FLR_ML: format_number_as_ds(flr_ml),
        RELEASED_SERIES: released.series_uid,
        RELEASED_INSTANCE: released.sop_instance_uid,
    }
    block = _private_block(dataset, create=True)
    if block is None:
        raise RevisionError(f"The DSO has no room for private elements in group {_GROUP:04X}.")
    for element, (vr, *_) in _ELEMENTS.items():
        if element in block:
            del block[element]
        if values[element] is not None:
            block.add_new(element, vr, values[element])
    declared = [
        item
        for item in dataset.get("PrivateDataElementCharacteristicsSequence") or []
        if item.get("PrivateCreatorReference") != _CREATOR
    ]
    dataset.PrivateDataElementCharacteristicsSequence = [*declared, _declaration()]


def _declaration() -> Dataset:
    declaration = Dataset()
    declaration.PrivateGroupReference = _GROUP
    declaration.PrivateCreatorReference = _CREATOR
    declaration.BlockIdentifyingInformationStatus = "UNSAFE"
    definitions = []
    for element, (vr, name, keyword, description) in _ELEMENTS.items():
        definition = Dataset()
        definition.PrivateDataElement = element
        definition.PrivateDataElementValueMultiplicity = 1
        definition.PrivateDataElementValueRepresentation = vr
        definition.PrivateDataElementName = name
        definition.PrivateDataElementKeyword = keyword
        definition.PrivateDataElementDescription = description
        definitions.append(definition)
    declaration.PrivateDataElementDefinitionSequence = definitions
    return declaration


def private_values(header: Dataset) -> dict[int, object]:
    """What a revision's private elements say, by element; empty where they were taken away."""
    block = _private_block(header, create=False)
    if block is None:
        return {}
    return {element: block[element].value for element in _ELEMENTS if element in block}


def _private_block(dataset: Dataset, create: bool) -> PrivateBlock | None:
    try:
        return dataset.private_block(_GROUP, _CREATOR, create=create)
    except KeyError:
        return None
