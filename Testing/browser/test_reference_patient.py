"""The reference patient of the collection, from its files to the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from CRLMExplorerLib.dicom.database import CtkDatabase
from CRLMExplorerLib.dicom.importer import import_files
from review_page import ReviewPage
from served import served

pytestmark = [pytest.mark.browser, pytest.mark.shared]


def test_opens_in_the_browser(chromium: Browser, shared_data: Path, tmp_path: Path) -> None:
    with CtkDatabase.create(tmp_path / "database") as database:
        import_files([shared_data / "CRLM-CT-1004"], database)
    with served("--database", tmp_path / "database") as address:
        tab = chromium.new_page(viewport={"width": 1600, "height": 950})
        tab.goto(address)
        page = ReviewPage(tab)
        page.wait_until_open("CRLM-CT-1004")
        page.save_screenshot("reference-patient")
        assert page.text(".verdict-percent") == "98.0 %"
        assert page.segment("Liver").locator(".number").inner_text() == "1 276.4"
        assert page.segment("Tumor_2").locator(".number").inner_text() == "0.5"
        assert page.picture("Axial").std() > 20
        assert page.picture("3D").std() > 10
        tab.close()
