"""Where links may lead: by their text, and by the address that is dialled. Nothing leaves the machine."""

from __future__ import annotations

import ipaddress
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.web import follow
from pictrace.web.fetch import fetch
from pictrace.web.policy import MAX_URL_LENGTH, DownloadPolicy, check_address, check_url, dialling, open_socket
from tests.http_server import Server

POLICY = DownloadPolicy()
SHORT = DownloadPolicy(retries=2, total_timeout_s=5)


def words(text: str) -> list[str]:
    return text.split()


# Every kind of address that is not one host of the public internet, in plain form.
PRIVATE_ADDRESSES = words(
    """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
    127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192
    192.0.2.7 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7
    203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::a00:1
    ::808:808 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8
    ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.1.2.3 64:ff9b::169.254.169.254
    64:ff9b:1::8.8.8.8 64:ff9b:1:ffff::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
    2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 2002:c0a8:101::1
    3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%1 febf::1 fec0::1 feff::1
    ff02::1 ff0e::1 2606:4700::1111%1
    """
)

PUBLIC_ADDRESSES = words(
    """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888
    2003::1 64:ff9b::8.8.8.8
    """
)

# The same places in the disguises that parsers and resolvers accept.
DISGUISED_HOSTS = words(
    """
    2130706433 0x7f000001 0X7F000001 017700000001 0177.0.0.1 0177.0.0.01 127.1 127.0.1 0x7f.1
    0x7f.0.0.0x1 127.0.0.1. 0 0x0 00 1 167772161 0xa000001 012.0.0.1 10.1 10.0.1 0xa.0.0.1
    192.168.257 3232235521 0xc0a80001 0300.0250.0.1 172.16.1 2852039166 0xa9fea9fe
    0251.0376.0251.0376 169.254.43518 1.2.3.4.5 256.256.256.256 127.0.0.256 08.0.0.1 4294967296
    0xfffffffff 127\u30020\u30020\u30021 127\uff0e0\uff0e0\uff0e1 \uff11\uff12\uff17.0.0.1
    \u2460\u2461\u2466.\u24ea.\u24ea.\u2460 127%2e0%2e0%2e1 [::1%25lo] [fe80::1%25eth0]
    [fe80::1%eth0] [0:0:0:0:0:0:0:1] [::ffff:7f00:1] [::FFFF:127.0.0.1]
    [0000:0000:0000:0000:0000:ffff:0a00:0001] [64:FF9B::7F00:1] [2002:7F00:1::] [::127.0.0.1]
    """
)


def host_in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


PRIVATE_URLS = [f"http://{host_in_url(address)}/" for address in PRIVATE_ADDRESSES] + [
    f"http://{host}/" for host in DISGUISED_HOSTS
]


class Names(AbstractResolver):
    """A resolver with answers of its own: each call takes a name's next answer, the last one stays."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Every look-up of the client goes here."""
    resolver = Names({})
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", lambda **_: resolver)
    return resolver


class Sockets:
    """What happened to internet sockets: how many were made, which addresses were dialled."""

    def __init__(self) -> None:
        self.made = 0
        self.dialled: list[Any] = []
        self.leads_to: tuple[str, int] | None = None

    def untouched(self) -> bool:
        return not self.made and not self.dialled


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Sockets:
    """Watch all sockets; whatever they dial ends at sockets.leads_to on loopback, or at an error."""
    seen = Sockets()
    real = socket.socket

    class Watched(real):  # type: ignore[misc, valid-type]
        def __init__(self, family: int = -1, kind: int = -1, proto: int = -1, fileno: int | None = None) -> None:
            seen.made += fileno is None and family in (socket.AF_INET, socket.AF_INET6)
            super().__init__(family, kind, proto, fileno)

        def connect(self, address: Any) -> None:
            seen.dialled.append(address)
            if seen.leads_to is None:
                raise PermissionError(f"{address} was dialled")
            super().connect(seen.leads_to)

    monkeypatch.setattr(socket, "socket", Watched)
    return seen


@pytest.fixture
def server(server: Server) -> Server:
    server.add("/cat.jpg", b"cat")
    return server


# The text of a link.


def test_the_table_of_addresses_is_large_and_without_repeats() -> None:
    assert len(set(PRIVATE_URLS)) == len(PRIVATE_URLS) >= 60


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_links_to_private_addresses_are_refused_by_their_text(url: str, sockets: Sockets, names: Names) -> None:
    with pytest.raises(RefusedError):
        check_url(url, POLICY)
    assert sockets.untouched()
    assert names.asked == []


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_links_to_private_addresses_are_never_dialled(url: str, sockets: Sockets, names: Names) -> None:
    with pytest.raises(RefusedError):
        fetch(url, SHORT)
    assert sockets.untouched()
    assert names.asked == []


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_the_dialling_guard_holds_without_the_check_of_the_text(
    url: str, sockets: Sockets, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "check_url", lambda url, policy: url)
    names.answers = {host.lower(): [["127.0.0.1"]] for host in DISGUISED_HOSTS}
    with pytest.raises(DownloadError):
        fetch(url, SHORT)
    assert sockets.untouched()


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_are_accepted(address: str) -> None:
    check_address(address, 80, POLICY)
    assert check_url(f"http://{host_in_url(address)}/a", POLICY).endswith("/a")


