"""Write the three demo patients as DICOM: their CTs and the DSOs on them.

What the patients look like is `anatomy`'s business; this file only puts them on disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from numpy.typing import NDArray

from CRLMExplorerLib.phantom.anatomy import DEMO_PATIENTS, Anatomy, DemoPatient, demo_anatomy
from CRLMExplorerLib.phantom.ct_series import write_ct
from CRLMExplorerLib.phantom.dso import PhantomSegment, write_dso
from CRLMExplorerLib.progress import Progress, silent

DSO_DESCRIPTION = "SYNTHETIC Segmentation"
AI_DSO_DESCRIPTION = "SYNTHETIC AIMI liver-tumor AI segmentation"


def write_demo_patients(directory: Path, progress: Progress = silent) -> tuple[Path, ...]:
    """Write ``<patient>/CT/1-01.dcm`` … and ``<patient>/SEG/1-1.dcm`` of every demo patient.

    A patient's folder appears when all of it is written. One that is there already is left as it
    is: it would be written the same.

    Parameters
    ----------
    directory
        Made if it is not there.
    progress
        Called before each patient and at the end; may raise `Cancelled`.

    Returns
    -------
    tuple of Path
        The patients' folders.
    """
    folders = {patient.patient_id: directory / patient.patient_id for patient in DEMO_PATIENTS}
    missing = [patient for patient in DEMO_PATIENTS if not folders[patient.patient_id].exists()]
    writing: list[Future[None]] = []
    # dcmqi is a process of its own: it writes one patient while the next is being painted
    with ThreadPoolExecutor(max_workers=1) as writer:
        for done, patient in enumerate(missing):
            progress(done / len(missing), f"Making {patient.patient_id}")
            anatomy = demo_anatomy(patient)
            folder = folders[patient.patient_id]
            writing.append(writer.submit(_write_patient, patient, anatomy, folder))
    for job in writing:
        job.result()
    progress(1.0, "The demo patients are made")
    return tuple(folders.values())


def _write_patient(patient: DemoPatient, anatomy: Anatomy, folder: Path) -> None:
    unfinished = folder.with_name(folder.name + ".partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    ct_files = write_ct(
        unfinished / "CT",
        anatomy.hu_kji,
        anatomy.grid,
        patient.patient_id,
        patient_sex=patient.sex,
        patient_age=patient.age,
        patient_position="HFP" if patient.body.prone else "HFS",
    )
    write_dso(
        unfinished / "SEG" / "1-1.dcm",
        ct_files,
        _segments(anatomy.masks, "SEMIAUTOMATIC"),
        series_description=DSO_DESCRIPTION,
    )
    if anatomy.ai_masks:
        write_dso(
            unfinished / "SEG" / "2-1.dcm",
            ct_files,
            _segments(anatomy.ai_masks, "AUTOMATIC"),
            series_description=AI_DSO_DESCRIPTION,
            series_number=301,
            content_date="20260301",
        )
    unfinished.rename(folder)


def _segments(masks: Mapping[str, NDArray], algorithm_type: str) -> list[PhantomSegment]:
    return [
        PhantomSegment(label, mask, algorithm_type=algorithm_type) for label, mask in masks.items()
    ]
