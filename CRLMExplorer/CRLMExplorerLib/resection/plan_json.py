"""A resection plan as JSON text, and back with every doubt said.

The text carries a version; one that this program does not know it does not guess at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from CRLMExplorerLib.resection.drawing import Drawing
from CRLMExplorerLib.resection.dso_reference import DsoReference
from CRLMExplorerLib.resection.errors import PlanError
from CRLMExplorerLib.resection.plan import ResectionPlan
from CRLMExplorerLib.resection.steps import (
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
)

FORMAT = "crlm-explorer-resection-plan"
VERSION = 1

_KINDS: dict[str, type] = {
    "plane": PlaneCut,
    "curve": CurveCut,
    "wedge": WedgeCut,
    "sphere": SphereCut,
    "stroke": Stroke,
    "scissors": ScissorsCut,
    "drawing": Drawing,
    "keep-largest-island": KeepLargestIsland,
    "remove-small-islands": RemoveSmallIslands,
    "smooth": Smooth,
}
_KIND_OF = {step: kind for kind, step in _KINDS.items()}
_HEADER = ("patient_id", "ct_series_uid", "start")


def plan_to_json(plan: ResectionPlan) -> str:
    """Write a plan as JSON; the same plan always as the same text."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(plan, name) for name in _HEADER},
        "start_dso": asdict(plan.start_dso) if plan.start_dso else None,
        "steps": [step_to_dict(step) for step in plan.steps],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


def plan_from_json(text: str) -> ResectionPlan:
    """Read a plan.

    Raises
    ------
    PlanError
        If the text is cut off or no JSON, of another format or a newer version, has fields missing
        or unknown, or describes a step that is impossible (NaN, a normal of length 0, a negative
        margin).
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError(
            f"the plan cannot be read, it may be cut off: line {error.lineno}, column "
            f"{error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise PlanError("the plan cannot be read: it is nested too deeply") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PlanError(f'this is no resection plan: expected "format": "{FORMAT}"')
    version = content.get("version")
    if version != VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > VERSION
        raise PlanError(
            f"the plan has version {version!r}{', newer than this program' if newer else ''}: "
            f"expected {VERSION}"
        )
    _require_fields(
        "the plan", content, {"format", "version", "start", "steps"}, {*_HEADER, "start_dso"}
    )
    for name in _HEADER:
        if not isinstance(content.get(name), str | None):
            raise PlanError(f"the plan's {name} is {content[name]!r}: expected text")
    if content["start"] is None or not isinstance(content["steps"], list):
        raise PlanError("the plan lacks a start or a list of steps")
    steps = tuple(step_from_dict(step, n) for n, step in enumerate(content["steps"], start=1))
    return ResectionPlan(
        content.get("patient_id"),
        content.get("ct_series_uid"),
        content["start"],
        steps,
        _start_dso(content.get("start_dso")),
    )


def step_to_dict(step: Step) -> dict[str, object]:
    """A step as JSON has it."""
    return {
        "kind": _KIND_OF[type(step)],
        **{field.name: getattr(step, field.name) for field in fields(step)},
    }


def step_from_dict(content: object, number: int = 1) -> Step:
    """Read a step from what JSON has.

    Parameters
    ----------
    number
        Its place in the plan, from 1, for messages.

    Raises
    ------
    PlanError
        If it is of an unknown kind, or a value is missing or impossible.
    """
    where = f"step {number} of the plan"
    if not isinstance(content, Mapping):
        raise PlanError(f"{where} is {content!r}: expected an object with a kind")
    kind = content.get("kind")
    step_type = _KINDS.get(kind) if isinstance(kind, str) else None
    if step_type is None:
        raise PlanError(f"{where} is of kind {kind!r}: expected one of {', '.join(_KINDS)}")
    types = get_type_hints(step_type)
    needed = {field.name for field in fields(step_type) if field.default is MISSING}
    _require_fields(f"{where} ({kind})", content, {"kind", *needed}, set(types))
    try:
        values = {
            name: _value(f"{name}", content[name], types[name]) for name in types if name in content
        }
        step: Step = step_type(**values)
    except PlanError as error:
        raise PlanError(f"{where} ({kind}): {error}") from error
    return step


def _start_dso(content: object) -> DsoReference | None:
    """The DSO that a plan starts from; plans of the first days do not name it."""
    if content is None:
        return None
    names = {field.name for field in fields(DsoReference)}
    if not isinstance(content, Mapping):
        raise PlanError(f"the plan's start_dso is {content!r}: expected {', '.join(sorted(names))}")
    _require_fields("the plan's start_dso", content, names, set())
    return DsoReference(**{name: str(_value(name, content[name], str)) for name in names})


def _require_fields(what: str, content: Mapping, needed: set[str], allowed: set[str]) -> None:
    if missing := sorted(needed - set(content)):
        raise PlanError(f"{what} lacks {', '.join(missing)}")
    if unknown := sorted(str(name) for name in set(content) - needed - allowed):
        raise PlanError(f"{what} has unknown fields: {', '.join(unknown)}")


def _value(name: str, value: object, expected: object) -> object:
    """A JSON value as the step's field has it."""
    if get_origin(expected) in (Union, UnionType):
        if value is None:
            return None
        (expected,) = (kind for kind in get_args(expected) if kind is not NoneType)
    if get_origin(expected) is tuple:
        return _tuple(name, value, get_args(expected))
    if expected is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise PlanError(f"{name} is too large") from error
    if expected is Smoothing and value in [method.value for method in Smoothing]:
        return Smoothing(value)
    if expected in (bool, int, str) and type(value) is expected:
        return value
    wanted = {
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        str: "text",
    }.get(
        expected,  # type: ignore[call-overload]
        "median, opening or closing",
    )
    raise PlanError(f"{name} is {value!r}: expected {wanted}")


def _tuple(name: str, value: object, kinds: tuple) -> tuple:
    is_point = Ellipsis not in kinds
    if not isinstance(value, list) or (is_point and len(value) != len(kinds)):
        wanted = f"{len(kinds)} numbers" if is_point else "a list of points"
        raise PlanError(f"{name} is {value!r}: expected {wanted}")
    return tuple(_value(name, item, kinds[0]) for item in value)
