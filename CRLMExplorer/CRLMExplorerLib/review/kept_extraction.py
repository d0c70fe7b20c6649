"""An extraction that was kept, or one that is made and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from CRLMExplorerLib.findings import Finding
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction, Origin
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.runs import RunDamaged, RunNotKept, RunStore, not_kept, was_damaged


def kept_or_made(
    store: RunStore,
    origin: Origin,
    parameters: Parameters,
    make: Callable[[], CaseExtraction],
    again: bool = False,
) -> CaseExtraction:
    """Take what was extracted before, or extract it now and keep it.

    That something kept is damaged, or that nothing can be kept, is a finding of the result.

    Parameters
    ----------
    make
        Extracts.
    again
        Extract even if the same was done before.
    """
    findings: list[Finding] = []
    if not again:
        try:
            if found := store.find(origin, parameters):
                return found
        except RunDamaged as error:
            findings.append(was_damaged(error))
    made = make()
    try:
        store.keep(made, parameters)
    except RunNotKept as error:
        findings.append(not_kept(error))
    return replace(made, findings=(*made.findings, *findings))
