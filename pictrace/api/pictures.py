"""The pictures of the catalog: looking through them, adding one, taking one out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.responses import Response

from pictrace.api.answering import as_json, conditional, unchanged
from pictrace.api.bodies import JSON, MULTIPART, RAW, File
from pictrace.api.encoding import encoded
from pictrace.api.forms import AddForm, AddLinkForm, PageForm
from pictrace.api.operations import UNCHANGED, Call, Operation, Reply
from pictrace.api.problems import ProblemError
from pictrace.api.state import State
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Origin, PictureRecord, Source, digest, image_id
from pictrace.client.answers import Added, Image, ImagePage, ImageSource
from pictrace.errors import SourceError
from pictrace.indexing.index import Indexing
from pictrace.indexing.keypoints import complete_index
from pictrace.indexing.prepare import original_bytes
from pictrace.service.addresses import shown_record
from pictrace.service.pictures import upload_limits
from pictrace.service.typed_links import item_of_link
from pictrace.sources.base import Item, Skipped

__all__ = ["OPERATIONS", "added", "linked", "uploaded"]

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
    "HEIC": "image/heic",
}


def _document(record: PictureRecord) -> Image:
    shown = shown_record(record)
    return Image(
        id=shown.id,
        sha256=shown.sha256.hex(),
        format=shown.format,
        width=shown.width,
        height=shown.height,
        bytes=shown.byte_count,
        added_at=shown.added_at,
        title=shown.label,
        sources=[
            ImageSource(kind=one.kind, address=one.address, title=one.title, metadata=dict(one.metadata))
            for one in shown.sources
        ],
    )


def _silent(catalog: Catalog) -> dict[str, str]:
    return {name: str(reason) for name, reason in catalog.silent.items()}


def _record(catalog: Catalog, text: str) -> PictureRecord:
    """The picture of this id; ProblemError where there is none."""
    found = None
    if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63:
        found = catalog.pictures([int(text)]).get(int(text))
    if found is None:
        raise ProblemError("not-found", "The catalog holds no picture of this id.")
    return found


async def _page(call: Call) -> Response:
    form: PageForm = call.form

    def work() -> bytes:
        catalog = call.state.workspace().catalog
        if form.ids:
            named = catalog.pictures([one for one in map(int, form.ids.split(",")) if one < 2**63])
            images = [_document(named[one]) for one in sorted(named)]
            return encoded(ImagePage(images=images, next=None, total=len(images), silent=_silent(catalog)))
        ids, total = catalog.ids_after(form.after, limit=form.limit + 1, text=form.text, filters=form.only)
        shown = ids[: form.limit]
        records = catalog.pictures(shown)
        following = shown[-1] if len(ids) > form.limit else None
        page = ImagePage(
            images=[_document(records[one]) for one in shown if one in records],
            next=following,
            total=total,
            silent=_silent(catalog),
        )
        return encoded(page)

    return conditional(call.request, await call.light(work), JSON)


async def _one(call: Call) -> Response:
    record = await call.light(lambda: _record(call.state.workspace().catalog, call.path["id"]))
    return conditional(call.request, encoded(_document(record)), JSON)


async def _thumbnail(call: Call) -> Response:
    def work() -> bytes:
        catalog = call.state.workspace().catalog
        return catalog.thumbnail(_record(catalog, call.path["id"]).id) or b""

    return conditional(call.request, await call.light(work), "image/jpeg")


async def _original(call: Call) -> Response:
    def known() -> tuple[Catalog, PictureRecord]:
        catalog = call.state.workspace().catalog
        return catalog, _record(catalog, call.path["id"])

    catalog, record = await call.light(known)
    tag = record.sha256.hex()
    if answer := unchanged(call.request, f'"{tag}"'):
        return answer

    def work() -> bytes:
        try:
            return original_bytes(catalog, record.id, upload_limits())
        except SourceError as error:
            raise ProblemError("not-found", str(error)) from error

    kind = _MEDIA_TYPES.get(record.format, "application/octet-stream")
    return conditional(call.request, await call.light(work), kind, tag=tag)


async def _remove(call: Call) -> Response:
    def work() -> None:
        catalog = call.state.workspace_to_write().catalog
        if not catalog.remove([_record(catalog, call.path["id"]).id]):
            raise ProblemError("not-found", "The catalog holds no picture of this id.")

    await call.light(work)
    return Response(status_code=204)


async def _add(call: Call) -> Response:
    form = call.form
    item = linked(form) if isinstance(form, AddLinkForm) else None
    if item is None:
        file = call.body.files["" if call.body.kind == RAW else "picture"]
        item = uploaded(file, form)
    done = await call.heavy(partial(added, call.state, item))
    where = f"{call.request.scope.get('root_path', '')}/images/{done.image.id}"
    return as_json(done, 201 if done.added else 200, {"Location": where})


def linked(form: AddLinkForm) -> Item:
    """What a link stands for; ProblemError where it must not be fetched."""
    item = item_of_link(form.url)
    if isinstance(item, Skipped):
        raise ProblemError("link-not-fetched", item.reason)
    return replace(item, source=replace(item.source, title=form.title, metadata=form.metadata))


def uploaded(file: File, form: AddForm) -> Item:
    """A picture with what is told of it."""
    name = file.name or form.title or "upload"
    return Item.of_bytes(file.data, Source(Origin.UPLOAD, name, form.title, form.metadata))


def added(state: State, item: Item) -> Added:
    """Put it into the catalog; ProblemError where it is no picture, or the catalog cannot be changed."""
    workspace = state.workspace_to_write()
    catalog = workspace.catalog
    run = Indexing(catalog, [item], limits=upload_limits())
    progress = run.run()
    if not progress.added and not progress.known:
        reason = run.failures[0].reason if run.failures else "It was not added."
        raise ProblemError("unusable-input" if item.url is None else "link-not-fetched", reason)
    complete_index(workspace.cache)
    if item.data is not None:
        identity = image_id(digest(item.data))
    else:
        identity = catalog.known_sources(Origin.LINK, [item.source.address])[item.source.address]
    notes = [one.reason for one in run.notes]
    return Added(added=progress.added > 0, image=_document(_record(catalog, str(identity))), notes=notes)


_TAGGED = ("ETag",)

OPERATIONS = (
    Operation(
        "GET",
        "/images",
        "list_images",
        "The pictures of the catalog, a page at a time",
        _page,
        {200: Reply("A page", ImagePage, headers=_TAGGED), 304: UNCHANGED},
        query=PageForm,
        problems=("invalid-request",),
    ),
    Operation(
        "POST",
        "/images",
        "add_image",
        "Add a picture",
        _add,
        {
            201: Reply("It is new here", Added, headers=("Location",)),
            200: Reply("It was here before", Added, headers=("Location",)),
        },
        scope="write",
        query=AddForm,
        bodies={JSON: AddLinkForm, MULTIPART: AddForm, RAW: AddForm},
        files={"picture": True},
        problems=(
            "invalid-request",
            "unusable-input",
            "link-not-fetched",
            "unsupported-media-type",
            "too-large",
            "too-slow",
            "under-way",
        ),
        samples={"a link": {"url": "https://example.org/cat.jpg", "metadata": {"category": "cats"}}},
    ),
    Operation(
        "GET",
        "/images/{id}",
        "get_image",
        "What the catalog knows of a picture",
        _one,
        {200: Reply("The picture", Image, headers=_TAGGED), 304: UNCHANGED},
        problems=("not-found",),
    ),
    Operation(
        "DELETE",
        "/images/{id}",
        "remove_image",
        "Take a picture out of the catalog; its file stays where it is",
        _remove,
        {204: Reply("It is out", kind="")},
        scope="write",
        problems=("not-found", "under-way", "invalid-request"),
    ),
    Operation(
        "GET",
        "/images/{id}/thumbnail",
        "get_thumbnail",
        "A picture as a JPEG of at most 320 pixels a side",
        _thumbnail,
        {200: Reply("The thumbnail", kind="image/jpeg", headers=_TAGGED), 304: UNCHANGED},
        problems=("not-found",),
    ),
    Operation(
        "GET",
        "/images/{id}/original",
        "get_original",
        "The very bytes of a picture's file, where they are at hand",
        _original,
        {200: Reply("The file", kind="image/*", headers=_TAGGED), 304: UNCHANGED},
        problems=("not-found",),
    ),
)
