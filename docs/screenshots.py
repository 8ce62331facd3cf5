"""Makes the screenshots of the documents from a running app: python docs/screenshots.py http://localhost:8501"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
EXAMPLE = "Mirrored, tilted, darker"


def settle(page: Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(800)


def main(address: str, chromium: str = "/usr/bin/chromium") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme, width, height in (("light", 1280, 1000), ("dark", 1280, 1000), ("light", 390, 844)):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
            )
            page = context.new_page()
            page.goto(address)
            page.get_by_text("Which picture are you looking for?").wait_for()
            settle(page)
            phone = width < 640
            if not phone and scheme == "light":
                page.screenshot(path=HERE / "search-empty.png")
                page.goto(f"{address}/catalog")
                page.get_by_title("Retina").click()
                settle(page)
                page.screenshot(path=HERE / "catalog.png")
                page.goto(f"{address}/about")
                settle(page)
                page.screenshot(path=HERE / "about.png")
                page.goto(address)
                settle(page)
            page.get_by_title(EXAMPLE).click()
            page.locator("button.face").first.wait_for()
            page.mouse.move(0, 0)
            settle(page)
            name = "search-phone" if phone else "search" if scheme == "light" else "search-dark"
            page.screenshot(path=HERE / f"{name}.png")
            if not phone and scheme == "light":
                page.locator("button.face").first.click()
                settle(page)
                page.get_by_role("radio", name="Keypoints (ORB)").click()
                page.set_viewport_size({"width": width, "height": 1400})
                settle(page)
                page.screenshot(path=HERE / "search-details.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
