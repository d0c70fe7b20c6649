"""A DSO made of another one: others read it voxel for voxel, and only the remnant is new."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ImplicitVRLittleEndian, SegmentationStorage

from CRLMExplorerLib import __version__
from CRLMExplorerLib.anatomy import Coded, Role
from CRLMExplorerLib.dicom.dso_writer import DsoNotWritten, NewDso, with_new_remnant
from CRLMExplorerLib.dicom.segmentation import Segment, read_dso
from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from CRLMExplorerLib.geometry import Grid, Mask
from CRLMExplorerLib.phantom import PhantomSegment, write_dso
from dicom.small_ct import DIRECTIONS_LPS, SHAPE, ct_files, edit, grid_of, moved
from dicom.small_dso import dcmqi_dso, dcmqi_masks, highdicom_dso

NOW = datetime(2026, 11, 23, 9, 8, 7, 600, timezone.utc)
LABELS = ["Liver", "Liver Remnant", "Hepatic", "Tumor_1"]


def a_remnant(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Without symmetry, on a first and a last slice that no other segment of `blocks` is on."""
    mask = np.zeros(shape, dtype=bool)
    mask[0:6, 2:9, 3:11] = True
    mask[0, 2:5, 3] = mask[3] = False
    mask[3, 10, 12] = mask[5, 0, 0] = True
    return mask


def remade(
    file: Path, ct: CtVolume, remnant: np.ndarray, algorithm_type: str = "SEMIAUTOMATIC"
) -> NewDso:
    mask = Mask.from_array(ct.grid, remnant)
    return with_new_remnant(file, read_dso(file, ct), ct, mask, algorithm_type, NOW)


def written(new: NewDso, folder: Path) -> Path:
    new.dataset.save_as(folder / "new.dcm", enforce_file_format=True)
    return folder / "new.dcm"


def highdicom_masks(file: Path, ct: CtVolume) -> dict[int, np.ndarray]:
    """What highdicom reads, found by the CT's slices that the frames refer to."""
    seg = hd.seg.segread(file)
    numbers = list(seg.segment_numbers)
    pixels = seg.get_pixels_by_source_instance(
        [uid for uid in ct.sop_instance_uids if uid],
        numbers,
        ignore_spatial_locations=True,
        assert_missing_frames_are_empty=True,
    )
    return {number: pixels[..., n].astype(bool) for n, number in enumerate(numbers)}


def assert_read_by_all(file: Path, ct: CtVolume, expected: list[np.ndarray]) -> None:
    """Ours, dcmqi and highdicom find these masks, numbered from 1 on, and no others."""
    ours = {s.number: s.mask.to_array() for s in read_dso(file, ct).segments}
    assert list(ours) == list(range(1, len(expected) + 1))
    theirs = dcmqi_masks(file, ct.grid)
    hers = highdicom_masks(file, ct)
    for number, mask in enumerate(expected, 1):
        assert np.array_equal(ours[number], mask), number
        assert np.array_equal(theirs.pop(number, np.zeros_like(mask)), mask), number
        assert np.array_equal(hers.pop(number), mask), number
    assert not theirs
    assert not hers


def errors_of(file: Path) -> set[str]:
    """What dciodvfy calls an error; it must be installed (Debian: dicom3tools)."""
    program = shutil.which("dciodvfy")
    assert program, "dciodvfy is not installed: apt-get install dicom3tools"
    report = subprocess.run([program, "-new", file], capture_output=True, text=True, check=False)
    assert "Segmentation" in report.stderr, "dciodvfy must have known it as a segmentation"
    lines = (report.stdout + report.stderr).splitlines()
    return {line for line in lines if line.startswith(("Error", "Abort"))}


@pytest.fixture
def before(tmp_path, files, masks) -> Path:
    return dcmqi_dso(tmp_path / "before.dcm", files, dict(zip(LABELS, masks, strict=True)))


# ---- voxels, read back by others


@pytest.mark.parametrize("directions", DIRECTIONS_LPS.values(), ids=list(DIRECTIONS_LPS))
def test_all_segments_are_read_back_on_a_ct_of_any_orientation(tmp_path, directions, masks):
    files = ct_files(tmp_path / "ct", grid_of(directions))
    file = dcmqi_dso(tmp_path / "before.dcm", files, dict(zip(LABELS, masks, strict=True)))
    ct = read_ct(files)
    new = written(remade(file, ct, a_remnant()), tmp_path)
    assert_read_by_all(new, ct, [masks[0], a_remnant(), *masks[2:]])


