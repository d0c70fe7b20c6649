"""What can be wrong with a resection plan or with the patient it is made for."""

from __future__ import annotations

from CRLMExplorerLib.errors import CRLMExplorerError


class PlanError(CRLMExplorerError):
    """A plan or a step of it cannot be carried out; the sentence says which and why."""


class ResectionError(CRLMExplorerError):
    """The patient's segments do not allow a resection to be planned."""
