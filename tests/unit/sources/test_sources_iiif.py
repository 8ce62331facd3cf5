"""IIIF manifests: both versions that are in use, as files and behind links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pictrace.cli._queries import queries_of
from pictrace.errors import DownloadError, ImageError, SourceError
from pictrace.images.reading import decode
from pictrace.service.pictures import linked_picture
from pictrace.service.typed_links import listing_of_links
from pictrace.sources.base import Listing
from pictrace.sources.iiif import read_manifest
from pictrace.sources.listing import kind_of_source, list_source
from pictrace.web.policy import ALLOWED_HOSTS_VARIABLE
from tests.http_server import Server

IMAGES = "https://images.example/iiif"


def version_3(*bodies: Any) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": "https://x.example/manifest",
        "type": "Manifest",
        "label": {"de": ["Buch"], "en": ["A book", "in two parts"]},
        "rights": "http://creativecommons.org/publicdomain/mark/1.0/",
        "requiredStatement": {"label": {"en": ["Held by"]}, "value": {"none": ["A library"]}},
        "metadata": [{"label": {"en": ["Author"]}, "value": {"none": ["Hokusai", "北斎"]}}, {"label": 3}],
        "items": [
            {
                "type": "Canvas",
                "label": {"none": [f"f. {number}r"]},
                "items": [{"type": "AnnotationPage", "items": [{"type": "Annotation", "body": body}]}],
            }
            for number, body in enumerate(bodies, 1)
        ],
    }


def version_2(*resources: Any) -> dict[str, Any]:
    return {
        "@context": ["http://example.org/other.json", "http://iiif.io/api/presentation/2/context.json"],
        "@type": "sc:Manifest",
        "label": [{"@value": "A book", "@language": "en"}],
        "attribution": "A library",
        "metadata": [{"label": "Author", "value": {"@value": "Hokusai"}}],
        "sequences": [
            {
                "canvases": [
                    {"@type": "sc:Canvas", "label": f"f. {number}r", "images": [{"resource": resource}]}
                    for number, resource in enumerate(resources, 1)
                ]
            },
            {"canvases": [{"label": "another order", "images": []}]},
        ],
    }


def saved(folder: Path, manifest: object, name: str = "manifest.json") -> str:
    path = folder / name
    path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest, indent=1), "utf-8")
    return str(path)


SERVICE_3 = {"id": f"{IMAGES}/a", "type": "ImageService3", "profile": "level2"}
SERVICE_2 = {"@id": f"{IMAGES}/a/", "@context": "http://iiif.io/api/image/2/context.json", "profile": ["…level2.json"]}


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ({"id": f"{IMAGES}/a.jpg", "type": "Image"}, f"{IMAGES}/a.jpg"),
        ({"id": f"{IMAGES}/small.jpg", "service": [SERVICE_3]}, f"{IMAGES}/a/full/max/0/default.jpg"),
        ({"id": f"{IMAGES}/small.jpg", "service": SERVICE_2}, f"{IMAGES}/a/full/full/0/default.jpg"),
        ({"id": f"{IMAGES}/a.jpg", "service": [SERVICE_3 | {"profile": "level0"}]}, f"{IMAGES}/a.jpg"),
        ({"id": f"{IMAGES}/a.jpg", "service": [{"@id": f"{IMAGES}/login", "profile": "auth"}]}, f"{IMAGES}/a.jpg"),
        ({"type": "Choice", "items": [{"id": f"{IMAGES}/a.jpg"}, {"id": f"{IMAGES}/b.jpg"}]}, f"{IMAGES}/a.jpg"),
        ([{"id": f"{IMAGES}/a.jpg"}], f"{IMAGES}/a.jpg"),
    ],
)
def test_the_largest_picture_of_each_canvas_is_listed(body: object, link: str, tmp_path: Path) -> None:
    (item,) = list_source(saved(tmp_path, version_3(body))).items
    assert (item.url, item.source.title, item.from_table, item.keep_original) == (link, "f. 1r", True, True)
    assert item.source.metadata == {
        "manifest": "A book; in two parts",
        "rights": "http://creativecommons.org/publicdomain/mark/1.0/",
        "attribution": "A library",
        "Author": "Hokusai; 北斎",
        "canvas": "f. 1r",
    }


@pytest.mark.parametrize(
    ("resource", "link"),
    [
        ({"@id": f"{IMAGES}/a.jpg", "@type": "dctypes:Image"}, f"{IMAGES}/a.jpg"),
        ({"@id": f"{IMAGES}/small.jpg", "service": SERVICE_2}, f"{IMAGES}/a/full/full/0/default.jpg"),
        ({"@type": "oa:Choice", "default": {"@id": f"{IMAGES}/a.jpg"}, "item": []}, f"{IMAGES}/a.jpg"),
    ],
)
def test_the_second_version_is_read_too(resource: object, link: str, tmp_path: Path) -> None:
    (item,) = list_source(saved(tmp_path, version_2(resource), "without-a-suffix")).items
    assert (item.url, item.source.title) == (link, "f. 1r")
    assert item.source.metadata == {
        "manifest": "A book", "attribution": "A library", "Author": "Hokusai", "canvas": "f. 1r",
    }  # fmt: skip


def test_canvases_without_a_picture_are_listed(tmp_path: Path) -> None:
    bodies = [
        None,
        "x",
        {"id": "a.jpg"},
        {"id": "file:///etc/passwd"},
        {"id": 5, "service": [[]]},
        {"id": f"{IMAGES}/a"},
    ]
    listing = list_source(saved(tmp_path, version_3(*bodies)))
    assert [item.url for item in listing.items] == [f"{IMAGES}/a"]
    assert [one.address for one in listing.skipped] == [f"manifest.json, canvas {number}" for number in range(1, 6)]
    assert {one.reason for one in listing.skipped} == {"It has no picture with a link."}


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ({"@context": "http://iiif.io/api/presentation/3/context.json", "type": "Collection"}, "is a collection"),
        ({"@context": "http://iiif.io/api/presentation/2/context.json", "@type": "sc:Range"}, "no IIIF manifest"),
        ('{"@context": "http://iiif.io/api/presentation/3/', "is not JSON"),
        ('{"@context": "http://iiif.io/api/presentation/3/x", "a": ' + "[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_manifest_is_refused(manifest: object, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=problem):
        list_source(saved(tmp_path, manifest))


def test_labels_may_be_nested_as_they_like(tmp_path: Path) -> None:
    label: Any = "deep"
    for _ in range(100):
        label = [{"@value": {"en": label}}]
    manifest = version_3({"id": f"{IMAGES}/a"}) | {"label": label, "metadata": label, "items": []}
    assert list_source(saved(tmp_path, manifest)).items == ()


def test_too_many_canvases_are_refused(tmp_path: Path) -> None:
    address = saved(tmp_path, version_3(*[{"id": f"{IMAGES}/a"}] * 3))
    assert len(read_manifest(address, max_rows=3).items) == 3
    with pytest.raises(SourceError, match="more than 2 canvases"):
        read_manifest(address, max_rows=2)


def test_a_link_to_a_manifest_is_fetched_by_the_safe_client(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    link = server.add("/book/manifest", json.dumps(version_3({"id": f"{IMAGES}/a"})).encode())
    with pytest.raises(DownloadError, match=r"only 80 and 443 are allowed\. Save the manifest and name its file"):
        list_source(link)
    monkeypatch.setenv(ALLOWED_HOSTS_VARIABLE, server.host)
    (item,) = list_source(link).items
    assert (item.url, item.source.metadata["manifest"]) == (f"{IMAGES}/a", "A book; in two parts")
    with pytest.raises(SourceError, match="is not JSON"):
        list_source(server.add("/x.json", b"<html>"))
    assert server.count("/x.json") == 1


def test_a_manifest_among_typed_links_is_a_source(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED_HOSTS_VARIABLE, server.host)
    link = server.add("/book/manifest.json", json.dumps(version_3({"id": f"{IMAGES}/a"})).encode())
    broken = server.add("/broken.json", b"<html>")
    read: dict[str, Listing] = {}
    for _ in range(2):
        listing = listing_of_links(["https://x.example/b.jpg", f" {link} ", "", broken], read)
        assert [item.url for item in listing.items] == ["https://x.example/b.jpg", f"{IMAGES}/a"]
        assert [one.address for one in listing.skipped] == [broken]
    assert server.count("/book/manifest.json") == server.count("/broken.json") == 1
    assert listing_of_links([broken], read).items == ()
    assert list(read) == [broken]  # what was taken out of the lines may be typed again


def test_a_manifest_is_no_query_but_names_some(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED_HOSTS_VARIABLE, server.host)
    pages = [{"id": f"{IMAGES}/{name}.jpg", "format": "image/jpeg"} for name in "ab"]
    link = server.add("/book/manifest.json", json.dumps(version_3(*pages)).encode())
    with pytest.raises(SourceError, match=r"an IIIF manifest, a list of 2 pictures\. Search with one.*/a\.jpg, or add"):
        linked_picture(link)
    asked = queries_of([link, f"{IMAGES}/c.jpg"])
    assert [one.address for one in asked] == [f"{IMAGES}/a.jpg", f"{IMAGES}/b.jpg", f"{IMAGES}/c.jpg"]
    with pytest.raises(ImageError, match=r"this is an IIIF manifest.*one of the pictures that it lists"):
        decode(json.dumps(version_3(*pages)).encode())


def test_links_to_other_things_are_links_to_pictures() -> None:
    for link in ("https://x.example/a.jpg", "https://x.example/manifest/a", "https://x.example/?a=b.json"):
        assert kind_of_source(link).title == "a link"
    for link in ("https://x.example/a/manifest.json?x=1", "https://x.example/a/manifest/"):
        assert kind_of_source(link).title.startswith("an IIIF manifest")