@pytest.mark.parametrize("shape", [(5, 16, 24), (3, 7, 9), (9, 1, 31)])
def test_frames_of_any_size_are_read_back(tmp_path, shape):
    rng = np.random.default_rng(3)
    liver, remnant, redrawn = (rng.random(shape) < 0.5 for _ in range(3))
    files = ct_files(tmp_path / "ct", grid_of(shape=shape))
    file = dcmqi_dso(tmp_path / "before.dcm", files, {"Liver": liver, "Liver Remnant": remnant})
    ct = read_ct(files)
    assert_read_by_all(written(remade(file, ct, redrawn), tmp_path), ct, [liver, redrawn])


def test_a_remnant_is_added_where_there_was_none(tmp_path, files, ct, masks):
    file = dcmqi_dso(tmp_path / "b.dcm", files, {"Liver": masks[0], "Tumor_1": masks[1]})
    new = written(remade(file, ct, a_remnant()), tmp_path)
    assert_read_by_all(new, ct, [*masks[:2], a_remnant()])
    remnant = read_dso(new, ct).segments[-1]
    assert (remnant.label, remnant.role) == ("Liver Remnant", Role.REMNANT)
    assert np.abs(np.subtract(remnant.color, Role.REMNANT.color)).max() <= 1
    assert errors_of(new) <= errors_of(file)


def test_frames_without_a_voxel_are_left_out(tmp_path, before, ct, masks):
    dataset = remade(before, ct, a_remnant()).dataset
    slices = sum(int(np.count_nonzero(m.any(axis=(1, 2)))) for m in (*masks[:1], *masks[2:]))
    assert dataset.NumberOfFrames == slices + 6
    assert dataset.NumberOfFrames == len(dataset.PerFrameFunctionalGroupsSequence)


def test_frames_are_indexed_by_segment_and_slice(before, ct):
    dataset = remade(before, ct, a_remnant()).dataset
    pointers = [item.DimensionIndexPointer for item in dataset.DimensionIndexSequence]
    assert pointers == [0x0062000B, 0x00200032]
    found = []
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        z = groups.PlanePositionSequence[0].ImagePositionPatient[2]
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        assert groups.FrameContentSequence[0].DimensionIndexValues == [
            number,
            1 + round((z + 101) / 5),
        ]
        found.append((number, z))
    assert found == sorted(set(found))


def test_an_empty_remnant_has_no_frame(tmp_path, before, ct, masks):
    nothing = np.zeros(SHAPE, dtype=bool)
    new = written(remade(before, ct, nothing), tmp_path)
    assert_read_by_all(new, ct, [masks[0], nothing, *masks[2:]])


def test_where_all_is_empty_there_is_one_empty_frame(tmp_path, files, ct):
    nothing = np.zeros(SHAPE, dtype=bool)
    file = write_dso(tmp_path / "b.dcm", files, [PhantomSegment("Liver Remnant", nothing)])
    new = written(remade(file, ct, nothing), tmp_path)
    assert dcmread(new).NumberOfFrames == 1
    assert read_dso(new, ct).segments[0].mask.is_empty
    assert errors_of(new) <= errors_of(file)


def test_voxels_stay_on_slices_that_are_unevenly_spaced(tmp_path, files, masks):
    file = dcmqi_dso(tmp_path / "before.dcm", files, dict(zip(LABELS, masks, strict=True)))
    for k, up_mm in ((2, 0.4), (4, -0.3)):
        x, y, z = dcmread(files[k]).ImagePositionPatient
        moved(files[k], (x, y, z + up_mm))
    ct = read_ct(files)
    opened = read_dso(file, ct)
    new = with_new_remnant(file, opened, ct, Mask.from_array(ct.grid, a_remnant()), "MANUAL", NOW)
    again = read_dso(written(new, tmp_path), ct)
    for one, other in zip(opened.segments, again.segments, strict=True):
        expected = a_remnant() if one.role is Role.REMNANT else one.mask.to_array()
        assert np.array_equal(other.mask.to_array(), expected), one.label
    heights = {
        float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
        for groups in new.dataset.PerFrameFunctionalGroupsSequence
    }
    assert heights == {float(dcmread(f).ImagePositionPatient[2]) for f in files}


