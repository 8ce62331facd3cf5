"""How long the first page takes after the README's first command, and then the answer to an example.

Each trial has a fresh cache of PicTrace and of numba, a server and a browser of its own. Seconds of the processor are
the server's alone; they hold on a busy machine, too, where the clock does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, served

EXAMPLE = "Mirrored, tilted, darker"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=3)
    options.add_argument("--kept", action="store_true", help="start the later trials on the caches of the first")
    arguments = options.parse_args()
    print("seconds from the command to | first page | of the processor | answer after a click | of the processor")
    found = []
    with tempfile.TemporaryDirectory() as kept:
        for trial in range(arguments.trials):
            with tempfile.TemporaryDirectory() as fresh:
                found.append(_trial(Path(kept if arguments.kept else fresh)))
            print(f"trial {trial + 1} | " + " | ".join(f"{one:.1f}" for one in found[-1]), flush=True)
    print("median | " + " | ".join(f"{statistics.median(some):.1f}" for some in zip(*found, strict=True)))


def _trial(folder: Path) -> tuple[float, float, float, float]:
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        started = time.perf_counter()
        with served(folder) as address:
            page.goto(address)
            page.get_by_text("Which picture are you looking for?").wait_for()
            page.get_by_title(EXAMPLE).wait_for()
            shown_s, shown_cpu_s = time.perf_counter() - started, _server_cpu_s()
            page.get_by_title(EXAMPLE).click()
            clicked = time.perf_counter()
            page.locator("button.face").first.wait_for()
            answered_s, answered_cpu_s = time.perf_counter() - clicked, _server_cpu_s()
        browser.close()
    return shown_s, shown_cpu_s, answered_s, answered_cpu_s


def _server_cpu_s() -> float:
    """Of the served app, without the processes that it started."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    for pid, parent, command in (line.split(maxsplit=2) for line in listed.splitlines()[1:]):
        if int(parent) == os.getpid() and "streamlit" in command:
            fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
    raise SystemExit("The app is not there.")


if __name__ == "__main__":
    main()
