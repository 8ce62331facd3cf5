"""What lies between a key pressed on a slider and the cards that answer it, in a browser: where the time goes.

Each press of an arrow key is told as milliseconds to what follows it: the request, the first message of the server, the
cards in the page, their painting, the last message, and the page at rest with all of it drawn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, adjust, served, slider, wait_for_run

PARTS = ("asked", "first message", "cards in the page", "cards painted", "last message", "all drawn")
WATCH = """
(() => {
  const seen = (window.seen = { bytes: 0, messages: 0 })
  const now = () => performance.now() - seen.key
  addEventListener("keydown", () => { seen.key = performance.now(); seen.bytes = seen.messages = 0 }, true)
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    seen["asked"] ??= now()
    if (!this.watched) {
      this.watched = true
      this.addEventListener("message", (event) => {
        seen["first message"] ??= now()
        seen["last message"] = now()
        seen.bytes += event.data.byteLength ?? event.data.size
        seen.messages += 1
      })
    }
    return send.call(this, data)
  }
  window.watchCards = (list) => new MutationObserver(() => {
    seen["cards in the page"] ??= now()
    requestAnimationFrame(() => setTimeout(() => { seen["cards painted"] ??= now() }))
  }).observe(list, { childList: true, subtree: true, attributes: true, characterData: true })
  window.begin = (parts) => { for (const one of parts) delete seen[one] }
  window.end = () => { seen["all drawn"] = now(); return { ...seen } }
})()
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--catalog", type=Path, help="the built-in sample without it")
    arguments.add_argument("--query", default="example:tilted", help="as in the page's address")
    arguments.add_argument("--key", default="w_ssim", help="of the slider")
    arguments.add_argument("--top", type=int, default=5, help="how many cards")
    arguments.add_argument("--trials", type=int, default=24)
    options = arguments.parse_args()
    if options.catalog:
        os.environ["PICTRACE_CATALOG"] = str(options.catalog.resolve())
    with tempfile.TemporaryDirectory() as cache, served(Path(cache)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(120_000)
        page.add_init_script(WATCH)
        page.goto(f"{address}/?q={options.query}&top={options.top}")
        wait_for_run(page)
        page.locator("button.face").first.wait_for()
        adjust(page)
        page.locator(".st-key-list ul").evaluate("list => watchCards(list)")
        slider(page, options.key).focus()
        found = [_pressed(page, trial) for trial in range(options.trials)][4:]  # the first ones load code
        browser.close()
    print(f"load: {os.getloadavg()[0]:.1f}; {options.trials - 4} presses with {options.top} cards, milliseconds:")
    for part in PARTS:
        times = [one[part] for one in found]
        print(f"{part}: median {statistics.median(times):.0f}, most {max(times):.0f}")
    print(f"{found[-1]['messages']} messages, {found[-1]['bytes'] / 1e3:.0f} KB")


def _pressed(page: Page, trial: int) -> dict[str, Any]:
    page.wait_for_timeout(300)  # what is drawn once the page rests is not of this press
    page.evaluate("parts => begin(parts)", PARTS)
    runs = int(page.locator("[data-runs]").get_attribute("data-runs") or 0)
    page.keyboard.press("ArrowRight" if trial // 8 % 2 == 0 else "ArrowLeft")
    wait_for_run(page, runs)
    page.wait_for_function("'cards painted' in seen")
    seen: dict[str, Any] = page.evaluate("() => end()")
    return seen


if __name__ == "__main__":
    main()
