"""Raw files of cameras are read by their preview, and say so; the files here are made of their parts."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg
from pictrace.images.formats import sniff
from pictrace.images.reading import DecodeLimits, load, open_image
from pictrace.indexing.index import Indexing
from pictrace.indexing.prepare import original_bytes
from pictrace.metrics.phash import PHash
from pictrace.sources.listing import list_source

Fields = dict[int, "int | Sequence[int] | bytes"]

SENSOR, RGB = 32803, 2


def picture(seed: int, width: int, height: int) -> np.ndarray:
    cells = np.random.default_rng(seed).integers(0, 256, (height // 10, width // 10, 3), np.uint8)
    return np.kron(cells, np.ones((10, 10, 1), np.uint8))


SMALL, LARGE = encode_jpeg(picture(0, 60, 40)), encode_jpeg(picture(1, 300, 200))


def raw(*directories: Fields, children: Sequence[Fields] = (), order: str = "<", magic: bytes = b"") -> bytes:
    """A TIFF of these directories; bytes at 513 and 273 are put into the file, with their length behind the tag."""
    data = bytearray(magic or (b"II*\0" if order == "<" else b"MM\0*"))
    data += bytes(12)
    places: list[int] = []
    for fields in (*children, *directories):
        written: dict[int, Sequence[int] | bytes] = {}
        for tag, value in fields.items():
            if isinstance(value, bytes) and tag in (513, 273):
                written |= {tag: [len(data)], (514 if tag == 513 else 279): [len(value)]}
                data += value
            else:
                written[tag] = [value] if isinstance(value, int) else value
        if children and fields is directories[0]:
            written[330] = places[: len(children)]
        blobs = {}
        for tag, value in written.items():
            packed = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}I", *value)
            if len(packed) > 4:
                blobs[tag] = len(data)
                data += packed
        places.append(len(data))
        data += struct.pack(order + "H", len(written))
        for tag, value in sorted(written.items()):
            kind, count = (7, len(value)) if isinstance(value, bytes) else (4, len(value))
            if tag in (274,):
                data += struct.pack(order + "HHIHH", tag, 3, 1, value[0], 0)
                continue
            data += struct.pack(order + "HHI", tag, kind, count)
            if tag in blobs:
                data += struct.pack(order + "I", blobs[tag])
            else:
                data += value if isinstance(value, bytes) else struct.pack(order + "I", value[0])
        data += bytes(4)
    chain = places[len(children) :]
    struct.pack_into(order + "I", data, 4, chain[0])
    for place, following in pairwise(chain):
        (count,) = struct.unpack_from(order + "H", data, place)
        struct.pack_into(order + "I", data, place + 2 + 12 * count, following)
    return bytes(data)


SENSOR_DATA: Fields = {254: 0, 256: 3000, 257: 2000, 259: 7, 262: SENSOR, 273: b"\xff\xd8\xff\xc3 samples"}
KINDS = {
    "DNG": raw({254: 1, 259: 7, 273: SMALL, 50706: b"\1\4\0\0"}, children=[SENSOR_DATA, {254: 1, 259: 7, 273: LARGE}]),
    "NEF": raw({254: 1, 259: 1, 262: RGB}, children=[{254: 1, 259: 6, 513: LARGE}, SENSOR_DATA], order=">"),
    "ARW": raw({259: 6, 513: LARGE}, {259: 6, 513: SMALL}, children=[SENSOR_DATA]),
    "PEF": raw(SENSOR_DATA, {259: 6, 513: SMALL}, {259: 6, 513: LARGE}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_preview_is_the_picture(kind: str) -> None:
    opened = open_image(KINDS[kind])
    assert (opened.info.format, opened.info.width, opened.info.height) == ("RAW", 300, 200)
    np.testing.assert_array_equal(opened.working(), load(LARGE))
    assert opened.notes == ("It is a raw file, read by its preview of 300 x 200 pixels.",)


def test_previews_of_canon_panasonic_and_fuji() -> None:
    body = raw({259: 6, 273: LARGE}, {513: SMALL})
    canon = body[:8] + b"CR\2\0" + body[12:]
    panasonic = raw({0x2E: LARGE, 256: 3000}, magic=b"IIU\0")
    fuji = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">II", 200, len(LARGE))
    fuji = fuji.ljust(200, b"\0") + LARGE
    for data in (canon, panasonic, fuji):
        assert sniff(data).name == "RAW"
        np.testing.assert_array_equal(load(data), load(LARGE))


def test_the_camera_says_how_it_was_held() -> None:
    turned = raw({254: 1, 259: 7, 273: LARGE, 274: 6, 50706: b"\1\4\0\0"})
    assert (open_image(turned).info.width, open_image(turned).info.height) == (200, 300)
    np.testing.assert_array_equal(load(turned), np.rot90(load(LARGE), 3))


def test_a_plain_tiff_is_none_and_a_raw_file_without_preview_says_so() -> None:
    assert sniff(raw({254: 0, 259: 1, 262: RGB})).name == "TIFF"
    for data in (raw(SENSOR_DATA), raw({50706: b"\1\4\0\0"}), b"FUJIFILMCCD-RAW ", b"IIU\0\x08\0\0\0\0\0"):
        with pytest.raises(ImageError, match=r"without a JPEG preview|damaged"):
            open_image(data)


@pytest.mark.parametrize("step", [1, 7, 64])
def test_damaged_ones_are_refused_or_read(step: int) -> None:
    random = np.random.default_rng(step)
    for data in KINDS.values():
        for end in range(8, len(data), max(1, len(data) // 40)):
            damaged = bytearray(data[:end] if step == 1 else data)
            for place in random.integers(4, len(damaged), step):
                damaged[place] = random.integers(256)
            with suppress(ImageError):
                open_image(bytes(damaged), DecodeLimits(max_pixels=10**6))


def test_a_folder_brings_them_and_tells(tmp_path: Path, make_catalog: Callable[..., SqliteCatalog]) -> None:
    (tmp_path / "IMG_1.DNG").write_bytes(KINDS["DNG"])
    catalog = make_catalog()
    run = Indexing(catalog, list_source(str(tmp_path)).items, (PHash(),))
    assert run.run().added == 1
    assert [one.reason for one in run.notes] == ["It is a raw file, read by its preview of 300 x 200 pixels."]
    assert original_bytes(catalog, int(catalog.ids()[0]), DecodeLimits()) == KINDS["DNG"]
