"""What a search says where the catalog's pictures share much: a template, or what was laid over photographs.

FOLDER holds photographs. Of every kind of benchmarks.drawings a catalog holds --each pictures; two others are asked, of
which none may be found, and a copy of one (JPEG 50), which should be. Then, for each of three things that lie over
photographs, a catalog of --photos of them is calibrated; --asked others under the same, and as many copies, are asked.
--kinds asks some kinds only, each with a row of its own as it comes; --photos 0 leaves out what lies over photographs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import intro, parser, photographs, row
from benchmarks.drawings.kinds import KINDS
from benchmarks.templates import drawn
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import resize
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.service.once import search_once
from pictrace.service.second_look import details_between
from pictrace.sources.base import Item

COPY, OTHER = 50, 80  # JPEG qualities of what is asked
FONT = cv2.FONT_HERSHEY_DUPLEX


def banner(photo: RGBImage) -> RGBImage:
    width = photo.shape[1]
    bar = np.full((photo.shape[0] // 6, width, 3), 24, np.uint8)
    for line, text in enumerate(("BREAKING NEWS  Channel Seven", "weather - sports - traffic 18:45")):
        place = 8, int(bar.shape[0] * (0.4 + 0.45 * line))
        cv2.putText(bar, text, place, FONT, width / 700, (250, 220, 60), 1, cv2.LINE_AA)
    return np.vstack([photo, bar])


def logo(photo: RGBImage) -> RGBImage:
    photo = photo.copy()
    side = photo.shape[0] // 5
    corner = photo[-side - 8 : -8, -2 * side - 8 : -8]
    corner[:] = (20, 60, 160)
    cv2.putText(corner, "ACME tv", (6, int(0.6 * side)), FONT, side / 60, (255, 255, 255), 1, cv2.LINE_AA)
    return photo


def watermark(photo: RGBImage) -> RGBImage:
    height, width = photo.shape[:2]
    layer = np.zeros_like(photo)
    for line in range(-height, 2 * height, 90):
        cv2.putText(layer, "STOCKPHOTO sample.com  " * 2, (-60, line), FONT, 0.9, (255, 255, 255), 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 30, 1)
    return np.asarray(cv2.addWeighted(photo, 1, cv2.warpAffine(layer, turn, (width, height)), 0.35, 0), np.uint8)


@contextmanager
def searched(pictures: Sequence[RGBImage], *, calibrated: bool) -> Iterator[FeatureCache]:
    with tempfile.TemporaryDirectory() as work, closing(SqliteCatalog(Path(work, "catalog.sqlite"))) as catalog:
        items = [Item.of_bytes(encode_jpeg(one), Source("upload", f"{n}")) for n, one in enumerate(pictures)]
        Indexing(catalog, items, ready_metrics()).run()
        cache = FeatureCache(catalog)
        if calibrated:
            for _ in Background(cache, partial(details_between, catalog)).make():
                pass
        yield cache


def found(cache: FeatureCache, picture: RGBImage, quality: int) -> set[str]:
    """The numbers of the pictures that are called good."""
    query = prepare_query(encode_jpeg(picture, quality=quality), ready_metrics())
    outcome = search_once(query, cache, criteria_of("balanced"))
    return {record.label for record in cache.catalog.pictures(outcome.said.good).values()}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--each", type=int, default=5, help="drawings of each kind in a catalog (default 5)")
    arguments.add_argument("--photos", type=int, default=120, help="photographs in a catalog (default 120; 0: none)")
    arguments.add_argument("--asked", type=int, default=24, help="others that are asked (default 24)")
    arguments.add_argument("--kinds", nargs="+", choices=list(KINDS), help="of drawings (default: all)")
    options = arguments.parse_args()
    intro(options)
    photos = [resize(one, 900 / max(one.shape[:2])) for _, one in photographs(options.folder)]
    row("shared", "others", "of them found", "copies", "of them found", "with others")
    row("---", *("---" for _ in range(5)))
    drawings, wrong, right, beside = [], 0, 0, 0
    for kind in options.kinds or KINDS:
        *pictures, first, second = (drawn(kind, number, options.seed, photos) for number in range(options.each + 2))
        with searched(pictures, calibrated=False) as cache:
            told = [bool(found(cache, one, OTHER)) for one in (first, second)]
            copy = found(cache, pictures[0], COPY)
        drawings += [kind] * any(told)
        wrong, right, beside = wrong + sum(told), right + ("0" in copy), beside + len(copy - {"0"})
        if options.kinds:
            row(kind, len(told), sum(told), 1, int("0" in copy), len(copy - {"0"}))
            sys.stdout.flush()
    asked = len(options.kinds or KINDS)
    row("a template", 2 * asked, wrong, asked, right, beside)
    for over in (banner, logo, watermark) if options.photos else ():
        pictures = [over(one) for one in photos[: options.photos]]
        with searched(pictures, calibrated=True) as cache:
            wrong = sum(bool(found(cache, over(one), OTHER)) for one in photos[-options.asked :])
            copies = [found(cache, pictures[number], COPY) for number in range(options.asked)]
        right = sum(f"{number}" in copy for number, copy in enumerate(copies))
        beside = sum(len(copy - {f"{number}"}) for number, copy in enumerate(copies))
        row(over.__name__, options.asked, wrong, options.asked, right, beside)
    print(f"\nfound though others: {', '.join(drawings)}")


if __name__ == "__main__":
    main()
