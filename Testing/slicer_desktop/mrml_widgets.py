"""Stand-ins for Slicer's widgets that show MRML nodes; in Slicer they are in `slicer`.

They work on the real scene, with the names of Slicer's headers. They do not watch a node for
changes beyond what their docstrings say.
"""

from __future__ import annotations

from typing import Any, ClassVar

import slicer
from PySide6.QtCore import Property, QItemSelection, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slicer_desktop.stored import stored

_NODE = "vtkMRMLNode*"
_SCENE_CHANGED = {"mrmlSceneChanged": "mrmlSceneChanged(vtkMRMLScene*)"}


class qMRMLWidget(QWidget):
    """A widget that knows the scene and tells its children."""

    CPP_SIGNALS: ClassVar = _SCENE_CHANGED
    mrmlSceneChanged = Signal(object)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


def _list_nodes(box: qMRMLNodeComboBox, _: Any) -> None:
    box._list_nodes()


class qMRMLNodeComboBox(QWidget):
    """Chooses a node of the scene. It cannot add, rename or remove nodes here."""

    CPP_SIGNALS: ClassVar = {
        "currentNodeChanged": f"currentNodeChanged({_NODE})",
        "nodeActivated": f"nodeActivated({_NODE})",
    }
    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeActivated = Signal(object)
    nodeTypes = stored("nodeTypes", "QStringList", [], _list_nodes)
    showHidden = stored("showHidden", bool, False, _list_nodes)
    showChildNodeTypes = stored("showChildNodeTypes", bool, True, _list_nodes)
    hideChildNodeTypes = stored("hideChildNodeTypes", "QStringList", [], _list_nodes)
    baseName = stored("baseName", str, "")
    noneEnabled = stored("noneEnabled", bool, False, _list_nodes)
    noneDisplay = stored("noneDisplay", str, "None", _list_nodes)
    addEnabled = stored("addEnabled", bool, True)
    removeEnabled = stored("removeEnabled", bool, True)
    editEnabled = stored("editEnabled", bool, False)
    renameEnabled = stored("renameEnabled", bool, False)
    selectNodeUponCreation = stored("selectNodeUponCreation", bool, True)
    interactionNodeSingletonTag = stored("interactionNodeSingletonTag", str, "")

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._scene: Any = None
        self._tags: list[tuple[Any, int]] = []
        self._box = QComboBox(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self._shown = ""
        self._box.currentIndexChanged.connect(self._chosen)
        self._box.activated.connect(self._activated)

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        for watched, tag in self._tags:
            watched.RemoveObserver(tag)
        self._scene = scene
        events = ("NodeAddedEvent", "NodeRemovedEvent", "EndBatchProcessEvent")
        self._tags = [
            (scene, scene.AddObserver(getattr(scene, event), lambda *_: self._list_nodes()))
            for event in (events if scene else ())
        ]
        self._list_nodes()

    def currentNode(self) -> Any:
        node_id = self._box.currentData
        return self._scene.GetNodeByID(node_id) if self._scene and node_id else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node else "")

    def setCurrentNodeID(self, node_id: str) -> None:
        self._box.setCurrentIndex(self._box.findData(node_id))

    def setCurrentNodeIndex(self, index: int) -> None:
        self._box.setCurrentIndex(index + bool(self.noneEnabled))

    def nodeCount(self) -> int:
        return self._box.count - bool(self.noneEnabled)

    def nodeFromIndex(self, index: int) -> Any:
        return self._scene.GetNodeByID(self._box.itemData(index + bool(self.noneEnabled)))

    currentNodeID = Property(str, lambda s: s._box.currentData or "", setCurrentNodeID)

    def _list_nodes(self) -> None:
        chosen = self._box.currentData
        nodes = [
            node
            for type_ in self.nodeTypes
            for node in (slicer.util.getNodesByClass(type_, self._scene) if self._scene else ())
            if self.showHidden or not node.GetHideFromEditors()
        ]
        self._box.blockSignals(True)
        self._box.clear()
        if self.noneEnabled:
            self._box.addItem(self.noneDisplay, "")
        for node in nodes:
            self._box.addItem(node.GetName(), node.GetID())
        self._box.setCurrentIndex(max(self._box.findData(chosen), 0 if self.noneEnabled else -1))
        self._box.blockSignals(False)
        self._chosen()

    def _chosen(self) -> None:
        node_id = self._box.currentData or ""
        if node_id != self._shown:
            self._shown = node_id
            self.currentNodeIDChanged.emit(node_id)
            self.currentNodeChanged.emit(self.currentNode())

    def _activated(self) -> None:
        self.nodeActivated.emit(self.currentNode())


