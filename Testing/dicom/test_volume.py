"""A CT series becomes one volume: its voxels, where they lie, and what is said of bad slices."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from CRLMExplorerLib.dicom.volume import AIR_HU, CtError, CtVolume, read_ct
from CRLMExplorerLib.geometry import lps_to_ras
from CRLMExplorerLib.progress import Cancelled
from dicom.small_ct import (
    DIRECTIONS_LPS,
    SHAPE,
    SHARED,
    ct_files,
    edit,
    grid_of,
    moved,
    noise_hu,
)


def codes(ct: CtVolume) -> list[str]:
    return [finding.code for finding in ct.findings]


def message(ct: CtVolume, code: str) -> str:
    return next(finding.message for finding in ct.findings if finding.code == code)


def assert_same_as_simpleitk(ct: CtVolume, folder: Path) -> None:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    ijk_to_lps = np.eye(4)
    directions = np.array(image.GetDirection()).reshape(3, 3)
    ijk_to_lps[:3, :3] = directions * image.GetSpacing()
    ijk_to_lps[:3, 3] = image.GetOrigin()
    assert np.array_equal(ct.hu, sitk.GetArrayFromImage(image))
    assert np.allclose(ct.grid.ijk_to_ras, lps_to_ras(ijk_to_lps), atol=1e-5)


@pytest.fixture
def files(tmp_path) -> list[Path]:
    return ct_files(tmp_path / "ct")


@pytest.mark.parametrize("directions", DIRECTIONS_LPS.values(), ids=list(DIRECTIONS_LPS))
def test_shuffled_series_of_any_orientation_is_what_simpleitk_reads(tmp_path, directions):
    grid = grid_of(directions)
    files = ct_files(tmp_path, grid)
    random.Random(3).shuffle(files)
    ct = read_ct(files)
    assert_same_as_simpleitk(ct, tmp_path)
    assert ct.grid.same_as(grid, tolerance_mm=1e-5)
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.hu.dtype == np.int16
    assert np.allclose(ct.slice_offsets_mm, np.arange(6) * 5.0)
    assert ct.findings == ()


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["CRLM-CT-1004/ct", "dcmqi/ct-3slice"])
def test_real_series_is_what_simpleitk_reads(folder):
    ct = read_ct(sorted((SHARED / folder).iterdir()))
    assert_same_as_simpleitk(ct, SHARED / folder)
    assert ct.findings == ()


def test_voxels_of_a_prone_and_oblique_series_lie_where_their_files_say(tmp_path):
    grid = grid_of(DIRECTIONS_LPS["oblique"] @ DIRECTIONS_LPS["prone"])
    files = ct_files(tmp_path, grid, patient_position="HFP")
    ct = read_ct(files)
    image = dcmread(files[4])
    axes = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    row, column = 7, 9
    lps = (
        np.array(image.ImagePositionPatient, dtype=float)
        + axes[0] * column * image.PixelSpacing[1]
        + axes[1] * row * image.PixelSpacing[0]
    )
    assert np.allclose(ct.grid.ras_of([4, row, column]), lps * [-1, -1, 1], atol=1e-6)
    assert ct.patient_position == "HFP"
    assert codes(ct) == ["ct-prone"]


def test_identity_comes_from_the_headers(files):
    ct = read_ct(files)
    images = [dcmread(file) for file in files]
    assert ct.series_uid == images[0].SeriesInstanceUID
    assert ct.frame_of_reference_uid == images[0].FrameOfReferenceUID
    assert ct.description == "SYNTHETIC portal venous"
    assert ct.sop_instance_uids == tuple(image.SOPInstanceUID for image in images)


def test_spacing_comes_from_positions_not_from_slice_thickness(files):
    for file in files:
        edit(file, lambda image: setattr(image, "SliceThickness", "1.25"))
    ct = read_ct(files)
    assert ct.grid.spacing_mm == pytest.approx((0.8, 0.7, 5.0))
    assert ct.findings == ()


def test_missing_slices_are_left_as_air_at_their_place(files):
    ct = read_ct([files[0], files[1], files[4], files[5]])
    hu = noise_hu()
    hu[2:4] = AIR_HU
    assert np.array_equal(ct.hu, hu)
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert np.isnan(ct.slice_offsets_mm).tolist() == [False, False, True, True, False, False]
    assert [uid is None for uid in ct.sop_instance_uids] == [False, False, True, True, False, False]
    assert codes(ct) == ["ct-slices-missing"]
    assert message(ct, "ct-slices-missing") == (
        "2 slices are missing and left as air: 2 after S -96.00 mm"
    )
    assert ct.findings[0].position_ras_mm == pytest.approx(grid_of().ras_of([1, 5, 6]))


def test_a_missing_slice_is_found_among_three(files):
    ct = read_ct([files[0], files[1], files[3]])
    assert ct.grid.shape_kji == (4, 11, 13)
    assert np.array_equal(ct.hu[3], noise_hu()[3])
    assert codes(ct) == ["ct-slices-missing"]


def test_duplicated_slices_are_left_out_and_the_first_instance_stays(files, tmp_path):
    copy = Path(shutil.copy(files[2], tmp_path / "copy.dcm"))
    other = Path(shutil.copy(files[4], tmp_path / "other.dcm"))

    def other_pixels(image):
        image.InstanceNumber = 99
        image.SOPInstanceUID = generate_uid()
        image.PixelData = bytes(len(image.PixelData))

    ct = read_ct([copy, edit(other, other_pixels), *files])
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert codes(ct) == ["ct-slices-duplicated"]
    assert message(ct, "ct-slices-duplicated").startswith("2 slices lie where another one lies")
    assert "other.dcm at S -81.00 mm" in message(ct, "ct-slices-duplicated")


def test_localizer_in_the_series_is_left_out(files, tmp_path):
    localizers = ct_files(tmp_path / "scout", grid_of(DIRECTIONS_LPS["sagittal"]))[:2]
    ct = read_ct([localizers[0], *files, localizers[1]])
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert codes(ct) == ["ct-orientation-mixed"]
    assert "2 slices have another orientation" in message(ct, "ct-orientation-mixed")
    assert "1-01.dcm, 1-02.dcm" in message(ct, "ct-orientation-mixed")


def test_slices_of_another_size_are_left_out(files, tmp_path):
    larger = ct_files(tmp_path / "larger", grid_of(shape=(1, 12, 13)))
    ct = read_ct([*larger, *files])
    assert ct.grid.shape_kji == SHAPE
    assert codes(ct) == ["ct-orientation-mixed"]


def test_uneven_gaps_get_their_mean_and_the_true_places_are_kept(files):
    moved(files[3], (-12.5, 33.25, -84.0))
    ct = read_ct(files)
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert np.allclose(ct.slice_offsets_mm, [0, 5, 10, 17, 20, 25])
    assert codes(ct) == ["ct-spacing-uneven"]
    text = message(ct, "ct-spacing-uneven")
    assert "between S -91.00 mm and S -84.00 mm (7.000 mm)" in text
    assert "up to 2.00 mm from their place" in text


def test_uneven_and_missing_slices_leave_each_near_its_place(files):
    moved(files[5], (-12.5, 33.25, -75.0))
    ct = read_ct([*files[:2], *files[3:]])
    assert codes(ct) == ["ct-slices-missing", "ct-spacing-uneven"]
    assert ct.grid.shape_kji == SHAPE
    assert ct.grid.spacing_mm[2] == pytest.approx(26 / 5)
    assert (ct.hu[2] == AIR_HU).all()


def test_slices_far_apart_do_not_fill_memory_with_air(files):
    moved(files[1], (-12.5, 33.25, -100.0))
    ct = read_ct([files[0], files[1], files[5]])
    assert ct.grid.shape_kji[0] == 3
    assert codes(ct) == ["ct-spacing-uneven"]


def test_rounded_positions_are_no_uneven_gaps(tmp_path):
    files = ct_files(tmp_path, grid_of(spacing_mm=(0.8, 0.7, 0.625)))
    for k, file in enumerate(files):
        moved(file, (-12.5, 33.25, round(-101.0 + 0.625 * k, 1)))
    assert read_ct(files).findings == ()


def test_gantry_tilt_is_kept_in_the_grid(files):
    for k, file in enumerate(files):
        moved(file, (-12.5, 33.25 + 2.0 * k, -101.0 + 5.0 * k))
    ct = read_ct(files)
    expected = grid_of().ijk_to_ras.copy()
    expected[:3, 2] = [0, -2, 5]
    assert np.allclose(ct.grid.ijk_to_ras, expected)
    assert ct.grid.voxel_ml == pytest.approx(0.8 * 0.7 * 5.0 / 1000)
    assert codes(ct) == ["ct-tilted"]
    assert "21.8°" in message(ct, "ct-tilted")


def test_a_slice_beside_the_others_is_said(files):
    moved(files[2], (-9.5, 33.25, -91.0))
    ct = read_ct(files)
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert codes(ct) == ["ct-slices-shifted"]
    assert "up to 3.0 mm" in message(ct, "ct-slices-shifted")
    assert "S -91.00 mm" in message(ct, "ct-slices-shifted")


def test_rescale_slope_is_applied_slice_by_slice(files):
    def rescale(image):
        image.RescaleSlope = "0.5"
        image.RescaleIntercept = "-100.25"

    edit(files[3], rescale)
    ct = read_ct(files)
    hu = noise_hu()
    stored = hu[3].astype(float) + 1024
    hu[3] = np.rint(stored * 0.5 - 100.25)
    assert np.array_equal(ct.hu, hu)


def test_unsigned_pixels_past_int16_are_clipped(files):
    def unsigned(image):
        image.PixelRepresentation = 0
        pixels = np.zeros(SHAPE[1:], dtype="<u2")
        pixels[0, :4] = [0, 1024, 33791, 65535]
        image.PixelData = pixels.tobytes()

    edit(files[1], unsigned)
    row = read_ct(files).hu[1, 0, :5].tolist()
    assert row == [-1024, 0, 32767, 32767, -1024]


def test_values_below_int16_are_clipped(files):
    edit(files[1], lambda image: setattr(image, "RescaleIntercept", "-40000"))
    hu = read_ct(files).hu[1]
    assert hu.min() == -32768
    assert hu.max() == -32768


@pytest.mark.filterwarnings("ignore:The number of bytes of compressed pixel data")
@pytest.mark.parametrize("syntax", [JPEGLSLossless, RLELossless], ids=["JPEG-LS", "RLE"])
def test_compressed_series_is_read(files, syntax):
    for file in files:
        edit(file, lambda image: image.compress(syntax, generate_instance_uid=False))
    ct = read_ct(files)
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.findings == ()


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_series_of_another_encoding_is_read(files, syntax):
    for file in files:
        image = dcmread(file)
        image.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(file, image, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    ct = read_ct(files)
    assert np.array_equal(ct.hu, noise_hu())
    assert ct.findings == ()


def test_slice_with_pixels_cut_short_is_air_at_its_place(files):
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:-40])
    ct = read_ct(files)
    hu = noise_hu()
    hu[0] = AIR_HU
    assert np.array_equal(ct.hu, hu)
    assert ct.grid.same_as(grid_of(), tolerance_mm=1e-5)
    assert codes(ct) == ["ct-pixels-unreadable"]
    assert "1-01.dcm at S -101.00 mm" in message(ct, "ct-pixels-unreadable")


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_slice_never_stops_the_others(files):
    whole = files[2].read_bytes()
    random_numbers = random.Random(1)
    said = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(3):
            # not in the pixels, where any value is as good as another
            damaged[random_numbers.randrange(132, len(whole) - 300)] = random_numbers.randrange(256)
        files[2].write_bytes(damaged)
        ct = read_ct(files)
        assert np.array_equal(ct.hu[[0, 1]], noise_hu()[[0, 1]])
        said += bool(ct.findings)
    assert 0 < said < 150


def test_slice_that_cannot_be_decoded_is_air_at_its_place(files):
    def pretend(image):
        image.file_meta.TransferSyntaxUID = JPEGLosslessSV1
        image.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8 no JPEG \xff\xd9"])

    edit(files[2], pretend)
    ct = read_ct(files)
    assert (ct.hu[2] == AIR_HU).all()
    assert codes(ct) == ["ct-pixels-unreadable"]


def test_series_without_readable_pixels_is_an_error(files):
    for file in files:
        edit(file, lambda image: image.pop("PixelData"))
    with pytest.raises(CtError, match=r"no slice of the CT has readable pixels: 1-01\.dcm"):
        read_ct(files)


def test_files_that_are_no_slices_are_named_and_left_out(files, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not DICOM")
    header_only = tmp_path / "cut.dcm"
    header_only.write_bytes(files[0].read_bytes()[:500])
    gone = tmp_path / "gone.dcm"
    ct = read_ct([text, header_only, gone, *files])
    assert np.array_equal(ct.hu, noise_hu())
    assert codes(ct) == ["ct-file-unreadable"]
    for name in ("3 of 9", "notes.txt", "cut.dcm", "gone.dcm"):
        assert name in message(ct, "ct-file-unreadable")


@pytest.mark.parametrize(
    "tag",
    [
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "Rows",
        "SOPInstanceUID",
        "SeriesInstanceUID",
    ],
)
def test_slice_without_a_tag_is_left_out_and_the_tag_named(files, tag):
    edit(files[5], lambda image: image.pop(tag))
    ct = read_ct(files)
    assert ct.grid.shape_kji == (5, 11, 13)
    assert f"1-06.dcm: no {tag}" in message(ct, "ct-file-unreadable")


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
        ("ImageOrientationPatient", [1, 0, 0]),
        ("ImagePositionPatient", [1, 2]),
        ("PixelSpacing", [0, 1]),
        ("SamplesPerPixel", 3),
    ],
)
def test_slice_with_an_impossible_tag_is_left_out(files, tag, value):
    edit(files[5], lambda image: setattr(image, tag, value))
    ct = read_ct(files)
    assert ct.grid.shape_kji == (5, 11, 13)
    assert codes(ct) == ["ct-file-unreadable"]


def test_missing_rescale_is_said(files):
    for file in files[:2]:
        edit(file, lambda image: (image.pop("RescaleIntercept"), image.pop("RescaleSlope")))
    ct = read_ct(files)
    assert np.array_equal(ct.hu[1], noise_hu()[1] + 1024)
    assert codes(ct) == ["ct-rescale-missing"]


def test_optional_texts_may_be_missing(files):
    tags = ("PatientPosition", "SeriesDescription", "FrameOfReferenceUID", "InstanceNumber")
    for file in files:
        edit(file, lambda image: [image.pop(tag) for tag in tags])
    ct = read_ct(files)
    assert (ct.patient_position, ct.description, ct.frame_of_reference_uid) == ("", "", "")
    assert np.array_equal(ct.hu, noise_hu())


def test_one_slice_is_an_error_that_names_the_file(files):
    with pytest.raises(CtError, match=r"has one slice only \(.*1-03\.dcm\)"):
        read_ct([files[2]])


def test_copies_of_one_slice_are_an_error(files):
    with pytest.raises(CtError, match="one slice only"):
        read_ct([files[2], files[2]])


def test_multi_frame_file_is_an_error_that_says_so(files):
    edit(files[0], lambda image: setattr(image, "NumberOfFrames", 6))
    with pytest.raises(CtError, match=r"1-01\.dcm: 6 frames in a file, expected one slice"):
        read_ct([files[0]])


def test_no_files_are_an_error():
    with pytest.raises(CtError, match="no files given"):
        read_ct([])


def test_progress_goes_up_to_one_and_can_cancel(files):
    told: list[float] = []
    read_ct(files, lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) == 12

    def cancel(done: float, _: str) -> None:
        if done > 0.7:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_ct(files, cancel)
