"""A reader at work: opening, going through the list, judging, measuring, and what goes wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pydicom import dcmread

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.errors import SurvivalError
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.review import JobState, ReviewSession, ReviewState, ReviewStore
from CRLMExplorerLib.review.store import STORE_FILE, Review
from CRLMExplorerLib.review.worklist import WorklistView
from dicom.small_files import write_slice
from review.runners import HeldRunner, ThreadRunner

IDS = ["CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"]


@pytest.fixture
def held() -> HeldRunner:
    return HeldRunner()


@pytest.fixture
def held_session(host, database, table, held) -> ReviewSession:
    return ReviewSession(host, database, table, held)


def listed(session) -> list[str]:
    return [row.patient_id for row in session.worklist]


def row_of(session, patient_id):
    return next(row for row in session.worklist if row.patient_id == patient_id)


def open_id(session) -> str | None:
    return session.case.patient_id if session.case else None


def newer_dso(cohort, folder: Path, into: Path) -> str:
    """The same DSO of CRLM-CT-1002 under another UID and a later date, in the database."""
    dso = dcmread(cohort / "CRLM-CT-1002" / "seg.dcm")
    for name in ("SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dso, name, f"{getattr(dso, name)[:60]}.9")
    dso.file_meta.MediaStorageSOPInstanceUID = dso.SOPInstanceUID
    dso.ContentDate = dso.SeriesDate = "20270101"
    dso.save_as(into)
    with CtkDatabase.open(folder, writable=True) as database:
        import_files([into], database)
    return dso.SeriesInstanceUID


# Going through the worklist


def test_the_worklist_has_all_patients_with_their_records(session):
    assert listed(session) == IDS
    row = row_of(session, "CRLM-CT-1001")
    assert row.name == "SYNTHETIC^CRLM-CT-1001"
    assert row.review == Review()
    assert row.value("overall_survival_months") == 48.2
    assert session.jobs == []


def test_next_and_previous_go_around(session):
    seen = []
    for step in (session.open_next, session.open_next, session.open_next, session.open_next):
        step()
        seen.append(open_id(session))
    session.open_previous()
    session.open_previous()
    assert [*seen, open_id(session)] == [*IDS, IDS[0], IDS[1]]


def test_previous_starts_at_the_end(session):
    session.open_previous()
    assert open_id(session) == IDS[-1]


def test_next_follows_the_order_and_the_filter(session):
    session.look_at(WorklistView(sort_key="patient_id", descending=True))
    session.open_next()
    assert open_id(session) == IDS[2]
    session.look_at(WorklistView(text="1001"))
    session.open_next()
    assert open_id(session) == IDS[0]
    session.look_at(WorklistView(text="nobody"))
    session.open_next()
    session.open_previous()
    assert open_id(session) == IDS[0]
    assert session.worklist == []


def test_next_twice_in_haste_goes_two_on(held_session, held):
    held_session.open_next()
    held_session.open_next()
    held.run()
    held.run()
    assert open_id(held_session) == IDS[1]


# Opening


def test_a_dso_is_switched(session):
    session.open("CRLM-CT-1002")
    figures = row_of(session, "CRLM-CT-1002").figures
    other = session.case.choice.alternatives[0].series_uid
    session.open("CRLM-CT-1002", other)
    assert session.case.dso.series_uid == other
    assert session.display.dso_node.GetSegmentation().GetNumberOfSegments() == 2
    assert row_of(session, "CRLM-CT-1002").figures == figures


def test_a_patient_that_cannot_be_opened_leaves_the_open_one(session, complaints):
    session.open("CRLM-CT-1001")
    session.open("CRLM-CT-9")
    assert open_id(session) == "CRLM-CT-1001"
    assert len(complaints) == 1
    assert complaints[0].startswith("No patient CRLM-CT-9 in ")
    session.open_next()
    assert open_id(session) == "CRLM-CT-1002"


def test_an_opening_that_is_cancelled_leaves_the_open_patient(session, host, complaints):
    session.open("CRLM-CT-1001")
    nodes = host.scene.GetNumberOfNodes()
    case, states = session.case, []

    def cancel_half_way() -> None:
        states.extend(job.state for job in session.jobs)
        if any(job.fraction > 0.5 for job in session.jobs):
            session.cancel_jobs()

    session.jobs_changed.connect(cancel_half_way)
    session.open("CRLM-CT-1002")
    assert session.case is case
    assert host.scene.GetNumberOfNodes() == nodes
    assert states[-1] is JobState.RUNNING
    assert (session.jobs, complaints) == ([], [])
    assert row_of(session, "CRLM-CT-1002").review == Review()


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_the_patient_asked_for_last_is_shown(held_session, held, first_to_end):
    held_session.open("CRLM-CT-1001")
    held_session.open("CRLM-CT-1002")
    assert len(held_session.jobs) == 2
    held.run(first_to_end)
    held.run()
    assert open_id(held_session) == "CRLM-CT-1002"
    assert held_session.jobs == []
    assert row_of(held_session, "CRLM-CT-1001").review == Review()


def test_the_patient_asked_for_last_is_shown_with_threads(host, database, table):
    runner = ThreadRunner()
    session = ReviewSession(host, database, table, runner)
    shown = []
    session.case_changed.connect(lambda: shown.append(open_id(session)))
    session.open("CRLM-CT-1001")
    session.open("CRLM-CT-1003")
    session.open("CRLM-CT-1002")
    runner.run_until_idle()
    assert shown == ["CRLM-CT-1002"]


def test_closing_stops_an_opening(held_session, held):
    held_session.open("CRLM-CT-1001")
    held_session.close()
    held.run()
    assert held_session.case is None


# Judging


def test_an_opened_patient_is_seen_and_a_word_stays(session, host, database, table):
    session.open("CRLM-CT-1001")
    assert session.review == Review(ReviewState.SEEN, "")
    session.set_review(ReviewState.ACCEPTED, "ok")
    session.open("CRLM-CT-1002")
    again = ReviewSession(host, database, table)
    assert row_of(again, "CRLM-CT-1001").review == Review(ReviewState.ACCEPTED, "ok")
    assert row_of(again, "CRLM-CT-1002").review == Review(ReviewState.SEEN, "")
    again.open("CRLM-CT-1001")
    assert again.review == Review(ReviewState.ACCEPTED, "ok")
    assert row_of(again, "CRLM-CT-1001").figures["tumor_count"] == 4


def test_opening_does_not_undo_what_another_session_said(host, database, table, folder):
    session = ReviewSession(host, database, table)
    ReviewStore(folder).save_review("CRLM-CT-1001", Review(ReviewState.NEEDS_WORK, "cut"))
    session.open("CRLM-CT-1001")
    assert session.review == Review(ReviewState.NEEDS_WORK, "cut")
    assert ReviewStore(folder).reviews()["CRLM-CT-1001"] == session.review


def test_a_word_that_cannot_be_kept_is_not_shown_as_kept(session, folder, complaints):
    session.open("CRLM-CT-1001")
    with closing(sqlite3.connect(folder / STORE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        session.set_review(ReviewState.ACCEPTED, "ok")
    assert len(complaints) == 1
    assert "locked" in complaints[0]
    assert session.review == Review(ReviewState.SEEN, "")
    session.set_review(ReviewState.ACCEPTED, "ok")
    assert session.review == Review(ReviewState.ACCEPTED, "ok")


@pytest.mark.parametrize("content", [b"garbage" * 1000, b""], ids=["garbage", "a newer version's"])
def test_an_unreadable_review_file_is_said_and_left_alone(host, database, table, folder, content):
    file = folder / STORE_FILE
    file.write_bytes(content)
    if not content:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA user_version = 7")
    content = file.read_bytes()
    session = ReviewSession(host, database, table)
    complaints: list[str] = []
    session.failed.connect(complaints.append)
    assert STORE_FILE in session.review_problem
    assert listed(session) == IDS
    session.open("CRLM-CT-1001")
    assert session.case.volumetry.tumor_count == 4
    session.set_review(ReviewState.ACCEPTED, "ok")
    session.measure_all()
    assert complaints == [session.review_problem] * 2
    assert session.review == Review()
    assert row_of(session, "CRLM-CT-1003").figures["tumor_count"] == 3
    assert file.read_bytes() == content


def test_a_word_said_blindly_does_not_replace_one_that_could_not_be_read(
    host, database, table, folder
):
    said = Review(ReviewState.NEEDS_WORK, "long note")
    ReviewStore(folder).save_review("CRLM-CT-1001", said)
    complaints: list[str] = []
    with closing(sqlite3.connect(folder / STORE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        session = ReviewSession(host, database, table)
        session.failed.connect(complaints.append)
        session.open("CRLM-CT-1001")
    session.set_review(ReviewState.ACCEPTED, "")
    assert "locked" in complaints[0]
    assert "CRLM-CT-1001 was not changed" in complaints[1]
    assert ReviewStore(folder).reviews() == {"CRLM-CT-1001": said}
    assert session.review == said
    session.set_review(ReviewState.ACCEPTED, "now I know")
    assert session.review == Review(ReviewState.ACCEPTED, "now I know")


# Measuring


def test_figures_come_one_patient_after_the_other(session, folder):
    known = []
    session.worklist_changed.connect(
        lambda: known.append(sum(bool(row.figures) for row in session.worklist))
    )
    session.measure_all()
    assert known == [1, 2, 3]
    assert [row.value("tumor_count") for row in session.worklist] == [4, 2, 3]
    assert [row.value("alarms") for row in session.worklist] == [0, 0, 1]
    assert [row.value("adequate") for row in session.worklist] == [False, True, True]
    assert set(ReviewStore(folder).figures()) == set(IDS)
    assert session.case is None
    assert {row.review.state for row in session.worklist} == {ReviewState.NOT_SEEN}


def test_jobs_say_which_patient_is_measured(held_session, held):
    held_session.measure_all()
    held_session.measure_all()
    titles = []
    while held.held:
        titles += [job.title for job in held_session.jobs]
        held.run()
    assert titles == [f"Measuring {name}, {n} of 3" for n, name in enumerate(IDS, 1)]
    assert held_session.jobs == []


def test_a_patient_is_opened_while_others_are_measured(host, database, table):
    runner = ThreadRunner()
    session = ReviewSession(host, database, table, runner)
    session.measure_all()
    session.open("CRLM-CT-1003")
    runner.run_until_idle()
    assert open_id(session) == "CRLM-CT-1003"
    assert [row.value("tumor_count") for row in session.worklist] == [4, 2, 3]


def test_cancelling_stops_the_measuring(held_session, held):
    held_session.measure_all()
    held.run()
    held_session.cancel_jobs()
    held.run()
    assert held.held == []
    assert [bool(row.figures) for row in held_session.worklist] == [True, False, False]
    held_session.measure_all()
    while held.held:
        held.run()
    assert all(row.figures for row in held_session.worklist)


def test_a_patient_that_cannot_be_measured_does_not_stop_the_others(session, folder, complaints):
    with CtkDatabase.open(folder, writable=True) as other, other.transaction() as connection:
        connection.execute("DELETE FROM Patients WHERE PatientID = 'CRLM-CT-1002'")
    session.measure_all()
    assert len(complaints) == 1
    assert "No patient CRLM-CT-1002" in complaints[0]
    assert [bool(row.figures) for row in session.worklist] == [True, False, True]


def test_figures_that_hold_are_trusted_and_stale_ones_measured_anew(
    session, folder, cohort, tmp_path, host, database, table
):
    session.measure_all()
    store = ReviewStore(folder)
    for patient_id, figures in store.figures().items():
        store.save_figures(patient_id, {**figures, "tumor_count": 99})
    newer = newer_dso(cohort, folder, tmp_path / "newer.dcm")
    later = ReviewSession(host, database, table)
    later.measure_all()
    assert [row.value("tumor_count") for row in later.worklist] == [99, 2, 99]
    assert row_of(later, "CRLM-CT-1002").value("dso_series_uid") == newer


def test_figures_measured_without_the_spreadsheet_are_stale_with_it(host, database, table):
    alone = ReviewSession(host, database)
    alone.measure_all()
    assert [row.value("adequate") for row in alone.worklist] == [None] * 3
    together = ReviewSession(host, database, table)
    together.measure_all()
    assert [row.value("adequate") for row in together.worklist] == [False, True, True]


def test_a_large_cohort_is_measured_on_one_thread(host, tmp_path):
    files = [
        write_slice(tmp_path / f"{n}.dcm", patient_id=f"P{n:03}", series=f"s{n}")
        for n in range(160)
    ]
    with CtkDatabase.create(tmp_path / "many") as database:
        import_files(files, database)
        session = ReviewSession(host, database)
        session.measure_all()
        assert [row.value("alarms") for row in session.worklist] == [1] * 160


# Holding against another minimum, size and cohort


def test_the_reader_s_own_minimum(session, complaints):
    session.open("CRLM-CT-1001")
    assert session.case.volumetry.adequate is False
    session.set_minimum(25)
    assert session.case.volumetry.adequate is True
    session.set_minimum(None)
    assert session.case.volumetry.minimum_flr_percent == 30
    assert complaints == []


@pytest.mark.parametrize("percent", [0, -5, 100.5, float("nan"), float("inf")])
def test_an_impossible_minimum_changes_nothing(session, complaints, percent):
    session.open("CRLM-CT-1001")
    case = session.case
    session.set_minimum(percent)
    assert session.case is case
    assert len(complaints) == 1


def test_the_flr_is_standardised_by_the_body(session):
    session.open("CRLM-CT-1001")
    session.set_minimum(40)
    session.set_body(170, 70)
    assert len(session.case.volumetry.standardized_flr) == 4
    assert session.case.volumetry.minimum_flr_percent == 40
    session.set_body(170, None)
    assert session.case.volumetry.standardized_flr == ()


@pytest.mark.parametrize("size", [(1.7, 70), (0, 70), (170, 0), (170, -70), (float("nan"), 70)])
def test_an_implausible_body_changes_nothing(session, complaints, size):
    session.open("CRLM-CT-1001")
    session.set_body(170, 70)
    case = session.case
    session.set_body(*size)
    assert session.case is case
    assert len(complaints) == 1


def test_the_patient_stands_on_the_cohort_s_curve(session):
    analysis = session.survival(Endpoint.OVERALL)
    assert session.position_on(analysis) is None
    session.open("CRLM-CT-1001")
    position = session.position_on(analysis)
    assert (position.months, position.event) == (
        48.2,
        bool(session.case.record.value("vital_status")),
    )
    assert position.survival == analysis.curves[0].survival_at(48.2)
    assert session.survival(Endpoint.OVERALL) is analysis


def test_survival_by_a_column(session):
    session.open("CRLM-CT-1001")
    analysis = session.survival(Endpoint.OVERALL, "sex")
    assert len(analysis.curves) == 2
    assert session.position_on(analysis).group in {curve.label for curve in analysis.curves}
    with pytest.raises(SurvivalError):
        session.survival(Endpoint.OVERALL, "no such column")


def test_without_a_spreadsheet_there_is_no_survival(host, database):
    session = ReviewSession(host, database)
    session.open("CRLM-CT-1001")
    assert session.survival(Endpoint.OVERALL) is None


def test_nothing_happens_without_an_open_patient(session, complaints):
    session.set_minimum(25)
    session.set_body(170, 70)
    session.set_review(ReviewState.ACCEPTED, "ok")
    session.show_all(False)
    session.jump_to((0.0, 0.0, 0.0))
    session.jump_to_next_tumor()
    session.point_at_start()
    session.close()
    assert (session.case, complaints) == (None, [])
    assert session.review == Review()
