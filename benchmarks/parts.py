"""How often a picture is found by a part of it, mirrored, in a collage, in another picture, or as a very long strip.

The first half of the photographs of FOLDER is in the catalog and asked for; the other half makes distractors only,
itself and windows of it, and long strips, of which the upper halves are asked. first, shown: the right picture ranks
first, or among five; good: it is told to be a good match. Of collages, mAP over all their pictures, and how many of
these are good. Each question is asked of the catalog as a person would, by the Balanced preset, and judged by what
chance gives in this catalog.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import distractors, intro, parser, photographs, row
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit, to_gray
from pictrace.indexing.index import Indexing
from pictrace.searching.attempts import score_either
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import needed_metrics, prepare_query
from pictrace.service.judge import Judge
from pictrace.service.second_look import details_between
from pictrace.sources.base import Item

Random = np.random.Generator
TILE = (240, 320)
PLAIN, DRAWS = 12.0, 20
"""Gray levels that a part must vary by: nobody can tell whose sky a piece of sky is."""


def part(image: RGBImage, share: float, random: Random) -> RGBImage:
    """A window of this share of both sides, anywhere but where it shows nothing: of DRAWS, the first not plain."""
    height, width = (max(1, round(side * share)) for side in image.shape[:2])
    windows = []
    for _ in range(DRAWS):
        y, x = (
            int(random.integers(0, whole - side + 1)) for whole, side in zip(image.shape, (height, width), strict=False)
        )
        windows.append(np.ascontiguousarray(image[y : y + height, x : x + width]))
        if float(to_gray(windows[-1]).std()) >= PLAIN:
            break
    return windows[-1]


def tile(image: RGBImage, height: int, width: int) -> RGBImage:
    """The middle of the picture, filling a tile."""
    grow = max(height / image.shape[0], width / image.shape[1])
    size = max(width, round(image.shape[1] * grow)), max(height, round(image.shape[0] * grow))
    large = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    y, x = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return np.asarray(large[y : y + height, x : x + width], np.uint8)


def collage(images: list[RGBImage], side: int) -> RGBImage:
    height, width = (round(one * 4 / side) for one in TILE)
    tiles = [tile(one, height, width) for one in images]
    return np.vstack([np.hstack(tiles[first : first + side]) for first in range(0, side * side, side)])


def inset(image: RGBImage, host: RGBImage, share: float, random: Random) -> RGBImage:
    """The picture on another one, of this share of its width."""
    ground = fit(host, 1200, enlarge=True).copy()
    small = cv2.resize(image, None, fx=(scale := ground.shape[1] * share / image.shape[1]), fy=scale)
    small = small[: ground.shape[0]]
    y = int(random.integers(0, ground.shape[0] - small.shape[0] + 1))
    x = int(random.integers(0, ground.shape[1] - small.shape[1] + 1))
    ground[y : y + small.shape[0], x : x + small.shape[1]] = small
    return ground


def desktop(image: RGBImage, random: Random) -> RGBImage:
    """A window of 30 % of the width on a plain desktop with a bar, icons and a second window of text."""
    ground = np.full((900, 1600, 3), (38, 70, 110), np.uint8)
    cv2.rectangle(ground, (0, 860), (1600, 900), (30, 30, 34), -1)
    for number in range(9):
        cv2.circle(ground, (40 + 48 * number, 880), 12, random.integers(60, 255, 3).tolist(), -1)
    cv2.rectangle(ground, (900, 80), (1540, 760), (245, 245, 245), -1)
    for line in range(24):
        cv2.line(
            ground, (930, 120 + 26 * line), (930 + int(random.integers(200, 560)), 120 + 26 * line), (60, 60, 60), 3
        )
    shown = cv2.resize(image, None, fx=(scale := 480 / image.shape[1]), fy=scale, interpolation=cv2.INTER_AREA)[:700]
    cv2.rectangle(ground, (117, 87), (117 + 486, 120 + shown.shape[0] + 3), (225, 225, 225), -1)
    ground[120 : 120 + shown.shape[0], 120:600] = shown
    return ground


def strip(images: list[RGBImage], ratio: int) -> RGBImage:
    """Pictures below each other, ratio times as high as wide."""
    return np.vstack([tile(one, 300, 400) for one in images])[: 400 * ratio]


def singles(images: list[RGBImage], hosts: list[RGBImage], random: Random) -> Iterator[tuple[str, list[RGBImage]]]:
    """What one picture is asked by: a name, and a question for each of the images."""
    for name, share in (("a half", 1 / 2), ("a third", 1 / 3), ("a quarter", 1 / 4), ("a fifth", 1 / 5)):
        yield f"part of {name} of the sides", [part(one, share, random) for one in images]
    for share in (0.7, 0.6, 0.5, 0.4):
        yield f"mirrored, cropped to {share:.0%}", [part(one, share, random)[:, ::-1] for one in images]
    yield "inset of 25 %", [inset(one, host, 0.25, random) for one, host in zip(images, hosts, strict=True)]
    yield "window of 30 % on a desktop", [desktop(one, random) for one in images]
    yield "negative", [np.subtract(np.uint8(255), one) for one in images]


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--asked", type=int, default=20)
    arguments.add_argument("--size", type=int, default=1000)
    options = arguments.parse_args()
    intro(options)
    random = np.random.default_rng(options.seed)
    images = [image for _, image in photographs(options.folder)]
    targets, others = images[: len(images) // 2], images[len(images) // 2 :]
    asked = targets[: options.asked]
    strips = [strip([others[int(one)] for one in random.choice(len(others), 14, replace=False)], 10) for _ in asked]
    stored = [*targets, *strips]
    stored += distractors(others, options.size - len(stored), options.seed)
    with tempfile.TemporaryDirectory() as folder, closing(SqliteCatalog(Path(folder, "catalog.sqlite"))) as catalog:
        data = [encode_jpeg(one, quality=92) for one in stored]
        items = [Item.of_bytes(one, Source("upload", str(place))) for place, one in enumerate(data)]
        Indexing(catalog, items).run()
        ask = Asking(catalog)
        ids = [ask.id_of(one) for one in data]
        row("question", "first", "shown", "good")
        row("---", "---", "---", "---")
        for name, questions in singles(asked, others[: len(asked)], random):
            answers = [ask.one(question, ids[place]) for place, question in enumerate(questions)]
            row(name, *(f"{sum(one)} of {len(asked)}" for one in zip(*answers, strict=True)))
        answers = [ask.one(one[: len(one) // 2], ids[len(targets) + place]) for place, one in enumerate(strips)]
        row("upper half of a strip of 10:1", *(f"{sum(one)} of {len(asked)}" for one in zip(*answers, strict=True)))
        print()
        row("collage", "mAP over its pictures", "good")
        row("---", "---", "---")
        for side in (2, 3, 4):
            precision, good = [], 0
            for _ in asked:
                held = random.choice(len(targets), side * side, replace=False)
                one, found = ask.many(collage([targets[int(place)] for place in held], side), [ids[p] for p in held])
                precision.append(one)
                good += found
            row(f"{side} x {side}", f"{np.mean(precision):.3f}", f"{good} of {len(asked) * side * side}")


class Asking:
    """Asks one catalog by the default preset."""

    def __init__(self, catalog: SqliteCatalog) -> None:
        self.cache, self.criteria = FeatureCache(catalog), criteria_of("balanced", top=1000)
        background = Background(self.cache, partial(details_between, catalog))
        for _ in background.make():
            pass
        self.sources = background.sources()

    @staticmethod
    def id_of(data: bytes) -> int:
        return image_id(digest(data))

    def ranked(self, image: RGBImage) -> tuple[list[int], frozenset[int]]:
        """Ids, the best first, and those that are good matches, as the page and the command line say."""
        query = prepare_query(
            encode_jpeg(np.ascontiguousarray(image), quality=90), needed_metrics(self.criteria.weights)
        )
        query, table = score_either(query, self.cache)
        judge = Judge(query)
        table, held = judge.held(query, table, self.cache)
        found = find(self.cache.catalog, table, self.criteria, held)
        said = judge.verdict(self.cache.catalog, table, found, self.criteria, held, sources=self.sources)
        return [one.match.id for one in found], said.good

    def one(self, image: RGBImage, right: int) -> tuple[bool, bool, bool]:
        ids, good = self.ranked(image)
        return ids[0] == right, right in ids[:5], right in good

    def many(self, image: RGBImage, right: list[int]) -> tuple[float, int]:
        ids, good = self.ranked(image)
        ranks = np.flatnonzero(np.isin(ids, right)) + 1
        return float((np.arange(1, len(ranks) + 1) / ranks).sum()) / len(right), len(good & set(right))


if __name__ == "__main__":
    main()
