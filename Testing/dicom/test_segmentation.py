"""A DSO becomes masks on its CT's grid: each voxel where the file says, nothing lost unsaid."""

from __future__ import annotations

import random
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from CRLMExplorerLib.anatomy import Coded, Role
from CRLMExplorerLib.dicom.segmentation import Dso, DsoError, read_dso
from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.phantom import PhantomSegment, PropertyCodes, write_dso
from CRLMExplorerLib.progress import Cancelled
from dicom.small_ct import (
    DIRECTIONS_LPS,
    SHAPE,
    SHARED,
    SPACING_MM,
    ct_files,
    edit,
    grid_of,
    moved,
    rotation,
)
from dicom.small_dso import blocks, dcmqi_dso, dcmqi_masks, highdicom_dso

LABELS = ["Liver", "Liver Remnant", "Tumor_1", "Tumor_2"]


def codes(dso: Dso) -> list[str]:
    return [finding.code for finding in dso.findings]


def message(dso: Dso, code: str) -> str:
    return next(finding.message for finding in dso.findings if finding.code == code)


def arrays(dso: Dso) -> dict[int, np.ndarray]:
    return {segment.number: segment.mask.to_array() for segment in dso.segments}


def assert_masks(dso: Dso, expected: list[np.ndarray]) -> None:
    read = arrays(dso)
    assert list(read) == list(range(1, len(expected) + 1))
    for number, mask in enumerate(expected, 1):
        assert np.array_equal(read[number], mask), number


def assert_same_as_dcmqi(dso: Dso, file: Path, ct: CtVolume) -> None:
    reference = dcmqi_masks(file, ct.grid)
    for number, mask in arrays(dso).items():
        assert np.array_equal(mask, reference.pop(number, np.zeros_like(mask))), number
    assert not reference


def reversed_frames(dso: Dataset, order: list[int] | None = None) -> None:
    """Put a binary DSO's frames in another order: the last first, or the order given."""
    pixels = dso.pixel_array
    order = order or list(range(len(pixels)))[::-1]
    dso.PerFrameFunctionalGroupsSequence = [dso.PerFrameFunctionalGroupsSequence[n] for n in order]
    packed = np.packbits(pixels[order].ravel(), bitorder="little").tobytes()
    dso.PixelData = packed + b"\0" * (len(packed) % 2)


def keep_frames(dso: Dataset, kept: list[int]) -> None:
    reversed_frames(dso, kept)
    dso.NumberOfFrames = len(kept)


def shift(dso: Dataset, by_mm: tuple[float, float, float]) -> None:
    for groups in dso.PerFrameFunctionalGroupsSequence:
        plane = groups.PlanePositionSequence[0]
        plane.ImagePositionPatient = (np.array(plane.ImagePositionPatient) + by_mm).tolist()


@pytest.fixture
def dso_file(tmp_path, files, masks) -> Path:
    return dcmqi_dso(tmp_path / "dso.dcm", files, dict(zip(LABELS, masks, strict=True)))


# ---- binary DSOs, against dcmqi


@pytest.mark.parametrize("directions", DIRECTIONS_LPS.values(), ids=list(DIRECTIONS_LPS))
def test_masks_are_dcmqi_s_on_a_ct_of_any_orientation(tmp_path, directions, masks):
    files = ct_files(tmp_path / "ct", grid_of(directions))
    file = dcmqi_dso(tmp_path / "dso.dcm", files, dict(zip(LABELS, masks, strict=True)))
    ct = read_ct(files)
    dso = read_dso(file, ct)
    assert_masks(dso, masks)
    assert_same_as_dcmqi(dso, file, ct)
    assert codes(dso) == ["dso-partial-coverage"]
    assert all(segment.mask.grid is ct.grid for segment in dso.segments)


