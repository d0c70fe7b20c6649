"""What can go wrong with a cohort so badly that no answer can be given."""

from __future__ import annotations

from CRLMExplorerLib.errors import CRLMExplorerError


class ClinicalTableError(CRLMExplorerError):
    """The spreadsheet cannot be read as a table of patients."""


class SurvivalError(CRLMExplorerError):
    """The table cannot answer the question on survival."""


class FeatureTableError(CRLMExplorerError):
    """The file cannot be read as a table of features."""