@pytest.mark.parametrize(
    "address", ["", "example.org", "127.1", "0177.0.0.1", "1.1.1.1 ", "1.1.1", "[::1]", "1.1.1.1/8"]
)
def test_what_is_no_plain_address_is_not_dialled(address: str) -> None:
    with pytest.raises(RefusedError):
        check_address(address, 80, POLICY)


def test_no_address_is_accepted_that_the_standard_library_calls_private() -> None:
    rng = random.Random(20)  # noqa: S311 (repeatable, no secret)
    accepted = 0
    four = [ipaddress.IPv4Address(rng.getrandbits(32)) for _ in range(4000)]
    # Half of them in 2000::/3, where the public addresses are; the others anywhere.
    six = [ipaddress.IPv6Address(rng.getrandbits(128) >> 3 | 1 << 125) for _ in range(2000)]
    six += [ipaddress.IPv6Address(rng.getrandbits(128)) for _ in range(2000)]
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [*four, *six]
    for address in addresses:
        try:
            check_address(str(address), 80, POLICY)
        except RefusedError:
            continue
        accepted += 1
        assert address.is_global, address
        assert not address.is_multicast, address
    assert accepted > 5000


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "empty"),
        ("file:///etc/passwd", "http://"),
        ("ftp://example.org/a", "http://"),
        ("gopher://example.org/", "http://"),
        ("data:image/png;base64,AAAA", "http://"),
        ("javascript:alert(1)", "http://"),
        ("example.org/cat.jpg", "http://"),
        ("//example.org/cat.jpg", "http://"),
        ("http:///cat.jpg", "no host"),
        ("http:cat.jpg", "no host"),
        ("http://./", "no host"),
        ("http://user@example.org/", "user name"),
        ("http://user:secret@example.org/", "user name"),
        ("http://user:secret@example.org:none/", "user name"),
        ("http://@example.org/", "user name"),
        ("http://example.org\\@127.0.0.1/", "user name"),
        ("http://example.org\\.evil/", "backslash"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:0/", "port 0"),
        ("http://example.org:65536/", "ort"),
        ("http://example.org:x/", "ort"),
        ("http://[::1/", "IPv6"),
        ("http://[127.0.0.1]/", "IPv6"),
        ("http://exa%6dple.org/", "not a host"),
        ("http://a..b/", "not a host"),
        ("http://example.org../", "not a host"),
        ("http://exa,mple.org/", "not a host"),
        (f"http://{'a' * 64}.org/", "not a host"),
        (f"http://{'1' * 1000}/", "cannot be read"),
        (f"http://{'a.' * 127}org/", "not a host"),
        ("http://example.org/a b", "%20"),
        (" http://example.org/", "%20"),
        ("http://example.org/\n", "control"),
        ("http://example.org/\r\nHost: 127.0.0.1", "control"),
        ("http://exam\tple.org/", "control"),
        ("http://example.org/\x00", "control"),
        ("http://example.org/\x7f", "control"),
        ("http://example.org/\u2028", "control"),
        ("http://example.org/\udcff", "control"),
        ("http://example.org/" + "a" * MAX_URL_LENGTH, "2,0"),
    ],
)
def test_links_that_are_refused_for_their_form(url: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_url(url, POLICY)
    message = str(refused.value)
    assert said in message
    assert message.endswith((".", '"'))
    assert "secret" not in message
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG:443/Cat.jpg", "https://example.org/Cat.jpg"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org/a/../b/./c.jpg#part", "http://example.org/b/c.jpg"),
        ("http://example.org/kätzchen.jpg?q=ü", "http://example.org/k%C3%A4tzchen.jpg?q=%C3%BC"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://my_pictures.example./a", "http://my_pictures.example./a"),
        ("http://example.org/a%2Fb?sig=a%2Bb%3D", "http://example.org/a%2Fb?sig=a%2Bb%3D"),
        ("http://example.org/@me?to=a@b", "http://example.org/@me?to=a@b"),
        ("http://0x08080808/", "http://8.8.8.8/"),
        ("http://8.8.2056/", "http://8.8.8.8/"),
        ("http://[2606:4700:0:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://2130706433.example/", "http://2130706433.example/"),
        (
            "http://example.org/" + "a" * (MAX_URL_LENGTH - 19),
            "http://example.org/" + "a" * (MAX_URL_LENGTH - 19),
        ),
    ],
)
def test_links_get_one_normal_form(url: str, normal: str) -> None:
    assert check_url(url, POLICY) == normal
    assert check_url(normal, POLICY) == normal


