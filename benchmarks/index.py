"""How many pictures a second are indexed, beside decoding alone, at 0.2, 3 and 12 megapixels (500 px to 4000 px)."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import intro, parser, photographs, row
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item

SIZES = {"500 px": (500, 375), "3 MP": (2048, 1536), "12 MP": (4000, 3000)}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--count", type=int, default=120, help="pictures of the largest size; more of the smaller")
    options = arguments.parse_args()
    intro(options)
    photos = [image for _, image in photographs(options.folder)]
    threads = os.cpu_count() or 2
    row("pictures", "full decoding alone", "indexed", "share", "peak of the three runs")
    row("---", "---", "---", "---", "---")
    for name, (width, height) in SIZES.items():
        count = options.count * {"500 px": 6, "3 MP": 2, "12 MP": 1}[name]
        with tempfile.TemporaryDirectory() as folder:
            paths = write_pictures(Path(folder), photos, count, width, height, options.seed)
            decoded, indexed = [], []
            for turn in range(3):
                decoded.append(count / _seconds(_decode_all, paths, threads))
                target = Path(folder, f"{turn}.sqlite")
                indexed.append(count / _seconds(_index_all, paths, target))
            middle = [sorted(values)[1] for values in (decoded, indexed)]
            row(
                name,
                f"{middle[0]:.0f} /s",
                f"**{middle[1]:.0f} /s**",
                f"{middle[1] / middle[0]:.0%}",
                f"{max(indexed):.0f} /s",
            )


def write_pictures(
    folder: Path, photos: Sequence[RGBImage], count: int, width: int, height: int, seed: int
) -> list[Path]:
    """Different pictures of one size: windows of the photographs, scaled, with the grain that real ones have."""
    random = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        image = photos[number % len(photos)]
        window = crop(image, float(random.uniform(0.5, 1)), across=float(random.random()), down=float(random.random()))
        large = cv2.resize(window, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = np.empty(large.shape, np.int16)
        cv2.randn(grain, np.zeros(3), np.full(3, 3 if width > 1000 else 1))  # scaling down averages a camera's grain
        data = encode_jpeg(np.clip(large + grain, 0, 255).astype(np.uint8), quality=87)
        path = folder / f"{number}.jpg"
        path.write_bytes(data)
        paths.append(path)
    return paths


def _decode_all(paths: Sequence[Path], threads: int) -> None:
    def decode(path: Path) -> None:
        cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(decode, paths))


def _index_all(paths: Sequence[Path], target: Path) -> None:
    with closing(SqliteCatalog(target)) as catalog:
        done = Indexing(catalog, [Item.of_file(path) for path in paths]).run()
        if done.added != len(paths):
            raise SystemExit(f"only {done.added} of {len(paths)} were indexed")


def _seconds(job: Callable[..., None], *arguments: object) -> float:
    started = time.perf_counter()
    job(*arguments)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
