"""Radiomic features of all patients, by Slicer without a window.

    Slicer --no-splash --no-main-window --python-script extract_cohort.py DATABASE OUT [PARAMETERS]

DATABASE is the folder of a DICOM database, OUT the file to be written (CSV, or Parquet by its
name), PARAMETERS a parameter file or the name of one that comes along (portal-venous). What was
extracted before is taken from the database's folder, so that a run that was stopped goes on where
it was. Ends with 0 if every patient gave features, 1 if one did not, 2 if it was called wrongly.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import slicer


def main(arguments: list[str]) -> int:
    """Extract, and give the exit status."""
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.errors import CRLMExplorerError
    from CRLMExplorerLib.files import written_whole
    from CRLMExplorerLib.radiomics.shipped import parameters_named
    from CRLMExplorerLib.radiomics.table import joined, wide, write_table

    folder, out, named = (*arguments, "portal-venous")[:3]
    try:
        parameters = parameters_named(named)
        with CtkDatabase.open(Path(folder)) as database:
            results = [extracted(database, p.patient_id, parameters) for p in database.patients()]
        with written_whole(Path(out)) as temporary:
            write_table(joined([wide(result) for result in results], None), temporary)
    except (CRLMExplorerError, OSError) as error:
        print(error)
        return 1
    print(f"{len(results)} patients in {out}")
    return int(any(result.failure for result in results))


def extracted(database: Any, patient_id: str, parameters: Any) -> Any:
    """A patient's features: those kept, or new ones; a failure is a result as well."""
    from CRLMExplorerLib.dicom.choice import choose_series
    from CRLMExplorerLib.errors import CRLMExplorerError
    from CRLMExplorerLib.radiomics.case_extraction import failed
    from CRLMExplorerLib.radiomics.runs import RunStore
    from CRLMExplorerLib.review import open_case
    from CRLMExplorerLib.review.extraction import Stopwatch, extract_case, origin_of
    from CRLMExplorerLib.review.kept_extraction import kept_or_made

    store, watch = RunStore(database.directory), Stopwatch()
    origin = origin_of(choose_series(database, patient_id))
    try:
        result = kept_or_made(
            store,
            origin,
            parameters,
            lambda: extract_case(open_case(database, patient_id), parameters),
        )
    except CRLMExplorerError as error:
        result = failed(origin, watch.run(), str(error))
    print(f"{patient_id}: {result.failure or f'{len(result.extraction.values)} values'}")
    return result


if __name__ == "__main__":
    slicer.util.exit(main(sys.argv[1:]))
