"""Tables as people save them: whatever their columns, delimiters and encodings are."""

from __future__ import annotations

import csv
import time
import unicodedata
from pathlib import Path

import pytest

from pictrace.errors import SourceError
from pictrace.sources.base import Listing
from pictrace.sources.listing import list_source
from pictrace.sources.tables import read_table


def table(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def names(listing: Listing) -> list[str]:
    return [item.url or item.source.title for item in listing.items]


# Columns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        *("path", "FILE", "filename", "File Name", "file_path", "Image", "image_path", "Image Path", "img", "photo"),
        *("picture", "url", "URL", "link", "href", "src", "image_url", "Image-URL", "thumbnail_url", " thumb "),
    ],
)
def test_usual_names_are_known(column: str, tmp_path: Path) -> None:
    listing = list_source(str(table(tmp_path, f"title,{column}\nSunrise,a.png\n")))
    assert names(listing) == ["a.png"]
    assert listing.column == column.strip()
    assert listing.items[0].source.metadata == {"title": "Sunrise"}
    assert listing.items[0].from_table


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("filename,url\nDSC1.jpg,http://x.example/1.jpg\n", "url", "http://x.example/1.jpg"),
        ("url,image\nhttp://x.example/page,http://x.example/1.jpg\n", "image", "http://x.example/1.jpg"),
        ("thumbnail_url,image_url\nhttp://x.example/t,http://x.example/i\n", "image_url", "http://x.example/i"),
        ("path,url\n,http://x.example/1.jpg\n", "url", "http://x.example/1.jpg"),
        ("image,path\na portrait,a.png\n", "path", "a.png"),
    ],
)
def test_of_several_the_one_that_holds_pictures_counts(text: str, column: str, expected: str, tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, text))
    assert (listing.column, names(listing)) == (column, [expected])


def test_the_values_decide_where_no_name_does(tmp_path: Path) -> None:
    path = table(tmp_path, "artist,werk,page\nDürer,hase.JPG,http://x.example/1\nKlee,,http://x.example/2\n")
    assert read_table(path).column == "werk"
    path = table(tmp_path, "artist,where\nDürer,https://x.example/1?id=2\nKlee,\n")
    assert read_table(path).column == "where"


def test_the_guess_can_be_corrected(tmp_path: Path) -> None:
    path = table(tmp_path, "url,Small Picture\nhttp://x.example/large.jpg,s.png\n,\n")
    listing = read_table(path, column="small_picture")
    assert (listing.column, names(listing)) == ("Small Picture", ["s.png"])
    assert listing.items[0].source.metadata == {"url": "http://x.example/large.jpg"}
    assert list_source(str(path), column=" Small Picture ") == listing
    with pytest.raises(SourceError, match=r"no column named 'small' \(it has: url, Small Picture\)"):
        read_table(path, column="small")


def test_a_table_without_a_heading_loses_no_row(tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, "cat,a.png\ndog,b.png\n"))
    assert (listing.column, names(listing)) == ("column 2", ["a.png", "b.png"])
    assert listing.items[1].source.metadata == {"column 1": "dog"}


# Forms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_guessed_by_the_count_of_cells(delimiter: str, tmp_path: Path) -> None:
    rows = [["path", "note", "size"], ["a.png", "one, two; three | four", "1,5"], ["b.png", "x,y", "2,5"]]
    path = tmp_path / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    listing = read_table(path)
    assert names(listing) == ["a.png", "b.png"]
    assert listing.items[0].source.metadata == {"note": "one, two; three | four", "size": "1,5"}
    assert read_table(path, delimiter=delimiter) == listing


def test_links_with_commas_stay_whole_in_a_table_of_one_column(tmp_path: Path) -> None:
    links = ["https://x.example/a,b;c.jpg", "https://x.example/w_1,h_2/d.jpg", "https://x.example/e|f.jpg"]
    assert names(read_table(table(tmp_path, "url\n" + "\n".join(links)))) == links


def test_a_delimiter_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    for delimiter in ("", "::", "\n", '"'):
        with pytest.raises(SourceError, match="cannot be a delimiter"):
            read_table(table(tmp_path, "path\na.png\n"), delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings_are_guessed(encoding: str, tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, "path,artist\nHäschen €.png,Dürer\n", encoding=encoding))
    assert names(listing) == ["Häschen €.png"]
    assert listing.items[0].source.metadata == {"artist": "Dürer"}


def test_the_encoding_can_be_given(tmp_path: Path) -> None:
    path = table(tmp_path, "path\n図.png\n", encoding="shift_jis")
    assert names(read_table(path, encoding="shift_jis")) == ["図.png"]
    assert names(read_table(path)) != ["図.png"]  # nobody can guess it
    for encoding, problem in (("ascii", "not ascii text"), ("klingon", "no encoding that is known")):
        with pytest.raises(SourceError, match=problem):
            read_table(path, encoding=encoding)


