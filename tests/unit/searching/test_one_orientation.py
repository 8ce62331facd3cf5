"""Which metric says how a pair lies for the metrics that only try all orientations."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace.features import FeatureBatch, RawScores
from pictrace.metrics.base import Metric
from pictrace.metrics.layout import LayoutSsim
from pictrace.metrics.orb import Orb
from pictrace.metrics.sift import Sift
from pictrace.searching.one_orientation import in_one_orientation
from pictrace.searching.query import Query, prepare_query


@pytest.fixture(scope="module")
def query(photographs: dict[str, bytes]) -> Query:
    return prepare_query(photographs["coffee.png"], [Orb(), Sift(), LayoutSsim()])


def said(metric: Metric, raw: float, variant: int) -> RawScores:
    """This value of one pair, whatever the settings, in this orientation."""
    shape = (*(len(one.values) for one in metric.settings), 1)
    return RawScores(np.full(shape, raw, np.float32), np.full(shape, variant, np.uint8))


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [((Orb(),), 3), ((Sift(), Orb()), 0)],  # with SIFT, which is not sure, nobody tells: as where ORB is left out
)
def test_orb_tells_how_a_pair_lies_only_where_sift_does_not_compare(
    metrics: tuple[Metric, ...], expected: int, query: Query
) -> None:
    layout = LayoutSsim()
    batch = FeatureBatch.of([layout.extract(query.image)], layout.layout)
    values = {"orb": (20.0, 3), "sift": (5.0, 0)}
    columns = [said(one, *values[one.name]) for one in metrics] + [said(layout, 1.0, 0)]
    batches = {one.name: batch for one in (*metrics, layout)}
    *_, found = in_one_orientation(query, (*metrics, layout), batches, columns)
    assert found.variant.tolist() == [expected]
    assert (found.raw[0] == 1.0) == (expected == 0)
