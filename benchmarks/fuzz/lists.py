"""Small tables, lists, archives, databases, catalogs and pages, to be damaged."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pictrace.catalog import open_catalog
from pictrace.catalog.records import Source
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item

__all__ = ["sound_lists"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ROWS = [(f"pictures/{n}.jpg", f"A title, with “quotes” {n}", f"https://example.org/{n}.png?a=1&b=2") for n in range(9)]
_PAGE = """<!doctype html><html><head><base href="/pictures/"><meta charset="utf-8">
<meta property="og:image" content="https://example.org/og.jpg"><link rel="next" href="?page=2">
<script type="application/ld+json">{"@type": "Product", "image": ["https://example.org/ld.jpg"]}</script>
<style>.a {background: url('style.png')}</style></head><body>
<img src="a.jpg" alt="A &amp; B" width="400" height="300"><img data-src='b.jpg' srcset="c.jpg 1x, d.jpg 2x">
<picture><source srcset="e.webp 400w, f.webp 800w" type="image/webp"><img src=g.jpg></picture>
<noscript><img src="h.jpg"></noscript><a href="i.png" rel=next>next</a><video poster="j.jpg"></video>
<!-- <img src="k.jpg"> --><div style="background-image: url(&quot;l.png&quot;)"><svg><image href="m.png"/></svg></div>
</body></html>"""


def sound_lists() -> dict[str, list[bytes]]:
    """Files by the ending of their names."""
    csv = "\n".join(["path,title,url", *(f'{a},"{b}",{c}' for a, b, c in _ROWS)])
    names = [a for a, _, _ in _ROWS]
    objects = [dict(zip(("path", "title", "url"), row, strict=True)) for row in _ROWS]
    return {
        ".csv": [csv.encode(), csv.encode("utf-16"), ("sep=;\n" + csv.replace(",", ";")).encode("cp1252", "replace")],
        ".tsv": [csv.replace(",", "\t").encode()],
        ".txt": ["\n".join(names).encode(), "\r\n".join(c for _, _, c in _ROWS).encode("utf-8-sig")],
        ".json": [json.dumps(names).encode(), json.dumps({"pictures": objects}).encode(), json.dumps(objects).encode()],
        ".html": [_PAGE.encode(), _PAGE.encode("utf-16"), _PAGE.replace("\n", "").encode("ascii", "replace")],
        ".zip": [_zipped(zipfile.ZIP_DEFLATED), _zipped(zipfile.ZIP_STORED), _zipped(zipfile.ZIP_LZMA)],
        ".xlsx": [_workbook()],
        ".parquet": [_parquet(one) for one in ("snappy", "gzip", "zstd", "none")],
        ".sqlite": [_database(), _catalog()],
    }


def _zipped(compression: int) -> bytes:
    picture = np.full((20, 30, 3), 90, np.uint8)
    return _packed(
        {"a.jpg": encode_jpeg(picture), "folder/b.png": encode_png(picture), "list.csv": b"path\na.jpg\n"}, compression
    )


def _packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)  # of no time of day
    return file.getvalue()


def _workbook() -> bytes:
    rows = [("path", "title", "url"), *_ROWS]
    texts = "".join(f"<si><t>{one.replace('&', '&amp;')}</t></si>" for row in rows for one in row)
    cells = ""
    for number in range(len(rows)):
        places = (f'<c r="{column}{number + 1}" t="s"><v>{3 * number + k}</v></c>' for k, column in enumerate("ABC"))
        cells += f'<row r="{number + 1}">{"".join(places)}</row>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="One" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
    }
    return _packed({name: text.encode() for name, text in parts.items()})


def _parquet(compression: str) -> bytes:
    columns = list(zip(*_ROWS, strict=True))
    file = io.BytesIO()
    pq.write_table(
        pa.table({"path": columns[0], "title": columns[1], "url": columns[2]}), file, compression=compression
    )
    return file.getvalue()


def _database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        with closing(sqlite3.connect(path)) as db:
            with db:
                db.execute("CREATE TABLE pictures (path TEXT, title TEXT, url TEXT, picture BLOB)")
                picture = encode_png(np.full((9, 9, 3), 50, np.uint8))
                db.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?)", [(*row, picture) for row in _ROWS])
            db.execute("VACUUM")
        return path.read_bytes()


def _catalog() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        with closing(open_catalog(str(path), must_exist=False)) as catalog:
            levels = np.random.default_rng(1).integers(0, 255, (4, 40, 50, 3), np.uint8)
            items = [Item.of_bytes(encode_png(one), Source("upload", f"{n}.png")) for n, one in enumerate(levels)]
            Indexing(catalog, items).run()
        return path.read_bytes()
