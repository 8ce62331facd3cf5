"""Plans, games and gauges: tickets, notes, crosswords, floor plans, circuits, clocks, maps that differ in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.drawings.canvas import INK, Random, Sheet, colour, number, words
from pictrace.images.pixels import RGBImage

__all__ = [
    "circuit",
    "clock",
    "crossword",
    "floor_plan",
    "heat_map",
    "keyboard",
    "league_table",
    "playing_card",
    "regions",
    "sheet_music",
    "sudoku",
    "swatches",
    "ticket",
    "weather",
]

Photos = Sequence[RGBImage]
GRAY = (150, 156, 164)
PALE = (238, 240, 244)
WHITE = (255, 255, 255)


def ticket(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Of a theatre or a train, with a code at the end."""
    sheet, accent = Sheet(680, 260, PALE), colour(look, 30, 180)
    sheet.box(0, 0, 680, 54, accent)
    sheet.text(24, 14, words(look, 2).upper(), 24, WHITE)
    for column, name in enumerate(("DATE", "SEAT", "GATE", "CLASS")):
        sheet.text(24 + 120 * column, 80, name, 13, GRAY)
        sheet.text(24 + 120 * column, 98, number(what, 3), 26)
    sheet.text(24, 170, words(what, 2).title(), 30)
    sheet.text(24, 220, f"No. {number(what, 8)}", 15, GRAY)
    for step in range(13):
        sheet.line([(520, 60 + 16 * step), (520, 68 + 16 * step)], GRAY, 2)
    x = 546
    while x < 650:
        wide = int(what.integers(2, 7))
        sheet.box(x, 76, wide, 160, INK)
        x += wide + int(what.integers(2, 7))
    return sheet.done()


