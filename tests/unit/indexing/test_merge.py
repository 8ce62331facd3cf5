"""Merging another catalog, which may be anybody's."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.migrations import APPLICATION_ID, MIGRATIONS
from pictrace.catalog.other import is_catalog, kind_of
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.errors import SourceError, UsageError
from pictrace.features import FeatureSpec
from pictrace.images.encoding import encode_png, thumbnail
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.index import Indexing
from pictrace.indexing.merge import Merge
from pictrace.indexing.prepare import new_picture, original_bytes
from pictrace.indexing.rebuild import Rebuild, count_missing_features
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.histogram import Histogram
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item

MakeCatalog = Callable[..., SqliteCatalog]
FAST = [get_metric("phash"), get_metric("histogram")]


def png(number: int) -> bytes:
    """Noise, so that every metric has something to compare."""
    return encode_png(np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8))


def pid(data: bytes) -> int:
    return image_id(digest(data))


def item(number: int, *, kind: str = "upload", metadata: dict[str, str] | None = None) -> Item:
    return Item.of_bytes(png(number), Source(kind, f"{number}.png", f"Picture {number}", metadata or {}))


def filled(catalog: SqliteCatalog, *numbers: int) -> SqliteCatalog:
    Indexing(catalog, [item(number, metadata={"number": str(number)}) for number in numbers], FAST).run()
    return catalog


def content(catalog: SqliteCatalog) -> dict[int, object]:
    """All that a catalog holds, by picture, but for when it came."""
    return {
        one: (
            (record.sha256, record.format, record.width, record.height, record.byte_count, record.sources),
            catalog.thumbnail(one),
            catalog.original(one),
            {metric.name: catalog.fetch(np.array([one]), metric.spec)[0].tobytes() for metric in FAST},
            catalog.features_ready([one]),
        )
        for one, record in catalog.pictures(catalog.ids()).items()
    }


def merge(target: SqliteCatalog, other: SqliteCatalog | Path, **options: object) -> Merge:
    path = other if isinstance(other, Path) else Path(other.location)
    run = Merge(target, path, **{"trust_files": False, "metrics": FAST, **options})  # type: ignore[arg-type]
    run.run()
    progress = run.progress
    assert progress.done == progress.added + progress.known + progress.failed
    return run


def tampered(catalog: SqliteCatalog, *statements: str, values: tuple[object, ...] = ()) -> Path:
    """The catalog's file after somebody else wrote into it, in one file."""
    catalog.close()
    with closing(sqlite3.connect(catalog.location)) as db, db:
        for statement in statements:
            db.execute(statement, values if "?" in statement else ())
    return Path(catalog.location)


# What merging gives ---------------------------------------------------------------------------------


def test_into_an_empty_catalog_it_is_a_copy(make_catalog: MakeCatalog) -> None:
    other = filled(make_catalog("other.sqlite"), 1, 2, 3)
    target = make_catalog()
    run = merge(target, other)
    assert (run.progress.total, run.progress.added, run.failures) == (3, 3, [])
    assert content(target) == content(other)
    assert target.identity != other.identity
    revision = target.revision()
    again = merge(target, other)
    assert (again.progress.added, again.progress.known) == (0, 3)
    assert target.revision() == revision


def test_it_is_a_union_whatever_the_order(make_catalog: MakeCatalog) -> None:
    one, two = filled(make_catalog("1.sqlite"), 1, 2), filled(make_catalog("2.sqlite"), 2, 3)
    there, back = make_catalog("there.sqlite"), make_catalog("back.sqlite")
    for target, order in ((there, (one, two)), (back, (two, one))):
        for other in order:
            merge(target, other)
    assert there.ids().tolist() == sorted(pid(png(number)) for number in (1, 2, 3))
    assert content(there) == content(back)