OTHER_SCRIPTS = {
    "gb18030": ("猫狗", "北京的秋天"),
    "cp932": ("猫と犬", "東京のよる"),
    "big5hkscs": ("貓", "臺北的秋天"),
    "cp949": ("고양이", "서울의 가을"),
    "cp1251": ("кошка", "Осень в Москве"),
}


@pytest.mark.parametrize("encoding", OTHER_SCRIPTS)
def test_other_scripts_are_guessed_from_a_dozen_rows(encoding: str, tmp_path: Path) -> None:
    name, title = OTHER_SCRIPTS[encoding]
    text = "path,title\n" + "".join(f"{name}{number}.jpg,{title}\n" for number in range(12))
    listing = read_table(table(tmp_path, text, encoding=encoding))
    assert listing.encoding == encoding
    assert listing.encoding_is_guess
    assert names(listing)[3] == f"{name}3.jpg"
    assert listing.items[0].source.metadata == {"title": title}


@pytest.mark.parametrize("encoding", [*OTHER_SCRIPTS, "cp1253", "cp1250", "cp1252", "cp437", "mac_roman"])
def test_the_reading_whose_files_are_there_wins(encoding: str, tmp_path: Path) -> None:
    name = OTHER_SCRIPTS.get(encoding, ({"cp1250": "ł", "cp1253": "γάτα"}.get(encoding, "é"), ""))[0]
    (tmp_path / "sub").mkdir()
    (tmp_path / f"sub/{name}.jpg").touch()
    listing = read_table(table(tmp_path, f"n;path\n1;sub/{name}.jpg\n", encoding=encoding))
    assert listing.items[0].path is not None
    assert listing.items[0].path.exists()
    (tmp_path / "list.txt").write_bytes(f"sub/{name}.jpg\n".encode(encoding))
    assert list_source(str(tmp_path / "list.txt")).items[0].source.address == str(tmp_path / f"sub/{name}.jpg")


def test_western_texts_stay_western(tmp_path: Path) -> None:
    for text in ("niño.jpg;Año nuevo\ncafé.jpg;Déjà vu à l'été\n", "Häuser.jpg;Straße, fünf Vögel\n" * 40):
        assert read_table(table(tmp_path, "path;title\n" + text, encoding="cp1252")).encoding == "cp1252"


def test_an_encoding_does_not_tell_which_files_are_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "猫.jpg").touch()
    inner = tmp_path / "inner"
    inner.mkdir()
    for place in ("..", str(tmp_path)):
        told = read_table(table(inner, f"path\n{place}/猫.jpg\n", encoding="gb18030")).encoding
        (tmp_path / "猫.jpg").rename(tmp_path / "x.jpg")
        assert read_table(inner / "table.csv").encoding == told
        (tmp_path / "x.jpg").rename(tmp_path / "猫.jpg")


def test_excels_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    listing = list_source(str(table(tmp_path, 'sep=#\r\nnote#path\r\na, b; c#a.png\r\n"open\r\n')))
    assert (listing.column, listing.columns, names(listing)) == ("path", ("note", "path"), ["a.png"])
    assert listing.items[0].source.metadata == {"note": "a, b; c"}
    assert [one.address for one in listing.skipped] == ["table.csv, line 4"]


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "path\na.png\n".encode("utf-16-le")])
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="is not text"):
        list_source(str(path))


# Rows ----------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        f'path,note\n{"x" * 200_000},long\nftp://x.example/a.png,\n"data:image/png;base64,AA",\n"a\nb.png",\nc.png,fine\n',
    )
    listing = read_table(path)
    assert names(listing) == ["c.png"]
    assert [(one.address.split(", ")[1], one.reason.split(". ")[0]) for one in listing.skipped] == [
        ("line 2", "Its path or link has 200000 characters; 8192 is the most."),
        ("line 3", "'ftp://x.example/a.png' is neither a path nor a link that starts with http://, https:// or s3://."),
        (
            "line 4",
            "'data:image/png;base64,AA' is neither a path nor a link that starts with http://, https:// or s3://.",
        ),
        ("line 6", "Its path or link holds a line break"),
    ]


def test_paths_of_other_systems_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a b.png").touch()
    (tmp_path / unicodedata.normalize("NFD", "café.png")).touch()
    (tmp_path / "odd\\name.png").touch()
    rows = [
        ".\\sub\\a b.png",
        "file://" + str(tmp_path / "sub/a%20b.png"),
        f"FILE://localhost{tmp_path}/sub/a b.png",
        unicodedata.normalize("NFC", "café.png"),
        "odd\\name.png",
    ]
    listing = read_table(table(tmp_path, "path\n" + "\n".join(rows) + "\nfile://host/a.png\nfile:///a%00.png\n"))
    assert all(item.path is not None and item.path.exists() for item in listing.items)
    assert len(listing.items) == 5
    assert [one.reason[:27] for one in listing.skipped] == [
        "'file://host/a.png' is neit",
        "Its path holds a NUL charac",
    ]


