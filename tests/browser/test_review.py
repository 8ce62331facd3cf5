"""Many groups of copies, looked through by keys in a browser; what was decided stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.driving import CHROMIUM, PATIENCE_MS, served, wait_for_run
from tests.browser.many_groups import many_groups

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; set PICTRACE_CHROMIUM to its path"),
]

GROUPS = 500


@pytest.fixture(scope="module")
def address(own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("groups") / "many.sqlite"
    many_groups(path, GROUPS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTRACE_CATALOG", str(path))
        patch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
        with served(own_cache) as served_at:
            yield served_at


def at(page: Page, number: int, groups: int) -> None:
    page.get_by_text(re.compile(rf"^Group {number} of {groups} ")).wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Later").wait_for()  # what answers to the keys is drawn below


def test_keys_go_through_five_hundred_groups_and_decisions_stay(page: Page, address: str) -> None:
    page.goto(f"{address}/duplicates")
    wait_for_run(page)
    at(page, 1, GROUPS)
    page.keyboard.press("j")
    at(page, 2, GROUPS)
    page.keyboard.press("k")
    at(page, 1, GROUPS)
    page.keyboard.press("y")
    at(page, 1, GROUPS - 1)
    page.keyboard.press("n")
    at(page, 1, GROUPS - 2)
    page.reload()  # another session, which deals all pictures out anew
    wait_for_run(page)
    at(page, 1, GROUPS - 2)
