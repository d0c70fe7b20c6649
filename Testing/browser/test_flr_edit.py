"""A reader redraws the remnant in Chromium, saves it and compares it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from review_page import ReviewPage

pytestmark = pytest.mark.browser


@pytest.fixture
def editor(tab: Page) -> Iterator[ReviewPage]:
    """The page with an edit from the whole liver of the first demo patient."""
    page = ReviewPage(tab)
    page.open_patient("CRLM-CT-1001")
    page.show_tab("FLR")
    page.choose(".flr-start", "Whole liver")
    tab.click(".flr-begin")
    tab.wait_for_selector(".tool-look")
    tab.keyboard.press("r")
    page.settle()
    yield page
    page.show_tab("FLR")
    if tab.locator(".discard-edit").is_visible():
        tab.click(".discard-edit")
    tab.wait_for_selector(".flr-start")


def test_warns_loudly_of_tumors_in_the_remnant(editor: ReviewPage) -> None:
    alarms = editor.tab.locator(".flr-alarm-loud")
    expect(alarms).to_have_count(4)
    expect(alarms.first).to_contain_text("Tumor_1")
    expect(editor.tab.locator(".verdict-text")).to_have_text("tumour left")


def test_a_hepatectomy_is_a_start(editor: ReviewPage) -> None:
    _hepatectomy(editor, "right hepatectomy")
    expect(editor.tab.locator(".flr")).to_contain_text("Approximate")
    assert 15 < _percent(editor) < 35
    expect(editor.tab.locator(".flr-alarm-loud")).to_have_count(0)
    editor.settle()
    editor.save_screenshot("edit")


def test_dragging_the_plane_moves_the_numbers(editor: ReviewPage) -> None:
    editor.show_tab("Segments")
    start = editor.slice_mm("Sagittal")
    editor.segment("Tumor_4").locator(".segment-jump").click()
    editor.until(lambda: editor.slice_mm("Sagittal") != start)
    editor.segment("Tumor_1").locator(".segment-jump").click()
    editor.until(lambda: editor.slice_mm("Sagittal") == start)
    editor.settle()
    editor.show_tab("FLR")
    x, y, z = (-editor.slice_mm("Sagittal"), editor.slice_mm("Coronal"), editor.slice_mm("Axial"))
    _set_plane(editor, f"{x}, {y}, {z}", "1, 0, 0")
    before = _percent(editor)
    editor.settle()
    box = editor.view("Axial").bounding_box()
    assert box is not None
    center = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    editor.tab.mouse.move(*center)
    editor.tab.wait_for_timeout(500)
    editor.tab.mouse.down()
    for step in range(1, 13):
        editor.tab.mouse.move(center[0] + 8 * step, center[1])
        editor.tab.wait_for_timeout(60)
    editor.tab.mouse.up()
    editor.until(lambda: _percent(editor) < before - 10)
    steps = editor.tab.locator(".step").count()
    editor.tab.keyboard.press("z")
    editor.until(lambda: _percent(editor) == before)
    assert editor.tab.locator(".step").count() == steps == 3


def test_erasing_and_painting_change_the_remnant(editor: ReviewPage) -> None:
    current = editor.tab.locator(".step-current")
    whole = _flr_ml(editor)
    editor.tab.keyboard.press("e")
    _stroke_over(editor)
    editor.until(lambda: _flr_ml(editor) < whole)
    expect(current).to_contain_text("Erase")
    editor.settle()
    editor.tab.keyboard.press("b")
    _stroke_over(editor)
    # The page tells the server where the pointer was a hundred times a second, not everywhere.
    editor.until(lambda: whole - 1 <= _flr_ml(editor) <= whole)
    expect(current).to_contain_text("Paint")
    editor.settle()
    editor.tab.keyboard.press("z")
    expect(current).to_contain_text("Erase")
    editor.until(lambda: _flr_ml(editor) < whole)
    editor.tab.keyboard.press("z")
    expect(current).to_contain_text("Start")
    editor.until(lambda: _flr_ml(editor) == whole)


def test_a_wedge_leaves_its_margin(editor: ReviewPage) -> None:
    editor.tab.locator(".wedge-margin input").fill("12")
    editor.tab.click(".add-wedge")
    expect(editor.tab.locator(".flr-alarm-loud")).to_have_count(0)
    editor.until(lambda: _are_within(9, 15, editor.tab.locator(".margins .number")))
    expect(editor.tab.locator(".margins .number")).to_have_count(4)


def test_a_curve_cuts_once_its_points_lie_in_two_slices(editor: ReviewPage) -> None:
    editor.tab.click(".tool-curve")
    for across, down in ((0.45, 0.33), (0.42, 0.45), (0.46, 0.57)):
        _click(editor, "Axial", across, down)
    assert editor.tab.locator(".step").count() == 1
    _click(editor, "Coronal", 0.40, 0.55)
    editor.until(lambda: editor.tab.locator(".step").count() == 2)
    expect(editor.tab.locator(".step-current")).to_contain_text("Curve through 4 points")
    editor.settle()
    kept = _percent(editor)
    editor.tab.click(".flip-curve")
    editor.until(lambda: abs(_percent(editor) - kept) > 20)


def test_a_curve_s_points_are_numbers_as_well(editor: ReviewPage) -> None:
    editor.tab.click(".tool-curve")
    points = editor.tab.locator(".curve-point input:not(.new-point)")
    new = editor.tab.locator(".new-point")
    axial, sagittal = editor.slice_mm("Axial"), -editor.slice_mm("Sagittal")
    for count, (r, a, s) in enumerate(((0, -40, 0), (0, 40, 0), (0, -30, 20), (0, 30, 20)), 1):
        new.fill(f"{sagittal + r}, {editor.slice_mm('Coronal') + a}, {axial + s}")
        new.press("Enter")
        expect(points).to_have_count(count)
    expect(editor.tab.locator(".step-current")).to_contain_text("Curve through 4 points")
    editor.settle()
    editor.save_screenshot("curve")
    before = _percent(editor)
    x, y, z = points.first.input_value().split(", ")
    points.first.fill(f"{float(x) - 40}, {y}, {z}")
    points.first.press("Tab")
    editor.until(lambda: abs(_percent(editor) - before) > 1)
    points.first.fill("here")
    points.first.press("Tab")
    expect(editor.tab.locator(".error-message")).to_contain_text("“here” is not 3 numbers")
    editor.tab.click('.error-message button:has-text("Close")')
    editor.tab.locator('.curve-point [title="Take this point away"]').first.click()
    expect(points).to_have_count(3)
    editor.tab.keyboard.press("z")
    expect(points).to_have_count(4)


def test_small_islands_are_removed(editor: ReviewPage) -> None:
    whole = _flr_ml(editor)
    editor.tab.keyboard.press("e")
    _stroke_over(editor)
    editor.until(lambda: _flr_ml(editor) < whole)
    editor.settle()
    left = _resting_flr_ml(editor)
    editor.tab.locator(".islands input").fill(str(left + 1))
    editor.tab.click(".remove-islands")
    editor.until(lambda: _flr_ml(editor) == 0)
    current = editor.tab.locator(".step-current")
    expect(current).to_have_text(f"Remove islands below {left + 1:g} mL")
    editor.tab.keyboard.press("z")
    editor.until(lambda: _flr_ml(editor) == left)
    editor.tab.click(".keep-largest")
    editor.until(lambda: current.inner_text() == "Keep the largest island")
    editor.tab.locator(".islands input").fill("-1")
    editor.tab.click(".remove-islands")
    expect(editor.tab.locator(".error-message")).to_contain_text("volume of small islands is -1 mL")
    editor.tab.click('.error-message button:has-text("Close")')


def test_keys_size_the_brush(editor: ReviewPage) -> None:
    brush = editor.tab.locator(".brush input")
    expect(brush).to_have_value("10")
    editor.tab.keyboard.press("]")
    expect(brush).to_have_value("12")
    for _ in range(2):
        editor.tab.keyboard.press("[")
    expect(brush).to_have_value("8")
    editor.tab.keyboard.press("]")
    expect(brush).to_have_value("10")


def test_scissors_cut_through_the_liver(editor: ReviewPage) -> None:
    whole = _flr_ml(editor)
    editor.tab.click(".tool-scissors")
    box = editor.view("Axial").bounding_box()
    assert box is not None
    x, y = box["x"] + 0.32 * box["width"], box["y"] + 0.45 * box["height"]
    editor.tab.mouse.move(x, y)
    editor.tab.mouse.down()
    for across, down in ((40, 0), (40, 40), (0, 40), (0, 5)):
        editor.tab.mouse.move(x + across, y + down, steps=3)
        editor.tab.wait_for_timeout(100)
    editor.tab.mouse.up()
    editor.until(lambda: _flr_ml(editor) < whole - 20)
    expect(editor.tab.locator(".step-current")).to_have_text("Scissors, cut")


def test_the_remnant_can_be_colored_by_distance(editor: ReviewPage) -> None:
    _hepatectomy(editor, "right hepatectomy")
    editor.settle()
    plain = editor.picture("3D")
    editor.tab.click(".by-distance input")
    editor.until_picture("3D", lambda now: (now[..., 2] - plain[..., 2] > 60).sum() > 2000)


def test_impossible_numbers_are_refused(editor: ReviewPage) -> None:
    _set_plane(editor, "1, 2", "1, 0, 0", waits=False)
    expect(editor.tab.locator(".error-message")).to_contain_text("3 numbers")
    editor.tab.click('.error-message button:has-text("Close")')
    _set_plane(editor, "1, 2, 3", "0, 0, 0", waits=False)
    expect(editor.tab.locator(".error-message")).to_contain_text("length 0")
    editor.tab.click('.error-message button:has-text("Close")')


def test_leaving_an_unsaved_edit_asks(editor: ReviewPage) -> None:
    _hepatectomy(editor, "left hepatectomy")
    editor.tab.click('[data-patient="CRLM-CT-1002"]')
    expect(editor.tab.locator(".leaving")).to_be_visible()
    editor.tab.click('.leaving button:has-text("Keep for later")')
    editor.wait_until_open("CRLM-CT-1002")
    editor.open_patient("CRLM-CT-1001")
    expect(editor.tab.locator(".pending")).to_contain_text("was not saved")
    editor.tab.click('.pending button:has-text("Take up again")')
    expect(editor.tab.locator(".step-current")).to_have_text("Start: liver")
    assert _percent(editor) > 35


def test_a_revision_is_saved_opened_and_compared(editor: ReviewPage) -> None:
    _hepatectomy(editor, "right hepatectomy")
    percent = _percent(editor)
    editor.tab.locator(".reader input").fill("Dr. Demo")
    editor.tab.locator(".revision-note input").fill("from the browser")
    editor.tab.click(".save-revision")
    expect(editor.tab.locator(".dso")).to_contain_text("FLR revision 1")
    editor.wait_until_open("CRLM-CT-1001")
    assert _percent(editor) == percent
    row = editor.tab.locator(".revisions tr").first
    expect(row).to_contain_text("Dr. Demo")
    editor.tab.click(".compare")
    expect(editor.tab.locator(".comparison").first).to_contain_text("Dice 0.9")
    editor.save_screenshot("revisions")
    editor.choose(".dso", "SYNTHETIC Segmentation")
    editor.wait_until_open("CRLM-CT-1001")
    editor.until(lambda: editor.text(".verdict-percent") == "25.2 %")


def _hepatectomy(page: ReviewPage, title: str) -> None:
    page.tab.click(".hepatectomies")
    page.tab.locator(".v-overlay--active .v-list-item").filter(
        has_text=re.compile(f"^{title}$")
    ).click()
    page.until(lambda: page.tab.locator(".step").count() > 1)


def _set_plane(page: ReviewPage, point: str, normal: str, waits: bool = True) -> None:
    page.tab.locator(".plane-point input").fill(point)
    page.tab.locator(".plane-normal input").fill(normal)
    page.tab.click(".set-plane")
    if waits:
        page.until(lambda: page.tab.locator(".step").count() > 1)


def _resting_flr_ml(page: ReviewPage) -> float:
    """The FLR once a stroke has come through as a whole: its number is the same for a second."""
    ml = [_flr_ml(page)]

    def is_resting() -> bool:
        page.tab.wait_for_timeout(1000)
        ml.append(_flr_ml(page))
        return ml[-1] == ml[-2]

    page.until(is_resting)
    return ml[-1]


def _are_within(low: float, high: float, cells: Locator) -> bool:
    texts = cells.all_inner_texts()
    return all(text[0].isdigit() and low < float(text.split()[0]) < high for text in texts)


def _click(page: ReviewPage, view: str, across: float, down: float) -> None:
    box = page.view(view).bounding_box()
    assert box is not None
    page.tab.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.settle()


def _stroke_over(page: ReviewPage) -> None:
    box = page.view("Axial").bounding_box()
    assert box is not None
    x, y = box["x"] + 0.35 * box["width"], box["y"] + 0.5 * box["height"]
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    for step in range(6):
        page.tab.mouse.move(x + 4 * step, y)
        page.tab.wait_for_timeout(60)
    page.tab.mouse.up()


def _percent(page: ReviewPage) -> float:
    return float(page.text(".verdict-percent").split()[0])


def _flr_ml(page: ReviewPage) -> float:
    text = page.text('.flr .size:has-text("FLR") .number')
    return float(text.replace(" ", "").removesuffix("mL"))
