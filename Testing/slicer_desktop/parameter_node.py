"""A stand-in for `slicer.parameterNodeWrapper`, on a real vtkMRMLScriptedModuleNode.

It takes the types and annotations of the original that a panel needs, refuses the others, writes
the same text into the node, and binds the same classes of widgets, derived ones not, to them.
Parameter packs, dictionaries, tuples, unions and colours are not there.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QTextEdit,
    QWidget,
)

from slicer_desktop.ctk_widgets import (
    ctkComboBox,
    ctkDoubleSpinBox,
    ctkPathLineEdit,
    ctkSliderWidget,
)
from slicer_desktop.mrml_widgets import qMRMLNodeComboBox

SlicerParameterNamePropertyName = "SlicerParameterName"
_FLOATS = (QDoubleSpinBox, ctkSliderWidget, ctkDoubleSpinBox)


@dataclass
class Default:
    value: Any


@dataclass
class Decimals:
    value: int


@dataclass
class SingleStep:
    value: float


@dataclass
class Minimum:
    minimum: float

    def validate(self, value: float) -> None:
        if value < self.minimum:
            raise ValueError(f"Value must be greater than {self.minimum}, is {value}")


@dataclass
class Maximum:
    maximum: float

    def validate(self, value: float) -> None:
        if value > self.maximum:
            raise ValueError(f"Value must be less than {self.maximum}, is {value}")


@dataclass
class WithinRange:
    minimum: float
    maximum: float

    def validate(self, value: float) -> None:
        Minimum(self.minimum).validate(value)
        Maximum(self.maximum).validate(value)


@dataclass
class Choice:
    choices: list[Any]

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"Value is {value}, but must be one of {self.choices}")


class _Parameter:
    """One parameter: how it is checked, written into the node and read from it."""

    def __init__(self, owner: type, name: str, annotated: Any) -> None:
        self.name = name
        kind = typing.get_origin(annotated) is typing.Annotated
        self.type = typing.get_args(annotated)[0] if kind else annotated
        self.annotations = list(annotated.__metadata__) if kind else []
        self.element: Any = None
        if typing.get_origin(self.type) is list:
            (self.element,) = typing.get_args(self.type)
        self._refuse_unknown(owner, self.element or self.type)
        self.default = self._default(owner)

    def found(self, kind: type) -> Any:
        """The annotation of a kind, or None."""
        return next((a for a in self.annotations if isinstance(a, kind)), None)

    def read(self, node: Any) -> Any:
        if self.element is None:
            return self._read(node, self.name, self.type)
        count = int(node.GetParameter(f"{self.name}.len"))
        return [self._read(node, f"{self.name}.{i}", self.element) for i in range(count)]

    def write(self, node: Any, value: Any) -> None:
        for annotation in self.annotations:
            if hasattr(annotation, "validate"):
                annotation.validate(value)
        if self.element is None:
            self._write(node, self.name, self.type, value)
            return
        for i, item in enumerate(value):
            self._write(node, f"{self.name}.{i}", self.element, item)
        node.SetParameter(f"{self.name}.len", str(len(value)))

    def is_in(self, node: Any) -> bool:
        return bool(node.HasParameter(self.name if self.element is None else f"{self.name}.len"))

    def _default(self, owner: type) -> Any:
        if hasattr(owner, self.name):
            return getattr(owner, self.name)
        if given := self.found(Default):
            return given.value
        if self.element is not None:
            return []
        if issubclass(self.type, Enum):
            return next(iter(self.type))
        return None if _is_node(self.type) else self.type()

    def _refuse_unknown(self, owner: type, kind: Any) -> None:
        known = kind in (int, float, str, bool, Path)
        if not known and not (
            isinstance(kind, type) and (_is_node(kind) or issubclass(kind, Enum))
        ):
            raise TypeError(f"Unable to create serializer for {owner} member {self.name}: {kind}")

    @staticmethod
    def _write(node: Any, name: str, kind: Any, value: Any) -> None:
        accepted = (int, float) if kind is float else kind
        if _is_node(kind):
            if value is not None and not isinstance(value, kind):
                raise TypeError(f"{name}: Value must be of type {kind}, is {type(value)}")
            node.SetParameter(name, "")
            node.SetNodeReferenceID(name, value.GetID() if value is not None else None)
            return
        if value is None:
            raise ValueError(f"{name}: Value must not be None")
        if not isinstance(value, accepted):
            raise TypeError(f"{name}: Value must be of type {kind}, is {type(value)} {value!r}")
        node.SetParameter(name, value.name if isinstance(value, Enum) else str(value))

    @staticmethod
    def _read(node: Any, name: str, kind: Any) -> Any:
        if _is_node(kind):
            return node.GetNodeReference(name)
        text = node.GetParameter(name)
        if kind is bool:
            return text == "True"
        return kind[text] if issubclass(kind, Enum) else kind(text)


def _is_node(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)


class _Binding:
    """A parameter and the widget that shows it."""

    def __init__(self, parameter: _Parameter, widget: QWidget) -> None:
        self.parameter = parameter
        self.widget = widget
        self.signal, self.read, self.write = self._access()
        self._take_bounds()

    def _access(self) -> tuple[str, Callable[[], Any], Callable[[Any], None]]:
        kind, widget, class_ = self.parameter.type, self.widget, type(self.widget)
        if kind is bool and class_ in (QCheckBox, QPushButton):
            if class_ is QPushButton:
                widget.checkable = True
            return self._property("toggled" if class_ is QPushButton else "stateChanged", "checked")
        if kind is int and class_ in (QSlider, QSpinBox):
            return self._property("valueChanged", "value")
        if kind in (float, int) and class_ in _FLOATS:
            signal, read, write = self._property("valueChanged", "value")
            return signal, lambda: kind(read()), write
        if kind is str and class_ in (QLineEdit, QLabel):
            return self._property("textChanged" if class_ is QLineEdit else "", "text")
        if kind is str and class_ is QTextEdit:
            return "textChanged", widget.toPlainText, widget.setPlainText
        if kind is Path and class_ is ctkPathLineEdit:
            signal, read, write = self._property("currentPathChanged", "currentPath")
            return signal, lambda: Path(read()), lambda value: write(str(value))
        if _is_node(kind) and class_ is qMRMLNodeComboBox:
            widget.nodeTypes = [kind.__name__]
            return "currentNodeChanged", widget.currentNode, widget.setCurrentNode
        if class_ in (QComboBox, ctkComboBox):
            return self._choice()
        raise RuntimeError(
            f"Unable to create GUI connector from datatype '{kind}' to widget type '{class_}'"
        )

    def _property(self, signal: str, name: str) -> tuple[str, Callable, Callable]:
        return (
            signal,
            lambda: getattr(self.widget, name),
            lambda value: setattr(self.widget, name, value),
        )

    def _choice(self) -> tuple[str, Callable, Callable]:
        kind, choice = self.parameter.type, self.parameter.found(Choice)
        is_enum = isinstance(kind, type) and issubclass(kind, Enum)
        if not is_enum and choice is None:
            raise RuntimeError("a combo box needs the Choice annotation")
        values = list(kind) if is_enum else choice.choices
        label = getattr(kind, "label", lambda value: value.name) if is_enum else str
        self.widget.clear()
        self.widget.addItems([label(value) for value in values])
        return (
            "currentIndexChanged",
            lambda: values[self.widget.currentIndex],
            lambda value: setattr(self.widget, "currentIndex", values.index(value)),
        )

    def _take_bounds(self) -> None:
        class_ = type(self.widget)
        if class_ not in (QSlider, QSpinBox, *_FLOATS):
            return
        parameter, both = self.parameter, self.parameter.found(WithinRange)
        low, high = both or parameter.found(Minimum), both or parameter.found(Maximum)
        if class_ in (QSlider, ctkSliderWidget) and not (low and high):
            raise RuntimeError(f"{parameter.name}: a slider needs a range")
        widest = (-(2**31), 2**31 - 1) if class_ in (QSlider, QSpinBox) else (-1e300, 1e300)
        self.widget.minimum = low.minimum if low else widest[0]
        self.widget.maximum = high.maximum if high else widest[1]
        if decimals := parameter.found(Decimals):
            self.widget.decimals = decimals.value
        if step := parameter.found(SingleStep):
            self.widget.singleStep = step.value


class _Gui:
    """The widgets that are bound to a parameter node until they are let go."""

    def __init__(self, wrapper: Any, bindings: list[_Binding]) -> None:
        self._wrapper = wrapper
        self._bindings = bindings
        self._is_showing = False
        self._slots: list[tuple[_Binding, Callable[[], None]]] = []
        for binding in bindings:
            binding.write(wrapper.getValue(binding.parameter.name))
            if binding.signal:
                slot = self._slot(binding)
                getattr(binding.widget, binding.signal).connect(slot)
                self._slots.append((binding, slot))
        self._tag = wrapper.AddObserver("ModifiedEvent", lambda *_: self._show())

    def end(self) -> None:
        self._wrapper.RemoveObserver(self._tag)
        for binding, slot in self._slots:
            getattr(binding.widget, binding.signal).disconnect(slot)

    def _slot(self, binding: _Binding) -> Callable[[], None]:
        def changed() -> None:
            if not self._is_showing:
                self._wrapper.setValue(binding.parameter.name, binding.read())

        return changed

    def _show(self) -> None:
        if self._is_showing:
            return
        self._is_showing = True
        try:
            for binding in self._bindings:
                binding.write(self._wrapper.getValue(binding.parameter.name))
        finally:
            self._is_showing = False


class _Methods:
    """What a wrapped class can do beside holding its parameters."""

    allParameters: dict[str, _Parameter]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._guis: dict[int, _Gui] = {}
        self._next_tag = 0
        for parameter in self.allParameters.values():
            if not parameter.is_in(parameterNode):
                parameter.write(parameterNode, parameter.default)

    def connectGui(self, gui: Any) -> int:
        widgets = vars(gui).values() if not isinstance(gui, QWidget) else gui.findChildren(QWidget)
        named = [(w.property(SlicerParameterNamePropertyName), w) for w in widgets]
        return self.connectParametersToGui({name: widget for name, widget in named if name})

    def connectParametersToGui(self, mapping: dict[str, QWidget]) -> int:
        bindings = [_Binding(self._parameter(name), widget) for name, widget in mapping.items()]
        tag = self._next_tag
        self._next_tag += 1
        self._guis[tag] = _Gui(self, bindings)
        return tag

    def disconnectGui(self, tag: int) -> None:
        if tag in self._guis:
            self._guis.pop(tag).end()

    def getValue(self, name: str) -> Any:
        return self._parameter(name).read(self.parameterNode)

    def setValue(self, name: str, value: Any) -> None:
        with self._at_once():
            self._parameter(name).write(self.parameterNode, value)

    def default(self, name: str) -> Any:
        return Default(self._parameter(name).default)

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, was_modified: int) -> None:
        self.parameterNode.EndModify(was_modified)

    def AddObserver(self, event: Any, callback: Callable, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()

    def _parameter(self, name: str) -> _Parameter:
        if name not in self.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}")
        return self.allParameters[name]

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        was_modified = self.parameterNode.StartModify()
        try:
            yield
        finally:
            self.parameterNode.EndModify(was_modified)


def parameterNodeWrapper(class_: type | None = None) -> Any:
    """Make the annotated attributes of a class the typed parameters of a parameter node."""
    if class_ is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(class_, include_extras=True)
    parameters = {name: _Parameter(class_, name, hint) for name, hint in hints.items()}
    members = dict(vars(_Methods))
    for reserved in set(members) & set(vars(class_)) - {"__dict__", "__weakref__", "__doc__"}:
        if not reserved.startswith("__"):
            raise ValueError(f"Cannot use reserved name '{reserved}' in a parameterNodeWrapper")
    for name, member in members.items():
        if name not in ("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__"):
            setattr(class_, name, member)
    for name in parameters:
        setattr(class_, name, _property(name))
    class_.allParameters = parameters  # type: ignore[attr-defined]
    return class_


def _property(name: str) -> property:
    return property(
        lambda self: self.getValue(name), lambda self, value: self.setValue(name, value)
    )


def module() -> ModuleType:
    """`slicer.parameterNodeWrapper`."""
    found = ModuleType("slicer.parameterNodeWrapper")
    for name in (
        "parameterNodeWrapper",
        "SlicerParameterNamePropertyName",
        "Default",
        "Decimals",
        "SingleStep",
        "Minimum",
        "Maximum",
        "WithinRange",
        "Choice",
    ):
        setattr(found, name, globals()[name])
    return found
