"""Where a table of features comes from: versions, parameters, images, times and machines.

Times and machines are here and not in the table, so that the same work gives the same table.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.version import VERSION

_DISTRIBUTIONS = {
    "pyradiomics": ("pyradiomics-bhklab", "pyradiomics"),
    "SimpleITK": ("SimpleITK",),
    "numpy": ("numpy",),
    "PyWavelets": ("PyWavelets",),
}


@dataclass(frozen=True)
class Provenance:
    """What stands beside a table of features.

    Attributes
    ----------
    parameters
        All of them; their hash is with them.
    started, ended
        When the table was begun and complete, ISO 8601, UTC; a patient whose features were there
        already has earlier times of their own.
    patients
        `case_facts` of each, in the table's order.
    """

    parameters: Parameters
    started: str
    ended: str
    patients: Sequence[Mapping[str, Any]]

    def facts(self) -> dict[str, Any]:
        """Everything as JSON has it; no user name and no path is in it."""
        return {
            "versions": versions(),
            "parameters": parameter_facts(self.parameters),
            "started": self.started,
            "ended": self.ended,
            "host": {
                "name": platform.node(),
                "platform": platform.platform(),
                "cores": os.cpu_count(),
            },
            "patients": list(self.patients),
        }

    def text(self) -> str:
        """The facts as the text of a file."""
        return f"{json.dumps(self.facts(), indent=2, ensure_ascii=False)}\n"


def of_case(case: CaseExtraction, parameters: Parameters) -> Provenance:
    """What stands beside the table of one patient."""
    return Provenance(parameters, case.run.started, case.run.ended, [case_facts(case)])


def versions() -> dict[str, str]:
    """Versions of all that decides a value; empty where it is not installed."""
    found = {"crlm-explorer": VERSION, "python": platform.python_version()}
    return found | {name: _version(*names) for name, names in _DISTRIBUTIONS.items()}


def parameter_facts(parameters: Parameters) -> dict[str, Any]:
    """Parameters in full, in pyradiomics' own words, with their hash."""
    return {
        "name": parameters.name,
        "sha256": parameters.sha256,
        "setting": dict(parameters.settings),
        "imageType": {name: dict(own) for name, own in parameters.image_types.items()},
        "featureClass": {name: list(some) for name, some in parameters.feature_classes.items()},
        "regions": {region.name: region.expression for region in parameters.regions},
    }


def case_facts(case: CaseExtraction) -> dict[str, Any]:
    """What there is to say of one patient but the values."""
    return {
        **asdict(case.origin),
        **asdict(case.run),
        "values": len(case.extraction.values),
        "omissions": [asdict(omission) for omission in case.extraction.omissions],
        "findings": [
            {"severity": one.severity.value, "code": one.code, "message": one.message}
            for one in case.findings
        ],
        "diagnostics": case.extraction.diagnostics,
    }


def _version(*distributions: str) -> str:
    for name in distributions:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""