@pytest.mark.shared
def test_dso_of_the_collection_s_patient_is_dcmqi_s_with_the_known_counts():
    ct = read_ct(sorted((SHARED / "CRLM-CT-1004/ct").iterdir()))
    file = SHARED / "CRLM-CT-1004/seg.dcm"
    dso = read_dso(file, ct)
    assert {s.label: s.mask.count for s in dso.segments} == {
        "Liver": 402012,
        "Liver Remnant": 393508,
        "Hepatic": 5299,
        "Portal": 4223,
        "Tumor_1": 203,
        "Tumor_2": 165,
    }
    assert_same_as_dcmqi(dso, file, ct)
    assert codes(dso) == ["dso-partial-coverage"]
    for segment in dso.segments:
        name = segment.label.replace(" ", "_")
        image = sitk.ReadImage(str(SHARED / f"CRLM-CT-1004/masks/CRLM-CT-1004_{name}.mha"))
        assert np.array_equal(segment.mask.to_array(), sitk.GetArrayFromImage(image) > -1000)


@pytest.mark.shared
def test_dso_of_another_writer_is_dcmqi_s():
    ct = read_ct(sorted((SHARED / "dcmqi/ct-3slice").iterdir()))
    file = SHARED / "dcmqi/segmentations/liver.dcm"
    dso = read_dso(file, ct)
    assert_same_as_dcmqi(dso, file, ct)
    reference = hd.seg.segread(file)
    stored = sum(int(reference.get_stored_frame(n).sum()) for n in (1, 2, 3))
    assert dso.segments[0].mask.count == stored
    assert dso.findings == ()


def test_overlaps_are_kept(dso_file, ct, masks):
    read = arrays(read_dso(dso_file, ct))
    assert (masks[0] & masks[1]).any()
    assert np.array_equal(read[1] & read[2], masks[0] & masks[1])


def test_empty_segments_stay_empty_and_shift_no_name(tmp_path, files, ct, masks):
    nothing = np.zeros(SHAPE, dtype=bool)
    file = dcmqi_dso(
        tmp_path / "dso.dcm",
        files,
        {"Liver": masks[0], "Hepatic": nothing, "Tumor_1": masks[2], "Portal": nothing},
    )
    dso = read_dso(file, ct)
    assert [(s.number, s.label, s.mask.count) for s in dso.segments] == [
        (1, "Liver", masks[0].sum()),
        (2, "Hepatic", 0),
        (3, "Tumor_1", masks[2].sum()),
        (4, "Portal", 0),
    ]
    assert_masks(dso, [masks[0], nothing, masks[2], nothing])
    assert_same_as_dcmqi(dso, file, ct)


def test_segments_are_matched_by_number_wherever_they_are_described(dso_file, ct, masks):
    edit(dso_file, lambda dso: dso.SegmentSequence.reverse())
    dso = read_dso(dso_file, ct)
    assert [s.label for s in dso.segments] == LABELS
    assert_masks(dso, masks)


def test_frames_may_be_in_any_order(dso_file, ct, masks):
    edit(dso_file, reversed_frames)
    read = read_dso(dso_file, ct)
    assert_masks(read, masks)
    assert_same_as_dcmqi(read, dso_file, ct)


def test_dso_of_empty_segments_only(tmp_path, files, ct):
    nothing = np.zeros(SHAPE, dtype=bool)
    dso = read_dso(dcmqi_dso(tmp_path / "dso.dcm", files, {"Liver": nothing}), ct)
    assert [s.mask.is_empty for s in dso.segments] == [True]
    assert dso.findings == ()


def test_35_tumors(tmp_path, files, ct):
    masks = blocks(36)
    labels = ["Liver", *(f"Tumor_{n}" for n in range(1, 36))]
    file = dcmqi_dso(tmp_path / "dso.dcm", files, dict(zip(labels, masks, strict=True)))
    dso = read_dso(file, ct)
    assert [s.label for s in dso.segments] == labels
    assert [s.role for s in dso.segments] == [Role.LIVER] + [Role.TUMOR] * 35
    assert_masks(dso, masks)
    assert_same_as_dcmqi(dso, file, ct)


def test_labels_with_quotes_slashes_and_other_scripts(tmp_path, files, ct):
    labels = ['a "quoted" one', "left/right", "Läsion Größe", "肝臓", "it's; a, list"]
    masks = blocks(5)
    file = dcmqi_dso(tmp_path / "dso.dcm", files, dict(zip(labels, masks, strict=True)))
    dso = read_dso(file, ct)
    assert [s.label for s in dso.segments] == labels
    assert_masks(dso, masks)


