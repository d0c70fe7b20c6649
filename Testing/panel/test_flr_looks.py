"""The section “Future liver remnant” fits into a narrow panel in each of its states."""

from __future__ import annotations

import pytest

from CRLMExplorerLib.resection import PlaneCut
from panel.conftest import SCREENSHOTS
from panel.redrawing import begin, edit_of, end, rest

NARROW_PX = 400
TABS = ["plane", "curve", "wedge", "tidy"]


@pytest.fixture(scope="module")
def narrow(reader):
    """A reader with nothing but this section open, in a narrow panel."""
    for name, section in vars(reader.ui).items():
        if name.endswith("Section") and name not in ("flrSection", "flrDrawSection"):
            section.collapsed = True
    reader.ui.flrSection.collapsed = False
    yield reader
    end(reader)


def picture(reader, name: str) -> None:
    reader.desktop.window.resize(NARROW_PX, 1400)
    reader.desktop.settle()
    assert reader.panel.widget.width <= NARROW_PX
    tables = (reader.ui.flrFiguresTable, reader.ui.flrMarginsTable, reader.ui.flrRevisionsTable)
    cramped = [t.objectName for t in tables if t.visible and t.horizontalScrollBar().maximum > 0]
    assert cramped == []
    reader.desktop.screenshot(SCREENSHOTS / f"qt-flr-{name}.png", reader.ui.flrSection)


def test_it_fits_before_an_edit(narrow):
    picture(narrow, "start")


def test_it_fits_while_a_tumour_is_left(narrow):
    begin(narrow)
    rest(narrow)
    picture(narrow, "alarm")
    end(narrow)


@pytest.mark.parametrize("tab", TABS)
def test_each_tool_fits(narrow, tab):
    if edit_of(narrow) is None:
        edit = begin(narrow)
        r, a, s = narrow.session.case.segments[0].mask.center_ras_mm()
        edit.add(PlaneCut((r, a, s), (1.0, 0.0, 0.2)))
    narrow.ui.flrToolTabs.setCurrentIndex(TABS.index(tab))
    rest(narrow)
    if tab == "curve":
        for shift in (-30, 0, 30):
            edit_of(narrow).place_curve_point((shift / 3, shift, -100.0 + shift))
        rest(narrow)
    picture(narrow, tab)


def test_the_segment_editor_fits(narrow):
    narrow.ui.flrDrawSection.collapsed = False
    rest(narrow)
    picture(narrow, "draw")
    narrow.ui.flrDrawSection.collapsed = True
    end(narrow)


def test_it_fits_with_revisions_that_are_compared(narrow):
    edit = begin(narrow)
    r, a, s = narrow.session.case.segments[0].mask.center_ras_mm()
    edit.add(PlaneCut((r, a, s), (1.0, 0.0, 0.2)))
    rest(narrow)
    narrow.ui.flrReaderLineEdit.text = "A. Reader"
    narrow.ui.flrSaveButton.click()
    narrow.wait_for_jobs()
    narrow.ui.flrCompareButton.click()
    rest(narrow)
    picture(narrow, "revisions")
