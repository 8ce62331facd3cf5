"""IIIF manifests, in which libraries and museums list the pages of a book or the views of an object.

Source: IIIF Presentation API 2.1 and 3.0, Image API 2.1 and 3.0, https://iiif.io/api/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pictrace.errors import SourceError
from pictrace.sources.base import MAX_ROWS, Item, Listing, Skipped, clean_metadata, is_link, item_of_entry
from pictrace.sources.json_lists import MAX_BYTES, parsed_json
from pictrace.sources.kinds import Choices, SourceKind
from pictrace.sources.text import read_text
from pictrace.told import told
from pictrace.web.fetch import fetch
from pictrace.web.policy import DownloadPolicy

__all__ = ["KIND", "names_manifest", "read_manifest"]

METADATA_ENTRIES = 100
TITLE_CHARACTERS = 1000
_CONTEXT = re.compile(rb'"@context"\s*:\s*(?:\[[^\]]{0,1000})?"https?://iiif\.io/api/presentation/[23]/')
_Object = Mapping[str, Any]


def read_manifest(address: str, *, policy: DownloadPolicy | None = None, max_rows: int = MAX_ROWS) -> Listing:
    """The picture of each canvas of a manifest, as large as the server gives it.

    A picture is called as its canvas is; what the manifest says of itself is metadata of each.

    Parameters
    ----------
    address
        A file, or a link, which is fetched as those of pictures are.
    policy
        What may be fetched; else as the environment says.
    max_rows
        The most canvases that it may have.

    Raises
    ------
    SourceError
        Where it is no manifest of Presentation 2 or 3, or has more canvases.
    DownloadError
        Where the link cannot be fetched.
    """
    if is_link(address):
        policy = replace(policy or DownloadPolicy.from_environment(), wanted="manifest")
        text, name = fetch(address, policy).data.decode("utf-8-sig", "replace"), address
        folder = Path()  # pictures without a link are refused below
    else:
        text, name = read_text(Path(address), MAX_BYTES)[0], Path(address).name
        folder = Path(address).parent
    manifest = parsed_json(text, name)
    kind = _first(manifest, "type", "@type") if isinstance(manifest, dict) else None
    if kind in {"Collection", "sc:Collection"}:
        raise SourceError(told("{name} is a collection of manifests. Name one of them.", name=name))
    if not isinstance(manifest, dict) or kind not in {"Manifest", "sc:Manifest"}:
        raise SourceError(
            told("{name} is no IIIF manifest. Name the link that its viewer has for the manifest.", name=name)
        )
    about = _about(manifest)

    def entries() -> Iterator[Item | Skipped]:
        for number, (canvas, pictures) in enumerate(_canvases(manifest), start=1):
            if number > max_rows:
                raise SourceError(
                    told(
                        "{name} holds more than {most:,} canvases. Split it into smaller manifests.",
                        name=name,
                        most=max_rows,
                    )
                )
            place = f"{name}, canvas {number}"
            label = _text(canvas.get("label"))
            metadata = clean_metadata([*about, ("canvas", label), *_pairs(canvas)])
            links = [link for picture in pictures if is_link(link := _full_size(picture))]
            if not links:
                yield Skipped(place, told("It has no picture with a link."))
            for link in dict.fromkeys(links):
                item = item_of_entry(link, folder, place, metadata)
                if isinstance(item, Item):
                    item = replace(item, source=replace(item.source, title=label[:TITLE_CHARACTERS]))
                yield item

    return Listing.of(entries())


def _canvases(manifest: _Object) -> Iterator[tuple[_Object, list[_Object]]]:
    """Each canvas with the pictures painted on it. Of the sequences of Presentation 2, the first is the usual one."""
    if "sequences" in manifest:
        for canvas in _objects(next(iter(_objects(manifest["sequences"])), {}).get("canvases")):
            yield canvas, [_first_object(one.get("resource")) for one in _objects(canvas.get("images"))]
        return
    for canvas in _objects(manifest.get("items")):
        annotations = [one for page in _objects(canvas.get("items")) for one in _objects(page.get("items"))]
        yield canvas, [_first_object(one.get("body")) for one in annotations]


def _first_object(body: object) -> _Object:
    """A picture, or the first of those to choose from, which is the one that is shown."""
    found = next(iter(_objects(body)), {})
    kind = _first(found, "type", "@type")
    if kind == "Choice":
        return next(iter(_objects(found.get("items"))), {})
    if kind == "oa:Choice":
        return next(iter(_objects(found.get("default"))), {})
    return found


def _full_size(picture: _Object) -> str:
    """The link of a picture: by its image service in the largest size that is given, else its own; "" for none."""
    own = _first(picture, "id", "@id")
    for service in _objects(picture.get("service")):
        base = _first(service, "id", "@id").rstrip("/")
        profile = str(service.get("profile", ""))
        kind = _first(service, "type", "@type") + str(service.get("@context", "")) + profile
        if not is_link(base) or "image" not in kind.lower():
            continue  # for logging in, or searching
        if "level0" in profile and own:
            continue  # gives some sizes only, and its own link is one of them
        newer = "ImageService3" in kind or "/image/3/" in kind
        return f"{base}/full/{'max' if newer else 'full'}/0/default.jpg"
    return own


def _about(manifest: _Object) -> list[tuple[str, str]]:
    rights = manifest.get("rights") or manifest.get("license")
    required = _first_object(manifest.get("requiredStatement")).get("value") or manifest.get("attribution")
    told = [("manifest", _text(manifest.get("label"))), ("rights", _text(rights)), ("attribution", _text(required))]
    return told + _pairs(manifest)


def _pairs(part: _Object) -> list[tuple[str, str]]:
    entries = _objects(part.get("metadata"))[:METADATA_ENTRIES]
    return [(_text(one.get("label")), _text(one.get("value"))) for one in entries]


def _text(value: object) -> str:
    """A label in any of its forms: a text, {"@value": …}, {"en": ["…"]}, or a list of these; English goes first."""
    if isinstance(value, dict) and "@value" not in value:
        value = value.get("en") or value.get("none") or next(iter(value.values()), "")
    texts = value if isinstance(value, list) else [value]
    texts = [one.get("@value") if isinstance(one, dict) else one for one in texts]
    return "; ".join(one for one in texts if isinstance(one, str))


def _first(part: _Object, *names: str) -> str:
    return next((value for name in names if isinstance(value := part.get(name), str)), "")


def _objects(value: object) -> list[_Object]:
    """The objects of a list, or one that stands where a list might."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def names_manifest(address: str) -> bool:
    """Whether a link looks like one to a manifest."""
    try:
        path = urlsplit(address).path.lower().rstrip("/")
    except ValueError:
        return False
    return is_link(address) and (path.endswith(".json") or path.rsplit("/", 1)[-1] == "manifest")


def _read(address: str, _: Choices) -> Listing:
    return read_manifest(address)


KIND = SourceKind(
    "an IIIF manifest (file or link)",
    _read,
    uploads=frozenset([".json"]),
    starts_like=lambda start: bool(_CONTEXT.search(start)),
    is_alike=lambda glimpse: names_manifest(glimpse.address),
    order=40,
)
