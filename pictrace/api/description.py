"""The API described, as OpenAPI 3.1: made of the operations and of the types that requests and answers have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pictrace import __version__
from pictrace.api.bodies import JSON, RAW
from pictrace.api.forms import is_structured
from pictrace.api.operations import Operation, Reply
from pictrace.api.problems import KINDS, PROBLEM_TYPE
from pictrace.client.answers import Problem
from pictrace.metrics import all_metrics
from pictrace.searching.presets import all_presets

__all__ = ["EVERYWHERE", "described"]

EVERYWHERE = ("invalid-request", "too-many-requests", "fault", "catalog-unavailable", "too-large", "too-slow")
"""What every operation may end with."""
_ADMISSION = ("token-needed", "not-allowed")

_Schemas = dict[str, Any]

_REF = "#/components/schemas/{name}"
_NAMED, _LISTED = ("url", "id"), ("folder", "links", "page")
_BINARY = {"type": "string", "contentMediaType": "application/octet-stream", "format": "binary"}
_HEADERS = {
    "ETag": {"description": "Changes with the answer; send it as If-None-Match", "schema": {"type": "string"}},
    "Location": {"description": "Where it is", "schema": {"type": "string", "format": "uri-reference"}},
    "X-Request-Id": {"description": "What the server's log knows the request by", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which to try again", "schema": {"type": "integer", "minimum": 0}},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text, new for each write: one that is sent again is done once, and answered alike.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}
_UNLESS = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "An ETag of before: where it still holds, the answer is 304.",
    "schema": {"type": "string"},
}


def described(operations: Sequence[Operation], *, root: str, secured: bool) -> dict[str, Any]:
    """The document.

    Parameters
    ----------
    root
        The path that the operations' paths count from.
    secured
        Whether the owner has set tokens; without, the server's own computer may read.
    """
    types = [Problem, *_types(operations)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    _name_choices(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas, secured=secured)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PicTrace",
            "version": __version__,
            "summary": "Finds the pictures of a catalog that match one, and tells what was done to them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": _HEADERS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(operations: Iterable[Operation]) -> Iterable[type[msgspec.Struct]]:
    for one in operations:
        yield one.query
        yield from one.bodies.values()
        yield from (reply.schema for reply in one.replies.values() if reply.schema is not None)


def _name_choices(schemas: dict[str, Any]) -> None:
    """What presets and metrics there are, in the schemas that name them, and that exactly one of some is given."""
    presets = [one.name for one in all_presets()]
    metrics = {"enum": [one.name for one in all_metrics() if not one.unavailable()]}
    for schema in schemas.values():
        fields = schema.get("properties", {})
        if "preset" in fields and schema.get("additionalProperties") is False:
            fields["preset"]["enum"] = presets
            for option in (*fields["weights"]["anyOf"], fields["settings"]):
                if option.get("type") == "object":
                    option["propertyNames"] = metrics
    for name, fields in (("SearchReferenceForm", _NAMED), ("ReferenceForm", _NAMED), ("SourceForm", _LISTED)):
        # By a double negation, as makers of clients take a bare oneOf for a choice of types.
        schemas[name]["not"] = {"not": {"oneOf": [{"required": [one]} for one in fields]}}


def _operation(one: Operation, schemas: _Schemas, *, secured: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": _parameters(one, schemas),
        "responses": _responses(one),
    }
    if one.bodies:
        content = {
            kind: _body(one, kind, _fields(form, schemas)) if kind != JSON else _json_body(one, form)
            for kind, form in one.bodies.items()
        }
        found["requestBody"] = {"required": True, "content": content}
    if one.scope:
        needed: list[dict[str, list[str]]] = [{"token": []}]
        found["security"] = needed if secured or one.writes else [*needed, {}]
    return found


def _parameters(one: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}}
        for name in one.path_names
    ]
    for name, schema in _fields(one.query, schemas).items():
        what = {"content": {JSON: {"schema": schema}}} if is_structured(schema) else {"schema": schema}
        found.append({"name": name, "in": "query", "required": False, **what})
    if one.writes:
        found.append(_KEY)
    if 304 in one.replies:
        found.append(_UNLESS)
    return found


def _fields(form: type[msgspec.Struct], schemas: _Schemas) -> dict[str, Any]:
    return dict(schemas[form.__name__].get("properties", {}))


def _body(one: Operation, kind: str, said: dict[str, Any]) -> dict[str, Any]:
    if kind == RAW:
        return {"schema": _BINARY}
    fields = {**dict.fromkeys(one.files, _BINARY), **said}
    needed = [name for name, is_needed in one.files.items() if is_needed]
    schema = {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}
    structured = [name for name, field in fields.items() if is_structured(field)]
    return {"schema": schema, "encoding": {name: {"contentType": JSON} for name in structured}}


def _json_body(one: Operation, form: type[msgspec.Struct]) -> dict[str, Any]:
    samples = {name.replace(" ", "-"): {"summary": name, "value": value} for name, value in one.samples.items()}
    return {"schema": {"$ref": _REF.format(name=form.__name__)}, "examples": samples}


def _responses(one: Operation) -> dict[str, Any]:
    found = {str(status): _reply(reply) for status, reply in one.replies.items()}
    names = [*EVERYWHERE, *(_ADMISSION if one.scope else ()), *one.problems]
    by_status: dict[int, list[str]] = {}
    for kind in (KINDS[name] for name in dict.fromkeys(names)):
        by_status.setdefault(kind.status, []).append(kind.name)
    for status, kinds in sorted(by_status.items()):
        headers = ("Retry-After",) if status in {429, 503} else ()
        problem = Reply(f"A problem: {' or '.join(kinds)}", Problem, PROBLEM_TYPE, headers)
        found[str(status)] = _reply(problem)
    return found


def _reply(reply: Reply) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *reply.headers)}
    found: dict[str, Any] = {"description": reply.says, "headers": headers}
    if reply.schema is not None:
        found["content"] = {reply.kind: {"schema": {"$ref": _REF.format(name=reply.schema.__name__)}}}
    elif reply.kind:
        text = {"type": "string"} if reply.kind.startswith("text/") else _BINARY
        found["content"] = {reply.kind: {"schema": text}}
    return found
