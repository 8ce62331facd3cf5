"""Papers: text, forms, invoices, tables, calendars, cards, codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.drawings.canvas import INK, Random, Sheet, colour, number, words
from pictrace.images.pixels import RGBImage

__all__ = [
    "barcode",
    "business_card",
    "calendar",
    "certificate",
    "code",
    "form",
    "invoice",
    "receipt",
    "slide",
    "table",
    "text_page",
]

Photos = Sequence[RGBImage]
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
GRAY = (150, 156, 164)


def text_page(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(620, 877)
    sheet.text(60, 50, "Annual report" if look.random() < 0.5 else "Minutes of the meeting", 26)
    for line in range(34):
        if line % 9 == 8:
            continue
        sheet.text(60, 110 + 21 * line, words(what, int(what.integers(8, 11)))[:68], 14)
    sheet.text(300, 840, number(what, 2), 12)
    return sheet.done()


def invoice(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(620, 877), colour(look)
    sheet.box(0, 0, 620, 70, accent)
    sheet.text(40, 20, "INVOICE", 30, (255, 255, 255))
    sheet.text(420, 90, f"No. {number(what, 6)}", 16)
    sheet.text(420, 115, f"2024-0{what.integers(1, 10)}-1{what.integers(0, 10)}", 16)
    sheet.text(40, 90, "Bill to:", 14, GRAY)
    for line in range(3):
        sheet.text(40, 112 + 20 * line, words(what, 2).title(), 15)
    rows = int(look.integers(5, 9))
    for row in range(rows + 1):
        y = 220 + 44 * row
        sheet.line([(40, y + 34), (580, y + 34)], GRAY, 1)
        names = (
            ("Item", "Qty", "Price")
            if row == 0
            else (words(what, 2), number(what, 1), f"{number(what, 3)}.{number(what, 2)}")
        )
        for x, text in zip((44, 360, 480), names, strict=True):
            sheet.text(x, y + 8, text, 15)
    sheet.text(360, 720, "Total", 22)
    sheet.text(460, 720, f"{number(what, 4)}.{number(what, 2)}", 22)
    sheet.text(40, 830, "Payable within 30 days. Thank you for your business.", 12, GRAY)
    return sheet.done()


def receipt(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(330, 760, (248, 246, 240))
    sheet.text(80, 24, "CORNER SHOP", 24)
    sheet.text(90, 56, "12 Harbour Street", 14)
    for line in range(int(look.integers(12, 18))):
        sheet.text(24, 100 + 30 * line, words(what, 1), 16)
        sheet.text(240, 100 + 30 * line, f"{number(what, 2)}.{number(what, 2)}", 16)
    sheet.line([(20, 660), (310, 660)])
    sheet.text(24, 680, "TOTAL", 22)
    sheet.text(220, 680, f"{number(what, 3)}.{number(what, 2)}", 22)
    return sheet.done()


def form(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet = Sheet(620, 800)
    sheet.text(40, 30, "Application form", 28)
    labels = ("Name", "Street", "Town", "Born", "Telephone", "Occupation", "Account", "Remarks")
    for row, label in enumerate(labels):
        y = 100 + 76 * row
        sheet.text(40, y, label, 14, GRAY)
        sheet.box(40, y + 20, 540, 40, None, INK)
        entry = number(what, 9) if label in ("Telephone", "Account", "Born") else words(what, int(what.integers(1, 4)))
        sheet.text(52, y + 28, entry, 20, (20, 40, 140))
    for place in range(4):
        sheet.box(40 + 140 * place, 730, 22, 22, None, INK)
        sheet.text(70 + 140 * place, 732, ("new", "moved", "married", "other")[place], 14)
    chosen = 40 + 140 * int(what.integers(4))
    sheet.line([(chosen + 3, 733), (chosen + 18, 748)])
    sheet.line([(chosen + 18, 733), (chosen + 3, 748)])
    return sheet.done()


def table(look: Random, what: Random, photos: Photos) -> RGBImage:
    columns, rows, head = int(look.integers(4, 7)), int(look.integers(8, 14)), colour(look)
    wide, high = 640 // columns, 480 // (rows + 1)
    sheet = Sheet(640, 480)
    for row in range(rows + 1):
        fill = head if row == 0 else ((240, 243, 246) if row % 2 else (255, 255, 255))
        sheet.box(0, row * high, 640, high, fill)
        for column in range(columns):
            text = f"Col {column + 1}" if row == 0 else number(what, 4) if column else words(what, 1)
            sheet.text(column * wide + 10, row * high + high / 2 - 9, text, 15, (255, 255, 255) if row == 0 else INK)
    for column in range(1, columns):
        sheet.line([(column * wide, 0), (column * wide, 480)], GRAY, 1)
    return sheet.done()


def calendar(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(640, 560), colour(look)
    sheet.text(24, 16, f"{MONTHS[int(what.integers(11))]} 20{number(what, 2)}", 30, accent)
    first = int(what.integers(7))
    for column, name in enumerate(DAYS):
        sheet.text(24 + 86 * column, 66, name, 14, GRAY)
    for row in range(6):
        for column in range(7):
            sheet.box(18 + 86 * column, 90 + 76 * row, 87, 77, None, GRAY)
            day = row * 7 + column - first + 1
            if 1 <= day <= 31:
                sheet.text(24 + 86 * column, 94 + 76 * row, str(day), 16)
                if what.random() < 0.2:
                    sheet.box(24 + 86 * column, 122 + 76 * row, 72, 20, accent)
                    sheet.text(28 + 86 * column, 124 + 76 * row, words(what, 1), 12, (255, 255, 255))
    return sheet.done()


def business_card(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(600, 340), colour(look)
    sheet.box(0, 0, 24, 340, accent)
    sheet.disc(500, 90, 46, accent)
    sheet.text(440, 150, "NORTHWIND LTD", 16, accent)
    sheet.text(60, 100, words(what, 2).title(), 32)
    sheet.text(60, 146, words(what, 1).title() + " manager", 18, GRAY)
    sheet.text(60, 230, f"+44 {number(what, 3)} {number(what, 6)}", 18)
    sheet.text(60, 258, f"{words(what, 1)}@northwind.example", 18)
    return sheet.done()


def certificate(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(700, 500, (252, 249, 238)), colour(look)
    for inset in (14, 20, 34):
        sheet.box(inset, inset, 700 - 2 * inset, 500 - 2 * inset, None, accent)
    sheet.text(190, 80, "CERTIFICATE", 52, accent)
    sheet.text(250, 160, "This is to certify that", 20)
    sheet.text(200, 220, words(what, 2).title(), 42)
    sheet.text(220, 300, f"has completed the course in {words(what, 1)}", 18)
    sheet.text(90, 410, f"2023-1{what.integers(0, 3)}-0{what.integers(1, 10)}", 18)
    sheet.star(580, 400, 48, accent)
    return sheet.done()


def slide(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, accent = Sheet(800, 450), colour(look)
    sheet.box(0, 0, 800, 84, accent)
    sheet.text(36, 22, words(what, 3).title(), 36, (255, 255, 255))
    for line in range(int(what.integers(3, 6))):
        sheet.disc(60, 138 + 54 * line, 5, accent)
        sheet.text(82, 124 + 54 * line, words(what, int(what.integers(3, 7))), 24)
    sheet.text(30, 420, "Northwind, confidential", 14, GRAY)
    sheet.text(750, 420, number(what, 2), 14, GRAY)
    return sheet.done()


def code(look: Random, what: Random, photos: Photos) -> RGBImage:
    """Squares with three finder patterns, as QR codes have; no readable code."""
    modules = int(look.choice([25, 29, 33, 37]))
    grid = what.random((modules, modules)) < 0.5
    for top, left in ((0, 0), (0, modules - 7), (modules - 7, 0)):
        rows, columns = slice(max(0, top - 1), top + 8), slice(max(0, left - 1), left + 8)
        grid[rows, columns] = False
        grid[top : top + 7, left : left + 7] = True
        grid[top + 1 : top + 6, left + 1 : left + 6] = False
        grid[top + 2 : top + 5, left + 2 : left + 5] = True
    side = 480 // modules
    plane = np.where(np.kron(grid, np.ones((side, side), bool)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(np.pad(plane, 4 * side, constant_values=255)[..., None], 3, axis=2))


def barcode(look: Random, what: Random, photos: Photos) -> RGBImage:
    sheet, x = Sheet(500, 300), 40
    while x < 455:
        wide = int(what.integers(1, 5)) * 2
        sheet.box(x, 30, wide, 200, (0, 0, 0))
        x += wide + int(what.integers(1, 5)) * 2
    sheet.text(110, 244, " ".join(number(what, 12)), 24)
    return sheet.done()
