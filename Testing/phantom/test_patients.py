"""The demo patients: what is on disk is what was made, is marked, and is what it should show."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from scipy.ndimage import label as components
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from CRLMExplorerLib.phantom import DEMO_PATIENTS, Anatomy, demo_anatomy, write_demo_patients
from CRLMExplorerLib.progress import Cancelled

IDS = [patient.patient_id for patient in DEMO_PATIENTS]
LARGEST_MM = {"CRLM-CT-1001": 42.0, "CRLM-CT-1002": 30.0, "CRLM-CT-1003": 55.0}
TUMORS = {"CRLM-CT-1001": 4, "CRLM-CT-1002": 2, "CRLM-CT-1003": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert [path.name for path in write_demo_patients(folder)] == IDS
    return folder


@pytest.fixture(scope="module")
def anatomies() -> dict[str, Anatomy]:
    return {patient.patient_id: demo_anatomy(patient) for patient in DEMO_PATIENTS}


@pytest.fixture(params=IDS)
def patient_id(request) -> str:
    return request.param


def tumors_of(anatomy: Anatomy) -> list[np.ndarray]:
    return [mask for label, mask in anatomy.masks.items() if label.startswith("Tumor_")]


def headers(folder: Path) -> list:
    return [dcmread(file) for file in sorted((folder / "CT").glob("*.dcm"))]


def dso_masks(path: Path, anatomy: Anatomy) -> dict[str, np.ndarray]:
    seg = hd.seg.segread(path)
    pixels = seg.pixel_array
    labels = {item.SegmentNumber: item.SegmentLabel for item in seg.SegmentSequence}
    masks = {label: np.zeros(anatomy.grid.shape_kji, dtype=bool) for label in labels.values()}
    for frame, pixel in zip(seg.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        lps = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        k, j, i = anatomy.grid.kji_of((lps * [-1, -1, 1]).tolist())
        assert abs(j) < 1e-3 and abs(i) < 1e-3
        masks[labels[number]][round(k)] = pixel
    return masks


def test_files_lie_as_in_the_collection(folder, patient_id):
    assert len(headers(folder / patient_id)) == 45
    assert (folder / patient_id / "CT" / "1-01.dcm").exists()
    assert (folder / patient_id / "SEG" / "1-1.dcm").exists()
    assert not list(folder.glob("*.partial"))


def test_everything_is_marked_synthetic(folder, patient_id):
    files = list((folder / patient_id).rglob("*.dcm"))
    for file in files:
        header = dcmread(file, stop_before_pixels=True)
        assert header.PatientName == f"SYNTHETIC^{patient_id}"
        assert header.PatientID == patient_id
        assert "SYNTHETIC" in header.SeriesDescription
        assert "SYNTHETIC" in header.StudyDescription


def test_made_again_it_is_the_same(folder, anatomies, patient_id):
    pixels = [image.pixel_array - 1024 for image in headers(folder / patient_id)]
    assert np.array_equal(pixels, anatomies[patient_id].hu_kji)


def test_dso_holds_the_masks_voxel_for_voxel(folder, anatomies, patient_id):
    anatomy = anatomies[patient_id]
    read = dso_masks(folder / patient_id / "SEG" / "1-1.dcm", anatomy)
    tumors = [f"Tumor_{n}" for n in range(1, TUMORS[patient_id] + 1)]
    assert list(read) == ["Liver", "Liver Remnant", "Hepatic", "Portal", *tumors]
    for label, mask in anatomy.masks.items():
        assert mask.any()
        assert np.array_equal(read[label], mask), label


def test_slices_ascend_and_orientation_fits_the_position(folder, patient_id):
    images = headers(folder / patient_id)
    prone = patient_id == "CRLM-CT-1003"
    heights = [float(image.ImagePositionPatient[2]) for image in images]
    assert np.allclose(np.diff(heights), 5.0)
    expected = [-1, 0, 0, 0, -1, 0] if prone else [1, 0, 0, 0, 1, 0]
    assert {image.PatientPosition for image in images} == {"HFP" if prone else "HFS"}
    assert all(image.ImageOrientationPatient == expected for image in images)


def test_liver_is_on_the_right_and_the_spine_behind(anatomies, patient_id):
    anatomy = anatomies[patient_id]
    grid = anatomy.grid
    liver = grid.ras_of(np.argwhere(anatomy.masks["Liver"])).mean(axis=0)
    bone = grid.ras_of(np.argwhere(anatomy.hu_kji > 350)).mean(axis=0)
    assert liver[0] > 30.0
    assert bone[1] < liver[1] - 20.0


def test_table_is_under_the_back_or_under_the_belly(anatomies, patient_id):
    # the lowest thing in the image is the table, whichever side the patient lies on
    rows = np.flatnonzero((anatomies[patient_id].hu_kji[20, :, 250:262] > -500).any(axis=1))
    body_ends = rows[np.flatnonzero(np.diff(rows) > 20)[-1]]
    assert rows[-1] - body_ends > 20
    assert body_ends > 256


def test_tissues_have_their_hounsfield_values(anatomies, patient_id):
    anatomy = anatomies[patient_id]
    hu, masks = anatomy.hu_kji, anatomy.masks
    tumors = np.logical_or.reduce(tumors_of(anatomy))
    vessels = masks["Hepatic"] | masks["Portal"]
    assert np.median(hu[masks["Liver"] & ~tumors & ~vessels]) == pytest.approx(106, abs=4)
    assert np.median(hu[tumors]) == pytest.approx(65, abs=10)
    assert np.percentile(hu[vessels], 80) == pytest.approx(170, abs=12)
    assert hu.min() >= -1024
    assert np.std(hu[:, :8, :8]) > 1.0


def test_liver_is_one_piece_of_a_believable_size(anatomies, patient_id):
    anatomy = anatomies[patient_id]
    liver = anatomy.masks["Liver"]
    pieces, _ = components(liver)
    largest = np.bincount(pieces.ravel())[1:].max()
    assert largest / liver.sum() > 0.995
    assert 1200 < liver.sum() * anatomy.grid.voxel_ml < 2200
    assert not (anatomy.masks["Liver Remnant"] & ~liver).any()


def test_largest_tumor_has_the_stated_diameter(anatomies, patient_id):
    anatomy = anatomies[patient_id]
    spacing = np.array(anatomy.grid.spacing_kji_mm)
    axial, spatial = [], []
    for mask in tumors_of(anatomy):
        points = np.argwhere(mask) * spacing
        spatial.append(pdist(points[ConvexHull(points).vertices]).max())
        for height in np.unique(points[:, 0]):
            flat = points[points[:, 0] == height][:, 1:]
            if len(flat) > 8:
                axial.append(pdist(flat[ConvexHull(flat).vertices]).max())
    assert max(axial) == pytest.approx(LARGEST_MM[patient_id], abs=1.5)
    assert max(spatial) == pytest.approx(LARGEST_MM[patient_id], abs=4.0)


def flr_percent(anatomy: Anatomy) -> float:
    functional = anatomy.masks["Liver"] & ~np.logical_or.reduce(tumors_of(anatomy))
    return 100.0 * anatomy.masks["Liver Remnant"].sum() / functional.sum()


def test_remnants_are_the_planned_ones(anatomies):
    assert 23.0 < flr_percent(anatomies["CRLM-CT-1001"]) < 28.0
    assert 45.0 < flr_percent(anatomies["CRLM-CT-1002"]) < 60.0
    assert 30.0 < flr_percent(anatomies["CRLM-CT-1003"]) < 42.0


def test_two_tumors_of_the_first_patient_overlap(anatomies):
    first, second, third, fourth = tumors_of(anatomies["CRLM-CT-1001"])
    assert (first & second).sum() > 100
    assert not ((first | second) & (third | fourth)).any()


def test_tumors_are_in_the_specimen_but_for_one(anatomies):
    for patient_id in ("CRLM-CT-1001", "CRLM-CT-1002"):
        anatomy = anatomies[patient_id]
        assert not (np.logical_or.reduce(tumors_of(anatomy)) & anatomy.masks["Liver Remnant"]).any()
    anatomy = anatomies["CRLM-CT-1003"]
    shares = [(t & anatomy.masks["Liver Remnant"]).sum() / t.sum() for t in tumors_of(anatomy)]
    assert shares[0] == 0.0
    assert 0.1 < shares[1] < 0.6
    assert shares[2] == 0.0


def test_second_dso_looks_like_a_network_s(folder, anatomies):
    path = folder / "CRLM-CT-1002" / "SEG" / "2-1.dcm"
    anatomy = anatomies["CRLM-CT-1002"]
    read = dso_masks(path, anatomy)
    assert list(read) == ["Liver", "Liver Tumor"]
    for label, mask in anatomy.ai_masks.items():
        assert np.array_equal(read[label], mask)
    liver = anatomy.masks["Liver"]
    dice = 2 * (read["Liver"] & liver).sum() / (read["Liver"].sum() + liver.sum())
    assert 0.95 < dice < 0.995
    ai, collection = dcmread(path), dcmread(path.with_name("1-1.dcm"))
    assert "AIMI liver-tumor AI segmentation" in ai.SeriesDescription
    assert ai.SeriesDate > collection.SeriesDate
    assert ai.SeriesInstanceUID != collection.SeriesInstanceUID
    assert {item.SegmentAlgorithmType for item in ai.SegmentSequence} == {"AUTOMATIC"}


def test_what_is_there_is_left_alone(folder, patient_id):
    before = (folder / patient_id / "SEG" / "1-1.dcm").stat().st_mtime_ns
    write_demo_patients(folder)
    assert (folder / patient_id / "SEG" / "1-1.dcm").stat().st_mtime_ns == before


def test_a_cancelled_demo_leaves_no_half_patient(tmp_path):
    def cancel(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_demo_patients(tmp_path, cancel)
    assert list(tmp_path.iterdir()) == []
