"""A case in the scene: its nodes, and how its segments are shown.

What an edit or a comparison puts into the scene is theirs; it knows MRML but no widget or page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import slicer

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.catalog import SeriesEntry
from CRLMExplorerLib.dicom.nodes import add_ct_node, add_dso_node, remove_node, segment_id
from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.dicom.subject_hierarchy import Patient, file_series, unfile
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.review.case import Case
from CRLMExplorerLib.review.surface import bulk_surface


class Window(Enum):
    """CT windows by the names radiologists use: width and level in HU."""

    PORTAL_VENOUS = ("Portal venous", 200.0, 100.0)
    LIVER = ("Liver", 150.0, 30.0)
    ABDOMEN = ("Abdomen", 400.0, 40.0)
    LUNG = ("Lung", 1500.0, -600.0)
    BONE = ("Bone", 1800.0, 400.0)

    @property
    def label(self) -> str:
        """The window's name."""
        return self.value[0]

    @property
    def width_hu(self) -> float:
        """Width in HU."""
        return self.value[1]

    @property
    def level_hu(self) -> float:
        """Centre in HU."""
        return self.value[2]


@dataclass(frozen=True)
class SegmentLook:
    """How a segment is shown; opacities from 0 to 1.

    Attributes
    ----------
    visible
        In slices, and in 3D if ``in_3d``.
    filled
        Whether slices show its area besides its outline.
    opacity
        Of the area in slices.
    in_3d, opacity_3d
        Whether and how its surface is shown.
    """

    visible: bool
    filled: bool
    opacity: float
    in_3d: bool
    opacity_3d: float


_LOOKS = {
    # A radiologist reads the parenchyma itself, so liver and remnant are outlined only.
    Role.LIVER: SegmentLook(True, False, 0.2, True, 0.2),
    Role.REMNANT: SegmentLook(True, False, 0.2, True, 0.45),
    Role.HEPATIC_VEIN: SegmentLook(True, True, 0.25, True, 1.0),
    Role.PORTAL_VEIN: SegmentLook(True, True, 0.25, True, 1.0),
    Role.TUMOR: SegmentLook(True, True, 0.3, True, 1.0),
    Role.OTHER: SegmentLook(True, False, 0.2, False, 0.5),
}


