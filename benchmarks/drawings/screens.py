"""Screens: settings, chats, posts, galleries, dashboards, search results; some with photographs set in."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.drawings.canvas import INK, Random, Sheet, colour, number, pasted, pick, words
from pictrace.images.pixels import RGBImage

__all__ = [
    "banner",
    "chat",
    "dashboard",
    "frame",
    "gallery",
    "news",
    "polaroid",
    "post",
    "product",
    "results",
    "settings",
    "video",
]

Photos = Sequence[RGBImage]
GRAY = (150, 156, 164)
PALE = (240, 242, 245)
WHITE = (255, 255, 255)


def settings(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(400, 800, PALE), colour(look)
    sheet.text(24, 30, "Settings", 30)
    for row in range(10):
        y = 90 + 68 * row
        sheet.box(0, y, 400, 60, WHITE)
        sheet.disc(36, y + 30, 14, colour(look))
        sheet.text(70, y + 18, words(look, 2).title(), 18)
        on = what.random() < 0.5
        sheet.draw.rounded_rectangle((326, y + 18, 374, y + 42), 12, fill=accent if on else (205, 208, 212))
        sheet.disc(361 if on else 339, y + 30, 10, WHITE)
    return sheet.done()


def chat(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(400, 800, (236, 229, 221)), colour(look)
    sheet.box(0, 0, 400, 70, accent)
    sheet.disc(44, 36, 20, GRAY)
    sheet.text(80, 24, words(what, 1).title(), 22, WHITE)
    y = 90
    while y < 700:
        mine, lines = what.random() < 0.5, int(what.integers(1, 4))
        x, high = (110 if mine else 14), 26 * lines + 16
        sheet.draw.rounded_rectangle((x, y, x + 276, y + high), 10, fill=(220, 248, 198) if mine else WHITE)
        for line in range(lines):
            sheet.text(x + 12, y + 8 + 26 * line, words(what, 3), 17)
        y += high + 14
    sheet.draw.rounded_rectangle((14, 744, 386, 786), 20, fill=WHITE)
    return sheet.done()


def post(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(400, 720)
    sheet.box(0, 0, 400, 50, PALE)
    sheet.text(140, 12, "picturegram", 22)
    sheet.disc(32, 78, 18, colour(look))
    sheet.text(62, 66, words(what, 1), 18)
    pasted(sheet, pick(what, photos, 400, 400), 0, 108)
    for place in range(3):
        sheet.disc(32 + 44 * place, 536, 12, None, INK)
    sheet.text(20, 562, f"{number(what, 3)} likes", 18)
    sheet.text(20, 592, words(what, 5), 16)
    sheet.box(0, 660, 400, 60, PALE)
    for place in range(5):
        sheet.box(28 + 80 * place, 676, 24, 24, None, INK)
    return sheet.done()


def gallery(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(400, 720, (18, 18, 20))
    sheet.text(20, 20, "Photos", 30, WHITE)
    for row in range(4):
        for column in range(3):
            pasted(sheet, pick(what, photos, 128, 128), 4 + 132 * column, 80 + 132 * row)
    for place, name in enumerate(("Library", "For you", "Albums")):
        sheet.text(40 + 120 * place, 660, name, 18, GRAY)
    return sheet.done()


def video(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A player with its bar, the picture inside."""
    sheet = Sheet(720, 460, (20, 20, 20))
    pasted(sheet, pick(what, photos, 720, 405), 0, 0)
    sheet.line([(20, 420), (700, 420)], GRAY, 3)
    sheet.line([(20, 420), (20 + 680 * float(what.random()), 420)], (220, 40, 40), 3)
    sheet.draw.polygon([(24, 432), (24, 452), (40, 442)], fill=WHITE)
    sheet.text(60, 434, f"{number(what, 1)}:{number(what, 2)} / 12:47", 14, WHITE)
    return sheet.done()


def news(look: Random, what: Random, photos: Photos) -> RGBImage:
    """An article's page: masthead, headline, picture, text in columns."""
    sheet = Sheet(640, 820)
    sheet.text(180, 16, "The Daily Lantern", 36)
    sheet.line([(20, 66), (620, 66)])
    sheet.text(24, 80, words(what, 4).title(), 32)
    pasted(sheet, pick(what, photos, 400, 260), 24, 130)
    for line in range(30):
        sheet.text(440, 130 + 22 * line, words(what, 3)[:24], 14)
    for line in range(17):
        sheet.text(24, 410 + 22 * line, words(what, 7)[:52], 14)
    return sheet.done()


def results(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(640, 760)
    sheet.draw.rounded_rectangle((20, 20, 620, 62), 20, fill=None, outline=GRAY)
    sheet.text(40, 30, words(what, 2), 18)
    for row in range(7):
        y = 90 + 92 * row
        sheet.text(24, y, f"www.{words(what, 1)}.example", 13, GRAY)
        sheet.text(24, y + 20, words(what, 4).title(), 20, (26, 13, 171))
        sheet.text(24, y + 48, words(what, 8)[:70], 14)
    return sheet.done()


def dashboard(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(800, 500, PALE), colour(look)
    sheet.box(0, 0, 150, 500, (35, 40, 52))
    for row in range(6):
        sheet.text(24, 40 + 44 * row, words(look, 1).title(), 17, WHITE)
    for column in range(3):
        sheet.box(170 + 208 * column, 24, 196, 110, WHITE)
        sheet.text(186 + 208 * column, 36, ("Visitors", "Orders", "Income")[column], 15, GRAY)
        sheet.text(186 + 208 * column, 66, number(what, 5), 34)
    sheet.box(170, 154, 612, 326, WHITE)
    for bar in range(14):
        high = int(what.integers(20, 270))
        sheet.box(190 + 41 * bar, 460 - high, 26, high, accent)
    return sheet.done()


def banner(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(728, 180, colour(look, 180, 250)), colour(look, 20, 140)
    sheet.disc(90, 90, 60, accent)
    sheet.text(180, 36, words(what, 2).upper(), 40, accent)
    sheet.text(180, 96, f"only {number(what, 2)}.{number(what, 2)} this week", 24)
    sheet.draw.rounded_rectangle((580, 60, 700, 120), 12, fill=accent)
    sheet.text(606, 78, "Shop now", 18, WHITE)
    return sheet.done()


def frame(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A picture on the wall, in a wooden frame with a mount."""
    sheet, wood = Sheet(600, 480, (208, 202, 190)), colour(look, 60, 140)
    sheet.box(50, 40, 500, 400, wood)
    for inset in range(0, 24, 4):
        sheet.box(50 + inset, 40 + inset, 500 - 2 * inset, 400 - 2 * inset, None, colour(look, 40, 160))
    sheet.box(76, 66, 448, 348, (250, 248, 242))
    pasted(sheet, pick(what, photos, 360, 260), 120, 110)
    return sheet.done()


def polaroid(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(420, 500, (120, 90, 60))
    sheet.box(20, 20, 380, 460, (250, 250, 246))
    pasted(sheet, pick(what, photos, 340, 340), 40, 40)
    sheet.text(90, 400, words(what, 2), 30)
    return sheet.done()


def product(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A mug on white, with a photograph printed on it."""
    sheet, clay = Sheet(500, 500), colour(look, 200, 250)
    sheet.box(120, 100, 240, 300, clay, GRAY)
    sheet.draw.arc((320, 160, 440, 340), -90, 90, fill=GRAY, width=22)
    pasted(sheet, pick(what, photos, 160, 160), 160, 170)
    return sheet.done()
