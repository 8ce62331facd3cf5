"""What labels say of a match's score."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Decision, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.evaluation.labels import NOT_SAME, SAME
from pictrace.images.edits import recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.searching.table import Criteria
from pictrace.service.labelled_scores import LabelledScores
from pictrace.sources.base import Item

COLOURS = Criteria(weights={"histogram": 1.0})


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes]) -> FeatureCache:
    """Four photographs and a copy of each."""
    first = list(photographs.values())[:4]
    pictures = [*first, *(encode_jpeg(recompress(decode(one), 50)) for one in first)]
    catalog = make_catalog()
    items = [Item.of_bytes(data, Source("upload", f"{n}")) for n, data in enumerate(pictures)]
    Indexing(catalog, items, [get_metric("histogram")]).run()
    ids = [image_id(digest(one)) for one in pictures]
    pairs = combinations(range(8), 2)
    catalog.decide([Decision(ids[a], ids[b], SAME if b == a + 4 else NOT_SAME) for a, b in pairs])
    return FeatureCache(catalog)


def test_right_matches_are_counted_by_their_score(cache: FeatureCache) -> None:
    shown = LabelledScores(cache).shown(COLOURS)
    assert shown is not None
    assert shown.of.sum() == 28
    assert shown.right.sum() == 4
    assert shown.about(1.0) == (4, 4)
    assert shown.at(0.0) < 0.1
    assert LabelledScores(cache).shown(Criteria(weights={"sift": 1.0})) is None  # there are no features of it


def test_a_later_word_counts(cache: FeatureCache) -> None:
    scores = LabelledScores(cache)
    assert scores.shown(COLOURS) is not None
    said = next(one for one in cache.catalog.decisions() if one.decision == SAME)
    cache.catalog.decide([Decision(said.first_id, said.second_id, NOT_SAME)])
    shown = scores.shown(COLOURS)
    assert shown is not None
    assert shown.right.sum() == 3
