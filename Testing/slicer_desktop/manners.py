"""PythonQt's manners for PySide6's objects.

Python meets Qt objects in Slicer through PythonQt, whose objects differ from PySide6's: a property
is a value, a signal is connected by its signature too, a wrapper takes no attributes of its own.
`assume` gives PySide6's classes these manners, for the whole process, until `drop` takes them back.
The rules are those of PythonQt's instance wrapper, class information and signal receiver.
"""

from __future__ import annotations

import inspect
import sys
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import FunctionType, MethodType
from typing import Any

import shiboken6
from PySide6 import QtCore, QtGui, QtSvgWidgets, QtUiTools, QtWidgets
from PySide6.QtCore import QMetaMethod, QObject

Get = Callable[[QObject, str], Any]
Set = Callable[[QObject, str, Any], None]

_STAND_INS = "slicer_desktop."
_RENAMED = {"exec_": "exec"}
_ASKED_BY_PYSIDE = {"connectNotify", "disconnectNotify"}
_get: Get = QObject.__getattribute__
_set: dict[type, Set] = {}
_relays: list[weakref.ref[_Relay]] = []
_forms: dict[tuple[type, str], list[str]] = {}
_known_names: Callable[[type, str], bool] = lambda class_, name: True  # noqa: E731

slot_errors: list[BaseException] = []
"""What functions connected to signals raised; PythonQt prints it and goes on."""


def assume(known_names: Callable[[type, str], bool]) -> None:
    """Give all Qt classes PythonQt's manners.

    Parameters
    ----------
    known_names
        Whether Slicer's PythonQt knows a name of a Qt class, given the class and the name.
    """
    global _known_names
    _known_names = known_names
    QObject.__getattribute__ = _read
    for class_ in _qt_classes():
        if "__setattr__" in vars(class_):
            _set[class_] = class_.__setattr__
            class_.__setattr__ = _write


def drop() -> None:
    """Let PySide6 be itself again."""
    QObject.__getattribute__ = _get
    for class_, original in _set.items():
        class_.__setattr__ = original
    _set.clear()
    _relays.clear()
    slot_errors.clear()


def _qt_classes() -> set[type]:
    return {
        class_
        for module in (QtCore, QtGui, QtWidgets, QtUiTools, QtSvgWidgets)
        for class_ in (getattr(module, name) for name in dir(module))
        if isinstance(class_, type) and issubclass(class_, QObject)
    }


def _read(self: QObject, name: str) -> Any:
    """What `object.name` gives in PythonQt."""
    if name.startswith("__") or name in _ASKED_BY_PYSIDE or _is_of_python(self, name):
        return _get(self, name)
    cpp_class = _cpp_class(type(self))
    if not shiboken6.isValid(self):
        raise ValueError(f"Trying to use '{name}' of a destroyed {cpp_class.__name__} object")
    if name in _EXTRAS:
        return MethodType(_EXTRAS[name], self)
    name = _RENAMED.get(name, name)
    index, _ = _property(self, name)
    if index >= 0 and _is_known_property(self, name):
        return _value_of_property(self, name)
    if _known_names(cpp_class, name):
        if signatures := _signatures(self, name):
            return BoundSignal(self, signatures[0])
        with suppress(AttributeError):
            return _get(self, name)
    if name.encode() in QObject.dynamicPropertyNames(self):
        return QObject.property(self, name)
    for child in QObject.children(self):
        if _is_named(child, name):
            return child
    raise AttributeError(f"{cpp_class.__name__} has no attribute named '{name}'")


_being_read: set[tuple[int, str]] = set()


def _value_of_property(self: QObject, name: str) -> Any:
    """A property's value; PySide6 looks for an override of its reader by the same name."""
    key = id(self), name
    if key in _being_read:
        return _get(self, name)
    _being_read.add(key)
    try:
        return _python_value(QObject.property(self, _qt_name(name)))
    finally:
        _being_read.discard(key)


