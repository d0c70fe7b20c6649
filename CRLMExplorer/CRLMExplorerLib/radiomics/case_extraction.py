"""One patient's features together with where they come from: images, time and machine."""

from __future__ import annotations

from dataclasses import dataclass

from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.radiomics.extraction import Extraction, Omission

OWN_ENGINE = "CRLM Explorer"
"""What this library's own engine is called."""


@dataclass(frozen=True)
class Origin:
    """The images that features were extracted from.

    Attributes
    ----------
    patient_id
        PatientID.
    ct_series_uid, ct_files
        SeriesInstanceUID of the CT, and how many files of it there were.
    dso_series_uid, dso_sop_instance_uid
        SeriesInstanceUID and SOPInstanceUID of the DSO.
    revision
        The n of ``FLR revision n``; None for a DSO that is no revision.
    """

    patient_id: str
    ct_series_uid: str = ""
    ct_files: int = 0
    dso_series_uid: str = ""
    dso_sop_instance_uid: str = ""
    revision: int | None = None


@dataclass(frozen=True)
class Run:
    """When, where and by what features were extracted.

    Attributes
    ----------
    started, ended
        ISO 8601 with the zone, UTC.
    host
        Name of the machine.
    peak_memory_mb
        The most that the process has held up to the end, in MB (2²⁰ bytes); None where the system
        does not tell.
    engine
        Name of what extracted.
    """

    started: str
    ended: str
    host: str
    peak_memory_mb: float | None
    engine: str = OWN_ENGINE


@dataclass(frozen=True)
class CaseExtraction:
    """What was extracted from one patient's CT and DSO.

    Attributes
    ----------
    findings
        What a reader must know of the images, and of the run's being kept.
    """

    origin: Origin
    extraction: Extraction
    run: Run
    findings: tuple[Finding, ...] = ()

    @property
    def failure(self) -> str:
        """Why the patient as a whole gave nothing; empty if they did not fail."""
        whole = [omission for omission in self.extraction.omissions if not omission.region]
        return whole[0].reason if whole else ""


def failed(origin: Origin, run: Run, reason: str) -> CaseExtraction:
    """A patient who gave nothing, with the sentence that says why."""
    return CaseExtraction(origin, Extraction((), (Omission("", "", "failed", reason),), {}), run)
