"""What the tests of the section “Future liver remnant” share: beginning, waiting, drawing."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from panel.conftest import Reader

REMNANT = "Edited remnant"


def begin(reader: Reader, start: str = "liver") -> Any:
    """Open the section, choose a start and press Begin; gives the edit."""
    reader.ui.flrSection.collapsed = False
    box = reader.ui.flrStartComboBox
    box.setCurrentIndex(box.findData(start))
    reader.ui.flrBeginButton.click()
    return edit_of(reader)


def end(reader: Reader) -> None:
    """Leave the edit without keeping anything of it."""
    if edit_of(reader):
        reader.session.editing.leave(keep=False)
    if reader.session.editing.pending:
        reader.session.editing.discard_pending()


def rest(reader: Reader) -> None:
    """Wait until everything is done that may wait for Qt's next turn."""
    due = reader.panel.flr._due
    reader.wait_until(lambda: not (reader.panel.runner._running or due.active))
    reader.desktop.settle(2)


def edit_of(reader: Reader) -> Any:
    return reader.session.editing.edit


def remnant(reader: Reader) -> np.ndarray:
    """The remnant of the plan, as an array of the CT's grid."""
    edit = edit_of(reader)
    return edit.resection.flr(edit.plan).to_array()


def node(class_name: str, name: str = "") -> Any:
    """The scene's node of a class and name; None if there is none."""
    nodes = slicer.util.getNodesByClass(class_name, slicer.mrmlScene)
    return next((one for one in nodes if not name or one.GetName() == name), None)


def shown(reader: Reader, segment_id: str = REMNANT) -> np.ndarray:
    """A segment of the edit as the scene has it, as an array of the CT's grid."""
    from CRLMExplorerLib.dicom.nodes import mask_of_labelmap

    labelmap = slicer.vtkOrientedImageData()
    node("vtkMRMLSegmentationNode", "FLR edit").GetBinaryLabelmapRepresentation(
        segment_id, labelmap
    )
    return mask_of_labelmap(labelmap, reader.session.case.ct.grid).to_array()


def draw(reader: Reader, voxels: np.ndarray, erase: bool = False) -> None:
    """Change the remnant's labelmap in the way an effect of the segment editor does."""
    from CRLMExplorerLib.dicom.nodes import labelmap_of
    from CRLMExplorerLib.geometry import Mask

    logic = slicer.vtkSlicerSegmentationsModuleLogic
    logic.SetBinaryLabelmapToSegment(
        labelmap_of(Mask.from_array(reader.session.case.ct.grid, voxels ^ erase)),
        node("vtkMRMLSegmentationNode", "FLR edit"),
        REMNANT,
        logic.MODE_MERGE_MIN if erase else logic.MODE_MERGE_MAX,
    )
    rest(reader)
