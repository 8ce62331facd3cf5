"""How much room a picture takes, by part: in a SQLite file and in a PostgreSQL database, with all kept and compact.

python -m benchmarks.room FOLDER_OF_PHOTOGRAPHS [--times 6] [--database-mb 500]; the server is started for it. What
is kept of each photograph is put into it several times, under other ids: a server's tables grow by steps, which weigh
little where there are many pictures.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import zlib
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import row
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.copying import Copying
from pictrace.catalog.keeping import COMPACT, FULL, Keeping
from pictrace.catalog.records import NewPicture, digest
from pictrace.images.smaller import smaller_thumbnail
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics
from pictrace.metrics.ssim import Ssim
from pictrace.sources.listing import list_source
from tests.postgres_server import PostgresServer, serve_postgres, sql_on_server

RELATIONS = """
SELECT relname, pg_relation_size(oid), pg_total_relation_size(oid) - pg_relation_size(oid) - pg_indexes_size(oid),
       pg_indexes_size(oid)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'pictrace'::regnamespace
ORDER BY pg_total_relation_size(oid) DESC LIMIT 6"""


def by_column(path: Path, pictures: int) -> dict[str, float]:
    """Bytes a picture of what a catalog's file holds, by kind."""
    with closing(sqlite3.connect(path)) as db:
        parts = {
            name: size / pictures
            for table in ("small_features", "large_features")
            for name, size in db.execute(
                f"SELECT name, sum(length(data)) FROM {table} JOIN feature_keys ON id = key_id GROUP BY name"  # noqa: S608 (our own names)
            )
        }
        for what, asked in (
            ("thumbnail", "SELECT sum(length(data)) FROM thumbnails"),
            ("addresses, titles, metadata", "SELECT sum(length(address || title || metadata)) FROM sources"),
        ):
            parts[what] = (db.execute(asked).fetchone()[0] or 0) / pictures
    return parts


def copied(first: Catalog, location: str, keeping: Keeping) -> None:
    with closing(open_catalog(location, must_exist=False)) as second:
        second.keep(keeping)
        for _ in Copying(first, second, smaller_thumbnail).steps():
            pass


def repeated(first: Catalog, path: Path, times: int) -> int:
    """What is kept of each picture so many times, as different pictures in another file; how many there are."""
    specs = [one for metric in all_metrics() for one in metric.kept(metric.layout.empty())]
    with closing(open_catalog(str(path), must_exist=False)) as second:
        for one, record in first.pictures(first.ids()).items():
            here = np.array([one])
            features = {spec: first.fetch(here, spec)[0] for spec in specs}
            facts = (record.format, record.width, record.height, record.byte_count, first.thumbnail(one) or b"")
            second.add(
                [
                    NewPicture(digest(record.sha256 + b"%d" % time), *facts, record.sources, None, features)
                    for time in range(times)
                ]
            )
        return second.count()


def on_server(server: PostgresServer, first: Catalog, keeping: Keeping) -> tuple[list[tuple[object, ...]], int, int]:
    """Bytes by table (its rows, what lies outside of them, its indexes); of the database when empty, and when full."""
    location = server.new_database()
    with closing(open_catalog(location, must_exist=False)) as catalog:
        shown = catalog.location
    asked = "SELECT pg_database_size(current_database())"
    empty = int(str(sql_on_server(shown, asked)[0][0]))
    copied(first, location, keeping)
    sql_on_server(shown, "CHECKPOINT")
    return sql_on_server(shown, RELATIONS), empty, int(str(sql_on_server(shown, asked)[0][0]))


def squares_packed(catalog: Catalog) -> dict[str, float]:
    """Bytes a picture that SSIM's gray squares take without loss, by what packs them."""
    squares = catalog.fetch(catalog.ids(), Ssim().spec).rows
    ways = {
        "as it is": lambda square: square.tobytes(),
        "zlib": lambda square: zlib.compress(square.tobytes(), 9),
        "zlib of differences": lambda square: zlib.compress(np.diff(square, axis=1, prepend=np.uint8(0)).tobytes(), 9),
        "PNG": lambda square: cv2.imencode(".png", square, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1],
        "JPEG 2000": lambda square: cv2.imencode(".jp2", square, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])[1],
        "WebP": lambda square: cv2.imencode(".webp", square, [cv2.IMWRITE_WEBP_QUALITY, 101])[1],
    }
    return {name: sum(len(way(one)) for one in squares) / len(squares) for name, way in ways.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--times", type=int, default=6)
    parser.add_argument("--database-mb", type=float, default=500, help="of 1,000,000 bytes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serve_postgres() as server:
        path = Path(folder, "full.sqlite")
        with closing(open_catalog(str(path), must_exist=False)) as first:
            Indexing(first, list_source(options.folder).items).run()
            pictures = first.count()
            copied(first, str(path.with_name("compact.sqlite")), COMPACT)
            parts = {name: by_column(path.with_name(f"{name}.sqlite"), pictures) for name in ("full", "compact")}
            print(f"{pictures} pictures, bytes a picture\n")
            row("what", "all kept", "compact")
            row("---", "---", "---")
            for name in parts["full"]:
                row(name, f"{parts['full'][name]:,.0f}", f"{parts['compact'].get(name, 0):,.0f}")
            files = [path.with_name(f"{name}.sqlite").stat().st_size / pictures for name in ("full", "compact")]
            row("SQLite file", *(f"{one:,.0f}" for one in files))
            print("\nSSIM's squares without loss:", {name: round(one) for name, one in squares_packed(first).items()})
            many = path.with_name("many.sqlite")
            pictures = repeated(first, many, options.times)
        with closing(open_catalog(str(many))) as first:
            for name, keeping in (("all kept", FULL), ("compact", COMPACT)):
                tables, empty, whole = on_server(server, first, keeping)
                print(f"\nPostgreSQL, {name}, {pictures} pictures: bytes of each in rows, in TOAST, in indexes")
                for table, *sizes in tables:
                    print(f"  {table:16}", *(f"{int(str(one)) / pictures:9,.0f}" for one in sizes))
                each = (whole - empty) / pictures
                print(
                    f"  {each:,.0f} bytes a picture beyond the {empty / 1e6:.1f} MB of an empty catalog; computed: "
                    f"{options.database_mb:g} MB hold {(options.database_mb * 1e6 - empty) / each:,.0f} pictures"
                )


if __name__ == "__main__":
    main()
