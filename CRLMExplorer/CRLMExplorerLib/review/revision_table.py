"""A patient's revisions as a table, a row each, to take along."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from CRLMExplorerLib.resection.revision import Revision

_COLUMNS = ("number", "date_time", "reader", "flr_ml", "note", "series_uid")


def revision_table(revisions: Sequence[Revision]) -> pd.DataFrame:
    """Number, time, reader, FLR in mL, note and SeriesInstanceUID of revisions, in their order."""
    rows = [[getattr(revision, column) for column in _COLUMNS] for revision in revisions]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
