"""How far the memory of a process rises while it opens a patient or imports files.

Each measurement is a process of its own (``memory.py FOLDER WHAT``), which first does the same on
something tiny: what it holds then, everything imported, is idle. Linux only, as it reads the peak
from ``/proc``; `getrusage` would also count the process that this one was started from.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import psutil
from patients import IMPORT_SLICES, Patient, many_ct_folders
from rows import Row, hand_over

MB = 2**20
TARGET_CT_SIZES = 4
FLAT_MB = 16
"""Growth that does not count as growing with the number of files."""


def _status(name: str, process: int | str = "self") -> int:
    """VmRSS (what is held now) or VmHWM (the most ever held), in bytes."""
    text = Path(f"/proc/{process}/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0


class _ChildrenWatch:
    """The most that any process started meanwhile has held, as `peak`, in bytes."""

    def __enter__(self) -> _ChildrenWatch:
        self.peak = 0
        self._end = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.005):
            for child in psutil.Process().children():
                try:
                    self.peak = max(self.peak, _status("VmHWM", child.pid))
                except OSError:  # it has ended since
                    continue


def rise(small: Callable[[], object], large: Callable[[], object]) -> dict[str, int]:
    """Bytes by which the peak of doing `large` lies above what is held after doing `small`."""
    small()
    idle = _status("VmRSS")
    with _ChildrenWatch() as watch:
        large()
    return {"process": _status("VmHWM") - idle, "child": watch.peak}


def _rise_of_opening(folder: Path, is_ours: bool) -> dict[str, int]:
    from routes import open_ours, open_peer

    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.host import HeadlessHost

    host = HeadlessHost()

    def opened(name: str) -> None:
        patient = Patient.of(folder, name)
        if not is_ours:
            open_peer(host, patient)
            return
        with CtkDatabase.open(patient.database) as database:
            open_ours(host, database, patient)

    return rise(lambda: opened("tiny"), lambda: opened("large"))


def _rise_of_importing(folder: Path, series: int) -> dict[str, int]:
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.dicom.importer import import_files

    def imported(paths: list[Path]) -> None:
        with TemporaryDirectory() as place, CtkDatabase.create(Path(place) / "new") as database:
            import_files(paths, database)

    return rise(
        lambda: imported([folder / "tiny" / "dicom"]),
        lambda: imported(many_ct_folders(folder)[:series]),
    )


def _measured(folder: Path, what: str) -> dict[str, int]:
    command = [sys.executable, __file__, str(folder), what]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def rows(folder: Path) -> list[Row]:
    """Measure everything, each in a process of its own."""
    series = len(many_ct_folders(folder))
    few, many = (_measured(folder, f"import-{n}") for n in (series // 4, series))
    few_mb, many_mb = few["process"] / MB, many["process"] / MB
    ours, theirs = _measured(folder, "open-ours"), _measured(folder, "open-peer")
    slices = len(Patient.of(folder, "large").ct_files)
    ct_size = slices * 512 * 512 * 2
    return [
        Row(
            what=f"Memory of importing {series * IMPORT_SLICES} files",
            ours=many_mb,
            unit="MB",
            peer=f"{series // 4 * IMPORT_SLICES} files",
            theirs=few_mb,
            target=f"flat: within {FLAT_MB} MB",
            met=many_mb - few_mb <= FLAT_MB,
        ),
        Row(
            what=f"Memory of opening 512×512×{slices}, 8 segments",
            ours=ours["process"] / ct_size,
            unit="× CT",
            peer="GDCM + dcmqi",
            theirs=theirs["process"] / ct_size,
            ratio=ours["process"] / theirs["process"],
            target=f"at most {TARGET_CT_SIZES} × CT",
            met=ours["process"] <= TARGET_CT_SIZES * ct_size,
            note=f"Memory above idle: the CT as int16 is {ct_size / MB:.0f} MB; ours rises by "
            f"{ours['process'] / MB:.0f} MB, the peer by {theirs['process'] / MB:.0f} MB, not "
            f"counting dcmqi's own process of {theirs['child'] / MB:.0f} MB.",
        ),
    ]


def _main(folder: Path, what: str) -> None:
    kind, _, detail = what.partition("-")
    if kind == "open":
        print(json.dumps(_rise_of_opening(folder, detail == "ours")))
    elif kind == "import":
        print(json.dumps(_rise_of_importing(folder, int(detail))))
    else:
        hand_over(rows(folder))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