def test_a_long_link_is_cut_in_messages_and_a_strange_one_made_printable() -> None:
    assert for_message("x" * 100) == "x" * 100
    assert for_message("x" * 5000) == "x" * 99 + "…"
    assert for_message("a\x1b[31m\u202eb").isprintable()


# The address that is dialled.


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_names_of_private_addresses_are_never_dialled(address: str, sockets: Sockets, names: Names) -> None:
    names.answers = {"pictures.example": [[address]]}
    with pytest.raises(RefusedError, match=r"^pictures\.example leads to") as refused:
        fetch("http://pictures.example/cat.jpg", SHORT)
    assert sockets.untouched()
    assert names.asked == ["pictures.example"]  # a refusal is not repeated
    assert address not in str(refused.value)


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_names_of_several_private_addresses_are_never_dialled(address: str, sockets: Sockets, names: Names) -> None:
    # Several addresses are raced against one another, and the race swallows exceptions.
    names.answers = {"pictures.example": [[address, "10.0.0.7", "fd00::7"]]}
    with pytest.raises(RefusedError, match=r"^pictures\.example leads to"):
        fetch("https://pictures.example/cat.jpg", SHORT)
    assert sockets.untouched()
    assert names.asked == ["pictures.example"]


@pytest.mark.parametrize("order", [["10.0.0.7", "1.1.1.1"], ["1.1.1.1", "10.0.0.7"]])
def test_of_a_mixed_name_only_the_public_address_is_dialled(
    order: list[str], sockets: Sockets, names: Names, server: Server
) -> None:
    names.answers = {"pictures.example": [order]}
    sockets.leads_to = ("127.0.0.1", server.port)
    assert fetch("http://pictures.example/cat.jpg", SHORT).data == b"cat"
    assert sockets.dialled == [("1.1.1.1", 80)]


def test_a_mixed_name_whose_public_address_fails_is_refused_and_not_repeated(sockets: Sockets, names: Names) -> None:
    names.answers = {"pictures.example": [["1.1.1.1", "10.0.0.7"]]}
    with pytest.raises(RefusedError, match="a private address"):
        fetch("http://pictures.example/cat.jpg", SHORT)
    assert set(sockets.dialled) == {("1.1.1.1", 80)}
    assert names.asked == ["pictures.example"]


def test_rebinding_between_two_downloads(sockets: Sockets, names: Names, server: Server) -> None:
    names.answers = {"rebind.example": [["1.1.1.1"], ["127.0.0.1"]]}
    sockets.leads_to = ("127.0.0.1", server.port)
    assert fetch("http://rebind.example/cat.jpg", SHORT).data == b"cat"
    with pytest.raises(RefusedError, match="a loopback address"):
        fetch("http://rebind.example/cat.jpg", SHORT)
    assert sockets.dialled == [("1.1.1.1", 80)]
    assert names.asked == ["rebind.example"] * 2


def test_rebinding_within_a_download(sockets: Sockets, names: Names, server: Server) -> None:
    names.answers = {"rebind.example": [["1.1.1.1"], ["169.254.169.254"]]}
    server.add("/hop", b"", 302, Location="https://rebind.example/latest/meta-data")
    sockets.leads_to = ("127.0.0.1", server.port)
    with pytest.raises(RefusedError, match="a link-local address"):
        fetch("http://rebind.example/hop", SHORT)
    assert sockets.dialled == [("1.1.1.1", 80)]
    assert names.asked == ["rebind.example"] * 2


def test_rebinding_between_an_attempt_and_its_repeat(
    sockets: Sockets, names: Names, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiohttp.connector._DNSCacheTable.expired", lambda *_: True)
    names.answers = {"rebind.example": [["1.1.1.1"], ["10.0.0.7"]]}
    server.add("/busy", b"", 503, Connection="close")
    sockets.leads_to = ("127.0.0.1", server.port)
    with pytest.raises(RefusedError, match="a private address"):
        fetch("http://rebind.example/busy", SHORT)
    assert sockets.dialled == [("1.1.1.1", 80)]


def test_a_redirect_to_a_private_name_is_refused(sockets: Sockets, names: Names, server: Server) -> None:
    names.answers = {"public.example": [["1.1.1.1"]], "intranet.example": [["10.0.0.7"]]}
    server.add("/out", b"", 302, Location="http://intranet.example/")
    sockets.leads_to = ("127.0.0.1", server.port)
    with pytest.raises(RefusedError, match=r"^intranet\.example leads to a private address"):
        fetch("http://public.example/out", SHORT)
    assert sockets.dialled == [("1.1.1.1", 80)]


def test_without_a_known_request_nothing_is_dialled(sockets: Sockets) -> None:
    policy = DownloadPolicy(allowed_hosts=frozenset({"nas.example"}))
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("1.1.1.1", 80))
    with dialling("nas.example", 80, policy) as dial:
        open_socket(policy, info).close()
    assert dial.opened
    assert sockets.made == 1
    with pytest.raises(LookupError):
        open_socket(policy, info)
    assert sockets.made == 1


