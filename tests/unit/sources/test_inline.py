"""Pictures that stand in a cell themselves, as data: URLs or in base64."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote_from_bytes

import numpy as np
import pytest

from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.sources import base
from pictrace.sources.inline import is_inline, picture_in
from pictrace.sources.listing import list_source

NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
PNG, JPEG = encode_png(NOISE), encode_jpeg(NOISE)
FORMS = {
    "data URL": f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    "in upper case": f"DATA:image/png;name=a.png;BASE64,{base64.b64encode(PNG).decode()}",
    "for links": f"data:image/png;base64,{base64.urlsafe_b64encode(PNG).decode().rstrip('=')}",
    "percents": f"data:image/png,{quote_from_bytes(PNG)}",
    "base64": base64.b64encode(PNG).decode(),
    "in lines": base64.encodebytes(PNG).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_read_out_of_its_text(form: str) -> None:
    assert is_inline(FORMS[form].strip())
    assert picture_in(FORMS[form].strip()) == PNG


@pytest.mark.parametrize("text", ["/9j/a/long/way/" + "x" * 90 + ".jpg", "R0lGOD", "data:text/html,hello", "a.jpg", ""])
def test_what_is_none(text: str) -> None:
    assert not is_inline(text)


@pytest.mark.parametrize("form", ["data URL", "base64", "in lines"])
def test_tables_lists_and_databases_hold_them(form: str, tmp_path: Path) -> None:
    cell = FORMS[form]
    (tmp_path / "a.csv").write_text(f'place,what\nRome,"{cell}"\nOslo,{base64.b64encode(JPEG).decode()}\n')
    (tmp_path / "a.json").write_text(json.dumps([{"place": "Rome", "what": cell}, {"what": FORMS["base64"]}]))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db, db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, what TEXT, place TEXT)")
        db.execute("INSERT INTO t (what, place) VALUES (?, 'Rome')", (cell,))
    for name in ("a.csv", "a.json", "a.sqlite"):
        listing = list_source(str(tmp_path / name))
        item = listing.items[0]
        assert (listing.column, item.data, item.source.metadata["place"]) == ("what", PNG, "Rome")
        assert item.keep_original
        assert listing.skipped == ()
    assert list_source(str(tmp_path / "a.csv")).items[1].data == JPEG


def test_what_is_damaged_or_too_much_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"image\n{FORMS['base64']}\n{FORMS['base64']}\n{FORMS['data URL'][:-300]}=*\n")
    monkeypatch.setattr(base, "MAX_INLINE_BYTES", len(PNG))
    listing = list_source(str(path))
    assert [one.data for one in listing.items] == [PNG]
    assert [one.address for one in listing.skipped] == ["a.csv, line 3", "a.csv, line 4"]
    assert "damaged" in listing.skipped[1].reason
