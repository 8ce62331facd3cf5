"""The cache beside a catalog, and the cascade that searches through it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog import cache as cache_module
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import FeatureSpec
from pictrace.images.edits import crop, mirror, recompress, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.sources.base import Item

METRICS = ready_metrics()


@pytest.fixture(scope="module")
def pictures(photographs: dict[str, bytes]) -> list[bytes]:
    """A few dozen different pictures: windows of the photographs."""
    made = list(photographs.values())
    for data in photographs.values():
        image = decode(data)
        places = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 1.0)]
        made += [encode_jpeg(crop(image, 0.2, across=x, down=y)) for x, y in places]
    return made


@pytest.fixture
def catalog(pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteCatalog]:
    monkeypatch.setattr(cache_module, "WORTH_A_FILE_BYTES", 1)
    monkeypatch.setattr(cache_module, "CHUNK_PICTURES", 8)
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        add(catalog, pictures)
        yield catalog


def add(catalog: SqliteCatalog, pictures: list[bytes]) -> None:
    items = [Item.of_bytes(data, Source("upload", f"{index}.jpg")) for index, data in enumerate(pictures)]
    Indexing(catalog, items).run()


def fetched(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the pictures of every later fetch."""
    counts: list[int] = []
    original = type(catalog).fetch

    def counted(self: SqliteCatalog, ids: np.ndarray, spec: FeatureSpec) -> object:
        counts.append(len(ids))
        return original(self, ids, spec)

    monkeypatch.setattr(SqliteCatalog, "fetch", counted)
    return counts


def assert_faithful(catalog: SqliteCatalog, cache: FeatureCache) -> None:
    for snapshot, spec_of in ((cache.all(METRICS), "spec"), (cache.sketches(METRICS), "sketch_spec")):
        np.testing.assert_array_equal(snapshot.ids, catalog.ids())
        for metric in METRICS:
            spec = getattr(metric, spec_of)
            if spec is not None:
                expected = catalog.fetch(catalog.ids(), spec)
                np.testing.assert_array_equal(snapshot.batches[metric.name].offsets, expected.offsets)
                np.testing.assert_array_equal(snapshot.batches[metric.name].rows, expected.rows)