def test_pictures_that_are_here_gain_addresses_and_features(make_catalog: MakeCatalog) -> None:
    target, other = make_catalog(), make_catalog("other.sqlite")
    Indexing(target, [item(1)], FAST[:1]).run()
    other.add(
        [
            new_picture(
                png(1), Source("link", "https://example.org/1.png"), FAST, keep_original=True, limits=DecodeLimits()
            )
        ]
    )
    run = merge(target, other)
    assert (run.progress.added, run.progress.known) == (0, 1)
    record = target.pictures(target.ids())[pid(png(1))]
    assert [one.address for one in record.sources] == ["1.png", "https://example.org/1.png"]
    for metric in FAST:
        assert target.missing(metric.spec).tolist() == []


def test_searching_finds_the_same(make_catalog: MakeCatalog, photographs: dict[str, bytes]) -> None:
    other, target = make_catalog("other.sqlite"), make_catalog()
    Indexing(other, [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]).run()
    merge(target, other, metrics=all_metrics())
    assert count_missing_features(target) == {}
    query = prepare_query(photographs["coffee.png"])
    criteria = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})
    ranked = [score(query, FeatureCache(one)).rank(criteria) for one in (other, target)]
    assert ranked[0] == ranked[1]
    assert ranked[0][0].id == query.id


def test_features_that_the_other_lacks_are_built(make_catalog: MakeCatalog) -> None:
    other = filled(make_catalog("other.sqlite"), 1, 2)
    target = make_catalog()
    merge(target, other, metrics=all_metrics())
    lacking = count_missing_features(target)
    assert lacking["orb-n500-px512-v1"] == 2
    assert "phash-b64-v1" not in lacking
    run = Rebuild(target)
    assert run.run().added == 2
    assert count_missing_features(target) == {}


# What is not believed --------------------------------------------------------------------------------


def test_files_of_the_server_are_not_read_for_a_strangers_catalog(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(1))
    other = make_catalog("other.sqlite")
    Indexing(other, [Item.of_file(secret, {"a": "b"})], FAST).run()
    distrusting, trusting = make_catalog(), make_catalog("trusting.sqlite")
    merge(distrusting, other, name="holiday.sqlite")
    merge(trusting, other, trust_files=True)
    (source,) = distrusting.pictures([pid(png(1))])[pid(png(1))].sources
    assert source == Source("archive", f"holiday.sqlite!/{secret}", "secret.png", {"a": "b"})
    with pytest.raises(SourceError, match="not where it was"):
        original_bytes(distrusting, pid(png(1)), DecodeLimits())
    assert Rebuild(distrusting, [get_metric("layout")]).run().failed == 1
    assert original_bytes(trusting, pid(png(1)), DecodeLimits()) == png(1)


def test_originals_that_are_kept_stay_kept(make_catalog: MakeCatalog) -> None:
    target = make_catalog()
    other = filled(make_catalog("other.sqlite"), 1)
    path = tampered(other, "UPDATE sources SET kind = 'file', address = '/etc/passwd'")
    merge(target, path)
    assert original_bytes(target, pid(png(1)), DecodeLimits()) == png(1)
    assert [one.kind for one in target.pictures(target.ids())[pid(png(1))].sources] == ["archive"]


@pytest.mark.parametrize(
    ("kind", "address", "kept"),
    [
        ("link", "https://example.org/a.png", "link"),
        ("link", "javascript:alert(1)", "archive"),
        ("link", "file:///etc/passwd", "archive"),
        ("spell", "/etc/passwd", "archive"),
        ("paste", "Pasted picture", "paste"),
    ],
)
def test_addresses_are_what_they_say_or_mere_names(
    kind: str, address: str, kept: str, make_catalog: MakeCatalog
) -> None:
    path = tampered(
        filled(make_catalog("o.sqlite"), 1), "UPDATE sources SET kind = ?, address = ?", values=(kind, address)
    )
    target = make_catalog()
    merge(target, path, trust_files=True)
    (source,) = target.pictures(target.ids())[pid(png(1))].sources
    assert source.kind == kept
    assert source.address == (address if kept == kind else f"o.sqlite!/{address}")


def test_what_was_merged_can_be_merged_again(make_catalog: MakeCatalog) -> None:
    """However long the names have become."""
    path = tampered(
        filled(make_catalog("o.sqlite"), 1), "UPDATE sources SET kind = 'file', address = ?", values=("x" * 8192,)
    )
    first, second = make_catalog(), make_catalog("second.sqlite")
    merge(first, path, name="y" * 5000)
    assert merge(second, first).progress.added == 1
    assert content(second) == content(first)


