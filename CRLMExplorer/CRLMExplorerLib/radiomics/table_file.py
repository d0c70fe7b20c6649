"""One patient's features as a file of the reader's, with where they come from beside it."""

from __future__ import annotations

from pathlib import Path

from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.errors import RadiomicsError
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.provenance import of_case
from CRLMExplorerLib.radiomics.table import NO_PARQUET, SUFFIXES, tidy, wide, write_table


class FeaturesNotSaved(RadiomicsError):
    """A table cannot be saved; what was there stays."""


def save_features(
    case: CaseExtraction, parameters: Parameters, file: Path, is_wide: bool = False
) -> Path:
    """Save the features of one patient, and beside them ``FILE.provenance.json``, which is given.

    Parameters
    ----------
    file
        ``.csv`` or ``.parquet``.
    is_wide
        A row a region instead of a row a value.

    Raises
    ------
    FeaturesNotSaved
        If the file is called otherwise or cannot be written.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise FeaturesNotSaved(f"{file} was not saved: expected a file {' or '.join(SUFFIXES)}.")
    provenance = file.with_name(f"{file.stem}.provenance.json")
    try:
        with written_whole(provenance) as facts, written_whole(file) as table:
            facts.write_text(of_case(case, parameters).text(), encoding="utf-8")
            write_table(wide(case) if is_wide else tidy(case, parameters.settings), table)
    except ImportError as error:
        raise FeaturesNotSaved(f"{file} was not saved. {NO_PARQUET}") from error
    except OSError as error:
        raise FeaturesNotSaved(f"{file} cannot be written: {error.strerror or error}") from error
    return provenance
