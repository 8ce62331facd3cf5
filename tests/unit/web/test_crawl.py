"""Web pages read for their pictures from a real server on loopback, whatever it answers."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json

import pytest
from aiohttp import web

from pictrace.cli import main
from pictrace.errors import DownloadError, RefusedError, SourceError
from pictrace.sample import photograph
from pictrace.web.crawl import crawl, crawl_async
from pictrace.web.policy import DownloadPolicy
from pictrace.web.scrape import PageLinks, ScrapeRules
from tests.http_server import Server, serve

Result = PageLinks | DownloadError


def policy_for(*servers: Server, max_bytes: int = 1_000_000) -> DownloadPolicy:
    """Repeats come fast."""
    hosts = frozenset(server.host for server in servers)
    return DownloadPolicy(max_bytes=max_bytes, backoff_s=0.001, allowed_hosts=hosts)


class Clock:
    """Time that only passes by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


def read(
    address: str,
    *servers: Server,
    pages: int = 1,
    pattern: str | None = None,
    clock: Clock | None = None,
    policy: DownloadPolicy | None = None,
    delay_s: float = 1.0,
) -> list[Result]:
    """All results of a crawl, in no time."""
    clock = clock or Clock()
    policy = policy or policy_for(*servers)

    async def collect() -> list[Result]:
        results = crawl_async(
            address, pages=pages, pattern=pattern, policy=policy, delay_s=delay_s, clock=clock, sleep=clock.sleep
        )
        return [result async for result in results]

    return asyncio.run(collect())


def page(server: Server, path: str, html: str, **headers: str) -> str:
    return server.add(path, html.encode(), 200, **{"Content_Type": "text/html; charset=utf-8", **headers})


def links(result: Result) -> list[str]:
    assert isinstance(result, PageLinks)
    return [link.address for link in result.kept]


def failure(results: list[Result]) -> DownloadError:
    (error,) = results
    assert isinstance(error, DownloadError)
    assert str(error).endswith(".")
    return error


def redirect(server: Server, path: str, target: str) -> str:
    return server.add(path, b"", 302, Location=target)


# One page.


def test_a_page_gives_its_pictures(server: Server) -> None:
    address = page(server, "/a/page", '<img src="cat.jpg"><img src="dog.jpg" width=20>')
    (found,) = read(f"{address}#top", server)
    assert isinstance(found, PageLinks)
    assert found.address == address
    assert links(found) == [server.url("/a/cat.jpg")]
    assert len(found.links) == 2
    assert [path for path, _ in server.requests] == ["/robots.txt", "/a/page"]
    assert all(headers["User-Agent"].startswith("PicTrace/") for _, headers in server.requests)


def test_links_are_resolved_against_where_a_redirect_ends(server: Server) -> None:
    page(server, "/deep/er/page", '<img src="cat.jpg">')
    (found,) = read(redirect(server, "/go", "/deep/er/page"), server)
    assert links(found) == [server.url("/deep/er/cat.jpg")]


def test_a_picture_is_a_page_with_one_link(server: Server) -> None:
    data = photograph("chelsea.png")
    address = server.add("/logo", data, Content_Type="image/png")
    (found,) = read(address, server)
    assert links(found) == [address]
    assert isinstance(found, PageLinks)
    assert found.links[0].where == ("page",)
    (found,) = read(server.add("/svg", b"<svg></svg>", Content_Type="image/svg+xml"), server)
    assert isinstance(found, PageLinks)
    assert "SVG" in found.links[0].left_out


@pytest.mark.parametrize("kind", ["application/pdf", "text/plain", "video/mp4", "application/json"])
def test_what_is_neither_page_nor_picture_is_an_error(server: Server, kind: str) -> None:
    address = server.add("/file", b"<img src=cat.jpg>", Content_Type=kind)
    assert f"no web page and no picture, but {kind}" in str(failure(read(address, server)))


