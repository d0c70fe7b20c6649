"""CT series and DSOs of any geometry: what is written is what highdicom and dcmqi read back."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread

from CRLMExplorerLib.anatomy import Coded
from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.phantom import PhantomSegment, PropertyCodes, write_ct, write_dso

SHAPE = (6, 11, 13)


def rotation(axis: int, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    matrix[np.ix_([a, b], [a, b])] = [[c, -s], [s, c]]
    return matrix


def grid_with(directions_lps: np.ndarray, shape=SHAPE) -> Grid:
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3, :3] = directions_lps @ np.diag([0.8, 0.7, 5.0])
    ijk_to_lps[:3, 3] = [-12.5, 33.25, -101.0]
    return Grid(shape, lps_to_ras(ijk_to_lps))


GEOMETRIES = {
    "supine": np.eye(3),
    "prone": np.diag([-1.0, -1.0, 1.0]),
    "oblique": rotation(0, 17.0) @ rotation(2, 8.0),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "feet to head reversed": np.diag([-1.0, 1.0, -1.0]),
}


@pytest.fixture(params=GEOMETRIES, ids=list(GEOMETRIES))
def grid(request) -> Grid:
    return grid_with(GEOMETRIES[request.param])


@pytest.fixture
def hu() -> np.ndarray:
    return np.random.default_rng(1).integers(-1024, 2000, SHAPE).astype(np.int16)


def blocks(count: int, shape=SHAPE) -> list[np.ndarray]:
    """Boxes of different sizes that overlap one another."""
    masks = []
    for n in range(count):
        mask = np.zeros(shape, dtype=bool)
        mask[n % 3 : n % 3 + 2, n % 5 : n % 5 + 4, n % 7 : n % 7 + 3 + n % 2] = True
        masks.append(mask)
    return masks


def read_back(path: Path, grid: Grid) -> dict[int, np.ndarray]:
    """Every segment's voxels on the grid, placed by frame position."""
    seg = hd.seg.segread(path)
    pixels = np.atleast_3d(seg.pixel_array.reshape(-1, *grid.shape_kji[1:]))
    masks = {n: np.zeros(grid.shape_kji, dtype=bool) for n in seg.segment_numbers}
    for frame, pixel in zip(seg.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        lps = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        kji = grid.kji_of((lps * [-1, -1, 1]).tolist())
        assert np.allclose(kji[1:], 0, atol=1e-4)
        assert np.isclose(kji[0], round(kji[0]), atol=1e-4)
        masks[number][round(kji[0])] |= pixel.astype(bool)
    return masks


def test_ct_is_read_back_voxel_for_voxel_where_the_grid_says(tmp_path, grid, hu):
    files = write_ct(tmp_path, hu, grid, "P1")
    assert [file.name for file in files] == [f"1-{n:02d}.dcm" for n in range(1, 7)]
    volume = hd.get_volume_from_series([dcmread(file) for file in files])
    order = np.argsort([dcmread(file).InstanceNumber for file in files])
    assert order.tolist() == list(range(6))
    spacing = grid.spacing_mm
    for k, file in enumerate(files):
        image = dcmread(file)
        rescaled = image.pixel_array.astype(int) * image.RescaleSlope + image.RescaleIntercept
        assert np.array_equal(rescaled, hu[k])
        corner = grid.ras_of([k, 0, 0]) * [-1, -1, 1]
        assert np.allclose(image.ImagePositionPatient, corner, atol=1e-6)
        assert np.allclose(image.PixelSpacing, [spacing[1], spacing[0]])
    assert np.isclose(abs(np.linalg.det(volume.affine[:3, :3])), grid.voxel_ml * 1000)


def test_ct_has_every_attribute_its_iod_requires(tmp_path, hu):
    image = dcmread(write_ct(tmp_path, hu, grid_with(np.eye(3)), "P1")[0])
    hd_checked = hd.Image.from_dataset(image)
    assert hd_checked.SOPClassUID.name == "CT Image Storage"
    required_with_value = (
        "ImageType SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality "
        "FrameOfReferenceUID PixelSpacing ImageOrientationPatient ImagePositionPatient "
        "SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit "
        "PixelRepresentation PixelData RescaleIntercept RescaleSlope"
    )
    required_maybe_empty = (
        "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime AccessionNumber "
        "ReferringPhysicianName StudyID SeriesNumber PositionReferenceIndicator Manufacturer "
        "InstanceNumber SliceThickness KVP AcquisitionNumber ContrastBolusAgent PatientPosition"
    )
    for keyword in required_with_value.split():
        assert str(image[keyword].value) != "", keyword
    for keyword in required_maybe_empty.split():
        assert keyword in image, keyword
    assert image.PatientName == "SYNTHETIC^P1"


def test_ct_of_the_same_call_is_the_same_to_the_byte(tmp_path, hu):
    grid = grid_with(np.eye(3))
    first = write_ct(tmp_path / "a", hu, grid, "P1")
    second = write_ct(tmp_path / "b", hu, grid, "P1")
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]


