"""Which copies are found, what else is taken for one, and how long it takes, side by side with other ways.

FOLDER holds photographs. Some become originals, of which sixteen changes and two other frames are made (a camera
beside, a subject that moved); the others are strangers. The frames are made by warping, as no camera was there.

recall: the changed pictures that are in one group, or a pair, with their original. precision: of all pairs that are
named, those of one photograph. scenes: pairs of another frame with its original that are called copies, of all of them.

--trees N makes N family trees of depth 4, and says how many parents and originals are found. --catalog FILE times all
pairs of a catalog that is there, and with --list names those that are called copies. With --truth FILE as well, a CSV
whose rows name pictures of one photograph by their labels, it says how many false copies are expected at which
agreement, and how many there are.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common import intro, memory_mb, parser, photographs, row
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.duplicates.book import Book
from pictrace.duplicates.false_alarms import false_alarms, opportunities
from pictrace.duplicates.groups import Group, all_groups
from pictrace.duplicates.levels import Level
from pictrace.duplicates.relations import Telling
from pictrace.duplicates.run import Comparing
from pictrace.duplicates.stars import Size
from pictrace.duplicates.tree import family_tree, worth_diagnosing
from pictrace.images.edits import CHANGES, blur, brighten, caption, crop, grayscale, letterbox, mirror, resize, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.sources.folders import read_folder

METRICS = [get_metric(name) for name in ("ssim", "layout", "sift", "phash")]
ORIGINAL, FRAME, STRANGER = "original", "frame", "stranger"
Pairs = set[tuple[str, str]]


def beside(image: RGBImage, random: np.random.Generator) -> RGBImage:
    """As from a camera that stood a little beside: what is near moves against what is far; other noise, other light."""
    height, width = image.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    waves = random.uniform(2, 6, 2)
    depth = (np.sin(across / width * waves[0]) + np.cos(down / height * waves[1])).astype(np.float32)
    amount = float(random.uniform(0.01, 0.025)) * width
    moved = cv2.remap(image, across + amount * depth, down + 0.3 * amount * depth, cv2.INTER_LINEAR, None, 2)
    return grain(np.asarray(moved, np.uint8), random)


def stirred(image: RGBImage, random: np.random.Generator) -> RGBImage:
    """As from a camera on a tripod, a moment later: two parts of the picture have moved on, soft at their edges."""
    height, width = image.shape[:2]
    found = image.astype(np.float32)
    for _ in range(2):
        x, y = (float(random.uniform(0.25, 0.75)) * side for side in (width, height))
        radius = 0.16 * min(height, width)
        down, across = np.mgrid[:height, :width].astype(np.float32)
        inside = np.exp(-((((across - x) ** 2 + (down - y) ** 2) / radius**2) ** 2))[..., np.newaxis]
        step = [int(random.choice([-1, 1]) * random.uniform(0.05, 0.12) * side) for side in (height, width)]
        found = inside * np.roll(found, step, (0, 1)) + (1 - inside) * found
    return grain(found.astype(np.uint8), random)


def grain(image: RGBImage, random: np.random.Generator) -> RGBImage:
    light = float(random.uniform(0.96, 1.04))
    return np.clip(image * light + random.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def made(options: argparse.Namespace, out: Path) -> None:
    """Files named NUMBER__KIND.jpg."""
    random = np.random.default_rng(options.seed)
    originals, strangers = options.originals, options.strangers
    images = [image for _, image in photographs(options.folder)[options.skip :]]
    if len(images) < originals + strangers:
        print(f"only {len(images)} photographs: {max(0, len(images) - originals)} strangers")
    for number, image in enumerate(images[: originals + strangers]):
        if number >= originals:
            save(out / f"{number:04}__{STRANGER}.jpg", image, 92)
            continue
        save(out / f"{number:04}__{ORIGINAL}.jpg", image, 92)
        for place, change in enumerate(CHANGES.values()):
            save(out / f"{number:04}__{place:02}.jpg", change(image), 90)
        for place, frame in enumerate((beside, stirred)):
            save(out / f"{number:04}__{FRAME}{place}.jpg", frame(image, random), 92)


def save(path: Path, image: RGBImage, quality: int) -> None:
    path.write_bytes(encode_jpeg(image, quality=quality))


def indexed(folder: Path, path: Path) -> SqliteCatalog:
    catalog = SqliteCatalog(path)
    Indexing(catalog, read_folder(folder).items, metrics=METRICS).run()
    return catalog


def ours(catalog: Catalog, *, crops: bool, level: Level = Level.PHOTOGRAPH) -> Pairs:
    with closing(Book(catalog, folder=Path(tempfile.mkdtemp()))) as book:
        Comparing(FeatureCache(catalog), book, crops).run()
        return named(all_groups(catalog, book, levels={one for one in Level if one >= level}))


def named(groups: Iterable[Group]) -> Pairs:
    """All pairs within groups, by label."""
    return {
        pair(one.record.label, other.record.label)
        for group in groups
        for one, other in itertools.combinations(group.images, 2)
    }


def pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def all_hashes(folder: Path, code: Callable[[Image.Image], NDArray[np.bool_]], most_bits: int) -> Pairs:
    """All pairs of 64-bit, or longer, codes by brute force, whole pictures as they are."""
    files = sorted(folder.iterdir())
    codes = np.stack([np.packbits(code(Image.open(path))) for path in files])
    found: Pairs = set()
    for place, one in enumerate(codes):
        near = np.flatnonzero(np.bitwise_count(codes[place + 1 :] ^ one).sum(axis=1) <= most_bits)
        found |= {pair(files[place].name, files[place + 1 + int(other)].name) for other in near}
    return found


def gradient(image: Image.Image) -> NDArray[np.bool_]:
    """Which of two neighbours in a row is brighter, on 17 x 16 pixels: czkawka's default, as its manual tells it."""
    pixels = np.asarray(image.convert("L").resize((17, 16), Image.Resampling.LANCZOS), np.int16)
    return np.asarray(pixels[:, 1:] > pixels[:, :-1]).ravel()