def test_a_frame_on_a_slice_that_the_ct_lacks_refers_to_none(tmp_path, files, masks):
    file = dcmqi_dso(tmp_path / "before.dcm", files, dict(zip(LABELS, masks, strict=True)))
    ct = read_ct([f for n, f in enumerate(files) if n != 2])
    new = written(remade(file, ct, a_remnant()), tmp_path)
    again = {s.number: s.mask.to_array() for s in read_dso(new, ct).segments}
    assert np.array_equal(again[2], a_remnant())
    bare = [
        groups
        for groups in dcmread(new).PerFrameFunctionalGroupsSequence
        if "DerivationImageSequence" not in groups
    ]
    assert {float(g.PlanePositionSequence[0].ImagePositionPatient[2]) for g in bare} == {-91.0}


@pytest.mark.shared
@pytest.mark.parametrize("algorithm_type", ["MANUAL", "SEMIAUTOMATIC"])
def test_the_collection_s_patient_is_read_back(tmp_path, shared_data, algorithm_type):
    patient = shared_data / "CRLM-CT-1004"
    ct = read_ct(sorted((patient / "ct").glob("*.dcm")))
    opened = read_dso(patient / "seg.dcm", ct)
    arrays = [segment.mask.to_array() for segment in opened.segments]
    arrays[1] = arrays[0].copy()
    arrays[1][:, :, :250] = False
    mask = Mask.from_array(ct.grid, arrays[1])
    made = with_new_remnant(patient / "seg.dcm", opened, ct, mask, algorithm_type, NOW)
    new = written(made, tmp_path)
    assert_read_by_all(new, ct, arrays)
    reference = write_dso(
        tmp_path / "dcmqi.dcm",
        [patient / "ct" / f"1-{n:02d}.dcm" for n in range(1, 42)],
        [PhantomSegment(s.label, a) for s, a in zip(opened.segments, arrays, strict=True)],
    )
    assert errors_of(new) <= errors_of(reference)
    assert dcmread(new).NumberOfFrames == dcmread(reference).NumberOfFrames
    assert made.findings == ()


# ---- validity


@pytest.mark.parametrize("algorithm_type", ["MANUAL", "SEMIAUTOMATIC"])
def test_dciodvfy_finds_no_error_although_dcmqi_s_own_output_has_one(
    tmp_path, files, before, ct, masks, algorithm_type
):
    same = dcmqi_dso(
        tmp_path / "dcmqi.dcm",
        files,
        dict(zip(LABELS, [masks[0], a_remnant(), *masks[2:]], strict=True)),
    )
    new = written(remade(before, ct, a_remnant(), algorithm_type), tmp_path)
    assert errors_of(new) == set() != errors_of(same)


def test_dciodvfy_is_a_judge_that_finds_errors(tmp_path, before, ct):
    dataset = remade(before, ct, a_remnant()).dataset
    del dataset.SegmentationType
    broken = written(NewDso(dataset, ()), tmp_path)
    assert any("SegmentationType" in line for line in errors_of(broken))


# ---- what is carried over


def test_segments_but_the_remnant_are_described_as_before(before, ct):
    new = remade(before, ct, a_remnant()).dataset
    for old_item, new_item in zip(
        dcmread(before).SegmentSequence, new.SegmentSequence, strict=True
    ):
        if old_item.SegmentNumber != 2:
            assert new_item.to_json_dict() == old_item.to_json_dict()


def test_the_remnant_says_how_it_was_made_and_keeps_the_rest(before, ct):
    old = dcmread(before).SegmentSequence[1].to_json_dict()
    new = remade(before, ct, a_remnant()).dataset.SegmentSequence[1].to_json_dict()
    assert new.pop("00620008")["Value"] == ["SEMIAUTOMATIC"]
    assert new.pop("00620009")["Value"] == [f"CRLM Explorer {__version__}"]
    assert old.pop("00620009")["Value"] == ["CRLM Explorer phantom"]
    old.pop("00620008")
    assert new == old


def test_a_remnant_drawn_by_hand_names_the_program_but_no_algorithm(before, ct):
    """PS3.3 asks for SegmentAlgorithmName where the type is not MANUAL, and only there."""
    dataset = remade(before, ct, a_remnant(), "MANUAL").dataset
    item = dataset.SegmentSequence[1]
    assert item.SegmentAlgorithmType == "MANUAL"
    assert "SegmentAlgorithmName" not in item
    program = dataset.ContributingEquipmentSequence[-1]
    assert (program.ManufacturerModelName, program.SoftwareVersions) == (
        "CRLM Explorer",
        __version__,
    )


