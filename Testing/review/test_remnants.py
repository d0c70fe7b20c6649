"""The remnants of a patient by name, whichever DSO is open, and what a new one says it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.resection import (
    RELEASED,
    WHOLE_LIVER,
    PlaneCut,
    PlanError,
    ResectionError,
    ResectionPlan,
    SphereCut,
    Stroke,
    plan_from_json,
)
from CRLMExplorerLib.resection.dso_reference import DsoReference, reference_to
from CRLMExplorerLib.resection.history import revisions_of
from CRLMExplorerLib.resection.revision import Revision
from CRLMExplorerLib.resection.saving import SavedRevision
from CRLMExplorerLib.review.case import Case, open_case
from CRLMExplorerLib.review.remnants import (
    RemnantNotFound,
    remnant_named,
    resection_of,
    revision_named,
    save_remnant,
    with_start_dso,
)
from dicom.small_ct import edit
from review.redrawing import RIGHT, voxels

PATIENT = "CRLM-CT-1001"


def opened(database) -> Case:
    return open_case(database, PATIENT)


def cut(case: Case, column: int) -> PlaneCut:
    x, y, z = (float(value) for value in case.ct.grid.ras_of((5, 20, column)))
    return PlaneCut((x, y, z), RIGHT)


def dab(case: Case, adds: bool = False) -> Stroke:
    return Stroke((cut(case, 38).point_ras_mm,), 2.0, adds)


def save(database, start: str, *steps, case: Case | None = None, note="") -> SavedRevision:
    case = case or opened(database)
    resection = resection_of(database, case, start)
    if start not in (RELEASED, WHOLE_LIVER):
        start = revision_named(database, case, start).series_uid
    plan = resection.new_plan(start)
    for step in steps:
        plan = plan.then(step)
    return save_remnant(
        database, case, plan, resection.flr(plan), reader_name="Doe^Jane", note=note
    )


def algorithm(revision: SavedRevision) -> str:
    (remnant,) = (
        item
        for item in dcmread(revision.path).SegmentSequence
        if item.SegmentLabel == "Liver Remnant"
    )
    return remnant.SegmentAlgorithmType


def by_hand(cohort: Path, folder: Path) -> None:
    """Let the DSO say that all of it was drawn by hand."""
    file = cohort / PATIENT / "seg.dcm"

    def say(dataset) -> None:
        for item in dataset.SegmentSequence:
            item.SegmentAlgorithmType = "MANUAL"

    edit(file, say)
    with CtkDatabase.create(folder) as database:
        import_files([cohort / PATIENT], database)


@pytest.fixture
def manual(cohort, tmp_path):
    """The patient, drawn by hand."""
    files = Path(shutil.copytree(cohort / PATIENT, tmp_path / "files" / PATIENT))
    by_hand(files.parent, tmp_path / "manual")
    with CtkDatabase.open(tmp_path / "manual") as database:
        yield database


def test_the_released_remnant_stays_what_it_was_when_a_revision_is_open(database):
    revision = save(database, RELEASED, cut(opened(database), 38))
    case = opened(database)
    assert case.dso.series_uid == revision.series_uid
    assert np.array_equal(remnant_named(database, case, RELEASED).to_array(), voxels(34, 44))
    assert np.array_equal(remnant_named(database, case, "1").to_array(), voxels(38, 44))
    resection = resection_of(database, case)
    plan = resection.new_plan(RELEASED)
    assert np.array_equal(resection.flr(plan).to_array(), voxels(34, 44))
    assert resection.figures(plan).dice == 1


def test_a_revision_is_taken_for_no_released_remnant(database, cohort, tmp_path):
    revision = save(database, RELEASED, cut(opened(database), 38))
    with CtkDatabase.create(tmp_path / "alone") as alone:
        import_files([cohort / PATIENT / "ct", revision.path], alone)
        case = opened(alone)
        assert resection_of(alone, case).starts == (WHOLE_LIVER,)
        with pytest.raises(RemnantNotFound, match=f"{PATIENT} has no released remnant"):
            remnant_named(alone, case, RELEASED)
        resection = resection_of(alone, case, "1")
        plan = resection.new_plan(revision.series_uid)
        assert np.array_equal(resection.flr(plan).to_array(), voxels(38, 44))
        assert resection.compare_with_released(plan) is None


@pytest.mark.parametrize("name", ["2", "0", "one", "", "1.2.3", "liver"])
def test_a_revision_that_is_not_there(database, name):
    save(database, RELEASED, cut(opened(database), 38))
    with pytest.raises(RemnantNotFound, match=r"has no revision .*; there are: 1"):
        remnant_named(database, opened(database), name)


def test_two_readers_first_revisions_are_told_apart(database, imported, tmp_path):
    mine = save(database, RELEASED, cut(opened(database), 38))
    other_folder = shutil.copytree(imported, tmp_path / "other")
    with CtkDatabase.open(other_folder) as other:
        theirs = save(other, RELEASED, cut(opened(other), 40))
    with CtkDatabase.open(database.directory, writable=True) as writable:
        import_files([theirs.path], writable)
    case = opened(database)
    with pytest.raises(RemnantNotFound, match="has 2 revisions 1; name one by its Series"):
        remnant_named(database, case, "1")
    columns = {}
    for one in (mine, theirs):
        mask = remnant_named(database, case, one.series_uid).to_array()
        columns[one.series_uid] = int(np.argwhere(mask)[0, 2])
    assert columns == {mine.series_uid: 38, theirs.series_uid: 40}


def test_an_empty_remnant_can_be_saved_and_started_from(database):
    save(database, RELEASED, SphereCut((0.0, 0.0, 0.0), 1e4))
    case = opened(database)
    assert remnant_named(database, case, "1").is_empty
    resection = resection_of(database, case, "1")
    uid = revision_named(database, case, "1").series_uid
    assert resection.flr(resection.new_plan(uid)).is_empty


def test_the_plan_is_recoverable_and_gives_the_same_remnant(database):
    case = opened(database)
    save(database, WHOLE_LIVER, cut(case, 20), dab(case), note="first")
    (revision,) = revisions_of(database, PATIENT)
    plan = plan_from_json(revision.plan_json)
    assert plan == ResectionPlan(
        PATIENT,
        case.ct.series_uid,
        WHOLE_LIVER,
        (cut(case, 20), dab(case)),
        DsoReference(case.dso.series_uid, case.dso.sop_instance_uid),
    )
    again = resection_of(database, opened(database)).flr(plan)
    saved = remnant_named(database, opened(database), "1")
    assert np.array_equal(again.to_array(), saved.to_array())


def revision_of(database, saved: SavedRevision) -> Revision:
    return revision_named(database, opened(database), saved.series_uid)


def source_uids(saved: SavedRevision) -> list[str]:
    header = dcmread(saved.path, stop_before_pixels=True)
    return [item.ReferencedSOPInstanceUID for item in header.SourceImageSequence]


def test_a_revision_follows_from_the_dso_that_its_plan_starts_from(database):
    released = reference_to(opened(database).choice.dso.file)
    first = save(database, RELEASED, cut(opened(database), 38))
    second = save(database, "1", cut(opened(database), 40))
    assert opened(database).dso.sop_instance_uid == second.sop_instance_uid
    first_ref = reference_to(first.path)
    third = {
        start: save(database, start, dab(opened(database)), case=opened(database))
        for start in (RELEASED, WHOLE_LIVER, "1", "2")
    }
    expected = {
        RELEASED: released,
        WHOLE_LIVER: released,
        "1": first_ref,
        "2": reference_to(second.path),
    }
    for start, saved in third.items():
        revision = revision_of(database, saved)
        assert (revision.predecessor, revision.released) == (expected[start], released), start
        assert plan_from_json(revision.plan_json).start_dso == expected[start]
        assert revision.ct_series_uid == opened(database).ct.series_uid


def test_the_dso_whose_segments_were_carried_over_is_named_as_well(database):
    released = opened(database).dso.sop_instance_uid
    first = save(database, RELEASED, cut(opened(database), 38))
    assert source_uids(first) == [released]
    second = save(database, RELEASED, dab(opened(database)))
    assert source_uids(second) == [released, first.sop_instance_uid]
    third = save(database, "2", dab(opened(database)))
    assert source_uids(third) == [second.sop_instance_uid]


def test_a_plan_made_from_another_dso_is_refused(database):
    other = "CRLM-CT-1002"
    (ai,) = (one for one in open_case(database, other).choice.alternatives)
    plan = ResectionPlan(start=WHOLE_LIVER, start_dso=reference_to(ai.file))
    assert with_start_dso(database, open_case(database, other, dso_series_uid=ai.series_uid), plan)
    with pytest.raises(PlanError, match=f"starts from 'liver' of the DSO {ai.series_uid}, not of"):
        with_start_dso(database, open_case(database, other), plan)


def test_only_what_was_drawn_by_hand_alone_is_called_manual(manual):
    case = opened(manual)
    assert algorithm(save(manual, RELEASED, dab(case))) == "MANUAL"
    assert algorithm(save(manual, WHOLE_LIVER, dab(case))) == "MANUAL"
    assert algorithm(save(manual, RELEASED, dab(case), cut(case, 40))) == "SEMIAUTOMATIC"
    # The last revision, which is open now, was computed; the released remnant was not.
    assert algorithm(save(manual, "3", dab(case))) == "SEMIAUTOMATIC"
    assert algorithm(save(manual, RELEASED, dab(case))) == "MANUAL"
    assert algorithm(save(manual, "1", dab(case))) == "MANUAL"


def test_what_was_not_drawn_by_hand_does_not_become_so(database):
    (remnant,) = (s for s in opened(database).segments if s.label == "Liver Remnant")
    assert remnant.algorithm_type != "MANUAL"
    assert algorithm(save(database, RELEASED, dab(opened(database)))) == "SEMIAUTOMATIC"


def test_without_a_ct_there_is_nothing_to_cut(cohort, tmp_path):
    with CtkDatabase.create(tmp_path / "seg alone") as alone:
        import_files([cohort / PATIENT / "seg.dcm"], alone)
        case = opened(alone)
        with pytest.raises(RemnantNotFound, match="has no CT that can be read"):
            resection_of(alone, case)


def test_without_a_dso_there_is_nothing_to_cut(cohort, tmp_path):
    with CtkDatabase.create(tmp_path / "ct alone") as alone:
        import_files([cohort / PATIENT / "ct"], alone)
        case = opened(alone)
        with pytest.raises(ResectionError, match="has no liver segment with voxels"):
            resection_of(alone, case)
        with pytest.raises(RemnantNotFound, match="has no DSO to make a revision of"):
            save_remnant(alone, case, ResectionPlan(), None, reader_name="", note="")
