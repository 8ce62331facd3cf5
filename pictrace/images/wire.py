"""Messages between a process and one that decodes for it: a head of JSON, and bytes. Nothing of them is unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

__all__ = ["receive", "send"]

_LENGTHS = struct.Struct(">IQ")
_MOST_HEAD_BYTES = 1024**2


def send(stream: IO[bytes], head: Mapping[str, object], body: bytes | memoryview = b"") -> None:
    """Write one message; OSError where nobody reads."""
    text = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(text), len(body)) + text)
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes], most_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Read one message.

    Raises
    ------
    EOFError
        Where the other side has ended.
    ValueError
        Where it sends no such message, or a longer one than was agreed on.
    """
    head_bytes, body_bytes = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if head_bytes > _MOST_HEAD_BYTES or body_bytes > most_bytes:
        raise ValueError(f"a message of {head_bytes} and {body_bytes} bytes")
    head = json.loads(_exactly(stream, head_bytes))
    if not isinstance(head, dict):
        raise ValueError("a message without a head")
    return head, _exactly(stream, body_bytes)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError("the other side has ended")
    return data
