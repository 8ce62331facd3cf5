"""One person's search, without a page: what is computed, what is kept, and what makes it stale."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError, SourceError
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching import scoring
from pictrace.searching.cascade import Chosen
from pictrace.searching.presets import criteria_of
from pictrace.service import details as details_module
from pictrace.service import full_check
from pictrace.service import search as search_module
from pictrace.service.details import Details
from pictrace.service.full_check import FullCheck
from pictrace.service.pictures import (
    CATALOG_ADDRESS,
    Picture,
    catalog_picture,
    example_picture,
    picture_at,
    picture_types,
)
from pictrace.service.search import Search
from pictrace.sources.base import Item
from tests.watching import Watch

CRITERIA = criteria_of("balanced")
MakeCatalog = Callable[..., SqliteCatalog]


@pytest.fixture
def cache(make_catalog: MakeCatalog, photographs: dict[str, bytes]) -> FeatureCache:
    catalog = make_catalog()
    add(catalog, {name: photographs[name] for name in ("coffee.png", "chelsea.png", "rocket.jpg")})
    return FeatureCache(catalog)


def add(catalog: SqliteCatalog, pictures: dict[str, bytes]) -> None:
    sources = {name: Source("upload", name, name, {"kind": name.partition(".")[2]}) for name in pictures}
    Indexing(catalog, [Item.of_bytes(data, sources[name]) for name, data in pictures.items()]).run()


@pytest.fixture
def asked(photographs: dict[str, bytes]) -> Picture:
    return Picture(encode_jpeg(mirror(decode(photographs["coffee.png"]))), "cup.jpg", "upload")


@pytest.fixture
def search(asked: Picture) -> Search:
    search = Search()
    search.look_for(asked)
    return search


def test_a_picture_is_read_once_and_found(cache: FeatureCache, search: Search, asked: Picture, watch: Watch) -> None:
    watch.on(search_module, "prepare_query", "score_either")
    assert not search.is_current(cache, CRITERIA)
    table = search.table(cache, CRITERIA)
    assert table is not None
    best = table.rank(CRITERIA)[0]
    assert cache.catalog.pictures([best.id])[best.id].label == "coffee.png"
    assert search.picture is asked
    assert search.asked is None
    assert search.answer is not None
    assert {"decode", "extract", "score"} <= set(search.answer.timing_ms)
    assert decode(search.answer.thumbnail).shape == search.answer.query.image.shape
    assert search.is_current(cache, CRITERIA)
    assert search.table(cache, CRITERIA) is table
    assert search.table(cache, replace(CRITERIA, min_score=0.9, top=1)) is table
    assert watch.calls == ["prepare_query", "score_either"]


def test_without_a_picture_there_is_nothing_to_do(cache: FeatureCache) -> None:
    search = Search()
    assert search.is_current(cache, CRITERIA)
    assert search.table(cache, CRITERIA) is None
    assert search.problem == ""


def test_orientations_are_extracted_anew(cache: FeatureCache, search: Search, watch: Watch) -> None:
    first = search.table(cache, CRITERIA)
    watch.on(search_module, "prepare_query", "score_either")
    assert not search.is_current(cache, CRITERIA, orientations=False)
    second = search.table(cache, CRITERIA, orientations=False)
    assert watch.calls == ["prepare_query", "score_either"]
    assert first is not None
    assert second is not None
    assert second.fused(CRITERIA)[0].max() < first.fused(CRITERIA)[0].max()


def test_filters_and_new_pictures_only_score_again(
    cache: FeatureCache, search: Search, photographs: dict[str, bytes], watch: Watch
) -> None:
    search.table(cache, CRITERIA)
    watch.on(search_module, "prepare_query", "score_either")
    some = search.table(cache, CRITERIA, {"kind": ("jpg",)})
    assert some is not None
    assert some.catalog_size == 1
    assert isinstance(cache.catalog, SqliteCatalog)
    add(cache.catalog, {"astronaut.png": photographs["astronaut.png"]})
    assert not search.is_current(cache, CRITERIA, {"kind": ("jpg",)})
    every = search.table(cache, CRITERIA)
    assert every is not None
    assert every.catalog_size == 4
    assert watch.calls == ["score_either", "score_either"]


def test_another_catalog_keeps_the_picture(
    cache: FeatureCache, search: Search, asked: Picture, make_catalog: MakeCatalog, watch: Watch
) -> None:
    search.table(cache, CRITERIA)
    watch.on(search_module, "prepare_query")
    table = search.table(FeatureCache(make_catalog("other.sqlite")), CRITERIA)
    assert table is not None
    assert table.catalog_size == 0
    assert search.picture is asked
    assert watch.calls == []


def test_what_cannot_be_read_changes_nothing(cache: FeatureCache, search: Search, asked: Picture) -> None:
    table = search.table(cache, CRITERIA)
    search.look_for(Picture(b"no picture", "broken.jpg", "upload"))
    assert search.table(cache, CRITERIA) is table
    assert search.problem.startswith("broken.jpg: ")
    assert search.picture is asked
    search.look_for(asked)
    assert search.problem == ""


def test_the_first_picture_may_be_unreadable_too(cache: FeatureCache) -> None:
    search = Search()
    search.look_for(Picture(b"", "empty.jpg", "upload"))
    assert search.table(cache, CRITERIA) is None
    assert search.problem.startswith("empty.jpg: ")
    assert search.is_current(cache, CRITERIA)


def as_in_large_catalogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of the pictures only, and where all are wanted, picture by picture."""
    monkeypatch.setattr(scoring, "EXACT_LIMIT", 0)
    monkeypatch.setattr(scoring, "PACKED_LIMIT", 0)
    monkeypatch.setattr(
        scoring, "nearest", lambda query, cache, *_: Chosen(cache.ids()[1][:2], np.zeros(2, np.bool_), 3)
    )


