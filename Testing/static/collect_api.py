"""Collect the names that Slicer's Python has, from the sources of Slicer, CTK and PythonQt.

    python Testing/static/collect_api.py SLICER CTK PYTHONQT

Each argument is a git repository. The list goes to `api.json`: for each class or Python module
where it was found, and its names. To add a class, put it into one of the tables below.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LIST = Path(__file__).with_name("api.json")

QT = """
    Qt QObject QCoreApplication QGuiApplication QApplication QTimer QSettings QFile QFileInfo
    QDir QIODevice QBuffer QUrl QEvent QSize QSizeF QPoint QPointF QRect QRectF QMargins QDate
    QTime QDateTime QLocale QModelIndex QPersistentModelIndex QItemSelection QItemSelectionModel
    QAbstractItemModel QAbstractListModel QAbstractTableModel QSortFilterProxyModel
    QSignalBlocker QRegularExpression QThread QProcess QMimeData QEventLoop QSignalMapper
    QByteArray QColor QBrush QPen QFont QFontMetrics QFontDatabase QIcon QImage QPixmap QPainter
    QPainterPath QPalette QPolygonF QKeySequence QCursor QClipboard QDesktopServices
    QStandardItem QStandardItemModel QKeyEvent QMouseEvent QWheelEvent QPaintEvent QResizeEvent
    QInputEvent QDoubleValidator QIntValidator QValidator QTextDocument QTextCursor
    QLinearGradient QPaintDevice QWidget QAction QActionGroup QShortcut QAbstractButton
    QPushButton QToolButton QRadioButton QCheckBox QButtonGroup QComboBox QLineEdit QTextEdit
    QPlainTextEdit QTextBrowser QLabel QFrame QGroupBox QTabWidget QTabBar QStackedWidget
    QStackedLayout QSplitter QScrollArea QAbstractScrollArea QScrollBar QAbstractSlider QSlider
    QAbstractSpinBox QSpinBox QDoubleSpinBox QProgressBar QProgressDialog QDialog
    QDialogButtonBox QMessageBox QFileDialog QInputDialog QMenu QMenuBar QToolBar QStatusBar
    QMainWindow QDockWidget QListView QListWidget QListWidgetItem QTableView QTableWidget
    QTableWidgetItem QTableWidgetSelectionRange QTreeView QTreeWidget QTreeWidgetItem
    QHeaderView QAbstractItemView QAbstractItemDelegate QStyledItemDelegate QItemDelegate QStyle
    QStyleOption QStyleOptionViewItem QLayout QLayoutItem QBoxLayout QHBoxLayout QVBoxLayout
    QGridLayout QFormLayout QSpacerItem QSizePolicy QWidgetItem QToolTip QCompleter
    QStringListModel QColorDialog QUiLoader QSvgWidget QSvgRenderer
"""

HEADERS = {
    "CTK": {
        "Libs/Widgets": """
            ctkCollapsibleButton ctkCollapsibleGroupBox ctkPathLineEdit ctkSliderWidget
            ctkDoubleSpinBox ctkDoubleSlider ctkComboBox ctkSearchBox ctkMenuButton ctkCheckBox
            ctkCheckablePushButton ctkColorPickerButton ctkDirectoryButton ctkRangeWidget
            ctkExpandableWidget ctkFittedTextBrowser ctkMessageBox ctkLayoutManager
            ctkLayoutFactory""",
        "Libs/DICOM/Core": "ctkDICOMDatabase ctkDICOMIndexer",
    },
    "Slicer": {
        "Libs/MRML/Widgets": """
            qMRMLWidget qMRMLNodeComboBox qMRMLTableView qMRMLPlotView qMRMLPlotWidget
            qMRMLSliderWidget qMRMLSpinBox qMRMLSliceWidget qMRMLSliceView
            qMRMLSliceControllerWidget qMRMLThreeDWidget qMRMLThreeDView
            qMRMLLayoutManager qMRMLViewControllerBar""",
        "Base/QTGUI": """
            qSlicerApplication qSlicerLayoutManager qSlicerAbstractModuleWidget qSlicerWidget
            qSlicerScriptedLoadableModule qSlicerScriptedLoadableModuleWidget""",
        "Base/QTCore": """
            qSlicerCoreApplication qSlicerAbstractCoreModule qSlicerModuleManager
            qSlicerModuleFactoryManager""",
        "Modules/Loadable/Segmentations/Widgets": """
            qMRMLSegmentsTableView qMRMLSegmentEditorWidget""",
        "Modules/Loadable/Markups/Widgets": "qSlicerMarkupsPlaceWidget",
    },
}

PYTHON = {
    "slicer.util": "Base/Python/slicer/util.py",
    "slicer.packaging": "Base/Python/slicer/packaging.py",
    "slicer.i18n": "Base/Python/slicer/i18n.py",
    "slicer.ScriptedLoadableModule": "Base/Python/slicer/ScriptedLoadableModule.py",
}
WRAPPER = "Base/Python/slicer/parameterNodeWrapper"
OF_THE_APPLICATION = ("app", "mrmlScene", "modules", "dicomDatabase", "util", "packaging")

# What PythonQt gives every QObject, and every class.
ALWAYS = """
    connect disconnect metaObject parent setParent children findChild findChildren setProperty
    property tr className inherits help delete objectName name
"""


class Repository:
    """A git repository, read at its head."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.files = self._git("ls-tree", "-r", "--name-only", "HEAD").splitlines()
        self.revision = self._git("rev-parse", "--short=10", "HEAD").strip()

    def read(self, file: str) -> str:
        return self._git("show", f"HEAD:{file}")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", self._path, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def qt_classes(pythonqt: Repository) -> Iterator[tuple[str, str, set[str]]]:
    """Class, file and names, of what PythonQt wraps of Qt 5.15."""
    wrapper = re.compile(r"^class PythonQtWrapper_(\w+) :.*?^};", re.M | re.S)
    for file in pythonqt.files:
        if file.startswith("generated_cpp_515/") and file.endswith(".h"):
            for match in wrapper.finditer(pythonqt.read(file)):
                yield match[1], file, set(_wrapped(match[1], match[0]))