def test_ct_of_another_shape_than_its_grid_is_refused(tmp_path, hu):
    with pytest.raises(ValueError, match=r"\(6, 11, 13\)"):
        write_ct(tmp_path, hu[1:], grid_with(np.eye(3)), "P1")


def test_dso_masks_are_read_back_at_their_place(tmp_path, grid, hu):
    ct = write_ct(tmp_path / "CT", hu, grid, "P1")
    masks = blocks(4)
    labels = ["Liver", "Liver Remnant", "Tumor_1", "Tumor_2"]
    segments = [PhantomSegment(label, mask) for label, mask in zip(labels, masks, strict=True)]
    path = write_dso(tmp_path / "SEG" / "1-1.dcm", ct, segments)
    read = read_back(path, grid)
    assert list(read) == [1, 2, 3, 4]
    for number, mask in enumerate(masks, start=1):
        assert np.array_equal(read[number], mask)
    dso = dcmread(path)
    assert dso.NumberOfFrames == sum(int(mask.any(axis=(1, 2)).sum()) for mask in masks)
    assert dso.FrameOfReferenceUID == dcmread(ct[0]).FrameOfReferenceUID
    assert dso.ReferencedSeriesSequence[0].SeriesInstanceUID == dcmread(ct[0]).SeriesInstanceUID


def test_dso_of_one_slice(tmp_path):
    grid = grid_with(np.eye(3), shape=(1, 11, 13))
    ct = write_ct(tmp_path / "CT", np.zeros((1, 11, 13), dtype=np.int16), grid, "P1")
    mask = np.zeros((1, 11, 13), dtype=bool)
    mask[0, 2:5, 3:9] = True
    path = write_dso(tmp_path / "dso.dcm", ct, [PhantomSegment("Liver", mask)])
    assert np.array_equal(read_back(path, grid)[1], mask)


def test_dso_keeps_labels_with_quotes_slashes_and_other_scripts(tmp_path, hu):
    labels = ['a "quoted" one', "left/right", "Läsion Größe", "肝臓", "it's; a, list"]
    ct = write_ct(tmp_path / "CT", hu, grid_with(np.eye(3)), "P1")
    segments = [PhantomSegment(label, m) for label, m in zip(labels, blocks(5), strict=True)]
    dso = hd.seg.segread(write_dso(tmp_path / "dso.dcm", ct, segments))
    assert [item.SegmentLabel for item in dso.SegmentSequence] == labels
    assert [item.TrackingID for item in dso.SegmentSequence] == labels
    assert len({item.TrackingUID for item in dso.SegmentSequence}) == 5


def test_dso_keeps_an_empty_segment_without_a_frame(tmp_path, hu):
    grid = grid_with(np.eye(3))
    ct = write_ct(tmp_path / "CT", hu, grid, "P1")
    masks = blocks(4)
    masks[0][:] = False
    masks[2][:] = False
    labels = ["Liver", "Hepatic", "Portal", "Tumor_1"]
    segments = [PhantomSegment(label, mask) for label, mask in zip(labels, masks, strict=True)]
    path = write_dso(tmp_path / "dso.dcm", ct, segments)
    read = read_back(path, grid)
    assert [item.SegmentLabel for item in dcmread(path).SegmentSequence] == labels
    for number, mask in enumerate(masks, start=1):
        assert np.array_equal(read[number], mask)
    assert dcmread(path).NumberOfFrames == 4


