"""How many pictures a second reach a reader's eyes: slices scrolled, 3D turned, a plane dragged.

Real Chromium against the served demo, both on this machine. A picture counts when it replaces
another, different one in the view's `img`.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median

from playwright.sync_api import Locator, Page, sync_playwright
from rows import Row, hand_over

PATIENT = "CRLM-CT-1002"
EVENTS_A_SECOND = 60
SINGLE_STEPS = 15
QUIET_MS = 600
LAYOUT_SIZE = {"width": 1600, "height": 950}
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_FPS = "frames/s"
_SEEN = {"Axial": "the slice", "3D": "the 3D view"}
_WATCH = """view => {
  const image = view.querySelector("img.image-display-area");
  window.pictures = [];
  window.wheels = [];
  view.addEventListener("wheel", () => window.wheels.push(performance.now()), {capture: true});
  window.watch?.disconnect();
  window.watch = new MutationObserver(async () => {
    const at = performance.now();
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
    window.pictures.push({at, content: digest.join()});
  });
  window.watch.observe(image, {attributeFilter: ["src"]});
}"""


@contextmanager
def served(demo: Path) -> Iterator[str]:
    """Serve the demo cohort; gives the address."""
    (spreadsheet,) = demo.glob("*.xlsx")
    command = [
        Path(sys.executable).with_name("crlm-explorer"),
        "serve",
        *("--database", demo / "database"),
        *("--clinical", spreadsheet),
        *("--port", "0"),
        "--no-browser",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                return
        raise RuntimeError("the server ended without saying its address")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _view(tab: Page, title: str) -> Locator:
    return tab.locator(f'.layout-grid-item:has(.view-title:has-text("{title}"))')


def _middle(view: Locator) -> tuple[float, float]:
    box = view.bounding_box()
    if box is None:
        raise RuntimeError("the view is not shown")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _ticks(seconds: float) -> Iterator[int]:
    """Count at the pace of the events; a slow page gets fewer, not a queue of them."""
    started = time.monotonic()
    number = 0
    while (now := time.monotonic() - started) < seconds:
        time.sleep(max(0.0, number / EVENTS_A_SECOND - now))
        yield number
        number = max(number + 1, int((time.monotonic() - started) * EVENTS_A_SECOND))


def _scroll(tab: Page, seconds: float) -> None:
    for number in _ticks(seconds):
        tab.mouse.wheel(0, 100 if number // 15 % 2 else -100)


def _turn(tab: Page, seconds: float) -> None:
    box = _view(tab, "3D").bounding_box()
    x, y = _middle(_view(tab, "3D"))
    radius = min(box["width"], box["height"]) / 4
    tab.mouse.move(x + radius, y)
    tab.mouse.down()
    for number in _ticks(seconds):
        angle = 2 * math.pi * number / (2 * EVENTS_A_SECOND)
        tab.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    tab.mouse.up()


def _drag(tab: Page, seconds: float) -> None:
    x, y = _middle(_view(tab, "Axial"))
    tab.mouse.move(x, y)
    tab.wait_for_timeout(QUIET_MS)
    tab.mouse.down()
    for number in _ticks(seconds):
        tab.mouse.move(x + 60 * math.sin(2 * math.pi * number / (2 * EVENTS_A_SECOND)), y)
    tab.mouse.up()


def _begin_plane(tab: Page) -> None:
    """Begin an edit with a plane through a tumour in the middle of the slices."""
    tab.click('.v-tab:has-text("Segments")')
    tab.locator('[data-segment="Tumor_1"] .segment-jump').click()
    tab.wait_for_timeout(2000)
    mm = [
        float(number) if side in "RAS" else -float(number)
        for title in ("Sagittal", "Coronal", "Axial")
        for side, number, _ in [_view(tab, title).locator(".view-position").inner_text().split()]
    ]
    tab.click('.v-tab:has-text("FLR")')
    tab.click(".flr-begin")
    tab.locator(".plane-point input").fill(", ".join(map(str, mm)))
    tab.locator(".plane-normal input").fill("1, 0, 0")
    tab.click(".set-plane")
    tab.locator(".step").nth(1).wait_for()


def _pictures_a_second(
    tab: Page, title: str, action: Callable[[Page, float], None], seconds: float
) -> float:
    view = _view(tab, title)
    view.evaluate(_WATCH)
    tab.mouse.move(*_middle(view))
    _rest(tab)
    started = tab.evaluate("performance.now()")
    action(tab, seconds)
    stopped = tab.evaluate("performance.now()")
    _rest(tab)
    shown = [p for p in tab.evaluate("window.pictures") if started <= p["at"] <= stopped]
    contents = [picture["content"] for picture in shown]
    changes = sum(a != b for a, b in pairwise(contents))
    return changes / (stopped - started) * 1000


def _step_ms(tab: Page) -> list[float]:
    """From a turn of the wheel to the next slice's picture, each from rest."""
    delays = []
    for number in range(SINGLE_STEPS):
        _rest(tab)
        tab.evaluate("window.pictures = []; window.wheels = []")
        tab.mouse.wheel(0, 100 if number % 2 else -100)
        tab.wait_for_function("window.pictures.length")
        delays.append(tab.evaluate("window.pictures[0].at - window.wheels[0]"))
    return delays


def _rest(tab: Page) -> None:
    """Wait until no picture has come for a while."""
    count = -1
    while count != (count := tab.evaluate("window.pictures.length")):
        tab.wait_for_timeout(QUIET_MS)


def rows(folder: Path, seconds: float) -> list[Row]:
    """Open a patient of the demo, scroll, turn, and drag a plane through the liver."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise RuntimeError("Chromium is not installed: apt-get install chromium")
    with served(folder / "demo") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        tab = browser.new_page(viewport=LAYOUT_SIZE)
        tab.goto(address)
        tab.click(f'[data-patient="{PATIENT}"]')
        tab.wait_for_selector(f'.patient-id:text-is("{PATIENT}")')
        tab.wait_for_selector(".jobs", state="detached", timeout=120_000)
        tab.wait_for_timeout(2000)
        scrolled = _pictures_a_second(tab, "Axial", _scroll, seconds)
        steps = _step_ms(tab)
        turned = _pictures_a_second(tab, "3D", _turn, seconds)
        box = _view(tab, "Axial").bounding_box()
        _begin_plane(tab)
        dragged = {title: _pictures_a_second(tab, title, _drag, seconds) for title in _SEEN}
        tab.click(".discard-edit")
        browser.close()
    size = f"{box['width']:.0f}×{box['height']:.0f} pixels"
    return [
        Row(what=f"Scroll slices in Chromium, {size}", ours=scrolled, unit=_FPS),
        Row(
            what="From a turn of the wheel to the slice",
            ours=median(steps),
            unit="ms",
            samples={"ours": steps},
        ),
        Row(what=f"Turn the 3D view in Chromium, {size}", ours=turned, unit=_FPS),
        *(
            Row(what=f"Drag a plane in a slice: pictures of {seen}", ours=dragged[title], unit=_FPS)
            for title, seen in _SEEN.items()
        ),
    ]


if __name__ == "__main__":
    hand_over(rows(Path(sys.argv[1]), float(sys.argv[2])))