def _wrapped(class_: str, text: str) -> Iterator[str]:
    for enum in re.finditer(r"enum (\w+)\s*\{(.*?)\}", text, re.S):
        yield enum[1]
        yield from re.findall(r"(\w+) = ", enum[2])
    yield from re.findall(r"Q_DECLARE_FLAGS\((\w+),", text)
    for name in re.findall(r"^\s+[\w:<>,*& ]*?\b(\w+)\(", text, re.M):
        name = name.removeprefix(f"static_{class_}_")
        if not name.startswith(("py_q_", "new_", "delete_", "promoted_")):
            yield name
    yield from re.findall(rf"\bstatic_{class_}_(\w+)\(", text)


def header_names(text: str, class_: str) -> set[str]:
    """What PythonQt sees of a class without a wrapper: properties, slots, signals, invokables."""
    body = re.search(rf"^class [A-Z_ ]*{class_}\b[^;{{]*\{{.*?^}};", text, re.M | re.S)
    if body is None:
        raise ValueError(f"no class {class_} in its header")
    code = re.sub(r"//.*", "", body[0])
    names = set(re.findall(r"Q_PROPERTY\(\s*[\w:<>,* ]+?\s+(\w+)\s+READ", code))
    names |= set(re.findall(r"Q_INVOKABLE[^(;]*?\b(\w+)\s*\(", code))
    for enum, keys in re.findall(r"\benum (\w+)\s*\{(.*?)\}", code, re.S):
        names |= {enum, *re.findall(r"^\s*(\w+)", keys, re.M)}
    seen = ""
    for line in code.splitlines():
        if access := re.match(r"\s*(public|protected|private|signals|Q_SIGNALS)\b.*:\s*$", line):
            slots = re.search(r"slots|Q_SLOTS", line)
            is_seen = access[1] in ("signals", "Q_SIGNALS") or (access[1] == "public" and slots)
            seen = "yes" if is_seen else ""
        elif seen and (method := re.match(r"\s*[\w:<>,*& ]+?[ *&](\w+)\s*\(", line)):
            names.add(method[1])
    return names


def bases(text: str, class_: str) -> list[str]:
    """What a class in a header derives from, the first only: the others are interfaces."""
    found = re.search(
        rf"^class [A-Z_ ]*{class_}\s*(?:final)?\s*:\s*(?:public\s+)?(\w+)", text, re.M
    )
    return [found[1]] if found else []


def python_names(source: str) -> set[str]:
    """The public names that a Python source defines."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def module_names(slicer: Repository) -> set[str]:
    """The attributes of `slicer.modules`: each module's name in small letters."""
    loadable = {file.split("/")[2] for file in slicer.files if file.startswith("Modules/Loadable/")}
    scripted = {
        match[1]
        for file in slicer.files
        if (match := re.fullmatch(r"Modules/Scripted/\w+/(\w+)\.py", file))
    }
    return {name.lower() for name in loadable | scripted if "." not in name}


def collect(slicer: Repository, ctk: Repository, pythonqt: Repository) -> dict:
    """The whole list."""
    classes: dict[str, dict[str, str]] = {}
    for class_, file, names in qt_classes(pythonqt):
        if class_ in QT.split():
            known = set(classes.get(class_, {}).get("names", "").split())
            where = f"PythonQt {file}"
            classes[class_] = {"from": where, "names": " ".join(sorted(known | names))}
    classes["QObject"]["names"] += " " + " ".join(ALWAYS.split())
    for name, folders in HEADERS.items():
        repository = {"CTK": ctk, "Slicer": slicer}[name]
        for folder, wanted in folders.items():
            for class_ in wanted.split():
                text = repository.read(f"{folder}/{class_}.h")
                classes[class_] = {
                    "from": f"{name} {folder}/{class_}.h",
                    "bases": " ".join(bases(text, class_)),
                    "names": " ".join(sorted(header_names(text, class_))),
                }
    modules = {
        name: {"from": f"Slicer {file}", "names": " ".join(sorted(python_names(slicer.read(file))))}
        for name, file in PYTHON.items()
    }
    wrapped = set().union(
        *(python_names(slicer.read(f)) for f in slicer.files if f.startswith(WRAPPER + "/"))
    )
    modules["slicer.parameterNodeWrapper"] = {
        "from": f"Slicer {WRAPPER}",
        "names": " ".join(sorted(wrapped)),
    }
    modules["slicer.modules"] = {
        "from": "Slicer Modules/Loadable, Modules/Scripted",
        "names": " ".join(sorted(module_names(slicer))),
    }
    modules["slicer"] = {
        "from": "Slicer Base/Python/slicer, Modules/Scripted/DICOM/DICOM.py",
        "names": " ".join(sorted(OF_THE_APPLICATION)),
    }
    return {
        "sources": {
            "Slicer": slicer.revision,
            "CTK": ctk.revision,
            "PythonQt": f"{pythonqt.revision}, wrappers of Qt 5.15",
        },
        "modules": dict(sorted(modules.items())),
        "classes": dict(sorted(classes.items())),
    }


if __name__ == "__main__":
    found = collect(*(Repository(path) for path in sys.argv[1:4]))
    missing = sorted(set(QT.split()) - set(found["classes"]))
    print(
        f"{len(found['classes'])} classes; PythonQt does not wrap: {', '.join(missing) or 'none'}"
    )
    LIST.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
