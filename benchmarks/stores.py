"""A SQLite file and a PostgreSQL server of this machine, side by side: indexing, opening, asking, copying.

python -m benchmarks.stores [--pictures 300] [--records 0]; the server is started for it, with its usual settings.
records: after that, a page of a text search among so many pictures that have nothing but a name.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.copying import Copying
from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.images.encoding import encode_png
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.kernels.switch import warm
from pictrace.metrics import all_metrics
from pictrace.sample import photograph
from pictrace.searching.find import find
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item
from tests.postgres_server import serve_postgres

EVEN = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})

COPIES = 5


def pictures(number: int) -> Iterator[Item]:
    """Different parts of photographs, of 300 x 300 pixels each."""
    rng = np.random.default_rng(3)
    whole = [decode(photograph(name)) for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")]
    for place in range(number):
        image = whole[place % len(whole)]
        top, left = (int(rng.integers(size - 300 + 1)) for size in image.shape[:2])
        name = f"{place}.png"
        yield Item.of_bytes(encode_png(image[top : top + 300, left : left + 300].copy()), Source("upload", name))


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measured(location: str, items: list[Item]) -> dict[str, float]:
    """Seconds by what they were spent on."""
    with closing(open_catalog(location, must_exist=False)) as catalog:
        times = {"indexing": seconds(lambda: Indexing(catalog, items).run())}
        query = prepare_query(photograph("coffee.png"))

        def first(one: Catalog) -> object:
            cache = FeatureCache(one)
            return find(one, score(query, cache), EVEN)

        cache = FeatureCache(catalog)
        find(catalog, score(query, cache), EVEN)
        times["query"] = median(seconds(lambda: find(catalog, score(query, cache), EVEN)) for _ in range(15))
        times["page"] = median(seconds(lambda: catalog.pictures(catalog.page(text="1")[0])) for _ in range(15))

    def opened() -> None:
        with closing(open_catalog(location)) as one:
            one.count()

    def opened_and_asked() -> None:
        with closing(open_catalog(location)) as one:
            first(one)

    times["opening"] = median(seconds(opened) for _ in range(15))
    times["opening and the first query"] = median(seconds(opened_and_asked) for _ in range(15))
    return times


def records(count: int) -> Iterator[NewPicture]:
    for number in range(count):
        path, told = f"/pictures/box{number % 97}/IMG_{number:06}.JPG", {"category": f"kind {number % 13}"}
        source = Source("file", path, f"Picture {number}", told)
        yield NewPicture(digest(b"%d" % number), "JPEG", 640, 480, 1000, b"-", [source])


def listed(location: str, count: int) -> dict[str, float]:
    """Seconds of a page and its pictures, the least of 30, by how many fit."""
    with closing(open_catalog(location, must_exist=False)) as catalog:
        catalog.add(list(records(count)))
        times = {}
        for text in ("nothing", "img_0001", "kind 7", "1"):
            name = f"page of {catalog.page(text=text)[1]} with “{text}”"
            times[name] = min(seconds(partial(_page, catalog, text)) for _ in range(30))
        return times


def _page(catalog: Catalog, text: str) -> None:
    catalog.pictures(catalog.page(text=text)[0])


def told(title: str, lite: dict[str, float], post: dict[str, float]) -> None:
    print(f"{title}\n{'':30} {'SQLite':>10} {'PostgreSQL':>10}  ratio")
    for name, time_s in lite.items():
        print(f"{name:30} {time_s * 1000:8.1f}ms {post[name] * 1000:8.1f}ms {post[name] / time_s:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--records", type=int, default=0)
    options = parser.parse_args()
    warm(wait=True)
    items = list(pictures(options.pictures))
    with tempfile.TemporaryDirectory() as folder, serve_postgres(usual=True) as server:
        file, address = str(Path(folder, "a.sqlite")), server.new_database()
        Indexing(open_catalog(str(Path(folder, "warm.sqlite")), must_exist=False), items[:20]).run()
        lite, post = measured(file, items), measured(address, items)
        copies: list[tuple[float, float]] = []
        for number in range(COPIES):  # in turn, as what else the machine does changes
            targets = str(Path(folder, f"b{number}.sqlite")), server.new_database()
            copies.append((seconds(partial(copied, file, targets[0])), seconds(partial(copied, file, targets[1]))))
        lite["copying to it"], post["copying to it"] = map(median, zip(*copies, strict=True))
        told(f"{len(items)} pictures", lite, post)
        print(f"indexed pictures a second: {len(items) / lite['indexing']:.1f}, {len(items) / post['indexing']:.1f}")
        with closing(open_catalog(file)) as one, closing(open_catalog(address)) as other:
            print(f"bytes a picture: {one.byte_count // len(items)}, {other.byte_count // len(items)}")
        if options.records:
            places = str(Path(folder, "c.sqlite")), server.new_database()
            told(f"{options.records} names", *(listed(one, options.records) for one in places))


def copied(location: str, target: str) -> None:
    with closing(open_catalog(location)) as first, closing(open_catalog(target, must_exist=False)) as second:
        for _ in Copying(first, second).steps():
            pass


if __name__ == "__main__":
    main()