def others(folder: Path) -> Iterator[tuple[str, Callable[[], Pairs]]]:
    try:
        import imagehash

        phash = imagehash.phash
        yield "ImageHash phash, ≤ 10 bits", lambda: all_hashes(folder, lambda one: phash(one).hash.ravel(), 10)
        yield "ImageHash phash, ≤ 4 bits", lambda: all_hashes(folder, lambda one: phash(one).hash.ravel(), 4)
    except ImportError:
        print("ImageHash is not installed")
    yield "czkawka's method, 16 x 16, ≤ 15 bits", lambda: all_hashes(folder, gradient, 15)
    try:
        from imagededup.methods import CNN, PHash
    except ImportError:
        print("imagededup is not installed\n")
        return
    for name, method in (("PHash", PHash), ("CNN", CNN)):

        def found(method: type = method) -> Pairs:
            pairs = method().find_duplicates(image_dir=str(folder))
            return {pair(one, other) for one, several in pairs.items() for other in several}

        yield f"imagededup {name}", found


def measure(folder: Path, options: dict[str, Callable[[], Pairs]], names: list[str]) -> None:
    number = {name: name.split("__")[0] for name in names}
    kind = {name: name.split("__")[1].removesuffix(".jpg") for name in names}
    changed = [name for name in names if kind[name].isdigit()]
    frames = [name for name in names if kind[name].startswith(FRAME)]
    row("way", "recall", "precision", "of pairs", "frames called copies", "s", "MB held")
    row(*["---"] * 7)
    for title, find in options.items():
        started = time.perf_counter()
        try:
            found = find()
        except OSError as error:  # a network's weights, which are downloaded at its first use
            print(f"{title} did not run: {error}")
            continue
        took = time.perf_counter() - started

        def with_original(some: list[str], found: Pairs = found) -> float:
            hits = [pair(name, f"{number[name]}__{ORIGINAL}.jpg") in found for name in some]
            return sum(hits) / max(1, len(hits))

        right = [number[one] == number[other] and not (kind[one] + kind[other]).count(FRAME) for one, other in found]
        precision = sum(right) / max(1, len(found))
        row(
            title,
            f"{with_original(changed):.3f}",
            f"{precision:.4f}",
            f"{len(found):,}",
            f"{with_original(frames):.3f}",
            f"{took:.1f}",
            f"{memory_mb()[0]:.0f}",
        )
        if title.startswith("PicTrace") and "--list" in sys.argv:
            lost = [name for name in changed if pair(name, f"{number[name]}__{ORIGINAL}.jpg") not in found]
            print("lost:", *lost)
            wrong = [one for one, fine in zip(found, right, strict=True) if not fine and FRAME not in "".join(one)]
            print("wrong, but for frames:", *wrong[:20])


