"""Stand-ins for the widgets of CTK that the panel may use.

Names and types are those of CTK's headers. As in Slicer, Python meets only a class's properties,
slots, signals and invokable methods: `ctkCollapsibleButton` has `collapsed`, but no
`setCollapsed()`.
"""

from __future__ import annotations

from PySide6.QtCore import Property, QEvent, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QWidget,
)

from slicer_desktop.stored import stored


def _collapse(button: ctkCollapsibleButton, collapsed: bool) -> None:
    for child in QAbstractButton.findChildren(
        button, QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly
    ):
        child.setVisible(not collapsed)
    button.setMaximumHeight(button._header_height() if collapsed else 16777215)
    button.contentsCollapsed.emit(collapsed)


class ctkCollapsibleButton(QAbstractButton):
    """A section with a header that folds it. Its looks are not CTK's."""

    contentsCollapsed = Signal(bool)
    collapsed = stored("collapsed", bool, False, _collapse)
    collapsedHeight = stored("collapsedHeight", int, 0)
    flat = stored("flat", bool, False)
    contentsFrameShape = stored("contentsFrameShape", int, 0)
    contentsFrameShadow = stored("contentsFrameShadow", int, 0)
    contentsLineWidth = stored("contentsLineWidth", int, 1)
    contentsMidLineWidth = stored("contentsMidLineWidth", int, 0)
    buttonTextAlignment = stored("buttonTextAlignment", int, 0)
    indicatorAlignment = stored("indicatorAlignment", int, 0)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*[p for p in parent if isinstance(p, QWidget)])
        self.setContentsMargins(0, self._header_height(), 0, 0)
        self.clicked.connect(self._fold)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        header = QRect(0, 0, self.width, self._header_height())
        option = QStyleOptionButton()
        option.rect = header
        style = self.style()
        style.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        arrow = "▸" if self.collapsed else "▾"
        text = header.adjusted(6, 0, 0, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, f"{arrow}  {self.text}")
        painter.end()

    def hitButton(self, position) -> bool:
        return position.y() <= self._header_height()

    def sizeHint(self) -> QSize:
        layout = self.layout()
        below = layout.sizeHint() if layout and not self.collapsed else QSize(0, 0)
        return QSize(max(below.width(), 120), below.height() + self._header_height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ChildAdded and self.collapsed:
            child = event.child()
            if isinstance(child, QWidget):
                child.setVisible(False)
        return super().event(event)

    def _fold(self) -> None:
        self.collapsed = not self.collapsed

    def _header_height(self) -> int:
        return self.fontMetrics().height() + 10


class ctkPathLineEdit(QWidget):
    """A path to type or browse for. The history and the completion are not there."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    label = stored("label", str, "")
    filters = stored("filters", int, 0)
    options = stored("options", int, 0)
    settingKey = stored("settingKey", str, "")
    showBrowseButton = stored("showBrowseButton", bool, True)
    showHistoryButton = stored("showHistoryButton", bool, True)
    sizeAdjustPolicy = stored("sizeAdjustPolicy", int, 0)
    minimumContentsLength = stored("minimumContentsLength", int, 0)
    nameFilters = stored("nameFilters", "QStringList", [])

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._edit = QLineEdit(self)
        self._browse = QToolButton(self)
        self._browse.setText("…")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        layout.addWidget(self._browse)
        self._edit.textChanged.connect(self.currentPathChanged.emit)
        self._browse.clicked.connect(self.browse)

    def _path(self) -> str:
        return self._edit.text

    @Slot(str)
    def setCurrentPath(self, path: str) -> None:
        self._edit.setText(path)

    currentPath = Property(str, _path, setCurrentPath)

    @Slot()
    def browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.label, self._path())
        if path:
            self.setCurrentPath(path)

    @Slot()
    def addCurrentPathToHistory(self) -> None:
        """Does nothing: there is no history."""

    @Slot()
    def retrieveHistory(self) -> None:
        """Does nothing: there is no history."""


def _take_range(slider: ctkSliderWidget, _: float) -> None:
    slider._take_range()


class ctkSliderWidget(QWidget):
    """A number on a slider and in a box beside it. Value proxies and the popup are not there."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    decimalsChanged = Signal(int)
    singleStep = stored("singleStep", float, 1.0, _take_range)
    pageStep = stored("pageStep", float, 10.0, _take_range)
    minimum = stored("minimum", float, 0.0, _take_range)
    maximum = stored("maximum", float, 99.0, _take_range)
    prefix = stored("prefix", str, "", _take_range)
    suffix = stored("suffix", str, "", _take_range)
    tickInterval = stored("tickInterval", float, 0.0)
    tickPosition = stored("tickPosition", int, 0)
    synchronizeSiblings = stored("synchronizeSiblings", int, 0)
    spinBoxAlignment = stored("spinBoxAlignment", int, 0)
    tracking = stored("tracking", bool, True)
    popupSlider = stored("popupSlider", bool, False)
    invertedAppearance = stored("invertedAppearance", bool, False)
    invertedControls = stored("invertedControls", bool, False)

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._box = QDoubleSpinBox(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        layout.addWidget(self._box)
        self._slider.valueChanged.connect(self._slid)
        self._box.valueChanged.connect(self._typed)
        self._take_range()

    def _value(self) -> float:
        return self._box.value

    @Slot(float)
    def setValue(self, value: float) -> None:
        self._box.setValue(value)

    value = Property(float, _value, setValue)

    def _decimals(self) -> int:
        return self._box.decimals

    @Slot(int)
    def setDecimals(self, decimals: int) -> None:
        self._box.setDecimals(decimals)
        self._take_range()
        self.decimalsChanged.emit(decimals)

    decimals = Property(int, _decimals, setDecimals)

    def _is_box_visible(self) -> bool:
        return not self._box.isHidden()

    @Slot(bool)
    def setSpinBoxVisible(self, visible: bool) -> None:
        self._box.setVisible(visible)

    spinBoxVisible = Property(bool, _is_box_visible, setSpinBoxVisible)

    @Slot()
    def reset(self) -> None:
        self.setValue(0.0)

    def _take_range(self) -> None:
        self._box.setRange(self.minimum, self.maximum)
        self._box.setSingleStep(self.singleStep)
        self._box.setPrefix(self.prefix)
        self._box.setSuffix(self.suffix)
        scale = 10**self._box.decimals
        self._slider.setRange(round(self.minimum * scale), round(self.maximum * scale))

    def _slid(self, position: int) -> None:
        value = position / 10**self._box.decimals
        self.valueIsChanging.emit(value)
        self._box.setValue(value)

    def _typed(self, value: float) -> None:
        self._slider.setValue(round(value * 10**self._box.decimals))
        self.valueChanged.emit(value)


class ctkDoubleSpinBox(QWidget):
    """A number in a box. Value proxies and the options of its decimals are not there."""

    valueChanged = Signal(float)
    decimalsChanged = Signal(int)
    editingFinished = Signal()

    def __init__(self, *parent: QWidget) -> None:
        super().__init__(*parent)
        self._box = QDoubleSpinBox(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self._box.valueChanged.connect(self.valueChanged.emit)
        self._box.editingFinished.connect(self.editingFinished.emit)

    def _value(self) -> float:
        return self._box.value

    @Slot(float)
    def setValue(self, value: float) -> None:
        self._box.setValue(value)

    value = Property(float, _value, setValue)
    minimum = Property(float, lambda s: s._box.minimum, lambda s, v: s._box.setMinimum(v))
    maximum = Property(float, lambda s: s._box.maximum, lambda s, v: s._box.setMaximum(v))
    singleStep = Property(float, lambda s: s._box.singleStep, lambda s, v: s._box.setSingleStep(v))
    prefix = Property(str, lambda s: s._box.prefix, lambda s, v: s._box.setPrefix(v))
    suffix = Property(str, lambda s: s._box.suffix, lambda s, v: s._box.setSuffix(v))
    cleanText = Property(str, lambda s: s._box.cleanText)

    def _decimals(self) -> int:
        return self._box.decimals

    @Slot(int)
    def setDecimals(self, decimals: int) -> None:
        self._box.setDecimals(decimals)
        self.decimalsChanged.emit(decimals)

    decimals = Property(int, _decimals, setDecimals)

    @Slot(bool)
    def setReadOnly(self, read_only: bool) -> None:
        self._box.setReadOnly(read_only)

    readOnly = Property(bool, lambda s: s._box.readOnly, setReadOnly)

    @Slot()
    def stepUp(self) -> None:
        self._box.stepUp()

    @Slot()
    def stepDown(self) -> None:
        self._box.stepDown()


class ctkComboBox(QComboBox):
    """A combo box. Its default text and elided items look like QComboBox's here."""

    returnRelease = Signal()
    defaultText = stored("defaultText", str, "")
    forceDefault = stored("forceDefault", bool, False)
    elideMode = stored("elideMode", int, 0)
    scrollWheelEffect = stored("scrollWheelEffect", int, 0)


class ctkSearchBox(QLineEdit):
    """A line to type what is searched for; without the icons."""

    showSearchIcon = stored("showSearchIcon", bool, False)


class ctkMenuButton(QPushButton):
    """A button with a menu; the whole of it opens the menu here, in CTK only its arrow."""


class ctkMessageBox(QMessageBox):
    """A message box. It never offers not to be shown again."""

    dontShowAgainVisible = stored("dontShowAgainVisible", bool, False)
    dontShowAgain = stored("dontShowAgain", bool, False)
    dontShowAgainSettingsKey = stored("dontShowAgainSettingsKey", str, "")

    def deleteLater(self) -> None:
        """Stays until the main window goes: no event loop runs here when it is asked to go.

        Slicer asks so before it shows a box, and its own loop keeps the box until it is closed.
        """
