"""Many pictures looked for in the background: answers, failures, and what is never read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import SourceError
from pictrace.images.encoding import encode_png
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.searching.table import Criteria
from pictrace.service.many_searches import ManySearches, first_cells, typed_queries
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item

LONG_S = 60.0
CRITERIA = Criteria(weights={"phash": 1.0})


def drawing(number: int) -> bytes:
    random = np.random.default_rng(number)
    return encode_png(np.kron(random.integers(0, 256, (6, 6, 3), np.uint8), np.ones((12, 12, 1), np.uint8)))


@pytest.fixture
def workspace(make_catalog: Callable[..., SqliteCatalog], tmp_path: Path) -> Workspace:
    catalog = make_catalog()
    for number in (0, 1):
        (tmp_path / f"{number}.png").write_bytes(drawing(number))
    items = [Item.of_file(tmp_path / f"{number}.png") for number in (0, 1)]
    Indexing(catalog, items, [get_metric("phash")]).run()
    return Workspace(catalog, FeatureCache(catalog), "mine")


def asked(workspace: Workspace, items: list[Item]) -> ManySearches:
    job = ManySearches(workspace, items, CRITERIA, orientations=False, alarms=0.005)
    assert job.wait(LONG_S)
    return job


def test_each_has_an_answer_or_a_reason(workspace: Workspace, tmp_path: Path) -> None:
    by_id, none = typed_queries([f"catalog:{image_id(digest(drawing(1)))}", " ", "0.png"], workspace.catalog)
    assert not none
    sent = [Item.of_bytes(data, Source("upload", name)) for name, data in (("a.png", drawing(0)), ("bad.png", b"x"))]
    job = asked(workspace, [*by_id, *sent])
    assert [one.best for one in job.answers] == ["1.png", "0.png", "0.png"]
    assert {one.headline for one in job.answers} == {"This exact file is in the catalog."}
    assert all(
        one.scores[0] == one.score and list(one.scores) == sorted(one.scores, reverse=True) for one in job.answers
    )
    assert len(job.answers[0].scores) > 1
    assert [one.source.address for one in job.failures] == ["bad.png"]
    assert job.progress == (4, 4)
    rows = list(csv.DictReader(io.StringIO(job.csv)))
    own = image_id(digest(drawing(1)))
    assert [one.query for one in job.answers] == [f"catalog:{own}", "0.png", "a.png"]
    assert [row["query"] for row in rows if row["rank"] == "1"][::2] == [f"catalog:{own}", "a.png"]
    assert str(tmp_path) not in job.csv


def test_files_of_the_server_are_not_read(workspace: Workspace, tmp_path: Path) -> None:
    named, skipped = typed_queries([str(tmp_path / "secret.png"), "s3://bucket/x.png"], workspace.catalog)
    assert not named
    assert len(skipped) == 2
    job = asked(workspace, [Item.of_file(tmp_path / "0.png", from_table=True)])
    assert not job.answers
    assert "not read" in job.failures[0].reason
    assert str(tmp_path) not in job.failures[0].source.address


def test_a_table_of_ids_names_them_in_its_first_column(workspace: Workspace) -> None:
    ids = [image_id(digest(drawing(number))) for number in (0, 1)]
    table = "id,note\n" + "".join(f"{one},x\n" for one in ids)
    named, skipped = typed_queries(first_cells(table.encode()), workspace.catalog)
    assert [one.source.address for one in named] == [f"catalog:{one}" for one in ids]
    assert [one.address for one in skipped] == ["id"]


def test_it_ends_when_asked_and_takes_no_more_than_it_may(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="2,000 are the most"):
        asked(workspace, [Item.of_bytes(b"", Source("upload", ""))] * 2001)
    monkeypatch.setattr(ManySearches, "stopped", True)
    job = asked(workspace, [Item.of_bytes(drawing(0), Source("upload", "a.png"))])
    assert job.progress == (0, 1)