class CaseDisplay:
    """The nodes of a case in a scene.

    Parameters
    ----------
    scene
        The vtkMRMLScene to show the case in.
    case
        A case; without a CT nothing is shown.

    Attributes
    ----------
    ct_node, dso_node
        The volume node and the segmentation node; None where there is nothing to show.
    crosshair_ras_mm
        Where the slices were last moved to.
    """

    def __init__(self, scene: Node, case: Case) -> None:
        self._scene = scene
        self._case = case
        self.ct_node: Node | None = None
        self.dso_node: Node | None = None
        self.crosshair_ras_mm: PointRAS = (0.0, 0.0, 0.0)
        if case.ct is None:
            return
        self.ct_node = add_ct_node(scene, case.ct, case.ct.description or "CT")
        self._file(self.ct_node, case.choice.ct, case.ct.sop_instance_uids)
        if case.dso is None:
            return
        self.dso_node = add_dso_node(
            scene, case.dso, self.ct_node, case.dso.description or "Segmentation"
        )
        self._file(self.dso_node, _series_of_dso(case), (case.dso.sop_instance_uid,))
        for segment in case.segments:
            self.set_look(segment, _LOOKS[segment.role])

    def look_of(self, segment: Segment) -> SegmentLook:
        """How a segment is shown now, also if the reader changed it elsewhere in Slicer."""
        assert self.dso_node is not None
        display, name = self.dso_node.GetDisplayNode(), segment_id(segment)
        return SegmentLook(
            visible=bool(display.GetSegmentVisibility(name)),
            filled=bool(display.GetSegmentVisibility2DFill(name)),
            opacity=display.GetSegmentOpacity2DFill(name),
            in_3d=bool(display.GetSegmentVisibility3D(name)),
            opacity_3d=display.GetSegmentOpacity3D(name),
        )

    def set_look(self, segment: Segment, look: SegmentLook) -> None:
        """Show a segment in another way."""
        assert self.dso_node is not None
        display, name = self.dso_node.GetDisplayNode(), segment_id(segment)
        was_modifying = display.StartModify()
        display.SetSegmentVisibility(name, look.visible)
        display.SetSegmentVisibility2DFill(name, look.filled)
        display.SetSegmentVisibility2DOutline(name, True)
        display.SetSegmentOpacity2DFill(name, look.opacity)
        display.SetSegmentVisibility3D(name, look.in_3d)
        display.SetSegmentOpacity3D(name, look.opacity_3d)
        display.EndModify(was_modifying)

    def build_surfaces(self, coarse: bool = True) -> None:
        """Make the closed surfaces that 3D views show.

        Parameters
        ----------
        coarse
            Whether those of liver and remnant are coarse, which are made and drawn faster.
        """
        if self.dso_node is None:
            return
        if coarse:
            name = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
            for segment in self._case.segments:
                if segment.role in (Role.LIVER, Role.REMNANT) and not segment.mask.is_empty:
                    shown = self.dso_node.GetSegmentation().GetSegment(segment_id(segment))
                    shown.AddRepresentation(name, bulk_surface(segment.mask))
        self.dso_node.CreateClosedSurfaceRepresentation()

    def show_bulk_in_3d(self, shown: bool) -> None:
        """Show or hide the surfaces of liver and remnant, which an edit draws anew."""
        for segment in self._case.segments:
            if segment.role in (Role.LIVER, Role.REMNANT):
                self.set_look(segment, replace(self.look_of(segment), in_3d=shown))

    def set_window(self, window: Window) -> None:
        """Show the CT in another window."""
        if self.ct_node is not None:
            self.ct_node.GetDisplayNode().SetWindowLevel(window.width_hu, window.level_hu)

    def jump_to(self, position_ras_mm: PointRAS) -> None:
        """Show a position (RAS in mm) in the middle of all slice views, the crosshair on it."""
        self._move_slices(position_ras_mm, slicer.vtkMRMLSliceNode.CenteredJumpSlice)

    def point_at(self, position_ras_mm: PointRAS) -> None:
        """Show the slices through a position (RAS in mm), the crosshair on it."""
        self._move_slices(position_ras_mm, slicer.vtkMRMLSliceNode.OffsetJumpSlice)

    def _move_slices(self, position_ras_mm: PointRAS, mode: int) -> None:
        self.crosshair_ras_mm = position_ras_mm
        slicer.vtkMRMLSliceNode.JumpAllSlices(self._scene, *position_ras_mm, mode)
        crosshair = self._scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if crosshair is not None:
            crosshair.SetCrosshairRAS(*position_ras_mm)

    def remove(self) -> None:
        """Take from the scene what was put into it, and nothing else."""
        for node in (self.dso_node, self.ct_node):
            if node is not None and self._scene.IsNodePresent(node):
                unfile(self._scene, node)
                remove_node(self._scene, node)
        self.ct_node = self.dso_node = None

    def _file(
        self, node: Node, series: SeriesEntry | None, instance_uids: Sequence[str | None]
    ) -> None:
        if series is not None:
            patient = Patient(self._case.patient_id, self._case.name)
            uids = tuple(uid for uid in instance_uids if uid)
            file_series(self._scene, node, patient, series, uids)


def _series_of_dso(case: Case) -> SeriesEntry | None:
    """The shown DSO as a series of its CT's study."""
    chosen, ct = case.choice.dso, case.choice.ct
    if chosen is None or ct is None:
        return None
    return SeriesEntry(
        series_uid=chosen.series_uid,
        study_uid=ct.study_uid,
        modality="SEG",
        description=chosen.description,
        number=None,
        date=chosen.date,
        time=chosen.time,
        frame_of_reference_uid=chosen.frame_of_reference_uid,
        file_count=1,
    )
