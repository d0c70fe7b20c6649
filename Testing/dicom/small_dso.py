"""Small DSOs on small CTs, written by dcmqi or highdicom, and what dcmqi reads back from one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import highdicom as hd
import numpy as np
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from CRLMExplorerLib.geometry import Grid, lps_to_ras
from CRLMExplorerLib.phantom import PhantomSegment, write_dso
from dicom.small_ct import SHAPE


def blocks(count: int, shape: tuple[int, int, int] = SHAPE) -> list[np.ndarray]:
    """Boxes without symmetry that overlap one another."""
    masks = []
    for n in range(count):
        mask = np.zeros(shape, dtype=bool)
        k, j, i = 1 + n % 3, 1 + n % 5, 1 + n % 7
        mask[k : k + 2, j : j + 4, i : i + 3 + n % 2] = True
        mask[k, j, i + 1] = False
        masks.append(mask)
    return masks


def dcmqi_dso(path: Path, ct: Sequence[Path], masks: dict[str, np.ndarray]) -> Path:
    segments = [PhantomSegment(label, mask) for label, mask in masks.items()]
    return write_dso(path, ct, segments)


def highdicom_dso(
    path: Path,
    ct: Sequence[Path],
    pixels: np.ndarray,
    kind: str,
    transfer_syntax_uid: UID = ExplicitVRLittleEndian,
    segments: int = 2,
    **options: object,
) -> Path:
    """A DSO of numbered segments; pixels as highdicom takes them."""
    concept = hd.sr.CodedConcept
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=n,
            segment_label=f"Segment {n}",
            segmented_property_category=concept("123037004", "SCT", "Anatomical Structure"),
            segmented_property_type=concept("10200004", "SCT", "Liver"),
            algorithm_type="MANUAL",
        )
        for n in range(1, segments + 1)
    ]
    seg = hd.seg.Segmentation(
        source_images=[dcmread(file) for file in ct],
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="M",
        manufacturer_model_name="M",
        software_versions="1",
        device_serial_number="1",
        transfer_syntax_uid=transfer_syntax_uid,
        **options,
    )
    seg.save_as(path)
    return path


def dcmqi_masks(dso: Path, grid: Grid) -> dict[int, np.ndarray]:
    """What dcmqi reads, by SegmentNumber, each voxel where its position lies on the grid."""
    program = Path(sys.executable).with_name("segimage2itkimage")
    kind = dcmread(dso, stop_before_pixels=True).SegmentationType
    masks = {}
    with TemporaryDirectory() as scratch:
        subprocess.run(
            [program, "--inputDICOM", dso, "--outputDirectory", scratch, "--prefix", "s"],
            check=True,
            capture_output=True,
        )
        for file in Path(scratch).glob("s-*.nrrd"):
            image = sitk.ReadImage(str(file))
            values = sitk.GetArrayFromImage(image)
            if kind == "LABELMAP":
                masks |= {n: _on(grid, image, values == n) for n in np.unique(values) if n}
            else:
                inside = values >= (128 if kind == "FRACTIONAL" else 1)
                masks[int(file.stem.split("-")[1])] = _on(grid, image, inside)
    return masks


def _on(grid: Grid, image: sitk.Image, inside: np.ndarray) -> np.ndarray:
    ijk_to_lps = np.eye(4)
    directions = np.array(image.GetDirection()).reshape(3, 3)
    ijk_to_lps[:3, :3] = directions * image.GetSpacing()
    ijk_to_lps[:3, 3] = image.GetOrigin()
    to_grid = np.linalg.inv(grid.ijk_to_ras) @ lps_to_ras(ijk_to_lps)
    ijk = np.argwhere(inside)[:, ::-1] @ to_grid[:3, :3].T + to_grid[:3, 3]
    assert np.abs(ijk - np.rint(ijk)).max(initial=0) < 0.1
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[tuple(np.rint(ijk).astype(int).T[::-1])] = True
    return mask
