"""A catalog's links stay true: what is unchanged, changed, gone or out of reach, from a real server on loopback."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from pictrace.catalog import migrations
from pictrace.catalog.links import LINK_STATES, LinkState
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.images.encoding import encode_png
from pictrace.images.reading import load
from pictrace.indexing.index import Indexing
from pictrace.indexing.refresh import Refresh
from pictrace.metrics.phash import PHash
from pictrace.sources.base import Item
from pictrace.web.policy import DownloadPolicy
from pictrace.web.validators import Validators
from tests.http_server import Handler, Server, broken
from tests.paths import ROOT

MakeCatalog = Callable[..., SqliteCatalog]

FAST = (PHash(),)
SPEC = FAST[0].spec


def png(number: int) -> bytes:
    """A picture of coarse noise, another one for each number."""
    cells = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
    return encode_png(np.kron(cells, np.ones((8, 8, 1), np.uint8)))


def pid(number: int) -> int:
    return image_id(digest(png(number)))


def versioned(data: bytes, etag: str) -> Handler:
    """A handler that answers 304 to whoever knows this version."""

    async def respond(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=data, headers={"ETag": etag})

    return respond


@pytest.fixture
def server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    return server


@pytest.fixture
def catalog(make_catalog: MakeCatalog) -> SqliteCatalog:
    return make_catalog()


def index(catalog: SqliteCatalog, *links: str, **options: Any) -> Indexing:
    run = Indexing(catalog, [Item.of_link(link) for link in links], FAST, **options)
    run.run()
    return run


def refresh(catalog: SqliteCatalog, *addresses: str, prune: bool = False) -> Refresh:
    """A run that adds up: its steps, its lists and what the catalog says afterwards."""
    policy = replace(DownloadPolicy.from_environment(), backoff_s=0.001)
    run = Refresh(catalog, addresses or None, metrics=FAST, policy=policy, prune=prune)
    for step in run:
        assert step.done == step.unchanged + step.changed + step.gone + step.failed <= step.total
    last = run.progress
    assert last.done == last.total
    assert (last.changed, last.gone, last.failed) == (len(run.changes), len(run.gone), len(run.failures))
    return run


def counts(run: Refresh) -> tuple[int, int, int, int]:
    return (run.progress.unchanged, run.progress.changed, run.progress.gone, run.progress.failed)


def states(catalog: SqliteCatalog, picture_id: int) -> list[str]:
    return [one.link.state for one in catalog.pictures([picture_id])[picture_id].sources if one.link is not None]


# What becomes of a link ----------------------------------------------------------------------------


def test_what_indexing_downloads_is_kept_with_its_validators(server: Server, catalog: SqliteCatalog) -> None:
    server.add("/hop", b"", 302, Location="/a.png")
    server.add("/a.png", versioned(png(1), '"one"'))
    server.add("/same.png", png(1), Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT")
    index(catalog, server.url("/hop"), server.url("/same.png"))
    hop, same = sorted(catalog.links(), key=lambda link: link.source.address)
    assert (hop.picture_id, hop.sha256) == (same.picture_id, same.sha256) == (pid(1), digest(png(1)))
    assert hop.source.link is not None
    assert hop.source.link.state == "ok"
    assert hop.source.link.checked_at.endswith("+00:00")
    assert hop.source.link.validators == Validators(server.url("/a.png"), '"one"', "")
    assert same.source.link is not None
    assert same.source.link.validators.last_modified.startswith("Wed, 21 Oct")
    assert catalog.link_counts() == dict.fromkeys(LINK_STATES, 0) | {"ok": 2}
    sources = catalog.pictures([pid(1)])[pid(1)].sources
    assert {one.address: one.link for one in sources} == {
        server.url("/hop"): hop.source.link,
        server.url("/same.png"): same.source.link,
    }


@pytest.mark.parametrize("with_validators", [True, False])
def test_a_link_that_leads_to_the_same_bytes_is_unchanged(
    with_validators: bool, server: Server, catalog: SqliteCatalog
) -> None:
    url = server.add("/a.png", versioned(png(1), '"one"') if with_validators else png(1))
    index(catalog, url)
    before = catalog.pictures(catalog.ids())
    for _ in range(2):
        assert counts(refresh(catalog)) == (1, 0, 0, 0)
    assert catalog.pictures(catalog.ids()) == before
    asked = [headers.get("If-None-Match") for path, headers in server.requests if path == "/a.png"]
    assert asked == [None, *['"one"' if with_validators else None] * 2]


def test_a_link_that_leads_to_other_bytes_moves_and_the_former_picture_stays(
    server: Server, catalog: SqliteCatalog
) -> None:
    url = server.add("/a.png", versioned(png(1), '"one"'))
    Indexing(catalog, [Item.of_link(url, {"artist": "X"})], FAST).run()
    server.add("/a.png", versioned(png(2), '"two"'))
    run = refresh(catalog)
    assert counts(run) == (0, 1, 0, 0)
    (change,) = run.changes
    assert (change.source.address, change.before, change.after) == (url, pid(1), pid(2))
    assert catalog.known_sources("link", [url]) == {url: pid(2)}
    assert set(catalog.ids().tolist()) == {pid(1), pid(2)}
    assert (states(catalog, pid(1)), states(catalog, pid(2))) == (["changed"], ["ok"])
    assert catalog.pictures([pid(2)])[pid(2)].sources[0].metadata == {"artist": "X"}
    assert catalog.original(pid(2)) == png(2)
    np.testing.assert_array_equal(catalog.fetch(np.array([pid(2)]), SPEC)[0], FAST[0].extract(load(png(2))))
    assert counts(refresh(catalog)) == (1, 0, 0, 0)  # asked by the new validators, for the new picture alone
    assert catalog.link_counts()["changed"] == 1


def test_a_link_that_changes_back_leads_to_the_former_picture_again(server: Server, catalog: SqliteCatalog) -> None:
    url = server.add("/a.png", png(1))
    index(catalog, url)
    for number in (2, 1, 2, 1):
        server.add("/a.png", png(number))
        assert counts(refresh(catalog)) == (0, 1, 0, 0)
        assert catalog.known_sources("link", [url]) == {url: pid(number)}
        assert states(catalog, pid(number)) == ["ok"]
        assert states(catalog, pid(3 - number)) == ["changed"]
    assert catalog.count() == 2


def test_links_that_change_places_lead_to_each_others_pictures(server: Server, catalog: SqliteCatalog) -> None:
    urls = [server.add(f"/{number}.png", png(number)) for number in range(3)]
    index(catalog, *urls)
    for number in range(3):
        server.add(f"/{number}.png", png((number + 1) % 3))
    assert counts(refresh(catalog)) == (0, 3, 0, 0)
    assert catalog.known_sources("link", urls) == {url: pid((number + 1) % 3) for number, url in enumerate(urls)}
    assert refresh(catalog, prune=True).removed == 0
    assert catalog.count() == 3


@pytest.mark.parametrize("status", [404, 410])
def test_a_link_that_is_gone_is_marked_and_nothing_is_removed(
    status: int, server: Server, catalog: SqliteCatalog
) -> None:
    url = server.add("/a.png", versioned(png(1), '"one"'))
    index(catalog, url)
    server.add("/a.png", b"", status)
    run = refresh(catalog, prune=True)
    assert counts(run) == (0, 0, 1, 0)
    assert [one.address for one in run.gone] == [url]
    assert (states(catalog, pid(1)), catalog.original(pid(1)), run.removed) == (["gone"], png(1), 0)
    assert catalog.known_sources("link", [url]) == {url: pid(1)}
    server.add("/a.png", versioned(png(1), '"one"'))
    assert counts(refresh(catalog)) == (1, 0, 0, 0)
    assert states(catalog, pid(1)) == ["ok"]
    assert server.requests[-1][1]["If-None-Match"] == '"one"'  # kept through its absence


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((b"", 500), "answered 500"),
        ((b"", 403), "answered 403"),
        ((b"<html>Please log in</html>", 200), "leads to no picture"),
        ((png(2)[:-30], 200), "leads to no picture"),
        ((b"", 200), "leads to no picture"),
    ],
)
def test_a_link_that_fails_is_listed_and_keeps_its_picture(
    answer: tuple[bytes, int], reason: str, server: Server, catalog: SqliteCatalog
) -> None:
    url = server.add("/a.png", versioned(png(1), '"one"'))
    index(catalog, url)
    server.add("/a.png", *answer, ETag='"page"')
    run = refresh(catalog, prune=True)
    assert counts(run) == (0, 0, 0, 1)
    assert (run.failures[0].source.address, reason in run.failures[0].reason) == (url, True)
    assert (states(catalog, pid(1)), catalog.count()) == (["failed"], 1)
    assert catalog.links()[0].source.link.validators.etag == '"one"'  # type: ignore[union-attr]
    server.add("/a.png", png(1))
    assert counts(refresh(catalog)) == (1, 0, 0, 0)
    assert catalog.link_counts()["ok"] == 1


def test_a_redirect_into_a_private_network_is_a_failure(server: Server, catalog: SqliteCatalog) -> None:
    index(catalog, server.add("/a.png", png(1)))
    server.add("/a.png", b"", 302, Location="http://169.254.169.254/latest")
    run = refresh(catalog)
    assert "redirects to a link that is not followed" in run.failures[0].reason


def test_only_the_links_asked_for_are_checked(server: Server, catalog: SqliteCatalog) -> None:
    urls = [server.add(f"/{number}.png", png(number)) for number in range(3)]
    index(catalog, *urls)
    server.requests.clear()
    run = refresh(catalog, urls[1], urls[1], "https://example.org/unknown.png")
    assert counts(run) == (1, 0, 0, 1)
    assert "holds no such link" in run.failures[0].reason
    assert [path for path, _ in server.requests] == ["/1.png"]


def test_a_catalog_without_links_is_done(catalog: SqliteCatalog) -> None:
    Indexing(catalog, [Item.of_bytes(png(1), Source("upload", "1.png"))], FAST).run()
    assert counts(refresh(catalog)) == (0, 0, 0, 0)
    assert catalog.link_counts() == dict.fromkeys(LINK_STATES, 0)


# Pruning -------------------------------------------------------------------------------------------


def test_pruning_removes_replaced_pictures_that_nothing_else_leads_to(server: Server, catalog: SqliteCatalog) -> None:
    urls = [server.add(f"/{number}.png", png(number)) for number in range(4)]
    index(catalog, *urls, server.add("/other.png", png(1)), server.add("/lost.png", png(2)))
    Indexing(catalog, [Item.of_bytes(png(3), Source("upload", "mine.png"))], FAST).run()
    for number in range(4):
        server.add(f"/{number}.png", png(10 + number))
    server.handlers.pop("/lost.png")
    run = refresh(catalog)
    assert (counts(run), run.removed) == ((1, 4, 1, 0), 0)
    assert catalog.count() == 8
    # 0: nothing else leads to it. 1: another link, 2: a link that is gone, 3: an upload.
    run = refresh(catalog, prune=True)
    assert (counts(run), run.removed) == ((5, 0, 1, 0), 1)
    assert pid(0) not in catalog.ids()
    assert catalog.count() == 7
    assert refresh(catalog, prune=True).removed == 0


# Links of before -----------------------------------------------------------------------------------


def test_a_catalog_of_schema_2_is_migrated_and_its_links_are_checked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        SqliteCatalog(path).close()
    urls = [server.add(f"/{number}.png", png(number)) for number in range(3)]
    # As it was written then: one link twice, as other bytes had come to lie there; and a file.
    written = [(0, "link", urls[0]), (9, "link", urls[1]), (1, "link", urls[1]), (2, "link", urls[2]), (9, "file", "x")]
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        for number in (0, 1, 2, 9):
            sha256 = digest(png(number))
            db.execute(
                "INSERT INTO pictures VALUES (?, ?, 'PNG', 48, 40, 9, '2025-01-01', 1)", (image_id(sha256), sha256)
            )
        for number, kind, address in written:
            db.execute(
                "INSERT INTO sources (picture_id, kind, address, title, metadata) VALUES (?, ?, ?, 'T', '{}')",
                (pid(number), kind, address),
            )
    with closing(SqliteCatalog(path, must_exist=True)) as catalog:
        assert catalog.link_counts()["unchecked"] == 4
        assert catalog.pictures([pid(9)])[pid(9)].sources[1].link is None
        assert catalog.known_sources("link", urls) == {url: pid(number) for number, url in enumerate(urls)}
        server.add("/2.png", png(9))
        run = refresh(catalog)
        assert (counts(run), len(run.changes)) == ((2, 1, 0, 0), 1)
        assert catalog.known_sources("link", urls) == {urls[0]: pid(0), urls[1]: pid(1), urls[2]: pid(9)}
        assert catalog.link_counts() == dict.fromkeys(LINK_STATES, 0) | {"ok": 3, "changed": 2}
        assert catalog.intact()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_catalog_that_others_wrote_is_not_trusted(server: Server, catalog: SqliteCatalog) -> None:
    url = server.add("/a.png", png(1))
    index(catalog, url)
    with closing(sqlite3.connect(catalog.location)) as db, db:
        db.execute("UPDATE links SET state = 'odd', etag = ?, checked_at = x'ff00'", ('"a"\r\nX-Injected: 1',))
        db.execute("UPDATE links SET last_modified = 7")
    assert catalog.links()[0].source.link is not None
    assert counts(refresh(catalog)) == (1, 0, 0, 0)
    assert {"If-None-Match", "If-Modified-Since", "X-Injected"}.isdisjoint(server.requests[-1][1])
    assert catalog.link_counts() == dict.fromkeys(LINK_STATES, 0) | {"ok": 1}


# The catalog ---------------------------------------------------------------------------------------


def bare(number: int, *sources: Source) -> NewPicture:
    return NewPicture(digest(png(number)), "PNG", 48, 40, 9, b"t", sources)


def linked(address: str, state: str) -> Source:
    return Source("link", address, link=LinkState(state, "2026-01-01T00:00:00+00:00"))


def test_an_address_leads_to_one_picture_only(catalog: SqliteCatalog) -> None:
    catalog.add([bare(1, linked("a", "ok"), linked("b", "ok")), bare(2, linked("a", "ok"))])
    assert (states(catalog, pid(1)), states(catalog, pid(2))) == (["changed", "ok"], ["ok"])
    assert catalog.known_sources("link", ["a", "b"]) == {"a": pid(2), "b": pid(1)}
    revision = catalog.revision()
    assert catalog.add_sources({pid(2): [linked("b", "gone")]}) == 1
    assert states(catalog, pid(1)) == ["changed", "ok"]  # it is gone there, and so does not lead there
    assert catalog.add_sources({pid(1): [Source("link", "a")]}) == 0
    assert states(catalog, pid(1)) == ["changed", "ok"]  # who knows nothing of a link changes nothing
    assert catalog.revision() == revision + 1
    catalog.add_sources({pid(1): [linked("a", "ok")], 12345: [linked("a", "ok")]})
    assert (states(catalog, pid(1)), states(catalog, pid(2))) == (["ok", "ok"], ["changed", "gone"])
    catalog.remove([pid(1), pid(2)])
    with closing(sqlite3.connect(catalog.location)) as db:
        assert db.execute("SELECT count(*) FROM links").fetchone() == (0,)


def test_links_come_by_the_age_of_their_check(catalog: SqliteCatalog) -> None:
    aged = [Source("link", str(day), link=LinkState("ok", f"2026-01-{day:02}")) for day in (3, 1, 2)]
    catalog.add([bare(1, *aged, Source("link", "never"), Source("file", "f"))])
    assert [link.source.address for link in catalog.links()] == ["never", "1", "2", "3"]
    assert [link.source.address for link in catalog.links(["3", "1", "x", "3"])] == ["1", "3"]
    assert len(catalog.links(map(str, range(2000)))) == 3


def test_states_are_checked() -> None:
    with pytest.raises(ValueError, match="unchecked, not 'odd'"):
        LinkState("odd")


# Indexing again ------------------------------------------------------------------------------------


def test_links_that_are_known_are_not_fetched_again_unless_asked(server: Server, catalog: SqliteCatalog) -> None:
    urls = [server.add(f"/{number}.png", png(number)) for number in range(3)]
    index(catalog, *urls)
    revision = catalog.revision()
    server.requests.clear()
    urls.append(server.add("/new.png", png(7)))
    again = index(catalog, *urls, urls[0])
    assert (again.progress.known, again.progress.added, again.progress.done) == (4, 1, 5)
    assert [path for path, _ in server.requests] == ["/new.png"]
    assert catalog.revision() == revision + 1
    server.add("/1.png", png(8))
    forced = index(catalog, *urls, fetch_known=True)
    assert (forced.progress.known, forced.progress.added) == (3, 1)
    assert catalog.known_sources("link", [urls[1]]) == {urls[1]: pid(8)}
    assert states(catalog, pid(1)) == ["changed"]


def test_a_link_whose_new_picture_was_removed_is_fetched_again(server: Server, catalog: SqliteCatalog) -> None:
    url = server.add("/a.png", png(1))
    index(catalog, url)
    server.add("/a.png", png(2))
    refresh(catalog)
    catalog.remove([pid(2)])
    assert index(catalog, url).progress.added == 1
    assert catalog.known_sources("link", [url]) == {url: pid(2)}


# Runs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "close"])
def test_a_run_that_is_left_keeps_what_it_did_and_the_next_goes_on(
    how: str, server: Server, catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [server.add(f"/{number}.png", png(number)) for number in range(30)]
    index(catalog, *urls)
    with closing(sqlite3.connect(catalog.location)) as db, db:
        db.execute("UPDATE links SET checked_at = '2020-01-01'")
    for number in range(30):
        server.add(f"/{number}.png", png(100 + number))
    run = Refresh(catalog, metrics=FAST)
    for step in run:
        if step.done == 7:
            if how == "close":
                break
            run.stop()
    done = run.progress.changed
    assert 7 <= done < 30
    assert (catalog.count(), catalog.link_counts()["changed"]) == (30 + done, done)
    checked = [link.source.link.checked_at for link in catalog.links()]  # type: ignore[union-attr]
    assert checked.count("2020-01-01") == 30 - done
    assert checked == sorted(checked)
    assert counts(refresh(catalog)) == (done, 30 - done, 0, 0)


def test_a_picture_removed_during_the_run_does_not_come_back(server: Server, catalog: SqliteCatalog) -> None:
    url = server.add("/a.png", png(1))
    index(catalog, url)
    run = Refresh(catalog, metrics=FAST)
    catalog.remove([pid(1)])
    server.add("/a.png", png(2))
    run.run()
    assert "removed from the catalog during this run" in run.failures[0].reason
    assert catalog.count() == 0


@pytest.mark.slow
def test_a_thousand_links_of_which_five_in_a_hundred_fail(server: Server, catalog: SqliteCatalog) -> None:
    urls = [server.add(f"/{number}.png", versioned(png(number), f'"{number}"')) for number in range(100)]
    urls += [server.add(f"/copy/{number}.png", png(number % 100)) for number in range(900)]
    index(catalog, *urls)
    assert catalog.link_counts()["ok"] == 1000
    short = broken(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
    for number in range(0, 250, 5):
        answers: list[tuple[bytes | Handler, int]] = [(b"", 404), (b"<html>", 200), (b"", 500), (short, 200)]
        answer, status = answers[number % 4]
        server.add(f"/copy/{number}.png", answer, status)
    for number in range(20):
        server.add(f"/{number}.png", png(2000 + number))
    server.requests.clear()
    run = refresh(catalog)
    assert (counts(run), catalog.count()) == ((930, 20, 13, 37), 120)
    assert catalog.link_counts() == {"ok": 950, "changed": 20, "gone": 13, "failed": 37, "unchecked": 0}
    assert sum("If-None-Match" in headers for _, headers in server.requests) == 100


KILLED = """
import sys
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.refresh import Refresh; from pictrace.indexing import prepare
from pictrace.metrics.phash import PHash

