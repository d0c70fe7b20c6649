"""Measures speed and memory, prints a table and writes ``build/bench.json``.

Nothing is asserted: a target that was missed is said, and whether that matters is for the reader.
Each benchmark runs in a process of its own, so that none sees another's memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import machine
from rows import Row, taken_over
from table import print_table

HERE = Path(__file__).resolve().parent
RESULT = HERE.parents[1] / "build" / "bench.json"


class Failed(Exception):
    """A benchmark's process ended with an error."""


def _run(script: str, *arguments: object) -> str:
    print(f"{script} …", end=" ", flush=True)
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, HERE / script, *map(str, arguments)], capture_output=True, text=True
    )
    print(f"{perf_counter() - started:.0f} s", flush=True)
    if done.returncode:
        raise Failed(f"{script} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _measure(is_quick: bool) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    failures: list[str] = []
    repeats = 2 if is_quick else 5
    with TemporaryDirectory(prefix="crlm-explorer-bench-") as folder:
        _run("patients.py", folder)
        for script, detail in (
            ("import_files.py", repeats),
            ("open_patient.py", repeats),
            ("memory.py", "everything"),
            ("resection.py", repeats),
            ("save_revision.py", repeats),
            ("radiomics_engine.py", repeats),
            ("radiomics_batch.py", repeats),
            ("browser.py", 2 if is_quick else 5),
        ):
            try:
                rows += taken_over(_run(script, folder, detail))
            except Failed as failure:
                failures.append(str(failure))
    return rows, failures


def main() -> int:
    """Measure, print and write; 1 if a benchmark could not run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    is_quick = parser.parse_args().quick
    described = machine.description()
    rows, failures = _measure(is_quick)
    print_table(rows, described)
    RESULT.parent.mkdir(exist_ok=True)
    result = {
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "is_quick": is_quick,
        "machine": described,
        "rows": [asdict(row) for row in rows],
        "failures": failures,
    }
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(f"Written to {RESULT.relative_to(HERE.parents[1])}")
    print(*failures, sep="\n", file=sys.stderr, end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
