"""pyradiomics' parameter files with regions: read with every doubt said, and written.

A file is YAML or JSON with pyradiomics' own blocks ``setting``, ``imageType``, ``featureClass`` and
``voxelSetting``, which mean what they mean there, and ``regions``. It is read by the YAML library
that pyradiomics itself reads it with, for YAML's versions differ in what is a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from CRLMExplorerLib.radiomics.errors import ParameterError, RegionError
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.radiomics.regions import DEFAULT_REGIONS, checked_region
from CRLMExplorerLib.radiomics.setting_rules import (
    FEATURE_CLASSES,
    IMAGE_TYPES,
    SETTINGS,
    VOXEL_SETTINGS,
    Rule,
    features_of,
    wavelets,
)
from CRLMExplorerLib.radiomics.suggestion import suggestion

_BLOCKS = ("setting", "imageType", "featureClass", "voxelSetting", "regions")
_TAG = "tag:yaml.org,2002:"
_LONGEST_SHOWN = 60


def read_parameters(path: Path) -> Parameters:
    """Read a parameter file.

    Of a file without image types or feature classes, what pyradiomics takes: the original image,
    and all classes; without regions, `DEFAULT_REGIONS`. Settings that the file leaves out are
    pyradiomics' defaults and not among the parameters. ``voxelSetting`` is checked and left out,
    for it decides no feature of a region.

    Raises
    ------
    ParameterError
        If there is no such file or it is not usable: names file, line and key, what was found and
        what was expected.
    """
    return _read(parameter_text(path), path.stem, str(path))


def parameter_text(path: Path) -> str:
    """The text of a parameter file as it stands.

    Raises
    ------
    ParameterError
        If there is no such file or it is no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"0x{content[error.start]:02X}"
        raise ParameterError(
            f"{path}, line {line}: found the byte {found}, expected text in UTF-8."
        ) from error


def parameters_from_text(text: str, name: str) -> Parameters:
    """Read the text of a parameter file; see `read_parameters`.

    Parameters
    ----------
    name
        What the parameters, and errors, are called.

    Raises
    ------
    ParameterError
        If the text is not usable.
    """
    return _read(text, name, name)


def parameters_to_text(parameters: Parameters) -> str:
    """Write parameters as a parameter file, from which the same parameters are read.

    Values are JSON, which YAML includes; comments of the file that they came from are not kept.
    """
    lines = ["setting:" if parameters.settings else "setting: {}"]
    lines += [f"  {key}: {_json(value)}" for key, value in parameters.settings.items()]
    lines += ["", "imageType:"]
    lines += [f"  {key}: {_json(dict(own))}" for key, own in parameters.image_types.items()]
    lines += ["", "featureClass:"]
    for key, features in parameters.feature_classes.items():
        lines += [f"  {key}:" if features else f"  {key}: []"]
        lines += [f"    - {feature}" for feature in features]
    if parameters.regions:
        lines += ["", "regions:"]
        lines += [f"  - {_json(one.name)}: {_json(one.expression)}" for one in parameters.regions]
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read(text: str, name: str, where: str) -> Parameters:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
    except ImportError as error:
        raise ParameterError(
            f"{where} cannot be read without ruamel.yaml: pip install crlm-explorer[radiomics]"
        ) from error
    yaml = YAML(typ="safe", pure=True)
    # JSON may be indented by tabs, which YAML forbids; within JSON's strings there are none.
    is_json = text.lstrip().startswith("{")
    try:
        root = yaml.compose(text.replace("\t", " ") if is_json else text)
        if root is None:
            raise ParameterError(
                f"{where} is empty, expected {', '.join(_BLOCKS[:-1])} or {_BLOCKS[-1]}."
            )
        file = _File(where, lambda node: yaml.constructor.construct_object(node, deep=True))
        return _parameters(file, name, root)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ParameterError(f"{where}{place}: no valid YAML: {error.problem}.") from error
    except YAMLError as error:
        raise ParameterError(f"{where}: no valid YAML: {str(error).splitlines()[0]}.") from error
    except RecursionError as error:
        raise ParameterError(f"{where}: nested too deeply for a parameter file.") from error


@dataclass(frozen=True)
class _File:
    """Takes YAML nodes apart, and says where something is wrong.

    Attributes
    ----------
    where
        The file, as errors call it.
    value_of
        Gives a node's value.
    """

    where: str
    value_of: Callable[[Any], Any]

    def error(self, node: Any, key: str, what: str) -> ParameterError:
        place = ", ".join([self.where, f"line {node.start_mark.line + 1}", *([key] if key else [])])
        return ParameterError(f"{place}: {what}" + ("" if what.endswith("?") else "."))

    def unexpected(self, node: Any, key: str, expected: object) -> ParameterError:
        shown = {"mapping": "keys with values", "sequence": "a list"}.get(node.id)
        if shown is None:
            shown = repr(node.value) if node.tag == f"{_TAG}str" else node.value or "nothing"
        if len(shown) > _LONGEST_SHOWN:
            shown = shown[:_LONGEST_SHOWN] + "…"
        return self.error(node, key, f"found {shown}, expected {expected}")

    def entries(self, node: Any, key: str) -> dict[str, tuple[Any, Any]]:
        """Nodes of the keys and values of a mapping, by key.

        Raises
        ------
        ParameterError
            If it is none or has a key twice.
        """
        if node.id != "mapping":
            raise self.unexpected(node, key, "keys with values")
        own: dict[str, tuple[Any, Any]] = {}
        merged: dict[str, tuple[Any, Any]] = {}
        for name, value in node.value:
            if name.tag == f"{_TAG}merge":
                others = value.value if value.id == "sequence" else [value]
                for other in reversed(others):
                    merged |= self.entries(other, key)
                continue
            if name.id != "scalar":
                raise self.unexpected(name, key, "a word as key")
            if name.value in own:
                raise self.error(name, _path(key, name.value), "is there twice")
            own[name.value] = (name, value)
        return merged | own

    def is_empty(self, node: Any) -> bool:
        return node.tag == f"{_TAG}null" or (node.id != "scalar" and not node.value)


