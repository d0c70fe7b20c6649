"""What Slicer loads: the module, its widget, its logic and its test.

It only connects Slicer to `CRLMExplorerQt`, which is the panel, and to `CRLMExplorerLib`, which
knows and does everything. Both need packages that Slicer may not have yet, so that neither is
imported before those are there.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

if TYPE_CHECKING:
    from CRLMExplorerLib.dicom.slicer_database import SlicerDatabase
    from CRLMExplorerLib.measure.volumetry import Volumetry
    from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
    from CRLMExplorerLib.radiomics.parameters import Parameters
    from CRLMExplorerLib.resection import ResectionFigures, ResectionPlan
    from CRLMExplorerLib.resection.saving import SavedRevision
    from CRLMExplorerLib.review import Case


class CRLMExplorer(ScriptedLoadableModule):
    """The module as Slicer lists it."""

    def __init__(self, parent) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("CRLM Explorer")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = ["DICOM", "Markups", "SegmentEditor", "Segmentations", "Volumes"]
        parent.contributors = ["CRLM Explorer contributors"]
        parent.helpText = _(
            "<p>Review colorectal liver metastases: a patient's CT and DICOM segmentation side by "
            "side with volumes, the clinical record and the cohort's survival; redraw the future "
            "liver remnant and keep it as a new DICOM segmentation.</p>"
            "<p>Load patients with the DICOM module first. Made for the "
            '<a href="https://doi.org/10.7937/QXK2-QG03">Colorectal-Liver-Metastases</a> '
            "collection.</p><p><b>For research only. Not a medical device.</b></p>"
        )
        parent.acknowledgementText = _(
            "<p>The collection: Simpson et al., Scientific Data 11:172, 2024, CC BY 4.0.</p>"
            "<p>Built on 3D Slicer, VTK, pydicom, highdicom, lifelines and PyRadiomics.</p>"
        )
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData() -> None:
    """Offer the demo patients in the module Sample Data."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="CRLM Explorer",
        sampleName="CRLM Explorer: made-up patients",
        customDownloader=makeDemo,
    )


def makeDemo(source=None) -> None:
    """Turn to the module and make its demo patients."""
    slicer.util.selectModule("CRLMExplorer")
    widget = slicer.modules.crlmexplorer.widgetRepresentation().self()
    if widget.panel:
        widget.panel.ui.demoButton.click()


@parameterNodeWrapper
class CRLMExplorerParameterNode:
    """What a scene keeps of the panel.

    clinicalFile - The cohort's spreadsheet, Excel or CSV; empty for none.
    patientId - PatientID of the patient who is or was open.
    ctVolume - The patient's CT.
    segmentation - The patient's DSO.
    minimumFlrPercent - The reader's own minimum, in per cent of functional liver; 0 by the record.
    heightCm - The patient's height; 0 where it is not known.
    weightKg - The patient's weight; 0 where it is not known.
    window - The CT window, by its name in the library.
    endpoint - What survival counts as the event.
    groupBy - The column that survival is grouped by; empty for the whole cohort.
    parameterFile - Radiomics' parameter file, by the name of one that comes along or by its path;
        empty for the usual one.
    radiomicsEngine - What extracts features, by its name.
    """

    clinicalFile: str
    patientId: str
    ctVolume: slicer.vtkMRMLScalarVolumeNode
    segmentation: slicer.vtkMRMLSegmentationNode
    minimumFlrPercent: Annotated[float, WithinRange(0, 100)] = 0.0
    heightCm: Annotated[float, WithinRange(0, 250)] = 0.0
    weightKg: Annotated[float, WithinRange(0, 400)] = 0.0
    window: str = "PORTAL_VENOUS"
    endpoint: str = "overall"
    groupBy: str = ""
    parameterFile: str = ""
    radiomicsEngine: str = ""


_KEPT_WHEN_THE_SCENE_CLOSES = (
    "clinicalFile",
    "window",
    "endpoint",
    "groupBy",
    "parameterFile",
    "radiomicsEngine",
)
"""Choices of the reader's, not of a patient's."""


class CRLMExplorerWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The place of the panel, and what Slicer tells it."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = CRLMExplorerLogic()
        self.panel = None
        self._needs = None
        self._parameterNode = None
        self._guiTag = None
        self._kept = {}

    def setup(self) -> None:
        """Show the panel, or what it needs first."""
        ScriptedLoadableModuleWidget.setup(self)
        from CRLMExplorerQt.needs import Needs, missing

        requirements = self.resourcePath("requirements.txt")
        if missing(requirements):
            self._needs = Needs(requirements, self._showPanel)
            self.layout.addWidget(self._needs.widget)
        else:
            self._showPanel()

    def enter(self) -> None:
        """Called when the reader turns to the module."""
        if self.panel:
            self._setParameterNode(self.logic.getParameterNode())
            self.panel.enter()

    def exit(self) -> None:
        """Called when the reader turns to another module."""
        self._setParameterNode(None)
        if self.panel:
            self.panel.exit()

    def cleanup(self) -> None:
        """Called before the widget is destroyed."""
        self._setParameterNode(None)
        self.removeObservers()
        if self.panel:
            self.panel.cleanup()

    def onReload(self) -> None:
        """Called by the developer's button: the panel and the library are read anew, too."""
        for name in list(sys.modules):
            if name.split(".")[0] in ("CRLMExplorerLib", "CRLMExplorerQt"):
                del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def _showPanel(self) -> None:
        from CRLMExplorerQt.panel import Panel

        widget = slicer.util.loadUI(self.resourcePath("UI/CRLMExplorer.ui"))
        widget.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(widget)
        self.panel = Panel(widget)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._sceneStartsToClose)
        self.addObserver(scene, scene.EndCloseEvent, self._sceneHasOtherParameters)
        self.addObserver(scene, scene.EndImportEvent, self._sceneHasOtherParameters)
        self._setParameterNode(self.logic.getParameterNode())
        if self.parent.isEntered:
            self.panel.enter()

    def _sceneStartsToClose(self, caller, event) -> None:
        node = self.logic.getParameterNode()
        self._kept = {name: getattr(node, name) for name in _KEPT_WHEN_THE_SCENE_CLOSES}
        self._setParameterNode(None)
        self.panel.close_patient()

    def _sceneHasOtherParameters(self, caller, event) -> None:
        if not self.parent.isEntered:
            return
        node = self.logic.getParameterNode()
        for name, value in self._kept.items():
            setattr(node, name, value)
        self._kept = {}
        self._setParameterNode(node)

    def _setParameterNode(self, node) -> None:
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._guiTag)
        self._parameterNode = node
        if node:
            self._guiTag = node.connectGui(self.panel.ui)
        if self.panel:
            self.panel.take_parameters(node)


class CRLMExplorerLogic(ScriptedLoadableModuleLogic):
    """What the module does without its panel, for scripts in Slicer."""

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)

    def getParameterNode(self) -> CRLMExplorerParameterNode:
        """The module's parameter node in the scene; it is made if there is none."""
        return CRLMExplorerParameterNode(super().getParameterNode())

    def database(self) -> SlicerDatabase:
        """The patients of Slicer's DICOM database, for the library's functions."""
        import ctk

        from CRLMExplorerLib.dicom.slicer_database import SlicerDatabase

        return SlicerDatabase(slicer.dicomDatabase, ctk.ctkDICOMIndexer())

    def openPatient(
        self, patientId: str, clinicalFile: str | None = None, dsoSeriesUid: str | None = None
    ) -> Case:
        """Read a patient of Slicer's DICOM database, with the DSO that fits best or the one named.

        Raises
        ------
        CRLMExplorerError
            If the database has no such patient or the patient no such DSO.
        """
        from CRLMExplorerLib.cohort.clinical import read_clinical
        from CRLMExplorerLib.review import open_case

        table = read_clinical(clinicalFile) if clinicalFile else None
        return open_case(self.database(), patientId, table, dsoSeriesUid)

    def volumetry(self, case: Case) -> Volumetry | None:
        """Volumes and percentages of an opened patient; None without segments."""
        return case.volumetry

    def resect(self, case: Case, plan: ResectionPlan) -> ResectionFigures:
        """What a resection plan leaves of an opened patient's liver: volumes, margins, findings.

        Raises
        ------
        CRLMExplorerError
            If there is no liver to cut, or the plan does not fit the patient.
        """
        from CRLMExplorerLib.review.remnants import resection_of

        resection = resection_of(self.database(), case, plan.start)
        return resection.figures(plan, case.rule)

    def saveRevision(
        self, case: Case, plan: ResectionPlan, reader: str, note: str = ""
    ) -> SavedRevision:
        """Keep what a plan leaves as a new DSO in Slicer's DICOM database; no DSO is changed.

        Raises
        ------
        CRLMExplorerError
            If the plan does not fit the patient, or the DSO cannot be written.
        """
        from CRLMExplorerLib.review.remnants import resection_of, save_remnant

        database = self.database()
        resection = resection_of(database, case, plan.start)
        remnant = resection.flr(plan)
        plan = replace(plan, patient_id=resection.patient_id, ct_series_uid=resection.ct_series_uid)
        return save_remnant(database, case, plan, remnant, reader_name=reader, note=note)

    def extractRadiomics(
        self, case: Case, parameters: Parameters | Path | str = "portal-venous"
    ) -> CaseExtraction:
        """Radiomic features of an opened patient's regions.

        Parameters
        ----------
        parameters
            A parameter file's path, the name of one that comes along, such as ``ibsi``, or
            parameters that were read.

        Raises
        ------
        ParameterError
            If there is no such parameter file, or it is not usable: names line and key.
        NotExtractable
            If there is no CT or no DSO, or they do not fit each other.
        """
        from CRLMExplorerLib.radiomics.shipped import parameters_named
        from CRLMExplorerLib.review.extraction import extract_case

        if isinstance(parameters, (str, Path)):
            parameters = parameters_named(parameters)
        return extract_case(case, parameters)


class CRLMExplorerTest(ScriptedLoadableModuleTest):
    """What can be proved inside any Slicer, without patients."""

    def test_the_panel_comes_up(self) -> None:
        widget = slicer.modules.crlmexplorer.widgetRepresentation().self()
        self.assertTrue(widget.panel or widget._needs)

    def test_parameters_survive_in_the_scene(self) -> None:
        logic = CRLMExplorerLogic()
        logic.getParameterNode().groupBy = "nodal_status"
        again = CRLMExplorerLogic().getParameterNode()
        self.assertEqual(again.groupBy, "nodal_status")
