"""Everybody can use it: axe-core on every page at two widths in both themes, and the main path by keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.driving import CHROMIUM, PATIENCE_MS, finished, wait_for_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-dev.txt")
axe = pytest.importorskip("axe_playwright_python.base", reason="pip install -r requirements-dev.txt")
expect = playwright_api.expect
expect.set_options(timeout=PATIENCE_MS)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

# Each state of the app: where it is, and what is seen when all of it is there.
STATES = {
    "no query": ("", "Which picture are you looking for?"),
    "an answer": ("?q=example:tilted", "Which metric found them?"),
    "compare": ("compare", "First picture"),
    "catalog": ("catalog", "Title"),
    "duplicates": ("duplicates", "Most pixels"),
    "tune": ("tune", "Measure"),
    "how it works": ("about", "Versions"),
}
TABLET = "how it works"  # whose formulas stand in columns there
DETAILS = "an answer"  # whose best match is opened, too


@pytest.fixture(scope="module")
def looked_at(browser: Browser, address: str) -> Iterator[Page]:
    """A page that brings axe-core along, and moves nothing that would have to be waited for."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.add_init_script(axe.AXE_SCRIPT)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(looked_at: Page, address: str, state: str) -> None:
    page, (path, seen) = looked_at, STATES[state]
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{address}/{path}")
    wait_for_run(page)
    page.get_by_text(seen).first.wait_for()
    found = _problems(page, *((768,) if state == TABLET else ()))
    if state == DETAILS:
        with finished(page):
            page.locator("button.face").first.click()
            page.get_by_role("radio", name="Keypoints (ORB)").wait_for()
        found += _problems(page)
    assert found == []


def _problems(page: Page, *further: int) -> list[str]:
    """What is serious or worse as a computer and as a phone shows it, light and dark.

    Streamlit loads some of its controls later; until then their buttons are empty.
    """
    page.wait_for_function("[...document.querySelectorAll('button')].every(one => one.innerHTML || one.ariaLabel)")
    found = []
    for width in (1280, *further, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(
                "dark => getComputedStyle(document.querySelector('.stApp')).colorScheme.includes(dark)", arg=scheme
            )
            told = page.evaluate("axe.run({resultTypes: ['violations']})")
            found += [
                f"{width} px, {scheme}: {one['id']}: {node['html'][:200]}: {node['failureSummary']}"
                for one in told["violations"]
                if one["impact"] in ("serious", "critical")
                for node in one["nodes"]
            ]
    return found


def test_the_main_path_by_keys_alone(page: Page) -> None:
    """From an example to a match's evidence and back; whatever gets the focus on the way has a name."""
    page.get_by_title("Mirrored, tilted, darker").wait_for()
    _tab_to(page, '[title="Mirrored, tilted, darker"]')
    with finished(page):
        page.keyboard.press("Enter")
        page.locator("button.face").first.wait_for()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cup of coffee")
    _tab_to(page, "button.face")
    with finished(page):
        page.keyboard.press("Enter")
        page.get_by_role("radio", name="Keypoints (ORB)").wait_for()
    _tab_to(page, ".stage")
    page.keyboard.press("+")
    expect(page.locator(".stage.near")).to_have_count(2)
    _tab_to(page, '[role="radio"]')
    page.keyboard.press("Escape")
    page.get_by_text("Which metric found them?").wait_for()


def _tab_to(page: Page, selector: str) -> None:
    """By the key Tab; a screen reader says a name at each stop."""
    for _ in range(120):
        page.keyboard.press("Tab")
        html, name, reached = page.evaluate(_STOP, selector)
        assert name, html
        if reached:
            return
    raise AssertionError(f"no way to {selector} by the keyboard")


_STOP = """selector => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    const labelled = (node.getAttribute("aria-labelledby") ?? "").split(" ").map(id => document.getElementById(id));
    const named = [
        node.ariaLabel, node.title, node.alt, node.innerText, node.textContent, node.placeholder,
        ...[...(node.labels ?? []), ...labelled].map(label => label?.innerText),
    ];
    if (node.closest("[data-testid=stDataFrame]")) named.push("a table");  // which scrolls by keys
    const name = node === document.body ? "the page" : named.find(one => one?.trim());
    return [node.outerHTML.slice(0, 300), name ?? "", node.matches(selector)];
}"""
