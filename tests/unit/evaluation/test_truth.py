"""Tables of what is right: what they may say, and what is told about those that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import SourceError
from pictrace.evaluation.naming import Names, groups_of, named
from pictrace.evaluation.truth import read_truth
from pictrace.images.reading import DecodeLimits


def test_rows_become_queries() -> None:
    table = "query,relevant\na.jpg,1.jpg\nb.jpg,\na.jpg,2.jpg\na.jpg,1.jpg\n\n"
    a, b = read_truth(table.encode(), "t.csv")
    assert (a.query, a.relevant, a.nothing, dict(a.lines)) == (
        "a.jpg",
        ("1.jpg", "2.jpg"),
        False,
        {"1.jpg": 2, "2.jpg": 4},
    )
    assert (b.query, b.relevant, b.nothing) == ("b.jpg", (), True)


def test_decisions_groups_and_other_delimiters() -> None:
    table = "\ufeffRelevant;note;QUERY;decision;group\n1;x;a;same;g\n2;x;a;Not the same;g\n3;;a;unsure;\n"
    table += "4;;c;not the same;\n"
    a, c = read_truth(table.encode(), "t.csv")
    assert (a.relevant, a.unsure, a.group) == (("1",), ("3",), "g")
    assert (c.relevant, c.nothing) == ((), False)  # that one picture is wrong does not say that all are
    (only,) = read_truth("query\trelevant\na b\tc, d\n".encode("utf-16"), "t.csv")
    assert (only.query, only.relevant) == ("a b", ("c, d",))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", "must name the columns query and relevant; it names nothing"),
        ("image,match\na,b\n", "it names image, match"),
        ("query,relevant\n", "names no queries"),
        ("query,relevant\n,b\n", "line 2: the query is empty"),
        (
            "query,relevant,decision\na,b,perhaps\n",
            "line 2: perhaps is no decision; write same, not the same or unsure",
        ),
        ("query,relevant,decision\na,,same\n", "line 2: nothing is named that would be same"),
        ("query,relevant\na,b\n\na,\n", "line 2: a matches nothing in one row and something in another"),
        ('query,relevant\na,"b\n', "this is no CSV"),
        ("query,relevant\n" + ",b\n" * 7, "line 6: the query is empty; name a picture. 2 more lines are wrong"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(table: str, told: str) -> None:
    with pytest.raises(SourceError, match=f"^t.csv.*{told}"):
        read_truth(table.encode(), "t.csv")


def test_other_bytes_are_no_table() -> None:
    with pytest.raises(SourceError, match="no Unicode"):
        read_truth(b"query,relevant\n\xff\xfe", "t.csv")


@pytest.fixture
def catalog(make_catalog: Callable[..., SqliteCatalog]) -> SqliteCatalog:
    made = make_catalog()
    for number, (address, title) in enumerate(
        [
            ("/pictures/one.png", ""),
            ("https://example.org/two.png", "The second"),
            ("/a/same.png", ""),
            ("/b/same.png", ""),
        ]
    ):
        source = Source("link" if "://" in address else "file", address, title)
        made.add([NewPicture(digest(b"%d" % number), "PNG", 1, 1, 1, b"t", (source,))])
    return made


def pid(number: int) -> int:
    return image_id(digest(b"%d" % number))


def test_pictures_go_by_address_name_id_and_content(catalog: SqliteCatalog, tmp_path: Path) -> None:
    (tmp_path / "moved.png").write_bytes(b"0")
    names = Names(catalog, tmp_path)
    assert names.find("/pictures/one.png") == names.find("one.png") == names.find("moved.png") == pid(0)
    assert names.find("The second") == names.find("https://example.org/two.png") == pid(1)
    assert names.find(f"catalog:{pid(2)}") == names.find(str(pid(2))) == names.find("/a/same.png") == pid(2)
    assert names.find("nowhere.png") is names.find("\0") is None
    with pytest.raises(SourceError, match="2 pictures are called"):
        names.find("same.png")
    assert Names(catalog).find("moved.png") is None  # where files are not ours to look at


def ask(catalog: SqliteCatalog, table: str) -> list[tuple[str, frozenset[int], frozenset[int], bool]]:
    asked = named(
        read_truth(table.encode(), "t.csv"),
        Names(catalog),
        lambda name: (lambda: b"x") if name == "q" else None,
        DecodeLimits(),
        "t.csv",
    )
    return [(one.name, one.relevant, one.unsure, one.nothing) for one in asked]


def test_names_become_ids(catalog: SqliteCatalog) -> None:
    table = "query,relevant,decision\nq,one.png,\nq,The second,unsure\none.png,The second,\nThe second,,\n"
    table += "/a/same.png,one.png,not the same\n"
    assert ask(catalog, table) == [
        ("q", {pid(0)}, {pid(1)}, False),
        ("one.png", {pid(1)}, set(), False),
        ("The second", set(), set(), True),
    ]


def test_unknown_names_are_told_by_their_lines(catalog: SqliteCatalog) -> None:
    with pytest.raises(SourceError) as error:
        ask(catalog, "query,relevant\nq,one.png\nq,gone.png\nq,same.png\nwho,one.png\n")
    assert "line 3: gone.png is not in the catalog" in str(error.value)
    assert "line 4: 2 pictures are called same.png" in str(error.value)
    assert "line 5: who is no picture that can be read" in str(error.value)


def test_queries_that_share_a_picture_belong_together() -> None:
    groups = groups_of([("", [1, 2]), ("", [3]), ("", [2, 4]), ("g", []), ("", []), ("g", [3])])
    assert groups[0] == groups[2]
    assert groups[1] == groups[3] == groups[5]
    assert len(set(groups)) == 3
