"""The main path in a real browser, as a person goes it."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.images.edits import crop, turn
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.reading import decode
from tests.browser.driving import (
    CHROMIUM,
    PATIENCE_MS,
    adjust,
    finished,
    give,
    move_slider,
    scores,
    served,
    slider,
    upload,
    wait_for_run,
)
from tests.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

playwright_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-dev.txt")
expect = playwright_api.expect
expect.set_options(timeout=PATIENCE_MS)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium: apt-get install chromium, or name one with PICTRACE_CHROMIUM=/path/to/chrome",
    ),
]


def test_the_first_request_to_a_server_may_be_for_any_page(browser: Browser, own_cache: Path) -> None:
    """Streamlit's older rule of pages is in force until a page was served: this needs a server of its own."""
    with served(own_cache) as address:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/about")
        page.get_by_text("When it fails").wait_for()
        expect(page.get_by_role("link", name="Search")).to_have_count(1)  # the navigation may come later
        wait_for_run(page)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        page.close()


def test_upload_rank_share_and_restore(page: Page, photographs: dict[str, bytes]) -> None:
    """Upload, results, a slider re-ranks and the address changes, a reload restores the settings."""
    upload(page, encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.5), quality=40))
    page.get_by_text(": “Astronaut Eileen Collins").wait_for()
    before = scores(page)
    assert len(before) == 5
    assert "w_orb" not in page.url
    move_slider(page, "w_orb", "Home", 1)
    expect(page.locator("button.face .score").first).not_to_have_text(before[0])
    after = scores(page)
    assert after != before
    page.wait_for_url("**w_orb=0**")
    page.reload()
    page.get_by_text("Which picture are you looking for?").wait_for()
    wait_for_run(page)
    expect(slider(page, "w_orb")).to_have_value("0")
    expect(page.get_by_role("combobox", name="Preset")).to_have_value("Custom")
    upload(page, encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.5), quality=40))
    assert scores(page) == after


def test_a_preset_is_in_the_address_too(page: Page) -> None:
    page.get_by_role("combobox", name="Preset").click()
    page.get_by_role("option", name="SSIM + ORB", exact=True).click()
    for part in ("w_phash=0", "w_histogram=0", "orb-evidence=All"):
        page.wait_for_url(f"**{part}**")


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_a_held_arrow_key_loses_no_step(page: Page, steps: int) -> None:
    """Each step starts a run of the page; those under way must not take the later ones back."""
    adjust(page)
    handle = slider(page, "w_orb")
    before = float(handle.input_value())
    handle.focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    after = f"{before + 0.1 * steps:g}"
    page.wait_for_url(f"**w_orb={after}**")
    wait_for_run(page)
    expect(handle).to_have_value(after)
    expect(page.get_by_role("combobox", name="Preset")).to_have_value("Custom")


def test_details_open_beside_the_list_by_keyboard(page: Page, photographs: dict[str, bytes]) -> None:
    upload(page, photographs["chelsea.png"], "cat.png")
    with finished(page):
        page.locator("button.face").nth(1).focus()
        page.keyboard.press("Enter")
        page.get_by_text("2. Chelsea the cat").first.wait_for()
    expect(page.locator("button.face")).to_have_count(5)
    expect(page.locator("li.selected")).to_have_count(1)
    page.get_by_role("button", name="Closer").click()
    page.locator(".stage").first.focus()
    page.keyboard.press("ArrowRight")
    near = page.eval_on_selector_all(".stage img", "nodes => nodes.map(node => node.style.transform)")
    assert len(set(near)) == 1 < len(near)  # both look at the same place
    assert near[0].startswith("scale(1.4)")
    page.get_by_role("button", name="Whole").click()
    expect(page.locator(".stage.near")).to_have_count(0)
    page.get_by_role("radio", name="Keypoints (ORB)").click()
    page.get_by_text("agree on one rotation, scale and shift").wait_for()
    drawing = page.locator(".st-key-orb-0").get_by_role("group", name="Matching keypoints")
    expect(page.locator(".hot line")).to_have_count(0)
    drawing.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("of 256 bits differ. It agrees with the others.").wait_for()
    assert len(page.locator(".hot line").all()) == 2  # the line, and its casing
    box = drawing.bounding_box()
    assert box is not None
    x1, y1, x2, y2 = (
        float(page.locator(".hot line").first.get_attribute(name) or 0) for name in ("x1", "y1", "x2", "y2")
    )
    scale = box["width"] / float((drawing.get_attribute("viewBox") or "").split()[2])
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] - 1)
    page.mouse.move(box["x"] + scale * (x1 + x2) / 2, box["y"] + scale * (y1 + y2) / 2)
    page.get_by_text("of 256 bits differ").wait_for()
    page.mouse.move(0, 0)
    expect(page.locator(".hot line")).to_have_count(0)
    page.get_by_role("button", name="Back to matches").click()
    page.get_by_text("Which metric found them?").wait_for()