# --- family trees ---------------------------------------------------------------------------------

STEPS: tuple[Callable[[RGBImage, np.random.Generator], RGBImage], ...] = (
    lambda image, random: crop(image, float(random.uniform(0.5, 0.8)), across=float(random.random())),
    lambda image, random: resize(image, float(random.uniform(0.5, 0.8))),
    lambda image, random: caption(image, "SEEN TODAY"),
    lambda image, random: grayscale(image),
    lambda image, random: letterbox(image, 0.12),
    lambda image, random: mirror(crop(image, 0.85)),
    lambda image, random: blur(image, float(random.uniform(1.5, 2.5))),
    lambda image, random: brighten(image, contrast=float(random.uniform(0.7, 0.85)), shift=20.0),
    lambda image, random: turn(crop(image, 0.9), 90),
)


def family(image: RGBImage, random: np.random.Generator, out: Path, number: int) -> dict[str, str]:
    """A tree of 8 pictures, 4 deep: each made from its parent's file by one change, and saved; parents by name."""
    parents: dict[str, str] = {}
    save(out / f"{number:04}__0.jpg", image, 93)
    for child in range(1, 8):
        parent = child - 1 if child <= 4 else int(random.integers(0, 5))
        before = decode((out / f"{number:04}__{parent}.jpg").read_bytes())
        after = STEPS[int(random.integers(len(STEPS)))](before, random)
        save(out / f"{number:04}__{child}.jpg", after, int(random.integers(75, 93)))
        parents[f"{number:04}__{child}.jpg"] = f"{number:04}__{parent}.jpg"
    return parents


def measure_trees(options: argparse.Namespace) -> None:
    random = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "trees"
        out.mkdir()
        parents: dict[str, str] = {}
        photos = photographs(options.folder)[options.skip : options.skip + options.trees]
        for number, (_, image) in enumerate(photos):
            parents |= family(image, random, out, number)
        with closing(indexed(out, Path(place) / "trees.sqlite")) as catalog, closing(Book(catalog)) as book:
            ids = catalog.ids().tolist()
            records = catalog.pictures(ids)
            cache = FeatureCache(catalog)
            right = asked = roots = 0
            started = time.perf_counter()
            trees = sorted({record.label.split("__")[0] for record in records.values()})
            for tree in trees:
                some = [one for one in ids if records[one].label.startswith(tree)]
                pairs = worth_diagnosing(cache, some)
                Telling(catalog, book, pairs, DecodeLimits(), closely=True).run()
                sizes = {one: Size(records[one].width * records[one].height, records[one].byte_count) for one in some}
                found = family_tree(some, book.told(pairs), sizes)
                if found is None:
                    continue
                edges = {records[edge.child].label: records[edge.parent].label for edge in found.edges}
                mine = {child: parent for child, parent in parents.items() if child.startswith(tree)}
                right += sum(edges.get(child) == parent for child, parent in mine.items())
                asked += len(mine)
                roots += records[found.root].label.endswith("__0.jpg")
                if "--list" in sys.argv:
                    for child, parent in mine.items():
                        if edges.get(child) != parent:
                            print(child, "from", parent, "but told", edges.get(child))
            took = time.perf_counter() - started
    print(f"family trees of depth 4: {right} of {asked} parents right ({right / max(1, asked):.3f}), "
          f"{roots} of {len(trees)} originals, {took:.0f} s")  # fmt: skip


