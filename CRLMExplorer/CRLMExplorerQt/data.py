"""Where the patients come from: Slicer's DICOM database, the spreadsheet, imports and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt

from CRLMExplorerQt import demo, real_patient
from CRLMExplorerQt.section import Section
from CRLMExplorerQt.tables import silent

if TYPE_CHECKING:
    from CRLMExplorerLib.review import ReviewSession
    from CRLMExplorerQt.panel import Panel


class DataSection(Section):
    """The section “Data”."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        ui = self.ui
        ui.clinicalFileLineEdit.connect("currentPathChanged(QString)", self._path_changed)
        ui.importButton.connect("clicked()", self._import)
        ui.demoButton.connect("clicked()", lambda: demo.make(panel))
        ui.realPatientButton.connect("clicked()", lambda: real_patient.fetch(panel))

    def take_session(self, session: ReviewSession | None) -> None:
        super().take_session(session)
        folder = str(self.panel.database.directory) if self.panel.database else ""
        self.ui.databaseLabel.text = folder or "none is open"
        for button in (self.ui.importButton, self.ui.demoButton, self.ui.realPatientButton):
            button.enabled = session is not None

    def restore(self, parameters: Any) -> None:
        with silent(self.ui.clinicalFileLineEdit):
            self.ui.clinicalFileLineEdit.currentPath = parameters.clinicalFile
        self.panel.take_table(parameters.clinicalFile)

    def _path_changed(self, path: str) -> None:
        self.panel.remember(clinicalFile=path)
        self.panel.take_table(path)

    def _import(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(
            self.panel.widget, "Folder of DICOM files to index"
        )
        if folder:
            self.panel.import_folder(folder)