@pytest.mark.parametrize(("algorithm_type", "is_named"), [("MANUAL", True), ("AUTOMATIC", False)])
def test_dciodvfy_wants_an_algorithm_s_name_where_there_is_an_algorithm(
    tmp_path, before, ct, algorithm_type, is_named
):
    dataset = remade(before, ct, a_remnant(), "MANUAL").dataset
    item = dataset.SegmentSequence[1]
    item.SegmentAlgorithmType = algorithm_type
    if is_named:
        item.SegmentAlgorithmName = f"CRLM Explorer {__version__}"
    wrong = written(NewDso(dataset, ()), tmp_path)
    (error,) = errors_of(wrong)
    assert "SegmentAlgorithmName" in error


def codes(segment: Segment) -> tuple[Coded | None, ...]:
    return segment.category, segment.property_type, segment.modifier


RESIDUAL_LIVER = (
    Coded("123037004", "SCT", "Anatomical Structure"),
    Coded("10200004", "SCT", "Liver"),
    Coded("65320000", "SCT", "Residual"),
)


@pytest.mark.parametrize("label", ["FLR", "Liver_Remnant", "Liver Remnant"])
def test_a_remnant_without_codes_of_one_is_coded_as_residual_liver(tmp_path, before, ct, label):
    def strip(dataset: Dataset) -> None:
        item = dataset.SegmentSequence[1]
        item.SegmentLabel = label
        del item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence

    new = written(remade(edit(before, strip), ct, a_remnant()), tmp_path)
    remnant = read_dso(new, ct).segments[1]
    assert (remnant.label, codes(remnant)) == ("Liver Remnant", RESIDUAL_LIVER)


def test_other_codes_of_a_remnant_are_kept(tmp_path, before, ct):
    def recode(dataset: Dataset) -> None:
        code = dataset.SegmentSequence[1].SegmentedPropertyTypeCodeSequence[0]
        modifier = code.SegmentedPropertyTypeModifierCodeSequence[0]
        modifier.CodeValue, modifier.CodingSchemeDesignator = "R-1", "99X"
        modifier.CodeMeaning = "Future liver remnant"

    new = written(remade(edit(before, recode), ct, a_remnant()), tmp_path)
    modifier = read_dso(new, ct).segments[1].modifier
    assert modifier == Coded("R-1", "99X", "Future liver remnant")


def test_tracking_identifiers_are_given_where_they_are_missing(before, ct):
    def strip(dataset: Dataset) -> None:
        del dataset.SegmentSequence[3].TrackingUID
        del dataset.SegmentSequence[3].TrackingID
        del dataset.SegmentSequence[2].TrackingUID

    kept = [item.TrackingUID for item in dcmread(before).SegmentSequence[:2]]
    items = remade(edit(before, strip), ct, a_remnant()).dataset.SegmentSequence
    assert [item.TrackingUID for item in items[:2]] == kept
    assert [item.TrackingID for item in items] == LABELS
    assert len({item.TrackingUID for item in items}) == 4


def test_patient_and_study_stay_and_the_instance_is_new(before, ct):
    old, new = dcmread(before), remade(before, ct, a_remnant()).dataset
    for keyword in (
        "PatientID",
        "PatientName",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "FrameOfReferenceUID",
        "BodyPartExamined",
    ):
        assert new.get(keyword) == old.get(keyword), keyword
    for keyword in ("SeriesInstanceUID", "SOPInstanceUID"):
        assert new[keyword].value != old[keyword].value
    assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
    assert (new.ContentDate, new.ContentTime) == ("20261123", "090807.000600")


def test_the_time_is_told_in_the_dso_s_own_zone(before, ct):
    file = edit(before, lambda dataset: setattr(dataset, "TimezoneOffsetFromUTC", "-1000"))
    new = remade(file, ct, a_remnant()).dataset
    assert (new.ContentDate, new.ContentTime) == ("20261122", "230807.000600")


