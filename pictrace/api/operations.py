"""What an operation of the API is: its path, what it takes, what it answers, and what does it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pictrace.api.access import Client
from pictrace.api.bodies import JSON, Body
from pictrace.api.forms import NoForm
from pictrace.api.state import State

__all__ = ["UNCHANGED", "Call", "Operation", "Reply"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Reply:
    """An answer that went well. schema: of JSON, else the bytes are of this media type."""

    says: str
    schema: type[msgspec.Struct] | None = None
    kind: str = JSON
    headers: tuple[str, ...] = ()


UNCHANGED = Reply("What the client has is still so", kind="", headers=("ETag",))
"""Of status 304."""


@dataclass(frozen=True)
class Call:
    """One request for an operation, read and checked.

    Attributes
    ----------
    form
        What was said: by the body where there is one, else by the address.
    path
        The parts of the address that are named in the operation's path.
    """

    state: State
    request: Request
    client: Client
    form: Any
    body: Body
    path: Mapping[str, str]

    async def heavy(self, work: Callable[[], _Result]) -> _Result:
        """Work that decodes or compares, in its turn."""
        return await self.state.heavy.run(self.request, work)

    async def light(self, work: Callable[[], _Result]) -> _Result:
        """Work that reads a little."""
        return await self.state.light.run(self.request, work)


@dataclass(frozen=True)
class Operation:
    """What can be asked, and how.

    Attributes
    ----------
    name
        Unique, for clients that are made of the description.
    scope
        What a token must have; "" where none is needed.
    query
        What the address may say.
    bodies
        By media type, what the body may say beside files.
    files
        The parts of a multipart body that are files, and whether each must be there.
    replies
        By status.
    problems
        Names of problems.KINDS that it may end with, besides those that all may.
    samples
        Of JSON bodies, by a name.
    most_bytes
        Of a body, beside its files.
    """

    method: str
    path: str
    name: str
    summary: str
    run: Callable[[Call], Awaitable[Response]]
    replies: Mapping[int, Reply]
    scope: str = "read"
    query: type[msgspec.Struct] = NoForm
    bodies: Mapping[str, type[msgspec.Struct]] = field(default_factory=dict)
    files: Mapping[str, bool] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    samples: Mapping[str, Any] = field(default_factory=dict)
    most_bytes: int = 2**20

    @property
    def writes(self) -> bool:
        return self.scope == "write"

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)