def test_the_ratio_threshold_moves_the_lines_of_the_evidence(page: Page, photographs: dict[str, bytes]) -> None:
    upload(page, encode_jpeg(crop(decode(photographs["coffee.png"]), 0.6), quality=60), "cup.jpg")
    page.locator("button.face").first.click()
    page.get_by_text("pass the ratio test at 0.94").wait_for()
    passed = page.get_by_text(re.compile(r"^\d+ of your picture's \d+ keypoints pass the ratio test"))
    before = int(passed.inner_text().split()[0])
    lines = page.get_by_text("that agree. Grey")
    drawn = lines.inner_text()
    move_slider(page, "sift-ratio", "ArrowLeft", 19)
    page.get_by_text("pass the ratio test at 0.75").wait_for()
    assert int(passed.inner_text().split()[0]) < before
    expect(lines).not_to_have_text(drawn)


def test_pictures_have_alternative_texts(page: Page, photographs: dict[str, bytes]) -> None:
    upload(page, photographs["coffee.png"], "cup.png")
    with finished(page):
        page.locator("button.face").first.click()
        page.get_by_text("1. Cup of coffee").first.wait_for()
    texts = page.eval_on_selector_all("img", "nodes => nodes.map(node => node.alt)")
    assert len(texts) > 5
    shown = page.eval_on_selector_all(
        '[data-testid="stMain"] img',
        "nodes => nodes.filter(node => !node.alt && !node.closest('button')?.textContent).length",
    )
    assert shown == 0


def test_paste_from_the_clipboard(page: Page, photographs: dict[str, bytes]) -> None:
    """Ctrl+V anywhere on the page, with a picture on the clipboard."""
    png = encode_png(turn(decode(photographs["rocket.jpg"]), 90))
    button = page.get_by_role("button", name="Paste")
    page.wait_for_function("button => button.onclick !== null", arg=button.element_handle())  # so the page listens, too
    page.evaluate(
        """async (bytes) => {
            const file = new File([new Uint8Array(bytes)], 'pasted.png', {type: 'image/png'})
            const transfer = new DataTransfer()
            transfer.items.add(file)
            document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true}))
        }""",
        list(png),
    )
    page.get_by_text(": “Rocket on its pad").wait_for()


def test_an_example_is_one_click_away_and_a_stranger_has_no_match(page: Page) -> None:
    with finished(page):
        page.get_by_title("Mirrored, tilted, darker").click()
        page.get_by_text(": “Cup of coffee").wait_for()
    page.get_by_title("Not in the catalog").click()
    page.get_by_text("Nothing here matches.").wait_for()


def test_a_part_drawn_on_the_query_is_searched(page: Page, photographs: dict[str, bytes]) -> None:
    """By the pointer, and by keys."""
    upload(page, encode_png(np.hstack([fitted(photographs[name]) for name in ("chelsea.png", "coffee.png")])))
    page.get_by_role("button", name="Search a part").click()
    drawing = page.get_by_role("application", name="The part to search")
    frame = drawing.bounding_box()
    assert frame is not None
    waiting = page.get_by_role("button", name="Search this part")
    assert waiting.is_disabled()
    seen = "one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor] }"
    assert len(set(waiting.evaluate(seen))) == 2  # it can be read before it can be pressed
    page.mouse.move(frame["x"] + frame["width"] * 0.52, frame["y"] + frame["height"] * 0.02)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.98, frame["y"] + frame["height"] * 0.98, steps=4)
    page.mouse.up()
    drawing.press("ArrowLeft")
    page.get_by_role("button", name="Search this part").click()
    expect(page.get_by_role("heading", name="Cup of coffee")).to_be_visible()
    expect(page.get_by_text("A part of your picture was looked for.")).to_be_visible()
    page.get_by_role("button", name="Search the whole picture").click()
    expect(page.get_by_text("A part of your picture was looked for.")).to_be_hidden()


