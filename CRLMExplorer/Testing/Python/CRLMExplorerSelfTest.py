"""What ctest runs inside Slicer: the whole way of a patient, in the application's own Python.

From DICOM files to volumes, a cut, a saved revision, features, and all of it again from disk. The
patients are made up, in a database of their own; Slicer's own database is not touched. Nothing is
skipped: where a package is missing, every test fails and says which.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
import unittest
from pathlib import Path

import ctk
import numpy as np
import slicer

PATIENT = "CRLM-CT-1001"
PARAMETERS = """
imageType: {Original: {}}
featureClass: {shape: , firstorder: , glcm: }
regions: ["each tumor"]
"""


class CRLMExplorerSelfTest(unittest.TestCase):
    """A made-up patient goes through the module and comes out the same from disk."""

    demo_folder: Path | None = None
    """Where the demo is, if it was made before."""

    @classmethod
    def setUpClass(cls) -> None:
        from CRLMExplorerQt.needs import missing

        module = Path(slicer.util.modulePath("CRLMExplorer"))
        requirements = module.parent / "Resources" / "requirements.txt"
        if lacking := missing(str(requirements)):
            # Slicer installs nothing while it is testing.
            raise AssertionError(f"PythonSlicer -m pip install {' '.join(lacking)}")
        from CRLMExplorerLib.phantom.demo import make_demo

        cls._folder = tempfile.TemporaryDirectory()
        cls._demo = make_demo(cls.demo_folder or Path(cls._folder.name) / "demo")

    @classmethod
    def tearDownClass(cls) -> None:
        cls._folder.cleanup()

    def setUp(self) -> None:
        import CRLMExplorer

        slicer.mrmlScene.Clear(0)
        folder = Path(tempfile.mkdtemp(dir=self._folder.name)) / "Datenbank ß"
        shutil.copytree(self._demo.database, folder)
        self._slicers = getattr(slicer, "dicomDatabase", None)
        slicer.dicomDatabase = ctk.ctkDICOMDatabase()
        self._open(folder)
        self.logic = CRLMExplorer.CRLMExplorerLogic()

    def tearDown(self) -> None:
        slicer.dicomDatabase.closeDatabase()
        slicer.dicomDatabase = self._slicers

    def test_slicers_database_reads_what_the_library_wrote(self) -> None:
        from CRLMExplorerLib.dicom.database import CtkDatabase

        mine = self.logic.database()
        with CtkDatabase.open(mine.directory) as other:
            self.assertEqual(mine.patients(), other.patients())
            for series in other.series_of(PATIENT):
                self.assertEqual(
                    mine.files_of(series.series_uid), other.files_of(series.series_uid)
                )
        self.assertEqual(len(mine.patients()), 3)

    def test_a_patient_is_shown_and_taken_away(self) -> None:
        from CRLMExplorerLib.review.display import CaseDisplay

        case = self.logic.openPatient(PATIENT)
        display = CaseDisplay(slicer.mrmlScene, case)
        self.assertEqual(self._count("vtkMRMLSegmentationNode"), 1)
        for segment in case.segments:
            labelmap = slicer.vtkOrientedImageData()
            display.dso_node.GetBinaryLabelmapRepresentation(f"Segment_{segment.number}", labelmap)
            voxel_ml = math.prod(labelmap.GetSpacing()) / 1000
            volume_ml = np.count_nonzero(_scalars(labelmap)) * voxel_ml
            self.assertAlmostEqual(volume_ml, segment.mask.volume_ml, 3)
        display.remove()
        self.assertEqual(self._count("vtkMRMLSegmentationNode"), 0)

    def test_volumetry_counts_the_voxels_of_the_masks(self) -> None:
        case = self.logic.openPatient(PATIENT, str(self._demo.spreadsheet))
        measured = self.logic.volumetry(case)
        masks = {segment.label: segment.mask.to_array() for segment in case.segments}
        tumors = np.any([mask for label, mask in masks.items() if "Tumor" in label], axis=0)
        functional = masks["Liver"] & ~tumors
        remnant = masks["Liver Remnant"] & ~tumors
        percent = 100 * np.count_nonzero(remnant) / np.count_nonzero(functional)
        self.assertAlmostEqual(measured.flr_percent_functional, percent, 6)
        voxel_ml = case.ct.grid.voxel_ml
        self.assertAlmostEqual(measured.liver_ml, np.count_nonzero(masks["Liver"]) * voxel_ml, 6)
        self.assertEqual(measured.tumor_count, 4)

    def test_a_cut_that_was_saved_is_the_same_from_disk(self) -> None:
        from CRLMExplorerLib.resection import PlaneCut, ResectionPlan

        case = self.logic.openPatient(PATIENT)
        before = self._hashes()
        (liver,) = [segment.mask for segment in case.segments if segment.label == "Liver"]
        center = liver.center_ras_mm()
        plan = ResectionPlan(start="liver").then(PlaneCut(center, (1.0, 0.0, 0.0)))
        figures = self.logic.resect(case, plan)
        saved = self.logic.saveRevision(case, plan, "Self^Test", "cut by a plane")
        self.assertTrue(saved.is_indexed)

        self._open_again()
        again = self.logic.openPatient(PATIENT, None, saved.series_uid)
        (remnant,) = [s.mask for s in again.segments if s.label == "Liver Remnant"]
        expected = liver.to_array()
        right = case.ct.grid.ras_of(np.argwhere(expected))[:, 0] > center[0]
        expected[tuple(np.argwhere(expected)[right].T)] = False
        self.assertTrue(np.array_equal(remnant.to_array(), expected))
        self.assertAlmostEqual(
            self.logic.volumetry(again).flr_percent_functional, figures.flr_percent_functional, 9
        )
        for old, new in zip(case.segments, again.segments, strict=True):
            if old.label != "Liver Remnant":
                self.assertTrue(np.array_equal(old.mask.to_array(), new.mask.to_array()))
        for file, digest in before.items():
            self.assertEqual(hashlib.sha256(file.read_bytes()).hexdigest(), digest)

    def test_features_are_the_same_from_disk(self) -> None:
        from CRLMExplorerLib.radiomics.parameter_file import parameters_from_text
        from CRLMExplorerLib.radiomics.runs import RunStore

        parameters = parameters_from_text(PARAMETERS, "self-test")
        made = self.logic.extractRadiomics(self.logic.openPatient(PATIENT), parameters)
        values = made.extraction.values
        self.assertEqual(made.extraction.omissions, ())
        self.assertEqual(len({value.region for value in values}), 4)
        RunStore(self.logic.database().directory).keep(made, parameters)

        self._open_again()
        kept = RunStore(self.logic.database().directory).find(made.origin, parameters)
        self.assertEqual(kept.extraction.values, values)
        anew = self.logic.extractRadiomics(self.logic.openPatient(PATIENT), parameters)
        self.assertEqual(anew.extraction.values, values)
        volumes = [v.value for v in values if v.feature == "VoxelVolume"]
        case = self.logic.openPatient(PATIENT)
        tumors = [s.mask.volume_ml for s in case.segments if "Tumor" in s.label]
        np.testing.assert_allclose(volumes, np.multiply(tumors, 1000), rtol=1e-9)

    def test_slicers_own_loader_agrees_to_the_voxel(self) -> None:
        from CRLMExplorerLib.dicom.slicer_loader import slicers_plugin
        from CRLMExplorerLib.review.loader_check import check_with_slicer

        case = self.logic.openPatient(PATIENT)
        plugin = slicers_plugin()
        self.assertIsNotNone(plugin, "Slicer has no DICOM plugin for segmentations")
        check = check_with_slicer(case, plugin, slicer.mrmlScene)
        self.assertTrue(check.agrees, "\n".join(check.lines))
        self.assertEqual(len(check.rows), 8)

    def _open(self, folder: Path) -> None:
        slicer.dicomDatabase.openDatabase(str(folder / "ctkDICOM.sql"))
        self.assertTrue(slicer.dicomDatabase.isOpen)

    def _open_again(self) -> None:
        folder = Path(slicer.dicomDatabase.databaseDirectory)
        slicer.dicomDatabase.closeDatabase()
        self._open(folder)

    def _hashes(self) -> dict[Path, str]:
        database = self.logic.database()
        files = [
            file
            for series in database.series_of(PATIENT)
            for file in database.files_of(series.series_uid)
        ]
        return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def _count(self, class_name: str) -> int:
        return slicer.mrmlScene.GetNumberOfNodesByClass(class_name)


def _scalars(image) -> np.ndarray:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(image.GetPointData().GetScalars())