def test_sources_are_named(before, ct, masks):
    old, new = dcmread(before), remade(before, ct, a_remnant()).dataset
    slices, predecessor = new.ReferencedSeriesSequence
    assert slices.SeriesInstanceUID == ct.series_uid
    assert [i.ReferencedSOPInstanceUID for i in slices.ReferencedInstanceSequence] == list(
        ct.sop_instance_uids
    )
    assert predecessor.SeriesInstanceUID == old.SeriesInstanceUID
    (source,) = new.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == old.SOPInstanceUID
    assert source.ReferencedSOPClassUID == SegmentationStorage
    for groups in new.PerFrameFunctionalGroupsSequence:
        (derivation,) = groups.DerivationImageSequence
        (image,) = derivation.SourceImageSequence
        k = ct.sop_instance_uids.index(image.ReferencedSOPInstanceUID)
        z = groups.PlanePositionSequence[0].ImagePositionPatient[2]
        assert z == pytest.approx(-101 + 5 * k)


@pytest.fixture
def start(tmp_path, files, masks) -> Path:
    """Another DSO, in a series of its own."""
    segments = {"Liver": masks[0], "Liver Remnant": masks[1]}

    def rename(dataset: Dataset) -> None:
        dataset.SeriesInstanceUID, dataset.SOPInstanceUID = "1.2.3", "1.2.3.4"

    return edit(dcmqi_dso(tmp_path / "start.dcm", files, segments), rename)


def drawn_from(start: Path, before: Path, ct: CtVolume) -> Dataset:
    remnant = Mask.from_array(ct.grid, a_remnant())
    return with_new_remnant(before, read_dso(before, ct), ct, remnant, "MANUAL", NOW, start).dataset


def test_the_dso_that_the_remnant_was_drawn_from_is_named_first(tmp_path, ct, before, start, masks):
    new, old = drawn_from(start, before, ct), dcmread(before)
    assert [item.ReferencedSOPInstanceUID for item in new.SourceImageSequence] == [
        "1.2.3.4",
        old.SOPInstanceUID,
    ]
    assert [item.SeriesInstanceUID for item in new.ReferencedSeriesSequence] == [
        ct.series_uid,
        "1.2.3",
        old.SeriesInstanceUID,
    ]
    file = written(NewDso(new, ()), tmp_path)
    assert_read_by_all(file, ct, [masks[0], a_remnant(), *masks[2:]])
    assert errors_of(file) <= errors_of(before)


def test_two_dsos_of_one_series_are_named_together(ct, before, start):
    edit(before, lambda dataset: setattr(dataset, "SeriesInstanceUID", "1.2.3"))
    _, both = drawn_from(start, before, ct).ReferencedSeriesSequence
    assert both.SeriesInstanceUID == "1.2.3"
    assert len(both.ReferencedInstanceSequence) == 2


def test_the_program_is_named_and_those_before_are_kept(tmp_path, before, ct):
    first = written(remade(before, ct, a_remnant()), tmp_path)
    dataset = remade(first, ct, a_remnant()).dataset
    assert dataset.ManufacturerModelName == "CRLM Explorer"
    assert dataset.SoftwareVersions == __version__
    named = [
        (item.ManufacturerModelName, item.PurposeOfReferenceCodeSequence[0].CodeValue)
        for item in dataset.ContributingEquipmentSequence
    ]
    assert named == [
        (dcmread(before).ManufacturerModelName, "109102"),
        ("CRLM Explorer", "109102"),
        ("CRLM Explorer", "109102"),
    ]


def test_overlap_is_said(tmp_path, files, before, ct, masks):
    assert remade(before, ct, a_remnant()).dataset.SegmentsOverlap == "YES"
    file = dcmqi_dso(tmp_path / "b.dcm", files, {"Liver": masks[0]})
    apart = a_remnant() & ~masks[0]
    assert remade(file, ct, apart).dataset.SegmentsOverlap == "NO"


def test_names_in_another_character_set_stay_readable(tmp_path, before, ct):
    def rename(dataset: Dataset) -> None:
        dataset.decode()
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.PatientName = "Müller^Jörg"
        dataset.SegmentSequence[0].SegmentLabel = "Leber größer"

    new = dcmread(written(remade(edit(before, rename), ct, a_remnant()), tmp_path))
    assert new.SpecificCharacterSet == "ISO_IR 192"
    assert (str(new.PatientName), new.SegmentSequence[0].SegmentLabel) == (
        "Müller^Jörg",
        "Leber größer",
    )


def test_an_implicit_dso_becomes_explicit(tmp_path, before, ct, masks):
    dataset = dcmread(before)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(before, implicit_vr=True, little_endian=True)
    new = written(remade(before, ct, a_remnant()), tmp_path)
    assert_read_by_all(new, ct, [masks[0], a_remnant(), *masks[2:]])


