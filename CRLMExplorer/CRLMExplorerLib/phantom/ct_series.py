"""Write a CT series of any geometry as DICOM files, for the demo and for tests.

It turns an array and its grid into valid CT images; it does not know what the array shows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from CRLMExplorerLib.geometry import Grid, lps_to_ras

RESCALE_INTERCEPT_HU = -1024


def write_ct(
    directory: Path,
    hu_kji: NDArray[np.int16],
    grid: Grid,
    patient_id: str,
    *,
    patient_name: str = "",
    patient_sex: str = "",
    patient_age: str = "",
    patient_position: str = "HFS",
    study_description: str = "SYNTHETIC CT abdomen",
    series_description: str = "SYNTHETIC portal venous",
    series_number: int = 2,
    study_date: str = "20260105",
    study_uid: str = "",
    series_uid: str = "",
    frame_of_reference_uid: str = "",
) -> list[Path]:
    """Write one file a slice, ``1-01.dcm`` onwards, in the order of the array's slices.

    UIDs that are not given follow from the patient's id and the descriptions, so the same call
    writes the same bytes.

    Parameters
    ----------
    directory
        Where the files go; made if it is not there.
    hu_kji
        Array of shape (slices, rows, columns) in Hounsfield units.
    grid
        Where the array's voxels lie; of any orientation with perpendicular axes.
    patient_name
        ``SYNTHETIC^`` and the id if it is not given.
    patient_age
        As DICOM writes it, e.g. ``063Y``.
    patient_position
        How the patient lay on the table, e.g. ``HFS`` or ``HFP``. It does not change where the
        voxels lie: that is the grid's alone.

    Returns
    -------
    list of Path
        The files, in the order of the array's slices.

    Raises
    ------
    ValueError
        If the array does not have the grid's shape.
    """
    if hu_kji.shape != grid.shape_kji:
        raise ValueError(f"array of shape {hu_kji.shape} on a grid of shape {grid.shape_kji}")
    study_uid = study_uid or generate_uid(entropy_srcs=["study", patient_id, study_date])
    series_uid = series_uid or generate_uid(
        entropy_srcs=["series", study_uid, series_description, str(series_number)]
    )
    frame_of_reference_uid = frame_of_reference_uid or generate_uid(
        entropy_srcs=["frame of reference", study_uid]
    )

    image = _scanner_settings()
    image.PatientName = patient_name or f"SYNTHETIC^{patient_id}"
    image.PatientID = patient_id
    image.PatientBirthDate = ""
    image.PatientSex = patient_sex
    image.PatientAge = patient_age
    image.PatientPosition = patient_position
    image.StudyInstanceUID = study_uid
    image.StudyDescription = study_description
    image.SeriesInstanceUID = series_uid
    image.SeriesDescription = series_description
    image.SeriesNumber = series_number
    image.FrameOfReferenceUID = frame_of_reference_uid
    for kind in ("Study", "Series", "Acquisition", "Content", "InstanceCreation"):
        setattr(image, f"{kind}Date", study_date)
        setattr(image, f"{kind}Time", "120000")
    _place_in_plane(image, grid)

    directory.mkdir(parents=True, exist_ok=True)
    to_lps = lps_to_ras(grid.ijk_to_ras)
    files = []
    for k, slice_hu in enumerate(hu_kji):
        position = to_lps @ [0.0, 0.0, k, 1.0]
        image.SOPInstanceUID = generate_uid(entropy_srcs=["image", series_uid, str(k)])
        image.InstanceNumber = k + 1
        image.ImagePositionPatient = _decimals(position[:3])
        image.SliceLocation = _decimal(position[2])
        image.PixelData = (slice_hu.astype("<i2") - np.int16(RESCALE_INTERCEPT_HU)).tobytes()
        image.file_meta = _file_meta(image.SOPInstanceUID)
        files.append(directory / f"1-{k + 1:02d}.dcm")
        image.save_as(files[-1], enforce_file_format=True)
    return files


def _scanner_settings() -> Dataset:
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.AccessionNumber = ""
    image.Modality = "CT"
    image.Manufacturer = "CRLM Explorer"
    image.ManufacturerModelName = "Phantom"
    image.ReferringPhysicianName = ""
    image.StudyID = ""
    image.AcquisitionNumber = 1
    image.PositionReferenceIndicator = "XY"
    image.BodyPartExamined = "ABDOMEN"
    image.ContrastBolusAgent = "SYNTHETIC"
    image.ContrastBolusRoute = "IV"
    image.KVP = "120"
    image.XRayTubeCurrent = 200
    image.ConvolutionKernel = "STANDARD"
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = 16
    image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 1
    image.RescaleIntercept = str(RESCALE_INTERCEPT_HU)
    image.RescaleSlope = "1"
    image.RescaleType = "HU"
    image.WindowCenter = "40"
    image.WindowWidth = "400"
    return image


def _place_in_plane(image: Dataset, grid: Grid) -> None:
    column_mm, row_mm, slice_mm = grid.spacing_mm
    axes = lps_to_ras(grid.ijk_to_ras)[:3, :2] / [column_mm, row_mm]
    _, image.Rows, image.Columns = grid.shape_kji
    image.ImageOrientationPatient = _decimals(axes.T.ravel())
    image.PixelSpacing = _decimals([row_mm, column_mm])
    image.SliceThickness = _decimal(slice_mm)


def _file_meta(sop_instance_uid: UID) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = sop_instance_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _decimal(value: float) -> str:
    # adding zero turns -0.0 into 0.0
    return format_number_as_ds(round(float(value), 10) + 0.0)


def _decimals(values: NDArray[np.float64] | list[float]) -> list[str]:
    return [_decimal(value) for value in values]
