"""What is said in a request, and how it is written: what a picture is given by, options, and parts of a form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import aiohttp

__all__ = ["CriteriaOptions", "PictureGiven", "SearchOptions", "form_of", "reference_of"]

PictureGiven = str | Path | bytes | int
"""A link, a path, the bytes of a file, or the id of a picture of the catalog."""

_SCHEMES = ("http://", "https://", "s3://")


class CriteriaOptions(TypedDict, total=False):
    """What counts as alike; see docs/api.md."""

    preset: str
    recipe: Mapping[str, Any]
    weights: Mapping[str, float]
    settings: Mapping[str, Mapping[str, float | str]]
    orientations: bool


class SearchOptions(CriteriaOptions, total=False):
    """What counts as a match."""

    top: int
    min_score: float
    false_alarms: float
    only: Mapping[str, Sequence[str]]
    region: str
    exact: bool


def reference_of(picture: PictureGiven) -> dict[str, Any] | None:
    """What names a picture in JSON; None where its bytes are to be sent."""
    if isinstance(picture, int):
        return {"id": picture}
    if isinstance(picture, str) and picture.lower().startswith(_SCHEMES):
        return {"url": picture}
    return None


def form_of(files: Mapping[str, PictureGiven], said: Mapping[str, Any]) -> aiohttp.FormData:
    """A multipart body: files by the names of their parts, and whatever else is said."""
    form = aiohttp.FormData(quote_fields=False)
    for name, picture in files.items():
        if isinstance(picture, bytes):
            form.add_field(name, picture, filename="upload", content_type="application/octet-stream")
        else:
            path = Path(str(picture))
            form.add_field(name, path.read_bytes(), filename=path.name, content_type="application/octet-stream")
    for name, value in said.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    return form
