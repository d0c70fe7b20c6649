"""Virtual resections: the plan, its cuts and edits, the remnant they leave, and what it means.

This room works on masks and values; it knows no scene and no face.
"""

from CRLMExplorerLib.resection.comparison import Comparison, compare, dice
from CRLMExplorerLib.resection.curve import Construction, CurveSurface, curve_surface
from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.errors import PlanError, ResectionError
from CRLMExplorerLib.resection.figures import ResectionFigures
from CRLMExplorerLib.resection.hepatectomy import Hepatectomy, StartingCut, starting_cut
from CRLMExplorerLib.resection.margins import TumorMargin, TumorStatus
from CRLMExplorerLib.resection.plan import RELEASED, WHOLE_LIVER, ResectionPlan
from CRLMExplorerLib.resection.plan_json import (
    plan_from_json,
    plan_to_json,
    step_from_dict,
    step_to_dict,
)
from CRLMExplorerLib.resection.resection import Resection
from CRLMExplorerLib.resection.steps import (
    EVERY_TUMOR,
    CurveCut,
    KeepLargestIsland,
    PlaneCut,
    RemoveSmallIslands,
    ScissorsCut,
    Smooth,
    Smoothing,
    SphereCut,
    Step,
    Stroke,
    WedgeCut,
    describe,
)
from CRLMExplorerLib.resection.transection import Transection
from CRLMExplorerLib.resection.undo import PlanHistory

__all__ = [
    "EVERY_TUMOR",
    "RELEASED",
    "WHOLE_LIVER",
    "Comparison",
    "Construction",
    "CurveCut",
    "CurveSurface",
    "Drawing",
    "Hepatectomy",
    "KeepLargestIsland",
    "PlanError",
    "PlanHistory",
    "PlaneCut",
    "RemoveSmallIslands",
    "Resection",
    "ResectionError",
    "ResectionFigures",
    "ResectionPlan",
    "ScissorsCut",
    "Smooth",
    "Smoothing",
    "SphereCut",
    "StartingCut",
    "Step",
    "Stroke",
    "Transection",
    "TumorMargin",
    "TumorStatus",
    "WedgeCut",
    "compare",
    "curve_surface",
    "describe",
    "dice",
    "plan_from_json",
    "plan_to_json",
    "starting_cut",
    "step_from_dict",
    "step_to_dict",
]
