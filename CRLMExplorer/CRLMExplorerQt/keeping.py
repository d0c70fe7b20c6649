"""Tables that the reader takes along: as a node of the scene, or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.review.feature_table_node import FeatureTableNode
from CRLMExplorerQt.dialogs import file_to_save

if TYPE_CHECKING:
    import pandas as pd

    from CRLMExplorerQt.panel import Panel


def put_into_scene(panel: Panel, table: pd.DataFrame, name: str) -> None:
    """Make a table a node of the scene, which stays when the patient is closed."""
    node = FeatureTableNode(slicer.mrmlScene)
    node.show(table, slicer.mrmlScene.GenerateUniqueName(name))
    panel.say(f"The table “{node.node.GetName()}” is in the scene.")


def save_csv(panel: Panel, table: pd.DataFrame, name: str, title: str, saved: str) -> None:
    """Ask where, and save a table as CSV.

    Parameters
    ----------
    name
        Of the file, proposed.
    title, saved
        What the reader is asked for, and the beginning of what is said when it is done.
    """
    file = file_to_save(panel.widget, title, name, "CSV (*.csv)")
    if not file:
        return
    try:
        with written_whole(Path(file)) as temporary:
            table.to_csv(temporary, index=False)
    except OSError as error:
        panel.say(f"{file} cannot be written: {error}")
        return
    panel.say(f"{saved} in {file}.")