def test_what_a_segment_is_comes_with_it(tmp_path, files, ct, masks):
    spleen = PropertyCodes(
        Coded("123037004", "SCT", "Anatomical Structure"), Coded("78961009", "SCT", "Spleen")
    )
    segments = [
        PhantomSegment("Tumor_1", masks[0], algorithm_type="MANUAL", algorithm_name="Hand"),
        PhantomSegment("Liver Remnant", masks[1]),
        PhantomSegment("Spleen", masks[2], codes=spleen, color=(10, 200, 30)),
    ]
    file = write_dso(tmp_path / "dso.dcm", files, segments)
    dso = read_dso(file, ct)
    tumor, remnant, other = dso.segments
    stored = dcmread(file)
    assert (dso.series_uid, dso.sop_instance_uid, dso.description) == (
        stored.SeriesInstanceUID,
        stored.SOPInstanceUID,
        "Segmentation",
    )
    assert tumor.category == Coded("49755003", "SCT", "Morphologically Altered Structure")
    assert tumor.property_type == Coded("4147007", "SCT", "Mass")
    assert tumor.region == Coded("10200004", "SCT", "Liver")
    assert (tumor.modifier, tumor.region_modifier) == (None, None)
    assert (tumor.algorithm_type, tumor.description) == ("MANUAL", "Tumor_1")
    assert (remnant.algorithm_type, remnant.algorithm_name) == (
        "SEMIAUTOMATIC",
        "CRLM Explorer phantom",
    )
    assert remnant.modifier == Coded("65320000", "SCT", "Residual")
    assert [s.role for s in dso.segments] == [Role.TUMOR, Role.REMNANT, Role.OTHER]
    assert (tumor.tracking_id, tumor.tracking_uid) == (
        "Tumor_1",
        stored.SegmentSequence[0].TrackingUID,
    )
    assert np.abs(np.subtract(other.color, (10, 200, 30))).max() <= 2


def test_segment_without_color_gets_its_role_s(dso_file, ct):
    edit(dso_file, lambda d: d.SegmentSequence[2].pop("RecommendedDisplayCIELabValue"))
    assert read_dso(dso_file, ct).segments[2].color == Role.TUMOR.color


def test_segment_without_label_is_named_by_its_number(dso_file, ct):
    edit(dso_file, lambda d: d.SegmentSequence[3].pop("SegmentLabel"))
    assert read_dso(dso_file, ct).segments[3].label == "Segment 4"


# ---- other kinds of DSO


@pytest.mark.parametrize("syntax", [None, RLELossless], ids=["native", "RLE"])
def test_fractional_dso_counts_from_half(tmp_path, files, ct, masks, syntax):
    fractions = np.zeros((*SHAPE, 2))
    fractions[masks[0], 0] = 0.7
    fractions[0, 0, :3, 0] = [0.49, 0.502, 0.51]
    fractions[masks[1], 1] = 1.0
    options = {"transfer_syntax_uid": syntax} if syntax else {}
    file = highdicom_dso(tmp_path / "dso.dcm", files, fractions, "FRACTIONAL", **options)
    dso = read_dso(file, ct)
    assert_masks(dso, [fractions[..., 0] >= 0.5, masks[1]])
    assert_same_as_dcmqi(dso, file, ct)
    assert "dso-fractional" in codes(dso)


def labelmap_of(masks: list[np.ndarray]) -> np.ndarray:
    pixels = np.zeros(SHAPE, dtype=np.uint8)
    for number, mask in enumerate(masks, 1):
        pixels[mask] = number
    return pixels


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEGLSLossless])
def test_labelmap_dso_is_read_without_its_background(tmp_path, files, ct, masks, syntax):
    pixels = labelmap_of(masks[:2])
    options = {"transfer_syntax_uid": syntax} if syntax else {}
    file = highdicom_dso(tmp_path / "dso.dcm", files, pixels, "LABELMAP", **options)
    assert [int(item.SegmentNumber) for item in dcmread(file).SegmentSequence] == [0, 1, 2]
    dso = read_dso(file, ct)
    assert_masks(dso, [pixels == 1, pixels == 2])
    if syntax != JPEGLSLossless:  # which dcmqi cannot decode
        assert_same_as_dcmqi(dso, file, ct)