def sheet_music(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(640, 700)
    sheet.text(220, 24, words(look, 2).title(), 26)
    for stave in range(5):
        top = 90 + 120 * stave
        for line in range(5):
            sheet.line([(30, top + 10 * line), (610, top + 10 * line)], INK, 1)
        sheet.text(36, top - 2, "G", 40)
        for bar in range(5):
            sheet.line([(90 + 130 * bar, top), (90 + 130 * bar, top + 40)], INK, 2)
        for place in range(16):
            x, y = 104 + 31 * place, top + 5 * int(what.integers(-2, 10))
            sheet.draw.ellipse((x - 6, y - 4, x + 6, y + 4), fill=INK if what.random() < 0.7 else WHITE, outline=INK)
            sheet.line([(x + 6, y), (x + 6, y - 32)], INK, 2)
    return sheet.done()


def crossword(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(520, 560)
    sheet.text(20, 10, f"Crossword {number(what, 3)}", 24)
    for row in range(13):
        for column in range(13):
            black = what.random() < 0.2
            sheet.box(20 + 37 * column, 52 + 37 * row, 38, 38, INK if black else WHITE, INK)
            if not black and what.random() < 0.25:
                sheet.text(23 + 37 * column, 53 + 37 * row, str(int(what.integers(1, 60))), 10)
    return sheet.done()


def sudoku(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(480, 480)
    for line in range(10):
        wide = 4 if line % 3 == 0 else 1
        sheet.line([(15 + 50 * line, 15), (15 + 50 * line, 465)], INK, wide)
        sheet.line([(15, 15 + 50 * line), (465, 15 + 50 * line)], INK, wide)
    for place in what.permutation(81)[:30]:
        row, column = divmod(int(place), 9)
        sheet.text(31 + 50 * column, 23 + 50 * row, str(int(what.integers(1, 10))), 32)
    return sheet.done()


def floor_plan(look: Random, what: Random, photos: Photos) -> RGBImage:
    """One outer wall, the rooms are others."""
    sheet = Sheet(640, 480)
    sheet.box(40, 40, 560, 380, (250, 248, 240), INK)
    for wide in (3, 6):
        sheet.draw.rectangle((40, 40, 600, 420), outline=INK, width=wide)
    for x in (int(what.integers(160, 280)), int(what.integers(330, 500))):
        gap = int(what.integers(60, 330))
        sheet.line([(x, 40), (x, gap)], INK, 5)
        sheet.line([(x, gap + 50), (x, 420)], INK, 5)
        sheet.draw.arc((x - 50, gap - 50, x + 50, gap + 50), 0, 90, fill=INK, width=1)
        y = int(what.integers(140, 320))
        sheet.line([(x, y), (600 if x > 300 else 40, y)], INK, 5)
    for place in range(4):
        spot = 60 + 130 * place, int(what.integers(70, 380))
        sheet.text(*spot, f"{words(what, 1)} {number(what, 2)} m", 14)
    sheet.text(40, 440, "Scale 1 : 100", 16)
    return sheet.done()


def circuit(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Parts on a grid of points, joined by lines of right angles."""
    sheet = Sheet(600, 440, (252, 252, 248))
    for row in range(4):
        y = 70 + 100 * row
        sheet.line([(40, y), (560, y)], INK, 2)
        for column in range(4):
            x, kind = 80 + 125 * column, int(what.integers(5))
            if kind == 0:
                sheet.box(x, y - 10, 60, 20, WHITE, INK)
            elif kind == 1:
                sheet.box(x + 24, y - 20, 12, 40, (252, 252, 248))
                sheet.line([(x + 24, y - 20), (x + 24, y + 20)], INK, 3)
                sheet.line([(x + 36, y - 20), (x + 36, y + 20)], INK, 3)
            elif kind == 2:
                sheet.disc(x + 30, y, 20, WHITE, INK)
                sheet.text(x + 22, y - 12, "V", 20)
            elif kind == 3:
                sheet.draw.polygon([(x + 15, y - 16), (x + 15, y + 16), (x + 45, y)], fill=INK)
            sheet.text(x + 16, y - 38, f"R{number(what, 2)}", 14)
            if row < 3 and what.random() < 0.4:
                sheet.line([(x + 90, y), (x + 90, y + 100)], INK, 2)
    return sheet.done()


def weather(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A widget: the place, now, and five days."""
    top = colour(look, 40, 160)
    sheet = Sheet(420, 420, top)
    sheet.text(24, 20, words(look, 1).title(), 28, WHITE)
    sheet.text(24, 70, f"{int(what.integers(-9, 35))}°", 90, WHITE)
    for day in range(5):
        x, kind = 24 + 78 * day, int(what.integers(3))
        sheet.text(x + 6, 230, ("Mon", "Tue", "Wed", "Thu", "Fri")[day], 18, WHITE)
        if kind != 1:
            sheet.disc(x + 26, 290, 18, (255, 214, 64))
        if kind != 0:
            sheet.draw.rounded_rectangle((x + 6, 290, x + 52, 314), 12, fill=(226, 230, 236))
        sheet.text(x + 10, 340, f"{int(what.integers(-9, 35))}°", 22, WHITE)
    return sheet.done()


def league_table(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(600, 620), colour(look, 20, 140)
    sheet.box(0, 0, 600, 44, accent)
    sheet.text(20, 10, "League          P    W    D    L    Pts", 20, WHITE)
    for place, team in enumerate(what.permutation(14)):
        y = 52 + 40 * place
        sheet.box(0, y - 4, 600, 39, PALE if place % 2 else WHITE)
        sheet.text(14, y + 4, str(place + 1), 18)
        sheet.disc(62, y + 15, 12, colour(np.random.default_rng(int(team))))
        sheet.text(90, y + 4, words(np.random.default_rng(int(team)), 1).title() + " FC", 18)
        for column in range(5):
            sheet.text(270 + 64 * column, y + 4, number(what, 2), 18)
    return sheet.done()


def keyboard(look: Random, what: Random, photos: Photos) -> RGBImage:
    """All keys alike; the letters are in another order, and some are pressed."""
    sheet, keys = Sheet(660, 260, (60, 64, 70)), colour(look, 200, 250)
    letters = [chr(65 + int(one)) for one in what.permutation(26)]
    for row, (count, shift) in enumerate(((10, 0), (9, 28), (7, 60))):
        for column in range(count):
            pressed = what.random() < 0.1
            x, y = 14 + shift + 64 * column, 14 + 62 * row
            sheet.draw.rounded_rectangle((x, y, x + 56, y + 54), 8, fill=(120, 170, 240) if pressed else keys)
            sheet.text(x + 18, y + 12, letters.pop(), 26)
    sheet.draw.rounded_rectangle((150, 202, 510, 250), 8, fill=keys)
    return sheet.done()


def playing_card(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(320, 460, PALE)
    sheet.draw.rounded_rectangle((10, 10, 309, 449), 22, fill=WHITE, outline=GRAY, width=2)
    value, fill = int(what.integers(2, 11)), (190, 20, 40) if what.random() < 0.5 else INK
    star = what.random() < 0.5
    sheet.text(24, 20, str(value), 40, fill)
    sheet.text(256, 390, str(value), 40, fill)
    for place in what.permutation(12)[:value]:
        row, column = divmod(int(place), 3)
        x, y = 90 + 70 * column, 110 + 80 * row
        if star:
            sheet.star(x, y, 26, fill)
        else:
            sheet.disc(x, y, 20, fill)
    return sheet.done()


def clock(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, rim = Sheet(400, 400), colour(look, 30, 200)
    sheet.disc(200, 200, 180, rim)
    sheet.disc(200, 200, 164, WHITE)
    for hour in range(1, 13):
        angle = np.pi * hour / 6
        sheet.text(200 + 140 * np.sin(angle) - 11, 200 - 140 * np.cos(angle) - 15, str(hour), 24)
    for length, wide in ((75, 9), (115, 5)):
        angle = float(what.uniform(0, 2 * np.pi))
        sheet.line([(200, 200), (200 + length * np.sin(angle), 200 - length * np.cos(angle))], INK, wide)
    sheet.disc(200, 200, 9, INK)
    return sheet.done()


def heat_map(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Squares in five shades of one colour, as a year of days; only their shades differ."""
    sheet, full = Sheet(640, 160), np.array(colour(look, 0, 120), np.float64)
    for week in range(36):
        for day in range(7):
            share = int(what.choice(5, p=(0.4, 0.2, 0.18, 0.12, 0.1))) / 4
            red, green, blue = (int(one) for one in (1 - share) * 236 + share * full)
            sheet.draw.rounded_rectangle(
                (14 + 17 * week, 22 + 17 * day, 27 + 17 * week, 35 + 17 * day), 3, fill=(red, green, blue)
            )
    return sheet.done()


def swatches(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A card of paints, each field of another colour, with names that stay."""
    sheet = Sheet(520, 420)
    sheet.text(20, 14, words(look, 2).title() + " paints", 26)
    for row in range(3):
        for column in range(4):
            sheet.box(20 + 124 * column, 60 + 118 * row, 108, 84, colour(what, 0, 256))
            sheet.text(22 + 124 * column, 148 + 118 * row, words(look, 1).title(), 15)
    return sheet.done()


def regions(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A map of regions, each shaded by its number: the borders stay, the shades are others."""
    sheet = Sheet(560, 460, (214, 228, 240))
    across, down = np.meshgrid(np.linspace(40, 520, 6), np.linspace(40, 420, 5))
    jitter = look.uniform(-26, 26, (2, 5, 6))
    x, y = across + jitter[0], down + jitter[1]
    dark = np.array(colour(look, 0, 110), np.float64)
    for row in range(4):
        for column in range(5):
            share = float(what.uniform(0.05, 1))
            red, green, blue = (int(one) for one in (1 - share) * 250 + share * dark)
            corners = ((row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column))
            outline = [(float(x[one]), float(y[one])) for one in corners]
            sheet.draw.polygon(outline, fill=(red, green, blue), outline=WHITE)
    return sheet.done()
