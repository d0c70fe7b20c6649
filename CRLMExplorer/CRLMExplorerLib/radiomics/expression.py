"""Regions of interest in words: ``ring(tumors, 10 mm) & liver`` read into a small tree.

This file knows the words and the grammar; it knows no masks. Expressions are read from left to
right; ``&`` binds tighter than ``-``, ``+`` and ``|``, and parentheses bind tightest::

    expression    intersection, then any number of: + or | or - intersection
    intersection  operand, then any number of: & operand
    operand       ( expression ) | name | erode(expression, r mm), likewise dilate and ring
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.radiomics.errors import RegionError
from CRLMExplorerLib.radiomics.suggestion import suggestion

GREATEST_DISTANCE_MM = 100.0
"""Further than this no region of a liver reaches, and no mistyped number should be computed."""

_LONGEST = 500
_DEEPEST = 20

_ROLES = {
    "liver": (Role.LIVER,),
    "remnant": (Role.REMNANT,),
    "flr": (Role.REMNANT,),
    "hepatic vein": (Role.HEPATIC_VEIN,),
    "portal vein": (Role.PORTAL_VEIN,),
    "vessels": (Role.HEPATIC_VEIN, Role.PORTAL_VEIN),
    "tumors": (Role.TUMOR,),
}
_EACH_TUMOR = "each tumor"
_LARGEST_TUMOR = "largest tumor"
_NAMES = (*_ROLES, _EACH_TUMOR, _LARGEST_TUMOR)
_FUNCTIONS = ("erode", "dilate", "ring")
_UNION = {"+": "|", "|": "|", "-": "-"}

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?|\.\d+)(?=\s*(?:mm\b|[^\w.]|$))
      | (?P<word>\w+)
      | "(?P<double>[^"]*)"
      | '(?P<single>[^']*)'
      | (?P<sign>[-+|&(),])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Segments:
    """All segments of some roles together.

    Attributes
    ----------
    name
        As the expression's language calls them.
    roles
        Which segments.
    """

    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Labelled:
    """The segment with a label."""

    label: str


@dataclass(frozen=True)
class EachTumor:
    """One tumour; the region is made once for each."""


@dataclass(frozen=True)
class LargestTumor:
    """The tumour with the most voxels."""


@dataclass(frozen=True)
class Combined:
    """Two regions made one.

    Attributes
    ----------
    operator
        ``|`` for either, ``&`` for both, ``-`` for the left without the right.
    """

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Moved:
    """A region whose surface is moved by a distance.

    Attributes
    ----------
    function
        ``dilate`` for what lies within the distance, ``erode`` for what lies further inside than
        that, ``ring`` for what is dilated without the region itself.
    """

    function: str
    inner: Expression
    distance_mm: float


Expression = Segments | Labelled | EachTumor | LargestTumor | Combined | Moved


def parse_expression(text: str) -> Expression:
    """Read an expression.

    Raises
    ------
    RegionError
        If it does not follow the grammar or has a name that is none; says where.
    """
    if len(text) > _LONGEST:
        raise RegionError(f"A region has at most {_LONGEST} characters; found {len(text)}.")
    return _Reader(text).whole()


def is_for_each_tumor(expression: Expression) -> bool:
    """Whether the region is made once for each tumour."""
    if isinstance(expression, Combined):
        return is_for_each_tumor(expression.left) or is_for_each_tumor(expression.right)
    if isinstance(expression, Moved):
        return is_for_each_tumor(expression.inner)
    return isinstance(expression, EachTumor)


@dataclass(frozen=True)
class _Token:
    """A piece of text: its kind, its text and the character at which it starts, from 1."""

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"“{self.text}”"


class _Reader:
    """Goes through an expression token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._expression()
        if self._next.kind != "end":
            raise self._error("+, -, | or &")
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[0]

    def _take(self) -> _Token:
        return self._tokens.pop(0)

    def _skip(self, sign: str, expected: str) -> None:
        if self._next != _Token("sign", sign, self._next.at):
            raise self._error(expected)
        self._take()

    def _error(self, expected: str) -> RegionError:
        return _error(self._text, self._next.at, f"found {self._next}, expected {expected}")

    def _expression(self) -> Expression:
        left = self._intersection()
        while self._next.kind == "sign" and self._next.text in _UNION:
            operator = _UNION[self._take().text]
            left = Combined(operator, left, self._intersection())
        return left

    def _intersection(self) -> Expression:
        left = self._operand()
        while self._next.kind == "sign" and self._next.text == "&":
            self._take()
            left = Combined("&", left, self._operand())
        return left

    def _operand(self) -> Expression:
        if self._next.kind == "label":
            return Labelled(self._take().text)
        if self._next.kind == "word":
            return self._named()
        self._skip("(", "a name or (")
        expression = self._nested()
        self._skip(")", ")")
        return expression

    def _nested(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"at most {_DEEPEST} parentheses in each other")
        expression = self._expression()
        self._depth -= 1
        return expression

    def _named(self) -> Expression:
        first = self._take()
        if self._next.kind == "sign" and self._next.text == "(":
            return self._moved(first)
        words = [first.text]
        while self._next.kind == "word":
            words.append(self._take().text)
        return _named(self._text, first.at, " ".join(words))

    def _moved(self, name: _Token) -> Expression:
        function = name.text.lower()
        if function not in _FUNCTIONS:
            raise _error(
                self._text,
                name.at,
                f"no function is called {name}{suggestion(function, _FUNCTIONS)}",
            )
        self._take()
        inner = self._nested()
        self._skip(",", "a comma and a distance in mm")
        distance_mm = self._distance_mm()
        self._skip(")", "mm or )")
        return Moved(function, inner, distance_mm)

    def _distance_mm(self) -> float:
        token = self._next
        if token.kind != "number" or not 0 < float(token.text) <= GREATEST_DISTANCE_MM:
            raise self._error(f"a distance above 0 and up to {GREATEST_DISTANCE_MM:g} mm")
        self._take()
        if self._next.kind == "word" and self._next.text == "mm":
            self._take()
        return float(token.text)


def _tokens(text: str) -> Iterator[_Token]:
    end = 0
    while text[end:].strip():
        found = _TOKEN.match(text, end)
        if found is None:
            at = end + len(text[end:]) - len(text[end:].lstrip())
            raise _error(text, at + 1, f"“{text[at]}” has no meaning here")
        kind = found.lastgroup or ""
        label = kind in ("double", "single")
        yield _Token("label" if label else kind, found[kind], found.start(kind) + 1 - label)
        end = found.end()
    yield _Token("end", "", len(text) + 1)


def _named(text: str, at: int, words: str) -> Expression:
    name = words.lower().replace("tumour", "tumor")
    if name in _ROLES:
        return Segments(name, _ROLES[name])
    if name == _EACH_TUMOR:
        return EachTumor()
    if name == _LARGEST_TUMOR:
        return LargestTumor()
    # Roles have no digits and underscores in them, so such a word can be no mistyped role.
    if " " not in words and re.search(r"[\d_]", words):
        return Labelled(words)
    what = f"“{words}” is no role, and a segment's label stands in quotes"
    raise _error(text, at, what + suggestion(name, _NAMES))


def _error(text: str, at: int, what: str) -> RegionError:
    end = "" if what.endswith("?") else "."
    return RegionError(f"“{text}”, character {at}: {what}{end}")