def test_labelmap_segment_without_a_pixel_is_empty(tmp_path, files, ct, masks):
    pixels = labelmap_of(masks)
    file = highdicom_dso(tmp_path / "dso.dcm", files, pixels, "LABELMAP", segments=5)
    dso = read_dso(file, ct)
    assert [s.mask.count for s in dso.segments] == [(pixels == n).sum() for n in range(1, 6)]
    assert dso.segments[4].mask.is_empty


def test_deflated_dso_is_read(dso_file, ct, masks):
    dso = dcmread(dso_file)
    dso.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dso.save_as(dso_file)
    read = read_dso(dso_file, ct)
    assert_masks(read, masks)
    assert_same_as_dcmqi(read, dso_file, ct)


def test_binary_dso_of_highdicom_s_is_read(tmp_path, files, ct, masks):
    pixels = np.stack(masks[:2], axis=-1).astype(np.uint8)
    file = highdicom_dso(tmp_path / "dso.dcm", files, pixels, "BINARY")
    dso = read_dso(file, ct)
    assert_masks(dso, masks[:2])
    assert_same_as_dcmqi(dso, file, ct)


# ---- DSO and CT that do not quite fit


def test_dso_with_missing_frames_covers_part_of_the_ct(dso_file, ct, masks):
    dso = read_dso(dso_file, ct)
    filled = np.flatnonzero(np.any(masks, axis=(0, 2, 3)))
    assert message(dso, "dso-partial-coverage") == (
        f"The DSO covers slices {filled[0] + 1} to {filled[-1] + 1} of the CT's 6."
    )


def test_other_frame_of_reference_is_said(dso_file, ct, masks):
    edit(dso_file, lambda d: setattr(d, "FrameOfReferenceUID", "1.2.3"))
    dso = read_dso(dso_file, ct)
    assert_masks(dso, masks)
    assert codes(dso)[0] == "dso-frame-of-reference-differs"
    assert "(1.2.3)" in message(dso, "dso-frame-of-reference-differs")


def test_dso_wholly_outside_the_ct_is_empty_and_an_alarm(dso_file, ct, masks):
    edit(dso_file, lambda d: shift(d, (0, 0, 1000)))
    dso = read_dso(dso_file, ct)
    assert all(segment.mask.is_empty for segment in dso.segments)
    assert codes(dso) == ["dso-outside-ct"]
    total = sum(int(mask.sum()) for mask in masks)
    assert message(dso, "dso-outside-ct").startswith(f"{total} voxels of the DSO lie outside")


@pytest.mark.parametrize("steps", [(-4, 0, 0), (0, 9, 0), (9, 0, 0), (0, 0, 3), (0, -30, 0)])
def test_dso_partly_outside_the_ct_keeps_what_is_inside(dso_file, ct, masks, steps):
    edit(dso_file, lambda d: shift(d, tuple(np.multiply(steps, SPACING_MM).tolist())))
    dso = read_dso(dso_file, ct)
    expected, lost = [], 0
    for mask in masks:
        there = np.argwhere(mask) + steps[::-1]
        inside = ((there >= 0) & (there < SHAPE)).all(axis=1)
        moved_mask = np.zeros(SHAPE, dtype=bool)
        moved_mask[tuple(there[inside].T)] = True
        expected.append(moved_mask)
        lost += int((~inside).sum())
    assert_masks(dso, expected)
    assert lost > 0
    assert message(dso, "dso-outside-ct").startswith(f"{lost} voxels")
    assert "dso-resampled" not in codes(dso)


