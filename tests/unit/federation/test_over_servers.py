"""The command line and the API over several servers: searches, what they name, and what they refuse in a sentence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from pictrace.api.server import PREFIX, alone
from pictrace.api.state import State
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source
from pictrace.catalog.servers.address import are_servers, parsed
from pictrace.cli import main
from pictrace.cluster.cache import cache_of
from pictrace.errors import CatalogError, UnsupportedError
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.searching.presets import criteria_of
from pictrace.searching.table import Criteria
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.details import Details
from pictrace.service.many_searches import ManySearches, typed_queries
from pictrace.service.pictures import Picture, catalog_picture
from pictrace.service.search import Search
from pictrace.service.workspaces import Workspace, Workspaces
from pictrace.sources.base import Item
from tests.servers import closed_port
from tests.unit.federation.conftest import Shared

PHASH = Criteria(weights={"phash": 1.0})


@pytest.fixture
def file(tmp_path: Path, changed: bytes) -> str:
    path = tmp_path / "query.jpg"
    path.write_bytes(changed)
    return str(path)


def found(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["rank"], one["id"], one["score"], one["good"], one["metrics"]) for one in document["matches"]]


def test_a_search_by_the_command_line_is_that_of_one_catalog(
    shared: Shared, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = []
    for location in (str(shared.whole), shared.location):
        assert main(["search", file, "--catalog", location, "--json", "--top", "9"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert found(documents[0]) == found(documents[1])
    assert documents[0]["verdict"] == documents[1]["verdict"]
    first = documents[1]["matches"][0]["sources"][0]
    assert first["kind"] == "server"
    assert first["address"].startswith(tuple(one.removeprefix("http://") for one in shared.addresses))


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_collage_holds_what_it_holds_of_one_catalog(
    shared: Shared, photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], mirrored: bool
) -> None:
    names = "coffee.png", "chelsea.png", "rocket.jpg", "camera.png"
    tiles = [cv2.resize(decode(photographs[name]), (320, 240), interpolation=cv2.INTER_AREA) for name in names]
    collage = np.asarray(np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])]), np.uint8)
    path = tmp_path / "collage.jpg"
    path.write_bytes(encode_jpeg(mirror(collage) if mirrored else collage, quality=90))
    documents = []
    for location in (str(shared.whole), shared.location):
        assert main(["search", str(path), "--catalog", location, "--json", "--top", "6"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert "holds 4 pictures" in documents[0]["verdict"]["headline"]
    assert documents[0]["verdict"] == documents[1]["verdict"]
    assert documents[0]["held"] == documents[1]["held"]
    assert found(documents[0]) == found(documents[1])
    assert {one["id"] for one in documents[0]["matches"][:4]} == {one["ids"][0] for one in documents[0]["held"]}


def test_a_folder_of_queries_by_the_command_line_finds_what_one_catalog_finds(
    shared: Shared, file: str, photographs: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(file).parent
    (folder / "other.png").write_bytes(photographs["coffee.png"])
    tables = []
    for location in (str(shared.whole), shared.location):
        assert main(["search", str(folder), "--catalog", location, "--csv", "--top", "3"]) == 0
        tables.append(list(csv.DictReader(io.StringIO(capsys.readouterr().out))))
    assert len({row["query"] for row in tables[0]}) == 2
    ranks = [[(row["query"], row["rank"], row["id"], row["score"]) for row in table] for table in tables]
    assert ranks[0] == ranks[1]


def test_many_searches_over_servers_answer_as_over_one_catalog(
    federated: Catalog, alone: Catalog, changed: bytes
) -> None:
    answers = []
    for catalog in (alone, federated):
        named, none = typed_queries(["coffee.png", str(alone.ids()[3])], catalog)
        assert (len(named), none) == (2, [])
        assert [one.address for one in typed_queries(["offee.png"], catalog)[1]] == ["offee.png"]  # a part is no name
        sent = Item.of_bytes(changed, Source("upload", "a"))
        workspace = Workspace(catalog, cache_of(catalog), "all")
        job = ManySearches(workspace, [named[0], sent], PHASH, orientations=False, alarms=0.005)
        assert job.wait(60)
        assert not job.failures
        answers.append([(one.headline, one.good, one.scores) for one in job.answers])
    assert len(answers[0]) == 2
    assert answers[0] == answers[1]


def test_a_silent_server_is_named_by_the_command_line(
    shared: Shared, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = closed_port()
    name = dead.removeprefix("http://")
    location = f"{shared.addresses[0]},{dead}"
    main(["search", file, "--catalog", location])
    assert f"{name} is silent (it cannot be reached): its pictures were not looked at." in capsys.readouterr().err
    assert main(["info", "--catalog", location]) == 0
    assert f"{name} is silent: it cannot be reached" in capsys.readouterr().err
    assert main(["search", file, "--catalog", dead]) == 1
    assert f"None of the servers answers ({name}: it cannot be reached)." in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["index pictures/", "rebuild", "refresh", "duplicates", "export --list a.csv", "stress"]
)
def test_what_needs_one_catalog_says_so(command: str, shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    name = command.partition(" ")[0]
    assert main([*command.split(), "--catalog", shared.location]) == 2
    assert f"pictrace {name} works on one catalog." in capsys.readouterr().err


@pytest.fixture
def client(shared: Shared, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    """Of a server that asks the two others."""
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    monkeypatch.setenv("PICTRACE_CATALOG", f"{shared.location},{closed_port()}")
    with closing(State()) as state:
        made = TestClient(
            alone(state=state),
            base_url=f"http://127.0.0.1{PREFIX}",
            client=("127.0.0.1", 5),
            raise_server_exceptions=False,
        )
        yield made
        state.workspace().catalog.close()


def test_the_api_of_a_server_that_asks_others(client: TestClient, changed: bytes, alone: Catalog) -> None:
    answer = client.post("/search", files={"picture": changed}, data={"top": 9}).json()
    assert answer["catalog"]["images"] == alone.count()
    assert list(answer["catalog"]["silent"].values()) == ["it cannot be reached"]
    best = answer["matches"][0]["id"]
    assert client.get(f"/images/{best}").json()["sources"][0]["kind"] == "server"
    assert client.get(f"/images/{best}/thumbnail").content.startswith(b"\xff\xd8")
    assert client.get(f"/images/{best}/original").content == alone.original(best)
    assert client.get("/images?limit=200").json()["total"] == alone.count()
    assert len(client.get("/stats").json()["silent"]) == 1
    for refused in (client.get("/duplicates"), client.get("/ids"), client.delete(f"/images/{best}")):
        assert refused.status_code == 403, refused.text
        assert "fault" not in refused.text


def test_details_have_the_originals_as_evidence(federated: Catalog, alone: Catalog, changed: bytes) -> None:
    cache, criteria = cache_of(federated), criteria_of("balanced")
    search = Search()
    search.look_for(Picture(changed, "query.jpg", "upload"))
    table = search.table(cache, criteria)
    assert table is not None
    assert search.answer is not None
    assert search.is_current(cache, criteria)
    best = table.rank(criteria)[0]
    details = Details(search.answer)
    original = details.original(federated, best.id)
    assert original.notes == ()
    for metric in table.metrics:
        pair = details.pair(metric, best.id, original.image)
        assert metric.explain_pair(pair).raw == pytest.approx(best.metrics[metric.name].raw, nan_ok=True)
    both = Comparison()
    both.put(FIRST, search.answer.picture)
    both.put(SECOND, catalog_picture(federated, best.id))
    assert both.examined() is not None


def test_without_originals_the_evidence_is_that_of_the_features_drawn_on_thumbnails(
    federated: Catalog, changed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search()
    search.look_for(Picture(changed, "query.jpg", "upload"))
    table = search.table(cache_of(federated), criteria_of("balanced"))
    assert table is not None
    assert search.answer is not None
    monkeypatch.setattr(federated, "original", lambda _: None)
    best, details = table.rank(criteria_of("balanced"))[0], Details(search.answer)
    original = details.original(federated, best.id)
    assert "the evidence is of its features" in original.notes[0]
    record = federated.pictures([best.id])[best.id]
    assert max(original.image.shape) == min(512, max(record.width, record.height))  # as large as features are of
    for metric in table.metrics:
        explained = metric.explain_pair(details.pair(metric, best.id, original.image))
        assert explained.raw == pytest.approx(best.metrics[metric.name].raw, nan_ok=True)


def test_addresses() -> None:
    assert are_servers("https://a.example")
    assert are_servers("http://127.0.0.1:8501/")
    assert are_servers("https://a.example/pictrace/api/v1")
    assert are_servers("https://a.example/one, https://b.example/two")
    assert not are_servers("https://a.example/catalog.sqlite")
    assert not are_servers("https://bucket.example/catalog.sqlite?signed=a,b")
    assert not are_servers("catalog.sqlite")
    assert not are_servers("postgresql://a.example/b")
    assert [one.address for one in parsed("https://a.example/api/v1,https://A.example https://b.example:444/x/")] == [
        "https://a.example",
        "https://b.example:444/x",
    ]
    for wrong in ("https://u:secret@a.example,https://b.example", "https://a.example,https://b.example?t=secret"):
        with pytest.raises(CatalogError) as caught:
            parsed(wrong)
        assert "secret" not in str(caught.value)


def test_tokens_go_to_their_server_alone(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("PICTRACE_SERVER_TOKENS", "https://a.example=one,b.example=two wrongsecret")
    tokens = [one.token for one in parsed("https://a.example,https://b.example,https://c.example")]
    assert tokens == ["one", "two", ""]
    assert "Entry 3 of PICTRACE_SERVER_TOKENS" in caplog.text
    assert "wrongsecret" not in caplog.text


def test_a_visitors_link_names_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError, match="or on other servers"):
        Workspaces().open("http://169.254.169.254/")


def test_what_changes_a_catalog_is_refused_in_a_sentence(federated: Catalog) -> None:
    for call in (
        lambda: federated.add([]),
        lambda: federated.remove([1]),
        federated.facts,
        lambda: cache_of(federated).all([]),
    ):
        with pytest.raises(UnsupportedError, match="Over several servers this cannot be done: "):
            call()
    with pytest.raises(UnsupportedError):
        open_catalog("https://a.example", must_exist=False)