def time_catalog(path: Path) -> None:
    with closing(SqliteCatalog(path)) as catalog:
        for crops in (False, True):
            with closing(Book(catalog, folder=Path(tempfile.mkdtemp()))) as book:
                run = Comparing(FeatureCache(catalog), book, crops)
                started, before = time.perf_counter(), time.process_time()
                run.run()
                took = time.perf_counter() - started
                print(
                    f"{catalog.count():,} pictures, {'with crops' if crops else 'hashes only'}: {took:.1f} s, "
                    f"{time.process_time() - before:.1f} s of processor time, "
                    f"{len(book.pairs()):,} pairs looked at closely, {memory_mb()[0]:.0f} MB held"
                )
                copies = named(all_groups(catalog, book))
                print(
                    f"{len(copies):,} pairs called copies", *(sorted(copies) if "--list" in sys.argv else ()), sep="\n"
                )


THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def false_copies(path: Path, truth: Path) -> None:
    """Expected and real false copies of a catalog; of two halves of its pictures, too, by the parity of their ids."""
    with truth.open(newline="", encoding="utf-8") as file:
        same = {pair(*two) for names in csv.reader(file) for two in itertools.combinations(names, 2)}
    row("of", "agreement", "copies named", "false expected", "false in truth", "failed as well")
    row(*["---"] * 6)
    with closing(SqliteCatalog(path)) as catalog, closing(Book(catalog, folder=path.parent / "pairs")) as book:
        Comparing(FeatureCache(catalog), book).run()
        ids = catalog.ids().tolist()
        for part in ("all", "even", "odd"):
            here = [one for one in ids if part == "all" or one % 2 == (part == "odd")]
            pairs = {two: found for two, found in book.pairs().items() if set(two) <= set(here)}
            for threshold in THRESHOLDS:
                groups = all_groups(catalog, book, threshold=threshold, among=here)
                found = false_alarms(groups, pairs, threshold=threshold)
                first = {group.images[0].record.label: group for group in groups}
                wrong = [
                    (name, image.record.label, round(image.score, 3))
                    for name, group in first.items()
                    for image in group.images[1:]
                    if image.level is Level.PHOTOGRAPH and pair(name, image.record.label) not in same
                ]
                failed = len(opportunities(groups, pairs, threshold=threshold))
                row(part, threshold, f"{found.copies:,}", f"{found.expected:.2f}", len(wrong), f"{failed:,}")
                if "--list" in sys.argv and threshold == THRESHOLDS[0]:
                    print(*wrong, sep="\n")


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--originals", type=int, default=30)
    arguments.add_argument("--strangers", type=int, default=100)
    arguments.add_argument("--trees", type=int, default=0)
    arguments.add_argument("--skip", type=int, default=0, help="leave out so many photographs at the beginning")
    arguments.add_argument("--catalog", type=Path)
    arguments.add_argument("--truth", type=Path, help="with --catalog: which of its pictures are of one photograph")
    arguments.add_argument("--keep", type=Path, help="where the pictures are made, or lie from before")
    arguments.add_argument("--list", action="store_true", help="name what was lost and what is wrong")
    options = arguments.parse_args()
    intro(options, "ImageHash", "imagededup", "networkx")
    if options.catalog and options.truth:
        false_copies(options.catalog, options.truth)
        return
    if options.catalog:
        time_catalog(options.catalog)
        return
    if options.trees:
        measure_trees(options)
        return
    with tempfile.TemporaryDirectory() as place:
        home = options.keep or Path(place)
        folder = home / "pictures"
        if not folder.exists():
            folder.mkdir(parents=True)
            made(options, folder)
        with closing(indexed(folder, home / "catalog.sqlite")) as catalog:
            ways = {
                "PicTrace": lambda: ours(catalog, crops=True),
                "PicTrace, hashes only": lambda: ours(catalog, crops=False),
                **dict(others(folder)),
            }
            measure(folder, ways, sorted(path.name for path in folder.iterdir()))


if __name__ == "__main__":
    main()