def test_frames_smaller_than_the_ct_lie_where_they_say(tmp_path, files, ct, masks):
    start = (1, 1, 1)
    origin = tuple((grid_of().ras_of(start) * [-1, -1, 1]).tolist())
    part = grid_of(shape=(5, 10, 12), origin_lps=origin)
    part_files = ct_files(tmp_path / "part", part)
    cropped = {f"S{n}": mask[1:, 1:, 1:] for n, mask in enumerate(masks)}
    file = dcmqi_dso(tmp_path / "dso.dcm", part_files, cropped)
    dso = read_dso(file, ct)
    assert_masks(dso, masks)
    assert "dso-resampled" not in codes(dso)


def test_dso_on_a_ct_with_a_missing_slice(dso_file, files, masks):
    ct = read_ct([file for n, file in enumerate(files) if n != 2])
    dso = read_dso(dso_file, ct)
    assert np.isnan(ct.slice_offsets_mm[2])
    assert_masks(dso, masks)
    assert codes(dso) == ["dso-partial-coverage"]


def test_dso_on_a_ct_whose_first_slice_is_gone_loses_it_loudly(tmp_path, files):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[:3, 2:5, 3:7] = True
    file = dcmqi_dso(tmp_path / "dso.dcm", files, {"Liver": mask})
    dso = read_dso(file, read_ct(files[1:]))
    assert np.array_equal(dso.segments[0].mask.to_array(), mask[1:])
    assert message(dso, "dso-outside-ct") == (
        "12 voxels of the DSO lie outside the CT and are not shown: 12 of Liver"
    )


def test_dso_on_a_ct_with_uneven_gaps_lies_on_its_slices(tmp_path, files, masks):
    pixels = np.stack(masks[:2], axis=-1).astype(np.uint8)
    for k, z in enumerate([-101.0, -96.0, -91.0, -84.0, -81.0, -76.0]):
        moved(files[k], (-12.5, 33.25, z))
    file = highdicom_dso(tmp_path / "dso.dcm", files, pixels, "BINARY")
    ct = read_ct(files)
    assert [finding.code for finding in ct.findings] == ["ct-spacing-uneven"]
    dso = read_dso(file, ct)
    assert_masks(dso, masks[:2])
    assert "dso-resampled" not in codes(dso)


def test_dso_on_a_ct_with_gantry_tilt_lies_on_its_slices(tmp_path, files, masks):
    pixels = np.stack(masks[:2], axis=-1).astype(np.uint8)
    for k, file in enumerate(files):
        moved(file, (-12.5, 33.25 + 2.0 * k, -101.0 + 5.0 * k))
    file = highdicom_dso(tmp_path / "dso.dcm", files, pixels, "BINARY")
    dso = read_dso(file, read_ct(files))
    assert_masks(dso, masks[:2])
    assert "dso-resampled" not in codes(dso)


@pytest.mark.parametrize("off_mm", [0.02, -0.09])
def test_frames_a_hair_off_their_slice_are_not_resampled(dso_file, ct, masks, off_mm):
    edit(dso_file, lambda d: shift(d, (0, 0, off_mm)))
    dso = read_dso(dso_file, ct)
    assert_masks(dso, masks)
    assert "dso-resampled" not in codes(dso)


@pytest.mark.parametrize(
    "axes", [(-1, 1, -1), (1, -1, -1), (-1, -1, 1)], ids=["rows", "columns", "both"]
)
def test_flipped_frames_lose_nothing_and_count_as_the_ct_s_grid(tmp_path, files, ct, masks, axes):
    flips = tuple(slice(None, None, step) for step in axes[::-1])
    corner = [0 if step > 0 else n - 1 for step, n in zip(axes[::-1], SHAPE, strict=True)]
    origin = tuple((grid_of().ras_of(corner) * [-1, -1, 1]).tolist())
    flipped = ct_files(
        tmp_path / "flipped", grid_of(np.diag(np.array(axes, dtype=float)), origin_lps=origin)
    )
    file = dcmqi_dso(
        tmp_path / "dso.dcm", flipped, {f"S{n}": mask[flips] for n, mask in enumerate(masks)}
    )
    dso = read_dso(file, ct)
    assert_masks(dso, masks)
    assert_same_as_dcmqi(dso, file, ct)
    assert "dso-resampled" not in codes(dso)


