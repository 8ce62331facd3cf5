"""Protocol buffers at the level of the wire: fields of a message, read where they lie and written again.

https://protobuf.dev/programming-guides/encoding. Nothing is copied and nothing recurses, so that neither a file of
gigabytes nor one that nests without end costs more than walking over its fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pictrace.errors import ModelError
from pictrace.told import told

__all__ = ["MOST_DIMENSIONS", "Field", "fields", "integer", "integers", "length_prefix", "message", "number", "text"]

MOST_FIELDS = 200_000  # of one message; ResNet50 has about 500 in its graph
MOST_TEXT = 4096
MOST_DIMENSIONS = 64

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Field:
    """One field of a message: its number, how it is written, its value (a whole number or bytes), and all its bytes."""

    number: int
    kind: int
    value: int | memoryview
    whole: memoryview


def fields(data: memoryview) -> Iterator[Field]:
    """The fields of a message in their order; ModelError where the bytes are none."""
    position, count = 0, 0
    while position < len(data):
        start = position
        count += 1
        if count > MOST_FIELDS:
            raise ModelError(
                told(
                    "The model has more than {most:,} parts in one place. Export it in a simpler form.",
                    most=MOST_FIELDS,
                )
            )
        key, position = _varint(data, position)
        kind = key & 7
        value: int | memoryview
        if kind == VARINT:
            value, position = _varint(data, position)
        elif kind in (BYTES, FIXED64, FIXED32):
            length, position = _varint(data, position) if kind == BYTES else (8 if kind == FIXED64 else 4, position)
            if length > len(data) - position:
                raise ModelError(told("The model file ends in the middle. Get it again."))
            value = data[position : position + length]
            position += length
        else:  # groups are gone since 2001; no ONNX file has any
            raise ModelError(told("The file is not an ONNX model. Name a file that ends in .onnx."))
        yield Field(key >> 3, kind, value, data[start:position])


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
        if shift > 63:
            raise ModelError(told("The file is not an ONNX model. Name a file that ends in .onnx."))
    raise ModelError(told("The model file ends in the middle. Get it again."))


def message(field: Field) -> memoryview:
    """The bytes of a field that holds a message, a text or raw data."""
    if isinstance(field.value, int):
        raise ModelError(told("The file is not an ONNX model. Name a file that ends in .onnx."))
    return field.value


def text(field: Field) -> str:
    """A field's text; ModelError where it is none."""
    data = message(field)
    try:
        return bytes(data[: MOST_TEXT + 1]).decode("utf-8")[:MOST_TEXT]
    except UnicodeDecodeError as error:
        raise ModelError(told("The model holds a name that is no text. Get it again.")) from error


def integer(field: Field) -> int:
    """A field's whole number, with its sign (int64)."""
    if not isinstance(field.value, int):
        raise ModelError(told("The file is not an ONNX model. Name a file that ends in .onnx."))
    return field.value - (1 << 64) if field.value >> 63 else field.value


def integers(field: Field) -> list[int]:
    """Whole numbers of a repeated field: one, or many packed together (as many as a shape may have)."""
    if isinstance(field.value, int):
        return [integer(field)]
    found, position = [], 0
    while position < len(field.value):
        value, position = _varint(field.value, position)
        found.append(value - (1 << 64) if value >> 63 else value)
        if len(found) > MOST_DIMENSIONS:
            raise ModelError(
                told("The model has a tensor with more than {most} dimensions. Export it again.", most=MOST_DIMENSIONS)
            )
    return found


def number(value: int) -> bytes:
    """A whole number of 0 or more as a varint."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def length_prefix(field: int, length: int) -> bytes:
    """What stands before the bytes of a field."""
    return number(field << 3 | BYTES) + number(length)
