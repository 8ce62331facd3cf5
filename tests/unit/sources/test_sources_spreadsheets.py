"""Excel workbooks, written here by hand: sheets of paths and links, and files that were made to do harm."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from pictrace.errors import SourceError
from pictrace.service.uploads import Uploads
from pictrace.sources._workbook import open_workbook
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source
from pictrace.sources.spreadsheets import read_workbook, sheets_of

OFFICE = "http://schemas.openxmlformats.org"
RELATIONS = f"{OFFICE}/officeDocument/2006/relationships"
MAIN = f"{OFFICE}/spreadsheetml/2006/main"


def workbook(folder: Path, sheets: Mapping[str, str], name: str = "book.xlsx", encoding: str = "utf-8") -> Path:
    """A workbook of sheets that are given by the XML of their rows."""
    listed = "".join(f'<sheet name="{one}" sheetId="{n}" r:id="r{n}"/>' for n, one in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships">{related}'
        "</Relationships>",
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            for n, rows in enumerate(sheets.values(), 1)
        },
    }
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, xml in parts.items():
            archive.writestr(part, f'<?xml version="1.0" encoding="{encoding}"?>{xml}'.encode(encoding))
    return path


def rows_of(rows: Sequence[Sequence[object]], first: int = 1) -> str:
    def cell(place: str, value: object) -> str:
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
        if isinstance(value, (int, float)):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    return "".join(
        f'<row r="{n}">' + "".join(cell(f"{chr(65 + place)}{n}", one) for place, one in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, first)
    )


def test_a_sheet_names_pictures_with_what_it_says_of_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["path", "title", "year", "size", "ok"],
        ["a.png", "A & 図", 1872, 1.5, True],
        ["", "none"],
        [],
        ["b.png"],
    ]
    listing = list_source(str(workbook(tmp_path, {"Pictures": rows_of(rows, first=3), "Other": rows_of([["x"]])})))
    assert listing.items == (
        Item.of_file(tmp_path / "a.png", {"title": "A & 図", "year": "1872", "size": "1.5", "ok": "true"}),
        Item.of_file(tmp_path / "b.png"),
    )
    assert listing.columns == ("path", "title", "year", "size", "ok")
    assert [(one.address, one.reason) for one in listing.skipped] == [
        ("book.xlsx, Pictures, row 5", "It names no picture.")
    ]


def test_a_sheet_and_a_column_can_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Notes": rows_of([["x"]]), "List 2": rows_of([["url", "small"], ["a.png", "b.png"]])})
    assert [item.source.title for item in list_source(str(path), table=" list 2").items] == ["a.png"]
    assert [item.source.title for item in list_source(str(path), table="List 2", column="small").items] == ["b.png"]
    with pytest.raises(SourceError, match=r"no sheet named 'none' \(it has: Notes, List 2\)"):
        list_source(str(path), table="none")
    with pytest.raises(SourceError, match=r"no column named like 'path'"):
        list_source(str(path))
    assert [(one.name, one.columns, one.rows) for one in sheets_of(path)] == [
        ("Notes", ("x",), 0),
        ("List 2", ("url", "small"), 1),
    ]


def test_an_uploaded_workbook_offers_its_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"A": rows_of([["url"], ["https://x.example/a.png"]]), "B": rows_of([["x"]]), "C": ""})
    intake = Uploads()
    handed = intake.take("1", "Mine.xlsx", memoryview(path.read_bytes()))
    assert [one.name for one in intake.tables(handed)] == ["A", "B"]
    assert [item.url for item in intake.listing(handed, table="A").items] == ["https://x.example/a.png"]


def test_a_workbook_is_one_by_its_name_and_else_an_archive(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"A": rows_of([["a.png"]])})
    assert len(list_source(str(path)).items) == 1
    assert list_source(str(path.rename(tmp_path / "book.zip"))).items == ()


FAR_CORNERS = {
    "references": rows_of([["path"]]) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "other marks": rows_of([["path"]]) + "<row r='1048576'><x:c s='1'r = 'xfd1048576'><v>1</v></x:c></row>",
    "no references": f"<row>{'<c><v>1</v></c>' * 5000}</row>{'<row><c><v>1</v></c></row>' * 5000}",
    "no such column": f'<row r="1"><c r="{"A" * 20}1"><v>1</v></c></row>',
    "no such row": f'<row r="1"><c r="A{"9" * 30}"><v>1</v></c></row>',
}


@pytest.mark.parametrize("name", FAR_CORNERS)
def test_a_sheet_that_is_laid_out_too_large_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than 10,000,000 cells"):
        list_source(str(workbook(tmp_path, {"A": FAR_CORNERS[name]})))


def test_cells_without_references_are_read(tmp_path: Path) -> None:
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    rows = "".join(f"<row>{text.format(one)}</row>" for one in ("path", "a.png"))
    assert [item.source.title for item in list_source(str(workbook(tmp_path, {"A": rows}))).items] == ["a.png"]


def test_what_would_inflate_too_far_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"A": " " * 2**21})
    assert path.stat().st_size < 10_000
    with pytest.raises(SourceError, match="inflates to more than 1 MB"), open_workbook(path, max_xml_bytes=2**20):
        pass


def test_other_encodings_hide_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not written in UTF-8"):
        list_source(str(workbook(tmp_path, {"A": FAR_CORNERS["references"]}, encoding="utf-16")))


@pytest.mark.parametrize("data", [b"", b"PK\3\4 and no more", b"\xd0\xcf\x11\xe0" + bytes(600), b"a,b\n"])
def test_what_is_no_workbook_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(data)
    with pytest.raises(SourceError, match=r"no Excel workbook|is damaged"):
        list_source(str(tmp_path / "book.xlsx"))


def test_a_workbook_without_sheets_and_one_of_many_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column named like"):
        list_source(str(workbook(tmp_path, {"A": ""})))
    path = workbook(tmp_path, {"A": rows_of([["path"], *[["a.png"]] * 3])})
    assert len(read_workbook(path, max_rows=3).items) == 3
    with pytest.raises(SourceError, match="more than 2 rows"):
        read_workbook(path, max_rows=2)