def test_dso_of_empty_segments_only_has_one_empty_frame(tmp_path, hu):
    grid = grid_with(np.eye(3))
    ct = write_ct(tmp_path / "CT", hu, grid, "P1")
    nothing = np.zeros(SHAPE, dtype=bool)
    segments = [PhantomSegment("Liver", nothing), PhantomSegment("Tumor_1", nothing)]
    path = write_dso(tmp_path / "dso.dcm", ct, segments)
    assert dcmread(path).NumberOfFrames == 1
    assert not any(mask.any() for mask in read_back(path, grid).values())


def test_dso_of_35_tumors(tmp_path, hu):
    grid = grid_with(np.eye(3))
    ct = write_ct(tmp_path / "CT", hu, grid, "P1")
    masks = blocks(36)
    labels = ["Liver", *(f"Tumor_{n}" for n in range(1, 36))]
    segments = [PhantomSegment(label, mask) for label, mask in zip(labels, masks, strict=True)]
    path = write_dso(tmp_path / "dso.dcm", ct, segments)
    read = read_back(path, grid)
    assert [item.SegmentLabel for item in dcmread(path).SegmentSequence] == labels
    assert all(np.array_equal(read[n], mask) for n, mask in enumerate(masks, start=1))


def test_dso_codes_are_the_collection_s_by_label_or_those_given(tmp_path, hu):
    ct = write_ct(tmp_path / "CT", hu, grid_with(np.eye(3)), "P1")
    labels = ["Liver", "Liver Remnant", "Hepatic", "Portal", "Tumor_1", "Cyst"]
    spleen = PropertyCodes(
        Coded("123037004", "SCT", "Anatomical Structure"), Coded("78961009", "SCT", "Spleen")
    )
    masks = blocks(6)
    segments = [PhantomSegment(label, m) for label, m in zip(labels[:5], masks, strict=False)]
    segments.append(PhantomSegment("Cyst", masks[5], codes=spleen, color=(10, 200, 30)))
    items = dcmread(write_dso(tmp_path / "dso.dcm", ct, segments)).SegmentSequence
    types = [item.SegmentedPropertyTypeCodeSequence[0] for item in items]
    assert [code.CodeValue for code in types] == [
        *("10200004", "10200004", "8993003", "32764006", "4147007", "78961009")
    ]
    modifier = types[1].SegmentedPropertyTypeModifierCodeSequence[0]
    assert (modifier.CodeValue, modifier.CodeMeaning) == ("65320000", "Residual")
    assert items[4].SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
    assert items[4].AnatomicRegionSequence[0].CodeValue == "10200004"


def test_dso_of_the_same_call_is_the_same_to_the_byte(tmp_path, hu):
    ct = write_ct(tmp_path / "CT", hu, grid_with(np.eye(3)), "P1")
    segments = [PhantomSegment("Liver", blocks(1)[0])]
    first = write_dso(tmp_path / "a.dcm", ct, segments)
    second = write_dso(tmp_path / "b.dcm", ct, segments)
    other = write_dso(tmp_path / "c.dcm", ct, segments, series_description="Another")
    assert first.read_bytes() == second.read_bytes()
    assert dcmread(first).SeriesInstanceUID != dcmread(other).SeriesInstanceUID


def test_dso_of_no_segment_or_of_another_shape_is_refused(tmp_path, hu):
    ct = write_ct(tmp_path / "CT", hu, grid_with(np.eye(3)), "P1")
    with pytest.raises(ValueError, match="without a segment"):
        write_dso(tmp_path / "dso.dcm", ct, [])
    with pytest.raises(ValueError, match="Liver: shape"):
        write_dso(tmp_path / "dso.dcm", ct, [PhantomSegment("Liver", blocks(1)[0][1:])])
