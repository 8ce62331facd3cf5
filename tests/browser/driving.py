"""A served app and what a person does with it, for the tests in a browser; nothing here sleeps."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

__all__ = [
    "CHROMIUM",
    "LAUNCHED_WITH",
    "PATIENCE_MS",
    "adjust",
    "finished",
    "give",
    "move_slider",
    "scores",
    "served",
    "slider",
    "upload",
    "wait_for_run",
]

CHROMIUM = os.environ.get("PICTRACE_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

PATIENCE_MS = 30_000  # what is there is not waited for

LAUNCHED_WITH = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def served(cache: Path) -> Iterator[str]:
    """The app as its users serve it, until the block ends; its address. It must not have logged a traceback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    environment = {**os.environ, "PICTRACE_CACHE": str(cache), "PICTRACE_KERNELS": "", "PYTHONUNBUFFERED": "1"}
    log: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        for line in server.stdout:
            log.append(line)
            if "URL:" in line:  # said as soon as it listens
                break
        reading = threading.Thread(target=log.extend, args=(server.stdout,))
        reading.start()
        try:
            assert server.poll() is None, "".join(log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)
            reading.join(20)
    text = "".join(log)
    assert "Traceback" not in text, text[text.index("Traceback") :]


def _runs(page: Page) -> int:
    """How many runs of this page's session have ended."""
    return int(page.locator("[data-runs]").get_attribute("data-runs") or 0)


def wait_for_run(page: Page, after: int = 0) -> None:
    """Until a run after so many has drawn the whole page, and the script rests."""
    page.wait_for_function(
        "after => Number(document.querySelector('[data-runs]')?.dataset.runs ?? 0) > after", arg=after
    )
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


@contextmanager
def finished(page: Page) -> Iterator[None]:
    """Waits, after what is done in the block, until the page has answered it wholly.

    What ran before it has ended, so that its end is not taken for the answer.
    """
    wait_for_run(page)
    before = _runs(page)
    yield
    wait_for_run(page, before)


def give(page: Page, data: bytes, name: str, *, place: int = 0) -> None:
    """Give a picture to one of the uploaders of the page."""
    picture: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": data}
    page.locator('input[type="file"]').nth(place).set_input_files(picture)


def upload(page: Page, data: bytes, name: str = "query.jpg") -> None:
    """Search with this picture."""
    with finished(page):
        give(page, data, name)
        page.locator("button.face").first.wait_for()


def scores(page: Page) -> list[str]:
    return page.locator("button.face .score").all_inner_texts()


def slider(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} input[type=range]")


def adjust(page: Page) -> None:
    """Unfold the sliders, unless they are."""
    fold = page.locator(".st-key-adjust details")
    if fold.get_attribute("open") is None:
        with finished(page):
            fold.locator("summary").click()


def move_slider(page: Page, key: str, press: str, times: int) -> None:
    """By the keyboard, which sends its last value after a short rest."""
    adjust(page)
    with finished(page):
        slider(page, key).focus()
        for _ in range(times):
            slider(page, key).press(press)