def _write(self: QObject, name: str, value: Any) -> None:
    """What `object.name = value` does in PythonQt."""
    # PySide6 keeps the signals of an object among its attributes.
    is_of_pyside = name.startswith("__") or isinstance(value, QtCore.SignalInstance)
    if is_of_pyside or not shiboken6.isValid(self):
        _set_of_python(self, name, value)
        return
    class_name = _cpp_class(type(self)).__name__
    index, declared = _property(self, name)
    if index >= 0 and _is_known_property(self, name):
        if not declared.isWritable():
            raise AttributeError(f"Property '{name}' of {class_name} object is not writable")
        of_qt = list(value) if isinstance(value, tuple) else value
        if value is None or not QObject.setProperty(self, _qt_name(name), of_qt):
            raise AttributeError(
                f"Property '{name}' of type '{declared.typeName()}' does not accept an object of "
                f"type {type(value).__name__} ({value!r})"
            )
    elif _is_private_to_a_stand_in(self, name):
        _set_of_python(self, name, value)
    elif hasattr(_cpp_class(type(self)), name):
        raise AttributeError(f"'{name}' can not be overwritten on {class_name} object")
    elif name.encode() in QObject.dynamicPropertyNames(self):
        QObject.setProperty(self, name, value)
    elif _cpp_class(type(self)) is not type(self):
        _set_of_python(self, name, value)
    elif _is_named(value, name) and value in self.findChildren(QObject):
        # PySide6's loader of .ui files tries to give a widget its children as attributes; in
        # PythonQt they can be read as such anyway.
        return
    else:
        raise AttributeError(
            f"'{name}' does not exist on {class_name} and creating new attributes on C++ objects "
            "is not allowed"
        )


def _set_of_python(self: QObject, name: str, value: Any) -> None:
    described = next((vars(c)[name] for c in type(self).__mro__ if name in vars(c)), None)
    if hasattr(described, "__set__"):
        described.__set__(self, value)
    else:
        object.__getattribute__(self, "__dict__")[name] = value


def _cpp_class(class_: type) -> type:
    """The class that would be C++ in Slicer: the class itself, or the one Python derives from."""
    return next(c for c in class_.__mro__ if c.__module__.startswith(("PySide6.", _STAND_INS)))


def _is_of_python(self: QObject, name: str) -> bool:
    """Whether Python code, of a derived class or a stand-in, defines the name."""
    # PySide6 keeps the signals of an object among its attributes.
    attributes = object.__getattribute__(self, "__dict__")
    if name in attributes and not isinstance(attributes[name], QtCore.SignalInstance):
        return True
    for class_ in type(self).__mro__:
        if class_.__module__.startswith("PySide6."):
            return False
        if name in vars(class_):
            found = vars(class_)[name]
            return not isinstance(found, (QtCore.Signal, QtCore.Property))
    return False


def _is_private_to_a_stand_in(self: QObject, name: str) -> bool:
    return name.startswith("_") and any(
        class_.__module__.startswith(_STAND_INS) for class_ in type(self).__mro__
    )


def _is_named(value: Any, name: str) -> bool:
    return isinstance(value, QObject) and QObject.objectName(value) == name


def _qt_name(name: str) -> str:
    return "objectName" if name == "name" else name


def _property(self: QObject, name: str) -> tuple[int, QtCore.QMetaProperty]:
    meta = QObject.metaObject(self)
    index = meta.indexOfProperty(_qt_name(name))
    return index, meta.property(index)


def _is_known_property(self: QObject, name: str) -> bool:
    """Not a property that came with Qt 6."""
    of_stand_in = any(
        name in vars(c) for c in type(self).__mro__ if not c.__module__.startswith("PySide6.")
    )
    return of_stand_in or _known_names(_cpp_class(type(self)), _qt_name(name))


def _python_value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class BoundSignal:
    """A signal of an object, as PythonQt gives it for `object.signal`.

    Parameters
    ----------
    sender
        The object that emits it.
    signature
        The signal as Qt writes it, e.g. ``clicked(bool)``.
    """

    def __init__(self, sender: QObject, signature: str) -> None:
        self._sender = sender
        self._signature = signature

    def connect(self, target: Callable | BoundSignal) -> bool:
        """Call ``target`` whenever the signal is emitted."""
        if not callable(target):
            raise TypeError(f"{self._signature}: connect() expects something that can be called")
        relay = _Relay(self._sender, self._signature, target)
        _relays.append(weakref.ref(relay))
        QObject.connect(self._sender, "2" + self._signature, relay)
        return True

    def disconnect(self, target: Callable | BoundSignal | None = None) -> bool:
        """Do not call ``target`` any more; without one, call nobody."""
        relays = [relay for relay in _living_relays() if relay.is_of(self._sender, self._signature)]
        if target is not None:
            relays = [relay for relay in relays if relay.target == target][:1]
        for relay in relays:
            QObject.disconnect(self._sender, "2" + self._signature, relay)
            relay.sender = 0
        return bool(relays)

    def emit(self, *values: Any) -> None:
        """Emit the signal."""
        _get(self._sender, self._signature.split("(")[0]).emit(*values)

    __call__ = emit


