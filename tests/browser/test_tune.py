"""The tune page as a person uses it: truth imported, weights learned and applied, labels by keys, recipes shared."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.prepare import original_bytes
from pictrace.sample import open_sample
from pictrace.searching.recipe import recipe_of, recipe_text
from pictrace.searching.table import Criteria
from pictrace.service.pictures import upload_limits
from tests.browser.driving import CHROMIUM, PATIENCE_MS, finished, slider, wait_for_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-dev.txt")
expect = playwright_api.expect
expect.set_options(timeout=PATIENCE_MS)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, see test_browser.py")]

QUERIES = 10  # the fewest that anything is learned from
LONG_MS = 10 * PATIENCE_MS  # for work in the background


@pytest.fixture(scope="module")
def truth(own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A table, and its queries: a part of each of some pictures of the sample catalog."""
    folder, rows, queries = tmp_path_factory.mktemp("truth"), ["query,relevant"], []
    with closing(open_sample(complete=False)) as catalog:
        for number, picture_id in enumerate(catalog.ids()[:QUERIES].tolist()):
            original = decode(original_bytes(catalog, picture_id, upload_limits()))
            queries.append(folder / f"part_{number}.jpg")
            queries[-1].write_bytes(encode_jpeg(crop(original, 0.8)))
            rows.append(f"{queries[-1].name},{picture_id}")
    (folder / "truth.csv").write_text("\n".join(rows))
    return folder / "truth.csv", queries


def test_truth_is_imported_measured_learned_from_and_applied(page: Page, truth: tuple[Path, list[Path]]) -> None:
    table, queries = truth
    with finished(page):
        page.get_by_role("link", name="Tune").click()
        page.get_by_role("heading", name="Tune the search").wait_for()
    with finished(page):
        page.locator('input[type="file"]').nth(1).set_input_files(queries)
        page.get_by_text(queries[0].name).wait_for()
    with finished(page):
        page.locator('input[type="file"]').nth(0).set_input_files(table)
        page.get_by_text(f"truth.csv: {QUERIES} queries").wait_for()
    page.get_by_role("button", name="Measure", exact=True).click()
    page.get_by_role("heading", name="Learn weights").wait_for(timeout=LONG_MS)
    page.get_by_role("button", name="Learn", exact=True).click()
    page.get_by_text("On queries held out").wait_for(timeout=LONG_MS)
    wait_for_run(page)
    told = page.locator("p", has_text="Learned from all of them").inner_text()
    with finished(page):
        page.get_by_role("button", name="Apply").click()
    wanted = re.search(r"Structure \(SSIM\) (\d(?:\.\d)?)", told)
    expect(slider(page, "w_ssim")).to_have_value(wanted[1] if wanted else "0")
    with finished(page):
        page.get_by_role("link", name="Search").click()
        page.get_by_text("Which picture are you looking for?").wait_for()
    expect(slider(page, "w_ssim")).to_have_value(wanted[1] if wanted else "0")


def test_three_labels_by_keys_are_still_there_after_a_reload(
    page: Page, address: str, photographs: dict[str, bytes], tmp_path: Path
) -> None:
    for name, data in photographs.items():
        (tmp_path / name).write_bytes(data)
    page.get_by_role("link", name="Catalog").click()
    page.get_by_role("radio", name="Add pictures").click()
    page.locator('input[type="file"]').nth(0).set_input_files(list(tmp_path.iterdir()))
    with finished(page):
        page.get_by_role("button", name="Add to a catalog of my own").click()
        page.get_by_text("6 added, 0 already here, 0 failed.").wait_for(timeout=LONG_MS)
    page.get_by_role("link", name="Tune").click()
    page.get_by_role("radio", name="Label").click()
    page.get_by_text("Labels in this catalog: none yet.").wait_for(timeout=LONG_MS)
    wait_for_run(page)
    for key, told in (("s", "1 same."), ("n", "1 same, 1 not the same."), ("u", "1 same, 1 not the same, 1 unsure.")):
        with finished(page):
            page.keyboard.press(key)
            page.get_by_text(f"Labels in this catalog: {told}").wait_for()
    page.goto(f"{address}/tune")  # a new session
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("radio", name="Label").click()  # at once: neither click may be lost
    expect(page.get_by_role("button", name="Open it")).to_have_count(0)
    page.get_by_text("Labels in this catalog: 1 same, 1 not the same, 1 unsure.").wait_for()


ORB: dict[str, float | str] = {"evidence": "distinct", "ratio": 0.8}


def test_a_recipe_goes_round_by_file_and_by_address(page: Page, tmp_path: Path) -> None:
    criteria = Criteria(weights={"orb": 2.0, "histogram": 0.5}, settings={"orb": ORB}, top=7)
    (tmp_path / "mine.json").write_text(recipe_text(recipe_of(criteria, false_alarms=0.005)))
    page.get_by_role("button", name="Recipe").click()
    with finished(page):
        page.locator('[data-testid="stPopoverBody"] input[type="file"]').set_input_files(tmp_path / "mine.json")
        page.get_by_text("mine.json is loaded.").wait_for()
    expect(slider(page, "w_orb")).to_have_value("2")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert Path(saved.value.path()).read_text() == (tmp_path / "mine.json").read_text()
    page.wait_for_url(re.compile("w_orb=2"))
    page.goto(page.url)
    wait_for_run(page)
    expect(slider(page, "w_orb")).to_have_value("2")
    expect(slider(page, "orb-ratio")).to_have_value("0.8")
    expect(slider(page, "top")).to_have_value("7")