def test_everything_exactly_is_asked_for_one_picture(
    cache: FeatureCache, search: Search, asked: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_in_large_catalogs(monkeypatch)
    first = search.table(cache, CRITERIA)
    assert first is not None
    search.exhaustive = True
    assert search.table(cache, CRITERIA) is first  # at hand while all are compared
    check = search.check
    assert check is not None
    assert check.wait(60)
    assert (check.done, check.total) == (3, 3)
    table = search.table(cache, CRITERIA)
    assert table is not None
    assert table.exhaustive
    assert search.check is None
    assert search.table(cache, CRITERIA) is table
    search.look_for(replace(asked, name="again.jpg"))
    search.table(cache, CRITERIA)
    assert not search.exhaustive


def test_what_is_stopped_leaves_the_former_results(
    cache: FeatureCache, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_in_large_catalogs(monkeypatch)
    asking, going = threading.Event(), threading.Event()

    def count(self: FullCheck, done: int, total: int) -> None:
        asking.set()
        assert going.wait(60)
        counted(self, done, total)

    counted = FullCheck._count
    monkeypatch.setattr(FullCheck, "_count", count)
    search.table(cache, CRITERIA)
    before = search.answer
    search.exhaustive = True
    search.table(cache, CRITERIA)
    check = search.check
    assert check is not None
    assert asking.wait(60)
    search.settle_for_the_closest()
    going.set()
    assert check.wait(60)
    assert before is not None
    assert search.table(cache, CRITERIA) is before.table
    assert search.check is None
    assert check.found is None


def test_a_full_check_begins_anew_where_what_it_is_about_changes(
    cache: FeatureCache, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_in_large_catalogs(monkeypatch)
    search.table(cache, CRITERIA)
    search.exhaustive = True
    search.table(cache, CRITERIA)
    former = search.check
    search.table(cache, CRITERIA, orientations=False)
    check = search.check
    assert former is not None
    assert former.stopped
    assert check is not None
    assert check.wait(60)
    table = search.table(cache, CRITERIA, orientations=False)
    assert table is not None
    assert table.exhaustive


def test_a_full_check_that_fails_leaves_the_former_results(
    cache: FeatureCache, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_in_large_catalogs(monkeypatch)
    table = search.table(cache, CRITERIA)
    search.exhaustive = True
    monkeypatch.setattr(full_check, "score_either", lambda *_, **__: _raise(CatalogError("It is gone.")))
    search.table(cache, CRITERIA)
    check = search.check
    assert check is not None
    assert check.wait(60)
    assert search.table(cache, CRITERIA) is table
    assert search.problem == "It is gone."
    assert not search.exhaustive


def _raise(error: Exception) -> None:
    raise error


def test_cleared(cache: FeatureCache, search: Search) -> None:
    search.table(cache, CRITERIA)
    search.refuse("why")
    search.clear()
    assert (search.picture, search.answer, search.problem) == (None, None, "")


# One match -------------------------------------------------------------------------------------------


def test_details_are_found_out_once(cache: FeatureCache, search: Search, watch: Watch) -> None:
    table = search.table(cache, CRITERIA)
    assert table is not None
    assert search.answer is not None
    best = table.rank(CRITERIA)[0].id
    made = Details(search.answer)
    watch.on(details_module, "diagnose", "original_picture")
    original = made.original(cache.catalog, best)
    assert made.original(cache.catalog, best) is original
    assert any(change.kind == "mirrored" for change in original.diagnosis.changes)
    for metric in ready_metrics():
        pair = made.pair(metric, best, original.image)
        assert made.pair(metric, best, original.image) is pair
    assert watch.calls == ["original_picture", "diagnose"]
    other = next(int(one) for one in table.ids if one != best)
    made.original(cache.catalog, other)
    assert made.original(cache.catalog, best) is not original  # only the last one is kept
    metric = ready_metrics()[0]
    watch.on(details_module, "compare_as_scored")
    again = made.original(cache.catalog, other, metric)
    assert watch.calls.count("compare_as_scored") == 1  # while it was diagnosed
    assert made.pair(metric, other, again.image) is made.pair(metric, other, again.image)
    assert watch.calls.count("compare_as_scored") == 1


def test_addresses_of_pictures(cache: FeatureCache) -> None:
    one = int(cache.catalog.ids()[0])
    picture = catalog_picture(cache.catalog, one)
    assert picture_at(picture.address, cache.catalog) == picture
    example = example_picture("crop")
    assert picture_at(example.address, cache.catalog) == example
    for address in ("", "-1", "1e3", "²", "9" * 20):
        with pytest.raises(SourceError, match="names no picture"):
            picture_at(f"{CATALOG_ADDRESS}{address}", cache.catalog)


def test_an_uploader_names_first_what_most_people_have() -> None:
    offered = picture_types()
    assert offered[:4] == ["jpg", "png", "webp", "gif"]
    assert len(offered) == len(set(offered))
    assert {"jpeg", "tiff", "dng", "arw"} <= set(offered)
