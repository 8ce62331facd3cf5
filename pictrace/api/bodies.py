"""What a request says: its body within limits, in one of three forms, and its parameters."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from pictrace.api.forms import is_structured
from pictrace.api.limits import HeldBytes
from pictrace.api.problems import ProblemError
from pictrace.client.answers import ProblemPart

__all__ = [
    "JSON",
    "MULTIPART",
    "RAW",
    "Body",
    "File",
    "media_type",
    "parameters",
    "parsed",
    "read_body",
    "said",
    "said_in_json",
]

JSON, MULTIPART, RAW = "application/json", "multipart/form-data", "application/octet-stream"
ARRIVES_IN_S = 60
_FIELD_BYTES = 256 * 1024
_FIELDS, _FILES = 20, 2

_Form = TypeVar("_Form", bound=msgspec.Struct)


@dataclass(frozen=True)
class File:
    """A picture in a body. name: as its sender calls it."""

    data: bytes
    name: str


@dataclass(frozen=True)
class Body:
    """What a body says.

    Attributes
    ----------
    kind
        JSON, MULTIPART or RAW; "" where there is none.
    files
        By name of the part; of a raw body, by "".
    fields
        Texts of the parts.
    data
        All of it, as it came; of parts, nothing.
    """

    kind: str
    data: bytes = field(default=b"", repr=False)
    files: Mapping[str, File] = field(default_factory=dict, repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> Iterator[str | bytes]:
        """What it says, and not how its parts are held together."""
        if self.kind != MULTIPART:
            yield self.data
        for name, file in sorted(self.files.items()):
            yield from (name, file.name, file.data)
        for name, text in sorted(self.fields.items()):
            yield from (name, text)


def media_type(request: Request) -> str:
    """JSON, MULTIPART or RAW; ProblemError for anything else."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported-media-type", "The body is compressed. Send it as it is.")
    if given.startswith("image/"):
        return RAW
    if given in {JSON, MULTIPART, RAW}:
        return given
    raise ProblemError(
        "unsupported-media-type",
        f"The body says to be {given[:80] or 'nothing'}. Send {JSON}, {MULTIPART}, {RAW}, or a picture's own type.",
    )


@asynccontextmanager
async def read_body(request: Request, most: int, held: HeldBytes) -> AsyncIterator[bytes]:
    """Yields the body once, in memory, and lets go of it afterwards.

    Parameters
    ----------
    most
        Bytes; what a header says of the length is believed only where it says too much.
    held
        Counts what all bodies take.

    Raises
    ------
    ProblemError
        Where there are more bytes, they come too slowly, or there is no room for them.
    """
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)
    pieces: list[bytes] = []
    with held.counting() as more:
        total = 0
        try:
            async with asyncio.timeout(ARRIVES_IN_S):
                async for piece in request.stream():
                    total += len(piece)
                    if total > most:
                        raise _too_large(most)
                    more(len(piece))
                    pieces.append(piece)
        except TimeoutError as error:
            raise ProblemError("too-slow", f"The body took over {ARRIVES_IN_S} seconds. Send it faster.") from error
        yield b"".join(pieces)


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        "too-large", f"The body has more than the {most:,} bytes that it may have. Send a smaller file."
    )


async def parsed(request: Request, kind: str, data: bytes) -> Body:
    """The parts of a body; ProblemError where it is damaged, or says anything twice."""
    if kind != MULTIPART:
        return Body(kind, data, {"": File(data, "")} if kind == RAW else {})

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield data

    files: dict[str, File] = {}
    fields: dict[str, str] = {}
    parser = MultiPartParser(
        request.headers, pieces(), max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES
    )
    try:
        form = await parser.parse()
        try:
            for name, value in form.multi_items():
                if name in files or name in fields:
                    raise _wrong(f"/{name}", "It is given twice.")
                if isinstance(value, UploadFile):
                    files[name] = File(await value.read(), value.filename or "")
                else:
                    fields[name] = value
        finally:
            await form.close()
    except (MultiPartException, KeyError, ValueError, UnicodeError) as error:
        raise ProblemError(
            "invalid-request", f"The multipart body cannot be read: {error or 'it is damaged'}."
        ) from error
    return Body(kind, files=files, fields=fields)


def parameters(request: Request) -> dict[str, str]:
    """Those of the address, by name; ProblemError where one is given twice."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise _wrong(f"/{name}", "It is given twice.")
        found[name] = value
    return found


def said(form: type[_Form], texts: Mapping[str, str]) -> _Form:
    """What parameters or parts of a body say; objects among them stand there as JSON."""
    values: dict[str, Any] = dict(texts)
    for name, schema in _fields_of(form).items():
        if name in values and is_structured(schema):
            try:
                values[name] = msgspec.json.decode(texts[name])
            except (msgspec.DecodeError, UnicodeError) as error:
                raise _wrong(f"/{name}", f"It is no JSON: {error}.") from error
    return _converted(values, form, strict=False)


def said_in_json(form: type[_Form], data: bytes, besides: msgspec.Struct, given: Mapping[str, str]) -> _Form:
    """What a body of JSON says.

    Parameters
    ----------
    besides, given
        What the address says, and which of it was given: it holds where the body says nothing of it.
    """
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError("invalid-request", f"The body is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ProblemError("invalid-request", "The body is no JSON object.")
    usual = {name: getattr(besides, name) for name in given}
    return _converted({**usual, **document}, form, strict=True)


@cache
def _fields_of(form: type[msgspec.Struct]) -> dict[str, Any]:
    """The schemas of its fields, by name."""
    _, components = msgspec.json.schema_components((form,), ref_template="#/components/schemas/{name}")
    return dict(components[form.__name__].get("properties", {}))


def _converted(values: Mapping[str, Any], form: type[_Form], *, strict: bool) -> _Form:
    try:
        return msgspec.convert(values, form, strict=strict)
    except (msgspec.ValidationError, RecursionError) as error:
        what, _, where = str(error).partition(" - at ")
        pointer = "".join(f"/{part}" for part in re.findall(r"[^.$`\[\]]+", where))
        raise _wrong(pointer, f"{what}.") from error


def _wrong(pointer: str, detail: str) -> ProblemError:
    where = f"{pointer}: " if pointer else ""
    return ProblemError("invalid-request", f"{where}{detail}", [ProblemPart(pointer=pointer, detail=detail)])