@pytest.mark.parametrize(
    ("charset", "encoding"), [("utf-8", "utf-8"), ("Shift_JIS", "shift_jis"), ('"windows-1251"', "windows-1251")]
)
def test_the_charset_of_the_server_is_heeded(server: Server, charset: str, encoding: str) -> None:
    name = "Кошка" if encoding == "windows-1251" else "猫"
    html = f'<meta charset=big5><img src="cat.jpg" alt="{name}"><a rel=next href="/{name}">next</a>'
    server.add("/next", b"<img src=two.jpg>", Content_Type="text/html")
    address = server.add("/page", html.encode(encoding), Content_Type=f"text/html; charset={charset}")
    server.handlers[f"/{name}"] = server.handlers["/next"]
    first, second = read(address, server, pages=2)
    assert isinstance(first, PageLinks)
    assert first.links[0].alt == name
    assert links(second) == [server.url("/two.jpg")]


def test_advice_on_a_page_speaks_of_the_page(server: Server) -> None:
    address = page(server, "/page", "<p>" * 500)
    error = failure(read(address, server, policy=dataclasses.replace(policy_for(server), max_bytes=1000)))
    assert str(error).endswith("is larger than 0.000954 MB. Save the page's pictures and add them instead.")
    private = failure(read("http://10.0.0.1/", server))
    assert "Save the page's pictures and add them, or have the host listed" in str(private)


def test_a_gzip_bomb_is_an_error(server: Server) -> None:
    bomb = gzip.compress(b"<img src=cat.jpg>" + bytes(50_000_000), 9)
    address = server.add("/a", bomb, Content_Type="text/html", Content_Encoding="gzip")
    assert "larger" in str(failure(read(address, server)))


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd", "//[::1]/"]
)
def test_a_redirect_to_a_private_address_is_refused(server: Server, target: str) -> None:
    assert isinstance(failure(read(redirect(server, "/go", target), server)), RefusedError)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/", "http://192.168.1.1/", "ftp://example.org/", "http://[", "", "x y"]
)
def test_an_address_that_must_not_be_read_is_refused(server: Server, address: str) -> None:
    assert isinstance(failure(read(address, server)), RefusedError)
    assert server.requests == []


def test_a_missing_page_is_an_error(server: Server) -> None:
    assert "answered 404" in str(failure(read(server.url("/nothing"), server)))


# robots.txt.


