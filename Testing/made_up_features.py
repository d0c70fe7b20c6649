"""A made-up extraction of a patient, with all that a table has to cope with."""

from __future__ import annotations

from math import nan, pi

from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction, Origin, Run
from CRLMExplorerLib.radiomics.extraction import Extraction, FeatureValue, Omission
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region

PARAMETERS = Parameters(
    name="made-up",
    settings={"binWidth": 25},
    image_types={"Original": {}, "LoG": {"sigma": [1.0]}},
    feature_classes={"firstorder": ["Mean", "Skewness"], "shape": ["MeshVolume"]},
    regions=(Region("tumours", "tumors"), Region("rim", "liver - tumors")),
)
RUN = Run("2026-01-02T03:04:05.678+00:00", "2026-01-02T03:05:05.678+00:00", "host-1", 512.5)
FINDING = Finding(Severity.WARNING, "ct-spacing-uneven", "The gaps are uneven.", (1.0, 2.0, 3.0))


def extraction_of(patient_id: str, revision: int | None = None, mean: float = pi) -> CaseExtraction:
    """Two regions, one of them without a filter, and one that was too small."""
    return CaseExtraction(
        Origin(patient_id, f"1.2.{patient_id}.1", 41, f"1.2.{patient_id}.2", "1.2.3", revision),
        Extraction(
            (
                FeatureValue("tumours", "original", "shape", "MeshVolume", 1e-300),
                FeatureValue("tumours", "original", "firstorder", "Mean", mean),
                FeatureValue("tumours", "log-sigma-1-0-mm-3D", "firstorder", "Skewness", nan),
                FeatureValue("rim", "original", "firstorder", "Mean", 0.1 + 0.2),
            ),
            (
                Omission("rim", "log-sigma-1-0-mm-3D", "one-slice", "It has one slice, “rim”."),
                Omission("FLR", "", "empty", "FLR has\nno voxels, none."),
            ),
            {"tumours": {"diagnostics_Versions_PyRadiomics": "3.1"}},
        ),
        RUN,
        (FINDING,),
    )
