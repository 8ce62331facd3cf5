"""Makes the screenshots of the documents from a running app: python -m docs.screenshots http://localhost:8501

The app must show the built-in sample catalog, and share its cache folder with this script.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import DecodeLimits, decode
from pictrace.indexing.prepare import original_bytes
from pictrace.metrics import all_metrics, colour_of
from pictrace.sample import open_sample

HERE = Path(__file__).parent
PATIENCE_MS = 900_000  # looking for many pictures takes its time
QUERIES = 12
EXAMPLE = "Mirrored, tilted, darker"
PAIRS = {
    "cropped": ("Astronaut Eileen Collins, cropped", "Astronaut Eileen Collins"),
    "turned": ("Cup of coffee, turned 15°", "Cup of coffee"),
    "mirrored": ("Chelsea the cat, mirrored", "Chelsea the cat"),
    "captioned": ("Astronaut Eileen Collins, captioned", "Astronaut Eileen Collins"),
    "unrelated": ("Cup of coffee", "Chelsea the cat"),
    "same-scene": ("Motorcycle, left eye", "Motorcycle, right eye"),
}


def settle(page: Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(800)


def searched(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_text("Which picture are you looking for?").wait_for()
    settle(page)
    page.get_by_title(EXAMPLE).click()
    page.locator("button.face").first.wait_for()
    page.mouse.move(0, 0)
    settle(page)


def shoot(
    browser: Browser,
    name: str,
    take: Callable[[Page], object],
    *,
    width: int = 1280,
    height: int = 1000,
    dark: bool = False,
) -> None:
    """One picture from a page of its own."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    take(page)
    settle(page)
    if name.endswith(".jpg"):
        page.screenshot(path=HERE / name, type="jpeg", quality=80)
    else:
        page.screenshot(path=HERE / name)
        with_a_palette(HERE / name)
    context.close()


