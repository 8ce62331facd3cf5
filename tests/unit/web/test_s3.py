"""Objects of S3, from a small server on loopback that speaks its protocol: GetObject and ListObjectsV2."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from aiohttp import web

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.errors import DownloadError, RefusedError
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.service.typed_links import fetch_link, item_of_link
from pictrace.service.uploads import Uploads, listing_of
from pictrace.sources.base import Item, Skipped
from pictrace.sources.listing import list_source
from pictrace.web.policy import DownloadPolicy
from pictrace.web.s3 import fetch_s3, is_s3, list_s3
from tests.http_server import Server, serve

PAGE = 2  # keys, so that a few make several pages


class Bucket:
    """A bucket called "photos" with these objects."""

    def __init__(self, server: Server) -> None:
        self.objects: dict[str, bytes] = {}
        self.endless = False
        self.server = server
        server.add("/photos", self._list)

    def put(self, key: str, data: bytes) -> str:
        self.objects[key] = data
        self.server.add(f"/photos/{key}", data, content_type="image/jpeg")
        return f"s3://photos/{key}"

    async def _list(self, request: web.Request) -> web.Response:
        assert request.query["list-type"] == "2"
        keys = sorted(key for key in self.objects if key.startswith(request.query.get("prefix", "")))
        start = int(request.query.get("continuation-token", "0"))
        some = keys[start : start + PAGE]
        more = start + PAGE < len(keys) or self.endless
        entries = "".join(
            f"<Contents><Key>{escape(one)}</Key><Size>{len(self.objects[one])}</Size></Contents>" for one in some
        )
        token = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if more else ""
        return web.Response(
            text='<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>photos</Name><IsTruncated>{str(more).lower()}</IsTruncated>{entries}{token}</ListBucketResult>",
            content_type="application/xml",
        )


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    pytest.importorskip("botocore")
    with serve() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        for name in ("PICTRACE_S3", "PICTRACE_S3_ANONYMOUS", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        yield Bucket(server)


def authorization(bucket: Bucket) -> str:
    return bucket.server.requests[-1][1].get("Authorization", "")


# Objects -------------------------------------------------------------------------------------------


def test_an_object_is_fetched_with_the_credentials_at_hand(bucket: Bucket) -> None:
    assert fetch_s3(bucket.put("cats/a cat.jpg", b"picture")) == b"picture"
    assert authorization(bucket).startswith("AWS4-HMAC-SHA256 Credential=a-key/")


def test_without_credentials_requests_are_not_signed(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    address = bucket.put("a.jpg", b"picture")
    monkeypatch.setenv("PICTRACE_S3_ANONYMOUS", "1")
    assert fetch_s3(address) == b"picture"
    assert authorization(bucket) == ""
    for name in ("PICTRACE_S3_ANONYMOUS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert fetch_s3(address) == b"picture"
    assert authorization(bucket) == ""


def test_objects_are_bounded(bucket: Bucket) -> None:
    address = bucket.put("a.jpg", bytes(3000))
    assert len(fetch_s3(address, DownloadPolicy(max_bytes=3000))) == 3000
    with pytest.raises(DownloadError, match="larger than"):
        fetch_s3(address, DownloadPolicy(max_bytes=2999))


def test_an_object_that_claims_no_length_is_bounded(bucket: Bucket) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(400):
            await answer.write(bytes(2**16))
        return answer

    bucket.server.add("/photos/endless.jpg", endless)
    with pytest.raises(DownloadError, match="larger than 1 MB"):
        fetch_s3("s3://photos/endless.jpg", DownloadPolicy(max_bytes=2**20))


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "NoSuchKey", "no such object"),
        (404, "NoSuchBucket", "no such bucket"),
        (403, "AccessDenied", "Access is denied.*AWS_PROFILE"),
        (400, "ExpiredToken", "Log in again"),
        (418, "Teapot", "Teapot"),
    ],
)
def test_what_goes_wrong_is_told(bucket: Bucket, status: int, code: str, message: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    bucket.server.add("/photos/a.jpg", body, status=status)
    with pytest.raises(DownloadError, match=f"s3://photos/a.jpg could not be read. .*{message}"):
        fetch_s3("s3://photos/a.jpg")


def test_a_server_that_is_not_there(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(DownloadError, match="could not be read"):
        fetch_s3("s3://photos/a.jpg", DownloadPolicy(retries=0))


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///a.jpg", "s3://arn:aws:s3:::x/a.jpg", "s3://a b/c.jpg", "http://x/"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(DownloadError, match="no address of S3"):
        fetch_s3(address)


def test_a_folder_is_no_object() -> None:
    with pytest.raises(DownloadError, match="names no object"):
        fetch_s3("s3://photos/cats/")
    with pytest.raises(DownloadError, match="1024 bytes"):
        fetch_s3("s3://photos/" + "x" * 1025)
    assert is_s3("S3://photos/a")
    assert not is_s3("s3:/photos/a")


# Listings ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_folder_is_listed_page_by_page(bucket: Bucket) -> None:
    for key in (
        "cats/",
        "cats/1.jpg",
        "cats/2.PNG",
        "cats/more/3 & 4?.heic",
        "cats/notes.txt",
        "cats.jpg",
        "dogs/1.jpg",
    ):
        bucket.put(key, b"")
    for address in ("s3://photos/cats/", "s3://photos/cats"):
        listing = list_source(address)
        assert [item.source.address for item in listing.items] == [
            "s3://photos/cats/1.jpg",
            "s3://photos/cats/2.PNG",
            "s3://photos/cats/more/3 & 4?.heic",
        ]
        assert {(item.source.kind, item.keep_original, item.url) for item in listing.items} == {("link", True, None)}
        assert [one.address for one in listing.skipped] == ["s3://photos/cats/notes.txt"]
    assert len(list_source("s3://photos").items) == 5
    assert [item.source.address for item in list_source("s3://photos/cats.jpg").items] == ["s3://photos/cats.jpg"]


def test_listings_are_bounded(bucket: Bucket) -> None:
    for number in range(5):
        bucket.put(f"{number}.jpg", b"")
    assert len(list(list_s3("s3://photos", max_keys=5))) == 5
    with pytest.raises(DownloadError, match="more than 4 objects"):
        list(list_s3("s3://photos", max_keys=4))
    bucket.objects.clear()
    bucket.endless = True
    with pytest.raises(DownloadError, match="listed without end"):
        list(list_s3("s3://photos", max_keys=4))


def test_from_a_bucket_to_a_catalog_and_back(
    bucket: Bucket, photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("chelsea.png", "rocket.jpg"):
        bucket.put(f"in/{name}", photographs[name])
    bucket.put("in/broken.jpg", b"nothing")
    catalog = str(tmp_path / "my.sqlite")
    assert main(["index", "s3://photos/in/", "--catalog", catalog]) == 3  # one of them is broken
    told = capsys.readouterr()
    assert "2 added, 0 known, 1 failed" in told.out
    assert "s3://photos/in/broken.jpg: " in told.err
    assert main(["search", "s3://photos/in/rocket.jpg", "--catalog", catalog, "--top", "1"]) == 0
    assert "s3://photos/in/rocket.jpg" in capsys.readouterr().out


def test_tables_may_name_objects(bucket: Bucket, photographs: dict[str, bytes], tmp_path: Path) -> None:
    address = bucket.put("a", photographs["rocket.jpg"])
    table = tmp_path / "table.csv"
    table.write_text(f"title,picture\nRocket,{address}\nNone,s3://photos/b\n")
    listing = list_source(str(table))
    assert listing.column == "picture"
    assert all(item.from_table for item in listing.items)
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    try:
        run = Indexing(catalog, listing.items, [get_metric("phash")])
        assert run.run().added == 1
        assert [one.source.address for one in run.failures] == ["s3://photos/b"]
        (one,) = catalog.ids().tolist()
        record = catalog.pictures([one])[one]
        assert (record.sources[0].address, record.sources[0].metadata) == (address, {"title": "Rocket"})
        assert catalog.original(one) == photographs["rocket.jpg"]
    finally:
        catalog.close()


# What strangers may ----------------------------------------------------------------------------------


def test_the_page_reads_no_objects_for_strangers(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    address = bucket.put("a.jpg", b"picture")
    table = f"picture\n{address}\nhttps://x.example/a.jpg\n".encode()
    refused = item_of_link(address)
    assert isinstance(refused, Skipped)
    assert "PICTRACE_S3=1" in refused.reason
    intake = Uploads()  # the folder goes with it
    handed = intake.take("1", "table.csv", memoryview(table))
    listing = listing_of(handed)
    assert [item.url for item in listing.items] == ["https://x.example/a.jpg"]
    assert [(one.address, one.reason) for one in listing.skipped] == [(address, refused.reason)]
    with pytest.raises(RefusedError, match="credentials of this server"):
        fetch_link(address)
    assert bucket.server.requests == []
    monkeypatch.setenv("PICTRACE_S3", "1")
    assert isinstance(item_of_link(address), Item)
    assert len(listing_of(handed).items) == 2
    assert fetch_link(address) == b"picture"


def test_without_the_package_it_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    for read in (fetch_s3, list_source):
        with pytest.raises(DownloadError, match=r'pip install "pictrace\[s3\]"'):
            read("s3://photos/a.jpg" if read is fetch_s3 else "s3://photos/")
