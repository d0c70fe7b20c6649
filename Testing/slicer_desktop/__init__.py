"""Slicer's desktop without Slicer: test equipment that runs the module on real Qt.

Here the very files that Slicer loads, `CRLMExplorer.py` and its .ui, run on PySide6 over the real
Slicer core of the `slicer-core` wheel. `manners` makes PySide6 objects behave as PythonQt's do,
so that what would fail in Slicer fails here. What lies in the wheel is the real thing: MRML, the
logics, `slicer.util` with `loadUI` and `childWidgetVariables`. The rest is a stand-in that has the
names, types and signals of the original and just enough behaviour to be driven.

What it cannot prove: that the application starts, finds and lists the module; how ctk and qMRML
widgets look and what they do beyond their docstrings here; the views, the segment editor's effects
and Slicer's DICOM browser; timing, styles and fonts of the application.
"""

import ctypes
import os

# Before PySide6 is imported: PythonQt's enumerations are integers, and there is no screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYSIDE6_OPTION_PYTHON_ENUM"] = "0x0A"

# PySide6 6.12 gives away references to these that it has not taken, e.g. in `emit`: it is made for
# Pythons that do not count them. In Python 3.10 and 3.11 the process would end by it, so hold many,
# for ever.
ctypes.pythonapi.Py_IncRef(ctypes.py_object([None, True, False] * 300_000))
