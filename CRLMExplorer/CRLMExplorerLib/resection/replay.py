"""Carry out a plan's steps one after the other, and remember what each left.

Moving the last cut then carries out this cut alone, and undo costs nothing. It knows voxels, not
what they mean to a reader.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.geometry.mask import BoolArray
from CRLMExplorerLib.resection.balls import depth_in_sphere, sphere, swept, wedge
from CRLMExplorerLib.resection.crossings import MIDWAY, Crossings, Reach
from CRLMExplorerLib.resection.curve import curve_surface
from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.errors import PlanError
from CRLMExplorerLib.resection.halves import depth_beyond_plane, inside_outline, kept_by_plane
from CRLMExplorerLib.resection.liver_box import LiverBox
from CRLMExplorerLib.resection.region import DeepRegion, Region
from CRLMExplorerLib.resection.steps import (
    EVERY_TUMOR,
    CurveCut,
    KeepLargestIsland,
    PlaneCut,
    RemoveSmallIslands,
    ScissorsCut,
    Smooth,
    SphereCut,
    Step,
    Stroke,
    WedgeCut,
)
from CRLMExplorerLib.resection.tidy import islands, smooth

_STATES = 8
"""Remembered; each takes a byte a voxel of the liver's box."""

_WEDGES = 70


@dataclass(frozen=True, eq=False)
class State:
    """What some steps left.

    Attributes
    ----------
    start, steps
        The start and the steps.
    remnant
        Boolean array of the liver's box that cannot be written to.
    idle
        Numbers, from 1, of the steps that changed no voxel.
    """

    start: str
    steps: tuple[Step, ...]
    remnant: BoolArray
    idle: tuple[int, ...]

    def leads_to(self, start: str, steps: tuple[Step, ...]) -> bool:
        """Whether these steps begin with the state's."""
        return self.start == start and self.steps == steps[: len(self.steps)]


class Replay:
    """The remnants that plans leave of one patient's liver.

    Parameters
    ----------
    box
        The liver's box.
    tumors
        Label to voxels.
    starts
        Remnants to start from, by name.
    """

    def __init__(
        self, box: LiverBox, tumors: Mapping[str, Mask], starts: Mapping[str, Mask]
    ) -> None:
        self._box = box
        self._tumors = tumors
        self._starts = starts
        self._known: list[State] = []
        self._wedges: OrderedDict[tuple[str, float], DeepRegion] = OrderedDict()

    def state(self, start: str, steps: tuple[Step, ...]) -> State:
        """What the steps leave.

        Raises
        ------
        PlanError
            If the start or a tumour is not there, or a curve cannot be cut along.
        """
        before = [state for state in self._known if state.leads_to(start, steps)]
        state = max(before, key=lambda known: len(known.steps), default=None)
        if state is None:
            state = self._started(start)
        self._remember(state)
        for number, step in enumerate(steps[len(state.steps) :], start=len(state.steps) + 1):
            try:
                remnant = self._after(state.remnant, step)
            except PlanError as error:
                raise PlanError(f"step {number} of the plan: {error}") from error
            is_idle = np.array_equal(remnant, state.remnant)
            idle = (*state.idle, number) if is_idle else state.idle
            state = State(start, steps[:number], remnant, idle)
            self._remember(state)
        return state

    def crossings(self, state: State) -> Crossings:
        """Where the steps part specimen and remnant."""
        cuts = (reach for step in state.steps for reach in self._reaches(step))
        return Crossings(self._box, self._starts[state.start], tuple(cuts))

    def _reaches(self, step: Step) -> Iterator[Reach]:
        """How far a step reaches, where that is known between voxels."""
        box = self._box
        match step:
            case PlaneCut(point, normal):
                yield Reach(partial(depth_beyond_plane, box, point_ras_mm=point, normal_ras=normal))
            case CurveCut():
                yield Reach(partial(curve_surface(step).depth_mm, box))
            case SphereCut(center, radius):
                yield Reach(partial(depth_in_sphere, box, center_ras_mm=center, radius_mm=radius))
            case WedgeCut():
                # It counts from the centres of the tumour's voxels; the tumour's surface lies half
                # a voxel outside of them.
                yield from (Reach(wedge.depth_at, MIDWAY) for wedge in self._wedges_of(step))

    def _started(self, start: str) -> State:
        if start not in self._starts:
            raise PlanError(
                f"the plan starts from {start!r}, which is not there: expected one of "
                f"{', '.join(self._starts)}"
            )
        return State(start, (), self._starts[start].within(self._box.box), ())

    def _remember(self, state: State) -> None:
        """Keep a state as the one used last."""
        state.remnant.flags.writeable = False
        self._known = [*(known for known in self._known if known is not state), state]
        del self._known[:-_STATES]

    def _after(self, remnant: BoolArray, step: Step) -> BoolArray:
        """What a step leaves of a remnant."""
        box = self._box
        match step:
            case PlaneCut():
                return remnant & kept_by_plane(box, step.point_ras_mm, step.normal_ras)
            case CurveCut():
                return curve_surface(step).kept(box, remnant)
            case WedgeCut():
                return self._removed(remnant, *(wedge.region for wedge in self._wedges_of(step)))
            case SphereCut():
                return self._removed(remnant, sphere(box, step.center_ras_mm, step.radius_mm))
            case Stroke():
                change = self._added if step.adds else self._removed
                return change(remnant, swept(box, step))
            case ScissorsCut():
                inside = inside_outline(box, step.points_ras_mm, step.normal_ras)
                return remnant | (inside & box.liver) if step.adds else remnant & ~inside
            case Drawing():
                return self._drawn(remnant, step)
            case KeepLargestIsland():
                return islands(box, remnant)
            case RemoveSmallIslands():
                return islands(box, remnant, step.below_ml)
            case Smooth():
                return smooth(box, remnant, step)

    def _removed(self, remnant: BoolArray, *regions: Region) -> BoolArray:
        out = remnant.copy()
        for region in regions:
            out[region.window] &= ~region.voxels
        return out

    def _added(self, remnant: BoolArray, region: Region) -> BoolArray:
        out = remnant.copy()
        out[region.window] |= region.voxels & self._box.liver[region.window]
        return out

    def _drawn(self, remnant: BoolArray, drawing: Drawing) -> BoolArray:
        added, removed = (mask.within(self._box.box) for mask in drawing.masks(self._box.grid))
        return (remnant & ~removed) | (added & self._box.liver)

    def _wedges_of(self, cut: WedgeCut) -> list[DeepRegion]:
        if cut.tumor == EVERY_TUMOR:
            return [self._wedge(tumor, cut.margin_mm) for tumor in self._tumors]
        if cut.tumor not in self._tumors:
            known = ", ".join(self._tumors) or "none"
            raise PlanError(
                f"the patient has no tumour segment {cut.tumor!r} with voxels: expected one of "
                f"{known}"
            )
        return [self._wedge(cut.tumor, cut.margin_mm)]

    def _wedge(self, tumor: str, margin_mm: float) -> DeepRegion:
        key = (tumor, margin_mm)
        if key not in self._wedges:
            self._wedges[key] = wedge(self._box, self._tumors[tumor], margin_mm)
            if len(self._wedges) > _WEDGES:
                self._wedges.popitem(last=False)
        return self._wedges[key]