class qMRMLSegmentsTableView(qMRMLWidget):
    """The names of a segmentation's segments. Looks and statuses are not shown or changed here."""

    selectionChanged = Signal(QItemSelection, QItemSelection)
    segmentAboutToBeModified = Signal(str)
    selectionMode = stored("selectionMode", int, 3)
    headerVisible = stored("headerVisible", bool, True)
    visibilityColumnVisible = stored("visibilityColumnVisible", bool, True)
    colorColumnVisible = stored("colorColumnVisible", bool, True)
    opacityColumnVisible = stored("opacityColumnVisible", bool, True)
    statusColumnVisible = stored("statusColumnVisible", bool, False)
    layerColumnVisible = stored("layerColumnVisible", bool, False)
    readOnly = stored("readOnly", bool, False)
    filterBarVisible = stored("filterBarVisible", bool, False)
    jumpToSelectedSegmentEnabled = stored("jumpToSelectedSegmentEnabled", bool, False)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._node: Any = None
        self._tag = 0
        self._ids: list[str] = []
        self._table = QTableWidget(0, 1, self)
        self._table.setHorizontalHeaderLabels(["Name"])
        self._table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        self._table.selectionModel().selectionChanged.connect(self.selectionChanged.emit)

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        if self._node:
            self._node.RemoveObserver(self._tag)
        self._node = node
        if node:
            self._tag = node.AddObserver("ModifiedEvent", lambda *_: self._list_segments())
        self._list_segments()

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        rows = {index.row() for index in self._table.selectionModel().selectedIndexes()}
        return tuple(self._ids[row] for row in sorted(rows))

    def setSelectedSegmentIDs(self, segment_ids: list[str]) -> None:
        self._table.clearSelection()
        for segment_id in segment_ids:
            self._table.selectRow(self._ids.index(segment_id))

    def displayedSegmentIDs(self) -> tuple[str, ...]:
        return tuple(self._ids)

    def rowForSegmentID(self, segment_id: str) -> int:
        return self._ids.index(segment_id) if segment_id in self._ids else -1

    def segmentIDForRow(self, row: int) -> str:
        return self._ids[row]

    def clearSelection(self) -> None:
        self._table.clearSelection()

    def tableWidget(self) -> QTableWidget:
        return self._table

    def _list_segments(self) -> None:
        segmentation = self._node.GetSegmentation() if self._node else None
        self._ids = list(segmentation.GetSegmentIDs()) if segmentation else []
        self._table.setRowCount(len(self._ids))
        for row, segment_id in enumerate(self._ids):
            name = segmentation.GetSegment(segment_id).GetName()
            self._table.setItem(row, 0, QTableWidgetItem(name))


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """Remembers what is edited and with which effect; there are no effects and no undo here."""

    CPP_SIGNALS: ClassVar = {
        **_SCENE_CHANGED,
        "segmentationNodeChanged": "segmentationNodeChanged(vtkMRMLSegmentationNode*)",
        "sourceVolumeNodeChanged": "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)",
    }
    currentSegmentIDChanged = Signal(str)
    segmentationNodeChanged = Signal(object)
    sourceVolumeNodeChanged = Signal(object)
    segmentationNodeSelectorVisible = stored("segmentationNodeSelectorVisible", bool, True)
    sourceVolumeNodeSelectorVisible = stored("sourceVolumeNodeSelectorVisible", bool, True)
    maskingSectionVisible = stored("maskingSectionVisible", bool, True)
    specifyGeometryButtonVisible = stored("specifyGeometryButtonVisible", bool, True)
    show3DButtonVisible = stored("show3DButtonVisible", bool, True)
    addRemoveSegmentButtonsVisible = stored("addRemoveSegmentButtonsVisible", bool, True)
    switchToSegmentationsButtonVisible = stored("switchToSegmentationsButtonVisible", bool, True)
    autoShowSourceVolumeNode = stored("autoShowSourceVolumeNode", bool, True)
    undoEnabled = stored("undoEnabled", bool, True)
    maximumNumberOfUndoStates = stored("maximumNumberOfUndoStates", int, 10)
    readOnly = stored("readOnly", bool, False)
    effectButtonStyle = stored("effectButtonStyle", int, 3)
    effectColumnCount = stored("effectColumnCount", int, 2)
    unorderedEffectsVisible = stored("unorderedEffectsVisible", bool, True)
    jumpToSelectedSegmentEnabled = stored("jumpToSelectedSegmentEnabled", bool, False)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._editor_node: Any = None
        self._segmentation_node: Any = None
        self._volume_node: Any = None
        self._segment_id = ""
        self._order: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("[Slicer's segment editor]", self))
        segments = QLabel("[its segments]", self)
        segments.setObjectName("SegmentsTableResizableFrame")
        layout.addWidget(segments)

    def mrmlSegmentEditorNode(self) -> Any:
        return self._editor_node

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._editor_node = node

    def segmentationNode(self) -> Any:
        return self._segmentation_node

    def setSegmentationNode(self, node: Any) -> None:
        if self._editor_node is None and node is not None:
            raise RuntimeError("the segment editor has no vtkMRMLSegmentEditorNode yet")
        self._segmentation_node = node
        if self._editor_node:
            self._editor_node.SetAndObserveSegmentationNode(node)
        self.segmentationNodeChanged.emit(node)

    def sourceVolumeNode(self) -> Any:
        return self._volume_node

    def setSourceVolumeNode(self, node: Any) -> None:
        self._volume_node = node
        if self._editor_node:
            self._editor_node.SetAndObserveSourceVolumeNode(node)
        self.sourceVolumeNodeChanged.emit(node)

    def currentSegmentID(self) -> str:
        return self._segment_id

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._segment_id = segment_id
        if self._editor_node:
            self._editor_node.SetSelectedSegmentID(segment_id)
        self.currentSegmentIDChanged.emit(segment_id)

    def activeEffect(self) -> None:
        """None: there are no effects here."""

    def setActiveEffect(self, effect: None) -> None:
        """Choose no effect: there are none here."""
        if self._editor_node:
            self._editor_node.SetActiveEffectName("")

    def setActiveEffectByName(self, name: str) -> None:
        if self._editor_node:
            self._editor_node.SetActiveEffectName(name)

    def setEffectNameOrder(self, names: list[str]) -> None:
        self._order = tuple(names)

    def effectNameOrder(self) -> tuple[str, ...]:
        return self._order

    def setupViewObservations(self) -> None:
        """Does nothing: there are no views here."""

    def removeViewObservations(self) -> None:
        """Does nothing: there are no views here."""

    def installKeyboardShortcuts(self, parent: QWidget | None = None) -> None:
        """Does nothing: there are no effects to choose."""

    def uninstallKeyboardShortcuts(self) -> None:
        """Does nothing: there are no effects to choose."""

    def undo(self) -> None:
        """Does nothing: there is nothing to undo."""

    def redo(self) -> None:
        """Does nothing: there is nothing to redo."""

    def saveStateForUndo(self) -> None:
        """Does nothing: there is nothing to undo."""

    def rotateSliceViewsToSegmentation(self) -> None:
        """Does nothing: there are no views here."""

    def updateWidgetFromMRML(self) -> None:
        """Does nothing: it shows nothing."""


