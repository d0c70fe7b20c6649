"""``resect``, ``revisions`` and ``compare``: figures of known shapes, and studies cut off."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.phantom import PhantomSegment, write_ct, write_dso
from CRLMExplorerLib.resection import (
    EVERY_TUMOR,
    WHOLE_LIVER,
    PlaneCut,
    ResectionPlan,
    WedgeCut,
    plan_from_json,
    plan_to_json,
)
from CRLMExplorerLib.resection.history import revisions_of
from CRLMExplorerLib.review.case import open_case
from CRLMExplorerLib.review.remnants import resection_of
from dicom.small_ct import grid_of, noise_hu

SHAPE = (12, 48, 48)
PROGRAM = Path(sys.executable).with_name("crlm-explorer")
VOXEL_ML = 0.8 * 0.7 * 5.0 / 1000
LIVER = np.s_[2:10, 4:44, 4:44]
REMNANT = np.s_[2:10, 4:44, 34:44]
TUMORS = (np.s_[4:7, 8:12, 6:9], np.s_[4:7, 30:34, 20:24])
TUMOR_VOXELS = 3 * 4 * 3 + 3 * 4 * 4
PATIENTS = ["A-1", "A-2", "B-NO-LIVER", "C-1"]


def filled(box) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[box] = True
    return mask


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> Path:
    """A database of four small patients; one of them has no liver segment."""
    folder = tmp_path_factory.mktemp("resect")
    for patient_id in PATIENTS:
        boxes = {"Liver": LIVER, "Liver Remnant": REMNANT}
        boxes |= {f"Tumor_{number}": box for number, box in enumerate(TUMORS, 1)}
        if patient_id == "B-NO-LIVER":
            boxes = {"Tumor_1": TUMORS[0]}
        ct = write_ct(folder / patient_id / "ct", noise_hu(SHAPE), grid_of(shape=SHAPE), patient_id)
        segments = [PhantomSegment(label, filled(box)) for label, box in boxes.items()]
        write_dso(folder / patient_id / "seg.dcm", ct, segments)
    with CtkDatabase.create(folder / "database") as database:
        import_files([folder / patient_id for patient_id in PATIENTS], database)
    return folder / "database"


@pytest.fixture
def folder(cohort, tmp_path) -> Path:
    """The database, to write to."""
    return Path(shutil.copytree(cohort, tmp_path / "database"))


def at_column(column: float) -> tuple[float, float, float]:
    """RAS in mm of the middle of a column."""
    x, y, z = (float(value) for value in grid_of(shape=SHAPE).ras_of((5, 20, column)))
    return x, y, z


def plane(column: float) -> str:
    """A plane that removes what lies right of a column."""
    x, y, z = at_column(column)
    return f"{x},{y},{z}:1,0,0"


@pytest.fixture
def plan_file(tmp_path) -> Path:
    """Take every tumour out of the whole liver."""
    file = tmp_path / "plan.json"
    plan = ResectionPlan(start=WHOLE_LIVER, steps=(WedgeCut(EVERY_TUMOR, 2.0),))
    file.write_text(plan_to_json(plan), encoding="utf-8")
    return file


def is_one_sentence(text: str) -> bool:
    return text.startswith("crlm-explorer: ") and text.count("\n") == 1


# One patient


def test_a_plane_leaves_what_is_counted(call, cohort):
    facts = call(
        "resect", "A-1", "-d", cohort, "--start", "liver", "--plane", plane(14), "--json"
    ).facts
    left, liver = 8 * 40 * 30, 8 * 40 * 40
    assert facts["flr_ml"] == pytest.approx(left * VOXEL_ML)
    assert facts["resected_ml"] == pytest.approx((liver - left) * VOXEL_ML)
    assert facts["flr_percent_total"] == pytest.approx(75)
    assert facts["flr_percent_functional"] == pytest.approx(100 * left / (liver - TUMOR_VOXELS))
    first, second = facts["margins"]
    assert (first["tumor"], first["status"]) == ("Tumor_1", "specimen")
    assert first["margin_mm"] == pytest.approx((14 - 8.5) * 0.8, abs=1e-5)
    assert (second["tumor"], second["status"]) == ("Tumor_2", "remnant")
    # The tumour's face between two slices is compared with points of the cut within slices.
    assert second["margin_mm"] == pytest.approx(-(23.5 - 14) * 0.8, abs=0.05)
    released = facts["released"]
    assert released["volume_change_ml"] == pytest.approx(8 * 40 * 20 * VOXEL_ML)
    assert released["dice"] == pytest.approx(2 * 10 / (30 + 10))
    assert released["hd95_mm"] > released["mean_surface_distance_mm"] > 0
    assert facts["findings"][0]["code"] == "tumor-in-remnant"
    assert not {"series_uid", "path", "revision"} & set(facts)


def test_the_released_flr_without_a_plan_is_itself(call, cohort):
    facts = call("resect", "A-1", "-d", cohort, "--json").facts
    assert facts["start"] == "released"
    assert facts["flr_ml"] == pytest.approx(8 * 40 * 10 * VOXEL_ML)
    assert facts["released"] == {
        "volume_change_ml": 0,
        "dice": 1,
        "hd95_mm": 0,
        "hausdorff_mm": 0,
        "mean_surface_distance_mm": 0,
    }


def test_figures_are_the_resections(call, cohort, plan_file):
    ended = call("resect", "A-1", "-d", cohort, "--plan", plan_file, "--json")
    with CtkDatabase.open(cohort) as database:
        case = open_case(database, "A-1")
        resection = resection_of(database, case)
    plan = plan_from_json(plan_file.read_text())
    figures = resection.figures(plan, case.rule)
    for name in ("flr_ml", "flr_percent_functional", "flr_percent_total", "resected_ml"):
        assert ended.facts[name] == getattr(figures, name)
    assert [m["margin_mm"] for m in ended.facts["margins"]] == [
        m.margin_mm for m in figures.margins
    ]
    assert {m["status"] for m in ended.facts["margins"]} == {"specimen"}


def test_shortcuts_follow_the_plan(call, cohort, plan_file):
    more = ("--plane", plane(10), "--plane", plane(12), "--wedge", "tumor=Tumor_2,margin=4.5")
    facts = call("resect", "A-1", "-d", cohort, "--plan", plan_file, *more, "--json").facts
    assert facts["steps"] == [
        "Wedge of 2 mm around every tumour",
        "Plane",
        "Plane",
        "Wedge of 4.5 mm around Tumor_2",
    ]
    assert facts["start"] == "liver"
    start = ("--start", "released", "--json")
    facts = call("resect", "A-1", "-d", cohort, "--plan", plan_file, *start).facts
    assert facts["start"] == "released"


def test_wedges_name_a_tumor_or_all(call, cohort):
    start = ("resect", "A-1", "-d", cohort, "--start", "liver", "--json")
    every = call(*start, "--wedge", "tumor=*,margin=2").facts
    each = call(*start, "--wedge", "tumor=Tumor_1,margin=2", "--wedge", "tumor=Tumor_2,margin=2")
    assert every["margins"] == each.facts["margins"]
    assert every["flr_ml"] == each.facts["flr_ml"]
    assert call(*start, "--wedge", "tumor=Tumor_1").facts["steps"] == [
        "Wedge of 10 mm around Tumor_1"
    ]


def test_without_a_released_flr_there_is_none_to_compare_with(call, database):
    facts = call("resect", "P1", "-d", database, "--start", "liver", "--json").facts
    assert facts["released"] is None
    assert facts["flr_percent_total"] == 100
    ended = call("resect", "P1", "-d", database, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert "starts from 'released', which is not there: expected one of liver" in ended.err


def test_the_minimum_is_the_records(call, cohort, tmp_path):
    file = tmp_path / "clinical.csv"
    file.write_text("Patient-ID,chemo_before_liver_resection,steatosis_yesno\nA-1,1,0\n")
    facts = call("resect", "A-1", "-d", cohort, "--clinical", file, "--json").facts
    assert (facts["minimum_flr_percent"], facts["adequate"]) == (30, False)


def test_readers_see_tables_and_alarms(call, cohort):
    ended = call("resect", "A-1", "-d", cohort, "--start", "liver", "--plane", plane(14))
    assert ended.code == 0
    assert "Resection of A-1" in ended.out
    assert "Tumor_2" in ended.out
    assert "ALARM   Tumor_2" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wedge", "tumor=Tumor_9"), "no tumour segment 'Tumor_9'"),
        (("--wedge", "tumor=Tumor_1,margin=-1"), "margin is -1 mm"),
        (("--wedge", "tumor=Tumor_1,margin=nan"), "margin is nan mm"),
        (("--plane", "1,2,3:0,0,0"), "normal has length 0"),
        (("--plane", "nan,2,3:0,0,1"), "point is not finite"),
        (("--start", "3"), "has no revision 3; there are: none"),
        (("--plan", "no such file.json"), "no such file.json"),
    ],
)
def test_what_cannot_be_cut_ends_with_1(call, cohort, arguments, said):
    ended = call("resect", "A-1", "-d", cohort, *arguments, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert said in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("A-1", "--plane", "1,2:0,0,1"),
        ("A-1", "--plane", "1,2,3"),
        ("A-1", "--plane", "a,b,c:0,0,1"),
        ("A-1", "--wedge", "Tumor_1"),
        ("A-1", "--wedge", "tumor=Tumor_1,margin=wide"),
        ("A-1", "--all"),
        (),
        ("A-1", "--csv", "x.csv"),
        ("--all", "--resume"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(call, cohort, arguments):
    ended = call("resect", *arguments, "-d", cohort)
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:-9], "it may be cut off"),
        (lambda text: text.replace('"version": 1', '"version": 7'), "newer than this program"),
        (lambda text: text.replace('"patient_id": null', '"patient_id": "A-2"'), "for patient A-2"),
        (lambda text: text.replace("2.0", "-2.0"), "margin is -2 mm"),
        (lambda text: text.encode("utf-16"), "is no text in UTF-8"),
        (lambda text: "", "it may be cut off"),
    ],
)
def test_a_plan_that_is_no_good(call, cohort, plan_file, damage, said):
    damaged = damage(plan_file.read_text())
    plan_file.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    ended = call("resect", "A-1", "-d", cohort, "--plan", plan_file, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert is_one_sentence(ended.err)
    assert said in ended.err


def test_no_scene_is_loaded(cohort):
    program = (
        "import sys\n"
        "from CRLMExplorerLib.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    for command in ("resect", "revisions"):
        ended = subprocess.run(
            [sys.executable, "-c", program, command, "A-1", "-d", cohort],
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = {name.split(".")[0] for name in ended.stderr.split()}
        assert "CRLMExplorerLib" in loaded
        assert not {"slicer", "slicer_core", "vtkmodules", "matplotlib", "trame"} & loaded


# Revisions


def test_a_revision_is_saved_listed_compared_and_started_from(call, folder):
    saved = call(
        *("resect", "A-1", "-d", folder, "--start", "liver", "--plane", plane(14)),
        *("--save", "--reader", "Doe^Jane", "--note", "Right side\nonly", "--json"),
    ).facts
    assert saved["revision"] == 1
    assert Path(saved["path"]).is_file()
    again = call("resect", "A-1", "-d", folder, "--start", "1", "--plane", plane(24), "--save")
    assert "Saved as FLR revision 2: " in again.out
    first, second = call("revisions", "A-1", "-d", folder, "--json").facts
    assert first["series_uid"] == saved["series_uid"]
    assert (first["number"], first["reader"], first["note"]) == (1, "Doe^Jane", "Right side\nonly")
    assert first["flr_ml"] == pytest.approx(saved["flr_ml"])
    assert first["flr_percent_functional"] == pytest.approx(saved["flr_percent_functional"])
    assert (first["start"], first["steps"]) == ("whole liver", ["Plane"])
    assert (second["start"], second["steps"]) == ("revision 1", ["Plane"])
    assert second["flr_ml"] == pytest.approx(8 * 40 * 20 * VOXEL_ML)
    compared = call("compare", "A-1", "1", second["series_uid"], "-d", folder, "--json").facts
    assert compared["volume_change_ml"] == pytest.approx(8 * 40 * 10 * VOXEL_ML)
    assert compared["dice"] == pytest.approx(2 * 20 / (30 + 20))
    assert compared["hausdorff_mm"] == pytest.approx(10 * 0.8)
    against = call("compare", "A-1", "1", "released", "-d", folder, "--json").facts
    names = ("dice", "hd95_mm", "mean_surface_distance_mm", "volume_change_ml")
    for name in names:
        assert against[name] == pytest.approx(saved["released"][name]), name
    file = folder / "revisions.csv"
    assert call("revisions", "A-1", "-d", folder, "--csv", file).out == ""
    lines = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    assert [line["series_uid"] for line in lines] == [first["series_uid"], second["series_uid"]]
    assert float(lines[0]["flr_ml"]) == first["flr_ml"]
    assert lines[0]["note"] == "Right side\nonly"
    table = call("revisions", "A-1", "-d", folder).out
    assert "Right side only" in table
    assert "whole liver" in table


def test_a_patient_without_revisions(call, cohort):
    assert call("revisions", "A-1", "-d", cohort, "--json").facts == []
    assert call("revisions", "A-1", "-d", cohort).code == 0
    ended = call("compare", "A-1", "released", "1", "-d", cohort, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "has no revision 1; there are: none" in ended.err
    assert call("revisions", "nobody", "-d", cohort).code == 1


def test_the_saved_plan_names_its_patient(call, folder, plan_file):
    call("resect", "A-2", "-d", folder, "--plan", plan_file, "--save")
    with CtkDatabase.open(folder) as database:
        (revision,) = revisions_of(database, "A-2")
        ct_uid = open_case(database, "A-2").ct.series_uid
    plan = plan_from_json(revision.plan_json)
    assert (plan.patient_id, plan.ct_series_uid) == ("A-2", ct_uid)
    assert plan.steps == (WedgeCut(EVERY_TUMOR, 2.0),)


# Studies


def study(folder: Path, plan_file: Path, *more: object) -> tuple[object, ...]:
    return ("resect", "--all", "-d", folder, "--plan", plan_file, *more)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def undisturbed(call, cohort, plan_file, tmp_path) -> Path:
    file = tmp_path / "undisturbed.csv"
    assert call(*study(cohort, plan_file, "--csv", file)).code == 1
    return file


def test_a_study_has_a_row_a_patient_and_errors_are_rows(call, cohort, plan_file, undisturbed):
    rows = rows_of(undisturbed)
    assert [row["patient_id"] for row in rows] == PATIENTS
    alone = call("resect", "A-2", "-d", cohort, "--plan", plan_file, "--json").facts
    row = rows[1]
    assert float(row["flr_ml"]) == alone["flr_ml"]
    assert float(row["released_dice"]) == alone["released"]["dice"]
    assert float(row["released_hd95_mm"]) == alone["released"]["hd95_mm"]
    assert float(row["least_margin_mm"]) == min(m["margin_mm"] for m in alone["margins"])
    assert (row["tumors_specimen"], row["tumors_cut"], row["error"]) == ("2", "0", "")
    assert "has no liver segment with voxels" in rows[2]["error"]
    assert rows[2]["flr_ml"] == ""


def test_a_study_prints_json_or_a_table(call, cohort, plan_file):
    ended = call(*study(cohort, plan_file, "--json"))
    assert ended.code == 1
    assert [row["patient_id"] for row in ended.facts] == PATIENTS
    assert ended.err.count("\n") == 1
    table = call(*study(cohort, plan_file)).out
    assert all(patient_id in table for patient_id in PATIENTS)


def test_a_study_that_was_cut_off_anywhere_is_gone_on_with(
    call, cohort, plan_file, undisturbed, tmp_path
):
    whole = undisturbed.read_bytes()
    file = tmp_path / "resumed.csv"
    header = whole.index(b"\r\n")
    ends = [0, 5, header, header + 1, header + 2, header + 40, len(whole) - 1, len(whole)]
    for end in ends:
        file.write_bytes(whole[:end])
        assert call(*study(cohort, plan_file, "--csv", file, "--resume")).code == 1
        assert file.read_bytes() == whole, end


def test_a_study_is_written_row_by_row(cohort, plan_file, undisturbed, tmp_path):
    file = tmp_path / "killed.csv"
    command = [PROGRAM, *map(str, study(cohort, plan_file, "--csv", file))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_bytes().count(b"\r\n") >= 2):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = file.read_bytes()
    assert undisturbed.read_bytes().startswith(kept)
    resumed = subprocess.run([*command, "--resume"], capture_output=True, check=False)
    assert resumed.returncode == 1
    assert file.read_bytes() == undisturbed.read_bytes()


def test_a_study_that_is_done_does_nothing_more(call, cohort, plan_file, undisturbed):
    before = undisturbed.read_bytes()
    ended = call(*study(cohort, plan_file, "--csv", undisturbed, "--resume", "--json"))
    assert (ended.code, ended.facts, undisturbed.read_bytes()) == (1, [], before)


def test_another_plans_table_is_not_gone_on_with(call, cohort, plan_file, undisturbed):
    before = undisturbed.read_bytes()
    ended = call(
        *study(cohort, plan_file, "--csv", undisturbed, "--resume", "--wedge", "tumor=*,margin=3")
    )
    assert (ended.code, undisturbed.read_bytes()) == (1, before)
    assert "has rows of another plan" in ended.err


@pytest.mark.parametrize("content", [b"a,b\r\n1,2\r\n", b"patient_idx", b"text\n"])
def test_another_table_is_not_gone_on_with(call, cohort, plan_file, tmp_path, content):
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    ended = call(*study(cohort, plan_file, "--csv", file, "--resume"))
    assert ended.code == 1
    assert "has other columns than this run" in ended.err
    assert file.read_bytes() == content


def test_a_table_that_cannot_be_written_ends_the_study(call, cohort, plan_file, tmp_path):
    for file in (tmp_path, tmp_path / "no folder" / "study.csv"):
        ended = call(*study(cohort, plan_file, "--csv", file))
        assert ended.code == 1
        assert is_one_sentence(ended.err)
        assert f"{file} cannot be written: " in ended.err


def test_a_study_saves_one_revision_a_patient_even_if_killed(call, folder, plan_file, tmp_path):
    file = tmp_path / "saved.csv"
    save = ("--csv", file, "--save", "--reader", "Doe^Jane", "--note", "Study")
    call(*study(folder, plan_file, *save))
    whole = file.read_bytes()
    lines = whole.split(b"\r\n")
    # Killed after the second patient's revision was saved, but not yet its row.
    file.write_bytes(b"\r\n".join(lines[:2]) + b"\r\n" + lines[2][:30])
    call(*study(folder, plan_file, *save, "--resume"))
    assert file.read_bytes() == whole
    for patient_id in ("A-1", "A-2", "C-1"):
        (revision,) = call("revisions", patient_id, "-d", folder, "--json").facts
        (row,) = (row for row in rows_of(file) if row["patient_id"] == patient_id)
        assert (row["series_uid"], row["revision"]) == (revision["series_uid"], "1")


def test_a_plan_of_one_patient_is_an_error_for_the_others(call, cohort, plan_file):
    content = json.loads(plan_file.read_text()) | {"patient_id": "A-2"}
    plan_file.write_text(json.dumps(content))
    rows = call(*study(cohort, plan_file, "--json")).facts
    assert [row["patient_id"] for row in rows if row["error"] is None] == ["A-2"]
    assert "the plan is for patient A-2, not for C-1" in rows[3]["error"]


def test_help_says_how_a_plane_is_written(call):
    ended = call("resect", "--help")
    assert ended.code == 0
    assert "X,Y,Z:NX,NY,NZ" in ended.out
    assert "tumor=LABEL,margin=MM" in ended.out


def test_a_plane_cut_is_what_was_typed(call, folder):
    call("resect", "A-1", "-d", folder, "--plane", "-1.5,2e1,-30:-0.5,0,-2", "--save")
    with CtkDatabase.open(folder) as database:
        (revision,) = revisions_of(database, "A-1")
    (step,) = plan_from_json(revision.plan_json).steps
    assert step == PlaneCut((-1.5, 20.0, -30.0), (-0.5, 0.0, -2.0))