def test_which_files_there_are_is_not_told_by_a_path(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = table(tmp_path / "inner", "path\n../" + unicodedata.normalize("NFC", "é.png") + "\n..\\x.png\n")
    before = read_table(path)
    (tmp_path / unicodedata.normalize("NFD", "é.png")).touch()
    (tmp_path / "x.png").touch()
    assert read_table(path) == before


@pytest.mark.parametrize("heading", ["image1,image2,image3", "Image 1,Image 2,Image 10", "bild_01,bild_02,bild_03"])
def test_columns_that_are_numbered_belong_together(heading: str, tmp_path: Path) -> None:
    path = table(tmp_path, f"sku,{heading}\nA,a.jpg,b.jpg,c.jpg\nB,,d.jpg,\nC,,,\n")
    listing = read_table(path)
    assert names(listing) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert [item.source.metadata for item in listing.items] == [{"sku": "A"}] * 3 + [{"sku": "B"}]
    assert [one.address for one in listing.skipped] == ["table.csv, line 4"]
    second = heading.split(",")[1]
    listing = read_table(path, column=second)
    assert names(listing) == ["b.jpg", "d.jpg"]
    assert len(listing.items[0].source.metadata) == 3


def test_numbered_columns_of_other_things_stay_what_they_are(tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, "field1,field2,field3\nA,a.jpg,1\nB,b.jpg,c.jpg\n"))
    assert names(listing) == ["a.jpg", "b.jpg"]
    assert listing.items[0].source.metadata == {"field1": "A", "field3": "1"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg;b.jpg;a.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg|sub/b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg\nb.jpg", ["a.jpg", "b.jpg"]),
        ('[""a.jpg"", ""b.jpg""]', ["a.jpg", "b.jpg"]),
        ("https://x.example/a,https://x.example/b", ["https://x.example/a", "https://x.example/b"]),
        ("https://x.example/a.jpg,w_1/b.jpg", ["https://x.example/a.jpg,w_1/b.jpg"]),
        ("Berlin, Mitte.jpg", ["Berlin, Mitte.jpg"]),
        ("[draft] a.jpg", ["[draft] a.jpg"]),
        ('[[""a.jpg""]]', []),
    ],
)
def test_several_pictures_in_a_cell_are_told_apart(cell: str, expected: list[str], tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, f'sku,images\nA,"{cell}"\nB,z.jpg\n'))
    assert names(listing)[: len(expected)] == expected
    assert names(listing)[-1] == "z.jpg"


def test_spaces_in_links_are_written_out(tmp_path: Path) -> None:
    listing = read_table(table(tmp_path, "url\nhttps://x.example/my photo.jpg?a=b c\n"))
    assert names(listing) == ["https://x.example/my%20photo.jpg?a=b%20c"]


def test_long_fields_are_cut_and_the_limit_of_the_process_stays(tmp_path: Path) -> None:
    before = csv.field_size_limit(99_999)
    listing = read_table(table(tmp_path, f"path,note\na.png,{'x' * 500_000}\nb.png,\n"))
    note = listing.items[0].source.metadata["note"]
    assert len(note) == 10_000
    assert note.endswith("x…")
    with pytest.raises(SourceError, match="cannot be read as CSV"):
        read_table(table(tmp_path, f"path,note\na.png,{'x' * 17_000_000}\n"))
    assert csv.field_size_limit(before) == 99_999


def test_a_quotation_that_is_never_closed_is_told(tmp_path: Path) -> None:
    rows = "".join(f"{number}.png,x\n" for number in range(100))
    listing = read_table(table(tmp_path, f'path,note\na.png,fine\nb.png,"open\n{rows}'))
    assert names(listing) == ["a.png"]
    assert [one.address for one in listing.skipped] == ["table.csv, line 3"]
    assert "never closed" in listing.skipped[0].reason
    with pytest.raises(SourceError, match="never closed"):
        read_table(table(tmp_path, 'path,"note\na.png,x\n'))


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "path\na.png\nb.png\nc.png\n")
    assert len(read_table(path, max_rows=3).items) == 3
    with pytest.raises(SourceError, match="more than 2 rows"):
        read_table(path, max_rows=2)


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    rows = "".join(f"folder/{number}.jpg,Title {number},{number % 2000}\n" for number in range(100_000))
    path = table(tmp_path, "path,title,year\n" + rows)
    started = time.process_time()
    listing = read_table(path)
    assert time.process_time() - started < 15  # of the processor; about 2
    assert len(listing.items) == 100_000
    assert listing.items[-1].source.metadata == {"title": "Title 99999", "year": "1999"}


def test_no_metadata_are_lost_for_want_of_a_name_of_their_own(tmp_path: Path) -> None:
    (row, more) = list_source(str(table(tmp_path, "path,tag,,tag\na.png,red,Rome,blue\nb.png,,,,far,out\n"))).items
    assert row.source.metadata == {"tag": "red", "column 3": "Rome", "tag (column 4)": "blue"}
    assert more.source.metadata == {"column 5": "far", "column 6": "out"}
