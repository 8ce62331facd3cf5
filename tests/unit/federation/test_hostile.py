"""Nothing that another server answers is believed that could not be so; the others' answers stay."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Origin
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.cluster.cache import cache_of
from pictrace.errors import SourceError
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import original_bytes
from pictrace.metrics import get_metric
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score
from tests.http_server import Server, serve
from tests.unit.federation.conftest import Shared

NONSENSE = "its answer is not what it should be"
IDS = np.array([5, 9], np.int64)
PHASH = get_metric("phash")


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def packed(ids: np.ndarray[Any, Any] = IDS) -> str:
    return text(ids.astype("<i8").tobytes())


def column(**instead: object) -> dict[str, object]:
    usual = {
        "metric": "phash",
        "features": PHASH.feature_key,
        "unit": PHASH.scale.unit,
        "worst": PHASH.scale.worst,
        "best": PHASH.scale.best,
        "settings": {},
        "raw": text(np.array([3, np.nan], "<f4").tobytes()),
        "variant": text(bytes(2)),
    }
    return {**usual, **instead}


def scores(*columns: dict[str, object], ids: str | None = None, **instead: object) -> bytes:
    said = {"revision": 1, "images": 2, "ids": packed() if ids is None else ids, "columns": [*columns], **instead}
    return json.dumps(said).encode()


@pytest.fixture
def hostile() -> Iterator[Server]:
    """Tells of two pictures; what else it answers, each test says."""
    with serve() as server:
        server.add("/api/v1/ids", json.dumps({"revision": 1, "ids": packed()}).encode(), ETag='"1"')
        yield server


@pytest.fixture
def both(shared: Shared, hostile: Server) -> Iterator[Catalog]:
    with closing(open_catalog(f"{shared.addresses[0]},{hostile.url('')}")) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def query(changed: bytes) -> Query:
    return prepare_query(changed, [PHASH])


def test_what_is_as_it_should_be_is_taken(both: Catalog, hostile: Server, query: Query) -> None:
    hostile.add("/api/v1/scores", scores(column()))
    table = score(query, cache_of(both))
    assert table.silent == {}
    assert table.ids[:2].tolist() == IDS.tolist()
    assert table.columns[0].raw[0] == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        b'{"revision": 1}',
        b'{"revision": 1, "images": 2, "ids": "?", "columns": []}',
        b"[" * 100_000,
        scores(column(), ids=packed(IDS[::-1])),
        scores(column(), ids=packed(-IDS[::-1])),
        scores(column(), ids=text(b"odd")),
        scores(column(raw=text(np.array([3], "<f4").tobytes()))),
        scores(column(raw=text(np.array([3, np.inf], "<f4").tobytes()))),
        scores(column(raw=text(np.array([3, 1e30], "<f4").tobytes()))),
        scores(column(variant=text(bytes([0, 8])))),
        scores(column(settings=[])),
        scores(column(), images=-1),
    ],
)
def test_scores_that_cannot_be_are_refused_and_their_server_is_named(
    both: Catalog, hostile: Server, query: Query, answer: bytes
) -> None:
    hostile.add("/api/v1/scores", answer)
    table = score(query, cache_of(both))
    assert table.silent == {hostile.host: NONSENSE}
    assert not np.isin(IDS, table.ids).any()
    assert table.unanswered == len(IDS)
    assert len(table.ids) > 0
    asked = hostile.count("/api/v1/scores")
    score(query, cache_of(both))
    assert hostile.count("/api/v1/scores") == asked  # it is left alone for a while


@pytest.mark.parametrize(
    "instead", [{"features": "phash-b64-v2"}, {"worst": 64.0}, {"settings": {"ratio": [0.5, 0.6]}}], ids=str
)
def test_other_versions_are_told_and_not_compared(
    both: Catalog, hostile: Server, query: Query, instead: dict[str, object]
) -> None:
    hostile.add("/api/v1/scores", scores(column(**instead)))
    table = score(query, cache_of(both))
    assert table.silent == {hostile.host: "all its features are of other versions: not comparable"}


def test_a_metric_of_another_version_alone_is_told(both: Catalog, hostile: Server, changed: bytes) -> None:
    hostile.add("/api/v1/scores", scores(column()))
    table = score(prepare_query(changed, [PHASH, get_metric("histogram")]), cache_of(both))
    assert table.told == f"{hostile.host} has features of other versions for Colours (histogram): not comparable there."
    assert table.silent == {}
    assert np.isnan(table.columns[1].raw[:2]).all()
    assert not np.isnan(table.columns[1].raw[2:]).all()


@pytest.mark.parametrize("ids", [packed(IDS[::-1]), text(b"odd"), 5, None], ids=str)
def test_ids_that_cannot_be_are_refused(both: Catalog, hostile: Server, shared: Shared, ids: object) -> None:
    hostile.add("/api/v1/ids", json.dumps({"revision": 1, "ids": ids}).encode())
    with closing(open_catalog(str(shared.halves[0]))) as own:
        assert np.array_equal(both.ids(), own.ids())
    assert both.silent == {hostile.host: NONSENSE}


def test_no_redirect_is_followed_and_no_token_is_shown(
    shared: Shared, hostile: Server, query: Query, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PICTRACE_SERVER_TOKENS", f"{hostile.url('')}=quite-secret")
    elsewhere = hostile.add("/elsewhere", scores(column()))
    hostile.add("/api/v1/scores", b"", status=307, Location=elsewhere)
    with closing(open_catalog(f"{shared.addresses[0]},{hostile.url('')}")) as catalog:
        table = score(query, cache_of(catalog))
        assert "it sends elsewhere" in table.silent[hostile.host]
        said = f"{catalog.location} {catalog.title} {catalog.identity} {table.told} {catalog.silent} {catalog!r}"
        assert "secret" not in said + repr(cast(FederatedCatalog, catalog).servers.all)
    assert hostile.count("/elsewhere") == 0
    sent = [headers.get("Authorization") for path, headers in hostile.requests if path.startswith("/api")]
    assert sent == ["Bearer quite-secret"] * len(sent)
    assert "secret" not in caplog.text


def test_a_flood_is_not_read(both: Catalog, hostile: Server, query: Query) -> None:
    hostile.add("/api/v1/scores", bytes(65 * 2**20))
    assert score(query, cache_of(both)).silent == {hostile.host: "its answer is too large"}


def test_pictures_are_taken_for_what_their_digest_says(
    both: Catalog, hostile: Server, photographs: dict[str, bytes]
) -> None:
    cache_of(both)
    image = {
        "id": 5,
        "sha256": "00" * 32,
        "format": "JPEG",
        "width": 9,
        "height": 9,
        "bytes": 9,
        "added_at": "",
        "title": "",
    }
    source = {"kind": "file", "address": "/etc/passwd", "title": "", "metadata": {}}
    page = {"images": [{**image, "sources": [source]}], "next": None, "total": 1}
    hostile.add("/api/v1/images", json.dumps(page).encode())
    hostile.add("/api/v1/images/5/thumbnail", b"<script>")
    hostile.add("/api/v1/images/5/original", photographs["coffee.png"])
    record = both.pictures([5])[5]  # of its number alone: its id is of another digest
    assert [one.kind for one in record.sources] == [Origin.SERVER]
    assert both.thumbnail(5) is None
    with pytest.raises(SourceError):
        original_bytes(both, 5, DecodeLimits())


def test_no_file_of_this_machine_is_meant(both: Catalog, hostile: Server) -> None:
    image = {
        "id": 0,
        "sha256": "00" * 32,
        "format": "<b>",
        "width": 9,
        "height": 9,
        "bytes": 9,
        "added_at": "?",
        "title": "",
    }
    named = [
        {"kind": kind, "address": address, "title": "", "metadata": {}}
        for kind, address in (
            ("file", "/etc/passwd"),
            ("archive", "/a.zip!/b"),
            ("link", "javascript:1"),
            ("link", "https://x.example/a.jpg"),
        )
    ]
    page = {"images": [{**image, "sources": named}], "next": None, "total": 1}
    hostile.add("/api/v1/ids", json.dumps({"revision": 1, "ids": packed(np.array([0], np.int64))}).encode())
    hostile.add("/api/v1/images", json.dumps(page).encode())
    record = both.pictures([0])[0]
    assert record.format == ""
    assert [(one.kind, one.address) for one in record.sources] == [
        ("server", f"{hostile.host}/etc/passwd"),
        ("server", f"{hostile.host}/a.zip!/b"),
        ("server", f"{hostile.host}/javascript:1"),
        ("link", "https://x.example/a.jpg"),
    ]


@pytest.mark.parametrize("data", [bytes(7), bytes(16), b""], ids=len)
def test_features_that_no_picture_has_are_none(both: Catalog, hostile: Server, data: bytes) -> None:
    hostile.add("/api/v1/features", json.dumps({"features": {PHASH.feature_key: [text(data)]}}).encode())
    assert both.fetch(IDS[:1], PHASH.spec).counts.tolist() == [0]
