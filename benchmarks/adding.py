"""Pictures added on the page, in a real browser: how fast, how much memory, and whether the page answers meanwhile.

The pictures (made of the photographs, 500 px) lie in a folder that the owner has named, so that nothing is uploaded.
While they are added, the gallery is paged and searched, and each answer is timed. Needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.common import distractors, intro, parser, photographs
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import fit

ROOT = Path(__file__).parents[1]
SIZE_PX = 500
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--size", type=int, default=10_000, help="pictures to add")
    options = arguments.parse_args()
    intro(options, "streamlit", "playwright")
    with tempfile.TemporaryDirectory() as work:
        pictures = Path(work, "pictures")
        pictures.mkdir()
        photos = [fit(image, 1200) for _, image in photographs(options.folder)]
        for number, image in enumerate(distractors(photos, options.size, options.seed)):
            (pictures / f"{number:05}.jpg").write_bytes(encode_jpeg(fit(image, SIZE_PX), quality=80))
        del photos
        _measure(Path(work), pictures, options)


def _measure(work: Path, pictures: Path, options: argparse.Namespace) -> None:
    from playwright import sync_api

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    environment = {**os.environ, "PICTRACE_CACHE": str(work), "PICTRACE_FOLDERS": str(pictures)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_api.sync_playwright() as playwright:
            chromium = shutil.which("chromium") or os.environ.get("PICTRACE_CHROMIUM")
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(120_000)
            page.goto(f"http://127.0.0.1:{port}/catalog")
            _add_and_look(page, server.pid, options.size)
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def _add_and_look(page: object, pid: int, size: int) -> None:
    from playwright.sync_api import Page

    assert isinstance(page, Page)
    page.get_by_role("radio", name="Add pictures").click()
    page.get_by_text("A folder of this server").wait_for()
    before = _resident_mb(pid)
    page.get_by_role("combobox", name="A folder of this server").click()
    page.get_by_role("option").first.click()
    page.get_by_text(f"{size:,} to read").wait_for()
    started = time.perf_counter()
    page.get_by_role("button", name="Add to a catalog of my own").click()
    page.get_by_text(f"of {size:,} pictures").first.wait_for()
    page.get_by_role("radio", name="Pictures", exact=True).click()
    box = page.get_by_role("textbox", name="Find by title")
    box.wait_for()
    answers: list[float] = []
    peak = before
    done = page.get_by_text(f"{size:,} added, 0 already here, 0 failed.")
    searches = ("0001", "0002", "")
    while not done.count():
        text = searches[len(answers) % len(searches)]
        asked = time.perf_counter()
        box.fill(text)
        box.press("Enter")
        page.wait_for_timeout(50)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        answers.append((time.perf_counter() - asked) * 1e3)
        peak = max(peak, _resident_mb(pid))
        page.wait_for_timeout(2000)
        if time.perf_counter() - started > 3600:
            raise SystemExit("the pictures were not added within an hour")
    spent = time.perf_counter() - started
    print(f"{size:,} pictures added in {spent:.0f} s, {size / spent:.0f} a second, while the page was used")
    worst = sorted(answers)[int(0.95 * (len(answers) - 1))]
    print(
        f"the gallery answered in {statistics.median(answers):.0f} ms (median), {worst:.0f} ms (95 %), pauses included"
    )
    print(f"memory of the server: {before:.0f} MB before, {peak:.0f} MB at the most")


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    line = next((one for one in status.read_text().splitlines() if one.startswith("VmRSS")), "VmRSS: 0 kB")
    return float(line.split()[1]) / 1024


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 (a loopback address)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the app did not start")


if __name__ == "__main__":
    main()
