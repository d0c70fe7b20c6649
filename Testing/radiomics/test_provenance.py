"""What stands beside a table: all that decides a value, and nothing of the user's."""

from __future__ import annotations

import getpass
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

from CRLMExplorerLib.radiomics.provenance import Provenance, case_facts, versions
from CRLMExplorerLib.version import VERSION
from made_up_features import PARAMETERS, extraction_of

PROVENANCE = Provenance(
    PARAMETERS, "2026-01-01T00:00:00Z", "", [case_facts(extraction_of("P1", revision=2))]
)


def test_versions_are_those_installed():
    assert versions() == {
        "crlm-explorer": VERSION,
        "python": platform.python_version(),
        "pyradiomics": version("pyradiomics-bhklab"),
        "SimpleITK": version("SimpleITK"),
        "numpy": np.__version__,
        "PyWavelets": version("PyWavelets"),
    }


def test_parameters_are_there_in_full_with_their_hash():
    assert PROVENANCE.facts()["parameters"] == {
        "name": "made-up",
        "sha256": PARAMETERS.sha256,
        "setting": {"binWidth": 25},
        "imageType": {"Original": {}, "LoG": {"sigma": [1.0]}},
        "featureClass": {"firstorder": ["Mean", "Skewness"], "shape": ["MeshVolume"]},
        "regions": {"tumours": "tumors", "rim": "liver - tumors"},
    }


def test_images_times_and_omissions_are_there():
    (patient,) = PROVENANCE.facts()["patients"]
    assert patient["ct_series_uid"] == "1.2.P1.1"
    assert (patient["dso_series_uid"], patient["dso_sop_instance_uid"]) == ("1.2.P1.2", "1.2.3")
    assert (patient["revision"], patient["ct_files"], patient["values"]) == (2, 41, 4)
    assert (patient["host"], patient["peak_memory_mb"]) == ("host-1", 512.5)
    assert patient["started"] < patient["ended"]
    assert [one["code"] for one in patient["omissions"]] == ["one-slice", "empty"]
    assert patient["findings"][0]["code"] == "ct-spacing-uneven"
    assert patient["diagnostics"]["tumours"] == {"diagnostics_Versions_PyRadiomics": "3.1"}


def test_it_is_json_without_paths_or_the_users_name():
    text = json.dumps(PROVENANCE.facts(), allow_nan=False)
    assert str(Path.home()) not in text
    assert f'"{getpass.getuser()}"' not in text
    host = json.loads(text)["host"]
    assert set(host) == {"name", "platform", "cores"}
