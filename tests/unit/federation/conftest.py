"""Two servers that share some pictures, and one catalog that holds all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Origin, Source
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item
from tests.servers import serving


@dataclass(frozen=True)
class Shared:
    """whole: a catalog of all pictures. halves: the files of two others. addresses: of their servers."""

    whole: Path
    halves: tuple[Path, Path]
    addresses: tuple[str, str]

    @property
    def location(self) -> str:
        return ",".join(self.addresses)


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Iterator[Shared]:
    rng = np.random.default_rng(4)
    items = [
        Item.of_bytes(data, Source(Origin.UPLOAD, f"box/{name}", "", {"kind": name.partition(".")[2]}))
        for name, data in photographs.items()
    ]
    whole = decode(photographs["astronaut.png"])
    for number in range(12):
        top, left = rng.integers(0, 300, 2)
        part = cv2.GaussianBlur(whole[top : top + 200, left : left + 200], (0, 0), 1 + number % 3)
        items.append(Item.of_bytes(encode_png(part.astype(np.uint8)), Source(Origin.UPLOAD, f"{number}.png")))
    folder = tmp_path_factory.mktemp("federation")
    paths = folder / "all.sqlite", folder / "one.sqlite", folder / "two.sqlite"
    for path, some in zip(paths, (items, items[::2], [*items[1::2], items[0]]), strict=True):
        with closing(open_catalog(str(path), must_exist=False)) as catalog:
            Indexing(catalog, some).run()
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(path)) for path in paths[1:]]
        yield Shared(paths[0], (paths[1], paths[2]), (addresses[0], addresses[1]))


@pytest.fixture
def alone(shared: Shared) -> Iterator[Catalog]:
    """The one catalog with all pictures."""
    with closing(open_catalog(str(shared.whole))) as catalog:
        yield catalog


@pytest.fixture
def federated(shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """The same, of two servers."""
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    with closing(open_catalog(shared.location)) as catalog:
        yield catalog


@pytest.fixture(scope="package")
def changed(photographs: dict[str, bytes]) -> bytes:
    """A query: a part of the astronaut, compressed."""
    return encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.7), quality=60)


@pytest.fixture(scope="package")
def stranger() -> bytes:
    """A query that nobody has."""
    return encode_png(np.random.default_rng(9).integers(0, 255, (90, 90, 3), np.uint8))