class _Relay:
    """Hands a signal's arguments on, as many as the target takes. Qt alone keeps it alive."""

    def __init__(self, sender: QObject, signature: str, target: Callable) -> None:
        self.sender = shiboken6.getCppPointer(sender)[0]
        self.signature = signature
        self.target = target
        self._limit = _argument_limit(target)

    def __call__(self, *values: Any) -> None:
        try:
            self.target(*values[: self._limit])
        except Exception as error:
            traceback.print_exc()
            slot_errors.append(error)

    def is_of(self, sender: QObject, signature: str) -> bool:
        return (self.sender, self.signature) == (shiboken6.getCppPointer(sender)[0], signature)


def _living_relays() -> list[_Relay]:
    relays = [relay for relay in (reference() for reference in _relays) if relay is not None]
    _relays[:] = [weakref.ref(relay) for relay in relays]
    return relays


def _argument_limit(target: Callable) -> int | None:
    """How many arguments PythonQt hands to a function or method; None for all there are."""
    function = target.__func__ if isinstance(target, MethodType) else target
    if not isinstance(function, FunctionType) or function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - isinstance(target, MethodType)


def _signatures(self: QObject, name: str) -> list[str]:
    """The forms of a signal, the one with most arguments first; none if there is no such signal."""
    key = type(self), name
    if key not in _forms:
        _forms[key] = _forms_of_signal(QObject.metaObject(self), name)
    return _forms[key]


def _forms_of_signal(meta: QtCore.QMetaObject, name: str) -> list[str]:
    methods = (meta.method(index) for index in range(meta.methodCount()))
    found = [
        bytes(method.methodSignature().data()).decode()
        for method in methods
        if method.methodType() == QMetaMethod.MethodType.Signal
        and bytes(method.name().data()).decode() == name
    ]
    found.sort(key=lambda form: 0 if form.endswith("()") else 1 + form.count(","), reverse=True)
    return found


def _signal_like(self: QObject, asked: str) -> BoundSignal | None:
    """The signal that a text such as ``clicked(bool)`` names; None, and a print, without one."""
    asked = asked.lstrip("0123456789")
    name = asked.split("(")[0]
    declared = getattr(type(self), "CPP_SIGNALS", {}).get(name)
    normal = bytes(QtCore.QMetaObject.normalizedSignature(asked).data()).decode()
    signatures = _signatures(self, name)
    if declared is not None and normal == declared and signatures:
        return BoundSignal(self, signatures[0])
    if declared is None and normal in signatures:
        return BoundSignal(self, normal)
    print(
        f"QObject::connect() signal '{asked}' does not exist on {type(self).__name__}",
        file=sys.stderr,
    )
    return None


def _connect(self: QObject, signature: str, target: Any, slot: str | None = None) -> bool:
    signal = _signal_like(self, signature)
    if signal is None:
        return False
    return signal.connect(target if slot is None else getattr(target, slot.split("(")[0]))


def _disconnect(self: QObject, signature: str, target: Any = None, slot: str | None = None) -> bool:
    signal = _signal_like(self, signature)
    if signal is None:
        return False
    return signal.disconnect(target if slot is None else getattr(target, slot.split("(")[0]))


def _class_name(self: QObject) -> str:
    return type(self).__name__


def _inherits(self: QObject, class_name: str) -> bool:
    return any(class_.__name__ == class_name for class_ in type(self).__mro__)


def _delete(self: QObject) -> None:
    shiboken6.delete(self)


_EXTRAS: dict[str, Callable] = {
    "connect": _connect,
    "disconnect": _disconnect,
    "className": _class_name,
    "inherits": _inherits,
    "delete": _delete,
}
