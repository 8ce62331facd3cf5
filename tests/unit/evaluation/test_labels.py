"""Labels as a table and as queries, and which pair is asked about next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pictrace.catalog.records import Decision, NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.evaluation.labels import NOT_SAME, NOTHING, SAME, UNSURE, labels_csv, labels_of
from pictrace.evaluation.naming import Names, asked_by_labels, named
from pictrace.evaluation.next_pair import Possible
from pictrace.evaluation.truth import read_truth
from pictrace.images.reading import DecodeLimits


def pid(number: int) -> int:
    return image_id(digest(b"%d" % number))


@pytest.fixture
def catalog(make_catalog: Callable[..., SqliteCatalog]) -> SqliteCatalog:
    made = make_catalog()
    for number in range(6):
        source = Source("file", f"/pictures/{number}.png", f"=number {number}")
        made.add([NewPicture(digest(b"%d" % number), "PNG", 1, 1, 1, b"t", (source,))])
    said = [(0, 1, SAME), (0, 2, NOT_SAME), (0, 3, UNSURE), (4, 4, NOTHING), (5, 1, NOT_SAME), (9, 1, SAME)]
    made.decide(
        [Decision(pid(one), pid(other), what, at=f"2026-01-0{n}") for n, (one, other, what) in enumerate(said, 1)]
    )
    made.decide([Decision(pid(2), pid(3), "keep both")])  # of another kind
    return made


def test_labels_are_queries_as_far_as_their_pictures_are_here(catalog: SqliteCatalog) -> None:
    asked = asked_by_labels(catalog, Names(catalog), DecodeLimits())
    assert [(one.relevant, one.unsure, one.nothing) for one in asked] == [
        ({pid(1)}, {pid(3)}, False),
        (set(), set(), True),
    ]
    assert asked[0].group != asked[1].group


def test_the_table_of_labels_is_read_again(catalog: SqliteCatalog) -> None:
    labels = labels_of(catalog)
    assert len(labels) == 6
    table = labels_csv(catalog, labels[:5])
    assert "'=number 0" in table  # which no spreadsheet runs
    asked = named(read_truth(table.encode(), "t.csv"), Names(catalog), lambda name: None, DecodeLimits(), "t.csv")
    assert [(one.relevant, one.unsure, one.nothing) for one in asked] == [
        ({pid(1)}, {pid(3)}, False),
        (set(), set(), True),
    ]


def test_answers_rule_weights_out() -> None:
    possible = Possible(2)
    assert possible.share == 1
    np.testing.assert_allclose(possible.middle, 0.5, atol=0.05)
    possible.learn(np.array([0.9, 0.1], np.float32), np.array([0.1, 0.9], np.float32))  # the first counts more
    assert 0.45 < possible.share < 0.65
    assert possible.middle[0] > 0.65


def test_the_match_on_which_weights_disagree_is_asked_about() -> None:
    clear, disputed, hopeless = [0.9, 0.9], [1.0, 0.7], [0.1, 0.1]
    assert Possible(2).choose(np.array([hopeless, clear, disputed], np.float32)) in {1, 2}
    assert Possible(2).choose(np.array([hopeless, clear], np.float32)) == 1  # there is nothing to tell apart
