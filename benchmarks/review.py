"""How long a key to the next group takes on the duplicates page, from the press until the group is drawn.

The catalog is made: pairs of small pictures, compared as it were. The time is the browser's, between the key and the
first frame after the group's number has changed; the machine's other work is in it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, served, wait_for_run
from tests.browser.many_groups import many_groups

PRESSED = """number => new Promise(drawn => {
    const begun = performance.now();
    const told = () => [...document.querySelectorAll('.st-key-group p')].map(one => one.innerText);
    const there = () => told().some(text => text.startsWith(`Group ${number} of`));
    const look = () => there() ? drawn(performance.now() - begun) : requestAnimationFrame(look);
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', code: 'KeyJ', bubbles: true}));
    look();
})"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--groups", type=int, default=500)
    options.add_argument("--presses", type=int, default=40)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.sqlite"
        many_groups(path, arguments.groups)
        os.environ["PICTRACE_CATALOG"], os.environ["PICTRACE_CATALOG_WRITABLE"] = str(path), "1"
        with sync_playwright() as playwright, served(Path(folder) / "cache") as address:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(120_000)
            page.goto(f"{address}/duplicates")
            wait_for_run(page)
            page.get_by_text("Group 1 of").wait_for()
            took = []
            for number in range(2, arguments.presses + 2):
                took.append(page.evaluate(PRESSED, number))
                wait_for_run(page)
            browser.close()
    low, median, high = np.percentile(took, [10, 50, 90])
    print(
        f"{arguments.groups} groups, a key to the next: median {median:.0f} ms, 80 % within {low:.0f} to {high:.0f} ms"
    )


if __name__ == "__main__":
    main()
