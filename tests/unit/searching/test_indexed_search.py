"""A cascade that chooses by the index of keypoints, and by sketches until all are in it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache, Snapshot
from pictrace.catalog.records import Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import HasFeatures
from pictrace.images.edits import crop, mirror, recompress, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing import keypoints as indexing_keypoints
from pictrace.indexing.index import Indexing
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching import cascade
from pictrace.searching.cascade import nearest, open_for
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score
from pictrace.sources.base import Item

METRICS = (get_metric("sift"), get_metric("orb"))


@pytest.fixture
def sift() -> Indexed:
    metric = METRICS[0]
    assert isinstance(metric, Indexed)
    return metric


@pytest.fixture(scope="module")
def pictures(photographs: dict[str, bytes]) -> list[bytes]:
    """The photographs, and windows of them."""
    windows = [
        encode_jpeg(crop(decode(data), 0.2, across=across, down=down))
        for data in photographs.values()
        for across in (0.0, 1.0)
        for down in (0.0, 1.0)
    ]
    return [*photographs.values(), *windows]


@pytest.fixture
def catalog(pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteCatalog]:
    monkeypatch.setattr(cascade, "INDEX_TIMES", 4)
    monkeypatch.setattr(indexing_keypoints, "EXACT_LIMIT", 5)
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        items = [Item.of_bytes(data, Source("upload", f"{index}.jpg")) for index, data in enumerate(pictures)]
        Indexing(catalog, items, METRICS).run()
        yield catalog


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The metrics whose sketches are read from now on."""
    names: list[str] = []
    sketches = FeatureCache.sketches

    def noted(self: FeatureCache, metrics: tuple[HasFeatures, ...]) -> Snapshot:
        names.extend(one.name for one in metrics)
        return sketches(self, metrics)

    monkeypatch.setattr(FeatureCache, "sketches", noted)
    return names


def asked(data: bytes, metrics: tuple[Metric, ...] = METRICS) -> Query:
    image = decode(data)
    return prepare_query(encode_jpeg(recompress(mirror(turn(crop(image, 0.6), 90)), 50)), metrics)


@pytest.mark.slow
def test_what_was_cropped_mirrored_and_turned_is_among_the_few_it_chooses(
    catalog: SqliteCatalog, photographs: dict[str, bytes], sketched: list[str]
) -> None:
    cache = FeatureCache(catalog)
    for data in photographs.values():
        chosen = nearest(asked(data), cache, METRICS, 1, None)
        assert image_id(digest(data)) in chosen.ids
        assert len(chosen.ids) <= 4
        assert chosen.by_index.all()
        assert chosen.total == catalog.count()
    assert sketched == []


def test_sketches_choose_until_all_is_in_the_index(
    catalog: SqliteCatalog,
    photographs: dict[str, bytes],
    sketched: list[str],
    monkeypatch: pytest.MonkeyPatch,
    sift: Indexed,
) -> None:
    monkeypatch.setattr(cascade, "NEW_PICTURES", 3)
    cache = FeatureCache(catalog)
    query = asked(next(iter(photographs.values())))
    nearest(query, cache, METRICS, 2, None)
    open_for(cache, METRICS)
    assert sketched == ["sift", "orb"] * 2
    run = IndexKeypoints(cache, METRICS)
    run.run()
    assert run.progress.added == run.progress.total == len(catalog.feature_ids(sift.spec))
    sketched.clear()
    nearest(query, cache, METRICS, 2, None)
    open_for(cache, METRICS)
    assert sketched == []
    nearest(prepare_query(encode_jpeg(query.image), METRICS[1:]), cache, METRICS[1:], 2, None)
    assert sketched == ["orb"]


def test_only_the_pictures_in_question_are_chosen(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    among = catalog.ids()[::3]
    chosen = nearest(asked(next(iter(photographs.values()))), FeatureCache(catalog), METRICS, 3, among)
    assert set(chosen.ids.tolist()) <= set(among.tolist())
    assert chosen.total == len(among)


def test_what_an_index_chose_and_keypoints_do_not_bear_out_is_scored_no_further(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade, "WORTH_TIMES", 1)
    data = next(iter(photographs.values()))
    cache, query = FeatureCache(catalog), prepare_query(data, METRICS)
    chosen = nearest(query, cache, METRICS, 6, None)
    assert len(chosen.ids) > 6
    exact = score(query, cache, exhaustive=True)
    table = score(query, cache, exhaustive=False, shortlist=6)
    assert 6 <= len(table.ids) < len(chosen.ids)
    places = np.searchsorted(exact.ids, table.ids)
    for some, all_of_them in zip(table.columns, exact.columns, strict=True):
        np.testing.assert_array_equal(some.raw, all_of_them.raw[..., places])
        np.testing.assert_array_equal(some.variant, all_of_them.variant[..., places])
    assert convincing_ids(exact) & set(chosen.ids.tolist()) <= set(table.ids.tolist())


def test_a_picture_without_keypoints_finds_nothing_and_nothing_breaks(catalog: SqliteCatalog) -> None:
    flat = prepare_query(encode_jpeg(np.full((80, 80, 3), 128, np.uint8)), METRICS)
    assert len(nearest(flat, FeatureCache(catalog), METRICS, 3, None).ids) == 0


def test_a_small_catalog_needs_no_index(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing_keypoints, "EXACT_LIMIT", 1000)
    cache = FeatureCache(catalog)
    assert IndexKeypoints(cache, METRICS).run().total == 0
    assert catalog.cache_folder is not None
    assert list(catalog.cache_folder.glob("*.postings")) == []