def _path(*keys: str) -> str:
    return ".".join(key for key in keys if key)


def _parameters(file: _File, name: str, root: Any) -> Parameters:
    blocks = file.entries(root, "")
    for key, (node, _) in blocks.items():
        if key in SETTINGS:
            raise file.error(node, key, "a setting belongs under setting")
        if key not in _BLOCKS:
            raise file.error(node, key, f"no block is called so{suggestion(key, _BLOCKS)}")
    values = {key: value for key, (_, value) in blocks.items()}
    if "voxelSetting" in values:
        _settings(file, values["voxelSetting"], "voxelSetting", VOXEL_SETTINGS)
    return Parameters(
        name=name,
        settings=_settings(file, values.get("setting"), "setting", SETTINGS),
        image_types=_image_types(file, values.get("imageType")),
        feature_classes=_feature_classes(file, values.get("featureClass")),
        regions=_regions(file, values.get("regions")),
    )


def _settings(file: _File, node: Any, key: str, rules: Mapping[str, Rule]) -> dict[str, Any]:
    if node is None or file.is_empty(node):
        return {}
    return {
        name: _setting(file, name_node, value, _path(key, name), rules)
        for name, (name_node, value) in file.entries(node, key).items()
    }


def _setting(file: _File, name: Any, node: Any, path: str, rules: Mapping[str, Rule]) -> Any:
    if name.value not in rules:
        raise file.error(name, path, f"no setting is called so{suggestion(name.value, rules)}")
    rule = rules[name.value]
    try:
        value = file.value_of(node)
    except (ValueError, TypeError, LookupError) as error:
        # An explicit tag, such as !!int, on text that is nothing of the kind.
        raise file.unexpected(node, path, rule) from error
    if not rule.allows(value):
        raise file.unexpected(node, path, rule)
    if name.value == "wavelet" and value not in (known := _known(file, node, path, wavelets)):
        raise file.error(node, path, f"no wavelet is called {value}{suggestion(value, known)}")
    return value


def _image_types(file: _File, node: Any) -> dict[str, dict[str, Any]]:
    entries = _named(file, node, "imageType", IMAGE_TYPES)
    if not entries:
        return {"Original": {}}
    return {
        name: _settings(file, value, _path("imageType", name), SETTINGS)
        for name, value in entries.items()
    }


def _feature_classes(file: _File, node: Any) -> dict[str, tuple[str, ...]]:
    entries = _named(file, node, "featureClass", FEATURE_CLASSES)
    if not entries:
        return dict.fromkeys(FEATURE_CLASSES, ())
    return {name: _features(file, value, name) for name, value in entries.items()}


def _named(file: _File, node: Any, key: str, known: Sequence[str]) -> dict[str, Any]:
    """Values of a block by name, each of which must be known."""
    if node is None:
        return {}
    if node.tag == f"{_TAG}null":
        raise file.unexpected(node, key, f"one of {', '.join(known)}, or {{}}")
    entries = file.entries(node, key)
    for name, (name_node, _) in entries.items():
        if name not in known:
            path = _path(key, name)
            raise file.error(name_node, path, f"pyradiomics has none{suggestion(name, known)}")
    return {name: value for name, (_, value) in entries.items()}


def _features(file: _File, node: Any, feature_class: str) -> tuple[str, ...]:
    path = _path("featureClass", feature_class)
    if file.is_empty(node) and node.id != "mapping":
        return ()
    if node.id != "sequence":
        raise file.unexpected(node, path, "a list of features, or nothing for all of them")
    known = _known(file, node, path, lambda: features_of(feature_class))
    for one in node.value:
        if one.id != "scalar" or one.value not in known:
            if one.id != "scalar":
                raise file.unexpected(one, path, "the name of a feature")
            what = f"no feature is called {one.value}{suggestion(one.value, known)}"
            raise file.error(one, path, what)
    return tuple(dict.fromkeys(one.value for one in node.value))


def _known(file: _File, node: Any, path: str, names: Callable[[], Iterable[str]]) -> frozenset[str]:
    """Names that only pyradiomics knows."""
    try:
        return frozenset(names())
    except ImportError as error:
        what = "pyradiomics is needed to check this: pip install crlm-explorer[radiomics]"
        raise file.error(node, path, what) from error


def _regions(file: _File, node: Any) -> tuple[Region, ...]:
    if node is None or file.is_empty(node):
        return DEFAULT_REGIONS
    if node.id != "sequence":
        raise file.unexpected(node, "regions", "a list, each “name: expression” or “expression”")
    regions: dict[str, Region] = {}
    for item in node.value:
        region = _region(file, item)
        if region.name in regions:
            raise file.error(item, _path("regions", region.name), "is there twice")
        regions[region.name] = region
    return tuple(regions.values())


def _region(file: _File, item: Any) -> Region:
    name, node = "", item
    if item.id == "mapping":
        if len(item.value) != 1:
            raise file.error(item, "regions", "expected one “name: expression” for each “-”")
        ((name, (_, node)),) = file.entries(item, "regions").items()
    if node.id != "scalar" or not node.value:
        raise file.unexpected(node, _path("regions", name), "an expression, such as liver - tumors")
    try:
        return checked_region(name, node.value)
    except RegionError as error:
        raise file.error(node, _path("regions", name), str(error).removesuffix(".")) from error
