"""How the program ends: 0, 1 or 2, a sentence on standard error, and facts alone on the other."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from CRLMExplorerLib.review.store import STORE_FILE, Review, ReviewState, ReviewStore
from CRLMExplorerLib.version import VERSION


def is_one_sentence(text: str) -> bool:
    return text.startswith("crlm-explorer: ") and text.count("\n") == 1 and "Traceback" not in text


def loaded_by(*arguments: object) -> set[str]:
    """Top-level packages that a call has imported when it ends."""
    program = (
        "import sys, atexit\n"
        "from CRLMExplorerLib.cli import main\n"
        "atexit.register(lambda: print(*{n.split('.')[0] for n in sys.modules}, file=sys.stderr))\n"
        "main(sys.argv[1:])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ended.stderr.split())


def test_version(call_process):
    started = time.monotonic()
    ended = call_process("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"{VERSION}\n", "")
    assert time.monotonic() - started < 10


def test_help_names_every_command(call):
    ended = call("--help")
    assert ended.code == 0
    reading = ("demo", "serve", "import", "patients", "show", "volumetry", "survival")
    for command in (*reading, "resect", "revisions", "compare", "radiomics", "outcome"):
        assert f"  {command} " in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("shwo",),
        ("patients",),
        ("patients", "-d", "x", "--jsno"),
        ("serve", "-d", "x", "--port", "x"),
        ("serve", "-d", "x", "--port", "70000"),
    ],
)
def test_wrong_calls_end_with_2(call, arguments):
    ended = call(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err


def test_what_is_not_needed_is_not_loaded(database):
    heavy = {"slicer", "slicer_core", "vtkmodules", "pandas", "scipy", "lifelines", "pydicom"}
    assert not heavy & loaded_by("patients", "--database", database)
    assert not {"slicer", "slicer_core", "matplotlib"} & loaded_by("show", "P1", "-d", database)


def test_json_is_all_that_is_on_standard_output(call_process, database):
    ended = call_process("patients", "--database", database, "--json")
    assert (ended.code, ended.err) == (0, "")
    (patient,) = ended.facts
    assert patient == {
        "patient_id": "P1",
        "name": "SYNTHETIC^P1",
        "ct_series": 1,
        "dso_series": 1,
        "review_state": "not seen",
        "note": "",
        "figures": {},
        "clinical": None,
    }


def test_patients_with_what_was_said_and_recorded(call, database, tmp_path):
    ReviewStore(database).save_review("P1", Review(ReviewState.ACCEPTED, "[ok]"))
    spreadsheet = tmp_path / "c.csv"
    spreadsheet.write_text("Patient-ID,age,sex\nP1,61,2\n")
    (patient,) = call("patients", "-d", database, "-c", spreadsheet, "--json").facts
    assert (patient["review_state"], patient["note"]) == ("accepted", "[ok]")
    assert (patient["clinical"]["age"], patient["clinical"]["sex"]) == (61, 2)
    ended = call("patients", "-d", database, "-c", spreadsheet)
    assert "1 patients" in ended.out
    assert "female" in ended.out


# The database


def test_no_database(call_process, tmp_path):
    ended = call_process("patients", "--database", tmp_path / "nowhere", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert f"No DICOM database in {tmp_path / 'nowhere'}" in ended.err


def test_a_corrupt_database(call, database):
    (database / "ctkDICOM.sql").write_bytes(b"garbage" * 500)
    ended = call("show", "P1", "-d", database, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert "is damaged or not an SQLite database" in ended.err


def test_a_database_of_a_newer_schema(call, database):
    with closing(sqlite3.connect(database / "ctkDICOM.sql")) as connection, connection:
        connection.execute("UPDATE SchemaInfo SET Version = '9.9.9'")
    ended = call("patients", "-d", database)
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert "9.9.9" in ended.err


def test_a_locked_database(call, database, dicom_files):
    with closing(sqlite3.connect(database / "ctkDICOM.sql", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended = call("import", dicom_files, "-d", database)
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert "is in use by another program" in ended.err


def test_a_damaged_review_file(call, database):
    (database / STORE_FILE).write_bytes(b"garbage" * 500)
    ended = call("patients", "-d", database)
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert (database / STORE_FILE).read_bytes() == b"garbage" * 500


# The spreadsheet


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.xlsx", None, "none.xlsx"),
        ("text.xlsx", "Patient-ID\nP1\n", "text.xlsx"),
        ("twice.csv", "Patient-ID,age\nP1,1\nP1,2\n", "P1 (rows 2, 3)"),
        ("noid.csv", "Patient,age\nP1,1\n", "no column Patient-ID"),
    ],
)
@pytest.mark.parametrize("command", [("survival",), ("patients", "-d", ".")])
def test_a_spreadsheet_that_is_none(call, tmp_path, name, content, said, command):
    file: Path = tmp_path / name
    if content is not None:
        file.write_text(content)
    ended = call(*command, "--clinical", file)
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert said in ended.err


def test_bad_values_are_said_beside_the_facts(call, database, tmp_path):
    file = tmp_path / "c.csv"
    file.write_text("Patient-ID,age\nP1,old\n")
    ended = call("patients", "-d", database, "-c", file, "--json")
    assert ended.code == 0
    assert ended.facts[0]["clinical"]["age"] is None
    assert "c.csv: Sheet" in ended.err
    assert "row 2, column age: “old” is not a number" in ended.err


# Survival


def test_survival_of_the_whole_cohort(call, demo):
    facts = call("survival", "--clinical", demo.spreadsheet, "--json").facts
    assert set(facts) == {"overall", "disease_free", "hepatic_disease_free"}
    (curve,) = facts["overall"]["curves"]
    assert (curve["patients"], curve["events"]) == (197, 107)
    assert len(curve["timeline_months"]) == len(curve["survival"])


def test_survival_by_a_column_with_a_drawing(call, demo, tmp_path):
    png = tmp_path / "curves.png"
    ended = call("survival", "-c", demo.spreadsheet, "--by", "sex", "--png", png)
    assert ended.code == 0
    assert "log-rank p = " in ended.out
    assert "female" in ended.out
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_survival_by_no_column(call, demo):
    ended = call("survival", "-c", demo.spreadsheet, "--by", "shoe_size", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert "cannot be grouped by “shoe_size”" in ended.err


def test_survival_drawn_into_no_folder(call, demo, tmp_path):
    ended = call("survival", "-c", demo.spreadsheet, "--png", tmp_path / "none" / "x.png")
    assert ended.code == 1
    assert is_one_sentence(ended.err)


# Tracebacks


@pytest.mark.parametrize(
    "arguments",
    [
        ("--debug", "patients", "-d", "nowhere"),
        ("patients", "-d", "nowhere", "--debug"),
    ],
    ids=["before", "after"],
)
def test_debug_prints_a_traceback_wherever_it_stands(call_process, arguments):
    ended = call_process(*arguments)
    assert ended.code == 1
    assert "Traceback (most recent call last)" in ended.err
    assert ended.err.splitlines()[-1].startswith("crlm-explorer: No DICOM database")


def test_an_unexpected_error_is_a_sentence_as_well(call, tmp_path):
    (tmp_path / "ctkDICOM.sql").mkdir()
    (tmp_path / "c.csv").mkdir()
    for arguments in (("patients", "-d", tmp_path), ("survival", "-c", tmp_path / "c.csv")):
        ended = call(*arguments)
        assert ended.code == 1
        assert is_one_sentence(ended.err)
