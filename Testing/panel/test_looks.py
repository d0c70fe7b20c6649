"""Each section fits into a narrow panel, in light and dark; its pictures show how."""

from __future__ import annotations

import pytest
import slicer
from PySide6.QtGui import QColor, QPalette

from panel.conftest import SCREENSHOTS
from panel.radiomics_steps import run

NARROW_PX = 400
SECTIONS = [
    "data",
    "patients",
    "patient",
    "segments",
    "volumetry",
    "clinical",
    "survival",
    "radiomics",
]
DARK = {
    QPalette.ColorRole.Window: "#2d2d30",
    QPalette.ColorRole.Base: "#1e1e1e",
    QPalette.ColorRole.AlternateBase: "#2a2a2d",
    QPalette.ColorRole.Button: "#3c3c40",
    QPalette.ColorRole.WindowText: "#e6e6e6",
    QPalette.ColorRole.Text: "#e6e6e6",
    QPalette.ColorRole.ButtonText: "#e6e6e6",
    QPalette.ColorRole.PlaceholderText: "#9a9a9a",
    QPalette.ColorRole.Highlight: "#2a6fb0",
    QPalette.ColorRole.HighlightedText: "#ffffff",
}


@pytest.fixture(scope="module", autouse=True)
def extracted(reader):
    """Features are there to be shown."""
    reader.ui.radiomicsSection.collapsed = False
    reader.wait_until(lambda: reader.ui.extractButton.enabled)
    run(reader)


@pytest.fixture(params=["light", "dark"])
def brightness(request):
    request.getfixturevalue("reader")
    app = slicer.app
    before = app.palette()
    if request.param == "dark":
        palette = QPalette()
        for role, color in DARK.items():
            palette.setColor(role, QColor(color))
            if role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
                palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#808080"))
        app.setPalette(palette)
    yield request.param
    app.setPalette(before)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_fits_and_is_pictured(reader, brightness, section):
    for name in SECTIONS:
        getattr(reader.ui, f"{name}Section").collapsed = name != section
    reader.ui.segmentsTable.selectRow(4)
    reader.desktop.settle()
    reader.desktop.window.resize(NARROW_PX, 900)
    reader.desktop.settle()
    widget = getattr(reader.ui, f"{section}Section")
    assert reader.panel.widget.width <= NARROW_PX
    tables = (reader.ui.worklistTable, reader.ui.segmentsTable, reader.ui.sizesTable)
    cramped = [t.objectName for t in tables if t.visible and t.horizontalScrollBar().maximum > 0]
    assert cramped == []
    reader.desktop.screenshot(SCREENSHOTS / f"qt-{section}-{brightness}.png", widget)


def test_the_whole_panel_is_pictured(reader):
    for name in SECTIONS:
        getattr(reader.ui, f"{name}Section").collapsed = name == "data"
    reader.desktop.window.resize(NARROW_PX, 3000)
    file = SCREENSHOTS / "qt-panel.png"
    file.unlink(missing_ok=True)
    reader.desktop.screenshot(file)
    assert file.stat().st_size > 20_000