def test_sagittal_frames_of_the_same_voxels_lose_nothing(tmp_path, files, ct, masks):
    # columns of the DSO run along the CT's rows (y), its rows along the slices, its slices along x
    turned = Grid(
        (13, 6, 11),
        ct.grid.ijk_to_ras @ np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]]),
    )
    sagittal = ct_files(tmp_path / "sagittal", turned)
    file = dcmqi_dso(
        tmp_path / "dso.dcm",
        sagittal,
        {f"S{n}": mask.transpose(2, 0, 1) for n, mask in enumerate(masks)},
    )
    dso = read_dso(file, ct)
    assert_masks(dso, masks)
    assert "dso-resampled" not in codes(dso)


def simpleitk_image(array: np.ndarray, grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    to_lps = lps_to_ras(grid.ijk_to_ras)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(to_lps[:3, 3].tolist())
    image.SetDirection((to_lps[:3, :3] / grid.spacing_mm).ravel().tolist())
    return image


OTHER_GRIDS = {
    "finer": grid_of(shape=(14, 20, 22), spacing_mm=(0.47, 0.41, 2.3)),
    "coarser": grid_of(shape=(4, 7, 8), spacing_mm=(1.3, 1.1, 7.1)),
    "half the pixels": grid_of(
        shape=(6, 5, 6), spacing_mm=(1.6, 1.4, 5.0), origin_lps=(-12.3, 33.4, -101.0)
    ),
    "thick slices": grid_of(
        shape=(3, 11, 13), spacing_mm=(0.8, 0.7, 10.0), origin_lps=(-12.5, 33.25, -100.5)
    ),
    "shifted": grid_of(origin_lps=(-12.2, 33.5, -99.1)),
    "turned": grid_of(rotation(2, 11.0) @ rotation(1, 7.0), shape=(9, 14, 16)),
    "sagittal": grid_of(
        DIRECTIONS_LPS["sagittal"],
        shape=(10, 12, 9),
        spacing_mm=(0.9, 3.1, 1.2),
        origin_lps=(-12.1, 33.4, -100.2),
    ),
}


@pytest.mark.parametrize("other", OTHER_GRIDS.values(), ids=list(OTHER_GRIDS))
def test_dso_of_another_grid_is_resampled_as_simpleitk_does(tmp_path, ct, other):
    rng = np.random.default_rng(5)
    masks = [rng.random(other.shape_kji) < share for share in (0.5, 0.2)]
    files = ct_files(tmp_path / "other", other)
    file = dcmqi_dso(tmp_path / "dso.dcm", files, {f"S{n}": mask for n, mask in enumerate(masks)})
    dso = read_dso(file, ct)
    reference = simpleitk_image(np.zeros(SHAPE, dtype=np.uint8), ct.grid)
    for number, mask in enumerate(masks, 1):
        image = simpleitk_image(mask.astype(np.uint8), other)
        expected = sitk.Resample(image, reference, sitk.Transform(), sitk.sitkNearestNeighbor)
        assert np.array_equal(arrays(dso)[number], sitk.GetArrayFromImage(expected) > 0)
    assert any(mask.any() for mask in arrays(dso).values())
    assert "dso-resampled" in codes(dso)


def test_frames_midway_between_slices_fall_to_one_of_them(dso_file, ct, masks):
    edit(dso_file, lambda d: shift(d, (0, 0, 2.5)))
    dso = read_dso(dso_file, ct)
    assert [s.mask.count for s in dso.segments] == [int(mask.sum()) for mask in masks]
    assert "dso-resampled" in codes(dso)


def test_frames_without_a_stated_step_are_not_thickened(dso_file, ct, masks):
    def forget_step(dso):
        measures = dso.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        del measures.SpacingBetweenSlices
        measures.SliceThickness = 12.0

    edit(dso_file, forget_step)
    edit(dso_file, lambda d: keep_frames(d, [0]))
    dso = read_dso(dso_file, ct)
    expected = np.zeros(SHAPE, dtype=bool)
    expected[1] = masks[0][1]
    assert np.array_equal(arrays(dso)[1], expected)
    assert "dso-resampled" not in codes(dso)


# ---- bad files


def test_no_segments_is_a_clear_error(dso_file, ct):
    edit(dso_file, lambda d: setattr(d, "SegmentSequence", []))
    with pytest.raises(DsoError, match=r"dso\.dcm: it has no segments: SegmentSequence is empty"):
        read_dso(dso_file, ct)


def test_a_ct_is_not_a_segmentation(files, ct):
    with pytest.raises(DsoError, match="expected a segmentation, found CT Image Storage"):
        read_dso(files[0], ct)


def test_not_dicom_and_not_there(tmp_path, ct):
    text = tmp_path / "notes.txt"
    text.write_text("not DICOM")
    for file in (text, tmp_path / "gone.dcm"):
        with pytest.raises(DsoError, match=file.name):
            read_dso(file, ct)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.99])
