"""The same work for agents, by the Model Context Protocol: words, and pictures as evidence.

Nothing is changed unless the owner says so. The package ``mcp`` is an extra: ``pip install "pictrace[mcp]"``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from pictrace import __version__
from pictrace.api.bodies import File
from pictrace.api.duplicates import groups
from pictrace.api.forms import AddForm, AddLinkForm, DuplicatesForm, SearchForm
from pictrace.api.given import given_picture
from pictrace.api.pictures import added, linked, uploaded
from pictrace.api.problems import ProblemError
from pictrace.api.search import found
from pictrace.api.state import State
from pictrace.catalog.base import Catalog
from pictrace.errors import PicTraceError, SourceError
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.indexing.prepare import read_file
from pictrace.precedence import answering
from pictrace.service.addresses import shown_record
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.owner import owner
from pictrace.service.pictures import Picture, upload_limits

__all__ = ["agent_server"]

_Content = list[Any]
_Result = TypeVar("_Result")

_GIVEN = (
    "A link (https://…), a picture of the catalog (catalog:ID), a picture itself (data:image/…;base64,…), or a file of "
    "the server in a folder that its owner has named."
)
GivenText = Annotated[str, Field(description=_GIVEN, max_length=30_000_000)]
_DATA = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
_SHOWN, _EVIDENCE_PX = 3, 400
_AGENTS = "agents"  # who searches by them
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=True)


def agent_server(state: State, *, writes: bool = False) -> MCPServer:
    """The server, to be run over standard input and output, or over HTTP.

    Parameters
    ----------
    state
        What is kept between calls.
    writes
        Whether an agent may add pictures.
    """
    server: MCPServer = MCPServer(
        "pictrace",
        title="PicTrace",
        version=__version__,
        instructions="Finds the pictures of a catalog that match one, and tells what was done to a picture.",
        log_level="WARNING",
    )

    turns = asyncio.Semaphore(2)

    def tool(work: Callable[..., _Content], annotations: ToolAnnotations = _READS) -> None:
        server.add_tool(_apart(work, turns), annotations=annotations, structured_output=False)

    def search(
        picture: GivenText,
        top: Annotated[int, Field(ge=1, le=50, description="Most matches.")] = 5,
        region: Annotated[str, Field(description="A part of it: percent:x,y,width,height.", max_length=80)] = "",
    ) -> _Content:
        """Find the pictures of the catalog that match one. Says whether it is there, and shows the best matches."""
        catalog = state.workspace().catalog
        answer = found(state, SearchForm(top=top, region=region or None), _picture(catalog, picture), _AGENTS)
        lines = [answer["verdict"]["headline"], answer["verdict"]["detail"]]
        if answer["catalog"]["told"]:
            lines.append(answer["catalog"]["told"])
        for one in answer["matches"]:
            how = f", {one['variant']}" if one["variant"] else ""
            good = "good" if one["good"] else "weak"
            lines.append(f"{one['rank']}. {one['source']} (catalog:{one['id']}): score {one['score']:.2f}, {good}{how}")
        shown = [catalog.thumbnail(one["id"]) for one in answer["matches"][:_SHOWN]]
        return ["\n".join(lines), *(Image(data=one, format="jpeg") for one in shown if one)]

    def compare(first: GivenText, second: GivenText) -> _Content:
        """Tell what was done to the second picture to obtain the first, with both laid on each other as evidence."""
        catalog = state.workspace().catalog
        pair = Comparison()
        pair.put(FIRST, _picture(catalog, first))
        pair.put(SECOND, _picture(catalog, second))
        examined = pair.examined()
        if examined is None:
            raise SourceError("There are not two pictures to compare.")
        lines = [examined.diagnosis.text]
        lines += [f"- {one.text} (confidence {one.confidence:.2f})" for one in examined.diagnosis.changes]
        if not examined.laid_over:
            return ["\n".join([*lines, "Nothing of one fits on the other, so there is nothing to show."])]
        lines.append("The pictures: " + "; ".join(one.alt for one in examined.laid_over) + ".")
        return ["\n".join(lines), Image(data=_side_by_side([one.image for one in examined.laid_over]), format="jpeg")]

    def list_pictures(
        text: Annotated[str, Field(description="In a title, an address or a metadatum.", max_length=200)] = "",
        after: Annotated[int, Field(ge=-1, description="The last id of the page before.")] = -1,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> _Content:
        """List pictures of the catalog, by ascending id."""
        catalog = state.workspace().catalog
        ids, total = catalog.ids_after(after, limit=limit, text=text)
        records = [shown_record(one) for one in catalog.pictures(ids).values()]
        lines = [f"{total} pictures fit; these are {len(records)} of them."]
        lines += [f"catalog:{one.id}  {one.label}  {one.format} {one.width} x {one.height}" for one in records]
        return ["\n".join(lines)]

    def show_picture(picture: GivenText) -> _Content:
        """Show a picture, small."""
        query = Comparison()
        query.put(FIRST, _picture(state.workspace().catalog, picture))
        return [query.sides[FIRST].picture.name, Image(data=query.sides[FIRST].preview, format="jpeg")]

    def duplicates(limit: Annotated[int, Field(ge=1, le=200, description="Most groups.")] = 20) -> _Content:
        """Find copies within the catalog: the same file, the same pixels, or the same photograph changed."""
        found, _ = groups(state, DuplicatesForm())
        lines = [f"{len(found)} groups; these are {min(limit, len(found))} of them."]
        for one in found[:limit]:
            lines.append(f"{one.level.title}; keep catalog:{one.keep}:")
            lines += [f"- catalog:{each.id}  {each.record.label}  score {each.score:.2f}" for each in one.images]
        return ["\n".join(lines)]

    def add_picture(picture: GivenText, title: Annotated[str, Field(max_length=1000)] = "") -> _Content:
        """Add a picture to the catalog."""
        item = linked(AddLinkForm(url=picture, title=title)) if "://" in picture else None
        if item is None:
            given = _picture(state.workspace().catalog, picture)
            item = uploaded(File(given.data, given.name), AddForm(title=title))
        done = added(state, item)
        return [f"{'Added' if done.added else 'It was there before'}: catalog:{done.image.id}"]

    for one in (search, compare, list_pictures, show_picture, duplicates):
        tool(one)
    if writes:
        tool(add_picture, ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True))
    return server


def _apart(work: Callable[..., _Result], turns: asyncio.Semaphore) -> Callable[..., Any]:
    """In a thread, a few at a time; what is refused is told to the agent."""

    def answered(*args: Any, **said: Any) -> _Result:
        with answering():
            return work(*args, **said)

    @wraps(work)
    async def call(*args: Any, **said: Any) -> _Result:
        try:
            async with turns:
                return await asyncio.to_thread(answered, *args, **said)
        except PicTraceError as error:
            raise ToolError(str(error)) from error
        except ProblemError as problem:
            raise ToolError(problem.detail) from problem

    return call


def _picture(catalog: Catalog, text: str) -> Picture:
    text = text.strip()
    if begins := _DATA.match(text):
        try:
            return Picture(base64.b64decode(text[begins.end() :], validate=True), "picture", "upload")
        except binascii.Error as error:
            raise SourceError(f"The picture is no base64: {error}. Send it again.") from error
    number = text.removeprefix("catalog:")
    if number.isascii() and number.isdigit() and len(number) <= 18 + 1:
        return given_picture(catalog, None, picture_id=min(int(number), 2**63 - 1))
    if "://" in text:
        return given_picture(catalog, None, url=text)
    path = Path(text)
    if not owner().may_read(path):
        raise SourceError("This file is in no folder that the server's owner has named (PICTRACE_FOLDERS).")
    return Picture(read_file(path, upload_limits()), path.name, "upload")


def _side_by_side(images: list[RGBImage]) -> bytes:
    scaled = [fit(one, _EVIDENCE_PX) for one in images]
    height = max(one.shape[0] for one in scaled)
    padded = [np.pad(one, ((0, height - one.shape[0]), (0, 8), (0, 0)), constant_values=255) for one in scaled]
    return encode_jpeg(np.ascontiguousarray(np.concatenate(padded, axis=1)))