class Telling(SqliteCatalog):
    def add(self, pictures):
        result = super().add(pictures)
        print(len(pictures), flush=True)  # committed
        return result

prepare.BATCH_PICTURES = 3
Refresh(Telling(sys.argv[1]), metrics=[PHash()]).run()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_loses_nothing_and_is_completed(server: Server, tmp_path: Path) -> None:
    path, total = tmp_path / "catalog.sqlite", 60
    urls = [server.add(f"/{number}.png", png(number)) for number in range(total)]
    with closing(SqliteCatalog(path)) as catalog:
        index(catalog, *urls)
    for number in range(total):
        server.add(f"/{number}.png", png(1000 + number))
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout as output:
        committed = sum(int(output.readline()) for _ in range(3))
        process.kill()
    assert process.wait() == -signal.SIGKILL
    with closing(SqliteCatalog(path)) as catalog:
        moved = catalog.link_counts()["changed"]
        assert committed <= moved < total
        assert catalog.count() == total + moved
        assert len(catalog.known_sources("link", urls)) == catalog.link_counts()["ok"] == total
        assert counts(refresh(catalog, prune=True)) == (moved, total - moved, 0, 0)
        assert set(catalog.ids().tolist()) == {pid(1000 + number) for number in range(total)}
        assert catalog.intact()


