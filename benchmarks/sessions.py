"""How much memory the app takes above its rest while six people upload the worst pictures at once.

Each has a browser session of its own; all give the same picture in the same moment, one picture after the other.
Counted are the server and the processes that it started, by their proportional share of what they have in common (PSS).
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.driving import CHROMIUM, LAUNCHED_WITH, give, served, wait_for_run

MIB = 2**20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sessions", type=int, default=6)
    options.add_argument("--only", nargs="*", help="names of pictures")
    arguments = options.parse_args()
    pictures = {name: made for name, made in worst_pictures().items() if not arguments.only or name in arguments.only}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, served(Path(folder)) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCHED_WITH)
        pages = []
        for _ in range(arguments.sessions):
            pages.append(browser.new_context(viewport={"width": 1280, "height": 1000}).new_page())
            pages[-1].set_default_timeout(180_000)
            pages[-1].goto(address)
            wait_for_run(pages[-1])
        _search_once(pages)
        memory = Memory()
        print(f"at rest, after a search in each of {len(pages)} sessions: {memory.rest:.0f} MB", flush=True)
        for name, data in pictures.items():
            with memory.watched():
                _all_give(pages, data, name)
            above = " + ".join(f"{one:.0f}" for one in memory.parts)
            print(
                f"{name}, {len(data) / MIB:.1f} MB: {memory.peak - memory.rest:+.0f} MB at most ({above})", flush=True
            )
        print(f"the most: {memory.most - memory.rest:+.0f} MB; afterwards {memory.now() - memory.rest:+.0f} MB")
        browser.close()


def worst_pictures() -> dict[str, bytes]:
    """Files within the limits of an upload that cost as much as their formats allow."""
    random = np.random.default_rng(1)
    noise = Image.fromarray(random.integers(0, 256, (2500, 2600, 3), dtype=np.uint8))
    tile = Image.fromarray(random.integers(0, 256, (50, 50, 3), dtype=np.uint8))
    large = tile.resize((8000, 8000), Image.Resampling.NEAREST)  # 64 megapixels are the limit
    made: dict[str, bytes] = {"noise.png": _saved(noise, "PNG")}
    made["large.png"] = _saved(large, "PNG", compress_level=1)
    made["deep.png"] = _saved(Image.fromarray(np.zeros((8000, 8000), np.uint16)), "PNG", compress_level=1)
    made["progressive.jpg"] = _saved(large, "JPEG", quality=50, progressive=True)
    made["large.webp"] = _saved(large.resize((8000, 8000), Image.Resampling.NEAREST), "WEBP", quality=10, method=0)
    made["large.tif"] = _saved(large, "TIFF", compression="tiff_deflate", strip_size=2**30)
    made["large.gif"] = _saved(large.convert("P"), "GIF")
    return {name: data for name, data in made.items() if len(data) <= 20 * MIB}


def _saved(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _search_once(pages: list[Page]) -> None:
    """As rest is that of an app which has loaded what a search needs."""
    for page in pages:
        page.get_by_title("Mirrored, tilted, darker").click()
        page.locator("button.face").first.wait_for()
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    _until(lambda: not any("filling" in command for _, command in family()))  # who compiles the kernels, which
    _until(_is_stable)  # the server then loads


def _all_give(pages: list[Page], data: bytes, name: str) -> None:
    runs = [int(page.locator("[data-runs]").get_attribute("data-runs") or 0) for page in pages]
    for page in pages:
        give(page, data, name)
    for page, before in zip(pages, runs, strict=True):
        wait_for_run(page, before)


def _is_stable() -> bool:
    """Whether what the app takes has stayed the same for some seconds."""
    taken = [Memory.now()]
    for _ in range(10):
        time.sleep(0.5)
        taken.append(Memory.now())
    return max(taken) - min(taken) < 2


def _until(so: Callable[[], bool]) -> None:
    while not so():
        time.sleep(0.5)


class Memory:
    """What the app takes, in MB. rest: at the start; peak: since the watch began, and its parts, the server's first;
    most: in all."""

    def __init__(self) -> None:
        self.rest = self.peak = self.most = self.now()
        self.parts: list[float] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.peak = self.now()
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.most = max(self.most, self.peak)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(0.05):
            parts = self._parts()
            if sum(parts) > self.peak:
                self.peak, self.parts = sum(parts), parts

    @classmethod
    def now(cls) -> float:
        return sum(cls._parts())

    @staticmethod
    def _parts() -> list[float]:
        return [pss_mib(pid) for pid, _ in family()]


def pss_mib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def family() -> list[tuple[int, str]]:
    """The served app, and the processes that it started: (id, command)."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    parsed = [(int(pid), int(parent), command) for pid, parent, command in _rows(listed)]
    server = next(pid for pid, parent, command in parsed if parent == os.getpid() and "streamlit" in command)
    return [(pid, command) for pid, parent, command in parsed if server in (pid, parent)]


def _rows(listed: str) -> Iterator[list[str]]:
    for line in listed.splitlines()[1:]:
        yield line.split(maxsplit=2)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("Only Linux tells the proportional share of memory.")
    main()