def test_truncated_dso_is_a_clear_error(dso_file, ct, share):
    whole = dso_file.read_bytes()
    dso_file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DsoError, match=r"dso\.dcm"):
        read_dso(dso_file, ct)


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_dso_is_read_or_a_clear_error(dso_file, ct):
    whole = dso_file.read_bytes()
    random_numbers = random.Random(1)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[random_numbers.randrange(132, len(whole))] = random_numbers.randrange(256)
        dso_file.write_bytes(damaged)
        try:
            assert len(read_dso(dso_file, ct).segments) <= 4
        except DsoError as error:
            assert "dso.dcm" in str(error)
            refused += 1
    assert 0 < refused < 150


@pytest.mark.parametrize("name", ["PlanePositionSequence", "SegmentIdentificationSequence"])
def test_frames_without_what_places_them_are_an_error_that_names_it(dso_file, ct, name):
    edit(dso_file, lambda d: [g.pop(name) for g in d.PerFrameFunctionalGroupsSequence])
    with pytest.raises(DsoError, match=f"dso.dcm: the frames have no {name}"):
        read_dso(dso_file, ct)


@pytest.mark.parametrize("name", ["PixelMeasuresSequence", "PlaneOrientationSequence"])
def test_frames_without_shared_groups_are_an_error_that_names_it(dso_file, ct, name):
    edit(dso_file, lambda d: d.SharedFunctionalGroupsSequence[0].pop(name))
    with pytest.raises(DsoError, match=f"the frames have no {name}"):
        read_dso(dso_file, ct)


@pytest.mark.parametrize(
    "tag", ["SOPInstanceUID", "SegmentationType", "NumberOfFrames", "PixelData"]
)
def test_missing_tags_are_named(dso_file, ct, tag):
    edit(dso_file, lambda d: d.pop(tag))
    with pytest.raises(DsoError, match=f"dso.dcm: no {tag}"):
        read_dso(dso_file, ct)


def test_number_of_frames_that_lies_is_an_error(dso_file, ct):
    edit(dso_file, lambda d: setattr(d, "NumberOfFrames", 3))
    with pytest.raises(DsoError, match="NumberOfFrames is 3, but 8 are described"):
        read_dso(dso_file, ct)


def test_segment_numbers_must_be_unique(dso_file, ct):
    edit(dso_file, lambda d: setattr(d.SegmentSequence[1], "SegmentNumber", 1))
    with pytest.raises(DsoError, match=r"SegmentNumber is not unique: found \[1, 1, 3, 4\]"):
        read_dso(dso_file, ct)


def test_frames_of_an_undescribed_segment_are_said(dso_file, ct, masks):
    edit(dso_file, lambda d: d.SegmentSequence.pop())
    dso = read_dso(dso_file, ct)
    assert_masks(dso, masks[:3])
    assert "segment 4" in message(dso, "dso-segment-undescribed")


def test_progress_goes_up_to_one_and_can_cancel(dso_file, ct):
    told: list[float] = []
    read_dso(dso_file, ct, lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)

    def cancel(done: float, _: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_dso(dso_file, ct, cancel)