REFUSED = {
    "id": ("PRAGMA foreign_keys = OFF", "UPDATE pictures SET id = 5"),
    "digest": ("UPDATE pictures SET sha256 = x'0102'",),
    "text for a digest": ("UPDATE pictures SET sha256 = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",),
    "thumbnail": ("UPDATE thumbnails SET data = x'ffd8ff00'",),
    "thumbnail of another kind": ("UPDATE thumbnails SET data = (SELECT data FROM originals)",),
    "no thumbnail": ("DELETE FROM thumbnails",),
    "text for a thumbnail": ("UPDATE thumbnails SET data = 'text'",),
    "huge thumbnail": ("UPDATE thumbnails SET data = zeroblob(3000000)",),
    "original": ("UPDATE originals SET data = (SELECT data FROM thumbnails)",),
    "metadata": ("UPDATE sources SET metadata = '[1, 2]'",),
    "broken metadata": ("UPDATE sources SET metadata = '{'",),
    "deep metadata": ("UPDATE sources SET metadata = replace(hex(zeroblob(50000)), '0', '[')",),
    "long metadata": ("UPDATE sources SET metadata = '{\"a\":\"' || hex(zeroblob(600000)) || '\"}'",),
    "a NUL in an address": ("UPDATE sources SET address = 'a' || char(0) || 'b'",),
    "a long address": ("UPDATE sources SET address = hex(zeroblob(5000))",),
    "a blob for an address": ("UPDATE sources SET address = x'00ff'",),
    "format": ("DELETE FROM originals", "UPDATE pictures SET format = 'EXE'"),
    "width": ("DELETE FROM originals", "UPDATE pictures SET width = -1"),
    "text for a height": ("DELETE FROM originals", "UPDATE pictures SET height = 'tall'"),
    "byte count": ("DELETE FROM originals", "UPDATE pictures SET byte_count = 1 << 50"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_values_that_contradict_each_other_are_refused_one_by_one(case: str, make_catalog: MakeCatalog) -> None:
    other = filled(make_catalog("other.sqlite"), 1)
    path = tampered(other, *REFUSED[case])
    second = filled(make_catalog("second.sqlite"), 2)
    target = make_catalog()
    run = merge(target, path)
    assert (run.progress.added, run.progress.failed, len(run.failures)) == (0, 1, 1)
    assert run.failures[0].reason.endswith((".", "!"))
    assert target.count() == 0
    assert merge(target, second).progress.added == 1


def test_what_an_original_says_is_believed_before_its_row(make_catalog: MakeCatalog) -> None:
    path = tampered(
        filled(make_catalog("o.sqlite"), 1), "UPDATE pictures SET width = 9, format = 'GIF', byte_count = 1"
    )
    target = make_catalog()
    merge(target, path)
    record = target.pictures(target.ids())[pid(png(1))]
    assert (record.format, record.width, record.byte_count) == ("PNG", 40, len(png(1)))


def test_metadata_keep_only_texts_and_are_cut(make_catalog: MakeCatalog) -> None:
    text = json.dumps({"a": "b", "n": 1, "list": [], "long": "x" * 20_000, "": "empty", "ä": "ö"})
    path = tampered(filled(make_catalog("o.sqlite"), 1), "UPDATE sources SET metadata = ?", values=(text,))
    target = make_catalog()
    merge(target, path)
    (source,) = target.pictures(target.ids())[pid(png(1))].sources
    assert {name: value for name, value in source.metadata.items() if name != "long"} == {"a": "b", "ä": "ö"}
    assert len(source.metadata["long"]) == 10_000


def test_text_that_is_no_unicode_is_replaced(make_catalog: MakeCatalog) -> None:
    path = tampered(filled(make_catalog("o.sqlite"), 1), "UPDATE sources SET title = CAST(x'41ff42' AS TEXT)")
    target = make_catalog()
    merge(target, path)
    assert target.pictures(target.ids())[pid(png(1))].label == "A\ufffdB"


HISTOGRAM = {
    "half a row": b"\1\2\3",
    "a bin beyond all": struct.pack("<3H", 40_000, 1, 0),
    "a bin twice": struct.pack("<6H", 5, 1, 0, 5, 1, 0),
    "an empty bin": struct.pack("<3H", 5, 0, 0),
}


@pytest.mark.parametrize("case", HISTOGRAM, ids=str)
def test_features_that_no_metric_makes_are_left_out_and_built(case: str, make_catalog: MakeCatalog) -> None:
    path = tampered(
        filled(make_catalog("o.sqlite"), 1),
        "UPDATE large_features SET data = ?",  # of the only metric here that has large ones
        values=(HISTOGRAM[case],),
    )
    target = make_catalog()
    run = merge(target, path)
    assert run.progress.added == 1
    assert "histogram-b32-v1" in run.failures[0].reason
    assert count_missing_features(target, FAST) == {"histogram-b32-v1": 1, "histogram-b32-v1-sketch": 1}
    assert Rebuild(target, FAST).run().added == 1
    assert count_missing_features(target, FAST) == {}


def test_sketches_are_never_a_strangers(make_catalog: MakeCatalog) -> None:
    other = filled(make_catalog("o.sqlite"), 1)
    sketches = FeatureSpec("histogram-b32-v1-sketch", Histogram.sketch_layout, True)
    truth = other.fetch(other.ids(), sketches)
    path = tampered(other, "UPDATE small_features SET data = zeroblob(1024) WHERE length(data) = 1024")
    target = make_catalog()
    merge(target, path)
    found = target.fetch(target.ids(), sketches)
    assert np.array_equal(found.rows, truth.rows)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON pictures BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE INDEX more ON sources (title)",
        "ALTER TABLE thumbnails ADD COLUMN x TEXT GENERATED ALWAYS AS (1) VIRTUAL",
        "DROP TABLE originals",
        "ALTER TABLE originals RENAME TO o; CREATE VIEW originals AS SELECT 1 AS picture_id, 2 AS data",
    ],
)
def test_tables_must_be_exactly_ours(statement: str, make_catalog: MakeCatalog) -> None:
    path = tampered(filled(make_catalog("o.sqlite"), 1))
    with closing(sqlite3.connect(path)) as db:
        db.executescript(statement)
    assert kind_of(path).kind == "damaged"
    target = make_catalog()
    with pytest.raises(SourceError, match="not those that PicTrace makes"):
        merge(target, path)
    assert target.count() == 0