def fitted(data: bytes) -> NDArray[np.uint8]:
    return np.ascontiguousarray(decode(data)[:300, :400])


def test_a_links_problem_stands_where_the_link_was_typed(page: Page) -> None:
    page.get_by_role("button", name="Link", exact=True).click()
    with finished(page):
        page.get_by_label("Link to a picture").fill("http://127.0.0.1/picture.png")
        page.get_by_role("button", name="Fetch").click()
    expect(page.get_by_test_id("stPopoverBody").get_by_text("a loopback address")).to_be_visible()
    expect(page.get_by_text("a loopback address")).to_have_count(1)


def test_a_chart_has_its_whole_place_before_it_is_there(page: Page, photographs: dict[str, bytes]) -> None:
    held: list[Route] = []
    page.route("**/PlotlyChart*.js", lambda route: held.append(route))
    upload(page, photographs["coffee.png"], "cup.png")
    place, seen = (
        page.locator(".st-key-contributions"),
        page.locator('.st-key-contributions [data-testid="stSkeleton"]'),
    )
    seen.wait_for()
    box, seen_box = place.bounding_box(), seen.bounding_box()
    assert box is not None
    assert seen_box is not None
    assert seen_box["height"] == box["height"] > 200
    for one in held:
        one.continue_()
    place.locator(".js-plotly-plot").wait_for()
    assert place.bounding_box() == box