def test_the_dso_before_is_not_touched(tmp_path, before, ct):
    bytes_before = before.read_bytes()
    written(remade(before, ct, a_remnant()), tmp_path)
    assert before.read_bytes() == bytes_before


# ---- what cannot be carried over as it is


def test_a_fractional_dso_becomes_binary_and_says_so(tmp_path, files, ct, masks):
    fractions = np.stack([masks[0] * 0.8, masks[1] * 0.3], axis=-1)
    file = highdicom_dso(tmp_path / "b.dcm", files, fractions, "FRACTIONAL")
    made = remade(file, ct, a_remnant())
    new = written(made, tmp_path)
    assert_read_by_all(new, ct, [masks[0], np.zeros(SHAPE, dtype=bool), a_remnant()])
    assert [finding.code for finding in made.findings] == ["revision-fractional"]
    assert errors_of(new) <= errors_of(file)


def test_a_labelmap_becomes_binary_and_its_numbers_start_at_1(tmp_path, files, ct, masks):
    labelmap = masks[0] * 2
    file = highdicom_dso(tmp_path / "b.dcm", files, labelmap.astype(np.uint8), "LABELMAP")
    edit(file, lambda dataset: dataset.SegmentSequence.pop(1))
    made = remade(file, ct, a_remnant())
    new = written(made, tmp_path)
    assert_read_by_all(new, ct, [masks[0], a_remnant()])
    assert dcmread(new).SOPClassUID == SegmentationStorage
    assert [finding.code for finding in made.findings] == ["revision-renumbered"]
    assert errors_of(new) == set()


def test_a_dso_on_another_grid_is_resampled_and_says_so(tmp_path, before, files, masks):
    coarse = read_ct(ct_files(tmp_path / "fine", grid_of(spacing_mm=(0.4, 0.35, 5.0))))
    made = remade(before, coarse, a_remnant())
    again = read_dso(written(made, tmp_path), coarse)
    expected = [s.mask.to_array() for s in read_dso(before, coarse).segments]
    expected[1] = a_remnant()
    for segment, mask in zip(again.segments, expected, strict=True):
        assert np.array_equal(segment.mask.to_array(), mask)
    assert "revision-resampled" in [finding.code for finding in made.findings]


def test_voxels_outside_the_ct_are_named_as_left_out(tmp_path, before, files, masks):
    ct = read_ct(files[:3])
    made = remade(before, ct, a_remnant()[:3])
    (finding,) = [f for f in made.findings if f.code == "revision-outside-ct"]
    lost = sum(int(np.count_nonzero(mask[3:])) for mask in masks)
    assert re.search(rf"Left out of the revision: {lost} voxels", finding.message)


def test_a_second_remnant_goes_empty(tmp_path, files, ct, masks):
    file = dcmqi_dso(
        tmp_path / "b.dcm",
        files,
        {"Liver": masks[0], "Liver Remnant": masks[1], "Liver Remnant 2": masks[2]},
    )
    made = remade(file, ct, a_remnant())
    new = written(made, tmp_path)
    assert_read_by_all(new, ct, [masks[0], a_remnant(), np.zeros(SHAPE, dtype=bool)])
    assert [finding.code for finding in made.findings] == ["revision-several-remnants"]


def test_another_file_than_the_one_opened_is_refused(tmp_path, files, ct, before, masks):
    opened = read_dso(before, ct)
    other = dcmqi_dso(tmp_path / "other.dcm", files, {"Liver": masks[0]})
    edit(other, lambda dataset: setattr(dataset, "SOPInstanceUID", "1.2.3"))
    with pytest.raises(DsoNotWritten, match=r"found SOPInstanceUID 1\.2\.3, expected"):
        with_new_remnant(other, opened, ct, Mask.empty(ct.grid), "MANUAL", NOW)


def test_a_file_that_is_gone_is_said(ct, before):
    opened = read_dso(before, ct)
    before.unlink()
    with pytest.raises(DsoNotWritten, match=r"before.dcm cannot be read: No such file"):
        with_new_remnant(before, opened, ct, Mask.empty(ct.grid), "MANUAL", NOW)


def test_a_remnant_on_another_grid_is_refused(ct, before):
    grid = Grid((6, 11, 14), ct.grid.ijk_to_ras)
    with pytest.raises(DsoNotWritten, match=r"shape \(6, 11, 14\), expected the CT's of shape"):
        with_new_remnant(before, read_dso(before, ct), ct, Mask.empty(grid), "MANUAL", NOW)
