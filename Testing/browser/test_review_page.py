"""A reader reviews the demo cohort in Chromium."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

from review_page import Picture, ReviewPage

pytestmark = pytest.mark.browser


def test_asks_nobody_but_this_machine(page: ReviewPage) -> None:
    page.show_tab("Survival")
    page.tab.wait_for_selector(".survival-figure .plot-container")
    hosts = {
        urlsplit(url).hostname
        for url in page.tab.requested  # type: ignore[attr-defined]
        if not url.startswith(("data:", "blob:"))
    }
    assert hosts == {"127.0.0.1"}


def test_is_closed_to_who_has_no_token(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address.split("?")[0], timeout=10)
    assert refused.value.code == 403


def test_survives_a_reload(page: ReviewPage) -> None:
    page.tab.reload()
    page.wait_until_open("CRLM-CT-1001")
    assert page.text(".verdict-percent") == "25.2 %"


def test_shows_the_flr_and_the_verdict(page: ReviewPage) -> None:
    page.save_screenshot("review")
    assert page.text(".verdict-percent") == "25.2 %"
    assert page.text(".verdict-text") == "below minimum"
    assert "chemo_before_liver_resection = 1" in page.text(".verdict-rule")


def test_says_that_the_demo_is_synthetic(page: ReviewPage) -> None:
    assert page.text(".synthetic") == "SYNTHETIC DATA"


def test_lists_all_patients_with_their_figures(page: ReviewPage) -> None:
    expect(page.tab.locator("[data-patient]")).to_have_count(3)
    expect(page.tab.locator('[data-patient="CRLM-CT-1003"]')).to_contain_text("FLR 36 %")
    expect(page.tab.locator('[data-patient="CRLM-CT-1003"]')).to_contain_text("1 alarm")


def test_hiding_a_segment_takes_it_out_of_the_picture(page: ReviewPage) -> None:
    eye = page.segment("Tumor_1").locator(".segment-eye")
    shown = page.picture("Axial")
    eye.click()
    page.until_picture("Axial", lambda picture: _yellow(picture) < _yellow(shown) - 500)
    eye.click()
    page.until_picture("Axial", lambda picture: _yellow(picture) == _yellow(shown))


def test_a_fill_leaves_the_ct_visible(page: ReviewPage) -> None:
    fill = page.segment("Liver").locator('[title="Fill, or outline only"]')
    outlined = page.picture("Axial")
    fill.click()
    filled = page.until_picture("Axial", lambda picture: _changed(picture, outlined).sum() > 5000)
    fill.click()
    page.until_picture("Axial", lambda picture: not _changed(picture, outlined).any())
    changed = _changed(filled, outlined)
    before, after = outlined[changed].mean(axis=1), filled[changed].mean(axis=1)
    assert after.mean() > 0.7 * before.mean()
    assert np.corrcoef(before, after)[0, 1] > 0.8


def test_jumping_to_a_tumor_moves_all_slices(page: ReviewPage) -> None:
    start = _slices_mm(page)
    page.segment("Tumor_4").locator(".segment-jump").click()
    page.until(lambda: _slices_mm(page) != start)
    page.settle()
    small = _slices_mm(page)
    page.segment("Tumor_1").locator(".segment-jump").click()
    page.until(lambda: all(abs(a - b) > 3 for a, b in zip(_slices_mm(page), small, strict=True)))


def test_clicking_in_a_slice_moves_the_others_there(page: ReviewPage) -> None:
    axial, coronal = page.slice_mm("Axial"), page.slice_mm("Coronal")
    box = page.view("Axial").bounding_box()
    assert box is not None
    page.tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4)
    page.until(lambda: abs(page.slice_mm("Coronal") - coronal) > 5)
    assert page.slice_mm("Axial") == axial


def test_the_wheel_scrolls_through_slices(page: ReviewPage) -> None:
    before = page.slice_mm("Axial")
    page.view("Axial").hover()
    page.tab.mouse.wheel(0, -120)
    page.until(lambda: page.slice_mm("Axial") != before)
    assert abs(page.slice_mm("Axial") - before) == pytest.approx(5.0)


def test_a_finding_leads_to_its_place(page: ReviewPage) -> None:
    page.open_patient("CRLM-CT-1003")
    page.save_screenshot("alarm")
    finding = page.tab.locator('[data-code="tumor-in-remnant"]')
    assert "Tumor_2" in finding.inner_text()
    before = page.slice_mm("Axial")
    finding.click()
    page.until(lambda: abs(page.slice_mm("Axial") - before) > 5)


def test_another_dso_can_be_chosen(page: ReviewPage) -> None:
    page.open_patient("CRLM-CT-1002")
    assert "Liver Remnant" in page.segment_labels()
    page.choose(".dso", "AIMI")
    expect(page.tab.locator(".segment-label").filter(has_text="Liver Remnant")).to_have_count(0)
    page.wait_until_open("CRLM-CT-1002")
    assert "Liver Remnant" not in page.segment_labels()
    assert page.text(".verdict-percent") == "–"


def test_window_presets_change_the_picture(page: ReviewPage) -> None:
    portal = page.picture("Axial")
    page.tab.click('.windows button:has-text("Lung")')
    page.until_picture("Axial", lambda lung: np.abs(lung - portal).mean() > 10)
    page.tab.keyboard.press("1")
    page.until_picture("Axial", lambda picture: np.abs(picture - portal).mean() < 1)


def test_keys_lead_through_the_worklist(page: ReviewPage) -> None:
    page.tab.keyboard.press("n")
    page.wait_until_open("CRLM-CT-1002")
    page.tab.keyboard.press("p")
    page.wait_until_open("CRLM-CT-1001")


def test_keys_hide_and_show_all_segments(page: ReviewPage) -> None:
    shown = page.picture("3D")
    page.tab.keyboard.press("v")
    page.until_picture("3D", lambda hidden: _changed(hidden, shown).sum() > 5000)
    page.tab.keyboard.press("v")
    page.until_picture("3D", lambda picture: np.abs(picture - shown).mean() < 1)


def test_the_help_sheet_names_the_keys(page: ReviewPage) -> None:
    page.tab.keyboard.press("?")
    expect(page.tab.locator(".keys")).to_contain_text("go to the next tumour")
    page.tab.click('.v-overlay--active button:has-text("Close")')
    expect(page.tab.locator(".keys")).to_be_hidden()


def test_the_worklist_can_be_filtered(page: ReviewPage) -> None:
    page.tab.fill('[aria-label="Filter the worklist"]', "1003")
    expect(page.tab.locator("[data-patient]")).to_have_count(1)
    page.tab.fill('[aria-label="Filter the worklist"]', "")
    expect(page.tab.locator("[data-patient]")).to_have_count(3)


def test_the_readers_word_is_kept(page: ReviewPage) -> None:
    page.open_patient("CRLM-CT-1002")
    note = page.tab.locator(".review-note input")
    note.fill("caudate left out")
    note.press("Tab")
    row = page.tab.locator('[data-patient="CRLM-CT-1002"]')
    expect(row).to_have_attribute("title", "caudate left out")
    page.open_patient("CRLM-CT-1001")
    page.open_patient("CRLM-CT-1002")
    assert page.tab.locator(".review-note input").input_value() == "caudate left out"


def test_the_reader_may_set_another_minimum(page: ReviewPage) -> None:
    field = page.tab.get_by_label("Minimum FLR, %")
    field.fill("20")
    field.press("Tab")
    expect(page.tab.locator(".verdict-text")).to_have_text("adequate")
    field.fill("200")
    field.press("Tab")
    expect(page.tab.locator(".error-message")).to_contain_text("200")
    page.tab.click('.error-message button:has-text("Close")')
    expect(page.tab.locator(".error-message .v-snackbar__wrapper")).to_be_hidden()


def test_the_clinical_record_explains_itself(page: ReviewPage) -> None:
    page.show_tab("Clinical")
    page.save_screenshot("clinical")
    row = page.tab.locator('[data-column="max_tumor_size"]')
    assert row.inner_text().split("\n")[-1] == "4.2 cm"
    assert len(row.get_attribute("title") or "") > 10


def test_survival_shows_medians_and_groups(page: ReviewPage) -> None:
    page.show_tab("Survival")
    expect(page.tab.locator(".survival-table").first).to_contain_text("76")
    page.choose(".group-by", "Node-positive primary")
    expect(page.tab.locator(".survival-table").first.locator("tbody tr")).to_have_count(2)
    expect(page.tab.locator(".panel")).to_contain_text("log-rank p")
    page.settle()
    page.save_screenshot("survival")
    page.choose(".group-by", "All patients")


def test_light_and_dark(page: ReviewPage) -> None:
    page.tab.click('[title="Light or dark"]')
    page.settle()
    panel = page.tab.locator(".patient").bounding_box()
    assert panel is not None
    page.save_screenshot("light")
    expect(page.tab.locator(".v-application")).to_have_class(_any("v-theme--light"))
    page.tab.click('[title="Light or dark"]')
    expect(page.tab.locator(".v-application")).to_have_class(_any("v-theme--dark"))


def test_another_tab_is_let_in_by_the_address(chromium: Browser, address: str) -> None:
    other = chromium.new_page()
    other.goto(address)
    other.wait_for_selector("[data-patient]")
    other.close()


def _slices_mm(page: ReviewPage) -> list[float]:
    return [page.slice_mm(view) for view in ("Axial", "Coronal", "Sagittal")]


def _changed(picture: Picture, since: Picture) -> NDArray[np.bool_]:
    return np.abs(picture - since).max(axis=2) > 4


def _yellow(picture: np.ndarray) -> int:
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return int(((red > blue + 30) & (green > blue + 20)).sum())


def _any(name: str) -> re.Pattern[str]:
    return re.compile(rf"(^|\s){name}(\s|$)")