def test_a_second_opening_reads_no_features(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_faithful(catalog, FeatureCache(catalog))
    counts = fetched(catalog, monkeypatch)
    again = FeatureCache(catalog)
    again.all(METRICS)
    again.sketches(METRICS)
    assert counts == []


def test_only_what_is_new_is_read(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(catalog)
    cache.all(METRICS)
    add(catalog, [encode_jpeg(turn(decode(data), 90)) for data in list(photographs.values())[:3]])
    catalog.remove(catalog.ids()[[0, 5]].tolist())
    counts = fetched(catalog, monkeypatch)
    cache.all(METRICS)
    new = 3 - len(set(catalog.ids()[[0, 5]].tolist()) - set(cache.ids()[1].tolist()))
    assert sum(counts) <= new * len(METRICS)
    assert_faithful(catalog, cache)
    assert_faithful(catalog, FeatureCache(catalog))


def test_features_built_later_are_noticed(catalog: SqliteCatalog) -> None:
    cache = FeatureCache(catalog)
    cache.sketches(METRICS)
    metric = next(one for one in METRICS if one.name == "phash")
    spec = FeatureSpec("phash-other-v1", metric.layout, small=True)
    some = catalog.ids()[::2]
    catalog.put_features(spec, {int(one): np.array([7], np.uint64) for one in some})
    assert cache.sketches(METRICS).revision == catalog.revision()
    np.testing.assert_array_equal(catalog.feature_ids(spec), some)
    assert catalog.feature_ids(FeatureSpec("nothing", metric.layout, small=False)).size == 0


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["torn", "garbage", "foreign", "empty"])
def test_a_cache_that_cannot_be_trusted_is_made_again(
    harm: str, catalog: SqliteCatalog, pictures: list[bytes], tmp_path: Path
) -> None:
    FeatureCache(catalog).all(METRICS)
    folder = Path(f"{catalog.location}.cache")
    assert {path.suffix for path in folder.iterdir()} == {".pack"}
    if harm == "foreign":
        with closing(SqliteCatalog(tmp_path / "other.sqlite")) as other:
            add(other, [encode_jpeg(mirror(decode(data))) for data in pictures[:4]])
            while other.revision() < catalog.revision():
                other.put_features(FeatureSpec(f"x{other.revision()}", METRICS[0].layout, small=False), {})
                other.remove([int(other.ids()[-1])])
            FeatureCache(other, folder=folder).all(METRICS)
    for path in folder.iterdir():
        data = path.read_bytes()
        if harm == "torn":
            path.write_bytes(data[: len(data) // 2])
        elif harm == "garbage":
            path.write_bytes(data[:5000] + bytes(len(data) - 5000))
        elif harm == "empty":
            path.write_bytes(b"")
    assert_faithful(catalog, FeatureCache(catalog))


def test_without_a_folder_features_stay_in_memory(catalog: SqliteCatalog, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    assert_faithful(catalog, FeatureCache(catalog, folder=blocked))


def test_the_cascade_gives_the_very_scores_of_the_exhaustive_search(
    catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    cache = FeatureCache(catalog)
    for name, change in (("coffee.png", mirror), ("chelsea.png", lambda one: recompress(crop(one, 0.6), 30))):
        query = prepare_query(encode_jpeg(change(decode(photographs[name]))))
        whole = score(query, cache, exhaustive=True)
        part = score(query, cache, exhaustive=False, shortlist=4)
        assert whole.exhaustive
        assert not part.exhaustive
        assert part.catalog_size == whole.catalog_size == catalog.count()
        assert len(part.ids) <= 4 * len(METRICS) + 1
        places = np.searchsorted(whole.ids, part.ids)
        np.testing.assert_array_equal(whole.ids[places], part.ids)
        np.testing.assert_allclose(part.raw, whole.raw[places], atol=1e-6)
        criteria = criteria_of("balanced", top=1)
        assert part.rank(criteria)[0].id == whole.rank(criteria)[0].id


def test_the_shortlist_comes_alike_from_the_cache_and_from_the_catalog(
    catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    query = prepare_query(photographs["rocket.jpg"])
    cold = FeatureCache(catalog)
    warm = FeatureCache(catalog)
    warm.all(METRICS)
    first, second = (score(query, cache, exhaustive=False, shortlist=3) for cache in (cold, warm))
    np.testing.assert_array_equal(first.ids, second.ids)
    np.testing.assert_array_equal(first.raw, second.raw)


def test_the_same_file_is_always_on_the_shortlist(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(photographs["coffee.png"])
    table = score(query, FeatureCache(catalog), exhaustive=False, shortlist=1)
    assert query.id in table.ids


def test_a_large_catalog_is_searched_by_the_cascade(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.searching import scoring

    query = prepare_query(encode_jpeg(np.zeros((50, 50, 3), np.uint8)))
    cache = FeatureCache(catalog)
    assert score(query, cache).exhaustive
    monkeypatch.setattr(scoring, "EXACT_LIMIT", 10)
    table = score(query, cache, shortlist=2)
    assert not table.exhaustive
    assert len(table.ids) <= 2 * len(METRICS)


@pytest.mark.slow
def test_threads_search_while_another_adds(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    cache = FeatureCache(catalog)
    query = prepare_query(photographs["coffee.png"])
    failures: list[BaseException] = []

    def search() -> None:
        try:
            for turn_number in range(6):
                table = score(query, cache, exhaustive=bool(turn_number % 2), shortlist=3)
                assert table.rank(criteria_of("balanced", top=1))[0].id == query.id
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    add(catalog, [encode_jpeg(turn(decode(data), 180)) for data in photographs.values()])
    for thread in threads:
        thread.join()
    assert failures == []
    assert_faithful(catalog, cache)


def test_a_catalog_too_large_for_the_cache_is_scored_in_chunks(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.searching import scoring

    query = prepare_query(encode_jpeg(mirror(decode(photographs["coffee.png"]))))
    cache = FeatureCache(catalog)
    whole = score(query, cache, exhaustive=True)
    monkeypatch.setattr(scoring, "PACKED_LIMIT", 10)
    monkeypatch.setattr(scoring, "CHUNK_PICTURES", 7)
    steps: list[tuple[int, int]] = []
    cold = FeatureCache(catalog, folder=Path(f"{catalog.location}.other"))
    chunked = score(query, cold, exhaustive=True, progress=lambda done, total: steps.append((done, total)))
    assert chunked.exhaustive
    np.testing.assert_array_equal(chunked.ids, whole.ids)
    for one, other in zip(chunked.columns, whole.columns, strict=True):
        np.testing.assert_allclose(one.raw, other.raw, atol=1e-6)
    count = catalog.count()
    assert steps[-1] == (count, count)
    assert [done for done, _ in steps] == [min(7 * (turn + 1), count) for turn in range(len(steps))]

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        score(query, cold, exhaustive=True, progress=stop)


def test_without_a_folder_the_features_stay_in_memory(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqliteCatalog, "cache_folder", None)
    assert_faithful(catalog, FeatureCache(catalog))
    assert not Path(f"{catalog.location}.cache").exists()