def with_a_palette(path: Path) -> None:
    """The same picture in 256 colours, white, black and the metrics' own among them: a third of the size."""
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    kept = ["#FFFFFF", "#000000", *(colour_of(metric) for metric in all_metrics())]
    own = [int(colour[at : at + 2], 16) for colour in kept for at in (1, 3, 5)]
    common = whole.quantize(256 - len(kept), Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(own + common)
    whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def of_search(browser: Browser, address: str) -> None:
    def empty(page: Page) -> None:
        page.goto(address)
        page.get_by_text("Which picture are you looking for?").wait_for()

    def details(page: Page) -> None:
        searched(page, address)
        page.locator("button.face").first.click()
        settle(page)
        page.get_by_role("radio", name="Keypoints (ORB)").click()
        settle(page)
        page.locator(".st-key-details-head").evaluate("node => node.scrollIntoView()")

    def weights(page: Page) -> None:
        searched(page, address)
        page.get_by_role("radio", name="Weights").click()
        page.locator("svg[role=application]").wait_for()

    shoot(browser, "search-empty.png", empty)
    shoot(browser, "search.png", lambda page: searched(page, address))
    shoot(browser, "search-dark.png", lambda page: searched(page, address), dark=True)
    shoot(browser, "search-phone.png", lambda page: searched(page, address), width=390, height=844)
    shoot(browser, "search-details.png", details, height=1500)
    shoot(browser, "search-weights.png", weights, height=1300)


def of_catalog(browser: Browser, address: str) -> None:
    def gallery(page: Page) -> None:
        page.goto(f"{address}/catalog")
        page.get_by_title("Retina", exact=True).click()

    def table(page: Page) -> None:
        page.goto(f"{address}/catalog")
        page.get_by_role("radio", name="Table").click()

    def add(page: Page) -> None:
        page.goto(f"{address}/catalog")
        page.get_by_role("radio", name="Add pictures").click()

    def plane(page: Page) -> None:
        page.goto(f"{address}/catalog")
        page.get_by_role("radio", name="Map").click()
        page.get_by_text("Point at a picture to see it").wait_for()
        page.wait_for_timeout(2500)  # thumbnails come after the dots

    def how(page: Page) -> None:
        page.goto(f"{address}/about")
        page.get_by_text("When it fails").wait_for()
        page.locator(".js-plotly-plot .bars").first.wait_for()

    shoot(browser, "catalog.png", gallery)
    shoot(browser, "catalog-map.png", plane)
    shoot(browser, "catalog-table.png", table)
    shoot(browser, "catalog-add.png", add)
    shoot(browser, "how-it-works.png", how)


def of_duplicates(browser: Browser, address: str) -> None:
    def groups(page: Page) -> None:
        page.goto(f"{address}/duplicates")
        settle(page)
        page.get_by_role("button", name="Compare now").last.click()
        page.get_by_text("Nothing is deleted here").wait_for()

    shoot(browser, "duplicates.png", groups)


def of_compare(browser: Browser, address: str) -> None:
    catalog = open_sample()
    ids = {record.label: one for one, record in catalog.pictures(catalog.ids().tolist()).items()}
    for name, (first, second) in PAIRS.items():

        def compare(page: Page, first: str = first, second: str = second) -> None:
            page.goto(f"{address}/compare?a=catalog:{ids[first]}&b=catalog:{ids[second]}")
            page.get_by_text("Unrelated pairs this close").or_(page.get_by_text("Score")).first.wait_for()

        shoot(browser, f"compare-{name}.jpg", compare, height=1350)


def parts_of_the_sample(folder: Path) -> tuple[Path, list[Path]]:
    """A table of what is right, and its queries: small parts of pictures of the sample catalog."""
    catalog, rows, queries = open_sample(), ["query,relevant"], []
    for number, picture_id in enumerate(catalog.ids()[:QUERIES].tolist()):
        part = crop(decode(original_bytes(catalog, picture_id, DecodeLimits())), 0.2 if number % 2 else 0.6)
        queries.append(folder / f"part {number + 1}.jpg")
        queries[-1].write_bytes(encode_jpeg(part, quality=30))
        rows.append(f"{queries[-1].name},{picture_id}")
    (folder / "truth.csv").write_text("\n".join(rows))
    return folder / "truth.csv", queries


def of_tune(browser: Browser, address: str) -> None:
    with TemporaryDirectory() as folder:
        truth, queries = parts_of_the_sample(Path(folder))

        def measure(page: Page) -> None:
            page.goto(f"{address}/tune")
            page.locator('input[type="file"]').nth(1).set_input_files(queries)
            settle(page)
            page.locator('input[type="file"]').nth(0).set_input_files(truth)
            page.get_by_role("button", name="Measure", exact=True).click()
            page.get_by_role("heading", name="Learn weights").wait_for()
            settle(page)

        def label(page: Page) -> None:
            page.goto(f"{address}/catalog")
            page.get_by_role("radio", name="Add pictures").click()
            page.locator('input[type="file"]').nth(0).set_input_files(queries)
            page.get_by_role("button", name="Add to a catalog of my own").click()
            page.get_by_text(f"{QUERIES} added").wait_for()
            settle(page)
            page.get_by_role("link", name="Tune").first.click()
            page.get_by_role("radio", name="Label").click()
            page.get_by_text("Labels in this catalog").wait_for()
            settle(page)
            page.keyboard.press("n")

        def stress(page: Page) -> None:
            page.goto(f"{address}/tune")
            page.get_by_role("radio", name="Stress lab").click()
            page.get_by_role("slider", name="Pictures").focus()
            for _ in range(3):  # one picture
                page.keyboard.press("ArrowLeft")
            settle(page)
            page.get_by_role("button", name="Look for").click()
            page.get_by_text("Originals that come first").first.wait_for()

        shoot(browser, "tune.png", measure, height=1900)
        shoot(browser, "tune-label.png", label)
        shoot(browser, "tune-stress.png", stress, height=1190, dark=True)


def main(address: str, chromium: str = "/usr/bin/chromium") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for take in (of_search, of_catalog, of_compare, of_duplicates, of_tune):
            take(browser, address)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
