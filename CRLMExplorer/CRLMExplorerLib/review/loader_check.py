"""Whether the open patient's segments are those that Slicer's own plugin loads from the same DSO.

Segments are matched by SegmentNumber, for the plugin's names may be shifted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from CRLMExplorerLib.dicom.segmentation import Segment
from CRLMExplorerLib.dicom.slicer_loader import LoadedSegment, SegmentationPlugin, load_with
from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.host.host import Node
from CRLMExplorerLib.resection.comparison import dice
from CRLMExplorerLib.review.case import Case


@dataclass(frozen=True)
class SegmentCheck:
    """One segment, as it was read here and as Slicer's plugin loaded it.

    Attributes
    ----------
    number
        SegmentNumber.
    label
        SegmentLabel; None where only Slicer has such a segment.
    slicer_name
        The name that the plugin gave it; None where it left the segment out.
    volume_ml, slicer_volume_ml
        The volume here and there, in mL.
    differing_voxels
        Voxels of the CT's grid that belong to it in one of both only.
    dice
        Twice the shared voxels by the voxels of both; None where it is empty in both.
    """

    number: int
    label: str | None
    slicer_name: str | None
    volume_ml: float
    slicer_volume_ml: float
    differing_voxels: int
    dice: float | None

    @property
    def is_renamed(self) -> bool:
        """Whether the plugin gave it another name than the DSO has."""
        return None not in (self.label, self.slicer_name) and self.label != self.slicer_name

    def __str__(self) -> str:
        """What there is to say of it, in a sentence."""
        who = f"{self.label or self.slicer_name} (segment {self.number})"
        said = []
        if self.differing_voxels:
            said.append(
                f"{self.differing_voxels} voxels differ, {self.volume_ml:.2f} mL here and "
                f"{self.slicer_volume_ml:.2f} mL in Slicer"
            )
        if self.is_renamed:
            said.append(f"Slicer names it “{self.slicer_name}”")
        return f"{who}: {'; '.join(said) or 'the same voxels'}."


@dataclass(frozen=True)
class LoaderCheck:
    """All segments of a DSO, by SegmentNumber.

    Attributes
    ----------
    rows
        A row a segment.
    """

    rows: tuple[SegmentCheck, ...]

    @property
    def agrees(self) -> bool:
        """Whether every voxel is the same in both; names may differ."""
        return not any(row.differing_voxels for row in self.rows)

    @property
    def lines(self) -> tuple[str, ...]:
        """The verdict, and a sentence on each segment that differs in voxels or name."""
        differing = [row for row in self.rows if row.differing_voxels]
        verdict = (
            f"Slicer's loader agrees to the voxel in all {len(self.rows)} segments."
            if self.agrees
            else f"{len(differing)} of {len(self.rows)} segments differ from Slicer's loader."
        )
        return verdict, *(str(row) for row in self.rows if row.differing_voxels or row.is_renamed)


def check_with_slicer(case: Case, plugin: SegmentationPlugin, scene: Node) -> LoaderCheck:
    """Load a case's DSO by Slicer's plugin and compare; the scene is left as it was.

    Parameters
    ----------
    case
        A patient opened with a CT and a DSO.
    scene
        The application's vtkMRMLScene.

    Raises
    ------
    SlicerLoaderError
        If the plugin does not load the DSO.
    ValueError
        If the case has no CT or no DSO.
    """
    if case.ct is None or case.dso is None or case.choice.dso is None:
        raise ValueError(f"{case.patient_id} is open without CT or DSO")
    loaded = load_with(plugin, scene, case.choice.dso.file, case.ct.grid)
    return agreement(case.segments, loaded)


def agreement(segments: Iterable[Segment], loaded: Iterable[LoadedSegment]) -> LoaderCheck:
    """Compare segments of one grid with those that Slicer's plugin loaded."""
    here = {segment.number: segment for segment in segments}
    there = {segment.number: segment for segment in loaded}
    return LoaderCheck(
        tuple(_row(n, here.get(n), there.get(n)) for n in sorted(here.keys() | there.keys()))
    )


def _row(number: int, here: Segment | None, there: LoadedSegment | None) -> SegmentCheck:
    known = here or there
    assert known is not None
    empty = Mask.empty(known.mask.grid)
    mine, other = here.mask if here else empty, there.mask if there else empty
    return SegmentCheck(
        number=number,
        label=here.label if here else None,
        slicer_name=there.name if there else None,
        volume_ml=mine.volume_ml,
        slicer_volume_ml=other.volume_ml,
        differing_voxels=mine.count + other.count - 2 * mine.overlap(other),
        dice=dice(mine, other),
    )