def test_copy_link(page: Page) -> None:
    move_slider(page, "top", "ArrowRight", 2)
    page.wait_for_url("**top=7**")
    page.get_by_role("button", name="Copy link to these settings").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_on_a_small_screen_the_answer_comes_first_and_nothing_is_cut_off(
    browser: Browser, address: str, photographs: dict[str, bytes]
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_text("Which picture are you looking for?").wait_for()
    upload(page, photographs["coffee.png"], "cup.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [box for box in (one.bounding_box() for one in page.locator("button.face").all()) if box]
    assert len(boxes) == 5
    assert all(box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    answer = page.get_by_role("heading", level=1).bounding_box()
    upload_box = page.locator('[data-testid="stFileUploader"]').bounding_box()
    assert answer is not None
    assert upload_box is not None
    assert answer["y"] < 400
    pictures = [one.bounding_box() for one in page.locator(".st-key-answer img").all()]
    assert len(pictures) == 2  # the query, and the best match beside it
    assert all(box and box["y"] + box["height"] < answer["y"] for box in pictures)
    assert len({round(box["y"]) for box in pictures if box}) == 1
    assert answer["y"] < boxes[0]["y"] < upload_box["y"]
    links = [one.bounding_box() for one in page.locator(".st-key-phone-nav a").all()]
    assert len(links) == len(list((ROOT / "pages").glob("*.py")))
    assert len({box["y"] for box in links if box}) == 1  # however many pages there are
    assert all(box and box["height"] >= 44 and box["x"] + box["width"] <= 390 for box in links)
    with finished(page):
        page.locator("button.face").nth(2).click()
        back = page.get_by_role("button", name="Back to matches")
        back.wait_for()
    expect(page.locator("button.face").first).to_be_hidden()
    expect(back).to_be_in_viewport()
    page.mouse.wheel(0, 600)
    expect(back).to_be_in_viewport()  # wherever one is in the details
    with finished(page):
        back.click()
    expect(page.locator("button.face").first).to_be_visible()
    context.close()


def test_the_longest_words_fit_a_phone(browser: Browser, address: str) -> None:
    with closing(browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")) as context:
        page = context.new_page()
        page.goto(f"{address}/tune")
        page.get_by_role("heading", level=1).wait_for()
        wait_for_run(page)
        links = [one.bounding_box() for one in page.locator(".st-key-phone-nav a").all()]
        assert all(box and box["x"] + box["width"] <= 390 for box in links)
        cut = (
            "all => all.some(one => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflow !== 'visible')"
        )
        assert not page.locator('[data-testid="stMain"] button *').evaluate_all(cut)


def test_the_navigation_stands_at_one_place(page: Page, address: str) -> None:
    places = set()
    for name in ("", "compare", "catalog", "about"):
        page.goto(f"{address}/{name}")
        wait_for_run(page)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        link = page.get_by_role("link", name="Catalog", exact=True)
        link.wait_for()
        box = link.bounding_box()
        assert box is not None
        places.add(round(box["x"]))
    assert len(places) == 1


def test_keys_go_from_match_to_match(page: Page, photographs: dict[str, bytes]) -> None:
    upload(page, photographs["coffee.png"], "cup.png")
    faces, drawn = page.locator("button.face"), page.locator(".st-key-list").element_handle()
    faces.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    expect(faces.nth(2)).to_be_focused()
    page.keyboard.press("k")
    expect(faces.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="2. ").wait_for()
    page.keyboard.press("j")
    page.get_by_role("heading", name="3. ").wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.get_by_role("heading", name="3. ")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("Which metric found them?").wait_for()
    assert drawn.evaluate("one => one.isConnected")  # what is in it, such as a dialog, would go with it
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_grid_of_matches_is_in_the_address_too(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=example:tilted&view=Grid&sort=Largest&size=100")
    grid = page.locator("ul.grid")
    expect(grid).to_be_visible()
    sizes = [box["width"] for box in (one.bounding_box() for one in grid.locator("li").all()) if box]
    assert len(sizes) == 5
    assert max(sizes) < 200
    page.wait_for_url("**sort=Largest**")


COPIES = 150


def test_add_a_folder_stop_resume_and_search_it(page: Page, photographs: dict[str, bytes], tmp_path: Path) -> None:
    """A folder becomes a catalog of one's own, in two goes, which the search page then searches."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in range(COPIES):  # other bytes, so other pictures
        (folder / f"coffee_{number:03}.png").write_bytes(photographs["coffee.png"] + b"%d" % number)
    (folder / "retina.jpg").write_bytes(photographs["retina.jpg"])
    (folder / "broken.jpg").write_bytes(b"no picture")
    page.get_by_role("link", name="Catalog").click()
    page.get_by_role("radio", name="Add pictures").click()
    page.locator('input[type="file"]').nth(1).set_input_files(folder)
    page.get_by_text("1 unreadable").wait_for()
    with finished(page):
        page.get_by_role("button", name="Add to a catalog of my own").click()
        page.get_by_role("heading", name="My catalog").wait_for()
    # Once there are pictures the whole page is drawn anew, which a click in that moment would not survive.
    page.get_by_text(re.compile(r"^\D*[1-9]\d* pictures?$")).first.wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text(re.compile(r"^\d+ added, \d+ already here, 1 failed\.$")).wait_for(timeout=4 * PATIENCE_MS)
    page.get_by_text(f"{COPIES + 1} pictures").first.wait_for()
    with finished(page):
        page.get_by_role("button", name="Try these again").click()
        page.get_by_text("0 added, 0 already here, 1 failed.").wait_for()
    with finished(page):
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Nothing chosen yet.").wait_for()
    with finished(page):
        page.get_by_role("link", name="Search").click()
        page.get_by_text(f"My catalog: {COPIES + 1} pictures").wait_for()
    upload(page, encode_jpeg(turn(decode(photographs["retina.jpg"]), 90), quality=60))
    page.get_by_text(": “retina.jpg").wait_for()


def test_one_comes_back_to_ones_own_catalog_in_the_same_browser(
    page: Page, address: str, photographs: dict[str, bytes]
) -> None:
    page.get_by_role("link", name="Catalog").click()
    page.get_by_role("radio", name="Add pictures").click()
    give(page, photographs["chelsea.png"], "mine.png")
    with finished(page):
        page.get_by_role("button", name="Add to a catalog of my own").click()
        page.get_by_text("1 added, 0 already here, 0 failed.").wait_for()
    page.goto(f"{address}/catalog")  # a new session
    page.get_by_text("Your own catalog of an earlier visit is still here: 1 picture.").wait_for()
    with finished(page):
        page.get_by_role("button", name="Open it").click()
        page.get_by_text("This catalog is yours alone.").wait_for()
    page.goto(f"{address}/catalog")
    with finished(page):
        page.get_by_role("button", name="Not now").click()
        expect(page.get_by_text("is still here")).to_have_count(0)
    page.goto(f"{address}/catalog")
    with finished(page):
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("is still here")).to_have_count(0)
    page.goto(f"{address}/catalog")
    page.get_by_text("What you add goes to a catalog of your own").wait_for()
    wait_for_run(page)
    expect(page.get_by_text("is still here")).to_have_count(0)


def test_two_pictures_are_compared(page: Page, photographs: dict[str, bytes]) -> None:
    with finished(page):
        page.get_by_role("link", name="Compare").click()
        page.get_by_text("Give two pictures").wait_for()
    for place, data in enumerate(
        (encode_jpeg(crop(decode(photographs["coffee.png"]), 0.6)), photographs["coffee.png"])
    ):
        with finished(page):
            give(page, data, f"{place}.jpg", place=place)
            page.get_by_alt_text(f"{place}.jpg").wait_for()
    page.get_by_text(re.compile(r"^Score 0\.\d\d$")).wait_for()
    page.get_by_role("button", name="Swap").click()
    page.locator('[data-testid="stColumn"]').first.get_by_alt_text("1.jpg").wait_for()


def test_a_click_in_the_map_of_weights_ranks_again(page: Page, photographs: dict[str, bytes]) -> None:
    """The triangle's point sets the sliders: the ranking and the address follow, by click and by keyboard."""
    upload(page, encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.5), quality=40))
    page.get_by_text(": “Astronaut Eileen Collins").wait_for()
    with finished(page):
        page.get_by_role("radio", name="Weights").click()
        page.get_by_text("How far can each weight go?").wait_for()
    triangle = page.locator("svg[role=application]")
    told = page.locator("figcaption")
    expect(told).to_contain_text("Now: Layout 0.2 · Keypoints (SIFT) 2.0 · Keypoints (ORB) 0.6. First: Astronaut")
    first = page.locator("button.face .score").first
    before = first.inner_text()
    box = triangle.bounding_box()
    assert box is not None
    with finished(page):
        triangle.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.8})
        expect(first).not_to_have_text(before)
        page.wait_for_url("**w_layout=0**")
        page.wait_for_url("**w_sift=1**")
    moved = slider(page, "w_sift").input_value()
    expect(told).to_contain_text(f"Keypoints (SIFT) {float(moved):.1f}")
    triangle.focus()
    page.keyboard.press("ArrowRight")  # one step from the left corner to the right one
    expect(slider(page, "w_sift")).to_have_value(f"{float(moved) - 0.1:.1f}")
    expect(triangle).to_be_focused()


def test_a_point_of_the_catalogs_map_is_seen_and_chosen(page: Page, photographs: dict[str, bytes]) -> None:
    """By mouse and by keyboard: beside the matches it becomes the query, on the catalog page it is told."""
    upload(page, encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.5), quality=40))
    page.get_by_text(": “Astronaut Eileen Collins").wait_for()
    drawing = page.get_by_role("application")
    said = page.locator("figcaption")
    with finished(page):
        page.get_by_role("radio", name="Map").click()
        expect(drawing).to_have_count(1)
        expect(said).to_contain_text("Point at a picture to see it")
    drawing.focus()
    page.keyboard.press("ArrowRight")  # to the first match
    expect(said).to_contain_text("1. Astronaut Eileen Collins")
    page.keyboard.press("ArrowUp")
    expect(said).not_to_contain_text("1. Astronaut Eileen Collins")
    expect(said).to_contain_text("Click to search with it.")
    with finished(page):
        page.keyboard.press("Enter")
        page.get_by_text("This exact file is in the catalog.").wait_for()
        expect(drawing).to_have_count(1)  # the former map goes a moment after the new one came

    with finished(page):
        page.get_by_role("link", name="Catalog").click()
        page.get_by_role("radio", name="Add pictures").wait_for()
        expect(drawing).to_have_count(0)  # the former page is gone with its own choice of that name
    with finished(page):
        page.get_by_role("radio", name="Map", exact=True).click()
        expect(drawing).to_have_count(1)
        page.get_by_text("Choose a picture to see its details.").wait_for()
    tip = page.locator(".tip span")
    box = drawing.bounding_box()
    assert box is not None
    for step in range(1, 40):  # across the middle, until there is a picture
        page.mouse.move(box["x"] + box["width"] * step / 40, box["y"] + box["height"] / 2)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is drawn
        if tip.is_visible():
            break
    expect(tip).to_be_visible()
    expect(tip).not_to_have_text("…")
    title = tip.inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".st-key-chosen h2")).to_have_text(title)
