"""The panel: a review session, and the sections that show it."""

from __future__ import annotations

from typing import Any

import ctk
import qt
import slicer

from CRLMExplorerLib.cohort.clinical import ClinicalTable, read_clinical
from CRLMExplorerLib.dicom.slicer_database import SlicerDatabase
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.host import DesktopHost
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerLib.review.display import Window
from CRLMExplorerQt import unsaved, views
from CRLMExplorerQt.asked_database import AskedDatabase
from CRLMExplorerQt.clinical import ClinicalSection
from CRLMExplorerQt.data import DataSection
from CRLMExplorerQt.flr import FlrSection
from CRLMExplorerQt.loader import LoaderSection
from CRLMExplorerQt.patient import PatientSection
from CRLMExplorerQt.patients import PatientsSection
from CRLMExplorerQt.progress import ProgressDialog
from CRLMExplorerQt.radiomics import RadiomicsSection
from CRLMExplorerQt.runner import DesktopRunner
from CRLMExplorerQt.segments import SegmentsSection
from CRLMExplorerQt.shortcuts import Shortcuts
from CRLMExplorerQt.survival import SurvivalSection
from CRLMExplorerQt.volumetry import VolumetrySection

_NO_DATABASE = "Open a DICOM database in the DICOM module first."
_SETTLING_MS = 300
"""An import tells of each file; patients are listed anew when it pauses."""


