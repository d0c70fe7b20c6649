"""``radiomics``: tables and what stands beside them, runs that are cut off, and two compared."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from distributed import LocalCluster

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.radiomics.runs import FOLDER
from CRLMExplorerLib.radiomics.table import COLUMNS, read_tidy

PROGRAM = Path(sys.executable).with_name("crlm-explorer")
PATIENTS = ["CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"]
PARAMETERS = """\
setting:
  binWidth: 25
imageType:
  Original: {}
featureClass:
  firstorder:
regions:
  - tumors: tumors
  - FLR: remnant
  - nothing: liver - liver
"""


@pytest.fixture(scope="module")
def parameters(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("parameters") / "first-order.yaml"
    file.write_text(PARAMETERS)
    return file


@pytest.fixture
def folder(demo, tmp_path) -> Path:
    """The demo's database, to write beside."""
    return Path(shutil.copytree(demo.database, tmp_path / "database"))


@pytest.fixture(scope="module")
def undisturbed(demo, parameters, tmp_path_factory) -> Path:
    """The tidy table of a run from beginning to end, on a database of its own."""
    place = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(demo.database, place / "database")
    file = place / "features.csv"
    command = radiomics(place / "database", parameters, "--all", "--out", file)
    command += ["--clinical", str(demo.spreadsheet)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return file


def radiomics(folder: Path, parameters: Path, *arguments: object) -> list[str]:
    options = ["-d", folder, "--parameters", parameters, *arguments]
    return [str(PROGRAM), "radiomics", *map(str, options)]


def is_one_sentence(text: str) -> bool:
    return text.startswith("crlm-explorer: ") and text.count("\n") == 1


def test_the_tidy_table_has_the_cohort_in_order(undisturbed):
    table = read_tidy(undisturbed)
    assert tuple(table.columns) == COLUMNS
    assert list(table["patient_id"].unique()) == PATIENTS
    values = table[table["feature_class"] == "firstorder"]
    assert set(values["region"]) == {"tumors", "FLR"}
    assert values["value"].notna().all()
    assert len(values) == 3 * 2 * 18
    omitted = table[table["feature_class"] == "omitted"]
    assert list(omitted["region"]) == ["nothing"] * 3
    assert omitted["feature"].str.startswith("empty: ").all()


def test_the_wide_table_has_the_clinical_record(undisturbed, demo):
    wide = pd.read_csv(undisturbed.with_name("features.wide.csv"), float_precision="round_trip")
    tidy = read_tidy(undisturbed)
    assert list(wide["region"]) == ["tumors", "FLR", "nothing"] * 3
    one = tidy[(tidy["region"] == "FLR") & (tidy["feature"] == "Mean")]
    assert list(wide[wide["region"] == "FLR"]["original_firstorder_Mean"]) == list(one["value"])
    clinical = read_clinical(demo.spreadsheet).frame
    months = clinical.loc[PATIENTS, "overall_survival_months"]
    assert list(wide["overall_survival_months"][::3]) == list(months)


def test_provenance_stands_beside_the_table(undisturbed, demo):
    text = undisturbed.with_name("features.provenance.json").read_text()
    facts = json.loads(text)
    assert facts["started"] < facts["ended"]
    assert facts["parameters"]["regions"]["FLR"] == "remnant"
    assert len(facts["parameters"]["sha256"]) == 64
    assert [patient["patient_id"] for patient in facts["patients"]] == PATIENTS
    assert [len(patient["omissions"]) for patient in facts["patients"]] == [1, 1, 1]
    assert str(demo.database.parent) not in text + undisturbed.read_text()


def test_a_run_that_is_killed_and_resumed_gives_the_same_file(folder, parameters, undisturbed):
    file = folder.parent / "killed.csv"
    command = radiomics(folder, parameters, "--all", "--workers", "1", "--out", file)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while not (file.exists() and b"CRLM-CT-1001" in file.read_bytes()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    kept = file.read_bytes()
    assert undisturbed.read_bytes().startswith(kept)
    assert b"CRLM-CT-1003" not in kept
    first = json_of_runs(folder)
    resumed = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    assert file.read_bytes() == undisturbed.read_bytes()
    assert first.items() <= json_of_runs(folder).items()
    assert len(json_of_runs(folder)) == 3


def json_of_runs(folder: Path) -> dict[str, int]:
    """The kept runs with the time of their writing."""
    return {one.name: one.stat().st_mtime_ns for one in (folder / FOLDER).glob("*.json.gz")}


def test_ctrl_c_ends_it_with_a_sentence_and_keeps_what_is_done(folder, parameters):
    file = folder.parent / "stopped.csv"
    command = radiomics(folder, parameters, "--all", "--workers", "1", "--out", file)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 100
    while not (file.exists() and b"CRLM-CT-1001" in file.read_bytes()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    *others, last = said.splitlines()
    assert last.startswith("crlm-explorer: Cancelled: ")
    assert last.endswith(
        " of 3 patients are done and kept. The same command with --resume goes on from there."
    )
    assert all("no voxels" in line for line in others)
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    assert len(json_of_runs(folder)) >= 1
    assert not file.with_name("stopped.wide.csv").exists()


def test_what_is_there_is_not_written_over(call, folder, parameters, undisturbed, tmp_path):
    file = Path(shutil.copy(undisturbed, tmp_path / "features.csv"))
    command = radiomics(folder, parameters, "--all", "--out", file)[1:]
    ended = call(*command)
    assert ended.code == 1
    assert is_one_sentence(ended.err)
    assert "is there already: name another file, or say --resume" in ended.err
    ended = call(*command, "--resume")
    assert "expected features.provenance.json beside it" in ended.err
    shutil.copy(undisturbed.with_name("features.provenance.json"), tmp_path)
    ended = call(*command, "--resume", "--regions", "liver")
    assert "extracted with other parameters or regions" in ended.err
    assert file.read_bytes() == undisturbed.read_bytes()


def test_parquet_and_json_have_the_same_values(call, undisturbed, parameters):
    folder = undisturbed.with_name("database")
    file = undisturbed.with_name("features.parquet")
    command = radiomics(folder, parameters, "--all", "--out", file, "--json")[1:]
    ended = call(*command)
    assert ended.code == 0
    pd.testing.assert_frame_equal(read_tidy(file), read_tidy(undisturbed), check_exact=True)
    rows = pd.DataFrame(ended.facts["features"])
    assert list(rows["value"].dropna()) == list(read_tidy(file)["value"].dropna())
    assert ended.facts["versions"]["pyradiomics"]
    assert len(pd.read_parquet(file.with_name("features.wide.parquet"))) == 9
    assert call("radiomics", "compare", undisturbed, file, "--tolerance", "0").code == 0


def test_a_failed_patient_is_a_row_and_the_end_is_1(call, undisturbed, parameters, tmp_path):
    folder = undisturbed.with_name("database")
    file = tmp_path / "features.csv"
    command = radiomics(folder, parameters, "NOBODY", PATIENTS[1], "--out", file)[1:]
    ended = call(*command)
    assert ended.code == 1
    assert "crlm-explorer: NOBODY: " in ended.err
    assert "1 of 2 patients in" in ended.out
    table = read_tidy(file)
    assert table["feature"][0].startswith("failed: ")
    expected = read_tidy(undisturbed)
    expected = expected[expected["patient_id"] == PATIENTS[1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(table[1:].reset_index(drop=True), expected, check_exact=True)


def test_regions_of_the_command_line_replace_the_files(call, undisturbed, parameters):
    command = radiomics(
        undisturbed.with_name("database"),
        parameters,
        PATIENTS[0],
        *("--regions", "rim=ring(tumors, 3 mm) & liver", "--regions", "Each tumour"),
    )[1:]
    regions = {row["region"] for row in call(*command, "--json").facts["features"]}
    assert "rim" in regions
    assert "Tumor_1" in regions
    assert not regions & {"tumors", "FLR", "nothing"}
    ended = call(*command, "--regions", "leber")
    assert ended.code == 1
    assert is_one_sentence(ended.err)


def test_the_screen_shows_the_values(call, undisturbed, parameters):
    ended = call(*radiomics(undisturbed.with_name("database"), parameters, PATIENTS[0])[1:])
    assert ended.code == 0
    assert "10Percentile" in ended.out
    assert "HU2.mm3" in ended.out


def test_a_full_disk_is_said_and_leaves_what_is_done(
    call, undisturbed, parameters, tmp_path, monkeypatch
):
    file = tmp_path / "features.csv"
    real = os.fsync
    room = [2]

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve() == file:
            room[0] -= 1
            if room[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    command = radiomics(undisturbed.with_name("database"), parameters, "--all", "--out", file)[1:]
    ended = call(*command)
    monkeypatch.undo()
    assert ended.code == 1
    assert f"{file} cannot be written: No space left on device." in ended.err
    assert b"CRLM-CT-1001" in file.read_bytes()
    assert call(*command, "--resume").code == 0
    assert file.read_bytes() == undisturbed.read_bytes()


def test_a_dask_cluster_gives_the_same_file(folder, parameters, undisturbed):
    file = folder.parent / "features.csv"
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        command = radiomics(folder, parameters, "--all", "--out", file)
        command += ["--scheduler", cluster.scheduler_address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == undisturbed.read_bytes()
    assert [line for line in done.stderr.splitlines() if "no voxels" not in line] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name patients, or say --all."),
        (("--all", "P1"), "Name patients, or say --all."),
        (("--all", "--resume"), "--resume needs the --out"),
        (("--all", "--out", "features.txt"), "expected a file .csv or .parquet"),
        (("--all", "--workers", "2", "--scheduler", "tcp://h:1"), "a --scheduler has its own"),
    ],
)
def test_a_wrong_call_is_said(call, folder, parameters, arguments, sentence):
    ended = call(*radiomics(folder, parameters, *arguments)[1:])
    assert ended.code == 2
    assert sentence in " ".join(ended.err.replace("│", " ").split())


def test_a_wrong_parameter_file_is_said(call, folder, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("setting:\n  binWith: 25\n")
    ended = call(*radiomics(folder, file, "--all", "--out", tmp_path / "features.csv")[1:])
    assert ended.code == 1
    assert is_one_sentence(ended.err)
    assert "binWith" in ended.err
    assert not (tmp_path / "features.csv").exists()


def test_a_file_that_cannot_be_written_is_said(call, folder, parameters, tmp_path):
    for file in (tmp_path / "no folder" / "f.csv", tmp_path / "no folder" / "f.parquet"):
        ended = call(*radiomics(folder, parameters, "--all", "--out", file)[1:])
        assert ended.code == 1
        assert is_one_sentence(ended.err)
        assert "no folder" in ended.err


def test_two_tables_are_compared(call, undisturbed, tmp_path):
    other = tmp_path / "other.csv"
    lines = undisturbed.read_text().splitlines()
    cells = lines[1].split(",")
    cells[8] = repr(float(cells[8]) * 1.5)
    other.write_text("\n".join([lines[0], ",".join(cells), *lines[2:-2]]))
    same = call("radiomics", "compare", undisturbed, undisturbed, "--json")
    assert (same.code, same.facts["is_equal"], same.facts["different"]) == (0, True, [])
    ended = call("radiomics", "compare", undisturbed, other, "--json")
    assert ended.code == 1
    (different,) = ended.facts["different"]
    assert different["patient_id"] == "CRLM-CT-1001"
    assert different["relative"] == pytest.approx(1 / 3)
    assert len(ended.facts["only_a"]) == 2
    shown = call("radiomics", "compare", undisturbed, other)
    assert shown.code == 1
    assert "0.333333" in shown.out
    assert call("radiomics", "compare", undisturbed, tmp_path / "none.csv").code == 1


def test_help_tells_of_both_commands(call):
    for arguments in (("radiomics", "--help"), ("radiomics", "compare", "--help")):
        ended = call(*arguments)
        assert ended.code == 0
        assert "ompare" in ended.out
    assert "--scheduler" in call("radiomics", "--help").out