# The command ---------------------------------------------------------------------------------------


def test_refresh_tells_what_became_of_the_links(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "catalog.sqlite")
    listed = tmp_path / "links.txt"
    urls = [server.add(f"/{number}.png", png(number)) for number in range(5)]
    listed.write_text("\n".join(urls))
    assert main(["index", str(listed), "--catalog", path]) == 0
    assert main(["index", str(listed), "--catalog", path, "--fetch-known"]) == 0
    assert server.count("/0.png") == 2
    server.add("/0.png", png(10))
    server.handlers.pop("/1.png")
    server.add("/2.png", b"", 403)
    capsys.readouterr()
    assert main(["refresh", "--catalog", path]) == 3
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        *sorted([f"changed  {urls[0]}", f"gone     {urls[1]}"]),
        "2 unchanged, 1 changed, 1 gone, 1 failed; the catalog holds 6 pictures.",
    ]
    assert told.err.startswith(f"{urls[2]}: {urls[2]} answered 403")
    server.add("/0.png", png(11))
    assert main(["refresh", "--catalog", path, "--prune", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    documented = ROOT.joinpath("docs", "json.md").read_text("utf-8")
    example = json.loads(documented.split("## `pictrace refresh --json`")[1].split("```json\n")[1].split("```")[0])
    assert document.keys() == example.keys()
    assert document["changes"] == [{"address": urls[0], "from": pid(10), "to": pid(11)}]
    assert document["gone_links"] == [urls[1]]
    assert [one["address"] for one in document["failures"]] == [urls[2]]
    assert (document["removed"], document["images"], document["checked"]) == (2, 5, 5)
    assert document["links"] == {"ok": 3, "changed": 0, "gone": 1, "failed": 1, "unchecked": 0}
    assert main(["info", "--catalog", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"] == document["links"]
    assert main(["info", "--catalog", path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "links: 3 ok, 1 gone, 1 failed"


def test_refresh_fails_where_no_link_can_be_reached(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(SqliteCatalog(path)) as catalog:
        index(catalog, server.add("/a.png", png(1)))
    server.add("/a.png", b"", 500)
    assert main(["refresh", "--catalog", str(path)]) == 1
    assert main(["refresh", "--catalog", str(tmp_path / "none.sqlite")]) == 1
    assert "There is no catalog" in capsys.readouterr().err