class Panel:
    """What the reader works with in Slicer.

    Parameters
    ----------
    widget
        The widget loaded from CRLMExplorer.ui.

    Attributes
    ----------
    ui
        Its named widgets.
    session
        The reader's session; None while Slicer has no DICOM database open.
    database
        The patients, for whichever thread; None without a session.
    table
        The cohort's clinical table, or None.
    parameters
        The scene's parameter node; None while the reader is elsewhere or the scene is closing.
    is_entered
        Whether the reader is in the module.
    """

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.ui = slicer.util.childWidgetVariables(widget)
        self.session: ReviewSession | None = None
        self.database: AskedDatabase | None = None
        self.table: ClinicalTable | None = None
        self.parameters: Any = None
        self.is_entered = False
        self.layout_manager = slicer.app.layoutManager()
        self.runner = DesktopRunner(widget)
        self.progress = ProgressDialog(widget, self.runner, self.say)
        self._table_file = ""
        self._watched_database: Any = None
        self._scene_tag: tuple[Any, int] | None = None
        self._settled = qt.QTimer(widget)
        self._settled.singleShot = True
        self._settled.interval = _SETTLING_MS
        self._settled.connect("timeout()", self._look_at_database)
        self.patients = PatientsSection(self)
        self.segments = SegmentsSection(self)
        self.survival = SurvivalSection(self)
        self.flr = FlrSection(self)
        self.sections = (
            DataSection(self),
            self.patients,
            PatientSection(self),
            self.segments,
            LoaderSection(self),
            VolumetrySection(self),
            ClinicalSection(self),
            self.survival,
            self.flr,
            RadiomicsSection(self),
        )
        self.shortcuts = Shortcuts(
            {"N": self.open_next, "P": self.open_previous},
            {
                "V": self.segments.toggle_all,
                "T": self.segments.next_tumor,
                **{
                    str(number): lambda window=window: self.segments.set_window(window)
                    for number, window in enumerate(Window, 1)
                },
            },
            {"Ctrl+Z": self.flr.steps.undo, "Ctrl+Y": self.flr.steps.redo},
            widget,
        )
        self.say("")
        self._begin()

    # What a reader does

    def open(self, patient_id: str, dso_series_uid: str | None = None) -> bool:
        """Open a patient, with the DSO that fits best or the one named.

        Returns
        -------
        bool
            Whether it is done; the reader may want to stay with an edit that was not saved.
        """
        if not (self.session and unsaved.may_leave(self.session, self.widget)):
            return False
        self.say("")
        self.session.open(patient_id, dso_series_uid)
        return True

    def open_next(self) -> None:
        """Open the patient after the open one."""
        if self.session and unsaved.may_leave(self.session, self.widget):
            self.say("")
            self.session.open_next()

    def open_previous(self) -> None:
        """Open the patient before the open one."""
        if self.session and unsaved.may_leave(self.session, self.widget):
            self.say("")
            self.session.open_previous()

    def import_folder(self, folder: str) -> bool:
        """Index a folder's DICOM files in Slicer's database; whether Slicer could."""
        from DICOMLib import DICOMUtils

        if not self._is_open():
            self.say_that_there_is_no_database()
            return False
        known = len(slicer.dicomDatabase.patients())
        with slicer.util.tryWithErrorDisplay(f"{folder} was not imported.", waitCursor=True):
            if not DICOMUtils.importDicom(folder):
                self.say(f"{folder} was not imported; Slicer's log says why.")
                return False
        self._look_at_database()
        new = len(slicer.dicomDatabase.patients()) - known
        self.say(f"{new} new patients in the database." if new else "No new patient was found.")
        return True

    def take_table(self, file: str) -> None:
        """Take another spreadsheet, or none; an open patient is opened again with it."""
        file = "" if file == "." else file
        if file == self._table_file:
            return
        self._table_file = file
        self.table = None
        self.say("")
        if file:
            try:
                self.table = read_clinical(file)
            except CRLMExplorerError as error:
                self.say(str(error))
        patient_id = self.session.case.patient_id if self.session and self.session.case else ""
        self._begin()
        if patient_id:
            self.session.open(patient_id)

    def say(self, sentence: str) -> None:
        """Tell the reader something, at the top of the panel."""
        self.ui.messageLabel.text = sentence
        self.ui.messageLabel.visible = bool(sentence)

    def say_that_there_is_no_database(self) -> None:
        """Tell the reader what is missing."""
        self.say(_NO_DATABASE)

    def remember(self, **choices: Any) -> None:
        """Keep choices in the scene."""
        for name, value in choices.items():
            if self.parameters is not None and getattr(self.parameters, name) != value:
                setattr(self.parameters, name, value)

    # What Slicer tells

    def enter(self) -> None:
        """The reader turned to the module: patients may have been imported meanwhile."""
        self.exit()
        self.is_entered = True
        self._watch()
        self._look_at_database()
        self.shortcuts.install()
        for section in self.sections:
            section.enter()

    def exit(self) -> None:
        """The reader turned to another module: nothing is observed until the reader is back."""
        if not self.is_entered:
            return
        self.is_entered = False
        self.shortcuts.uninstall()
        self._stop_watching()
        for section in self.sections:
            section.exit()

    def cleanup(self) -> None:
        """The panel is about to go."""
        self.exit()
        self.parameters = None
        self.close_patient()
        self._settled.stop()
        self.progress.close()
        self.runner.close()
        self.session = None

    def close_patient(self) -> None:
        """Take the open patient and the chart out of the scene, and stop what is running."""
        if self.session:
            self.session.cancel_jobs()
            self.session.close()
        self.survival.remove_chart()

    def take_parameters(self, parameters: Any) -> None:
        """Work with another parameter node; None for none."""
        self.parameters = parameters
        if parameters is None:
            return
        for section in self.sections:
            section.restore(parameters)
        self._remember_case()
        saved, case = parameters.patientId, self.session.case if self.session else None
        if saved and case is None:
            self.patients.select(saved)
            self.say(f"{saved} was open when this scene was saved: press Open to go on.")

    # How it is done

    def _is_open(self) -> bool:
        return bool(slicer.dicomDatabase and slicer.dicomDatabase.isOpen)

    def _begin(self) -> None:
        """Begin a session on the database that Slicer has open."""
        self.close_patient()
        if not self._is_open():
            self.session = self.database = None
            self.say_that_there_is_no_database()
        else:
            of_slicer = SlicerDatabase(slicer.dicomDatabase, ctk.ctkDICOMIndexer())
            self.database = AskedDatabase(of_slicer, self.runner)
            self.session = ReviewSession(DesktopHost(), self.database, self.table, self.runner)
            self.session.failed.connect(self.say)
            self.session.case_changed.connect(self._case_changed)
            self.session.surfaces_built.connect(views.center_3d)
            if self.session.review_problem:
                self.say(self.session.review_problem)
        self.progress.take_session(self.session)
        for section in self.sections:
            section.take_session(self.session)

    def _look_at_database(self) -> None:
        """See whether Slicer's database is still the same, and who is in it."""
        is_same = (
            self._is_open()
            and self.database is not None
            and str(self.database.directory) == slicer.dicomDatabase.databaseDirectory
        )
        if is_same:
            self.session.reload_worklist()
            return
        if self._is_open():
            self.say("")
        if self._is_open() or self.session:
            self._begin()

    def _case_changed(self) -> None:
        display = self.session.display
        if display and display.ct_node:
            views.show_volume(display.ct_node)
            self.session.point_at_start()
        if self.session.case:
            self._remember_case()

    def _remember_case(self) -> None:
        display = self.session.display if self.session else None
        if display:
            self.remember(ctVolume=display.ct_node, segmentation=display.dso_node)

    def _watch(self) -> None:
        self._watched_database = slicer.dicomDatabase
        if self._watched_database:
            for signal in ("opened()", "closed()", "databaseChanged()"):
                self._watched_database.connect(signal, self._database_changed)
        scene = slicer.mrmlScene
        tag = scene.AddObserver(scene.NodeRemovedEvent, self._node_removed)
        self._scene_tag = scene, tag

    def _stop_watching(self) -> None:
        if self._watched_database:
            for signal in ("opened()", "closed()", "databaseChanged()"):
                self._watched_database.disconnect(signal, self._database_changed)
            self._watched_database = None
        if self._scene_tag:
            scene, tag = self._scene_tag
            scene.RemoveObserver(tag)
            self._scene_tag = None

    def _database_changed(self) -> None:
        self._settled.start()

    def _node_removed(self, caller: Any, event: str) -> None:
        # The session itself may be removing nodes right now.
        qt.QTimer.singleShot(0, self._close_what_was_removed)

    def _close_what_was_removed(self) -> None:
        display = self.session.display if self.session else None
        nodes = (display.ct_node, display.dso_node) if display else ()
        if any(node and not slicer.mrmlScene.IsNodePresent(node) for node in nodes):
            self.close_patient()
            self.say("The patient's CT or segmentation was removed from the scene: it is closed.")
            return
        edit = self.session.editing.edit if self.session else None
        if edit and not edit.is_whole:
            self.session.editing.leave(keep=True)
            self.say("A part of the FLR's edit was removed from the scene: it is kept for later.")
