"""What ctest runs inside Slicer: the library in the application's own Python and scene.

The patients are the made-up ones, in a database of their own; Slicer's database is not touched.
"""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import slicer


class CRLMExplorerSelfTest(unittest.TestCase):
    """A made-up patient goes from DICOM files into Slicer's scene and out of it."""

    demo_folder: Path | None = None
    """Where the demo is, if it was made before."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear(0)

    def test_a_patient_is_shown_and_taken_away(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._show_and_take_away(self.demo_folder or Path(folder) / "demo")

    def _show_and_take_away(self, folder: Path) -> None:
        from CRLMExplorerLib.dicom.database import CtkDatabase
        from CRLMExplorerLib.phantom.demo import make_demo
        from CRLMExplorerLib.review import open_case
        from CRLMExplorerLib.review.display import CaseDisplay

        with CtkDatabase.open(make_demo(folder).database) as database:
            case = open_case(database, database.patients()[0].patient_id)
        self.assertGreater(case.volumetry.flr_percent_functional, 0)
        display = CaseDisplay(slicer.mrmlScene, case)
        self.assertEqual(self._count("vtkMRMLSegmentationNode"), 1)
        display.remove()
        self.assertEqual(self._count("vtkMRMLSegmentationNode"), 0)

    def _count(self, class_name: str) -> int:
        return slicer.mrmlScene.GetNumberOfNodesByClass(class_name)
