"""Excel's workbooks, opened within limits.

python-calamine (0.9: one file of 2.3 MB, wheels for Linux, macOS and Windows on Python 3.11 to 3.14) reads them fast,
but trusts them: it inflates what it meets, and lays a sheet out as one rectangle, so that a cell in the last row and
one in the last column ask for 17,000 million. So what it gets is a copy, made here, whose size and corners are known.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from pictrace.errors import SourceError
from pictrace.sources._zip_layout import count_entries
from pictrace.told import told

__all__ = ["cells_of", "open_workbook", "sheet_names"]

MAX_PARTS = 10_000
MAX_XML_BYTES = 128 * 1024**2  # all parts together, inflated
MAX_CELLS = 10_000_000
PIECE_BYTES = 1 << 20
_REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']\s*([A-Za-z]*)([0-9]*)""")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextmanager
def open_workbook(path: Path, *, max_xml_bytes: int = MAX_XML_BYTES) -> Iterator[CalamineWorkbook]:
    """A workbook to read; SourceError for whatever is wrong with it while it is open.

    Parameters
    ----------
    max_xml_bytes
        Of all its parts together, inflated.
    """
    try:
        yield CalamineWorkbook.from_filelike(_bounded_copy(path, max_xml_bytes))
    except (CalamineError, *_BROKEN) as error:
        raise SourceError(
            told("{path} is damaged or no Excel workbook ({error}). Save it again as .xlsx.", path=path, error=error)
        ) from error
    except BaseException as error:
        # A panic in Rust is no Exception, and of no class that can be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise SourceError(told("{path} is damaged. Save it again as .xlsx.", path=path)) from error


def sheet_names(book: CalamineWorkbook) -> list[str]:
    """The sheets that hold cells, in their order."""
    return [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]


def _bounded_copy(path: Path, max_xml_bytes: int) -> io.BytesIO:
    """The XML of a workbook, stored, in an archive of our own."""
    copy = io.BytesIO()
    left = max_xml_bytes
    cells = 0
    with path.open("rb") as file:
        if count_entries(file, MAX_PARTS) > MAX_PARTS:
            raise SourceError(
                told("{path} has more than {most:,} parts. Save the sheet as CSV.", path=path, most=MAX_PARTS)
            )
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
            for name in dict.fromkeys(archive.namelist()[:MAX_PARTS]):
                if not name.lower().endswith((".xml", ".rels")):
                    continue  # pictures, programs, printers' settings
                with archive.open(name) as entry:
                    data = entry.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise SourceError(
                        told(
                            "{path} inflates to more than {most} MB. Save the sheet as CSV.",
                            path=path,
                            most=max_xml_bytes // 1024**2,
                        )
                    )
                if b"\0" in data:  # UTF-16, in which nothing could be found here
                    raise SourceError(
                        told("{path} is not written in UTF-8, as workbooks are. Save it again as .xlsx.", path=path)
                    )
                cells += _area(data)
                if cells > MAX_CELLS:
                    raise SourceError(
                        told(
                            "{path} spreads over more than {most:,} cells. Delete what lies far from the table, or "
                            "save the "
                            "sheet as CSV.",
                            path=path,
                            most=MAX_CELLS,
                        )
                    )
                target.writestr(name, data)
    copy.seek(0)
    return copy


def _area(xml: bytes) -> int:
    """At most how many cells the rectangle around all cells of a sheet has; 0 for other parts."""
    column = row = references = cells = rows = widest = 0
    for piece in _pieces(xml):
        found = _REFERENCE.findall(piece)
        named = {letters for letters, _ in found}
        references += sum(1 for letters, _ in found if letters)
        column = max(column, *map(_column, named)) if named else column
        row = max((row, *(int(digits[:9]) for _, digits in found if digits)))
        cells += len(_CELL.findall(piece))
        rows += len(_ROW.findall(piece))
    if references < cells:  # those without one follow each other
        widest = max(len(_CELL.findall(one)) for one in _ROW.split(xml))
    return (column + widest) * (row + rows if references < cells or not row else row)


def _pieces(xml: bytes) -> Iterator[bytes]:
    """Pieces that end before a tag begins."""
    start = 0
    while start < len(xml):
        end = xml.find(b"<", start + PIECE_BYTES)
        end = len(xml) if end < 0 else end
        yield xml[start:end]
        start = end


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:6]:
        number = number * 26 + letter - 64
    return number


def cells_of(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet that are not empty: the number that Excel shows, and the cells as texts."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_text(one) for one in row]
        if any(cells):
            yield number, cells


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value).strip()
