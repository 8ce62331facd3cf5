"""Whether a slider moved by a held arrow key, the page's address and the ranking say the same in the end.

Each trial holds a key for some steps, in one direction or the other, and waits until the page rests. What the slider
and the address say must be where the key has led, and a fresh page at that address must show the same scores. A page
that has lost its connection never rests, and ends the run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from pictrace.app.shared.controls import MOST_WEIGHT, WEIGHT_STEP
from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, adjust, scores, served, slider, wait_for_run

KEY, STEP, MOST = "w_orb", WEIGHT_STEP, MOST_WEIGHT
REST_MS = 1500


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    chance = Random(arguments.seed)  # noqa: S311 (no secret)
    disagreements = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, served(Path(folder)) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
        page = _opened(browser, f"{address}/?q=example:crop")
        for trial in range(arguments.trials):
            found = _trial(browser, page, chance)
            disagreements += bool(found)
            print(f"trial {trial + 1}: {found or 'agreed'}", flush=True)
        browser.close()
    print(f"{disagreements} disagreements in {arguments.trials} trials")


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(120_000)
    page.goto(address)
    page.locator("button.face").first.wait_for()
    wait_for_run(page)
    return page


def _trial(browser: Browser, page: Page, chance: Random) -> str:
    """What disagreed, "" where nothing did."""
    adjust(page)
    handle = slider(page, KEY)
    before = float(handle.input_value())
    steps = chance.randint(2, 12) * (1 if before < MOST / 2 else -1)
    handle.focus()
    for _ in range(abs(steps)):  # as a keyboard repeats a key that is held
        page.keyboard.down("ArrowRight" if steps > 0 else "ArrowLeft")
        page.wait_for_timeout(chance.uniform(20, 60))
    page.keyboard.up("ArrowRight" if steps > 0 else "ArrowLeft")
    _until_it_rests(page)
    wanted = f"{min(MOST, max(0.0, before + STEP * steps)):.1f}"
    shown = f"{float(handle.input_value()):.1f}"
    told = parse_qs(urlsplit(page.url).query).get(KEY)
    fresh = _opened(browser, page.url)
    again, restored = scores(fresh), f"{float(slider(fresh, KEY).input_value()):.1f}"
    fresh.close()
    if len({wanted, shown, restored}) > 1 or (told and f"{float(told[0]):.1f}" != wanted):
        return f"led to {wanted}, the slider says {shown}, the address {told}, a fresh page {restored}"
    return "" if scores(page) == again else f"scores {scores(page)}, on a fresh page {again}"


def _until_it_rests(page: Page) -> None:
    """Until no run has begun for a while, and none is under way."""
    runs = -1
    while (now := int(page.locator("[data-runs]").get_attribute("data-runs") or 0)) != runs:
        runs = now
        page.wait_for_timeout(REST_MS)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


if __name__ == "__main__":
    main()
