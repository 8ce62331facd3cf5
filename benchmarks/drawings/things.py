"""Things, charts and patterns: shirts, bottles, stars, boards, maps, icons, bricks, gradients."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.drawings.canvas import INK, Random, Sheet, colour, number, words
from pictrace.images.pixels import RGBImage

__all__ = [
    "bar_chart",
    "board",
    "bottle",
    "bricks",
    "flag",
    "gradient",
    "icon",
    "line_chart",
    "line_drawing",
    "map_of_streets",
    "pie_chart",
    "scatter",
    "shirt",
    "star_chart",
    "tiles",
]

Photos = Sequence[RGBImage]
GRAY = (150, 156, 164)
WHITE = (255, 255, 255)


def _axes(look: Random) -> Sheet:
    sheet = Sheet(640, 440)
    sheet.text(180, 12, words(look, 2).title() + " by year", 24)
    for row in range(6):
        sheet.line([(70, 70 + 60 * row), (610, 70 + 60 * row)], (222, 224, 228), 1)
        sheet.text(30, 60 + 60 * row, str(100 - 20 * row), 15)
    sheet.line([(70, 60), (70, 370), (610, 370)])
    for column in range(9):
        sheet.text(84 + 60 * column, 380, str(2012 + column), 14)
    return sheet


def bar_chart(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, fill = _axes(look), colour(look)
    for column in range(9):
        high = float(what.uniform(20, 290))
        sheet.box(84 + 60 * column, 370 - high, 36, high, fill)
    return sheet.done()


def line_chart(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = _axes(look)
    for fill in (colour(look), colour(look)):
        heights = np.clip(np.cumsum(what.normal(0, 45, 9)) + 220, 70, 360)
        sheet.line([(100 + 60 * column, float(high)) for column, high in enumerate(heights)], fill, 4)
    return sheet.done()


def scatter(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, fill = _axes(look), colour(look)
    for _ in range(60):
        sheet.disc(float(what.uniform(80, 600)), float(what.uniform(70, 360)), 4, fill)
    return sheet.done()


def pie_chart(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, angle = Sheet(560, 400), -90.0
    sheet.text(180, 12, words(look, 2).title(), 24)
    fills = [colour(look) for _ in range(5)]
    for place, share in enumerate(what.dirichlet(np.ones(5) * 3)):
        sheet.draw.pieslice((60, 60, 360, 360), angle, angle + 360 * float(share), fill=fills[place])
        angle += 360 * float(share)
        sheet.box(400, 110 + 40 * place, 20, 20, fills[place])
        sheet.text(430, 110 + 40 * place, f"{100 * share:.0f} %", 18)
    return sheet.done()


def star_chart(look: Random, what: Random, photos: Photos) -> RGBImage:
    """The night sky as a chart: a ring, and stars wherever."""
    sheet = Sheet(520, 520, (10, 14, 40))
    sheet.disc(260, 260, 240, None, (90, 100, 150))
    for _ in range(int(look.integers(20, 60))):
        angle, away = float(what.uniform(0, 6.28)), 225 * float(what.random()) ** 0.5
        radius = float(what.uniform(1.5, 4))
        sheet.disc(260 + away * np.cos(angle), 260 + away * np.sin(angle), radius, (255, 250, 220))
    return sheet.done()


def shirt(look: Random, what: Random, photos: Photos) -> RGBImage:
    """On white, with a print."""
    sheet, cloth = Sheet(500, 520), colour(look, 30, 230)
    outline = [(150, 70), (210, 50), (290, 50), (350, 70), (450, 150), (405, 215), (360, 180), (360, 470)]
    outline += [(140, 470), (140, 180), (95, 215), (50, 150)]
    sheet.draw.polygon(outline, fill=cloth)
    sheet.draw.arc((205, 20, 295, 95), 20, 160, fill=INK, width=3)
    fill, kind = colour(what), int(what.integers(4))
    while sum(abs(one - other) for one, other in zip(fill, cloth, strict=True)) < 150:
        fill = colour(what, 0, 256)
    if kind == 0:
        sheet.disc(250, 260, float(what.uniform(30, 75)), fill)
    elif kind == 1:
        sheet.star(250, 260, float(what.uniform(40, 85)), fill)
    elif kind == 2:
        sheet.text(165, 225, words(what, 1).upper(), 40, fill)
    else:
        for row in range(int(what.integers(2, 6))):
            sheet.box(150, 180 + 40 * row, 200, 18, fill)
    return sheet.done()


def bottle(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, glass = Sheet(300, 640), colour(look, 20, 120)
    sheet.box(125, 40, 50, 150, glass)
    sheet.draw.rounded_rectangle((80, 160, 220, 610), 36, fill=glass)
    sheet.box(80, 300, 140, 200, (245, 240, 225))
    sheet.text(96, 320, words(what, 1).title(), 26)
    sheet.star(150, 410, 30, colour(what))
    sheet.text(112, 460, f"20{number(what, 2)}", 24)
    return sheet.done()


def board(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A chess board with pieces as letters on discs."""
    sheet, dark, light = Sheet(480, 480), colour(look, 60, 150), colour(look, 200, 245)
    for place in range(64):
        row, column = divmod(place, 8)
        sheet.box(60 * column, 60 * row, 60, 60, dark if (row + column) % 2 else light)
    for place in what.permutation(64)[: int(what.integers(8, 28))]:
        row, column = divmod(int(place), 8)
        white = what.random() < 0.5
        sheet.disc(60 * column + 30, 60 * row + 30, 22, WHITE if white else INK, INK)
        sheet.text(60 * column + 21, 60 * row + 17, "KQRBNP"[int(what.integers(6))], 24, INK if white else WHITE)
    return sheet.done()