# What a file is --------------------------------------------------------------------------------------


def test_files_are_told_apart_and_not_changed(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    ours = filled(make_catalog("ours.sqlite"), 1, 2)
    ours.close()
    newer = tmp_path / "newer.sqlite"
    newer.write_bytes(Path(ours.location).read_bytes())
    with closing(sqlite3.connect(newer)) as db, db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as db, db:
        db.execute("CREATE TABLE notes (text)")
    cut = tmp_path / "cut.sqlite"
    cut.write_bytes(Path(ours.location).read_bytes()[:40_000])
    text = tmp_path / "text.sqlite"
    text.write_text("not a database " * 100)
    bare = tmp_path / "bare.sqlite"
    with closing(sqlite3.connect(bare)) as db, db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE notes (text)")
    kinds = {
        "ours": "catalog",
        "newer": "newer",
        "foreign": "foreign",
        "cut": "damaged",
        "text": "damaged",
        "bare": "damaged",
    }
    for name, kind in kinds.items():
        path = tmp_path / f"{name}.sqlite"
        before = path.read_bytes()
        found = kind_of(path)
        assert (name, found.kind) == (name, kind)
        assert bool(found.reason) == (kind != "catalog")
        assert is_catalog(path) == (name in {"ours", "newer", "cut", "bare"})
        assert path.read_bytes() == before
    assert kind_of(Path(ours.location)).pictures == 2
    assert not is_catalog(tmp_path)
    with pytest.raises(SourceError, match="cannot be read"):
        kind_of(tmp_path / "none.sqlite")


def test_damage_within_is_noticed_before_anything_is_taken(make_catalog: MakeCatalog) -> None:
    other = filled(make_catalog("other.sqlite"), *range(60))
    other.close()
    path = Path(other.location)
    data = bytearray(path.read_bytes())
    middle = len(data) // 16384 // 2 * 16384
    data[middle : middle + 16384 * 8] = b"\xa5" * 16384 * 8
    path.write_bytes(data)
    assert kind_of(path).kind == "damaged"
    target = make_catalog()
    with pytest.raises(SourceError, match="damaged"):
        merge(target, path)
    assert target.count() == 0


def test_a_catalog_is_not_merged_with_itself(make_catalog: MakeCatalog, tmp_path: Path) -> None:
    catalog = filled(make_catalog(), 1)
    (tmp_path / "link.sqlite").symlink_to(catalog.location)
    with pytest.raises(UsageError, match="the catalog itself"):
        merge(catalog, tmp_path / "link.sqlite")


# Stopped, killed -------------------------------------------------------------------------------------


def many(catalog: SqliteCatalog, count: int) -> SqliteCatalog:
    picture = thumbnail(np.zeros((20, 20, 3), np.uint8))
    features = FAST[0].kept(np.array([7], np.uint64))
    catalog.add(
        [
            NewPicture(
                digest(b"%d" % number),
                "PNG",
                20,
                20,
                9,
                picture,
                (Source("upload", str(number)),),
                None,
                features,
            )
            for number in range(count)
        ]
    )
    return catalog


@pytest.mark.parametrize("how", ["stop", "close"])
def test_what_is_done_is_kept_and_the_rest_follows(how: str, make_catalog: MakeCatalog) -> None:
    other, target = many(make_catalog("other.sqlite"), 200), make_catalog()
    run = Merge(target, Path(other.location), trust_files=False, metrics=FAST)
    steps = iter(run)
    next(steps)
    if how == "stop":
        run.stop()
        assert [one.done for one in steps] == [64]
    else:
        steps.close()  # type: ignore[attr-defined]
    assert target.count() == 64
    rest = merge(target, other)
    assert (rest.progress.added, rest.progress.known) == (136, 64)
    assert np.array_equal(target.ids(), other.ids())


@pytest.mark.slow
def test_a_killed_merge_loses_nothing_and_is_completed(make_catalog: MakeCatalog, tmp_path: Path) -> None:
    other, target = many(make_catalog("other.sqlite"), 3000), make_catalog()
    code = (
        "import sys; from pathlib import Path\n"
        "from pictrace.catalog.sqlite import SqliteCatalog; from pictrace.indexing.merge import Merge\n"
        "run = Merge(SqliteCatalog(sys.argv[1]), Path(sys.argv[2]), trust_files=False)\n"
        "for step in run: print(step.done, flush=True)"
    )
    command = [sys.executable, "-c", code, target.location, other.location]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(2):  # it is in the middle of the third
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    here = target.count()
    assert 64 <= here < 3000
    assert here % 64 == 0
    assert target.intact()
    assert merge(target, other).progress.known == here
    assert np.array_equal(target.ids(), other.ids())


# The command line ------------------------------------------------------------------------------------


def test_merge_and_index_do_the_same(
    make_catalog: MakeCatalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = filled(make_catalog("other.sqlite"), 1, 2)
    for number, command in enumerate(("merge", "index")):
        target = str(tmp_path / f"{number}.sqlite")
        assert main([command, other.location, "--catalog", target, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["added"], document["known"], document["images"]) == (2, 0, 2)
        assert document["features_rebuilt"] == 2  # by the metrics that were not asked for above
        assert main([command, other.location, "--catalog", target]) == 0
        assert "0 added, 2 known" in capsys.readouterr().out
    assert main(["merge", str(tmp_path / "none"), "--catalog", target]) == 1
    assert "no file at" in capsys.readouterr().err
    assert main(["merge", target, "--catalog", target]) == 2
    assert "the catalog itself" in capsys.readouterr().err
    assert main(["merge", __file__, "--catalog", target]) == 1
    assert "no SQLite file" in capsys.readouterr().err
