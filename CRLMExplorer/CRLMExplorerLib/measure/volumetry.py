"""Liver, tumours and remnant in millilitres, millimetres and per cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.geometry import Grid
from CRLMExplorerLib.measure.body import BodySize, StandardLiver, standard_livers
from CRLMExplorerLib.measure.diameter import longest_3d_mm, longest_axial_mm
from CRLMExplorerLib.measure.minimum import MinimumRule
from CRLMExplorerLib.measure.remnant import LiverCounts, percent, remnant_volumes
from CRLMExplorerLib.measure.runs import Runs
from CRLMExplorerLib.measure.segment import MeasuredSegment, filled, mask_of


@dataclass(frozen=True)
class TumorSize:
    """One tumour segment.

    Attributes
    ----------
    number, label
        Of the segment.
    volume_ml
        Voxel count times voxel volume.
    longest_axial_mm
        Longest diameter within one slice, edge to edge.
    longest_3d_mm
        Longest diameter in any direction, edge to edge.
    center_ras_mm
        Centre of the tumour's voxel nearest to its centroid, RAS in mm.
    """

    number: int
    label: str
    volume_ml: float
    longest_axial_mm: float
    longest_3d_mm: float
    center_ras_mm: PointRAS


@dataclass(frozen=True)
class StandardizedFLR:
    """The remnant in per cent of a standard liver volume."""

    liver: StandardLiver
    percent: float


@dataclass(frozen=True)
class Volumetry:
    """What is measured on a patient's segments; None where a segment for it is missing or empty.

    Attributes
    ----------
    liver_ml
        Total liver volume (TLV): the Liver segment.
    tumor_count
        Tumour segments that have voxels.
    tumor_total_ml
        Union of all tumour segments, inside the liver or not.
    tumor_in_liver_ml
        The part of that union that lies in the liver.
    tumors
        Each tumour, in the order of the segments.
    functional_liver_ml
        Liver voxels that belong to no tumour: ``liver_ml - tumor_in_liver_ml``. This is TLV - TV
        where tumours lie in the liver; what a tumour has outside was never part of TLV, so it is
        not taken off it.
    flr_ml
        Future liver remnant (FLRV): the Liver Remnant segment.
    flr_percent_functional, flr_percent_total
        FLRV of the functional and of the total liver.
    resected_ml
        Liver voxels that are not in the remnant.
    tumor_burden_percent
        Tumour in the liver, of the total liver.
    standardized_flr
        FLRV of the standard liver volume after each formula; empty without body size or remnant.
    flr_to_body_weight_percent
        FLRV in mL by body weight in g.
    minimum_flr_percent
        The least FLR that is held safe, in per cent of the functional liver.
    minimum_rule
        Which minimum applies and why, in a sentence.
    adequate
        Whether `flr_percent_functional` reaches the minimum.
    """

    liver_ml: float | None
    tumor_count: int
    tumor_total_ml: float
    tumor_in_liver_ml: float | None
    tumors: tuple[TumorSize, ...]
    functional_liver_ml: float | None
    flr_ml: float | None
    flr_percent_functional: float | None
    flr_percent_total: float | None
    resected_ml: float | None
    tumor_burden_percent: float | None
    standardized_flr: tuple[StandardizedFLR, ...]
    flr_to_body_weight_percent: float | None
    minimum_flr_percent: float | None
    minimum_rule: str | None
    adequate: bool | None


def volumetry(
    segments: Sequence[MeasuredSegment],
    grid: Grid,
    rule: MinimumRule | None,
    body: BodySize | None = None,
) -> Volumetry:
    """Measure liver, tumours and remnant.

    Volumes are voxel counts times the voxel volume; several segments of one role count as their
    union. Formulas: review table in J Surg Oncol 2019;119:594-603.

    Parameters
    ----------
    segments
        Segments on the grid, overlaps and empty ones allowed.
    grid
        The CT's grid.
    rule
        The minimum that the remnant is held against.
    body
        Height and weight for the standardised FLR.
    """
    liver = mask_of(segments, Role.LIVER)
    remnant = mask_of(segments, Role.REMNANT)
    tumor = mask_of(segments, Role.TUMOR)

    tumor_voxels = tumor.count if tumor else 0
    counts = None
    if liver:
        counts = LiverCounts(liver.count, liver.overlap(tumor) if tumor else 0)
    flr = remnant_volumes(
        remnant.count if remnant else None,
        liver.overlap(remnant) if liver and remnant else None,
        counts,
        grid.voxel_ml,
        rule,
    )
    return Volumetry(
        liver_ml=counts.total * grid.voxel_ml if counts else None,
        tumor_count=len(filled(segments, Role.TUMOR)),
        tumor_total_ml=tumor_voxels * grid.voxel_ml,
        tumor_in_liver_ml=counts.diseased * grid.voxel_ml if counts else None,
        tumors=tuple(_size(s) for s in filled(segments, Role.TUMOR)),
        functional_liver_ml=counts.functional * grid.voxel_ml if counts else None,
        tumor_burden_percent=percent(counts.diseased, counts.total) if counts else None,
        standardized_flr=_standardized(flr.flr_ml, body),
        flr_to_body_weight_percent=percent(flr.flr_ml, body.weight_kg * 1000 if body else None),
        **vars(flr),
    )


def _size(segment: MeasuredSegment) -> TumorSize:
    runs = Runs.of(segment.mask)
    return TumorSize(
        number=segment.number,
        label=segment.label,
        volume_ml=segment.mask.volume_ml,
        longest_axial_mm=longest_axial_mm(runs),
        longest_3d_mm=longest_3d_mm(runs),
        center_ras_mm=runs.central_voxel_ras_mm(),
    )


def _standardized(flr_ml: float | None, body: BodySize | None) -> tuple[StandardizedFLR, ...]:
    if flr_ml is None or body is None:
        return ()
    return tuple(
        StandardizedFLR(liver, 100 * flr_ml / liver.volume_ml) for liver in standard_livers(body)
    )
