"""The built-in sample catalog: photographs that scikit-image ships, and changed versions of some."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from pictrace.catalog import delete_catalog, open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source
from pictrace.errors import CatalogError
from pictrace.folders import cache_folder, process_lock
from pictrace.images import edits
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.indexing.rebuild import Rebuild
from pictrace.sources.base import Item
from pictrace.told import told

__all__ = ["Example", "example_queries", "open_sample", "sample_items", "sample_path"]

PHOTOGRAPHS = {
    "astronaut.png": "Astronaut Eileen Collins",
    "brick.png": "Brick wall",
    "camera.png": "Photographer",
    "chelsea.png": "Chelsea the cat",
    "clock_motion.png": "Clock, moved",
    "coffee.png": "Cup of coffee",
    "coins.png": "Greek coins",
    "grass.png": "Grass",
    "gravel.png": "Gravel",
    "hubble_deep_field.jpg": "Hubble deep field",
    "ihc.png": "Stained tissue",
    "moon.png": "Surface of the moon",
    "motorcycle_left.png": "Motorcycle, left eye",
    "motorcycle_right.png": "Motorcycle, right eye",
    "page.png": "Scanned page",
    "retina.jpg": "Retina",
    "rocket.jpg": "Rocket on its pad",
    "text.png": "Handwritten text",
}
"""Files of skimage.data, each free to use (see the README.txt beside them)."""

_Change = Callable[[RGBImage], RGBImage]
CHANGED: tuple[tuple[str, str, _Change], ...] = (
    ("astronaut.png", "cropped", partial(edits.crop, area=0.45, across=0.4, down=0.1)),
    ("astronaut.png", "captioned", edits.caption),
    ("astronaut.png", "without colour", edits.grayscale),
    ("chelsea.png", "mirrored", edits.mirror),
    ("chelsea.png", "turned 90°", partial(edits.turn, degrees=90)),
    ("chelsea.png", "recompressed", partial(edits.recompress, quality=8)),
    ("coffee.png", "recoloured", partial(edits.recolour, degrees=60)),
    ("coffee.png", "turned 15°", partial(edits.turn, degrees=15)),
    ("coffee.png", "cropped", partial(edits.crop, area=0.6, across=0.9, down=0.9)),
    ("rocket.jpg", "letterboxed", edits.letterbox),
    ("rocket.jpg", "darker", partial(edits.gamma, exponent=2.2)),
    ("hubble_deep_field.jpg", "half size", partial(edits.resize, factor=0.5)),
    ("retina.jpg", "turned 180°", partial(edits.turn, degrees=180)),
    ("moon.png", "blurred", partial(edits.blur, sigma_px=2.0)),
    ("motorcycle_left.png", "noisy", partial(edits.noise, deviation=25.0)),
    ("camera.png", "brighter", partial(edits.brighten, contrast=1.2, shift=30)),
)
VERSION = 1  # raised when the pictures above change
LOCK_TIMEOUT_S = 120.0  # far beyond what building takes, for slow machines


def sample_path() -> Path:
    """Where the sample catalog lies."""
    return cache_folder() / f"sample-v{VERSION}.sqlite"


def photograph(name: str) -> bytes:
    """The bytes of one of scikit-image's photographs."""
    return (_skimage() / "data" / name).read_bytes()


@cache
def _skimage() -> Path:
    """Where scikit-image lies, found without importing it."""
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise CatalogError(told("The sample catalog needs scikit-image. Install it again."))
    return Path(found.origin).parent


def sample_sources() -> tuple[Source, ...]:
    """What the pictures of the sample catalog are called; the changed ones come after the photographs."""
    photographs = [
        Source("sample", f"skimage/{name}", title, {"version": "original"}) for name, title in PHOTOGRAPHS.items()
    ]
    changed = [
        Source(
            "sample",
            f"changed/{name.rsplit('.', 1)[0]}-{what.replace(' ', '-').replace('°', '')}.jpg",
            f"{PHOTOGRAPHS[name]}, {what}",
            {"version": what},
        )
        for name, what, _ in CHANGED
    ]
    return (*photographs, *changed)


def sample_items() -> Iterator[Item]:
    """Everything that the sample catalog holds."""
    sources = iter(sample_sources())
    for name in PHOTOGRAPHS:
        yield Item.of_bytes(photograph(name), next(sources))
    for name, _, change in CHANGED:
        yield Item.of_bytes(encode_jpeg(change(decode(photograph(name))), quality=88), next(sources))


def usable(path: Path) -> bool:
    """Whether an undamaged catalog with all pictures of the sample lies there."""
    if not path.is_file():
        return False
    try:
        with closing(open_catalog(str(path))) as catalog:
            addresses = [one.address for one in sample_sources()]
            return catalog.intact() and len(catalog.known_sources("sample", addresses)) == len(addresses)
    except CatalogError:
        return False


def open_sample(*, complete: bool = True) -> Catalog:
    """The sample catalog, made first where it is missing or damaged.

    Parameters
    ----------
    complete
        Make the features that it lacks, of its own originals, before it is given out: all of them where it is new
        (two seconds of a processor), some where a metric came or changed since.
    """
    path = sample_path()
    if not usable(path):
        lock = path.with_suffix(".lock")
        try:
            with process_lock(lock, timeout_s=LOCK_TIMEOUT_S):
                if not usable(path):  # another process may have been quicker
                    _make(path)
        except sqlite3.Error as error:
            raise CatalogError(
                told(
                    "The sample catalog cannot be locked ({error}). Delete {lock}, then try again.",
                    error=error,
                    lock=lock,
                )
            ) from error
    catalog = open_catalog(str(path))
    try:
        if complete:
            Rebuild(catalog).run()
    except BaseException:
        catalog.close()
        raise
    return catalog


def _make(path: Path) -> None:
    """Build it beside its place and move it there whole, so that nobody ever opens one without some of its pictures.

    Features are made afterwards: pictures are seen at once, and nobody looks for one in the first second.
    """
    fresh = path.with_suffix(".new")
    delete_catalog(str(fresh))  # left by a process that was killed
    with closing(open_catalog(str(fresh), must_exist=False)) as catalog:
        run = Indexing(catalog, tuple(sample_items()), ())
        run.run()
    if run.failures:
        failure = run.failures[0]
        raise CatalogError(
            told(
                "The sample catalog could not be made: {label}: {reason} Install scikit-image again.",
                label=failure.source.label,
                reason=failure.reason,
            )
        )
    delete_catalog(str(path))  # with its log, which SQLite would apply to the new file
    fresh.replace(path)


@dataclass(frozen=True)
class Example:
    """A picture to try: changed from a photograph, and not itself in the sample catalog."""

    name: str
    title: str
    base: str
    change: _Change

    def data(self) -> bytes:
        return encode_jpeg(self.change(decode(photograph(self.base))), quality=80)


def _stamped(image: RGBImage) -> RGBImage:
    return edits.recompress(edits.crop(image, 0.35, across=0.55, down=0.12), 25)


def _far_away(image: RGBImage) -> RGBImage:
    return edits.gamma(edits.turn(edits.mirror(image), 20), 1.6)


def example_queries() -> tuple[Example, ...]:
    """Queries one click away, each with something to find out; the last has no match."""
    return (
        Example("crop", "A small crop, recompressed", "astronaut.png", _stamped),
        Example("tilted", "Mirrored, tilted, darker", "coffee.png", _far_away),
        Example("caption", "With text laid over", "chelsea.png", partial(edits.caption, text="MEOW", lines=2)),
        Example("stranger", "Not in the catalog", "cell.png", lambda image: image),
    )
