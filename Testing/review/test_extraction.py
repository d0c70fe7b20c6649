"""Features of an opened patient: the right voxels and origin, and images that allow none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from CRLMExplorerLib.progress import Cancelled
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.resection.plan import ResectionPlan
from CRLMExplorerLib.review.case import Case, open_case
from CRLMExplorerLib.review.extraction import NotExtractable, extract_case, origin_of
from CRLMExplorerLib.review.remnants import save_remnant
from review.conftest import LIVER, filled

PATIENT = "CRLM-CT-1001"
PARAMETERS = Parameters(
    name="means",
    settings={"binWidth": 25},
    image_types={"Original": {}},
    feature_classes={"firstorder": ["Mean", "Maximum"], "shape": ["VoxelVolume"]},
    regions=(Region("liver", "liver"), Region("{tumor}", "each tumor"), Region("no", '"Spleen"')),
)


@pytest.fixture
def case(database) -> Case:
    return open_case(database, PATIENT)


def opened(folder: Path, files: Path) -> Case:
    """A patient as opened from files that were changed."""
    with CtkDatabase.create(folder / "database") as database:
        import_files([files], database)
        return open_case(database, PATIENT)


@pytest.fixture
def files(cohort, tmp_path) -> Path:
    """A patient's files, to be changed before they are imported."""
    return Path(shutil.copytree(cohort / PATIENT, tmp_path / "files"))


def test_values_are_those_of_the_voxels_in_the_segments(case):
    found = extract_case(case, PARAMETERS, workers=1)
    values = {(one.region, one.feature): one.value for one in found.extraction.values}
    inside = case.ct.hu[filled(LIVER)]
    assert values["liver", "Mean"] == pytest.approx(inside.mean(), rel=1e-12)
    assert values["liver", "Maximum"] == inside.max()
    assert values["liver", "VoxelVolume"] == pytest.approx(inside.size * 0.8 * 0.7 * 5.0)
    assert {region for region, _ in values} == {
        "liver",
        *(f"Tumor_{number}" for number in (1, 2, 3, 4)),
    }


def test_a_region_that_is_not_there_leaves_the_rest_standing(case):
    found = extract_case(case, PARAMETERS, workers=1)
    assert [(one.region, one.code) for one in found.extraction.omissions] == [
        ("no", "no-such-segment")
    ]
    assert found.failure == ""


def test_the_origin_names_images_and_run(case):
    found = extract_case(case, PARAMETERS, workers=1)
    origin = found.origin
    assert (origin.patient_id, origin.ct_series_uid) == (PATIENT, case.ct.series_uid)
    assert (origin.dso_series_uid, origin.dso_sop_instance_uid) == (
        case.dso.series_uid,
        case.dso.sop_instance_uid,
    )
    assert (origin.revision, origin.ct_files) == (None, 12)
    assert origin == origin_of(case.choice)
    assert found.run.started <= found.run.ended
    assert found.run.peak_memory_mb > 50


def test_a_revision_is_known_by_its_number(folder):
    with CtkDatabase.open(folder) as database:
        before = open_case(database, PATIENT)
        remnant = next(one.mask for one in before.segments if one.label == "Liver Remnant")
        plan = ResectionPlan(PATIENT, before.ct.series_uid)
        save_remnant(database, before, plan, remnant, reader_name="Doe^Jane", note="")
    with CtkDatabase.open(folder) as database:
        after = open_case(database, PATIENT)
        found = extract_case(after, PARAMETERS, workers=1)
    assert found.origin.revision == 1
    assert found.origin.dso_sop_instance_uid != before.dso.sop_instance_uid


def test_progress_is_told_and_can_end_it(case):
    told: list[str] = []
    extract_case(case, PARAMETERS, lambda fraction, message: told.append(message), workers=1)
    assert "liver, original" in told

    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        extract_case(case, PARAMETERS, stop, workers=1)


def test_without_a_dso_nothing_is_extracted(files, tmp_path):
    (files / "seg.dcm").unlink()
    with pytest.raises(NotExtractable, match=r"no DSO .* has a CT but no DSO"):
        extract_case(opened(tmp_path, files), PARAMETERS)


def test_without_the_ct_nothing_is_extracted(files, tmp_path):
    shutil.rmtree(files / "ct")
    with pytest.raises(NotExtractable, match=r"no CT .* import that CT"):
        extract_case(opened(tmp_path, files), PARAMETERS)


def test_a_dso_beyond_the_ct_is_refused(files, tmp_path):
    for file in sorted((files / "ct").iterdir())[-6:]:
        file.unlink()
    with pytest.raises(NotExtractable, match="voxels of the DSO lie outside the CT"):
        extract_case(opened(tmp_path, files), PARAMETERS)


def test_a_ct_with_a_gap_is_refused(files, tmp_path):
    sorted((files / "ct").iterdir())[5].unlink()
    with pytest.raises(NotExtractable, match="1 slices are missing"):
        extract_case(opened(tmp_path, files), PARAMETERS)


def test_another_patients_dso_is_refused(case):
    foreign = replace(case.choice.dso, of_another_patient=True)
    with pytest.raises(NotExtractable, match="another patient's"):
        extract_case(replace(case, choice=replace(case.choice, dso=foreign)), PARAMETERS)