class qSlicerWidget(QWidget):
    """A widget that is told the scene."""

    CPP_SIGNALS: ClassVar = _SCENE_CHANGED
    mrmlSceneChanged = Signal(object)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


class qSlicerMarkupsPlaceWidget(qSlicerWidget):
    """The button that places points of a markup; nothing can be placed here."""

    ForcePlaceMultipleMarkups = 3
    activeMarkupsPlaceModeChanged = Signal(bool)
    placeMultipleMarkups = stored("placeMultipleMarkups", int, 0)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._node: Any = None
        self._button = QToolButton(self)
        self._button.setCheckable(True)
        self._button.setText("⊕")
        self._delete_button = QToolButton(self)
        self._delete_button.setText("×")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._button)
        layout.addWidget(self._delete_button)
        self._button.toggled.connect(self.activeMarkupsPlaceModeChanged.emit)

    def currentNode(self) -> Any:
        return self._node

    def setCurrentNode(self, node: Any) -> None:
        self._node = node

    def placeButton(self) -> QToolButton:
        return self._button

    def deleteButton(self) -> QToolButton:
        return self._delete_button

    placeModeEnabled = Property(bool, lambda self: self._button.checked)

    @Slot(bool)
    def setPlaceModeEnabled(self, enabled: bool) -> None:
        self._button.setChecked(enabled)

    @Slot(bool)
    def setPlaceModePersistency(self, persistent: bool) -> None:
        """Does nothing: nothing is placed."""

    @Slot(bool)
    def setButtonsVisible(self, visible: bool) -> None:
        self._button.setVisible(visible)


class qMRMLTableView(QWidget):
    """Shows a table node as it is when it is set."""

    CPP_SIGNALS: ClassVar = _SCENE_CHANGED
    mrmlSceneChanged = Signal(object)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._scene: Any = None
        self._node: Any = None
        self._table = QTableWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlTableNode(self) -> Any:
        return self._node

    def setMRMLTableNode(self, node: Any) -> None:
        self._node = node
        columns = range(node.GetNumberOfColumns() if node else 0)
        rows = range(node.GetNumberOfRows() if node else 0)
        self._table.setColumnCount(len(columns))
        self._table.setRowCount(len(rows))
        self._table.setHorizontalHeaderLabels([node.GetColumnName(column) for column in columns])
        for row in rows:
            for column in columns:
                self._table.setItem(row, column, QTableWidgetItem(node.GetCellText(row, column)))


class qMRMLPlotView(QWidget):
    """Remembers the plot view node; it draws nothing."""

    CPP_SIGNALS: ClassVar = _SCENE_CHANGED
    mrmlSceneChanged = Signal(object)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._scene: Any = None
        self._node: Any = None
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("[Slicer's plot view]", self))

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def setMRMLPlotViewNode(self, node: Any) -> None:
        self._node = node

    def fitToContent(self) -> None:
        """Does nothing: it shows nothing."""