@pytest.mark.parametrize(
    ("rules", "admitted"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /private/", True),
        ("User-agent: *\nDisallow: /pub", False),
        ("\ufeffUser-agent: pictrace\nDisallow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: PicTrace\nAllow: /", True),
        ("User-agent: OtherBot\nDisallow: /", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: //[\nCrawl-delay: ²\nDisallow: /pub", False),
        ("User-agent: *\nCrawl-delay: " + "9" * 5000, True),
        ("User-agent: *\nRequest-rate: 1/²\nVisit", True),
        ("<html>\0 no rules \ud7ff", True),
        ("User-agent: *\nDisallow: /*/page", False),
        ("User-agent: *\nDisallow: /*.gif$\nAllow: /", True),
        ("User-agent: *\nDisallow: /" + "*a" * 2000 + "$", True),
        ("", True),
    ],
)
def test_a_robots_txt_is_honoured(server: Server, rules: str, admitted: bool) -> None:
    address = page(server, "/public/page", "<img src=cat.jpg>")
    server.add("/robots.txt", rules.encode())
    results = read(address, server)
    if admitted:
        assert len(links(results[0])) == 1
    else:
        error = failure(results)
        assert isinstance(error, RefusedError)
        assert address in str(error)
        assert "robots.txt" in str(error)
        assert server.count("/public/page") == 0


@pytest.mark.parametrize(
    ("status", "admitted"),
    [(404, True), (410, True), (400, True), (401, False), (403, False), (429, False), (503, False)],
)
def test_a_robots_txt_that_does_not_come_decides_by_its_reason(server: Server, status: int, admitted: bool) -> None:
    address = page(server, "/page", "<img src=cat.jpg>")
    server.add("/robots.txt", b"User-agent: *\nDisallow: /", status)
    results = read(address, server)
    if admitted:
        assert len(links(results[0])) == 1
    else:
        assert f"robots.txt answered {status}" in str(failure(results))
        assert server.count("/page") == 0


def test_a_robots_txt_that_is_too_large_or_hidden_closes_the_site(server: Server) -> None:
    address = page(server, "/page", "<img src=cat.jpg>")
    server.add("/robots.txt", b"#" * 600_000)
    assert "larger" in str(failure(read(address, server)))
    redirect(server, "/robots.txt", "http://10.0.0.1/robots.txt")
    assert isinstance(failure(read(address, server)), RefusedError)
    assert server.count("/page") == 0


def test_a_redirect_leads_around_no_robots_txt(server: Server) -> None:
    page(server, "/private/page", "<img src=cat.jpg>")
    server.add("/robots.txt", b"User-agent: *\nDisallow: /private")
    assert "closed to programs" in str(failure(read(redirect(server, "/go", "/private/page"), server)))
    with serve() as other:
        page(other, "/page", "<img src=cat.jpg>")
        other.add("/robots.txt", b"User-agent: *\nDisallow: /")
        assert other.url("/page") in str(failure(read(redirect(server, "/away", other.url("/page")), server, other)))


def test_a_robots_txt_is_asked_for_once_a_host(server: Server) -> None:
    for number in range(1, 5):
        page(server, f"/{number}", "<img src=cat.jpg>")
    assert len(read(server.url("/1"), server, pages=4, pattern=server.url("/{n}"))) == 4
    assert server.count("/robots.txt") == 1


# Many pages.


def chain(server: Server, count: int) -> str:
    """Pages that each name the next; the last names the first."""
    for number in range(count):
        page(server, f"/{number}", f"<img src={number}.jpg><a rel=next href=/{(number + 1) % count}>next</a>")
    return server.url("/0")


@pytest.mark.parametrize(("pages", "expected"), [(1, 1), (2, 2), (3, 3), (1000, 3)])
def test_the_next_pages_are_followed_to_the_limit_and_never_twice(server: Server, pages: int, expected: int) -> None:
    results = read(chain(server, 3), server, pages=pages)
    assert [links(result) for result in results] == [[server.url(f"/{number}.jpg")] for number in range(expected)]
    assert len(server.requests) == 1 + expected


def test_a_page_reached_again_by_redirect_is_given_once(server: Server) -> None:
    page(server, "/a", "<img src=a.jpg><a rel=next href=/b>")
    redirect(server, "/b", "/a")
    assert len(read(server.url("/a"), server, pages=10)) == 1


def test_an_endless_row_of_pages_ends(server: Server) -> None:
    taken = 0

    async def endless(_: web.Request) -> web.Response:
        nonlocal taken
        taken += 1
        return web.Response(text=f"<a rel=next href='?{taken}'>", content_type="text/html")

    assert len(read(server.add("/p", endless), server, pages=20)) == 20
    assert server.count("/p") == 20


def test_a_pattern_names_the_pages_after_the_first(server: Server) -> None:
    page(server, "/start", "<img src=1.jpg><a rel=next href=/elsewhere>")
    for number in (2, 4):
        page(server, f"/page-{number}/", f"<img src=/{number}.jpg>")
    one, two, three, four = read(server.url("/start"), server, pages=4, pattern=server.url("/page-{n}/"))
    assert [links(result) for result in (one, two, four)] == [[server.url(f"/{number}.jpg")] for number in (1, 2, 4)]
    assert "/page-3/ answered 404" in str(three)
    assert server.count("/elsewhere") == 0


def test_a_next_page_in_a_private_network_is_refused(server: Server) -> None:
    address = page(server, "/a", "<img src=cat.jpg><a rel=next href=http://10.0.0.1/>")
    first, second = read(address, server, pages=5)
    assert len(links(first)) == 1
    assert isinstance(second, RefusedError)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", 1.5),
        ("Crawl-delay: 1", 1.5),
        ("Crawl-delay: 7", 7),
        ("Crawl-delay: 999", 30),
        ("Crawl-delay: nan", 1.5),
        ("Crawl-delay: -5", 1.5),
        ("Crawl-delay: inf", 1.5),
        ("Crawl-delay: 1e400", 1.5),
    ],
)
def test_pages_of_one_host_are_fetched_with_pauses(server: Server, asked: str, expected: float) -> None:
    server.add("/robots.txt", f"User-agent: *\n{asked}\nDisallow: /x".encode())
    clock = Clock()
    read(chain(server, 3), server, pages=3, clock=clock, delay_s=1.5)
    assert clock.slept == [expected, expected]


def test_time_that_has_passed_anyway_is_not_waited_for(server: Server) -> None:
    clock = Clock()

    async def stroll() -> None:
        address = chain(server, 3)
        async for _ in crawl_async(
            address, pages=3, policy=policy_for(server), delay_s=2, clock=clock, sleep=clock.sleep
        ):
            clock.now += 1.5

    asyncio.run(stroll())
    assert clock.slept == [0.5, 0.5]


