"""The page in the words of a reader: what tests do with it and see of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page

Picture = NDArray[np.int64]
SCREENSHOTS = Path(__file__).parents[1] / "build" / "screenshots"


class ReviewPage:
    """The open review page."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab

    def open_patient(self, patient_id: str) -> None:
        """Open a patient of the worklist, unless it is open, and wait until it is drawn."""
        if self.text(".patient-id") != patient_id:
            self.tab.click(f'[data-patient="{patient_id}"]')
        self.wait_until_open(patient_id)

    def wait_until_open(self, patient_id: str) -> None:
        """Wait until a patient is open and nothing is loading."""
        self.tab.wait_for_selector(f'.patient-id:text-is("{patient_id}")')
        self.tab.wait_for_selector(".jobs", state="detached")
        self.settle()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on what the page shows holds."""
        for _ in range(100):
            if condition():
                return
            self.tab.wait_for_timeout(200)
        raise AssertionError("what was waited for did not come in 20 s")

    def settle(self) -> None:
        """Wait until the views' pictures do not change any more."""
        before = self.tab.screenshot()
        for _ in range(40):
            self.tab.wait_for_timeout(300)
            now = self.tab.screenshot()
            if now == before:
                return
            before = now
        raise AssertionError("the page did not come to rest in 12 s")

    def show_tab(self, title: str) -> None:
        """Bring a part of the panel to the front."""
        self.tab.click(f'.v-tab:has-text("{title}")')

    def view(self, title: str) -> Locator:
        """The view called Axial, Coronal, Sagittal or 3D."""
        return self.tab.locator(f'.layout-grid-item:has(.view-title:has-text("{title}"))')

    def picture(self, title: str) -> Picture:
        """A view's picture: array (rows, columns, 3), 0 to 255."""
        image = Image.open(io.BytesIO(self.view(title).screenshot())).convert("RGB")
        return np.asarray(image).astype(np.int64)

    def slice_mm(self, title: str) -> float:
        """Where the slice of a view lies, in mm; positive is superior, anterior or left."""
        side, mm, _ = self.view(title).locator(".view-position").inner_text().split()
        return float(mm) if side in "SAL" else -float(mm)

    def segment(self, label: str) -> Locator:
        """A row of the segment table."""
        return self.tab.locator(f'[data-segment="{label}"]')

    def segment_labels(self) -> list[str]:
        """The labels in the segment table."""
        return self.tab.locator(".segment-label").all_inner_texts()

    def choose(self, selector: str, title: str) -> None:
        """Choose from a drop-down list."""
        self.tab.click(selector)
        self.tab.click(f'.v-overlay--active .v-list-item:has-text("{title}")')

    def text(self, selector: str) -> str:
        """What an element says."""
        return self.tab.locator(selector).first.inner_text()

    def until_picture(self, title: str, condition: Callable[[Picture], bool]) -> Picture:
        """Wait until a view's picture fulfils a condition and rests; gives the picture."""
        self.until(lambda: condition(self.picture(title)))
        self.settle()
        return self.picture(title)

    def save_screenshot(self, name: str) -> None:
        """Keep a picture of the page for the documentation."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.tab.screenshot(path=SCREENSHOTS / f"{name}.png")