def map_of_streets(look: Random, what: Random, photos: Photos) -> RGBImage:
    """One style; the streets are others."""
    sheet = Sheet(600, 600, (234, 232, 224))
    for _ in range(3):
        x, y = float(what.uniform(0, 500)), float(what.uniform(0, 500))
        sheet.draw.ellipse((x, y, x + what.uniform(60, 200), y + what.uniform(60, 200)), fill=(200, 222, 190))
    for wide in (14,) * 4 + (7,) * 10:
        ends = [tuple(float(one) for one in what.uniform(-50, 650, 2)) for _ in range(2)]
        sheet.line([(x, y) for x, y in ends], WHITE if wide < 10 else (250, 214, 120), wide)
    for _ in range(8):
        sheet.text(float(what.uniform(0, 500)), float(what.uniform(0, 580)), words(what, 1).title(), 14)
    sheet.box(10, 10, 34, 70, WHITE, GRAY)
    sheet.text(20, 14, "+", 22)
    sheet.text(22, 46, "-", 22)
    sheet.text(440, 580, "(c) street data", 13, GRAY)
    return sheet.done()


def icon(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A rounded square with a sign of its own."""
    sheet, ground = Sheet(256, 256), colour(look)
    sheet.draw.rounded_rectangle((12, 12, 244, 244), 50, fill=ground)
    for _ in range(int(what.integers(1, 4))):
        x, y, size = (float(one) for one in what.uniform((60, 60, 16), (196, 196, 55)))
        kind = int(what.integers(4))
        if kind == 0:
            sheet.disc(x, y, size, WHITE)
        elif kind == 1:
            sheet.star(x, y, size, WHITE)
        elif kind == 2:
            sheet.box(x - size, y - size / 3, 2 * size, size / 1.5, WHITE)
        else:
            sheet.line([(x - size, y - size), (x + size, y + size)], WHITE, 12)
    return sheet.done()


def bricks(look: Random, what: Random, photos: Photos) -> RGBImage:
    """A wall of equal bricks; their shades are others."""
    sheet = Sheet(560, 400, (190, 186, 178))
    for row in range(10):
        for column in range(-1, 8):
            shade = int(what.integers(-30, 30))
            sheet.box(80 * column + 40 * (row % 2) + 3, 40 * row + 3, 74, 34, (160 + shade, 80 + shade, 60 + shade))
    return sheet.done()


def tiles(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Truchet's tiles: quarter arcs, each turned one way or the other."""
    sheet, fill = Sheet(480, 480), colour(look)
    for row in range(8):
        for column in range(8):
            x, y = 60 * column, 60 * row
            corners = ((0, 0), (60, 60)) if what.random() < 0.5 else ((60, 0), (0, 60))
            cut = Sheet(60, 60)
            for across, down in corners:
                cut.disc(across, down, 34, fill)
                cut.disc(across, down, 26, WHITE)
            sheet.image.paste(cut.image, (x, y))
    return sheet.done()


def flag(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Three stripes, and a sign."""
    sheet, upright = Sheet(540, 360), look.random() < 0.5
    for place in range(3):
        fill = colour(what, 0, 256)
        sheet.box(*((180 * place, 0, 180, 360) if upright else (0, 120 * place, 540, 120)), fill)
    if what.random() < 0.5:
        sheet.star(270, 180, 50, colour(what, 0, 256))
    return sheet.done()


def gradient(look: Random, what: Random, photos: Photos) -> RGBImage:
    """From one colour to another, with a line of words."""
    ends = [np.array(colour(what, 0, 256), np.float64) for _ in range(2)]
    share = np.linspace(0, 1, 400)[:, None, None]
    ground = np.broadcast_to(ends[0] * (1 - share) + ends[1] * share, (400, 600, 3)).round().astype(np.uint8)
    sheet = Sheet(600, 400)
    sheet.image.frombytes(ground.tobytes())
    sheet.text(120, 170, words(what, 2).title(), 44, WHITE)
    return sheet.done()


def line_drawing(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Curves on paper, within a plan's border and title block."""
    sheet = Sheet(600, 450, (252, 252, 248))
    sheet.box(12, 12, 576, 426, None, INK)
    sheet.box(400, 380, 188, 58, None, INK)
    sheet.text(410, 390, f"Plan {number(what, 4)}", 18)
    canvas = np.array(sheet.image)
    for _ in range(6):
        points = np.cumsum(what.normal(0, 60, (6, 2)), axis=0) + what.uniform(100, 330, 2)
        curve = cv2.GaussianBlur(np.repeat(points, 12, axis=0), (1, 31), 0, borderType=cv2.BORDER_REPLICATE)
        inside = np.clip(curve, 20, (570, 370)).round().astype(np.int32)
        cv2.polylines(canvas, [inside.reshape(-1, 1, 2)], False, INK, 2, cv2.LINE_AA)
    return np.ascontiguousarray(canvas)
