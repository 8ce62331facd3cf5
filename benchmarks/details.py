"""How long the details of a match take in a browser: to the first text, what the pixels say, and the last part.

Each match of one search is opened from the list, in a catalog of one's own: python -m benchmarks.details my.sqlite
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, served, wait_for_run

TRIALS = 8
PATIENCE_MS = 60_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("catalog", type=Path)
    arguments.add_argument("--query", default="example:tilted", help="as in the page's address")
    options = arguments.parse_args()
    os.environ["PICTRACE_CATALOG"] = str(options.catalog.resolve())
    with tempfile.TemporaryDirectory() as cache, served(Path(cache)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/?q={options.query}&top={TRIALS}")
        wait_for_run(page)
        page.locator("button.face").first.wait_for()
        times = [_open(page, place) for place in range(page.locator("button.face").count())]
        browser.close()
    for name, column in zip(("first text", "measured", "last"), zip(*times, strict=True), strict=True):
        print(f"{name}: median {statistics.median(column):.2f} s, most {max(column):.2f} s of {len(column)}")


def _open(page: Page, place: int) -> tuple[float, float, float]:
    """Seconds to each of the three; the details are closed again."""
    runs = int(page.locator("[data-runs]").get_attribute("data-runs") or 0)
    started = time.perf_counter()
    page.locator("button.face").nth(place).click()
    page.get_by_role("heading", name=f"{place + 1}. ").wait_for()
    first = time.perf_counter() - started
    page.get_by_text("Comparing the pixels").wait_for(state="detached")
    measured = time.perf_counter() - started
    wait_for_run(page, runs)
    last = time.perf_counter() - started
    page.get_by_role("button", name="Back to matches").click()
    page.get_by_text("Which metric found them?").wait_for()
    wait_for_run(page)
    return first, measured, last


if __name__ == "__main__":
    main()
