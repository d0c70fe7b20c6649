"""How long a patient takes to open, against the peer's route, and the DSO alone.

Ours goes from the database to nodes, volumetry and findings; the peer's measures nothing. Both
must give every segment the same number of voxels, or the times would mean nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from patients import Patient
from routes import PEER, dso_ours, open_ours, open_peer
from rows import Row, hand_over, paired
from timing import Seconds, in_turns

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.host import HeadlessHost

TARGET_RATIO = 0.5
NOTE = (
    "Opening: the peer reads the CT with GDCM, runs dcmqi's segimage2itkimage, reads its NRRD "
    "files and imports each into a segmentation node; it measures nothing."
)


def opening(folder: Path, name: str, times: int) -> list[Row]:
    """Open one of the patients both ways."""
    patient = Patient.of(folder, name)
    host = HeadlessHost()
    counted: dict[str, list[int]] = {}
    with CtkDatabase.open(patient.database) as database:

        def ours() -> Seconds:
            seconds, counted["ours"] = open_ours(host, database, patient)
            return seconds

        def theirs() -> Seconds:
            seconds, counted["theirs"] = open_peer(host, patient)
            return seconds

        samples = in_turns([ours, dso_ours(host, patient), theirs], times)
    if counted["ours"] != counted["theirs"]:
        raise RuntimeError(f"the routes count different voxels: {counted}")
    segments = f"{len(counted['ours'])} segments"
    size = f"512×512×{len(patient.ct_files)}"
    peer_whole = [a + b for a, b in zip(samples["peer CT"], samples["peer DSO"], strict=True)]
    whole = paired(samples["ours"], peer_whole)
    dso = paired(samples["our DSO"], samples["peer DSO"])
    return [
        Row(
            what=f"Open a patient, {size}, {segments}",
            unit="s",
            peer=PEER,
            note=NOTE,
            target=f"at most {TARGET_RATIO} × the peer",
            met=whole["ratio"] <= TARGET_RATIO,
            **whole,
        ),
        Row(what=f"DSO only, {size}, {segments}", unit="s", peer="dcmqi", **dso),
    ]


if __name__ == "__main__":
    place, repeats = Path(sys.argv[1]), int(sys.argv[2])
    hand_over([row for name in ("small", "large") for row in opening(place, name, repeats)])
