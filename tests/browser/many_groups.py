"""A catalog of many pairs of copies that nothing had to compare: what a run would have found stands in its book."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.duplicates.book import FRAME, Book, Candidate
from pictrace.duplicates.levels import Level
from pictrace.duplicates.verify import Pair
from pictrace.images.encoding import encode_jpeg

__all__ = ["many_groups"]


def many_groups(path: Path, groups: int) -> None:
    """Picture 2n and 2n + 1 are copies; the files of none are there."""
    random = np.random.default_rng(1)
    pictures = []
    for number in range(2 * groups):
        seen = encode_jpeg(random.integers(0, 256, (60, 80, 3)).astype(np.uint8))
        name = f"{number // 2:03}-{'copy' if number % 2 else 'first'}.jpg"
        source = Source("file", f"/pictures/{name}", name)
        size = 1000 - number % 2
        pictures.append(NewPicture(digest(name.encode()), "JPEG", size, size, 10**6 - number, seen, (source,)))
    with closing(SqliteCatalog(path)) as catalog:
        catalog.add(pictures)
        ids = [one.id for one in pictures]
        pairs = [(min(two), max(two)) for two in zip(ids[::2], ids[1::2], strict=True)]
        with closing(Book(catalog)) as book:
            book.add_candidates(ids, [Candidate(one, other, FRAME, 0) for one, other in pairs], keypoints=True)
            book.add_pairs([Pair(one, other, Level.PHOTOGRAPH, 0.9, 1.0, 1.0) for one, other in pairs])