@pytest.mark.parametrize(
    ("pages", "pattern"), [(0, None), (-1, None), (1001, None), (2, "http://x.example/"), (2, "http://{n}.example/")]
)
def test_pages_that_cannot_be_counted_are_refused(server: Server, pages: int, pattern: str | None) -> None:
    with pytest.raises(SourceError):
        read(server.url("/"), server, pages=pages, pattern=pattern)
    assert server.requests == []


# Without an event loop, and on the command line.


def test_crawl_gives_the_same_and_may_be_left(server: Server) -> None:
    address = chain(server, 3)
    results = crawl(address, pages=3, policy=policy_for(server), delay_s=0, rules=ScrapeRules(min_side_px=0))
    assert [links(result) for result in results] == [[server.url(f"/{number}.jpg")] for number in range(3)]
    server.requests.clear()
    left = crawl(address, pages=3, policy=policy_for(server), delay_s=0)
    next(left)
    left.close()  # type: ignore[attr-defined]
    assert server.count("/1") == 0


@pytest.fixture
def allowed(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    return server


def test_links_prints_a_list_that_can_be_indexed(allowed: Server, capsys: pytest.CaptureFixture[str]) -> None:
    address = page(allowed, "/page", "<img src=cat.jpg><img src=logo.png><img src=cat.jpg>")
    assert main(["links", address]) == 0
    assert capsys.readouterr().out == f"{allowed.url('/cat.jpg')}\n"
    assert main(["links", address, "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [allowed.url("/cat.jpg"), f'# {allowed.url("/logo.png")}  named "logo"']


def test_links_prints_json(allowed: Server, capsys: pytest.CaptureFixture[str]) -> None:
    address = page(allowed, "/page", "<img src=cat.jpg alt=Cat width=300><img src=logo.png>")
    assert main(["links", address, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (found,) = document["pages"]
    assert found["links"] == [
        {
            "address": allowed.url("/cat.jpg"),
            "alt": "Cat",
            "where": ["img src"],
            "width": 300,
            "height": None,
            "left_out": "",
        }
    ]
    assert (found["address"], found["embedded"], found["truncated"]) == (address, 0, False)
    assert document["failures"] == []
    assert main(["links", address, "--json", "--all"]) == 0
    assert len(json.loads(capsys.readouterr().out)["pages"][0]["links"]) == 2


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["cat"]),
        (["--min-px", "0"], ["cat", "small"]),
        (["--min-px", "400"], []),
        (["--keep-logos"], ["cat", "logo"]),
        (["--keep-logos", "--min-px", "0"], ["cat", "small", "logo"]),
    ],
)
def test_the_rules_can_be_changed(
    allowed: Server, options: list[str], names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    html = "<img src=cat.jpg width=300><img src=small.jpg width=20><img src=logo.jpg width=300>"
    assert main(["links", page(allowed, "/page", html), *options]) == (0 if names else 1)
    assert capsys.readouterr().out.split() == [allowed.url(f"/{name}.jpg") for name in names]


def test_pictures_of_other_hosts_can_be_left_out(allowed: Server, capsys: pytest.CaptureFixture[str]) -> None:
    address = page(allowed, "/page", "<img src=cat.jpg><img src=http://cdn.example/dog.jpg>")
    assert main(["links", address, "--same-host"]) == 0
    assert capsys.readouterr().out.split() == [allowed.url("/cat.jpg")]


@pytest.mark.parametrize("size", ["-1", "1.5", "many", "²"])
def test_a_size_that_is_none_is_called_wrongly(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["links", "http://example.org/", f"--min-px={size}"])
    assert raised.value.code == 2
    assert "is no whole number from 0 on" in capsys.readouterr().err


def test_links_fails_where_there_is_nothing(allowed: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["links", page(allowed, "/empty", "<p>nothing</p>")]) == 1
    assert "no picture" in capsys.readouterr().err
    assert main(["links", allowed.url("/missing")]) == 1
    assert "answered 404" in capsys.readouterr().err
    assert main(["links", allowed.url("/"), "--pages", "2", "--pattern", "no pattern"]) == 1
    assert "{n}" in capsys.readouterr().err
