"""How long saving a revision takes, against dcmqi writing the same masks.

Ours is the whole of it: the header of the DSO before, the new file settled on disk, the entry in
the database. dcmqi is given its masks as files and neither settles nor indexes anything. Both
files must hold the same voxels.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import dcmqi
import numpy as np
import SimpleITK as sitk
from patients import Patient
from rows import Row, hand_over, paired
from timing import Seconds, in_turns, timed

from CRLMExplorerLib.anatomy import Role
from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.segmentation import Dso, read_dso
from CRLMExplorerLib.dicom.volume import CtVolume, read_ct
from CRLMExplorerLib.geometry import Mask, lps_to_ras
from CRLMExplorerLib.resection.saving import save_revision

TARGET_RATIO = 1.5
MB = 2**20
NOTE = (
    "Saving: ours reads the DSO before, writes and settles the new one and indexes it; dcmqi is "
    "given its masks as NRRD files and the CT's folder, and is run as a process."
)
_ITKIMAGE2SEGIMAGE = Path(dcmqi.__file__).with_name("bin") / "itkimage2segimage"
_CODE = {"CodeValue": "10200004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Liver"}


def _remnant(dso: Dso) -> Mask:
    """What is left of the liver beyond a plane through its middle."""
    liver = next(segment.mask for segment in dso.segments if segment.role is Role.LIVER)
    voxels = liver.voxels.copy()
    voxels[:, :, : voxels.shape[2] // 2] = False
    return Mask.from_array(liver.grid, voxels, liver.start_kji)


@contextmanager
def _saved(
    patient: Patient, dso: Dso, ct: CtVolume, remnant: Mask, seconds: Seconds
) -> Iterator[Path]:
    """The revision's file, in a copy of the database's folder that goes away again."""
    with TemporaryDirectory(prefix="crlm-explorer-bench-") as place:
        folder = shutil.copytree(patient.database, Path(place) / "database")
        with CtkDatabase.open(folder) as database, timed(seconds, "ours"):
            saved = save_revision(
                database,
                patient.dso_file,
                dso,
                ct,
                remnant,
                reader_name="Bench^Mark",
                note="",
                plan_json="{}",
                algorithm_type="SEMIAUTOMATIC",
            )
        if not saved.is_indexed:
            raise RuntimeError(saved.findings[-1].message)
        yield saved.path


def _write_inputs(folder: Path, masks: list[Mask], ct: CtVolume) -> None:
    ijk_to_lps = lps_to_ras(ct.grid.ijk_to_ras)
    for number, mask in enumerate(masks, 1):
        image = sitk.GetImageFromArray(mask.to_array().astype(np.uint8))
        image.SetSpacing(ct.grid.spacing_mm)
        image.SetDirection((ijk_to_lps[:3, :3] / ct.grid.spacing_mm).ravel().tolist())
        image.SetOrigin(ijk_to_lps[:3, 3].tolist())
        sitk.WriteImage(image, str(folder / f"{number}.nrrd"))
    attributes = [
        [
            {
                "labelID": 1,
                "SegmentLabel": str(number),
                "SegmentAlgorithmType": "MANUAL",
                "SegmentedPropertyCategoryCodeSequence": _CODE,
                "SegmentedPropertyTypeCodeSequence": _CODE,
            }
        ]
        for number in range(1, len(masks) + 1)
    ]
    metadata = {"SeriesDescription": "Bench", "segmentAttributes": attributes}
    (folder / "metadata.json").write_text(json.dumps(metadata))


def _run_dcmqi(folder: Path, patient: Patient, count: int) -> None:
    images = ",".join(f"{number}.nrrd" for number in range(1, count + 1))
    subprocess.run(
        [
            _ITKIMAGE2SEGIMAGE,
            *("--inputDICOMDirectory", patient.ct_files[0].parent),
            *("--inputImageList", images),
            *("--inputMetadata", "metadata.json"),
            *("--outputDICOM", "dso.dcm"),
            *("--skip", "1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def _counts(file: Path, ct: CtVolume) -> list[int]:
    return [segment.mask.count for segment in read_dso(file, ct).segments]


def _kept_and_peak() -> tuple[int, int]:
    """Bytes held now, and the most held since the peak was last forgotten."""
    text = Path("/proc/self/status").read_text()
    kept, peak = (
        int(re.findall(rf"{name}:\s+(\d+) kB", text)[0]) * 1024 for name in ("VmRSS", "VmHWM")
    )
    return kept, peak


def _warm_up(folder: Path) -> None:
    """Save something tiny, so that what is loaded at the first time counts for no memory."""
    patient = Patient.of(folder, "tiny")
    ct = read_ct(patient.ct_files)
    dso = read_dso(patient.dso_file, ct)
    with _saved(patient, dso, ct, _remnant(dso), {}):
        pass


def saving(folder: Path, name: str, times: int) -> list[Row]:
    """Save one of the patients both ways."""
    patient = Patient.of(folder, name)
    ct = read_ct(patient.ct_files)
    dso = read_dso(patient.dso_file, ct)
    remnant = _remnant(dso)
    masks = [remnant if s.role is Role.REMNANT else s.mask for s in dso.segments]
    counted: dict[str, list[int]] = {}

    Path("/proc/self/clear_refs").write_text("5")
    kept, _ = _kept_and_peak()
    with _saved(patient, dso, ct, remnant, {}):
        _, peak = _kept_and_peak()

    with TemporaryDirectory(prefix="crlm-explorer-bench-") as place:
        inputs = Path(place)
        _write_inputs(inputs, masks, ct)

        def ours() -> Seconds:
            seconds: Seconds = {}
            with _saved(patient, dso, ct, remnant, seconds) as file:
                counted["ours"] = _counts(file, ct)
            return seconds

        def theirs() -> Seconds:
            seconds: Seconds = {}
            with timed(seconds, "theirs"):
                _run_dcmqi(inputs, patient, len(masks))
            counted["theirs"] = _counts(inputs / "dso.dcm", ct)
            return seconds

        samples = in_turns([ours, theirs], times)
        size_mb = (inputs / "dso.dcm").stat().st_size / MB
    if counted["ours"] != counted["theirs"]:
        raise RuntimeError(f"the files hold different voxels: {counted}")
    what = f"512×512×{len(patient.ct_files)}, {len(masks)} segments"
    values = paired(samples["ours"], samples["theirs"])
    return [
        Row(
            what=f"Save a revision, {what}",
            unit="s",
            peer="dcmqi",
            target=f"at most {TARGET_RATIO} × dcmqi",
            met=values["ratio"] <= TARGET_RATIO,
            note=NOTE,
            **values,
        ),
        Row(
            what=f"Memory of saving it, a file of {size_mb:.0f} MB",
            ours=max(0, peak - kept) / MB,
            unit="MB",
        ),
    ]


if __name__ == "__main__":
    place, repeats = Path(sys.argv[1]), int(sys.argv[2])
    _warm_up(place)
    hand_over([row for name in ("small", "large") for row in saving(place, name, repeats)])
