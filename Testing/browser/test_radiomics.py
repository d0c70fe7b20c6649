"""A reader extracts features in Chromium, reads them, stops an extraction, and maps a feature."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import numpy as np
import pytest
import SimpleITK as sitk
from playwright.sync_api import Locator, Page, expect
from radiomics.featureextractor import RadiomicsFeatureExtractor

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.phantom.demo import Demo
from CRLMExplorerLib.review import open_case
from review_page import Picture, ReviewPage
from small_parameters import LONG, TUMORS

pytestmark = pytest.mark.browser

SMALL = f"{TUMORS}  - Veins without number: hepatic vein & tumors\n"


@pytest.fixture
def radiomics(tab: Page) -> Iterator[ReviewPage]:
    """The page with the small parameter file and the first demo patient."""
    page = ReviewPage(tab)
    page.open_patient("CRLM-CT-1001")
    page.show_tab("Radiomics")
    _load(page, "small.yaml", SMALL)
    tab.wait_for_selector('[data-region="Tumor_4"]')
    yield page
    if tab.locator(".cancel-extraction").is_visible():
        tab.click(".cancel-extraction")
        tab.wait_for_selector(".extraction-run", state="detached")
    if tab.locator(".edit-parameters .mdi-chevron-up").is_visible():
        tab.click(".edit-parameters")
    if _has_features(page):
        tab.fill('[aria-label="Filter the features"]', "")
    page.show_tab("Segments")


def test_a_value_is_pyradiomics_value(radiomics: ReviewPage, demo: Demo) -> None:
    _extract(radiomics)
    expected = _of_pyradiomics(demo, "Tumor_4")
    for name in ("firstorder_Mean", "firstorder_Entropy", "glcm_Contrast"):
        row = _row(radiomics, "Tumor_4", name.split("_")[1])
        exact = float(row.locator(".feature-value").get_attribute("title") or "nan")
        assert exact == pytest.approx(expected[name], rel=1e-9)
        shown = row.locator(".feature-number").inner_text()
        assert float(shown) == pytest.approx(expected[name], rel=1e-4)
    assert _row(radiomics, "Tumor_4", "Mean").locator(".feature-unit").inner_text() == "HU"
    expect(radiomics.tab.locator(".feature-count")).to_have_text("1–16 of 16")


def test_regions_tell_volume_or_why_not(radiomics: ReviewPage, demo: Demo) -> None:
    with CtkDatabase.open(demo.database) as database:
        case = open_case(database, "CRLM-CT-1001")
    (tumor,) = (one for one in case.segments if one.label == "Tumor_4")
    row = radiomics.tab.locator('[data-region="Tumor_4"]')
    expect(row).to_contain_text(f"{tumor.mask.volume_ml:.1f}")
    expect(row).to_contain_text(str(tumor.mask.count))
    missing = radiomics.tab.locator('[data-region="Veins without number"]')
    expect(missing).to_contain_text("hepatic vein & tumors")


def test_the_table_is_filtered_and_ordered(radiomics: ReviewPage) -> None:
    _extract(radiomics)
    radiomics.tab.fill('[aria-label="Filter the features"]', "contrast GLCM")
    expect(radiomics.tab.locator(".feature")).to_have_count(4)
    radiomics.tab.click('.feature-order-key:has-text("Value")')
    radiomics.until(lambda: (values := _values(radiomics)) == sorted(values))
    radiomics.tab.click('.feature-order-key:has-text("Value")')
    radiomics.until(lambda: (values := _values(radiomics)) == sorted(values, reverse=True))
    radiomics.tab.click('.feature-order-key:has-text("Value")')
    radiomics.tab.fill('[aria-label="Filter the features"]', "nothing is called so")
    expect(radiomics.tab.locator(".feature-count")).to_have_text("No feature fits.")


def test_a_mistake_in_the_file_is_said_and_taken_back(radiomics: ReviewPage) -> None:
    _extract(radiomics)
    radiomics.tab.click(".edit-parameters")
    text = radiomics.tab.locator('[aria-label="Parameter file"]')
    text.fill(SMALL.replace("binWidth", "binWith"))
    problem = radiomics.tab.locator(".parameter-problem")
    expect(problem).to_contain_text("line 2")
    expect(problem).to_contain_text("did you mean binWidth?")
    expect(radiomics.tab.locator(".extract")).to_be_disabled()
    expect(radiomics.tab.locator(".feature")).to_have_count(0)
    text.fill(SMALL)
    expect(radiomics.tab.locator(".parameter-valid")).to_be_visible()
    expect(radiomics.tab.locator(".feature")).to_have_count(16)


def test_an_extraction_can_be_stopped_and_the_page_lives_meanwhile(radiomics: ReviewPage) -> None:
    _load(radiomics, "long.yaml", LONG)
    radiomics.tab.wait_for_selector('[data-region="Liver"]')
    radiomics.tab.click(".extract")
    message = radiomics.tab.locator(".extraction-message")
    expect(message).to_contain_text("Liver, ", timeout=60_000)
    before = radiomics.slice_mm("Axial")
    radiomics.view("Axial").hover()
    radiomics.tab.mouse.wheel(0, -120)
    radiomics.until(lambda: radiomics.slice_mm("Axial") != before)
    radiomics.tab.click(".cancel-extraction")
    expect(radiomics.tab.locator(".extraction-run")).to_have_count(0)
    expect(radiomics.tab.locator(".extract")).to_be_enabled()
    expect(radiomics.tab.locator(".extraction-summary")).to_have_count(0)


def test_a_feature_is_seen_in_the_cohort(radiomics: ReviewPage) -> None:
    _extract(radiomics)
    _row(radiomics, "Tumor_1", "Entropy").locator(".feature-name").click()
    expect(radiomics.tab.locator(".cohort-note")).to_contain_text("1 of 3 patients")
    radiomics.tab.click(".extract-all")
    expect(radiomics.tab.locator(".cohort-note")).to_contain_text("3 of 3 patients", timeout=60_000)
    radiomics.tab.wait_for_selector(".distribution-figure .plot-container")
    expect(radiomics.tab.locator(".distribution-note")).to_contain_text("of 9 from the top")
    radiomics.settle()
    radiomics.save_screenshot("radiomics")


def test_a_feature_is_mapped_over_the_ct(radiomics: ReviewPage) -> None:
    _extract(radiomics)
    radiomics.tab.locator('[data-region="Tumor_1"] button').click()
    radiomics.settle()
    plain = radiomics.picture("Axial")
    _row(radiomics, "Tumor_1", "Entropy").locator(".map-feature").click()
    radiomics.tab.wait_for_selector(".map-legend", timeout=60_000)
    expect(radiomics.tab.locator(".map-legend-title")).to_contain_text("Entropy")
    mapped = radiomics.until_picture(
        "Axial", lambda picture: _greenish(picture) > _greenish(plain) + 300
    )
    radiomics.save_screenshot("feature-map")
    assert float(radiomics.text(".map-low")) < float(radiomics.text(".map-high"))
    radiomics.tab.click(".map-eye")
    radiomics.until_picture("Axial", lambda picture: np.abs(picture - plain).mean() < 0.5)
    radiomics.tab.click(".map-eye")
    radiomics.until_picture("Axial", lambda picture: np.abs(picture - mapped).mean() < 0.5)
    radiomics.tab.click(".map-close")
    expect(radiomics.tab.locator(".map-legend")).to_have_count(0)


def test_tables_and_provenance_are_downloaded(radiomics: ReviewPage) -> None:
    _extract(radiomics)
    rows = list(csv.DictReader(_downloaded(radiomics, ".download-tidy-csv").splitlines()))
    contrast = next(
        row for row in rows if (row["region"], row["feature"]) == ("Tumor_2", "Contrast")
    )
    shown = _row(radiomics, "Tumor_2", "Contrast").locator(".feature-value")
    assert contrast["value"] == shown.get_attribute("title")
    wide = list(csv.DictReader(_downloaded(radiomics, ".download-wide-csv").splitlines()))
    (tumor,) = (row for row in wide if row["region"] == "Tumor_2")
    assert float(tumor["original_glcm_Contrast"]) == float(contrast["value"])
    facts = json.loads(_downloaded(radiomics, ".download-provenance"))
    assert facts["parameters"]["setting"] == {"binWidth": 25}
    assert facts["patients"][0]["patient_id"] == "CRLM-CT-1001"
    with radiomics.tab.expect_download() as download:
        radiomics.tab.click(".save-parameters")
    assert download.value.suggested_filename == "small.yaml"
    assert download.value.path().read_text() == SMALL


def _load(page: ReviewPage, name: str, text: str) -> None:
    page.tab.set_input_files(
        ".load-parameters input",
        {"name": name, "mimeType": "text/yaml", "buffer": text.encode()},
    )
    expect(page.tab.locator(".parameter-file")).to_contain_text(name.removesuffix(".yaml"))


def _extract(page: ReviewPage) -> None:
    """Extract, unless another test did with the same parameters."""
    extract = page.tab.locator(".extract")
    page.until(lambda: extract.is_visible() or _has_features(page))
    if extract.is_visible():
        extract.click()
    page.tab.wait_for_selector(".feature", timeout=60_000)


def _has_features(page: ReviewPage) -> bool:
    return page.tab.locator(".extraction-summary").is_visible()


def _row(page: ReviewPage, region: str, feature: str) -> Locator:
    return page.tab.locator(f'[data-feature="{region} original {feature}"]')


def _values(page: ReviewPage) -> list[float]:
    return [float(text) for text in page.tab.locator(".feature-number").all_inner_texts()]


def _downloaded(page: ReviewPage, button: str) -> str:
    with page.tab.expect_download() as download:
        page.tab.click(button)
    assert download.value.suggested_filename.startswith("CRLM-CT-1001.features.")
    return download.value.path().read_text(encoding="utf-8")


def _of_pyradiomics(demo: Demo, label: str) -> dict[str, float]:
    with CtkDatabase.open(demo.database) as database:
        case = open_case(database, "CRLM-CT-1001")
    assert case.ct is not None
    (segment,) = (one for one in case.segments if one.label == label)
    image = sitk.GetImageFromArray(case.ct.hu)
    mask = sitk.GetImageFromArray(segment.mask.to_array().astype(np.uint8))
    for one in (image, mask):
        one.SetSpacing(case.ct.grid.spacing_mm)
    extractor = RadiomicsFeatureExtractor(binWidth=25)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(firstorder=["Mean", "Entropy"], glcm=["Contrast"])
    result = extractor.execute(image, mask)
    prefix = "original_"
    return {k[len(prefix) :]: float(v) for k, v in result.items() if k.startswith(prefix)}


def _greenish(picture: Picture) -> int:
    """Pixels in the map's greens and blues, which hardly anything else has."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return int(((green > red + 40) & (blue > red + 20)).sum())
