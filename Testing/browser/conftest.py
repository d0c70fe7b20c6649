"""A served demo, a real Chromium, and the open page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from CRLMExplorerLib.phantom.demo import Demo
from review_page import ReviewPage
from served import served

_CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_PATIENCE_MS = 20_000
"""A busy machine of two cores takes some seconds to open a patient and make its surfaces."""


@pytest.fixture(scope="session")
def address(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the demo, served as a user starts it, on a copy of its database."""
    database = tmp_path_factory.mktemp("served") / "database"
    shutil.copytree(demo.database, database)
    with served("--database", database, "--clinical", demo.spreadsheet) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's or any other installed Chromium."""
    program = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if program is None:
        raise RuntimeError("the browser tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tab(chromium: Browser, address: str) -> Page:
    """The tab that all tests of this room share, as a reader keeps one open."""
    tab = chromium.new_page(viewport={"width": 1600, "height": 950})
    tab.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    requested: list[str] = []
    tab.on("request", lambda request: requested.append(request.url))
    tab.requested = requested  # type: ignore[attr-defined]
    tab.goto(address)
    ReviewPage(tab).wait_until_open("CRLM-CT-1001")
    return tab


@pytest.fixture
def page(tab: Page) -> ReviewPage:
    """The page with the first demo patient open and the segments in front."""
    page = ReviewPage(tab)
    page.open_patient("CRLM-CT-1001")
    page.show_tab("Segments")
    return page
