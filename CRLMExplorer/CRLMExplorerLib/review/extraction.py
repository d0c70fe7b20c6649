"""Radiomic features of an opened patient: from CT and segments to values with their origin.

What both the batch and the session use; it opens no patient and writes nothing.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from CRLMExplorerLib.dicom.choice import SeriesChoice
from CRLMExplorerLib.findings import Finding, Severity
from CRLMExplorerLib.progress import Progress, part, silent
from CRLMExplorerLib.radiomics.case_extraction import OWN_ENGINE, CaseExtraction, Origin, Run
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.extraction import Extraction, left_out
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.regions import regions_of
from CRLMExplorerLib.resection.dso_reference import reference_to
from CRLMExplorerLib.resection.revision import read_revision
from CRLMExplorerLib.review.case import Case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from CRLMExplorerLib.geometry import Grid, Mask

_WRONG_VOXELS = {
    "dso-of-another-ct",
    "dso-outside-ct",
    "ct-slices-missing",
    "ct-pixels-unreadable",
}
"""Findings with which a region would hold other voxels than were outlined, or air."""

_WITHOUT_IMAGES = {
    "no-ct",
    "ct-unreadable",
    "ct-without-dso",
    "dso-without-ct",
    "dso-unreadable",
    "dso-of-another-patient",
}
"""Findings that say why there is no CT or DSO."""

_REGIONS = 0.05
_MB = 2**20


class NotExtractable(RadiomicsError):
    """A patient's images do not allow for features: the sentence says which and why."""


@dataclass(frozen=True)
class Stopwatch:
    """Tells when a run began, and at the end what there is to say of it."""

    started: str = field(default_factory=lambda: now())

    def run(self, engine: str = OWN_ENGINE) -> Run:
        """The run up to now, of the engine of that name."""
        return Run(self.started, now(), platform.node(), peak_memory_mb(), engine)


class Engine(Protocol):
    """What extracts features: `extract`, or another by its side to hold against it."""

    def __call__(
        self,
        image_hu: NDArray,
        regions: Mapping[str, Mask],
        grid: Grid,
        parameters: Parameters,
        progress: Progress = silent,
        workers: int | None = None,
    ) -> Extraction:
        """Extract the features of regions of a CT."""


class NamedEngine(Engine, Protocol):
    """Another engine than this library's, which says what it is called."""

    name: str


def extract_case(
    case: Case,
    parameters: Parameters,
    progress: Progress = silent,
    workers: int | None = None,
    engine: Engine = extract,
    only: Collection[str] | None = None,
) -> CaseExtraction:
    """Extract the features of an opened patient's regions.

    Parameters
    ----------
    case
        The patient with the DSO as it is opened, a revision if that is what is open.
    parameters
        With the regions that are wanted.
    progress
        Told a region and filter at a time; may cancel.
    workers
        How many of the machine's cores to use; all by default.
    engine
        What extracts; its attribute ``name`` is told in the run, if it has one.
    only
        Names of the regions that are wanted; all by default. The others are omissions.

    Raises
    ------
    NotExtractable
        If there is no CT or no DSO, or they do not fit each other.
    RadiomicsError
        If the parameters are of no use for these images.
    """
    watch = Stopwatch()
    require_images(case)
    assert case.ct is not None
    progress(0.0, "Regions")
    regions, omissions = regions_of(parameters.regions, case.segments, case.ct.grid)
    wanted = {name: mask for name, mask in regions.items() if only is None or name in only}
    others = [left_out(name) for name in regions if name not in wanted]
    extraction = engine(
        case.ct.hu, wanted, case.ct.grid, parameters, part(progress, _REGIONS, 1.0), workers
    )
    return CaseExtraction(
        origin=origin_of(case.choice),
        extraction=replace(extraction, omissions=(*omissions, *extraction.omissions, *others)),
        run=watch.run(getattr(engine, "name", OWN_ENGINE)),
        findings=_of_images(case),
    )


def origin_of(choice: SeriesChoice) -> Origin:
    """The images that a choice stands for, as far as there are any; reads the DSO's header.

    Raises
    ------
    DsoUnreadable
        If the DSO is missing or damaged.
    """
    origin = Origin(choice.patient_id)
    if choice.ct:
        origin = replace(origin, ct_series_uid=choice.ct.series_uid, ct_files=choice.ct.file_count)
    if choice.dso:
        revision = read_revision(choice.dso.file)
        origin = replace(
            origin,
            dso_series_uid=choice.dso.series_uid,
            dso_sop_instance_uid=reference_to(choice.dso.file).sop_instance_uid,
            revision=revision.number if revision else None,
        )
    return origin


def require_images(case: Case) -> None:
    """Make sure that there are a CT and a DSO which fit each other.

    Raises
    ------
    NotExtractable
        If not, with the findings that say why.
    """
    if case.ct is None or case.dso is None:
        missing = "no CT that can be read" if case.ct is None else "no DSO that can be read"
        why = [one.message for one in case.findings if one.code in _WITHOUT_IMAGES]
        raise NotExtractable(" ".join([f"There is {missing}.", *why]))
    if case.choice.dso and case.choice.dso.of_another_patient:
        raise NotExtractable(f"The DSO {case.dso.series_uid} is another patient's.")
    if wrong := [one.message for one in case.findings if one.code in _WRONG_VOXELS]:
        raise NotExtractable(" ".join(wrong))


def now() -> str:
    """The time, ISO 8601, UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def peak_memory_mb() -> float | None:
    """The most memory that this process has held, in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (_MB if sys.platform == "darwin" else 1024), 1)


def _of_images(case: Case) -> tuple[Finding, ...]:
    """What a reader of the features must know of the images they are of."""
    of_reading = [one for images in (case.ct, case.dso) if images for one in images.findings]
    return tuple(one for one in of_reading if one.severity is not Severity.NOTE)
