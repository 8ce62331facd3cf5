"""Many pictures at once, in the background: jobs, and looking on at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import UNSET
from starlette.responses import Response, StreamingResponse

from pictrace.api.answering import as_json
from pictrace.api.bodies import JSON
from pictrace.api.encoding import encoded
from pictrace.api.forms import SourceForm
from pictrace.api.given import one_of
from pictrace.api.jobs import SourceJob
from pictrace.api.operations import Call, Operation, Reply
from pictrace.api.problems import ProblemError
from pictrace.client.answers import JobState
from pictrace.errors import PicTraceError
from pictrace.service.owner import owner
from pictrace.service.pictures import upload_limits
from pictrace.service.typed_links import listing_of_links
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.listing import list_source
from pictrace.web.crawl import crawl
from pictrace.web.policy import DownloadPolicy

__all__ = ["OPERATIONS"]

_LOOKED_EACH_S = 0.5
_EVENTS = "text/event-stream"


async def _begin(call: Call) -> Response:
    form: SourceForm = call.form
    one_of("", folder=form.folder, links=form.links, page=form.page)
    workspace = await call.light(call.state.workspace_to_write)
    if form.folder is not UNSET:
        folder = Path(form.folder)
        if not await call.light(lambda: owner().may_read(folder)):
            raise ProblemError("not-allowed", "This folder is none of those that the server's owner has named.")
    call.state.jobs.require_room()
    job = SourceJob(workspace.cache, lambda: _listed(form), upload_limits())
    call.state.jobs.keep(job)
    where = f"{call.request.scope.get('root_path', '')}/jobs/{job.id}"
    return as_json(job.document, 202, {"Location": where})


def _listed(form: SourceForm) -> Listing:
    if form.folder is not UNSET:
        return list_source(form.folder)
    if form.links is not UNSET:
        return listing_of_links(form.links, {})
    page = "" if form.page is UNSET else form.page
    items: dict[str, Item] = {}
    skipped: list[Skipped] = []
    for found in crawl(page, pages=form.pages, policy=DownloadPolicy.from_environment()):
        if isinstance(found, PicTraceError):
            skipped.append(Skipped(page, str(found)))
            continue
        items |= {link.address: Item.of_link(link.address) for link in found.kept}
        skipped += [Skipped(link.address, link.left_out) for link in found.links if link.left_out]
    return Listing(tuple(items.values()), tuple(skipped))


async def _look(call: Call) -> Response:
    return as_json(call.state.jobs.get(call.path["id"]).document)


async def _forget(call: Call) -> Response:
    call.state.jobs.forget(call.path["id"])
    return Response(status_code=204)


async def _follow(call: Call) -> Response:
    job = call.state.jobs.get(call.path["id"])
    call.state.may_stream()

    async def events() -> AsyncIterator[bytes]:
        call.state.streams += 1
        try:
            told = b""
            while True:
                running = job.running  # asked before, so that what is told last is the end
                now = encoded(job.document)
                if now != told:
                    yield b"event: %s\ndata: %s\n\n" % (b"progress" if running else b"end", now)
                    told = now
                if not running:
                    return
                await asyncio.sleep(_LOOKED_EACH_S)
        finally:
            call.state.streams -= 1

    return StreamingResponse(events(), headers={"Cache-Control": "no-store"}, media_type=_EVENTS)


OPERATIONS = (
    Operation(
        "POST",
        "/sources",
        "add_source",
        "Add the pictures of a folder of the server, of links, or of a web page, in the background",
        _begin,
        {202: Reply("The job that has begun", JobState, headers=("Location",))},
        scope="write",
        bodies={JSON: SourceForm},
        problems=("invalid-request", "unsupported-media-type", "too-large", "too-slow", "under-way"),
        samples={
            "links": {"links": ["https://example.org/a.jpg", "https://example.org/b.jpg"]},
            "a web page": {"page": "https://example.org/gallery", "pages": 3},
            "a folder": {"folder": "/srv/pictures"},
        },
    ),
    Operation(
        "GET",
        "/jobs/{id}",
        "get_job",
        "How far a job has come",
        _look,
        {200: Reply("The job", JobState)},
        problems=("not-found",),
    ),
    Operation(
        "DELETE",
        "/jobs/{id}",
        "stop_job",
        "Stop a job, and forget it; what it has done is kept",
        _forget,
        {204: Reply("It ends soon", kind="")},
        scope="write",
        problems=("not-found", "under-way", "invalid-request"),
    ),
    Operation(
        "GET",
        "/jobs/{id}/events",
        "follow_job",
        "Look on at a job: server-sent events `progress`, and `end` at last, each with the job as its data",
        _follow,
        {200: Reply("The events", kind=_EVENTS)},
        problems=("not-found",),
    ),
)
