"""Finished extractions, kept beside the database so that none is made twice.

A file a patient, DSO and set of parameters, written whole: runs may go on side by side, and one
that is killed costs only what it had not finished.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction, Origin, Run
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Extraction, FeatureValue, Omission
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.provenance import versions

FOLDER = "crlm-explorer-radiomics"


class RunDamaged(RadiomicsError):
    """A kept extraction cannot be read; it has to be made anew."""


class RunNotKept(RadiomicsError):
    """An extraction cannot be written; those kept before stay."""


class RunStore:
    """The extractions kept in a database's folder; the folder for them is made with the first.

    Parameters
    ----------
    directory
        The database's folder.
    """

    def __init__(self, directory: Path) -> None:
        self.folder = directory / FOLDER

    def find(self, origin: Origin, parameters: Parameters) -> CaseExtraction | None:
        """What was extracted from these images with these parameters and versions, if anything.

        Raises
        ------
        RunDamaged
            If there is something, but it cannot be read.
        """
        file = self.file_of(origin, parameters)
        try:
            with gzip.open(file, "rt", encoding="utf-8") as stream:
                found = _from_facts(json.load(stream))
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a damaged file makes of itself
            raise RunDamaged(
                f"{FOLDER}/{file.name} of {origin.patient_id} cannot be read and is made anew: "
                f"{type(error).__name__}."
            ) from error
        if found.origin != origin:
            raise RunDamaged(
                f"{FOLDER}/{file.name} is of {found.origin.patient_id}'s other images, expected "
                f"{origin.patient_id}'s: it is made anew."
            )
        return found

    def keep(self, case: CaseExtraction, parameters: Parameters) -> None:
        """Keep an extraction; on disk when this returns.

        One in which something failed or was left out is not kept, so that it is tried again.

        Raises
        ------
        RunNotKept
            If it cannot be written.
        """
        if any(one.code in ("failed", "left-out") for one in case.extraction.omissions):
            return
        file = self.file_of(case.origin, parameters)
        content = gzip.compress(json.dumps(_facts(case)).encode(), compresslevel=6)
        try:
            self.folder.mkdir(exist_ok=True)
            with written_whole(file) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise RunNotKept(
                f"The features of {case.origin.patient_id} cannot be kept in the database's "
                f"folder: {error.strerror or error}. A later run will extract them again."
            ) from error

    def file_of(self, origin: Origin, parameters: Parameters) -> Path:
        """The file for images, parameters and the versions installed here."""
        key = json.dumps([asdict(origin), parameters.sha256, versions()], sort_keys=True)
        return self.folder / f"{sha256(key.encode()).hexdigest()}.json.gz"


def not_kept(error: RunNotKept) -> Finding:
    """That a run has to be made again the next time, as a finding."""
    return Finding(Severity.WARNING, "run-not-kept", str(error))


def was_damaged(error: RunDamaged) -> Finding:
    """That a kept run was of no use, as a finding."""
    return Finding(Severity.WARNING, "run-damaged", str(error))


def _facts(case: CaseExtraction) -> dict[str, Any]:
    extraction = case.extraction
    return {
        "origin": asdict(case.origin),
        "run": asdict(case.run),
        "values": [
            (one.region, one.filter, one.feature_class, one.feature, one.value)
            for one in extraction.values
        ],
        "omissions": [asdict(omission) for omission in extraction.omissions],
        "diagnostics": extraction.diagnostics,
        "findings": [
            (one.severity.value, one.code, one.message, one.position_ras_mm)
            for one in case.findings
        ],
    }


def _from_facts(facts: dict[str, Any]) -> CaseExtraction:
    return CaseExtraction(
        origin=Origin(**facts["origin"]),
        extraction=Extraction(
            values=tuple(FeatureValue(*row) for row in facts["values"]),
            omissions=tuple(Omission(**omission) for omission in facts["omissions"]),
            diagnostics=facts["diagnostics"],
        ),
        run=Run(**facts["run"]),
        findings=tuple(
            Finding(Severity(severity), code, message, place and tuple(place))
            for severity, code, message, place in facts["findings"]
        ),
    )