# Exemptions.


def test_a_listed_name_may_have_a_private_address(sockets: Sockets, names: Names, server: Server) -> None:
    names.answers = {"nas.example": [["10.0.0.7"]], "printer.example": [["10.0.0.7"]]}
    sockets.leads_to = ("127.0.0.1", server.port)
    policy = DownloadPolicy(allowed_hosts=frozenset({"NAS.example."}))
    assert fetch("http://nas.example:8080/cat.jpg", policy).data == b"cat"
    assert sockets.dialled == [("10.0.0.7", 8080)]
    with pytest.raises(RefusedError):
        fetch("http://printer.example/cat.jpg", policy)
    assert len(sockets.dialled) == 1


def test_a_listed_address_is_reached_by_any_name(sockets: Sockets, names: Names, server: Server) -> None:
    names.answers = {"nas.example": [["10.0.0.7"]]}
    sockets.leads_to = ("127.0.0.1", server.port)
    assert fetch("http://nas.example/cat.jpg", DownloadPolicy(allowed_hosts=frozenset({"10.0.0.7:80"}))).data == b"cat"
    with pytest.raises(RefusedError):
        fetch("http://nas.example/cat.jpg", DownloadPolicy(allowed_hosts=frozenset({"10.0.0.7:443"})))
    assert sockets.dialled == [("10.0.0.7", 80)]


def test_a_listed_host_opens_no_other_host_and_no_other_port() -> None:
    policy = DownloadPolicy(allowed_hosts=frozenset({"127.0.0.1:8080", "nas.example", "[fd00::5]:81", "fd00::6"}))
    for url in (
        "http://127.0.0.1:8080/",
        "http://127.1:8080/",
        "http://nas.example/",
        "http://NAS.example.:9000/",
        "http://[fd00::5]:81/",
        "http://[fd00:0::6]:9000/",
    ):
        assert check_url(url, policy)
    for url in (
        "http://127.0.0.1/",
        "http://127.0.0.1:8081/",
        "http://127.0.0.2:8080/",
        "http://x.nas.example:9000/",
        "http://nas.example:0/",
        "http://[fd00::5]/",
        "http://[fd00::7]/",
        "file://nas.example/",
        "http://u@nas.example/",
    ):
        with pytest.raises(RefusedError):
            check_url(url, policy)


# The policy.


@pytest.mark.parametrize(
    "make",
    [
        lambda: DownloadPolicy(max_bytes=0),
        lambda: DownloadPolicy(concurrency=0),
        lambda: DownloadPolicy(per_host=0),
        lambda: DownloadPolicy(max_redirects=-1),
        lambda: DownloadPolicy(retries=-1),
        lambda: DownloadPolicy(connect_timeout_s=0),
        lambda: DownloadPolicy(read_timeout_s=float("nan")),
        lambda: DownloadPolicy(total_timeout_s=float("inf")),
        lambda: DownloadPolicy(ports=frozenset({0})),
        lambda: DownloadPolicy(ports=frozenset({65536})),
        lambda: DownloadPolicy(allowed_hosts="localhost"),  # type: ignore[arg-type]
        *(
            lambda entry=entry: DownloadPolicy(allowed_hosts=frozenset({entry}))
            for entry in (
                "",
                "*",
                "a b",
                "http://nas",
                "nas/pictures",
                "u@nas",
                "nas:x",
                "nas:99999",
                "1.2.3.4.5",
            )
        ),
    ],
)
def test_a_policy_checks_itself(make: Callable[[], DownloadPolicy]) -> None:
    with pytest.raises(ValueError, match=r"must|neither"):
        make()


def test_a_policy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTRACE_ALLOWED_HOSTS", raising=False)
    assert DownloadPolicy.from_environment() == DownloadPolicy()
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", " NAS.example, 127.0.0.1:8080 ,,::1")
    allowed = DownloadPolicy.from_environment().allowed_hosts
    assert allowed == {"nas.example", "127.0.0.1:8080", "::1"}
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", "nas.example,http://other")
    with pytest.raises(DownloadError, match=r"PICTRACE_ALLOWED_HOSTS.*http://other"):
        DownloadPolicy.from_environment()
