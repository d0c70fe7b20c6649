"""One patient of the collection from the Imaging Data Commons, when the reader asks for it.

Nothing is installed or fetched before the reader agreed to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer

from CRLMExplorerLib.progress import Progress

if TYPE_CHECKING:
    from CRLMExplorerQt.panel import Panel

PATIENT_ID = "CRLM-CT-1004"
COLLECTION = "colorectal_liver_metastases"
LICENCE = "CC BY 4.0, to be cited as doi:10.7937/QXK2-QG03"
FOLDER = "crlm-explorer-idc"
PACKAGE = "idc-index"


def fetch(panel: Panel) -> None:
    """Say what would be fetched, how large it is and under which licence; then fetch it."""
    if not slicer.util.confirmOkCancelDisplay(
        f"Fetch {PATIENT_ID} of the Colorectal-Liver-Metastases collection from the Imaging Data "
        f"Commons?\n\nIts CT and segmentation are about 30 MB, under {LICENCE}. The Python package "
        f"{PACKAGE}, about 100 MB with its index, is installed first if it is not there.",
        windowTitle="CRLM Explorer",
    ):
        return
    client = _client(panel)
    if client is None or not _is_agreed(client):
        return
    folder = Path(panel.database.directory) / FOLDER

    def work(progress: Progress) -> None:
        progress(0.0, "Fetching")
        folder.mkdir(parents=True, exist_ok=True)
        client.download_from_selection(
            collection_id=COLLECTION, patientId=PATIENT_ID, downloadDir=str(folder)
        )

    panel.progress.run(f"Fetching {PATIENT_ID}", work, lambda _: panel.import_folder(str(folder)))


def _client(panel: Panel) -> Any:
    try:
        slicer.packaging.pip_ensure(PACKAGE, requester="CRLM Explorer")
        from idc_index import IDCClient

        return IDCClient()
    except Exception as error:
        panel.say(f"{PACKAGE} cannot be had, so no patient was fetched: {error}")
        return None


def _is_agreed(client: Any) -> bool:
    index = client.index
    mine = index[(index["collection_id"] == COLLECTION) & (index["PatientID"] == PATIENT_ID)]
    size_mb = float(mine["series_size_MB"].sum())
    return slicer.util.confirmOkCancelDisplay(
        f"{PATIENT_ID}: {len(mine)} series, {size_mb:.0f} MB, {LICENCE}. Fetch them now?",
        windowTitle="CRLM Explorer",
    )
